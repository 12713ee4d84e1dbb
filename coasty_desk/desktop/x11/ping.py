"""Asking the focused window whether it has read its input: the window manager's ping, sent by us.

An application answers a `_NET_WM_PING` in turn, after the key presses before it. It is how a
window manager finds out that a window hangs (Extended Window Manager Hints, section
"_NET_WM_PING"); windows that do not take part cannot be asked.
"""

from __future__ import annotations

import select
import time
from typing import Any

from coasty_desk.core.stop import Stop
from coasty_desk.desktop.x11.xlib import Display, X, Xatom, errors, events

_POLL = 0.02
"""Seconds between two looks at the stop while an answer is awaited."""


class Ping:
    """One connection of its own, which hears the answers."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self._root = display.screen().root
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask | X.StructureNotifyMask)
        self._protocols = display.intern_atom("WM_PROTOCOLS")
        self._ping = display.intern_atom("_NET_WM_PING")
        self._count = 0

    def answered(self, stop: Stop | None, seconds: float) -> bool | None:
        """Whether the focused window answers within `seconds`; None where it cannot be asked. Raises Aborted."""
        try:
            window = self._focused()
        except (errors.BadWindow, errors.BadAtom):
            return None
        if window is None:
            return None
        self._send(window)
        until = time.monotonic() + seconds
        while not self._heard(window.id):
            left = until - time.monotonic()
            if left <= 0:
                return False
            if stop is not None:
                stop.check()
            select.select([self.display.fileno()], [], [], min(left, _POLL))
        return True

    def _focused(self) -> Any:
        """The window with the focus, or the one around it, that answers pings."""
        window = self.display.get_input_focus().focus
        if isinstance(window, int) or window.id == self._root.id:  # then keys go where the pointer is
            window = self._root.query_pointer().child
            return self._below(window) if window else None
        while window and window.id != self._root.id:
            if self._takes_part(window):
                return window
            window = window.query_tree().parent
        return None

    def _below(self, window: Any) -> Any:
        if self._takes_part(window):
            return window
        for child in window.query_tree().children:
            found = self._below(child)
            if found is not None:
                return found
        return None

    def _takes_part(self, window: Any) -> bool:
        protocols = window.get_property(self._protocols, Xatom.ATOM, 0, 64)
        return protocols is not None and self._ping in protocols.value

    def _send(self, window: Any) -> None:
        self._count = (self._count + 1) % 0x7FFFFFFF
        message = events.ClientMessage(
            window=window, client_type=self._protocols, data=(32, [self._ping, self._count, window.id, 0, 0])
        )
        window.send_event(message, event_mask=0)
        self.display.flush()

    def _heard(self, window_id: int) -> bool:
        heard = False
        while self.display.pending_events():
            event = self.display.next_event()
            if event.type & 0x7F != X.ClientMessage or event.client_type != self._protocols:
                continue
            values = event.data[1]
            heard = heard or tuple(values[:3]) == (self._ping, self._count, window_id)
        return heard
