"""What is down on an X11 display, and letting go of it."""

from __future__ import annotations

from coasty_desk.desktop.base.libraries import imported
from coasty_desk.desktop.base.pressed import BUTTONS, Down
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.shared_connection import shared_connection
from coasty_desk.desktop.x11.xlib import X, xtest


def down() -> tuple[Down, ...]:
    """What is down on this display now, whoever holds it. Raises DesktopError."""
    with shared_connection() as display:
        bits = display.query_keymap()
        codes = [8 * index + bit for index, byte in enumerate(bits) for bit in range(8) if byte & 1 << bit]
        mask = display.screen().root.query_pointer().mask
        buttons = [number for number in BUTTONS if mask & 0x80 << number]
        keys = [Down(code, _spelled(display.keycode_to_keysym(code, 0)) or f"key {code}") for code in codes]
    return (*keys, *(Down(number, BUTTONS[number], button=True) for number in buttons))


def _spelled(keysym: int) -> str:
    """The symbol's character or name: python-xlib only turns printable keysyms into strings."""
    names = imported("Xlib.XK")
    found = (name for name, value in vars(names).items() if name.startswith("XK_") and value == keysym)
    return names.keysym_to_string(keysym) or next(found, "").removeprefix("XK_")


def release_one(one: Down) -> None:
    """Let go of it. Raises DesktopError."""
    with x11.opened() as display:
        code = one.code
        if one.button:  # the server tells of logical buttons, and takes the device's own
            mapping = list(display.get_pointer_mapping())
            code = mapping.index(code) + 1 if code in mapping else code
        xtest.fake_input(display, X.ButtonRelease if one.button else X.KeyRelease, code)
        display.sync()
