"""Memory that screenshots have taken and left: given back to the system now and then, or it is held for ever, in pieces."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def give_back() -> None:
    """What is free; 1 to 3 ms, without the interpreter's lock. Where the C library has no such thing, nothing."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # musl has none
            ctypes.CDLL(None).malloc_trim(0)
