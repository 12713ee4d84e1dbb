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
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from Xlib.display import Display

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
_TWO_LEVELS = 1
"""The second of the key types that every keymap has: plain and shifted."""


def _ignored(_event: Any) -> None:
    """Nobody waits for any."""


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
        self.others: Callable[[Any], None] = _ignored
        """Who is given the events that are none of the keyboard's."""

    @classmethod
    def open(cls, display: Display) -> Xkb | None:
        """Begin to use the extension on this connection."""
        extension = display.query_extension("XKEYBOARD")
        if extension is None:
            return None
        reply = _requests().use(display=display.display, opcode=extension.major_opcode, wanted_major=1, wanted_minor=0)
        return cls(display, extension.major_opcode, extension.first_event) if reply.supported else None

    def watch(self) -> None:
        """Have this connection told of new keymaps, which `changes` then tells."""
        _requests().select_events(
            display=self._display.display,
            opcode=self._opcode,
            device=_CORE_KEYBOARD,
            affect=_CHANGES,
            clear=0,
            select_all=_CHANGES,
            affect_map=0xFF,
            map=0xFF,
        )

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
        from Xlib import X
        from Xlib.ext import xtest

        before = self.keymap()
        xtest.fake_input(self._display, X.KeyRelease, NO_KEY)
        return before[12:] != self.keymap()[12:]

    def state(self) -> LockState:
        """The state as the server has it now."""
        reply = _requests().state(display=self._display.display, opcode=self._opcode, device=_CORE_KEYBOARD)
        return LockState(reply.group, reply.base_mods, reply.latched_mods, reply.locked_mods)

    def keymap(self) -> bytes:
        """The reply to GetMap with all key types and key symbols, as it came."""
        return self._map_of(_CORE_KEYBOARD)

    def _map_of(self, device: int) -> bytes:
        reply = _requests().keymap(
            display=self._display.display, opcode=self._opcode, device=device, full=_TYPES_AND_SYMBOLS
        )
        raw: bytes = reply.raw
        return raw

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
            fields = dict.fromkeys(_SET_MAP_FIELDS, 0) | {
                "present": _SYMBOLS,
                "min_keycode": raw[10],
                "max_keycode": raw[11],
                "first_key_sym": first,
                "n_key_syms": last - first + 1,
                "total_syms": total,
            }
            _requests().set_map(
                display=self._display.display, opcode=self._opcode, device=_CORE_KEYBOARD, **fields, data=data
            )
        finally:
            self._display.ungrab_server()
            self._display.sync()

    def is_one_for_all(self) -> bool:
        """Whether every keyboard of the server has the keymap that we see: two may have layouts of their own."""
        ours = self.keymap()[12:]
        return all(other[12:] == ours for other in self.keymaps())

    def keymaps(self) -> list[bytes]:
        """What `keymap` tells, for each keyboard of the server."""
        from Xlib import error

        found = []
        for device in _keyboards(self._display):
            try:
                found.append(self._map_of(device))
            except error.XError:
                continue  # a device without keys
        return found

    def controls(self, device: int = _CORE_KEYBOARD) -> int:
        """Which controls are on: the bits of `XkbSlowKeysMask` and its like."""
        raw = _requests().get_controls(display=self._display.display, opcode=self._opcode, device=device).raw
        (enabled,) = struct.unpack_from("=I", raw, 56)
        return int(enabled)

    def controls_of_others(self) -> dict[int, int]:
        """The same of each keyboard that is not XTEST's, by its number."""
        from Xlib import error

        found = {}
        for device, name in _keyboards(self._display).items():
            if _XTEST not in name:
                with suppress(error.XError):  # a device without keys
                    found[device] = self.controls(device)
        return found

    def change_controls(self, which: int, on: int, device: int = _CORE_KEYBOARD) -> None:
        """Have, of the controls `which`, those `on` on and the others off; of the core keyboard, it is for all keyboards."""
        _requests().set_controls(
            display=self._display.display,
            opcode=self._opcode,
            device=device,
            affect=which,
            enabled=on & which,
            change=_ENABLED,
            nothing=bytes(64),
        )

    def lock_group(self, group: int) -> None:
        """Make `group` (from 0) the active one."""
        self._latch_lock(lock_group=1, group_lock=group)

    def lock_modifiers(self, locked: int) -> None:
        """Lock exactly the modifier bits `locked`, and latch none."""
        self._latch_lock(affect_mod_locks=0xFF, mod_locks=locked, affect_mod_latches=0xFF)

    def _latch_lock(self, **values: int) -> None:
        fields = dict.fromkeys(_LATCH_LOCK_FIELDS, 0) | values
        _requests().latch_lock(display=self._display.display, opcode=self._opcode, device=_CORE_KEYBOARD, **fields)


def _keyboards(display: Display) -> dict[int, str]:
    """The server's keyboards by their numbers, with their names; the core one aside."""
    from Xlib.ext import xinput

    if display.query_extension("XInputExtension") is None:
        return {}
    devices = display.xinput_query_device(xinput.AllDevices).devices
    return {device.deviceid: str(device.name) for device in devices if device.use == xinput.SlaveKeyboard}


def symbol_entries(raw: bytes) -> dict[int, bytes]:
    """Each key's part of a GetMap reply with all types and symbols, by keycode."""
    n_types, first_key, n_keys = raw[15], raw[17], raw[20]
    at = 40
    for _ in range(n_types):
        at += 8 + (12 if raw[at + 6] else 8) * raw[at + 5]
    entries: dict[int, bytes] = {}
    for keycode in range(first_key, first_key + n_keys):
        (count,) = struct.unpack_from("=H", raw, at + 6)
        entries[keycode] = raw[at : at + 8 + 4 * count]
        at += 8 + 4 * count
    return entries


def entry(symbols: tuple[int, ...]) -> bytes:
    """The bytes of a key that writes these keysyms, plain and shifted, in every group; or nothing."""
    if not symbols:
        return bytes(8)
    kinds = (_TWO_LEVELS,) * 4
    return struct.pack("=4BBBH2I", *kinds, 1, 2, 2, symbols[0], symbols[-1])


_SET_MAP_FIELDS = (
    "present",
    "flags",
    "min_keycode",
    "max_keycode",
    "first_type",
    "n_types",
    "first_key_sym",
    "n_key_syms",
    "total_syms",
)
_LATCH_LOCK_FIELDS = (
    "affect_mod_locks",
    "mod_locks",
    "lock_group",
    "group_lock",
    "affect_mod_latches",
    "mod_latches",
    "latch_group",
    "group_latch",
)


class _Requests(NamedTuple):
    use: Any
    select_events: Any
    state: Any
    latch_lock: Any
    keymap: Any
    set_map: Any
    get_controls: Any
    set_controls: Any


class _Raw:
    """A reply that is kept as it came."""

    def parse_binary(self, data: bytes, _display: object, rawdict: int) -> tuple[dict[str, object], bytes]:  # noqa: ARG002 - python-xlib calls it so
        return {"raw": bytes(data), "sequence_number": struct.unpack_from("=H", data, 2)[0]}, b""


@cache
def _requests() -> _Requests:
    from Xlib.protocol import rq

    class UseExtension(rq.ReplyRequest):  # type: ignore[misc]  # python-xlib is untyped
        _request = rq.Struct(
            rq.Card8("opcode"), rq.Opcode(0), rq.RequestLength(), rq.Card16("wanted_major"), rq.Card16("wanted_minor")
        )
        _reply = rq.Struct(
            rq.ReplyCode(),
            rq.Bool("supported"),
            rq.Card16("sequence_number"),
            rq.ReplyLength(),
            rq.Card16("server_major"),
            rq.Card16("server_minor"),
            rq.Pad(20),
        )

    class SelectEvents(rq.Request):  # type: ignore[misc]
        _request = rq.Struct(
            rq.Card8("opcode"),
            rq.Opcode(1),
            rq.RequestLength(),
            rq.Card16("device"),
            rq.Card16("affect"),
            rq.Card16("clear"),
            rq.Card16("select_all"),
            rq.Card16("affect_map"),
            rq.Card16("map"),
        )

    class GetState(rq.ReplyRequest):  # type: ignore[misc]
        _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(4), rq.RequestLength(), rq.Card16("device"), rq.Pad(2))
        _reply = rq.Struct(
            rq.ReplyCode(),
            rq.Card8("device"),
            rq.Card16("sequence_number"),
            rq.ReplyLength(),
            rq.Card8("mods"),
            rq.Card8("base_mods"),
            rq.Card8("latched_mods"),
            rq.Card8("locked_mods"),
            rq.Card8("group"),
            rq.Card8("locked_group"),
            rq.Int16("base_group"),
            rq.Int16("latched_group"),
            rq.Pad(14),
        )

    class LatchLockState(rq.Request):  # type: ignore[misc]
        _request = rq.Struct(
            rq.Card8("opcode"),
            rq.Opcode(5),
            rq.RequestLength(),
            rq.Card16("device"),
            rq.Card8("affect_mod_locks"),
            rq.Card8("mod_locks"),
            rq.Bool("lock_group"),
            rq.Card8("group_lock"),
            rq.Card8("affect_mod_latches"),
            rq.Card8("mod_latches"),
            rq.Pad(1),
            rq.Bool("latch_group"),
            rq.Int16("group_latch"),
        )

    class GetMap(rq.ReplyRequest):  # type: ignore[misc]
        _request = rq.Struct(
            rq.Card8("opcode"),
            rq.Opcode(8),
            rq.RequestLength(),
            rq.Card16("device"),
            rq.Card16("full"),
            rq.Pad(20),
        )
        _reply = _Raw()

    class SetMap(rq.Request):  # type: ignore[misc]
        _request = rq.Struct(
            rq.Card8("opcode"),
            rq.Opcode(9),
            rq.RequestLength(),
            rq.Card16("device"),
            rq.Card16("present"),
            rq.Card16("flags"),
            rq.Card8("min_keycode"),
            rq.Card8("max_keycode"),
            rq.Card8("first_type"),
            rq.Card8("n_types"),
            rq.Card8("first_key_sym"),
            rq.Card8("n_key_syms"),
            rq.Card16("total_syms"),
            rq.Pad(18),
            rq.Binary("data"),
        )

    class GetControls(rq.ReplyRequest):  # type: ignore[misc]
        _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(6), rq.RequestLength(), rq.Card16("device"), rq.Pad(2))
        _reply = _Raw()

    class SetControls(rq.Request):  # type: ignore[misc]
        _request = rq.Struct(
            rq.Card8("opcode"),
            rq.Opcode(7),
            rq.RequestLength(),
            rq.Card16("device"),
            rq.Pad(18),
            rq.Card32("affect"),
            rq.Card32("enabled"),
            rq.Card32("change"),
            rq.Binary("nothing"),
        )

    return _Requests(UseExtension, SelectEvents, GetState, LatchLockState, GetMap, SetMap, GetControls, SetControls)
