"""What was said that a run costs at most is what it costs at most, whatever the service does meanwhile."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from coasty_desk.core import events as ev
from coasty_desk.core.limits import Limits
from coasty_desk.core.money import CENT
from coasty_desk.models.coasty.pricing import Tariff
from tests.record.test_never_twice import FAULTS, World, carried_out, refunded, script
from tests.stub_service import Fault, Request, Response, Service, error


@pytest.fixture(autouse=True)
def no_disk_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deaths here are of processes, which lose nothing that was written."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def gone(service: Service) -> Fault:
    """The session has expired: neither this request nor a later one finds it."""

    def answer(request: Request, proceed: object) -> Response:
        del proceed
        service.sessions.pop(request.path.split("/")[3], None)
        return error(404, "SESSION_NOT_FOUND")

    return answer


@pytest.mark.parametrize("block", range(4))
def test_it_is_never_more_than_was_promised(block: int, tmp_path: Path) -> None:
    """Safety sentence: sessions that expire and are opened anew, retries, refunds and deaths stay within "at most"."""
    ended_early = 0
    for seed in range(block * 100, block * 100 + 100):
        chance = random.Random(seed)  # noqa: S311 - a schedule, to be repeatable
        steps = chance.randint(1, 6)
        entries, _ = script(steps)
        world = World(Service(entries[:-1]), tmp_path / str(seed))
        plans = [*FAULTS, refunded(world), *[gone(world.service)] * 6]
        world.service.plan("session", *chance.choices(FAULTS, k=3))
        world.service.plan("predict", *chance.choices(plans, k=12))
        promised = Tariff().run(steps)
        deadly = chance.random() < 0.4
        ended = carried_out(
            world,
            lambda: chance.randint(3, 60) if deadly else float("inf"),  # noqa: B023 - used at once
            Limits(max_steps=steps, promised=promised * CENT),
        )
        assert world.service.charged <= promised, f"seed {seed}"
        assert ended.cost_cents == world.service.charged, f"seed {seed}"
        ended_early += ended.ending is ev.Ending.BUDGET
    assert ended_early


def test_a_session_that_stays_is_never_in_the_way(tmp_path: Path) -> None:
    """The promise is what the steps cost, to the cent: all of them are taken."""
    for steps in range(1, 9):
        world = World(Service(script(steps)[0][:-1]), tmp_path / str(steps))
        limits = Limits(max_steps=steps, promised=Tariff().run(steps) * CENT)
        ended = carried_out(world, lambda: float("inf"), limits)
        assert (ended.ending, ended.steps) == (ev.Ending.MAX_STEPS, steps)
        assert world.service.charged * CENT == limits.promised
