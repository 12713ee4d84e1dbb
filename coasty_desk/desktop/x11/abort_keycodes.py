"""Which X11 keycodes are the keys of the abort key and Esc, in the keymap as it is now."""

from __future__ import annotations

from typing import Any

from coasty_desk.core.abort.abort_key import SIDES, AbortKey

_KEYSYMS: dict[str, tuple[str, ...]] = {
    "ctrl_l": ("Control_L",),
    "ctrl_r": ("Control_R",),
    "shift_l": ("Shift_L",),
    "shift_r": ("Shift_R",),
    "alt_l": ("Alt_L",),
    "alt_r": ("Alt_R", "ISO_Level3_Shift", "Mode_switch"),
    "alt_gr": ("ISO_Level3_Shift", "Mode_switch", "Alt_R"),
    "cmd_l": ("Super_L",),
    "cmd_r": ("Super_R",),
    "backspace": ("BackSpace",),
    "caps_lock": ("Caps_Lock",),
    "delete": ("Delete", "KP_Delete"),
    "down": ("Down", "KP_Down"),
    "end": ("End", "KP_End"),
    "enter": ("Return", "KP_Enter"),
    "esc": ("Escape",),
    "home": ("Home", "KP_Home"),
    "insert": ("Insert", "KP_Insert"),
    "left": ("Left", "KP_Left"),
    "menu": ("Menu",),
    "num_lock": ("Num_Lock",),
    "page_down": ("Next", "KP_Next"),
    "page_up": ("Prior", "KP_Prior"),
    "pause": ("Pause",),
    "print_screen": ("Print",),
    "right": ("Right", "KP_Right"),
    "scroll_lock": ("Scroll_Lock",),
    "space": ("space",),
    "tab": ("Tab", "ISO_Left_Tab"),
    "up": ("Up", "KP_Up"),
    "media_play_pause": ("XF86_AudioPlay",),
    "media_stop": ("XF86_AudioStop",),
    "media_volume_mute": ("XF86_AudioMute",),
    "media_volume_down": ("XF86_AudioLowerVolume",),
    "media_volume_up": ("XF86_AudioRaiseVolume",),
    "media_previous": ("XF86_AudioPrev",),
    "media_next": ("XF86_AudioNext",),
}


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
    from Xlib import XK

    if name.startswith("#"):
        return {int(name[1:])}
    if len(name) == 1:
        return {keysym for form in (name, name.upper()) for keysym in _of_character(form)}
    if name[0] == "f" and name[1:].isdigit():
        return {XK.string_to_keysym(name.upper())}
    if any(keysym.startswith("XF86") for keysym in _KEYSYMS.get(name, ())):
        XK.load_keysym_group("xf86")
    return {XK.string_to_keysym(keysym) for keysym in _KEYSYMS.get(name, ())} - {0}


def _of_character(character: str) -> set[int]:
    if len(character) != 1:
        return set()
    point = ord(character)
    found = {0x01000000 | point}
    if 0x20 <= point < 0x7F or 0xA0 <= point < 0x100:
        found.add(point)
    if 0x0410 <= point <= 0x044F:  # Cyrillic keysyms are KOI8-R's byte with 0x600 added
        found.add(0x600 | character.encode("koi8-r")[0])
    return found


def _keymap(display: Any) -> dict[int, frozenset[int]]:
    """Each keycode with every keysym that it has on any level of any group."""
    first = display.display.info.min_keycode
    count = display.display.info.max_keycode - first + 1
    rows = display.get_keyboard_mapping(first, count)
    return {first + index: frozenset(row) - {0} for index, row in enumerate(rows)}
