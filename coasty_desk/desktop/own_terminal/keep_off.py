"""Keeps input and questions apart from the terminal that this program was started from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from msgspec import Struct

from coasty_desk.core.actions import Action, Point, Refusal, TypeText, points, strokes_of
from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.ports import Executor, Person, PersonAnswer
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed
from coasty_desk.desktop.own_terminal.aside import Aside
from coasty_desk.desktop.own_terminal.terminal_windows import OwnTerminal

BY = "own terminal"
THERE = "that place is the person's own terminal"
MENU = "the person's own terminal has a menu open, which takes all input"
TAKEN = "another program has taken the keyboard for itself, and that may be the person's own terminal"
NO_KEYS = "the person's own terminal has the keyboard, and there is no other window to give it to"


class KeepOff(Struct, frozen=True):
    """An executor that never reaches `own`: its places are refused, and keys go to the window beneath it first.

    `pointer` gives where the pointer is, in real pixels.
    """

    executor: Executor
    own: OwnTerminal
    aside: Aside
    pointer: Callable[[], Point]

    def refuses(self, placed: Placed) -> Refusal | None:
        """As the executor does, or because it would reach our own terminal. Raises Aborted, DesktopError."""
        self.aside.hide_again()
        refused = self.executor.refuses(placed)
        if refused is not None:
            return refused
        why = self._hindrance(placed.real)
        return refusal(placed, BY, why) if why else None

    def perform(self, placed: Placed) -> None:
        """Look once more, right before the input goes out: windows move. Raises BrokenOffError besides what the executor raises."""
        why = self._hindrance(placed.real)
        if why:
            raise BrokenOffError(why, BY)
        with self.aside.keys_elsewhere() if _needs_keys(placed.real) else nullcontext():
            self.executor.perform(placed)

    def release(self) -> None:
        """Let go as the executor does, and put our own terminal back: whoever releases has come to an end."""
        self.executor.release()
        self.aside.restore()

    def _hindrance(self, real: Action) -> str:
        """Why the action must not be done now, if it must not."""
        if not (points(real) or _needs_keys(real)):
            return ""
        if not self.aside.let_go():
            return MENU
        if self._points_at_it(real):
            return THERE
        if not _needs_keys(real):
            return ""
        with self.aside.keys_elsewhere() as elsewhere:
            if not elsewhere:
                return NO_KEYS
            return "" if self.aside.keys_let_go() else TAKEN

    def _points_at_it(self, real: Action) -> bool:
        return any(self.own.holds(self.pointer() if point is None else point) for point in points(real))


class AtTerminal(Struct, frozen=True):
    """A person who is asked at our own terminal: it is brought back for the question, and put out of the way again after it."""

    person: Person
    aside: Aside

    def attend(self) -> None:
        """As the person does."""
        self.person.attend()

    def answer(self, question: str) -> str:
        """The person's words. Raises Aborted, DesktopError."""
        with self.aside.shown():
            return self.person.answer(question)

    def ask(self, question: str, why: str, crop: str | None) -> PersonAnswer:
        """The person's answer. Raises Aborted, DesktopError."""
        with self.aside.shown():
            return self.person.ask(question, why, crop)


def _needs_keys(real: Action) -> bool:
    return isinstance(real, TypeText) or bool(strokes_of(real))
