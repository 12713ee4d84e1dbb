"""Characters and keys to X11 keysyms and back. Pure; the numbers are keysymdef.h's.

A character has its Unicode keysym (`0x01000000 | code point`; Latin-1: the code point itself),
and in many layouts a legacy one: `й` is 0x6ca on a Russian keyboard.
"""

from __future__ import annotations

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

KEYSYMS: dict[str, int] = {
    "ctrl": 0xFFE3,
    "ctrlright": 0xFFE4,
    "shift": 0xFFE1,
    "shiftright": 0xFFE2,
    "alt": 0xFFE9,
    "altright": 0xFE03,
    "win": 0xFFEB,
    "winright": 0xFFEC,
    "enter": 0xFF0D,
    "tab": 0xFF09,
    "esc": 0xFF1B,
    "space": 0x20,
    "backspace": 0xFF08,
    "delete": 0xFFFF,
    "insert": 0xFF63,
    "home": 0xFF50,
    "left": 0xFF51,
    "up": 0xFF52,
    "right": 0xFF53,
    "down": 0xFF54,
    "pageup": 0xFF55,
    "pagedown": 0xFF56,
    "end": 0xFF57,
    "capslock": 0xFFE5,
    "numlock": 0xFF7F,
    "scrolllock": 0xFF14,
    "pause": 0xFF13,
    "printscreen": 0xFF61,
    "apps": 0xFF67,
    "help": 0xFF6A,
    "clear": 0xFF0B,
    "select": 0xFF60,
    "execute": 0xFF62,
    "multiply": 0xFFAA,
    "add": 0xFFAB,
    "separator": 0xFFAC,
    "subtract": 0xFFAD,
    "decimal": 0xFFAE,
    "divide": 0xFFAF,
    **{f"num{n}": 0xFFB0 + n for n in range(10)},
    **{f"f{n}": 0xFFBD + n for n in range(1, 25)},
    "sleep": 0x1008FF2F,
    "volumedown": 0x1008FF11,
    "volumemute": 0x1008FF12,
    "volumeup": 0x1008FF13,
    "playpause": 0x1008FF14,
    "stop": 0x1008FF15,
    "prevtrack": 0x1008FF16,
    "nexttrack": 0x1008FF17,
    "browserhome": 0x1008FF18,
    "launchmail": 0x1008FF19,
    "browsersearch": 0x1008FF1B,
    "browserback": 0x1008FF26,
    "browserforward": 0x1008FF27,
    "browserstop": 0x1008FF28,
    "browserrefresh": 0x1008FF73,
    "browserfavorites": 0x1008FF30,
    "launchmediaselect": 0x1008FF81,
    "launchapp1": 0x1008FF41,
    "launchapp2": 0x1008FF1D,
    "brightnessup": 0x1008FF02,
    "brightnessdown": 0x1008FF03,
    "convert": 0xFF23,
    "nonconvert": 0xFF22,
    "kana": 0xFF27,
    "kanji": 0xFF2A,
    "hangul": 0xFF31,
    "hanja": 0xFF34,
}
"""The keysym of every key that has a name."""

LEVEL3_SHIFT = 0xFE03
SHIFTS = frozenset({0xFFE1, 0xFFE2})


def of_character(character: str) -> int:
    """The keysym that writes this character in any application."""
    code = ord(character)
    if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF:
        return code
    return 0x01000000 | code


def of_key(key: str) -> int:
    """The keysym of a canonical key."""
    return of_character(key) if len(key) == 1 else KEYSYMS[key]


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
