"""The windows of a desktop, and the port of what knows them."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from coasty_desk.core.actions import Point
from coasty_desk.core.scaling import Rect


class Window(Struct, frozen=True):
    """A window that can be seen. `frame` is its real rectangle with its decoration, `kind` its class (`xterm XTerm`).

    `parent` is the window that it belongs to (a dialog's, a menu's; 0: none known), `maker` the connection that made it.
    """

    id: int
    title: str
    kind: str
    frame: Rect
    parent: int = 0
    popup: bool = False
    maker: int = 0


class ManagedWindow(Struct, frozen=True):
    """A window that an application has put up, be it in sight or not. `frame` is its real rectangle with its decoration, `kind` its class."""

    id: int
    title: str
    kind: str
    frame: Rect
    active: bool = False
    minimized: bool = False
    maximized: bool = False


class Reached(Struct, frozen=True):
    """Where input goes: `window`, and the titles of `also` that stand behind it (what a dialog or a menu belongs to, a frame's other tabs)."""

    window: Window
    also: tuple[str, ...] = ()


class WindowList(Protocol):
    """What knows the windows as they are now. Each raises DesktopError where that cannot be told."""

    def windows(self) -> tuple[Window, ...]:
        """All that can be seen, the topmost first."""
        ...

    def focused(self) -> Window | None:
        """The window that gets the keys; None where that is no window."""
        ...

    def pixel_reaches(self, point: Point) -> Reached | None:
        """What a click on a real pixel goes to; None for the bare desktop."""
        ...

    def keys_reach(self) -> Reached | None:
        """What a key goes to; None where no window has the focus."""
        ...

    def keys_area(self) -> tuple[Rect, ...]:
        """The real rectangles of what gets the keys."""
        ...

    def demand_keys(self, window: Window) -> None:
        """That keys go to it, since it has the focus."""
        ...

    def activate(self, window: Window) -> None:
        """Give it the keys."""
        ...


class WindowManager(Protocol):
    """Who does with windows what a person does by their title bars; each says whether it came true, and raises DesktopError where nobody can."""

    def managed(self) -> tuple[ManagedWindow, ...]:
        """The applications' windows, those out of sight too, the topmost first."""
        ...

    def activate(self, number: int) -> bool:
        """Bring it up and give it the keys."""
        ...

    def close(self, number: int) -> bool:
        """As its own cross does."""
        ...

    def minimize(self, number: int) -> bool:
        """Out of sight."""
        ...

    def maximize(self, number: int) -> bool:
        """Over the whole screen."""
        ...

    def restore(self, number: int) -> bool:
        """As it was before either."""
        ...

    def move(self, number: int, left: int, top: int, width: int | None, height: int | None) -> bool:
        """Its frame there, in real pixels, and of that size where one is given."""
        ...

    def work_area(self) -> Rect:
        """The part of the screen that no panel takes, in real pixels."""
        ...
