"""What a person does with windows by their title bars: by wishes to the window manager (EWMH), each looked after until it is so.

A window may refuse (a document that is not saved), a manager may not know a wish: whether it came true is seen, not assumed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.base.windows import ManagedWindow
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import properties, window_stack
from coasty_desk.desktop.x11.clients import Clients, focused_window, gone
from coasty_desk.desktop.x11.shared_connection import shared_connection
from coasty_desk.desktop.x11.xlib import Display, X, events

PATIENCE = 1.5
"""Seconds that a wish is given to come true."""

_LOOK = 0.02
_PAGER = 2
_NORTH_WEST = 1
_ICONIC = 3
_REMOVE, _ADD = 0, 1
_NO_APPLICATIONS = ("DESKTOP", "DOCK", "NOTIFICATION", "SPLASH", "TOOLTIP")


def managed() -> tuple[ManagedWindow, ...]:
    """The applications' windows, those out of sight too, the topmost first. Raises DesktopError."""
    with _asked() as display:
        return tuple(_managed(display))


def activate(number: int) -> bool:
    """Give it the keys and bring it up, wherever it is; whether that came true. Raises DesktopError."""
    with _asked() as display:
        window_stack.activate(display, number)
        return _comes_true(display, number, lambda window: window.active)


def close(number: int) -> bool:
    """As its own cross does; whether it is gone. Raises DesktopError."""
    with _asked() as display:
        _wish(display, number, "_NET_CLOSE_WINDOW", X.CurrentTime, _PAGER)
        return _awaited(lambda: all(one.id != number for one in _managed(display)))


def minimize(number: int) -> bool:
    """Out of sight. Raises DesktopError."""
    with _asked() as display:
        _wish(display, number, "WM_CHANGE_STATE", _ICONIC)
        return _comes_true(display, number, lambda window: window.minimized)


def maximize(number: int) -> bool:
    """Over the whole screen, but for panels. Raises DesktopError."""
    with _asked() as display:
        if any(one.id == number and one.minimized for one in _managed(display)):
            window_stack.activate(display, number)
        _wish_maximized(display, number, _ADD)
        return _comes_true(display, number, lambda window: window.maximized)


def restore(number: int) -> bool:
    """As it was before it was put away or made as large as the screen. Raises DesktopError."""
    with _asked() as display:
        window_stack.activate(display, number)
        _wish_maximized(display, number, _REMOVE)
        return _comes_true(display, number, lambda window: not (window.minimized or window.maximized))


def move(number: int, left: int, top: int, width: int | None, height: int | None) -> bool:
    """Its frame there, in real pixels, and of that size where one is given; whether it is, but for what its application rounds.

    Raises DesktopError.
    """
    with _asked() as display:
        _wish_maximized(display, number, _REMOVE)
        flags = _NORTH_WEST | 1 << 8 | 1 << 9 | _PAGER << 12
        across, down = _extents(display, number)
        inner = (max((width or 0) - across, 1), max((height or 0) - down, 1))
        if width is not None:
            flags |= 1 << 10
        if height is not None:
            flags |= 1 << 11
        _wish(display, number, "_NET_MOVERESIZE_WINDOW", flags, left, top, *inner)

        def is_there(window: ManagedWindow) -> bool:
            at = window.frame
            sized = (width is None or abs(at.width - width) < _ROUNDED) and (
                height is None or abs(at.height - height) < _ROUNDED
            )
            return abs(at.left - left) <= 2 and abs(at.top - top) <= 2 and sized

        return _comes_true(display, number, is_there)


_ROUNDED = 40
"""Pixels: a terminal's window is a whole number of lines high."""


def work_area() -> Rect:
    """The part of the screen that no panel takes, in real pixels. Raises DesktopError."""
    with _asked() as display:
        root = display.screen().root
        said = tuple(properties.numbers(root, "_NET_WORKAREA") or ())
        if len(said) >= 4 and said[2] > 0 and said[3] > 0:
            return Rect(int(said[0]), int(said[1]), int(said[2]), int(said[3]))
        geometry = root.get_geometry()
        return Rect(0, 0, geometry.width, geometry.height)


@contextmanager
def _asked() -> Iterator[Display]:
    try:
        with shared_connection() as display:
            if not Clients(display).managed:
                message = "There is no window manager on this display, so its windows cannot be arranged."
                raise DesktopError(message, "Start one (openbox, say), or use the mouse.")
            display.set_error_handler(lambda *_: None)  # a window may be gone
            yield display
    except (*x11.lost(), *gone()) as error:
        message = "The windows of this desktop cannot be told."
        raise DesktopError(message, "Is the display still there?") from error


def _managed(display: Display) -> Iterator[ManagedWindow]:
    clients = Clients(display)
    stacking = tuple(properties.numbers(display.screen().root, "_NET_CLIENT_LIST_STACKING") or clients.listed)
    left_out = window_stack.of_type(display, stacking, *_NO_APPLICATIONS)
    focus = focused_window(display)
    active = None if focus is None or focus == display.screen().root else clients.around(focus)
    maximized = {display.intern_atom(f"_NET_WM_STATE_MAXIMIZED_{way}") for way in ("HORZ", "VERT")}
    for number in reversed(stacking):
        if number in left_out:
            continue
        with suppress(*gone()):
            window = display.create_resource_object("window", number)
            state = set(properties.numbers(window, "_NET_WM_STATE") or ())
            mapped = properties.numbers(window, "WM_STATE")
            geometry = clients.outermost(window).get_geometry()
            border = 2 * geometry.border_width
            yield ManagedWindow(
                int(number),
                properties.title(window),
                " ".join(properties.kind(window)),
                Rect(geometry.x, geometry.y, geometry.width + border, geometry.height + border),
                active=active is not None and active.id == number,
                minimized=bool(mapped) and mapped[0] == _ICONIC,
                maximized=maximized <= state,
            )


def _extents(display: Display, number: int) -> tuple[int, int]:
    """How much wider and higher its frame is than itself."""
    window = display.create_resource_object("window", number)
    said = tuple(properties.numbers(window, "_NET_FRAME_EXTENTS") or ())
    return (int(said[0] + said[1]), int(said[2] + said[3])) if len(said) == 4 else (0, 0)


def _wish_maximized(display: Display, number: int, how: int) -> None:
    ways = (display.intern_atom(f"_NET_WM_STATE_MAXIMIZED_{way}") for way in ("HORZ", "VERT"))
    _wish(display, number, "_NET_WM_STATE", how, *ways, _PAGER)


def _wish(display: Display, number: int, what: str, *values: int) -> None:
    window: Any = display.create_resource_object("window", number)
    message = events.ClientMessage(
        window=window, client_type=display.intern_atom(what), data=(32, [*values, *[0] * (5 - len(values))])
    )
    display.screen().root.send_event(message, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
    display.sync()


def _comes_true(display: Display, number: int, is_so: Callable[[ManagedWindow], bool]) -> bool:
    return _awaited(lambda: any(one.id == number and is_so(one) for one in _managed(display)))


def _awaited(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK)
    return True
