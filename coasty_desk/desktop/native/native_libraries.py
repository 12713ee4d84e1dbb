"""The one place that brings in pyautogui and pynput, on Windows and macOS; the traps stand beside the lines that avoid them."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

from coasty_desk.desktop.base.libraries import imported, importing


def pyautogui() -> Any:
    """The module pyautogui, with no pauses of its own. Raises DesktopError."""
    with importing:
        return _pyautogui()


def pynput(part: str) -> ModuleType:
    """`pynput.keyboard` or `pynput.mouse`. Raises DesktopError."""
    with importing:
        _see_real_pixels()
        return imported(f"pynput.{part}")


@cache
def _pyautogui() -> Any:
    _see_real_pixels()
    with _without("mouseinfo", "pymsgbox", "pyscreeze"):
        module: Any = imported("pyautogui")
    module.PAUSE = 0
    return module


@contextlib.contextmanager
def _without(*modules: str) -> Iterator[None]:
    """Hide modules that pyautogui can do without: mouseinfo exits where tkinter is missing, the others are heavy."""
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes the import fail, as documented
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _see_real_pixels() -> None:
    """Ask Windows for per-monitor DPI awareness: the first who asks wins, and pyautogui asks for less."""
    windll: Any = getattr(ctypes, "windll", None)  # which Windows alone has
    if windll is None:
        return
    per_monitor_v2 = ctypes.c_void_p(-4)
    with contextlib.suppress(AttributeError, OSError):
        if windll.user32.SetProcessDpiAwarenessContext(per_monitor_v2):
            return
    with contextlib.suppress(AttributeError, OSError):
        windll.shcore.SetProcessDpiAwareness(2)
