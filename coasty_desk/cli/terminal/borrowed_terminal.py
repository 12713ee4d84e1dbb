"""The person's terminal, which the agent may type into: nothing of that is shown, stops the output, counts as an answer, or is left for the shell."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


@contextmanager
def echo_off() -> Iterator[None]:
    """Within the block the terminal echoes nothing and Ctrl+S does not stop it; what was typed meanwhile is forgotten at the end."""
    _wish(hushed=True)
    try:
        yield
    finally:
        _forget()
        _wish(hushed=False)


@contextmanager
def answering() -> Iterator[None]:
    """Within the block the terminal echoes: a person answers. `forget` first, before the question can be seen."""
    _wish(echo=True)
    try:
        yield
    finally:
        _wish(echo=False)
        _forget()


def forget() -> None:
    """What was typed into the terminal until now is no answer."""
    _forget()


def give_back() -> None:
    """The process stops or ends: the terminal is as it was. Never raises."""
    _forget()
    _restore()


def take_again() -> None:
    """It goes on. Never raises; from the background nothing is done."""
    _apply()


if sys.platform == "win32":

    def _forget() -> None:
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()

    def _wish(*, hushed: bool | None = None, echo: bool | None = None) -> None:
        del hushed, echo

    def _apply() -> None:
        pass

    def _restore() -> None:
        pass

else:
    import threading

    _IFLAG, _LFLAG = 0, 3

    _lock = threading.RLock()
    _hushed = False
    _echo = False
    _before: list[Any] | None = None
    """The terminal's attributes where we have changed them, as they were."""

    def _wish(*, hushed: bool | None = None, echo: bool | None = None) -> None:
        global _hushed, _echo  # noqa: PLW0603 - a process has one terminal
        with _lock:
            _hushed = _hushed if hushed is None else hushed
            _echo = _echo if echo is None else echo
        if _hushed:
            _apply()
        else:
            _restore()

    def _apply() -> None:
        """Set the terminal as the run wants it, where we are in its foreground."""
        global _before  # noqa: PLW0603 - as above
        import termios

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

    def _restore() -> None:
        global _before
        import termios

        with _lock, _ours() as tty:
            before, _before = _before, None
            if tty is not None and before is not None:
                with suppress(termios.error):  # it may be gone by now
                    termios.tcsetattr(tty, termios.TCSANOW, before)

    def _forget() -> None:
        import termios

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
