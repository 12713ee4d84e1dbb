"""One connection to the X server for questions that are answered at once; opening one takes 4 ms, a question 0.1."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.xlib import Display, X

_kept: dict[str, Display] = {}
_keeping = threading.Lock()


@contextmanager
def shared_connection() -> Iterator[Display]:
    """The connection, for what is asked within the block; whoever subscribes to events opens one of their own.

    Raises DesktopError where there is no display; what goes wrong later comes out as Xlib raises it.
    """
    name = os.environ.get("DISPLAY", "")
    with _keeping:
        display = _kept.get(name)
        if display is not None and not _lives(display):
            display.display.socket.close()
            display = None
        if display is None:
            display = _kept[name] = x11.display(x11.FEW)
        _take_note(display)
    yield display


def pointer_position() -> tuple[int, int]:
    """Where the pointer is, in real pixels. Raises as `shared_connection` does."""
    with shared_connection() as display:
        at = display.screen().root.query_pointer()
    return at.root_x, at.root_y


def monitors_now() -> object:
    """Each monitor's place, and whether it is the primary one: 0.1 ms, where a new mss instance takes 1 to 10.

    None where the server does not tell. Raises what Xlib raises, and DesktopError where nobody must wait for the display any more.
    """
    try:
        with shared_connection() as display:
            root = display.screen().root
            if not hasattr(root, "xrandr_get_monitors"):  # python-xlib gives it where the server has RandR 1.5
                return None
            found = root.xrandr_get_monitors().monitors
    except DesktopError:  # no XTEST, say: the screen can still be looked at
        x11.demand()
        return None
    return [(one.x, one.y, one.width_in_pixels, one.height_in_pixels, bool(one.primary)) for one in found]


def _lives(display: Display) -> bool:
    """Whether the server has not closed it meanwhile, be there something unread or not."""
    poll = select.poll()
    try:
        poll.register(display.display.socket, 0)
        return not poll.poll(0)
    except (OSError, ValueError):
        return False


def _take_note(display: Display) -> None:
    """Of new keymaps, which every connection is told of; what is not read is kept for ever."""
    while display.pending_events():
        event = display.next_event()
        if event.type == X.MappingNotify:
            display.refresh_keyboard_mapping(event)
