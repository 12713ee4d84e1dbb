"""Keeps input and questions apart from the terminal that this program was started from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from msgspec import Struct

from coasty_desk.core.actions import Action, KeyCombo, Point, PressKeys, Refusal, TypeText
from coasty_desk.core.confirm import Person, Said
from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.ports import Executor
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed, Rect
from coasty_desk.core.seen import places
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import keys
from coasty_desk.desktop.aside import Aside, Monitor
from coasty_desk.desktop.own_terminal import OwnTerminal
from coasty_desk.desktop.started_from import Wish, hidden, own_windows, warning

BY = "own terminal"
THERE = "that place is the person's own terminal"
NO_KEYS = "the person's own terminal has the keyboard, and there is no other window to give it to"


class Apart:
    """What a run does about the window that it was started from: nothing, where there is none or none is to be hidden.

    `own` is what to leave out of every picture, or None.
    """

    def __init__(self, wish: Wish, stop: Stop) -> None:
        """Raises DesktopError."""
        found = () if wish == "show" else own_windows()
        hides = hidden(found, wish)
        self.warnings: tuple[str, ...] = tuple(filter(None, [warning(found, wish)]))
        self.own = OwnTerminal(hides) if hides else None
        self._aside = None if self.own is None else Aside(self.own, stop)

    @property
    def processes(self) -> frozenset[int]:
        """Those of what is hidden."""
        return frozenset() if self.own is None else self.own.processes

    def kept_off(self, executor: Executor, pointer: Callable[[], Point]) -> Executor:
        """The executor, or one that never reaches the window and puts it back at its release."""
        if self.own is None or self._aside is None:
            return executor
        return KeepOff(executor, self.own, self._aside, pointer)

    def at_terminal(self, person: Person) -> Person:
        """The person, or one for whose answer the window is brought back."""
        return person if self._aside is None else AtTerminal(person, self._aside)

    def hide_from(self, monitor: Monitor) -> None:
        """Put the window out of the way. Raises Aborted, DesktopError."""
        if self._aside is not None:
            self._aside.hide_from(monitor)

    def active(self, frame: Callable[[], Rect | None]) -> Callable[[], Rect | None]:
        """The frame of the window in use as `frame` tells it, but None where that is ours."""
        own = self.own
        return frame if own is None else lambda: None if own.has_focus() else frame()

    def shown(self) -> AbstractContextManager[None]:
        """Within the block the window is there."""
        return nullcontext() if self._aside is None else self._aside.shown()

    def close(self) -> None:
        """Put the window back, and give the connection back. Never raises."""
        if self.own is not None and self._aside is not None:
            self._aside.restore()
            self.own.close()


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
        if self._points_at_it(placed.real):
            return refusal(placed, BY, THERE)
        if not _needs_keys(placed.real):
            return None
        with self.aside.keys_elsewhere() as elsewhere:
            return None if elsewhere else refusal(placed, BY, NO_KEYS)

    def perform(self, placed: Placed) -> None:
        """Look once more, right before the input goes out: windows move. Raises BrokenOffError besides what the executor raises."""
        if self._points_at_it(placed.real):
            raise BrokenOffError(THERE, BY)
        if not _needs_keys(placed.real):
            self.executor.perform(placed)
            return
        with self.aside.keys_elsewhere() as elsewhere:
            if not elsewhere:
                raise BrokenOffError(NO_KEYS, BY)
            self.executor.perform(placed)

    def release(self) -> None:
        """Let go as the executor does, and put our own terminal back: whoever releases has come to an end."""
        self.executor.release()
        self.aside.restore()

    def _points_at_it(self, real: Action) -> bool:
        return any(self.own.holds(self.pointer() if point is None else point) for point in places(real))


class AtTerminal(Struct, frozen=True):
    """A person who is asked at our own terminal: it is brought back for the question, and put out of the way again after it."""

    person: Person
    aside: Aside

    def attend(self) -> None:
        """As the person does."""
        self.person.attend()

    def ask(self, question: str, why: str, crop: str | None) -> Said:
        """The person's answer. Raises Aborted, DesktopError."""
        with self.aside.shown():
            return self.person.ask(question, why, crop)


def _needs_keys(real: Action) -> bool:
    return isinstance(real, TypeText | PressKeys | KeyCombo) or bool(keys.modifiers(real))
