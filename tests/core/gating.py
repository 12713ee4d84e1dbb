"""What the tests of gates share: placing actions, judging them, and screens and hands that are not there."""

from __future__ import annotations

from dataclasses import dataclass, field

from coasty_desk.core.actions import Action, LookAgain, Point, Prediction, Refusal, Verdict
from coasty_desk.core.gates.action_log import ActionLog
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.ports import Gate, HandPause, PersonQuestion, PersonReply, SettleResult
from coasty_desk.core.scaling import Frame, Placed, Rect, Size

FRAME = Frame(b"", "image/png", Size(1280, 720), Size(1280, 720), Rect(0, 0, 2560, 1440))
"""A screen of 2560x1440 that is sent at half its size."""


def placed(action: Action) -> Placed:
    """The action on that screen."""
    return FRAME.place(action)


def judged(
    gate: Gate, action: Action, prediction: Prediction | None = None, frame: Frame = FRAME
) -> tuple[Refusal | LookAgain | None, list[PersonQuestion | PersonReply | HandPause]]:
    """The judgement, and what was said on the way to it."""
    said = []
    judging = gate.judge(frame.place(action), prediction or Prediction(Verdict.CONTINUE, (action,)))
    while True:
        try:
            said.append(next(judging))
        except StopIteration as end:
            judgement: Refusal | LookAgain | None = end.value
            return judgement, said


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


@dataclass
class Mouse:
    """A pointer that is where it is put, one place after the other."""

    places: list[Point] = field(default_factory=lambda: [Point(0, 0)])

    def __call__(self) -> Point:
        """Where it is; the last place stays."""
        return self.places.pop(0) if len(self.places) > 1 else self.places[0]


@dataclass
class Desk:
    """Windows by their titles: one under the pointer, one with the keys."""

    under: NamedWindow = field(default_factory=lambda: NamedWindow("Notes"))
    front: NamedWindow = field(default_factory=lambda: NamedWindow("Editor"))

    def at(self, _point: Point) -> NamedWindow:
        """The window under any point."""
        return self.under

    def focused(self) -> NamedWindow:
        """The window with the keys."""
        return self.front


class Wall:
    """A screen that always shows the same."""

    def capture(self) -> Frame:
        """The one frame."""
        return FRAME

    def expect(self) -> None:
        """Nothing is remembered."""

    def between(self) -> None:
        """Nothing opens."""

    def settle(self) -> SettleResult:
        """It rests."""
        return SettleResult(0.0, 0.0)


@dataclass
class Hands:
    """An executor that keeps what it is told to do."""

    done: list[Action] = field(default_factory=list)
    fault: Refusal | None = None

    def refuses(self, _placed: Placed) -> Refusal | None:
        """What it was told to say."""
        return self.fault

    def perform(self, placed: Placed) -> None:
        """Keep it."""
        self.done.append(placed.real)

    def release(self) -> None:
        """Nothing is held."""


def ledger(clock: Clock | None = None) -> ActionLog:
    """An empty one."""
    return ActionLog(clock or Clock())
