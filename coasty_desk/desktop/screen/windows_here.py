"""This desktop's windows as the gates ask for them, and the mask that follows a window by its title."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from coasty_desk.core.actions import Action, Launch, Point, Wait, points
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.reached_windows import LONGEST_TITLE, NamedWindow
from coasty_desk.core.scaling import Rect
from coasty_desk.core.typed_text.patterns import Pattern
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.windows import Reached, Window, WindowList
from coasty_desk.desktop.imaging.visible_area import area, uncovered


class DesktopWindows(Struct, frozen=True):
    """The windows of the display that this process is on. A `core.gates.reached_windows.Windows`."""

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


class WindowMask(Struct, frozen=True):
    """Gives the real rectangles of every window whose title matches, with its decoration, its dialogs and its menus."""

    pattern: Pattern

    def __call__(self) -> tuple[Rect, ...]:
        """Where they are now. Raises DesktopError where that cannot be told."""
        return tuple(_matching(_list().windows(), self.pattern))


def shown(real: Action, pointer: Callable[[], Point], masked: Sequence[Rect]) -> tuple[NamedWindow, ...]:
    """The windows that a placed action's input goes to; without the title of one that a mask covers. Raises DesktopError."""
    listed = _list()
    if isinstance(real, Launch | Wait):
        return ()
    found = [listed.pixel_reaches(pointer() if point is None else point) for point in points(real)]
    if not found:
        found = [listed.keys_reach()]
    return tuple(_untitled(one, masked) for one in found)


def _untitled(reached: Reached | None, masked: Sequence[Rect]) -> NamedWindow:
    named = _named(reached)
    if reached is not None and any(_overlap(reached.window.frame, rect) for rect in masked):
        return NamedWindow("", named.kind, frame=named.frame)
    return NamedWindow(named.title, named.kind)


def _overlap(one: Rect, other: Rect) -> bool:
    return (
        one.left < other.left + other.width
        and other.left < one.left + one.width
        and one.top < other.top + other.height
        and other.top < one.top + one.height
    )


def keys_in(rectangles: Sequence[Rect]) -> bool:
    """Whether what gets the keys, a window or a part of it, lies by half or more within these real rectangles.

    Where in a window its own caret is, is not known. False where windows are not known. Raises DesktopError.
    """
    listed = platform.windows
    parts = () if listed is None else listed.keys_area()
    return any(2 * area(uncovered(part, rectangles)) <= area([part]) for part in parts)


def focused_frame() -> Rect | None:
    """The real rectangle of the window that gets the keys, with its decoration; None where that cannot be told."""
    window = _focused_or_none()
    return None if window is None else window.frame


def in_front() -> tuple[Window, tuple[Rect, ...], tuple[Rect, ...]] | None:
    """The window that gets the keys, the menus that are open, and the other windows that lie above it; None where that cannot be told."""
    try:
        listed = _list()
        window, every = listed.focused(), listed.windows()
    except DesktopError:
        return None
    if window is None:
        return None
    higher = every[: next((at for at, one in enumerate(every) if one.id == window.id), 0)]
    menus, covering = (tuple(one.frame for one in higher if one.popup == popup) for popup in (True, False))
    return window, menus, covering


def keep_focus() -> Callable[[], None]:
    """Note which window has the keys; what is returned gives them back to it if they went elsewhere. Never raises."""
    before = _focused_or_none()

    def give_back() -> None:
        now = _focused_or_none()
        if before is None or (now is not None and now.id == before.id):
            return
        try:
            _list().activate(before)
        except DesktopError:
            return

    return give_back


def _focused_or_none() -> Window | None:
    try:
        return _list().focused()
    except DesktopError:
        return None


def _masks(pattern: Pattern, title: str) -> bool:
    return len(title) > LONGEST_TITLE or pattern.found_in(title)


def _matching(found: tuple[Window, ...], pattern: Pattern) -> Iterator[Rect]:
    masked = {window.id for window in found if _masks(pattern, window.title)}
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
    if any(window.maker not in others for window in loose) and _focused_id() in masked:
        # nobody's: what an input method proposes belongs to whoever has the keys
        masked |= {window.id for window in loose if window.maker not in others}
    yield from (window.frame for window in found if window.id in masked)


def _focused_id() -> int:
    window = _list().focused()
    return 0 if window is None else window.id


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
