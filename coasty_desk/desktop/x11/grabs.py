"""Whether a program has taken the keyboard or the pointer for itself (a grab): then input goes there, whatever has the focus.

It is asked by grabbing for a window that is never shown: the server says first whether another
client has a grab, and then turns it down for the window's sake, so that nobody notices
(xserver, dix/events.c, GrabDevice).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from coasty_desk.desktop.x11 import window_stack
from coasty_desk.desktop.x11.clients import Clients, gone
from coasty_desk.desktop.x11.xlib import Display, X

_NO_MENUS = ("TOOLTIP", "NOTIFICATION", "DND")
"""Types of windows that nobody manages and that take no keys."""

_never_shown: WeakKeyDictionary[Display, Any] = WeakKeyDictionary()


def keyboard_is_taken(display: Display) -> bool:
    """Whether another client has the keyboard for itself."""
    window = _window(display)
    return bool(window.grab_keyboard(0, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime) == X.AlreadyGrabbed)


def pointer_is_taken(display: Display) -> bool:
    """The same of the pointer."""
    said = _window(display).grab_pointer(0, 0, X.GrabModeAsync, X.GrabModeAsync, X.NONE, X.NONE, X.CurrentTime)
    return bool(said == X.AlreadyGrabbed)


def keys_are_astray(display: Display, client: int) -> bool:
    """Whether keys go past `client`, the application's window that has the focus: they are taken, and not for a menu of its own."""
    return keyboard_is_taken(display) and not _has_menu(display, client)


def _has_menu(display: Display, client: int) -> bool:
    """Whether a menu, a list or the like of that window is open; one of its application's, where it does not say whose it is."""
    clients = Clients(display)
    loose = [outer.id for outer in window_stack.stacked(display) if outer.loose]
    no_menus = window_stack.of_type(display, loose, *_NO_MENUS)
    for number in loose:
        window = display.create_resource_object("window", number)
        with suppress(*gone()):
            if number == client or number in no_menus or clients.within(window):
                continue
            if clients.belongs(window, client):
                return True
    return False


def _window(display: Display) -> Any:
    """The window of this connection that is never shown."""
    if display not in _never_shown:
        root = display.screen().root
        _never_shown[display] = root.create_window(0, 0, 1, 1, 0, 0, X.InputOnly, X.CopyFromParent)
    return _never_shown[display]
