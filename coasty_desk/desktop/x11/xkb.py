"""The few requests of the X Keyboard Extension that python-xlib lacks: the state, the locks, the keymap.

The core keyboard has the keymap of whichever device was used last, so a person's key brings in
another one where theirs has a layout of its own, and our next key brings back XTEST's. They change the active group (layout) and the locked modifiers (Caps Lock) at once and exactly,
where tapping the lock keys would depend on what those keys are mapped to.
Source: The X Keyboard Extension: Protocol Specification, appendix D.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from msgspec import Struct

from coasty_desk.desktop.x11.live_keymap import symbol_entries
from coasty_desk.desktop.x11.xlib import Display, X, errors, rq, xinput, xtest

_CORE_KEYBOARD = 0x0100
NEW_KEYBOARD, NEW_MAP = 0, 1
_CHANGES = 1 << NEW_KEYBOARD | 1 << NEW_MAP
NO_KEY = 8
"""The lowest keycode that there is; no keyboard has a key there."""
_SYMBOLS = 0b10
_TYPES_AND_SYMBOLS = 0b11
_XTEST = "XTEST keyboard"
"""What the names of the keyboards end with that have the keys of programs like this one (xserver, Xext/xtest.c)."""
_ENABLED = 1 << 31
"""Of the controls, which are on is what changes."""
_USE, _SELECT, _STATE, _LATCH_LOCK, _GET_CONTROLS, _SET_CONTROLS, _GET_MAP, _SET_MAP = 0, 1, 4, 5, 6, 7, 8, 9
"""The numbers of the extension's requests."""


class LockState(Struct, frozen=True):
    """The active group, and the modifier bits that are held (by anyone), latched and locked."""

    group: int
    held: int
    latched: int
    locked: int


class Xkb:
    """The keyboard's state on one connection. `open` gives None where the server has no such extension."""

    def __init__(self, display: Display, opcode: int, event_code: int) -> None:
        self._display = display
        self._opcode = opcode
        self._event_code = event_code
        self.others: Callable[[Any], object] = lambda _event: None
        """Who is given the events that are none of the keyboard's."""

    @classmethod
    def open(cls, display: Display) -> Xkb | None:
        """Begin to use the extension on this connection."""
        extension = display.query_extension("XKEYBOARD")
        if extension is None:
            return None
        found = cls(display, extension.major_opcode, extension.first_event)
        supported = found._ask(_USE, "=2H", 1, 0)[1]
        return found if supported else None

    def watch(self) -> None:
        """Have this connection told of new keymaps, which `changes` then tells."""
        self._tell(_SELECT, "=6H", _CORE_KEYBOARD, _CHANGES, 0, _CHANGES, 0xFF, 0xFF)

    def changes(self) -> set[int]:
        """What has happened to the keymap since this was last asked: `NEW_KEYBOARD` (of another device), `NEW_MAP`.

        Whatever else the connection is told goes to `others`.
        """
        found = set()
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type & 0x7F == self._event_code:
                found.add(event.detail)
            else:
                self.others(event)
        return found

    def take_over(self) -> bool:
        """Make XTEST's the keyboard that was used last; whether applications have a new keymap by that.

        Letting go of a key that is not down reaches nobody, but the server has seen the device.
        """
        before = self.keymap()
        xtest.fake_input(self._display, X.KeyRelease, NO_KEY)
        return before[12:] != self.keymap()[12:]

    def state(self) -> LockState:
        """The state as the server has it now."""
        held, latched, locked, group = self._ask(_STATE, "=H2x", _CORE_KEYBOARD)[9:13]
        return LockState(group, held, latched, locked)

    def keymap(self, device: int = _CORE_KEYBOARD) -> bytes:
        """The reply to GetMap with all key types and key symbols, as it came."""
        return self._ask(_GET_MAP, "=2H20x", device, _TYPES_AND_SYMBOLS)

    def entries(self) -> dict[int, bytes]:
        """What each key writes, as the server's own bytes: `change_entries` takes them back."""
        return symbol_entries(self.keymap())

    def change_entries(self, entries: Mapping[int, bytes]) -> None:
        """Let these keys write what these `entry`s say, in one change that clients hear of once.

        A change names a whole range of keys, so what is between them is written as it is; the
        server is held meanwhile, lest another program change it. Only for a keymap that
        `is_one_for_all` devices: the range is written to each of them.
        """
        self._display.grab_server()
        try:
            raw = self.keymap()
            now = symbol_entries(raw)
            first, last = min(entries), max(entries)
            parts = [entries.get(keycode, now[keycode]) for keycode in range(first, last + 1)]
            data, total = b"".join(parts), sum((len(part) - 8) // 4 for part in parts)
            keycodes, no_types = raw[10:12], (0, 0)
            what = (_CORE_KEYBOARD, _SYMBOLS, 0, *keycodes, *no_types, first, len(parts), total, data)
            self._tell(_SET_MAP, f"=3H6BH18x{len(data)}s", *what)
        finally:
            self._display.ungrab_server()
            self._display.sync()

    def is_one_for_all(self) -> bool:
        """Whether every keyboard of the server has the keymap that we see: two may have layouts of their own."""
        ours = self.keymap()[12:]
        return all(other[12:] == ours for other in self.keymaps())

    def keymaps(self) -> list[bytes]:
        """What `keymap` tells, for each keyboard of the server."""
        found = []
        for device in _keyboards(self._display):
            with suppress(errors.XError):  # a device without keys
                found.append(self.keymap(device))
        return found

    def controls(self, device: int = _CORE_KEYBOARD) -> int:
        """Which controls are on: the bits of `XkbSlowKeysMask` and its like."""
        return int(struct.unpack_from("=I", self._ask(_GET_CONTROLS, "=H2x", device), 56)[0])

    def controls_of_others(self) -> dict[int, int]:
        """The same of each keyboard that is not XTEST's, by its number."""
        found = {}
        for device, name in _keyboards(self._display).items():
            if _XTEST not in name:
                with suppress(errors.XError):  # a device without keys
                    found[device] = self.controls(device)
        return found

    def change_controls(self, which: int, on: int, device: int = _CORE_KEYBOARD) -> None:
        """Have, of the controls `which`, those `on` on and the others off; of the core keyboard, it is for all keyboards."""
        self._tell(_SET_CONTROLS, "=H18x3I64x", device, which, on & which, _ENABLED)

    def lock_group(self, group: int) -> None:
        """Make `group` (from 0) the active one."""
        self._tell(_LATCH_LOCK, "=H6B4x", _CORE_KEYBOARD, 0, 0, 1, group, 0, 0)

    def lock_modifiers(self, locked: int) -> None:
        """Lock exactly the modifier bits `locked`, and latch none."""
        self._tell(_LATCH_LOCK, "=H6B4x", _CORE_KEYBOARD, 0xFF, locked, 0, 0, 0xFF, 0)

    def _ask(self, request: int, fields: str, *values: int) -> bytes:
        """The reply to a request, as it came; `fields` say how `struct` packs what the request says."""
        reply: bytes = _requests()[1](**self._request(request, fields, *values)).raw
        return reply

    def _tell(self, request: int, fields: str, *values: int | bytes) -> None:
        """Send a request that has no reply."""
        _requests()[0](**self._request(request, fields, *values))

    def _request(self, request: int, fields: str, *values: int | bytes) -> dict[str, Any]:
        body = struct.pack(fields, *values)
        return {"display": self._display.display, "opcode": self._opcode, "request": request, "body": body}


def _keyboards(display: Display) -> dict[int, str]:
    """The server's keyboards by their numbers, with their names; the core one aside."""
    if display.query_extension("XInputExtension") is None:
        return {}
    devices = display.xinput_query_device(xinput.AllDevices).devices
    return {device.deviceid: str(device.name) for device in devices if device.use == xinput.SlaveKeyboard}


class _Raw:
    """A reply that is kept as it came."""

    def parse_binary(self, data: bytes, _display: object, rawdict: int) -> tuple[dict[str, object], bytes]:  # noqa: ARG002 - python-xlib calls it so
        return {"raw": bytes(data), "sequence_number": struct.unpack_from("=H", data, 2)[0]}, b""


@cache
def _requests() -> tuple[Any, Any]:
    """One that has no reply, and one that has."""
    fields = rq.Struct(rq.Card8("opcode"), rq.Card8("request"), rq.RequestLength(), rq.Binary("body"))

    class Told(rq.Request):  # type: ignore[misc]  # python-xlib is untyped
        _request = fields

    class Asked(rq.ReplyRequest):  # type: ignore[misc]
        _request, _reply = fields, _Raw()

    return Told, Asked
