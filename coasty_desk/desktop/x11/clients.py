"""Whose an X window is: up from its parts, down from a window manager's frame, across from a menu to its application.

A window manager marks what it manages with WM_STATE (ICCCM 4.1.3.1), and most list it as well
(EWMH, `_NET_CLIENT_LIST`). Whatever it puts around such a client is that client's frame, be it
override-redirect or not, one window or three in one another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from coasty_desk.desktop.x11 import properties
from coasty_desk.desktop.x11.xlib import X, errors

_DEEP = 3
_MANY = 40
"""How far down, and through how many windows, a frame is searched for its client: deeper ones are an application's own."""
_UP = 16
_OWNERS = 8
"""How far up, and from owner to owner, it is gone: a circle ends there."""


class Clients:
    """The application windows of a display, as they are at this moment. What it asks raises Xlib's BadWindow where one is gone."""

    def __init__(self, display: Any) -> None:
        self.display = display
        self._root = display.screen().root
        self._makers: frozenset[int] | None = None
        self.managed = bool(self._root.get_attributes().all_event_masks & X.SubstructureRedirectMask)
        """Whether there is a window manager."""
        self.listed: tuple[int, ...] = (
            tuple(properties.numbers(self._root, "_NET_CLIENT_LIST") or ()) if self.managed else ()
        )

    def is_client(self, window: Any) -> bool:
        """Whether an application made it and a window manager manages it."""
        return self.managed and (window.id in self.listed or properties.numbers(window, "WM_STATE") is not None)

    def around(self, window: Any) -> Any:
        """The client that this is or is a part of; None where there is none above it."""
        for _ in range(_UP):
            if not window or window == self._root:
                return None
            if self.is_client(window):
                return window
            window = window.query_tree().parent
        return None

    def under(self, x: int, y: int) -> tuple[Any, Any]:
        """The root's child that a pixel belongs to, and the client there; None each where there is none."""
        top = window = self._child(self._root, x, y)
        for _ in range(_UP):
            if window is None or self.is_client(window):
                return top, window
            window = self._child(window, x, y)
        return top, None

    def within(self, top: Any) -> list[Any]:
        """The clients that this root's child is or frames, the uppermost first."""
        level, seen = [top] if self.managed else [], 0
        for _ in range(_DEEP):
            found = [window for window in level if self._is_client_still(window)]
            if found:
                return found
            seen += len(level)
            below: list[Any] = []
            for window in level:
                with suppress(*gone()):
                    below += reversed(window.query_tree().children)
            level = below[: _MANY - seen]
        return []

    def beside(self, client: Any) -> list[Any]:
        """The other clients in the same frame: its tabs."""
        above = client.query_tree().parent
        if not above or above == self._root:
            return []
        return [one for one in above.query_tree().children if one != client and self._is_client_still(one)]

    def outermost(self, window: Any) -> Any:
        """The root's child that it is in, or itself."""
        for _ in range(_UP):
            above = window.query_tree().parent
            if not above or above == self._root:
                return window
            window = above
        return window

    def owners(self, window: Any) -> Iterator[Any]:
        """What it says it belongs to (WM_TRANSIENT_FOR), what that does, and so on: a dialog's, a menu's windows."""
        for _ in range(_OWNERS):
            said = None
            with suppress(*gone()):
                said = properties.numbers(window, "WM_TRANSIENT_FOR")
            if not said or said[0] in (0, self._root.id, window.id):
                return
            window = self.display.create_resource_object("window", int(said[0]))
            yield window

    def maker(self, window: Any) -> int:
        """The connection that made it: windows of one application have one, mostly."""
        return int(window.id & ~self.display.display.info.resource_id_mask)

    def belongs(self, popup: Any, client: int) -> bool:
        """Whether a window that nobody manages is one of the client's: by its own word, or, where it says nothing, by who made it.

        To belong to the application's leader, which is never shown, says as little: Qt's completions do.
        """
        ours = self.display.create_resource_object("window", client)
        leader = properties.numbers(ours, "WM_CLIENT_LEADER") or ()
        owners = [owner.id for owner in self.owners(popup) if owner.id not in leader or self.is_client(owner)]
        return client in owners or (not owners and self.maker(popup) == self.maker(ours))

    def marks(self, window: Any) -> frozenset[tuple[str, int]]:
        """By what windows of one application know each other: who made them, their leader, their process."""
        found = {("maker", self.maker(window))}
        for name in ("WM_CLIENT_LEADER", "_NET_WM_PID"):
            said = properties.numbers(window, name)
            if said:
                found.add((name, int(said[0])))
        return frozenset(found)

    def is_the_managers(self, window: Any) -> bool:
        """Whether the window manager itself made it: a panel, a menu, an empty frame."""
        if self._makers is None:
            self._makers = frozenset(self._managers())
        return self.maker(window) in self._makers

    def _managers(self) -> Iterator[int]:
        if not self.managed:
            return
        check = properties.numbers(self._root, "_NET_SUPPORTING_WM_CHECK")
        if check:
            yield self.maker(self.display.create_resource_object("window", int(check[0])))
        for top in self._root.query_tree().children:
            with suppress(*gone()):
                yield from (self.maker(top) for client in self.within(top)[:1] if client != top)

    def _is_client_still(self, window: Any) -> bool:
        with suppress(*gone()):
            return self.is_client(window)
        return False

    def _child(self, window: Any, x: int, y: int) -> Any:
        """The uppermost child at a pixel of the root that takes input there."""
        child = window.translate_coords(self._root, x, y).child
        return child or None


def focused_window(display: Any) -> Any:
    """The window that has the focus: the root where keys go where the pointer is, None where they go nowhere."""
    focus, root = display.get_input_focus().focus, display.screen().root
    return {X.NONE: None, X.PointerRoot: root}[focus] if isinstance(focus, int) else focus


def gone() -> tuple[type[Exception], ...]:
    """What Xlib raises for a window that is no more."""
    return (errors.BadWindow, errors.BadDrawable)
