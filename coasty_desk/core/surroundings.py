"""What a target tells of itself besides its picture; each answer may be that it is not known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from coasty_desk.core.actions import Action, Point
from coasty_desk.core.applications import Application
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.scaling import Rect

_REMEDY = "Leave out the rules about windows and places, or choose a target that can tell."


class Surroundings:
    """A target of which nothing is known but its picture; one that knows more overrides what it knows. A `reached_windows.Windows`."""

    hands = False
    """Whether a person's own mouse and keyboard are on it."""
    unread: frozenset[int] = frozenset()
    """Processes whose windows are left out."""
    glance: Callable[[], Any] | None = None
    """The screen as it is now, as a PIL image of the screen's own pixels, masked; None where nobody may look in between."""

    def pointer(self) -> Point:
        """Where the pointer is, in real pixels. Raises DesktopError where that is not known."""
        message = "Where the pointer is cannot be told."
        raise DesktopError(message, _REMEDY)

    def at(self, point: Point) -> NamedWindow:
        """The window that a real pixel belongs to. Raises DesktopError where that is not known."""
        del point
        return self.focused()

    def focused(self) -> NamedWindow:
        """The window that gets the keys. Raises DesktopError where that is not known."""
        message = "Which window an action goes to cannot be told."
        raise DesktopError(message, _REMEDY)

    def shown(self, real: Action, masked: Sequence[Rect]) -> tuple[NamedWindow, ...]:
        """The windows that a placed action goes to, for the record; without the title of one in a mask. Raises DesktopError."""
        del real, masked
        return (self.focused(),)

    def keys_in(self, rectangles: Sequence[Rect]) -> bool:
        """Whether what gets the keys lies by half or more within these. Raises DesktopError where that is not known."""
        if rectangles:
            self.focused()
        return False

    def keep_focus(self) -> Callable[[], None]:
        """Note which window has the keys; what is returned gives them back to it. Never raises."""
        return lambda: None

    def typed(self) -> float:
        """Seconds since a person last pressed a key; infinite: not that we know."""
        return float("inf")

    def active(self) -> Rect | None:
        """The real rectangle of the window in use; None where that is not known."""
        return None

    def front(self) -> tuple[str, Rect, tuple[Rect, ...], tuple[Rect, ...]] | None:
        """Of the window in use its title, its frame, the menus that are open, and what covers it; None where that is not known."""
        return None

    def applications(self) -> tuple[Application, ...] | None:
        """What can be started; None where there is no list of it."""
        return None
