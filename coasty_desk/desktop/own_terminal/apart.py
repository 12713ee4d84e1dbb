"""What a run does about the window that it was started from: nothing, where there is none or none is to be hidden."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from coasty_desk.core.actions import Point
from coasty_desk.core.ports import Executor, Person
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.own_window import Wish, hidden, warning

if TYPE_CHECKING:
    from coasty_desk.desktop.own_terminal.aside import Aside, Monitor
    from coasty_desk.desktop.own_terminal.terminal_windows import OwnTerminal


class Apart:
    """Keeps it apart from one run. `own` is what to leave out of every picture, or None."""

    def __init__(self, wish: Wish, stop: Stop) -> None:
        """Raises DesktopError."""
        found = () if wish == "show" else platform.own_windows()
        hides = hidden(found, wish)
        self.warnings: tuple[str, ...] = tuple(filter(None, [warning(found, wish)]))
        self.own: OwnTerminal | None = None
        self._aside: Aside | None = None
        if hides:  # only there is what follows loaded: the first screenshot is waited for
            from coasty_desk.desktop.own_terminal.aside import Aside
            from coasty_desk.desktop.own_terminal.terminal_windows import OwnTerminal

            self.own = OwnTerminal(hides)
            self._aside = Aside(self.own, stop)

    def kept_off(self, executor: Executor, pointer: Callable[[], Point]) -> Executor:
        """The executor, or one that never reaches the window and puts it back at its release."""
        if self.own is None or self._aside is None:
            return executor
        from coasty_desk.desktop.own_terminal.keep_off import KeepOff

        return KeepOff(executor, self.own, self._aside, pointer)

    def at_terminal(self, person: Person) -> Person:
        """The person, or one for whose answer the window is brought back."""
        if self._aside is None:
            return person
        from coasty_desk.desktop.own_terminal.keep_off import AtTerminal

        return AtTerminal(person, self._aside)

    def hide_from(self, monitor: Monitor) -> None:
        """Put the window out of the way. Raises Aborted, DesktopError."""
        if self._aside is not None:
            self._aside.hide_from(monitor)

    def shown(self) -> AbstractContextManager[None]:
        """Within the block the window is there."""
        return nullcontext() if self._aside is None else self._aside.shown()

    def close(self) -> None:
        """Put the window back, and give the connection back. Never raises."""
        if self.own is not None and self._aside is not None:
            self._aside.restore()
            self.own.close()
