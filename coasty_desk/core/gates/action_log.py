"""What has been done so far, for the gates that judge an action by those before it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct, field

from coasty_desk.core.abort.gestures import ESCAPES
from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    HoldKeys,
    KeyCombo,
    Launch,
    Point,
    PressKeys,
    Refusal,
    points,
    strokes_of,
)
from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.ports import ActionBatch, Executor
from coasty_desk.core.scaling import Placed
from coasty_desk.core.typed_text.typed_line import Typed

_RESUMED, _HELD, _FAILED = "the run was taken up", "a key that was held", "an action that could not be done"
"""Since when a line is unknown."""


class ActionLog(Struct):
    """What was carried out. Written by `LoggedExecutor` alone.

    `done` counts the actions, `typed` is what they typed, `here` what they typed since the last
    click or change of window (so what stands in one field, if nobody typed there before), `terminal` whether the next action goes to
    a terminal (None where nobody has asked, or it cannot be told), `escaped` when the last Escs were
    pressed (seconds of `clock`), `left_at` where the last action left the pointer (real pixels;
    None before the first).
    """

    clock: Callable[[], float] = time.monotonic
    done: int = 0
    typed: Typed = field(default_factory=Typed)
    here: Typed = field(default_factory=Typed)
    terminal: bool | None = None
    escaped: tuple[float, ...] = ()
    left_at: Point | None = None

    def take_up(self, acted: Sequence[Action]) -> None:
        """All this was done in earlier sittings; since then a person has had the keyboard, so the line is unknown, and where the caret is."""
        for action in acted:
            self._note(action)
        if acted:
            self.typed, self.here = self.typed.elsewhere(_RESUMED), self.here.elsewhere(_RESUMED)

    def note(self, placed: Placed) -> None:
        """One more action is carried out now."""
        self._note(placed.sent)
        escapes = sum("esc" in stroke for stroke in strokes_of(placed.sent))
        self.escaped = (*self.escaped, *[self.clock()] * escapes)[-ESCAPES:]

    def _note(self, action: Action) -> None:
        self.done += 1
        self.typed = self.typed.then(action, self.terminal).recent()
        elsewhere = _goes_elsewhere(action)
        self.here = Typed() if elsewhere else self.here.then(action, self.terminal).recent()
        if isinstance(action, HoldKeys) and action.repeats:
            self.typed, self.here = self.typed.elsewhere(_HELD), self.here.elsewhere(_HELD)

    def left_out(self) -> None:
        """Some of the last actions were not done, so the line is unknown, and where the pointer is."""
        self.typed, self.here = self.typed.elsewhere(_FAILED), self.here.elsewhere(_FAILED)
        self.left_at = None

    def finished(self, placed: Placed) -> None:
        """It has been carried out; where it has left the pointer."""
        for point in points(placed.real):
            self.left_at = point or self.left_at


class LoggedExecutor(Struct, frozen=True):
    """An executor that notes in the ledger what it does, before it does it."""

    executor: Executor
    ledger: ActionLog

    def refuses(self, placed: Placed) -> Refusal | None:
        """As the executor says."""
        return self.executor.refuses(placed)

    def perform(self, placed: Placed) -> None:
        """Note it, then do it: what is stopped in the middle may have been typed."""
        self.ledger.note(placed)
        try:
            self.executor.perform(placed)
        except BrokenOffError:
            self.ledger.left_at = None  # where the pointer is now, the next look at the screen tells
            raise
        self.ledger.finished(placed)

    def release(self) -> None:
        """Let go of everything."""
        self.executor.release()


class LoggedBatch(Struct, frozen=True):
    """A batch whose actions are in the ledger since they were taken: it is told where some were not done after all."""

    batch: ActionBatch
    ledger: ActionLog

    def send(self) -> Iterator[None]:
        """As the batch does."""
        try:
            yield from self.batch.send()
        except BrokenOffError:
            self.ledger.left_out()
            raise


def _goes_elsewhere(action: Action) -> bool:
    """Whether what is typed next may go to another place."""
    if isinstance(action, Click | Drag | Launch):
        return True
    if not isinstance(action, PressKeys | KeyCombo):
        return False
    return any({"alt", "altright", "win", "winright"} & set(stroke) for stroke in action.strokes)
