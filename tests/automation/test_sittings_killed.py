"""A run's process that is killed at random moments, with the same order given again each time: nothing is done or paid twice."""

from __future__ import annotations

import random
import time

import pytest

from coasty_desk.automation.run_control import Over, RunOrder, Written
from tests.automation.run_homes import RunHome, new_id
from tests.cli.conftest import recording
from tests.cli.test_killed import POINTS, SCRIPT, STEPS, pressed
from tests.desktop.xvfb import held_down
from tests.stub_service import KEY, Fault, Service, done, dropped, garbled, held, lost, serving

FAULTS: tuple[Fault | None, ...] = (*[None] * 6, lost, dropped, garbled, held(0.2))


@pytest.mark.slow
@pytest.mark.parametrize("faults", [(), FAULTS], ids=["well", "with faults"])
def test_a_run_that_is_killed_again_and_again_does_and_pays_nothing_twice(
    home: RunHome, faults: tuple[Fault | None, ...]
) -> None:
    """Safety sentence: whoever kills a run of the service has nothing done twice, and pays for no step twice."""
    assert trials(home, 7, 20261127, faults) >= 7


def trials(home: RunHome, kills: int, seed: int, faults: tuple[Fault | None, ...]) -> int:
    """So many kills at least, by SIGKILL or by the end of the channel; how many it were. Asserts what must hold after each run."""
    chance, killed = random.Random(seed), 0  # noqa: S311 - moments, to be repeatable
    with recording(home.display) as window:
        while killed < kills:
            stand_in = Service([*SCRIPT, done()])
            if faults:
                stand_in.plan("session", chance.choice(faults))
                stand_in.plan("predict", *chance.choices(faults, k=2 * STEPS))
            before = len(window.of_kind("press"))
            order = RunOrder(new_id(), "click all over", {"settle": "0", "provider": "coasty"})
            with serving(stand_in) as url:
                deaths, over = 0, None
                while over is None:
                    over = _sat(home, order, url, chance)
                    deaths += over is None
            killed += deaths
            clicks = pressed(window)[before:]
            assert over.reason == "done", over
            assert len(set(clicks)) == len(clicks), clicks
            assert clicks == [point for point in POINTS if point in set(clicks)]
            assert len(POINTS) - len(clicks) <= deaths
            bought = [charge.key.rpartition(":")[0] for charge in stand_in.charges if charge.cents > 0]
            assert len(set(bought)) == len(bought), "only one request of a step is paid for"
            assert over.cost_cents == stand_in.charged
            assert not stand_in.sessions
            assert held_down(home.display) == []
            seqs = [line["seq"] for line in home.journal(order.run_id)]
            assert seqs == list(range(1, len(seqs) + 1))
    return killed


def _sat(home: RunHome, order: RunOrder, url: str, chance: random.Random) -> Over | None:
    """One sitting, cut off after so many lines and seconds if it has not ended by then."""
    sitting = home.sit(order, COASTY_BASE_URL=url, COASTY_API_KEY=KEY)
    lines, seconds, how = chance.randint(1, 40), chance.random() * 0.02, chance.choice(("kill", "close"))
    until = time.monotonic() + 60
    while sum(isinstance(one, Written) for one in sitting.heard) < lines and not isinstance(
        sitting.heard[-1] if sitting.heard else None, Over
    ):
        assert time.monotonic() < until, sitting.heard[-3:]
        time.sleep(0.002)
    time.sleep(seconds)
    getattr(sitting.child, how)()
    return sitting.end()
