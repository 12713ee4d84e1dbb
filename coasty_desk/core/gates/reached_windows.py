"""Which windows an action reaches: those that the pointer touches, or the one that gets the keys. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from coasty_desk.core.actions import Action, Launch, Point, Wait, points
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Placed, Rect

LONGEST_TITLE = 4096
"""Characters of a title. One that is longer was cut where it was read, and is judged by no pattern: it is refused, or masked."""


class NamedWindow(Struct, frozen=True):
    """A window by its `title` and its `kind`, the application's own name for it; both empty where there is no window.

    `also` are the titles that stand behind it: of the windows that a dialog or a menu belongs to, of a frame's other tabs.
    `frame` is where it is, in real pixels; on record it stands for a title that is not kept.
    """

    title: str = ""
    kind: str = ""
    also: tuple[str, ...] = ()
    frame: Rect | None = None


class Windows(Protocol):
    """The windows of this desktop."""

    def at(self, point: Point) -> NamedWindow:
        """The window that a real pixel belongs to. Raises DesktopError where that cannot be told."""
        ...

    def focused(self) -> NamedWindow:
        """The window that gets the keys. Raises DesktopError where that cannot be told."""
        ...


class Aim(Struct, frozen=True):
    """For whoever knows where an action should go.

    `reached` tells where it would go now (raises DesktopError); what is put into `rechecks` is asked right before
    the input goes out, and raises BrokenOffError where it must not.
    """

    rechecks: list[Callable[[Placed], None]]
    reached: Callable[[Action], tuple[NamedWindow, ...]]


def reached(real: Action, windows: Windows, pointer: Callable[[], Point]) -> tuple[NamedWindow, ...]:
    """The windows that a placed action's input goes to; none for a wait.

    An application that is to be started has no window yet: it goes by its name. Raises DesktopError.
    """
    if isinstance(real, Wait):
        return ()
    if isinstance(real, Launch):
        return (NamedWindow(real.name, real.entry),)
    where = points(real)
    if not where:
        return (windows.focused(),)
    return tuple(windows.at(pointer() if point is None else point) for point in where)


def known(real: Action, windows: Windows, pointer: Callable[[], Point]) -> tuple[NamedWindow, ...] | None:
    """The same; None where they cannot be told."""
    try:
        return reached(real, windows, pointer)
    except DesktopError:
        return None
