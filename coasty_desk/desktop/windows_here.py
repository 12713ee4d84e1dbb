"""This desktop's windows as the gates ask for them, and the mask that follows a window by its title."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from msgspec import Struct

from coasty_desk.core.actions import Point
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.patterns import Pattern
from coasty_desk.core.scaling import Rect
from coasty_desk.core.windows import Named
from coasty_desk.desktop import window_list
from coasty_desk.desktop.window_list import Window


class DesktopWindows(Struct, frozen=True):
    """The windows of the display that this process is on. A `core.windows.Windows`."""

    def at(self, point: Point) -> Named:
        """The window that a real pixel belongs to. Raises DesktopError where that cannot be told."""
        _demand_x11()
        return _named(window_list.window_at(point))

    def focused(self) -> Named:
        """The window that gets the keys. Raises DesktopError where that cannot be told."""
        _demand_x11()
        return _named(window_list.focused())


class WindowMask(Struct, frozen=True):
    """Gives the real rectangles of every window whose title matches, with its decoration, its dialogs and its menus."""

    pattern: Pattern

    def __call__(self) -> tuple[Rect, ...]:
        """Where they are now. Raises DesktopError where that cannot be told."""
        _demand_x11()
        return tuple(_matching(window_list.windows(), self.pattern))


def keep_focus() -> Callable[[], None]:
    """Note which window has the keys; what is returned gives them back to it if they went elsewhere. Never raises."""
    before = _focused_or_none()

    def give_back() -> None:
        now = _focused_or_none()
        if before is None or (now is not None and now.id == before.id):
            return
        try:
            window_list.activate(before)
        except DesktopError:
            return

    return give_back


def _focused_or_none() -> Window | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return window_list.focused()
    except DesktopError:
        return None


def _matching(found: tuple[Window, ...], pattern: Pattern) -> Iterator[Rect]:
    masked = {window.id for window in found if pattern.found_in(window.title)}
    grown = True
    while grown:  # a dialog's dialog is masked as well
        more = {window.id for window in found if window.parent in masked} - masked
        masked |= more
        grown = bool(more)
    loose = [window for window in found if window.popup and not window.title and not window.parent]
    if masked and loose and _focused_id() not in masked:
        loose = []  # a menu that says of itself no more than that it is one belongs to whoever has the keys
    yield from (window.frame for window in (*loose, *(window for window in found if window.id in masked)) if masked)


def _focused_id() -> int:
    window = window_list.focused()
    return 0 if window is None else window.id


def _named(window: Window | None) -> Named:
    return Named() if window is None else Named(window.title, window.kind)


def _demand_x11() -> None:
    if not sys.platform.startswith("linux"):
        message = "Windows can only be told by their titles on X11 for now."
        raise DesktopError(message, "Leave out the rules about windows, or mask by --mask X,Y,W,H.")
