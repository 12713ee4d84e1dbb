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

from coasty_desk.desktop.x11 import keysyms, properties
from coasty_desk.desktop.x11.live_keymap import entry
from coasty_desk.desktop.x11.xkb import Xkb
from coasty_desk.desktop.x11.xlib import Display

_PROPERTY = "_COASTY_DESK_RELABELLED"
PLACES: dict[str, tuple[int, tuple[int, int]]] = {
    plain: (first + at, (keysyms.of_character(plain), keysyms.of_character(shifted)))
    for first, row, with_shift in (
        (10, "1234567890-=", "!@#$%^&*()_+"),
        (24, "qwertyuiop[]", "QWERTYUIOP{}"),
        (38, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
        (51, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    )
    for at, (plain, shifted) in enumerate(zip(row, with_shift, strict=True))
}
"""The keycode where a US keyboard has a character plain, and the keysyms of that key, by the rows of a PC keyboard."""


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
    properties.leave(display, _PROPERTY, [keycode, *struct.unpack(f"={len(before) // 4}I", before)])
    try:
        xkb.change_entries({keycode: entry(symbols)})
        known()
        yield
    finally:
        try:
            seen()
        finally:
            xkb.change_entries({keycode: before})
            properties.leave(display, _PROPERTY, ())
        known()


def tidy(display: Display, xkb: Xkb) -> None:
    """Put right what a run that was killed in the middle of a chord left, where it is still as that run left it."""
    left = properties.left(display, _PROPERTY)
    if len(left) < 3:
        return
    keycode, *words = left
    before = struct.pack(f"={len(words)}I", *words)
    places = dict(PLACES.values())
    if keycode in places and xkb.entries().get(keycode) == entry(places[keycode]):
        xkb.change_entries({keycode: before})
    properties.leave(display, _PROPERTY, ())
