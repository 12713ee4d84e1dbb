"""The terminal of Linux and macOS: its echo, its Ctrl+S, and what was typed into it."""

from __future__ import annotations

import os
import select
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

NAMELESS = "dumb"
"""What one is that has no TERM."""

_IFLAG, _LFLAG = 0, 3

_lock = threading.RLock()
_hushed = False
_echo = False
_before: list[Any] | None = None
"""The terminal's attributes where we have changed them, as they were."""


def wish(*, hushed: bool | None = None, echo: bool | None = None) -> None:
    """What the run wants of the terminal from now on; None: as before."""
    global _hushed, _echo  # noqa: PLW0603 - a process has one terminal
    with _lock:
        _hushed = _hushed if hushed is None else hushed
        _echo = _echo if echo is None else echo
    if _hushed:
        apply()
    else:
        restore()


def apply() -> None:
    """Set the terminal as the run wants it, where we are in its foreground."""
    global _before  # noqa: PLW0603 - as above
    with _lock, _ours() as tty:
        if tty is None or not _hushed:
            return
        with suppress(termios.error):
            if _before is None:
                _before = termios.tcgetattr(tty)
            now: list[Any] = [*_before]
            now[_IFLAG] &= ~termios.IXON  # which also lets go on what Ctrl+S has stopped before
            now[_LFLAG] = now[_LFLAG] | termios.ECHO if _echo else now[_LFLAG] & ~termios.ECHO
            termios.tcsetattr(tty, termios.TCSANOW, now)  # any other would wait for a terminal that is stopped
            termios.tcflow(tty, termios.TCOON)


def restore() -> None:
    """Set it as it was."""
    global _before
    with _lock, _ours() as tty:
        before, _before = _before, None
        if tty is not None and before is not None:
            with suppress(termios.error):  # it may be gone by now
                termios.tcsetattr(tty, termios.TCSANOW, before)


def forget() -> None:
    """What was typed until now is no answer."""
    with _ours() as tty:
        if tty is not None:
            with suppress(termios.error):
                termios.tcflush(tty, termios.TCIFLUSH)


@contextmanager
def _ours() -> Iterator[int | None]:
    """The controlling terminal, where we are in its foreground: from the background, setting it would stop us."""
    try:
        tty = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        yield None
        return
    try:
        foreground = False
        with suppress(OSError):
            foreground = os.tcgetpgrp(tty) == os.getpgrp()
        yield tty if foreground else None
    finally:
        os.close(tty)


def ready(source: TextIO, seconds: float) -> bool:
    """Whether a line is there within so many seconds."""
    return bool(select.select([source], [], [], seconds)[0])


def read(source: TextIO) -> bytes:
    """That line, or what there is of it."""
    return os.read(source.fileno(), 4096)
