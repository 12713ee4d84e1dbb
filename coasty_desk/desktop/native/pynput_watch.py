"""The keyboard and the pointer watched where there is no X11 (Windows, macOS), through pynput.

There the system marks what a program has sent, and pynput passes the mark on (`injected`); it
is used besides our own notes, because key codes that we send by character have no note.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Any

from coasty_desk.core.abort.abort_key import SIDES, AbortKey, own_name
from coasty_desk.core.abort.gestures import ChordDetector, CornerDetector, corners
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.scaling import Rect
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.key_codes import key_codes
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.native import native_libraries

POLL = 0.02
"""Seconds between two looks at the pointer."""

PROOF = 2.0
"""Seconds within which the listener must have said that it listens."""


class PynputWatch:
    """Trips `stop` on the abort key, on Esc three times, and on the pointer in a corner."""

    def __init__(self, stop: Stop, key: AbortKey, sent: OwnEvents) -> None:
        self._stop = stop
        self._key = key
        self._sent = sent
        self._over = threading.Event()
        self._listener: Any = None
        self._pointer: Any = None
        self._keys = ChordDetector((), frozenset())
        self._corners = CornerDetector(frozenset())
        self._thread = threading.Thread(target=self._guarded, name="coasty-desk pointer", daemon=True)

    def arm(self) -> tuple[str, str]:
        """Start watching; why the keyboard and why the pointer cannot be watched, or nothing each."""
        try:
            keyboard, mouse = native_libraries.pynput("keyboard"), native_libraries.pynput("mouse")
        except DesktopError as error:
            return error.message, error.message
        self._keys = ChordDetector(
            tuple(frozenset(_codes(keyboard, part)) for part in self._key.parts), frozenset(_codes(keyboard, "esc"))
        )
        self._pointer = mouse.Controller()
        points = corners(_monitors())
        self._corners = CornerDetector(points, resting=self._at() in points)
        self._listener = keyboard.Listener(
            on_press=lambda key, injected: self._seen(key, down=True, injected=injected),
            on_release=lambda key, injected: self._seen(key, down=False, injected=injected),
        )
        self._listener.start()
        deadline = time.monotonic() + PROOF
        while not self._listener.running and self._listener.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        self._thread.start()
        if not getattr(self._listener, "IS_TRUSTED", True):
            return "this program may not watch the keyboard: allow its terminal under Accessibility", ""
        return ("" if self._listener.is_alive() else "the keyboard listener did not start"), ""

    def absent(self) -> tuple[str, str]:
        """Why this keyboard cannot press the abort key, and why not Esc; nothing each where it can. Once it listens."""
        return self._keys.absent(self._key)

    def silent(self) -> float:
        """There is nobody here who would not answer."""
        return 0.0

    def abandon(self, names: Iterable[str]) -> None:
        """As above."""

    def disarm(self) -> None:
        """Stop watching."""
        self._over.set()
        if self._listener is not None:
            self._listener.stop()
        if self._thread.ident is not None:
            self._thread.join(1.0)
        self._pointer = None  # it closes what it holds of the display when it goes, so it goes before the display does

    def _seen(self, key: Any, *, down: bool, injected: bool) -> None:
        code = getattr(getattr(key, "value", key), "vk", None)
        if code is None:
            return
        ours = self._sent.ours(code, down=down) or injected
        if self._keys.seen(code, down=down, ours=ours, at=time.monotonic()):
            self._stop.trip("hotkey")

    def _at(self) -> tuple[int, int]:
        x, y = self._pointer.position
        return int(x), int(y)

    def _guarded(self) -> None:
        """Look at the pointer, and whether the listener still lives; either's death stops the run."""
        try:
            while not self._over.wait(POLL):
                if self._corners.seen(*self._at()):
                    self._stop.trip("corner")
                if not self._listener.is_alive() and not self._over.is_set():
                    self._stop.trip("stop", "the keyboard can no longer be watched for a stop")
        except Exception as error:  # noqa: BLE001 - whatever ends the watching ends the run
            if not self._over.is_set():
                self._stop.trip("stop", f"the pointer can no longer be watched for a stop ({error})")


def _codes(keyboard: Any, part: str) -> list[int]:
    """The platform's key codes of one part of the abort key."""
    if part.startswith("#") and len(part) > 1:
        return [int(part[1:])]
    if len(part) == 1:
        # Windows' codes of letters and digits are their capitals; macOS's follow the hardware, so pynput's table is asked.
        vk = keyboard.KeyCode.from_char(part).vk
        return [vk if vk is not None else ord(part.upper())]
    keys = [_key(keyboard.Key, name) for name in SIDES.get(part, (part,))]
    return [key.value.vk for key in keys if key is not None and key.value.vk is not None]


def _key(known: Any, name: str) -> Any:
    """Pynput's key of that name, or of its own name for it."""
    return getattr(known, name, None) or getattr(known, key_codes("pynput").get(own_name(name), ""), None)


def _monitors() -> list[Rect]:
    import mss

    with mss.MSS() as screen:
        return [Rect(m["left"], m["top"], m["width"], m["height"]) for m in screen.monitors[1:]]
