"""Which X11 keycodes are the keys of the abort key and Esc, in the keymap as it is now."""

from __future__ import annotations

from typing import Any

from coasty_desk.core.abort.abort_key import SIDES, AbortKey
from coasty_desk.core.keys.chords import canonical
from coasty_desk.desktop.x11 import keysyms

_LOCKS = frozenset({0xFE01, *range(0xFE06, 0xFE10), 0xFF7F, 0xFFE5, 0xFFE6})
"""The keysyms ISO_Lock, ISO_Group_Latch to ISO_Last_Group_Lock, Num_Lock, Caps_Lock and Shift_Lock."""


def chord_codes(display: Any, key: AbortKey) -> tuple[frozenset[int], ...]:
    """For each part of the abort key the keycodes that are it; an empty set where this keymap has none."""
    table = _keymap(display)
    return tuple(_codes(table, part) for part in key.parts)


def escape_codes(display: Any) -> frozenset[int]:
    """The keycodes of Esc."""
    return _codes(_keymap(display), "esc")


def silent_codes(display: Any) -> tuple[frozenset[int], frozenset[int]]:
    """The keycodes of keys that alone write and do nothing: modifiers; and locks, with what switches the layout."""
    locks = frozenset(code for code, keysyms in _keymap(display).items() if keysyms & _LOCKS)
    return frozenset(code for row in display.get_modifier_mapping() for code in row if code) - locks, locks


def _codes(table: dict[int, frozenset[int]], part: str) -> frozenset[int]:
    names = SIDES.get(part, (part,))
    wanted = {keysym for name in names for keysym in _keysyms(name)}
    return frozenset(code for code, keysyms in table.items() if keysyms & wanted)


def _keysyms(name: str) -> set[int]:
    if name.startswith("#") and len(name) > 1:
        return {int(name[1:])}
    if len(name) == 1:
        return keysyms.writing(name) | keysyms.writing(name.upper())
    if name[0] == "f" and name[1:].isdigit():
        return {keysyms.of_key("f1") - 1 + int(name[1:])}
    return set(keysyms.named()[canonical(name)])


def _keymap(display: Any) -> dict[int, frozenset[int]]:
    """Each keycode with every keysym that it has on any level of any group."""
    first = display.display.info.min_keycode
    count = display.display.info.max_keycode - first + 1
    rows = display.get_keyboard_mapping(first, count)
    return {first + index: frozenset(row) - {0} for index, row in enumerate(rows)}
