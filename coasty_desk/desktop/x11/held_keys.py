"""What is down on an X11 display, and letting go of it."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from coasty_desk.desktop.base.pressed import BUTTONS, Down
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.shared_connection import shared_connection
from coasty_desk.desktop.x11.xlib import X, XK, xtest


def down() -> tuple[Down, ...]:
    """What is down on this display now, whoever holds it. Raises DesktopError."""
    with shared_connection() as display:
        return down_on(display)


def let_go(codes: Container[int], buttons: Container[int]) -> None:
    """Let go of those of these keys and buttons (as `Down` counts them) that are down. Raises DesktopError."""
    display = x11.display()
    try:
        for one in down_on(display):
            if one.code in (buttons if one.button else codes):
                release_one(one)
    finally:
        display.close()


def down_on(display: Any) -> tuple[Down, ...]:
    """What is down on a display."""
    def name(code: int) -> str:
        keysym = display.keycode_to_keysym(code, 0)
        return XK.keysym_to_string(keysym) or _spelled(keysym) or f"key {code}"

    bits = display.query_keymap()
    codes = [8 * index + bit for index, byte in enumerate(bits) for bit in range(8) if byte & 1 << bit]
    mask = display.screen().root.query_pointer().mask
    buttons = [number for number in BUTTONS if mask & 0x80 << number]
    return tuple(Down(code, name(code)) for code in codes) + tuple(Down(n, BUTTONS[n], button=True) for n in buttons)


def _spelled(keysym: int) -> str:
    """The symbol's name: python-xlib only turns printable keysyms into strings."""
    return next((n.removeprefix("XK_") for n, value in vars(XK).items() if n.startswith("XK_") and value == keysym), "")


def release_one(one: Down) -> None:
    """Let go of it. Raises DesktopError."""
    display = x11.display()
    try:
        code = one.code
        if one.button:  # the server tells of logical buttons, and takes the device's own
            mapping = list(display.get_pointer_mapping())
            code = mapping.index(code) + 1 if code in mapping else code
        xtest.fake_input(display, X.ButtonRelease if one.button else X.KeyRelease, code)
        display.sync()
    finally:
        display.close()
