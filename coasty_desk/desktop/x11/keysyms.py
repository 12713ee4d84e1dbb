"""Characters and keys to X11 keysyms and back; the numbers are keysymdef.h's.

A character has its Unicode keysym (`0x01000000 | code point`; Latin-1: the code point itself),
and in many layouts a legacy one: `й` is 0x6ca on a Russian keyboard.
"""

from __future__ import annotations

from functools import cache

from coasty_desk.desktop.base.key_codes import key_codes

_CODECS: dict[int, str] = {
    0x01: "iso8859_2",
    0x02: "iso8859_3",
    0x03: "iso8859_4",
    0x05: "iso8859_6",
    0x06: "koi8_r",
    0x0C: "iso8859_8",
    0x0D: "tis_620",
    0x12: "iso8859_14",
    0x13: "iso8859_15",
}
"""The high byte of a legacy keysym, and the encoding that its low byte is in."""

_RUNS: dict[int, str] = {
    0x6A1: "ђѓёєѕіїјљњћќґўџ№ЂЃЁЄЅІЇЈЉЊЋЌҐЎЏ",
    0x7A1: "ΆΈΉΊΪ\0ΌΎΫ\0Ώ\0\0΅\0\0άέήίϊΐόύϋΰώ",
    0x7C1: "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣ\0ΤΥΦΧΨΩ",  # noqa: RUF001 - they are meant
    0x7E1: "αβγδεζηθικλμνξοπρσςτυφχψω",
    0x20AC: "€",
    0xAA9: "—–",  # noqa: RUF001
    0xAAE: "…",
    0xAD0: "‘’“”",  # noqa: RUF001
    0xAFE: "„",
}
"""Where keysymdef.h leaves the encoding: characters from this keysym on; NUL for none."""

LEVEL3_SHIFT = 0xFE03
SHIFTS = frozenset({0xFFE1, 0xFFE2})


def of_character(character: str) -> int:
    """The keysym that writes this character in any application."""
    code = ord(character)
    if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF:
        return code
    return 0x01000000 | code


@cache
def named() -> dict[str, tuple[int, ...]]:
    """The keysyms of every key that has a name: the one that writes it, and further ones that are it as well."""
    return {key: tuple(int(code, 16) for code in codes.split(",")) for key, codes in key_codes("x11").items()}


def of_key(key: str) -> int:
    """The keysym of a canonical key."""
    return of_character(key) if len(key) == 1 else named()[key][0]


def _legacy() -> dict[int, str]:
    found: dict[int, str] = {}
    for high, codec in _CODECS.items():
        for low in range(0xA1, 0x100):
            try:
                found[high << 8 | low] = bytes([low]).decode(codec)
            except UnicodeDecodeError:
                continue
    found = {keysym: character for keysym, character in found.items() if ord(character) > 0xFF}
    for start, characters in _RUNS.items():
        found |= {start + at: character for at, character in enumerate(characters) if character != "\0"}
    return found


_LEGACY = _legacy()


def character(keysym: int) -> str | None:
    """The character that a keysym writes, or None: a named key, a dead key, or a keysym of no Unicode."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
        return chr(keysym)
    if 0x01000100 <= keysym <= 0x0110FFFF:
        return chr(keysym & 0xFFFFFF)
    return _LEGACY.get(keysym)


def writing(text: str) -> set[int]:
    """Every keysym of a character, also those of old; none for what is more than one."""
    if len(text) != 1:
        return set()
    return {of_character(text), 0x01000000 | ord(text), *(keysym for keysym, one in _LEGACY.items() if one == text)}
