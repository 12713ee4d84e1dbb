"""Canonical keys as Windows and macOS number them. Pure; the facts stand in the tests.

Sources: Windows "Virtual-Key Codes" and "VkKeyScanW"; macOS HIToolbox/Events.h (`kVK_…`). A key
that neither pynput nor these tables know does not exist on that platform.
"""

from __future__ import annotations

from collections.abc import Callable

PYNPUT: dict[str, str] = {
    "ctrl": "ctrl",
    "ctrlright": "ctrl_r",
    "shift": "shift",
    "shiftright": "shift_r",
    "alt": "alt",
    "altright": "alt_gr",
    "win": "cmd",
    "winright": "cmd_r",
    "enter": "enter",
    "tab": "tab",
    "esc": "esc",
    "space": "space",
    "backspace": "backspace",
    "delete": "delete",
    "insert": "insert",
    "home": "home",
    "end": "end",
    "pageup": "page_up",
    "pagedown": "page_down",
    "left": "left",
    "right": "right",
    "up": "up",
    "down": "down",
    "capslock": "caps_lock",
    "numlock": "num_lock",
    "scrolllock": "scroll_lock",
    "pause": "pause",
    "printscreen": "print_screen",
    "apps": "menu",
    "volumemute": "media_volume_mute",
    "volumedown": "media_volume_down",
    "volumeup": "media_volume_up",
    "playpause": "media_play_pause",
    "nexttrack": "media_next",
    "prevtrack": "media_previous",
    "stop": "media_stop",
    **{f"f{n}": f"f{n}" for n in range(1, 25)},
}
"""The member of pynput's `Key`; the platform's own may lack some."""

WINDOWS: dict[str, int] = {
    **{f"num{n}": 0x60 + n for n in range(10)},
    "multiply": 0x6A,
    "add": 0x6B,
    "separator": 0x6C,
    "subtract": 0x6D,
    "decimal": 0x6E,
    "divide": 0x6F,
    "clear": 0x0C,
    "select": 0x29,
    "execute": 0x2B,
    "help": 0x2F,
    "sleep": 0x5F,
    "browserback": 0xA6,
    "browserforward": 0xA7,
    "browserrefresh": 0xA8,
    "browserstop": 0xA9,
    "browsersearch": 0xAA,
    "browserfavorites": 0xAB,
    "browserhome": 0xAC,
    "launchmail": 0xB4,
    "launchmediaselect": 0xB5,
    "launchapp1": 0xB6,
    "launchapp2": 0xB7,
    "convert": 0x1C,
    "nonconvert": 0x1D,
    "kana": 0x15,
    "hangul": 0x15,
    "kanji": 0x19,
    "hanja": 0x19,
}
"""Virtual-key codes."""

MACOS: dict[str, int] = {
    **{f"num{n}": code for n, code in enumerate((0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5B, 0x5C))},
    "decimal": 0x41,
    "multiply": 0x43,
    "add": 0x45,
    "clear": 0x47,
    "divide": 0x4B,
    "subtract": 0x4E,
    "help": 0x72,
    "kana": 0x68,
}
"""Virtual key codes."""

_SHIFT, _CTRL, _ALT = 1, 2, 4


def windows_character(character: str, vk_key_scan: Callable[[str], int]) -> tuple[int, tuple[str, ...]] | None:
    """The virtual key of a character on the active layout, and the keys to hold with it; None where there is none.

    `vk_key_scan` is `VkKeyScanW`: the key in the low byte, Shift/Ctrl/Alt bits in the high one,
    -1 for a character that the layout lacks. Letters and digits keep their virtual keys on
    layouts of another script, so `ctrl+c` is on the key of C there too.
    """
    scan = vk_key_scan(character)
    if scan & 0xFFFF == 0xFFFF:
        upper = character.upper()
        return (ord(upper), ()) if upper.isascii() and upper.isalnum() else None
    bits = scan >> 8 & 0xFF
    held = tuple(key for bit, key in ((_SHIFT, "shift"), (_CTRL, "ctrl"), (_ALT, "alt")) if bits & bit)
    return scan & 0xFF, held


def utf16_units(character: str) -> int:
    """How many UTF-16 units a character is: macOS counts in those."""
    return len(character.encode("utf-16-le")) // 2
