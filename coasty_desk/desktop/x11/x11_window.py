"""The self-test's own window: one plain colour, that tells what reaches it. X11, with nothing but python-xlib.

It reads its events in a thread of its own, translates keys by the keymap as it is when they
come, and answers pings, as any application does.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.base.probe_window import COLOUR, Button, Moved, ProbeEvent
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import grabs, keysyms
from coasty_desk.desktop.x11.xkb import Xkb
from coasty_desk.desktop.x11.xlib import X, Xatom, events
from coasty_desk.desktop.x11.xtest_keyboard import read_keymap

_MAPPED = {0xFF0D: "\n", 0xFF09: "\t"}
"""What Return and Tab write."""
_GROUP = 13


class X11Window:
    """A `base.probe_window.ProbeWindow` over everything else, which the window manager leaves alone. Raises DesktopError."""

    def __init__(self) -> None:
        self._display = x11.display()
        self._over = False
        self._lock = threading.Lock()
        self._seen: list[ProbeEvent] = []
        self._text = ""
        self._window = self._create()
        self._protocols = self._display.intern_atom("WM_PROTOCOLS")
        self._ping = self._display.intern_atom("_NET_WM_PING")
        self._focus_before = self._display.get_input_focus()
        self._xkb = Xkb.open(self._display)
        self._thread = threading.Thread(target=self._listen, name="coasty-desk self-test window", daemon=True)
        self._thread.start()

    def show(self, where: Rect) -> None:
        """Be there, on top, with the focus."""
        self._window.configure(x=where.left, y=where.top, width=where.width, height=where.height, stack_mode=X.Above)
        self._window.map()
        self._display.sync()
        self._window.set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
        self._display.sync()

    def seen(self) -> tuple[ProbeEvent, ...]:
        """What has reached it since it was last asked."""
        with self._lock:
            seen, self._seen = tuple(self._seen), []
        return seen

    def text(self) -> str:
        """What was typed since it was last asked."""
        with self._lock:
            text, self._text = self._text, ""
        return text

    def whole(self) -> Rect:
        """The root window."""
        root = self._display.screen().root.get_geometry()
        return Rect(0, 0, root.width, root.height)

    def why_deaf(self) -> str:
        """Why no input may have come, as far as the server tells; empty where it does not."""
        for taken, what in ((grabs.pointer_is_taken, "pointer"), (grabs.keyboard_is_taken, "keyboard")):
            if taken(self._display):
                return f"another program holds the {what}: a screen locker, or an open menu"
        return ""

    def close(self) -> None:
        """Go away, and give the focus back."""
        self._over = True
        with suppress(*x11.failures()):
            self._display.set_input_focus(self._focus_before.focus, self._focus_before.revert_to, X.CurrentTime)
            self._window.destroy()
            self._display.sync()
            self._thread.join(1.0)
            self._display.close()

    def _create(self) -> Any:
        display = self._display
        screen = display.screen()
        window = screen.root.create_window(
            0, 0, 1, 1, 0, screen.root_depth, X.InputOutput, X.CopyFromParent,
            background_pixel=_pixel(screen),
            override_redirect=True,
            event_mask=X.ButtonPressMask | X.ButtonReleaseMask | X.PointerMotionMask | X.KeyPressMask
            | X.StructureNotifyMask,
        )  # fmt: skip
        window.set_wm_name("coasty-desk self-test")
        atoms = [display.intern_atom("_NET_WM_PING")]
        window.change_property(display.intern_atom("WM_PROTOCOLS"), Xatom.ATOM, 32, atoms)
        return window

    def _listen(self) -> None:
        with suppress(*x11.failures()):
            while not self._over:
                event = self._display.next_event()
                if event.type == X.DestroyNotify:
                    return
                self._take(event)

    def _take(self, event: Any) -> None:
        kind = event.type & 0x7F
        if kind in (X.ButtonPress, X.ButtonRelease):
            self._note(Button(event.detail, event.root_x, event.root_y, down=kind == X.ButtonPress))
        elif kind == X.MotionNotify:
            self._note(Moved(event.root_x, event.root_y))
        elif kind == X.KeyPress:
            keymap = read_keymap(self._display, self._xkb)
            symbol = keymap.keys[event.detail].symbol(event.state >> _GROUP & 3, event.state & 0xFF)
            with self._lock:
                self._text += _MAPPED.get(symbol) or keysyms.character(symbol) or ""
        elif kind == X.ClientMessage and event.client_type == self._protocols:
            self._answer(event)

    def _answer(self, event: Any) -> None:
        if event.data[1][0] != self._ping:
            return
        root = self._display.screen().root
        answer = events.ClientMessage(window=root, client_type=self._protocols, data=event.data)
        root.send_event(answer, event_mask=X.SubstructureNotifyMask | X.SubstructureRedirectMask)
        self._display.flush()

    def _note(self, seen: ProbeEvent) -> None:
        with self._lock:
            self._seen.append(seen)


def _pixel(screen: Any) -> int:
    """The window's colour as the screen has it, whatever bits it gives to each."""
    red, green, blue = COLOUR
    asked = screen.default_colormap.alloc_color(red * 257, green * 257, blue * 257)
    return int(asked.pixel)
