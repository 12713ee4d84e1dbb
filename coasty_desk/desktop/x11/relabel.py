"""A chord's letter where no layout has it: the key at its place is Latin for the moment of the chord.

On a keyboard that is Russian alone, `ctrl+c` is no key. A borrowed one will do for most
toolkits, but Chromium knows a shortcut by the key's place; so the key where a US keyboard has
the letter writes it for a moment. What it wrote stands in a property of the root window
meanwhile, so that the next run can put right what a killed one left.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from coasty_desk.desktop.x11 import keysyms
from coasty_desk.desktop.x11.live_keymap import entry
from coasty_desk.desktop.x11.xkb import Xkb
from coasty_desk.desktop.x11.xlib import X, Display, Xatom

_PROPERTY = "_COASTY_DESK_RELABELLED"
_ROWS: dict[int, tuple[str, str]] = {
    10: ("1234567890-=", "!@#$%^&*()_+"),
    24: ("qwertyuiop[]", "QWERTYUIOP{}"),
    38: ("asdfghjkl;'`", 'ASDFGHJKL:"~'),
    51: ("\\zxcvbnm,./", "|ZXCVBNM<>?"),
}
"""The first keycode of each row of a PC keyboard, and what a US one writes there, plain and shifted."""


def place(character: str) -> tuple[int, tuple[int, int]] | None:
    """The keycode where a US keyboard has this character plain, and the keysyms of that key; None where it has none."""
    for first, (plain, shifted) in _ROWS.items():
        at = plain.find(character)
        if at >= 0:
            return first + at, (keysyms.of_character(plain[at]), keysyms.of_character(shifted[at]))
    return None


@contextmanager
def relabelled(
    display: Display,
    xkb: Xkb,
    keycode: int,
    symbols: tuple[int, int],
    *,
    seen: Callable[[], None],
    known: Callable[[], None],
) -> Iterator[None]:
    """Within the block the key writes these keysyms. `seen` and `known` are as in `borrowed_keycodes.Borrowed`."""
    before = xkb.entries()[keycode]
    _note(display, [keycode, *struct.unpack(f"={len(before) // 4}I", before)])
    try:
        xkb.change_entries({keycode: entry(symbols)})
        known()
        yield
    finally:
        try:
            seen()
        finally:
            xkb.change_entries({keycode: before})
            _note(display, [])
        known()


def tidy(display: Display, xkb: Xkb) -> None:
    """Put right what a run that was killed in the middle of a chord left, where it is still as that run left it."""
    left = display.screen().root.get_property(display.intern_atom(_PROPERTY), 0, 0, 64)
    if left is None or len(left.value) < 3:
        return
    keycode, *words = left.value
    before = struct.pack(f"={len(words)}I", *words)
    found = next((place(plain) for plains, _ in _ROWS.values() for plain in plains if _at(plain, keycode)), None)
    if found is not None and xkb.entries().get(keycode) == entry(found[1]):
        xkb.change_entries({keycode: before})
    _note(display, [])


def _at(character: str, keycode: int) -> bool:
    found = place(character)
    return found is not None and found[0] == keycode


def _note(display: Display, numbers: list[int]) -> None:
    root, atom = display.screen().root, display.intern_atom(_PROPERTY)
    if numbers:
        root.change_property(atom, Xatom.CARDINAL, 32, numbers, X.PropModeReplace)
    else:
        root.delete_property(atom)
    display.sync()
