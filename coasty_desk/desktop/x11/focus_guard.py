"""Between two of our keys: whether the window that we began in still has the keyboard, and no other hand is on it.

The server tells when the focus leaves its window: on the connection that sends the keys, so that what
it tells stands in order with the answers that are waited for after each. A toolkit that moves it between its own windows has moved nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.gates.human_input import HAND, OnHumanInput
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.base.recheck import NEVER, Recheck
from coasty_desk.desktop.x11 import grabs
from coasty_desk.desktop.x11.clients import Clients, gone
from coasty_desk.desktop.x11.xlib import Display, X, errors, requests

_BACK = 0.3
"""Seconds that the focus may be nobody's: window managers take it away for a moment."""
_HELD = 10.0
"""Seconds that a person's Control or Shift is waited for."""
_HEARD = 0.1
"""Seconds until whoever listens to the keys has surely heard of one."""
_LOOK = 0.01


class Guard:
    """Watches one action's keys; what ends the action is raised as BrokenOffError."""

    def __init__(
        self, display: Display, stop: Stop, sent: OwnEvents, mode: OnHumanInput = "pause", recheck: Recheck = NEVER
    ) -> None:
        self.recheck = recheck
        self._display = display
        self._root = display.screen().root
        self._stop = stop
        self._sent = sent
        self._mode = mode
        self._acting = self._moved = self._retitled = self._taken = False
        self._focus = 0
        self._window = 0
        self._others = self._struck = self._locks = self._before = 0

    @contextmanager
    def action(self) -> Iterator[None]:
        """Within the block keys are for the window that has the focus at its beginning. A block in a block begins nothing."""
        if self._acting:
            yield
            return
        self._others, self._struck, self._locks = self._sent.others, self._sent.struck, self._sent.locks
        self._before = self._sent.noted
        self._focus, self._window = self._now()
        self._taken = False
        self._acting = self._moved = True  # it may have moved before we listened
        self._listen(to=True)
        try:
            yield
        finally:
            self._acting = False
            self._listen(to=False)

    def heard(self, event: Any) -> None:
        """An event of the connection that sends the keys: the focus may have moved."""
        code = event.type & 0x7F
        focus = code in (X.FocusIn, X.FocusOut)
        self._moved |= focus or code in (X.DestroyNotify, X.UnmapNotify)
        self._taken |= focus and event.mode == X.NotifyGrab  # it is where it was, but somebody has taken the keys
        self._retitled |= code == X.PropertyNotify and event.atom in self._titles

    def check(self, done: str) -> None:
        """Raise BrokenOffError where the keyboard is another window's, or a person has typed; `done` is what was, in words.

        To be asked after the server has answered to all that was sent, and what it said was `heard`.
        """
        if not self._acting:
            return
        if self._moved or (self._focus in (X.PointerRoot, self._root.id) and not self._under_pointer()):
            self._moved = False
            self._still_here(done)
        if self._taken:
            self._had_back(done)
        if self._retitled:
            self._retitled = False
            self.recheck(done)
        self.recheck.in_slices(done)
        if self._sent.struck != self._struck:
            raise BrokenOffError(_doubtful(done), HAND)
        if self._sent.others != self._others and self._mode != "ignore":
            self._others = self._sent.others
            message = f"a person pressed a key meanwhile; {done}"
            raise BrokenOffError(message, HAND)

    def wait_released(self, held: Callable[[], bool], done: str) -> bool:
        """Wait until no other hand holds a modifier (`held` tells); whether that had to be waited for. Raises Aborted."""
        if not held():
            return False
        until = time.monotonic() + _HELD
        while held():
            if time.monotonic() > until:
                message = f"Control, Shift or another such key is held down on the keyboard; {done}"
                raise BrokenOffError(message, HAND)
            self._stop.pause(_LOOK)
        return True

    def lock_changed(self, done: str) -> None:
        """A lock is not as we set it. Raise BrokenOffError where a person pressed it before our last key, as far as they are heard."""
        until = time.monotonic() + _HEARD
        while self._acting and self._sent.locks == self._locks and time.monotonic() < until:
            self._stop.pause(_LOOK)
        if self._sent.locks != self._locks:
            self._locks = self._sent.locks
            if self._sent.pressed_since_lock(self._before):
                raise BrokenOffError(_doubtful(done), HAND)

    def _still_here(self, done: str) -> None:
        """Find out what a focus that has moved means: nothing, where it is in the same window as before."""
        until = time.monotonic() + _BACK
        while True:
            focus, window = self._now()
            if window == self._window or (window and self._is_ours(window)):
                if focus != self._focus:
                    self._focus = focus
                    self._listen(to=True)
                return
            if window or time.monotonic() > until:
                break
            self._stop.pause(_LOOK)
        what = "another window has the keyboard now" if window else "no window has the keyboard any more"
        message = f"{what}; {done}"
        raise BrokenOffError(message, "focus")

    def _had_back(self, done: str) -> None:
        """The keyboard was taken in mid-action: for a menu of our window, or for a moment, or for another program's own use."""
        until = time.monotonic() + _BACK
        while grabs.keys_are_astray(self._display, self._window):
            if time.monotonic() > until:
                message = f"another program has taken the keyboard for itself; {done}"
                raise BrokenOffError(message, "focus")
            self._stop.pause(_LOOK)
        self._taken = False

    @cached_property
    def _titles(self) -> frozenset[int]:
        return frozenset(self._display.intern_atom(name) for name in ("_NET_WM_NAME", "WM_NAME"))

    def _under_pointer(self) -> bool:
        """Whether the keys still go to whatever the pointer is on, and that is still the same: both asked in one go."""
        focus = requests.GetInputFocus(display=self._display.display, defer=True)
        pointer = self._root.query_pointer()
        focus.reply()
        return _number(focus.focus) == self._focus and _number(pointer.child) == self._window

    def _listen(self, *, to: bool) -> None:
        """Be told when the focus leaves the window that has it; or no more."""
        masks = {self._window: X.PropertyChangeMask} if self._window and self.recheck else {}
        if self._focus not in (0, X.PointerRoot, self._root.id):
            masks[self._focus] = masks.get(self._focus, 0) | X.FocusChangeMask | X.StructureNotifyMask
        for number, mask in masks.items():
            window = self._display.create_resource_object("window", number)
            window.change_attributes(
                event_mask=mask if to else X.NoEventMask, onerror=errors.CatchError(errors.BadWindow)
            )

    def _now(self) -> tuple[int, int]:
        """What has the focus, and the application window that it is in; 0 for none."""
        focus = self._display.get_input_focus().focus
        with suppress(*gone()):
            if _number(focus) in (X.PointerRoot, self._root.id):  # the keys go where the pointer is
                return _number(focus), _number(self._root.query_pointer().child)
            if focus:
                clients = Clients(self._display)
                client = clients.around(focus)
                if client is None:
                    top = clients.outermost(focus)
                    client = next(iter(clients.within(top)), top)
                    if client == top and clients.is_the_managers(top):
                        return focus.id, 0
                return focus.id, client.id
        return _number(focus), 0

    def _is_ours(self, window: int) -> bool:
        """Whether it is a popup of the window that we began in: a completion, a menu that takes the keys."""
        popup = self._display.create_resource_object("window", window)
        with suppress(*gone()):
            clients = Clients(self._display)
            loose = popup.get_attributes().override_redirect and not clients.is_client(popup)
            return loose and clients.belongs(popup, self._window)
        return False


def _doubtful(done: str) -> str:
    return f"a person pressed a key at the same time as the last one was sent, which may have come to something else; {done}"


def _number(window: Any) -> int:
    """A window's number; X's own words for no window are numbers."""
    return window if isinstance(window, int) else int(window.id)
