"""The keymap is read as the server means it, with and without the keyboard extension."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from coasty_desk.desktop.x11 import keysyms
from coasty_desk.desktop.x11.live_keymap import KeyLevel, from_core, from_xkb

SHIFT_L, ALTGR, CAPS, NUM = 0xFFE1, 0xFE03, 0xFFE5, 0xFF7F
MODIFIERS = [[50], [66], [], [], [77], [], [], [92]]


def reply(types: list[tuple[int, list[tuple[int, int]]]], keys: dict[int, list[tuple[int, list[int]]]]) -> bytes:
    """A GetMap reply as a server writes it: types of (mask, [(modifiers, level)]), keys of groups of (type, symbols)."""
    first, last = min(keys), max(keys)
    raw = bytearray(40)
    raw[15], raw[17], raw[20] = len(types), first, last - first + 1
    for mask, entries in types:
        raw += struct.pack("=BBHBBBB", mask, mask, 0, 4, len(entries), 0, 0)
        for modifiers, level in entries:
            raw += struct.pack("=BBBBHH", 1, modifiers, level, modifiers, 0, 0)
    for keycode in range(first, last + 1):
        groups = keys.get(keycode, [])
        width = max((len(symbols) for _, symbols in groups), default=0)
        kinds = [kind for kind, _ in groups] + [0] * (4 - len(groups))
        raw += struct.pack("=4BBBH", *kinds, len(groups), width, width * len(groups))
        for _, symbols in groups:
            raw += struct.pack(f"={width}I", *symbols, *[0] * (width - len(symbols)))
    return bytes(raw)


TYPES: list[tuple[int, list[tuple[int, int]]]] = [
    (0, []),
    (1, [(1, 1)]),
    (0x81, [(1, 1), (0x80, 2), (0x81, 3)]),
    (0x11, [(1, 1), (0x10, 1)]),
]
KEYS: dict[int, list[tuple[int, list[int]]]] = {
    24: [(1, [0x71, 0x51]), (2, [0x6CA, 0x6EA, 0x40, 0])],
    38: [(1, [0x61, 0x41])],
    50: [(0, [SHIFT_L])],
    66: [(0, [CAPS])],
    77: [(0, [NUM])],
    84: [(3, [0xFF9D, 0xFFB5])],
    92: [(0, [ALTGR])],
    93: [],
}


def test_the_active_group_is_tried_first() -> None:
    """A character is typed in the group that is active if that has it, else in the one that has."""
    keymap = from_xkb(reply(TYPES, KEYS), MODIFIERS)
    assert keymap.groups == 2
    assert keymap.way("q", 0) == KeyLevel(24, 0)
    assert keymap.way("q", 1) == KeyLevel(24, 0)
    assert keymap.way("й", 1) == KeyLevel(24, 1)
    assert keymap.way("Й", 0) == KeyLevel(24, 1, (50,))


def test_levels_are_reached_by_the_keys_that_the_type_names() -> None:
    """The third level takes AltGr, and only in the group that has it."""
    keymap = from_xkb(reply(TYPES, KEYS), MODIFIERS)
    assert keymap.way("@", 0) == KeyLevel(24, 1, (92,))
    assert keymap.way("€", 0) is None


def test_a_key_of_one_group_is_the_same_in_all() -> None:
    """Groups out of a key's range wrap into it."""
    keymap = from_xkb(reply(TYPES, KEYS), MODIFIERS)
    assert keymap.way("a", 1) == KeyLevel(38, 1)


def test_the_number_pad_is_pressed_as_num_lock_stands() -> None:
    """Its digits need Shift while Num Lock is off, nothing while it is on."""
    keymap = from_xkb(reply(TYPES, KEYS), MODIFIERS)
    assert keymap.num_lock == 0x10
    assert keymap.way(0xFFB5, 0) == KeyLevel(84, 0, (50,))
    assert keymap.way(0xFFB5, 0, 0x10) == KeyLevel(84, 0)


def test_empty_keys_are_spare_and_a_key_can_be_left_out() -> None:
    """What writes nothing can be borrowed; what is borrowed is not looked up."""
    keymap = from_xkb(reply(TYPES, KEYS), MODIFIERS)
    assert 93 in keymap.spare
    assert keymap.without((38,)).way("a", 0) is None
    assert 38 in keymap.without((38,)).spare


def test_a_server_without_the_extension_knows_two_levels() -> None:
    """The core table: a letter alone in its row has its capital with Shift."""
    keymap = from_core(38, [(0x61, 0), (0x31, 0x21), (0, 0), (SHIFT_L, 0)], [[41], [], [], [], [], [], [], []])
    assert keymap.way("a", 0) == KeyLevel(38, 0)
    assert keymap.way("A", 0) == KeyLevel(38, 0, (41,))
    assert keymap.way("!", 0) == KeyLevel(39, 0, (41,))
    assert keymap.spare == (40,)


@given(st.characters(exclude_categories=["Cs", "Cc"]))
def test_every_character_has_a_keysym_that_is_it(character: str) -> None:
    """There and back, for all of Unicode."""
    assert keysyms.character(keysyms.of_character(character)) == character


def test_legacy_keysyms_are_their_characters() -> None:
    """The letters that Russian, Greek, Polish and Hebrew layouts send under their old numbers."""
    known = {0x6CA: "й", 0x6A3: "ё", 0x7E1: "α", 0x7F3: "ς", 0x1B1: "ą", 0xCE0: "א", 0x20AC: "€", 0xAAA: "–"}  # noqa: RUF001
    assert {keysym: keysyms.character(keysym) for keysym in known} == known
    assert keysyms.character(0xFF0D) is None
    assert keysyms.character(0xFE51) is None
