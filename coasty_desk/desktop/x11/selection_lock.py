"""The lock on an X11 display: a selection, owned by a window that says who we are."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.lock import LOST, Heard, Owner
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.xlib import X, errors, events

SELECTION = "_COASTY_DESK_RUN"
STOP = "_COASTY_DESK_STOP"
STOPPING = "_COASTY_DESK_STOPPING"

_NO_PROPERTY_LONGER_THAN = 4096  # in units of four bytes


class X11Lock:
    """The selection `_COASTY_DESK_RUN` of the display that DISPLAY names."""

    @contextmanager
    def held(self, owner: Owner, stop: Stop) -> Iterator[Owner | None]:
        """Within the block the selection is ours; gives its owner where it is another's."""
        with x11.opened(x11.FEW) as display:
            selection = display.intern_atom(SELECTION)
            window = display.screen().root.create_window(
                *(-1, -1, 1, 1, 0, X.CopyFromParent), event_mask=X.StructureNotifyMask
            )
            window.change_property(selection, display.intern_atom("UTF8_STRING"), 8, owner.to_json())
            other = _take(display, window, selection)
            if other is not None:
                yield other
                return
            with _listening(display, window, selection, stop):
                yield None

    def owner(self) -> Owner | None:
        """Who owns the selection."""
        with x11.opened() as display:
            selection = display.intern_atom(SELECTION)
            window = display.get_selection_owner(selection)
            return None if window == X.NONE else _said_on(display, window, selection)

    def ask_to_stop(self, seconds: float) -> Heard:
        """Send the owner's window a message, and watch it."""
        with x11.opened() as display:
            selection = display.intern_atom(SELECTION)
            window = display.get_selection_owner(selection)
            if window == X.NONE:
                return "ended"
            message = events.ClientMessage(
                window=window, client_type=display.intern_atom(STOP), data=(32, [0, 0, 0, 0, 0])
            )
            display.set_error_handler(lambda *_: None)  # the window may go before the message comes
            display.send_event(window, message, event_mask=0)  # no mask: to the window's own client
            display.sync()
            stopping = display.intern_atom(STOPPING)
            deadline = time.monotonic() + seconds
            heard: Heard = "silent"
            while time.monotonic() < deadline:
                if display.get_selection_owner(selection) != window:
                    return "ended"
                if display.get_selection_owner(stopping) == window:
                    heard = "stopping"
                time.sleep(0.02)
            return heard


def _take(display: Any, window: Any, selection: int) -> Owner | None:
    """Own the selection with `window`, or say who owns it."""
    while True:
        display.grab_server()  # so that nobody takes it between our look and our taking
        try:
            other = display.get_selection_owner(selection)
            if other == X.NONE:
                window.set_selection_owner(selection, X.CurrentTime)
        finally:
            display.ungrab_server()
            display.sync()
        if other == X.NONE:
            return None
        said = _said_on(display, other, selection)
        if said is not None:
            return said


def _said_on(display: Any, window: Any, selection: int) -> Owner | None:
    """What the owner says of itself; None where it has just gone. Its process counts where the server knows it too."""
    try:
        said = window.get_property(selection, X.AnyPropertyType, 0, _NO_PROPERTY_LONGER_THAN)
    except errors.BadWindow:
        return None
    value = b"" if said is None else said.value
    owner = Owner.from_json(value.encode() if isinstance(value, str) else bytes(value))
    return owner if owner.pid in _makers(display, window) else replace(owner, pid=0)


def _makers(display: Any, window: Any) -> Collection[int]:
    """The process that made the window; nothing where it runs on another machine, has gone, or nobody can tell."""
    from coasty_desk.desktop.x11 import client_processes  # only where somebody else has the display

    try:
        return (client_processes.by_client(display, window.id) or {}).values()
    except errors.BadValue:
        return ()


@contextmanager
def _listening(display: Any, window: Any, selection: int, stop: Stop) -> Iterator[None]:
    """Within the block a message to the window trips the stop, and so does the end of what makes it the lock."""
    ours, theirs = socket.socketpair()
    stop_atom, stopping_atom = display.intern_atom(STOP), display.intern_atom(STOPPING)

    def listen() -> None:
        try:
            while True:
                while display.pending_events():
                    event = display.next_event()
                    if event.type == X.ClientMessage and event.client_type == stop_atom:
                        stop.trip("stop")
                        window.set_selection_owner(stopping_atom, X.CurrentTime)
                        display.flush()
                    if event.type == X.DestroyNotify or (event.type == X.SelectionClear and event.atom == selection):
                        stop.trip("desktop", LOST)
                if ours in select.select([display.fileno(), ours], [], [])[0]:
                    return
        except Exception:  # noqa: BLE001 - Xlib raises anything on a connection that has ended
            if not stop.is_set():
                stop.trip("desktop", LOST if x11.answers() else "")

    thread = threading.Thread(target=listen, name="coasty-desk stop command", daemon=True)
    thread.start()
    try:
        yield
    finally:
        theirs.close()
        thread.join(1.0)
        ours.close()
