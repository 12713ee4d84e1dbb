"""Keys and buttons that are down though nobody holds them: found at the start of a run, freed by `coasty-desk release`.

A killed process cannot let go of what it held; its key stays down in the server.
"""

from __future__ import annotations

import sys
from collections.abc import Container
from typing import Any

from msgspec import Struct

from coasty_desk.core.errors import DesktopError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base import backends
from coasty_desk.desktop.x11.shared_connection import shared_connection

BUTTONS = {1: "left button", 2: "middle button", 3: "right button"}


class Down(Struct, frozen=True):
    """Something that is down: a key or button by the platform's `code`, and its `name` for a person."""

    code: int
    name: str
    button: bool = False


def down() -> tuple[Down, ...]:
    """What is down on this desktop now, whoever holds it. Raises DesktopError."""
    if sys.platform.startswith("linux"):
        with shared_connection() as display:
            return _x11_down(display)
    if sys.platform == "win32":
        return _windows_down()
    return _mac_down()


def stuck(stop: Stop, seconds: float = 0.5) -> tuple[Down, ...]:
    """What is down now and stays down so long: the Enter that started the run is let go of sooner.

    Raises Aborted, DesktopError.
    """
    found = down()
    if found:
        stop.pause(seconds)
        still = down()
        found = tuple(one for one in found if one in still)
    return found


def release() -> tuple[Down, ...]:
    """Let go of all that is down and of keycodes left borrowed, and say what was down. Raises DesktopError, also where something stays down."""
    found = down()
    for one in found:
        if sys.platform.startswith("linux"):
            _x11_release(one)
        elif sys.platform == "win32":
            _windows_release(one)
        else:
            _mac_release(one)
    if sys.platform.startswith("linux"):
        from coasty_desk.desktop.x11.xtest_keyboard import give_back_leftovers

        give_back_leftovers()
    left = [one.name for one in down() if one in found]
    if left:
        message = f"Still down: {', '.join(left)}."
        raise DesktopError(message, "Is a finger on it? If not, press and release it once by hand.")
    return found


def let_go(codes: Container[int], buttons: Container[int]) -> None:
    """Let go of those of these keys and buttons (as `Down` counts them) that are down. Linux only. Raises DesktopError."""
    display = backends.display()
    try:
        for one in _x11_down(display):
            if one.code in (buttons if one.button else codes):
                _x11_release(one)
    finally:
        display.close()


def _x11_down(display: Any) -> tuple[Down, ...]:
    from Xlib import XK

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
    from Xlib import XK

    return next((n.removeprefix("XK_") for n, value in vars(XK).items() if n.startswith("XK_") and value == keysym), "")


def _x11_release(one: Down) -> None:
    from Xlib import X
    from Xlib.ext import xtest

    display = backends.display()
    try:
        code = one.code
        if one.button:  # the server tells of logical buttons, and takes the device's own
            mapping = list(display.get_pointer_mapping())
            code = mapping.index(code) + 1 if code in mapping else code
        xtest.fake_input(display, X.ButtonRelease if one.button else X.KeyRelease, code)
        display.sync()
    finally:
        display.close()


_WINDOWS_BUTTONS = {1: (1, 0x0004), 2: (3, 0x0010), 4: (2, 0x0040)}  # virtual key -> our button, MOUSEEVENTF_…UP
_WINDOWS_UP = dict(_WINDOWS_BUTTONS.values())


def _windows_down() -> tuple[Down, ...]:
    import ctypes

    user32: Any = getattr(ctypes, "windll").user32  # noqa: B009 - mypy knows it on Windows alone
    codes = [code for code in range(1, 255) if user32.GetAsyncKeyState(code) & 0x8000]
    either = {0x10, 0x11, 0x12}  # Shift, Control and Alt are told once more by their sides
    return tuple(
        Down(_WINDOWS_BUTTONS[code][0], BUTTONS[_WINDOWS_BUTTONS[code][0]], button=True)
        if code in _WINDOWS_BUTTONS
        else Down(code, f"key {code}")
        for code in codes
        if code not in either
    )


def _windows_release(one: Down) -> None:
    import ctypes

    user32: Any = getattr(ctypes, "windll").user32  # noqa: B009 - mypy knows it on Windows alone
    if one.button:
        user32.mouse_event(_WINDOWS_UP[one.code], 0, 0, 0, 0)
    else:
        user32.keybd_event(one.code, 0, 2, 0)


def _mac_down() -> tuple[Down, ...]:
    import Quartz

    state = Quartz.kCGEventSourceStateCombinedSessionState
    keys = [code for code in range(128) if Quartz.CGEventSourceKeyState(state, code)]
    buttons = {0: 1, 2: 2, 1: 3}
    held = [ours for theirs, ours in buttons.items() if Quartz.CGEventSourceButtonState(state, theirs)]
    return tuple(Down(code, f"key {code}") for code in keys) + tuple(Down(n, BUTTONS[n], button=True) for n in held)


def _mac_release(one: Down) -> None:
    import Quartz

    if not one.button:
        event = Quartz.CGEventCreateKeyboardEvent(None, one.code, False)  # noqa: FBT003 - Quartz takes no names
    else:
        at = Quartz.CGEventGetLocation(Quartz.CGEventCreate(None))
        kind, button = {
            1: (Quartz.kCGEventLeftMouseUp, Quartz.kCGMouseButtonLeft),
            2: (Quartz.kCGEventOtherMouseUp, Quartz.kCGMouseButtonCenter),
            3: (Quartz.kCGEventRightMouseUp, Quartz.kCGMouseButtonRight),
        }[one.code]
        event = Quartz.CGEventCreateMouseEvent(None, kind, at, button)
    Quartz.CGEventPost(Quartz.kCGHIDEventTap, event)
