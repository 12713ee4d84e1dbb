"""The console of Windows, whose echo and Ctrl+S are left as they are."""

from __future__ import annotations

import time
from importlib import import_module
from typing import TextIO

NAMELESS = ""
"""What one is that has no TERM."""


def wish(*, hushed: bool | None = None, echo: bool | None = None) -> None:
    """Nothing is changed."""
    del hushed, echo


def apply() -> None:
    """Nothing is changed."""


def restore() -> None:
    """Nothing was changed."""


def forget() -> None:
    """What was typed until now is no answer."""
    msvcrt = import_module("msvcrt")
    while msvcrt.kbhit():
        msvcrt.getwch()


def ready(_source: TextIO, seconds: float) -> bool:
    """Whether a key was struck within so many seconds."""
    msvcrt = import_module("msvcrt")
    deadline = time.monotonic() + seconds
    while not msvcrt.kbhit():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)
    return True


def read(source: TextIO) -> bytes:
    """The whole line."""
    return source.readline().encode()
