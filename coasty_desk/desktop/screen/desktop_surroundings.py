"""This desktop's windows, pointer and menu as others ask for them, and the mask that follows a window by its title."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from coasty_desk.core.actions import Action, Launch, Point, Wait, points
from coasty_desk.core.applications import Application
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.gates.masked import Mask
from coasty_desk.core.gates.reached_windows import LONGEST_TITLE, NamedWindow
from coasty_desk.core.scaling import Rect
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.core.typed_text.patterns import Pattern
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.own_events import OWN_EVENTS
from coasty_desk.desktop.base.windows import Reached, Window, WindowList
from coasty_desk.desktop.imaging.visible_area import area, common, uncovered

if TYPE_CHECKING:
    from coasty_desk.desktop.own_terminal.terminal_windows import OwnTerminal


class DesktopSurroundings(Surroundings):
    """What the display that this process is on tells. A person's `own` terminal is nobody else's concern."""

    def __init__(
        self, environment: Mapping[str, str] | None = None, own: OwnTerminal | None = None, *, hands: bool = True
    ) -> None:
        """`environment` names the folders of the menu's applications; `hands`: a person's may be on the mouse and the keyboard."""
        self.hands = hands
        self._environment = os.environ if environment is None else environment
        self._own = own
        self.unread = frozenset() if own is None else own.processes

    def pointer(self) -> Point:
        """By the connection that is open already."""
        return pointer()

    def at(self, point: Point) -> NamedWindow:
        """The window that a real pixel belongs to. Raises DesktopError where that cannot be told."""
        return _named(_list().pixel_reaches(point))

    def focused(self) -> NamedWindow:
        """The window that gets the keys. Raises DesktopError where that cannot be told, as of a keyboard that is taken."""
        listed = _list()
        reached = listed.keys_reach()
        if reached is not None:
            listed.demand_keys(reached.window)
        return _named(reached)

    def shown(self, real: Action, masked: Sequence[Rect]) -> tuple[NamedWindow, ...]:
        """None for what is started, which has no window yet."""
        listed = _list()
        if isinstance(real, Launch | Wait):
            return ()
        found = [listed.pixel_reaches(pointer() if point is None else point) for point in points(real)]
        if not found:
            found = [listed.keys_reach()]
        return tuple(_untitled(one, masked) for one in found)

    def keys_in(self, rectangles: Sequence[Rect]) -> bool:
        """Where in a window its own caret is, is not known; False where windows are not known."""
        listed = platform.windows
        parts = () if listed is None else listed.keys_area()
        return any(2 * area(uncovered(part, rectangles)) <= area([part]) for part in parts)

    def keep_focus(self) -> Callable[[], None]:
        """By the window manager."""
        before = _focused_or_none()

        def give_back() -> None:
            now = _focused_or_none()
            if before is not None and (now is None or now.id != before.id):
                with suppress(DesktopError):
                    _list().activate(before)

        return give_back

    def typed(self) -> float:
        """By the watch over the abort key."""
        return OWN_EVENTS.since_another()

    def active(self) -> Rect | None:
        """With its decoration."""
        window = self._in_use()
        return None if window is None else window.frame

    def front(self) -> tuple[str, Rect, tuple[Rect, ...], tuple[Rect, ...]] | None:
        """As the display has it."""
        window = self._in_use()
        try:
            every = _list().windows()
        except DesktopError:
            return None
        if window is None:
            return None
        higher = every[: next((at for at, one in enumerate(every) if one.id == window.id), 0)]
        menus, covering = (tuple(one.frame for one in higher if one.popup == popup) for popup in (True, False))
        return window.title, window.frame, menus, covering

    def applications(self) -> tuple[Application, ...] | None:
        """None where only the system knows them (macOS)."""
        return platform.applications.menu(self._environment)

    def _in_use(self) -> Window | None:
        """The window in use; None where that is a person's own terminal, or cannot be told."""
        return None if self._own is not None and self._own.has_focus() else _focused_or_none()


class WindowMask(Struct, frozen=True):
    """Gives the real rectangles of every window whose title one of the patterns matches, with its decoration, its dialogs and its menus."""

    patterns: tuple[Pattern, ...]

    def __call__(self) -> tuple[Rect, ...]:
        """Where they are now. Raises DesktopError where that cannot be told."""
        return tuple(_matching(every_window(), self.patterns))


def masks_of(rules: GuardRules) -> tuple[Mask, ...]:
    """All that the rules have painted over: the windows in one, for the system is asked for them once a picture."""
    return (*rules.masks, WindowMask(rules.mask_windows)) if rules.mask_windows else tuple(rules.masks)


def every_window() -> tuple[Window, ...]:
    """Those of the display, the topmost first. Raises DesktopError where they cannot be told."""
    return _list().windows()


def pointer() -> Point:
    """Where the pointer is, in real pixels. Raises DesktopError."""
    try:
        return Point(*platform.pointer_position())
    except DesktopError:
        raise
    except Exception as error:  # a lost display comes out of the libraries as anything
        message = "Where the pointer is cannot be told."
        raise DesktopError(message, "Is the display still there?") from error


def _untitled(reached: Reached | None, masked: Sequence[Rect]) -> NamedWindow:
    named = _named(reached)
    if reached is not None and any(area([common(reached.window.frame, rect)]) for rect in masked):
        return NamedWindow("", named.kind, frame=named.frame)
    return NamedWindow(named.title, named.kind)


def _focused_or_none() -> Window | None:
    try:
        return _list().focused()
    except DesktopError:
        return None


def _matching(found: tuple[Window, ...], patterns: tuple[Pattern, ...]) -> Iterator[Rect]:
    masked = {
        one.id for one in found if len(one.title) > LONGEST_TITLE or any(each.found_in(one.title) for each in patterns)
    }
    if not masked:
        return
    known = {window.id for window in found}
    grown = True
    while grown:  # a dialog's dialog is masked as well, and a menu that belongs to another one
        makers = {window.maker for window in found if window.id in masked}
        more = {
            window.id
            for window in found
            if window.parent in masked or (window.popup and window.parent not in known and window.maker in makers)
        } - masked
        masked |= more
        grown = bool(more)
    loose = [window for window in found if window.popup and not window.title and not window.parent]
    others = {window.maker for window in found if not window.popup}
    nobodys = {window.id for window in loose if window.maker not in others}
    focused = _list().focused() if nobodys else None
    if focused is not None and focused.id in masked:  # what an input method proposes belongs to whoever has the keys
        masked |= nobodys
    yield from (window.frame for window in found if window.id in masked)


def _named(reached: Reached | None) -> NamedWindow:
    if reached is None:
        return NamedWindow()
    return NamedWindow(reached.window.title, reached.window.kind, reached.also, reached.window.frame)


def _list() -> WindowList:
    listed = platform.windows
    if listed is None:
        message = "Windows can only be told by their titles on X11 for now."
        raise DesktopError(message, "Leave out the rules about windows, or mask by --mask X,Y,W,H.")
    return listed
