"""Pay once, act once, lose nothing: runs through faults and deaths, with three sets of books compared at the end."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click, Prediction, Refusal
from coasty_desk.core.limits import Limits
from coasty_desk.core.money import CENT
from coasty_desk.core.ports import Judging, SettleResult
from coasty_desk.core.resume_point import ResumePoint
from coasty_desk.core.run import Job, Ports, run
from coasty_desk.core.scaling import Frame, Placed, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.client import CoastyPredictor
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.transport.transport import NO_ANSWER, Outgoing, Reply, UnansweredError
from coasty_desk.record.journal import Recorder, recorded
from coasty_desk.record.listing import events
from coasty_desk.record.resume import ResumeState, take_up
from coasty_desk.testing import AnsweringTransport
from tests.stub_service import (
    HTML,
    KEY,
    DroppedError,
    Fault,
    Request,
    Service,
    click,
    done,
    dropped,
    error,
    garbled,
    go,
    lost,
    saying,
)

T = TypeVar("T")
RUN = "20261122-051530-1a2b3c"
SIZE = Size(1280, 720)
DISPLAY = Rect(0, 0, 1280, 720)


class KilledError(BaseException):
    """The process is gone: nothing of it does anything any more."""


@dataclass
class Life:
    """A process that dies at its `death`-th moment; every effect on the world is one, before and after it happens."""

    death: float = float("inf")
    moments: int = 0

    def moment(self) -> None:
        """Live through one more moment, or no more."""
        self.moments += 1
        if self.moments >= self.death:
            raise KilledError


@pytest.fixture(autouse=True)
def _not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer here has the key in it, and to look for it takes longer than all else."""
    monkeypatch.setattr(Connection, "_hidden", lambda _self, text: text)


def straight(service: Service, life: Life) -> Connection:
    """A connection without a wire in between."""

    def answer(request: Outgoing) -> Reply:
        try:
            life.moment()
            named = {name.lower(): value for name, value in request.headers.items()}
            response = service.answer(Request(request.method, f"/v1/{request.path}", named, request.body or b""))
            life.moment()
        except DroppedError:
            raise UnansweredError(NO_ANSWER, "it was dropped") from None
        except KilledError:
            if request.method == "DELETE" or life.moments > life.death:  # whoever closes is dead already
                return Reply(404, {}, b"")
            raise
        assert isinstance(response.body, bytes)
        return Reply(response.status, response.headers, response.body)

    return Connection("http://127.0.0.1/v1", ApiKey(KEY), transport=AnsweringTransport(answer))


@dataclass
class World:
    """A desktop that notes each click; it outlives every process."""

    service: Service
    runs: Path
    clicks: list[tuple[float, float]] = field(default_factory=list)
    deaths: int = 0
    shots: int = 0


@dataclass
class Desk:
    """One process's screen and mouse."""

    world: World
    life: Life

    def capture(self) -> Frame:
        """A picture that no other is like."""
        self.world.shots += 1
        return Frame(b"PNG%d" % self.world.shots + b"." * 100, "image/png", SIZE, SIZE, DISPLAY)

    def expect(self) -> None:
        """Nothing is remembered."""

    def between(self) -> None:
        """Nothing opens."""

    def settle(self) -> SettleResult:
        """There is nothing to wait for."""
        return SettleResult(0.0, 0.0)

    def refuses(self, placed: Placed) -> Refusal | None:
        """Nothing."""

    def perform(self, placed: Placed) -> None:
        """Note the click."""
        self.life.moment()
        assert isinstance(placed.real, Click)
        assert placed.real.point is not None
        self.world.clicks.append((placed.real.point.x, placed.real.point.y))
        self.life.moment()

    def release(self) -> None:
        """Nothing is held."""

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        """Everything may be done."""
        return None
        yield


class InOneThread(Stop):
    """Nobody stops these runs, so nothing need be done where it can be left."""

    def race(self, work: Callable[[], T], within: float | None = None) -> T:
        """Do it here."""
        return work()


class MortalRecorder(Recorder):
    """A recorder in a process that can die around each of its writes."""

    life: Life

    def take(self, event: ev.Event) -> None:
        """Write it, if alive."""
        self.life.moment()
        super().take(event)
        self.life.moment()


def live(world: World, life: Life, limits: Limits) -> ev.RunEnded | None:
    """One process: begins the run or takes it up, and carries it out. None where it died."""
    folder = world.runs / RUN
    if folder.exists():
        recorder, remains = take_up(folder)
    else:
        recorder, remains = Recorder.begin(world.runs, RUN), None
    recorder.__class__ = MortalRecorder
    assert isinstance(recorder, MortalRecorder)
    recorder.life = life
    try:
        return _carry_out(world, life, limits, recorder, remains)
    except KilledError:
        world.deaths += 1
        return next((event for event in events(folder) if isinstance(event, ev.RunEnded)), None)
    finally:
        recorder.close()


def _carry_out(
    world: World, life: Life, limits: Limits, recorder: Recorder, remains: ResumeState | None
) -> ev.RunEnded | None:
    stop, desk = InOneThread(), Desk(world, life)
    predictor = CoastyPredictor(
        straight(world.service, life),
        stop,
        RUN,
        outbox=recorder,
        session=remains.session if remains else None,
        opened=remains.opened if remains else 0,
        chance=lambda: 0.0,
    )
    job = Job(RUN, "click about", "coasty", DISPLAY, SIZE, limits)
    ports = Ports(desk, desk, predictor, desk, stop)
    ended: ev.RunEnded | None = None
    for event in recorded(run(job, ports, remains.cut_off if remains else ResumePoint()), recorder):
        if isinstance(event, ev.RunEnded):
            ended = event
    return ended


def carried_out(world: World, deaths: Callable[[], float], limits: Limits | None = None) -> ev.RunEnded:
    """The run taken up after every death, until it ends."""
    for _ in range(60):
        ended = live(world, Life(deaths()), limits or Limits())
        if ended is not None:
            return ended
    pytest.fail("the run does not come to its end")


def script(steps: int) -> tuple[list[dict[str, object]], list[tuple[float, float]]]:
    """Steps of two clicks each, no two alike, and a last one that is done; and the clicks that they promise."""
    points = [(20 + 8 * n, 40 + 4 * n) for n in range(2 * steps)]
    entries = [go(click(*points[2 * n]), click(*points[2 * n + 1])) for n in range(steps)]
    return [*entries, done()], [(float(x), float(y)) for x, y in points]


@pytest.fixture(autouse=True)
def no_disk_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deaths here are of processes, which lose nothing that was written; no power is cut."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def refunded(world: World) -> Fault:
    """The prediction fails and its money comes back."""
    return lambda request, _: world.service.refund(request)


IN_FLIGHT = saying(error(409, "IDEMPOTENCY_IN_FLIGHT", retry_after=0))


def test_ten_steps_through_everything(tmp_path: Path) -> None:
    """Each kind of trouble in one run: charged once, clicked once and in order, one key a step but after the refund."""
    entries, promised = script(10)
    world = World(Service(entries), tmp_path)
    busy = saying(error(429, "RATE_LIMITED", retry_after=0))
    world.service.plan("session", saying(error(503, "SERVICE_UNAVAILABLE")))
    world.service.plan("predict", saying(error(503, "UPSTREAM_UNAVAILABLE")), None, dropped, None, lost, None)
    world.service.plan("predict", busy, busy, None, saying(HTML), None, refunded(world), None)
    world.service.plan("predict", saying(error(504, "UPSTREAM_TIMEOUT")), dropped, None, lost, dropped, lost, None)
    ended = carried_out(world, lambda: float("inf"))
    assert ended.ending is ev.Ending.DONE
    assert world.clicks == promised
    assert ended.cost_cents == world.service.charged == 10 + 4 + 6 + 8 + 8 * 10
    assert_keys_are_right(world.service)
    assert not world.service.sessions


FAULTS: list[Fault | None] = [
    None,
    dropped,
    lost,
    garbled,
    IN_FLIGHT,
    saying(HTML),
    saying(error(429, "RATE_LIMITED", retry_after=0)),
    saying(error(500, "INTERNAL_ERROR")),
    saying(error(503, "DB_UNAVAILABLE", retryable=True, retry_with_same_idempotency_key=True)),
    saying(error(504, "UPSTREAM_TIMEOUT")),
]


@pytest.mark.parametrize("block", range(10))
def test_the_three_sums_agree_under_random_faults_and_deaths(block: int, tmp_path: Path) -> None:
    """80 seeded schedules a block: what was charged, done and promised agree, but for one click a death."""
    for seed in range(block * 80, block * 80 + 80):
        chance = random.Random(seed)  # noqa: S311 - a schedule, to be repeatable
        entries, promised = script(chance.randint(1, 5))
        world = World(Service(entries), tmp_path / str(seed))
        faults = [*FAULTS, refunded(world)]
        for route, at_most in (("session", 3), ("predict", 14)):
            world.service.plan(route, *chance.choices(faults if route == "predict" else FAULTS, k=at_most))
        deadly = chance.random() < 0.7
        ended = carried_out(world, lambda: chance.randint(3, 60) if deadly else float("inf"))  # noqa: B023 - used at once
        assert_books_agree(world, ended, promised, f"seed {seed}")


def assert_books_agree(world: World, ended: ev.RunEnded, promised: list[tuple[float, float]], case: str) -> None:
    """Nothing twice, nothing out of order, nothing lost but what was in doubt, and every cent known."""
    assert len(set(world.clicks)) == len(world.clicks), case
    assert world.clicks == [point for point in promised if point in set(world.clicks)], case
    if ended.ending is ev.Ending.DONE:
        assert len(promised) - len(world.clicks) <= world.deaths, case
        assert not world.service.sessions, case
    else:
        assert ended.ending is ev.Ending.SERVICE_ERROR, case
    assert ended.cost_cents == world.service.charged, case
    assert_keys_are_right(world.service, case)


def assert_keys_are_right(service: Service, case: str = "") -> None:
    """A key is charged at most once, a step has another only where that was not or came back, and every retry is byte-identical."""
    assert not service.reused, case
    paid = [charge.key for charge in service.charges if charge.what != "refund"]
    assert len(set(paid)) == len(paid), case
    refunds = {charge.key for charge in service.charges if charge.what == "refund"}
    bodies: dict[str, set[bytes]] = {}
    for request in service.posts("predict") + service.posts("session"):
        assert re.fullmatch(rf"{RUN}:(\d+|session-\d+):\d+", request.key), case
        bodies.setdefault(request.key, set()).add(request.body)
        name, _, generation = request.key.rpartition(":")
        if generation != "1":
            before = f"{name}:{int(generation) - 1}"
            assert before in refunds or before not in paid, case
    assert all(len(same) == 1 for same in bodies.values()), case


@pytest.mark.parametrize(("budget", "bought"), [(9, 0), (13, 0), (14, 1), (20, 2), (28, 3), (48, 5)])
@pytest.mark.parametrize("deadly", [False, True])
def test_a_budget_buys_what_it_buys(budget: int, bought: int, *, deadly: bool, tmp_path: Path) -> None:
    """To the cent, also over several sittings."""
    entries, _ = script(9)
    world = World(Service(entries), tmp_path)
    chance = random.Random(budget)  # noqa: S311 - see above
    ended = carried_out(
        world, lambda: chance.randint(4, 30) if deadly else float("inf"), Limits(budget=budget * CENT, max_steps=9)
    )
    assert ended.ending is ev.Ending.BUDGET
    assert world.service.paid_for == ended.steps == bought
    assert world.service.charged == ended.cost_cents == (0 if bought == 0 else budget)
