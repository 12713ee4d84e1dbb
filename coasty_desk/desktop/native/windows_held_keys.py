"""What is down on Windows, and letting go of it."""

from __future__ import annotations

import ctypes
from typing import Any

from coasty_desk.desktop.base.pressed import BUTTONS, Down

_BUTTONS = {1: (1, 0x0004), 2: (3, 0x0010), 4: (2, 0x0040)}  # virtual key -> our button, MOUSEEVENTF_…UP
_UP = dict(_BUTTONS.values())


def down() -> tuple[Down, ...]:
    """What is down now, whoever holds it."""
    user32: Any = getattr(ctypes, "windll").user32  # noqa: B009 - mypy knows it on Windows alone
    codes = [code for code in range(1, 255) if user32.GetAsyncKeyState(code) & 0x8000]
    either = {0x10, 0x11, 0x12}  # Shift, Control and Alt are told once more by their sides
    return tuple(
        Down(_BUTTONS[code][0], BUTTONS[_BUTTONS[code][0]], button=True)
        if code in _BUTTONS
        else Down(code, f"key {code}")
        for code in codes
        if code not in either
    )


def release_one(one: Down) -> None:
    """Let go of it."""
    user32: Any = getattr(ctypes, "windll").user32  # noqa: B009 - mypy knows it on Windows alone
    if one.button:
        user32.mouse_event(_UP[one.code], 0, 0, 0, 0)
    else:
        user32.keybd_event(one.code, 0, 2, 0)
