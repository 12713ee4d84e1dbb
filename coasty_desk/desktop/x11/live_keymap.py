"""The keymap as the X server has it now: which key, group and modifiers write which symbol. Pure.

Read from the reply to the keyboard extension's GetMap, where every key has its groups
(layouts), every group its type, and the type says which modifiers lead to which level; from
the core protocol's table, which knows two levels of one group, where there is no extension.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from msgspec import Struct, field

from coasty_desk.desktop.x11 import keysyms

_FIRST_KEYPAD, _LAST_KEYPAD = 0xFF80, 0xFFBD
_LEVEL5_SHIFT = 0xFE11
_LEVEL_SHIFTS = (keysyms.SHIFTS, {keysyms.LEVEL3_SHIFT}, {_LEVEL5_SHIFT})
_NUM_LOCK = 0xFF7F


class KeyLevel(Struct, frozen=True):
    """How to write a symbol: press `keycode` in `group` while the keys `shifts` (keycodes) are held."""

    keycode: int
    group: int
    shifts: tuple[int, ...] = ()


class KeyType(Struct, frozen=True):
    """Which modifiers (real bits) a group of a key looks at, and to which level each set of them leads."""

    mask: int
    levels: Mapping[int, int]

    def level(self, modifiers: int) -> int:
        """The level (from 0) under these modifier bits."""
        return self.levels.get(modifiers & self.mask, 0)


class Key(Struct, frozen=True):
    """A key's symbols, group by group, level by level; 0 is no symbol. `out_of_range` wraps, clamps or names a group."""

    groups: tuple[tuple[KeyType, tuple[int, ...]], ...] = ()
    group_info: int = 0

    def symbol(self, group: int, modifiers: int) -> int:
        """What the key writes in `group` under these modifier bits; 0 for nothing."""
        if not self.groups:
            return 0
        kind, symbols = self.groups[self._in_range(group)]
        level = kind.level(modifiers)
        return symbols[level] if level < len(symbols) else 0

    @property
    def is_empty(self) -> bool:
        """Whether it writes nothing at all."""
        return not any(any(symbols) for _, symbols in self.groups)

    def _in_range(self, group: int) -> int:
        count = len(self.groups)
        if group < count:
            return group
        match self.group_info & 0xC0:
            case 0x40:
                return count - 1
            case 0x80:
                named = self.group_info >> 4 & 0x03
                return named if named < count else 0
            case _:
                return group % count


class Keymap(Struct, frozen=True):
    """All keys, and the bit that each modifier key sets."""

    keys: Mapping[int, Key]
    modifier_bits: Mapping[int, int]
    _found: dict[tuple[int, int], dict[int | str, KeyLevel]] = field(default_factory=dict)

    @property
    def spare(self) -> tuple[int, ...]:
        """Keycodes that write nothing: they can be borrowed."""
        return tuple(keycode for keycode, key in self.keys.items() if key.is_empty)

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return max((len(key.groups) for key in self.keys.values()), default=1)

    @property
    def shift(self) -> tuple[int, ...]:
        """The keycode of a Shift key, if there is one."""
        found = self._shift_key(keysyms.SHIFTS)
        return () if found is None else (found[1],)

    @property
    def num_lock(self) -> int:
        """The modifier bit of Num Lock, 0 where there is none."""
        bits = self.modifier_bits.items()
        return next((bit for keycode, bit in bits if self.keys[keycode].symbol(0, 0) == _NUM_LOCK), 0)

    def without(self, keycodes: Iterable[int]) -> Keymap:
        """The same keymap, where these keys write nothing."""
        return Keymap({**self.keys, **dict.fromkeys(keycodes, Key())}, self.modifier_bits)

    def way(self, symbol: int | str, group: int, locked: int = 0) -> KeyLevel | None:
        """How to write a keysym, or a character, whichever of its keysyms a key has: in `group`, else in the first that has it."""
        for tried in (group, *(other for other in range(self.groups) if other != group)):
            if (tried, locked) not in self._found:
                self._found[tried, locked] = self._search(tried, locked)
            way = self._found[tried, locked].get(symbol)
            if way is not None:
                return way
        return None

    def _search(self, group: int, locked: int) -> dict[int | str, KeyLevel]:
        found: dict[int, KeyLevel] = {}
        for bits, shifts in self._shifts():
            for keycode, key in self.keys.items():
                keysym = key.symbol(group, bits | locked)
                if keysym and keysym not in found and (_of_keypad(keysym) or not _is_keypad(key)):
                    found[keysym] = KeyLevel(keycode, group, shifts)
        ways: dict[int | str, KeyLevel] = {}
        for keysym, way in found.items():
            ways[keysym] = way
            character = keysyms.character(keysym)
            if character is not None:
                ways.setdefault(character, way)
        return ways

    def _shifts(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Every set of level-choosing keys that can be held, the small sets first: modifier bits and keycodes."""
        one_of_each = [pair for symbols in _LEVEL_SHIFTS if (pair := self._shift_key(symbols)) is not None]
        for count in range(len(one_of_each) + 1):
            for chosen in combinations(one_of_each, count):
                bits = 0
                for bit, _ in chosen:
                    bits |= bit
                yield bits, tuple(keycode for _, keycode in chosen)

    def _shift_key(self, symbols: frozenset[int] | set[int]) -> tuple[int, int] | None:
        for keycode, bit in self.modifier_bits.items():
            key = self.keys.get(keycode)
            if key is not None and all(key.symbol(group, 0) in symbols for group in range(self.groups)):
                return bit, keycode
        return None


def _is_keypad(key: Key) -> bool:
    """The number pad writes other characters with Num Lock on: it is not typed on, but for its own keys."""
    return any(_of_keypad(symbol) for _, symbols in key.groups for symbol in symbols)


def _of_keypad(keysym: int) -> bool:
    return _FIRST_KEYPAD <= keysym <= _LAST_KEYPAD


_TWO_LEVELS = KeyType(1, {0: 0, 1: 1})
_ALPHABETIC = KeyType(3, {0: 0, 1: 1, 2: 1, 3: 0})


def from_core(first: int, rows: Sequence[Sequence[int]], modifier_rows: Sequence[Sequence[int]]) -> Keymap:
    """From the core protocol's keyboard and modifier mapping: levels 1 and 2 of the first group are known."""
    keys = {}
    for keycode, row in enumerate(rows, first):
        symbols = tuple(row[:2])
        if len(symbols) == 2 and symbols[0] and not symbols[1]:
            symbols = _both_cases(symbols[0])
        keys[keycode] = Key(((_ALPHABETIC if _is_letter(symbols) else _TWO_LEVELS, symbols),) if any(row) else ())
    return Keymap(keys, _modifier_bits(modifier_rows))


def _both_cases(keysym: int) -> tuple[int, int]:
    small = keysyms.character(keysym)
    if small is None or len(small.upper()) != 1 or len(small.lower()) != 1:
        return keysym, keysym
    return keysyms.of_character(small.lower()), keysyms.of_character(small.upper())


def _is_letter(symbols: tuple[int, ...]) -> bool:
    written = [keysyms.character(symbol) for symbol in symbols]
    return len(written) == 2 and written[0] != written[1] and (written[0] or "").upper() == written[1]


def _modifier_bits(rows: Sequence[Sequence[int]]) -> dict[int, int]:
    return {keycode: 1 << index for index, row in enumerate(rows) for keycode in row if keycode}


def from_xkb(raw: bytes, modifier_rows: Sequence[Sequence[int]]) -> Keymap:
    """From the reply to GetMap, with all types and symbols in it (protocol specification, section 16.3.7)."""
    types, _ = _types(raw)
    keys: dict[int, Key] = {}
    for keycode, part in symbol_entries(raw).items():
        kinds, info, width = part[:4], part[4], part[5]
        symbols = struct.unpack(f"={len(part) // 4 - 2}I", part[8:])
        keys[keycode] = Key(
            tuple((types[kinds[g]], symbols[g * width : (g + 1) * width]) for g in range(info & 0x0F)), info
        )
    return Keymap(keys, _modifier_bits(modifier_rows))


def symbol_entries(raw: bytes) -> dict[int, bytes]:
    """Each key's part of a GetMap reply with all types and symbols, by keycode."""
    first_key, n_keys = raw[17], raw[20]
    _, at = _types(raw)
    entries: dict[int, bytes] = {}
    for keycode in range(first_key, first_key + n_keys):
        (count,) = struct.unpack_from("=H", raw, at + 6)
        entries[keycode] = raw[at : at + 8 + 4 * count]
        at += 8 + 4 * count
    return entries


def entry(symbols: tuple[int, ...]) -> bytes:
    """The same part of a key that writes these keysyms, plain and shifted, in every group; or nothing."""
    if not symbols:
        return bytes(8)
    plain_and_shifted = (1,) * 4  # the second of the key types that every keymap has, for each group
    return struct.pack("=4BBBH2I", *plain_and_shifted, 1, 2, 2, symbols[0], symbols[-1])


def _types(raw: bytes) -> tuple[list[KeyType], int]:
    """The types in a GetMap reply, and where they end."""
    at = 40
    types: list[KeyType] = []
    for _ in range(raw[15]):
        mask, n_levels_map, preserve = raw[at], raw[at + 5], raw[at + 6]
        at += 8
        levels = {raw[i + 1]: raw[i + 2] for i in range(at, at + 8 * n_levels_map, 8) if raw[i]}
        types.append(KeyType(mask, levels))
        at += (12 if preserve else 8) * n_levels_map
    return types, at
