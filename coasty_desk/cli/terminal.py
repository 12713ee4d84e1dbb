"""The person's terminal, which the agent may type into: nothing of that is shown, counts as an answer, or is left for the shell."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def hushed() -> Iterator[None]:
    """Within the block the terminal echoes nothing; what was typed into it meanwhile is forgotten at the end."""
    with _set(echo=False):
        yield


@contextmanager
def answering() -> Iterator[None]:
    """Within the block the terminal echoes: a person answers. `forget` first, before the question can be seen."""
    with _set(echo=True):
        yield


def forget() -> None:
    """What was typed into the terminal until now is no answer."""
    _forget()


if sys.platform == "win32":

    def _forget() -> None:
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()

    @contextmanager
    def _set(*, echo: bool) -> Iterator[None]:
        del echo
        try:
            yield
        finally:
            _forget()

else:

    def _forget() -> None:
        import termios

        tty = _ours()
        if tty is not None:
            with suppress(termios.error):
                termios.tcflush(tty, termios.TCIFLUSH)
            os.close(tty)

    @contextmanager
    def _set(*, echo: bool) -> Iterator[None]:
        import termios

        tty = _ours()
        if tty is None:
            yield
            return
        try:
            before = termios.tcgetattr(tty)
            now = [*before]
            now[3] = before[3] | termios.ECHO if echo else before[3] & ~termios.ECHO
            termios.tcsetattr(tty, termios.TCSANOW, now)
            try:
                yield
            finally:
                with suppress(termios.error):  # it may be gone by now
                    termios.tcsetattr(tty, termios.TCSAFLUSH, before)
        finally:
            os.close(tty)

    def _ours() -> int | None:
        """The controlling terminal, where we are in its foreground: from the background, setting it would stop us."""
        try:
            tty = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        except OSError:
            return None
        try:
            if os.tcgetpgrp(tty) == os.getpgrp():
                return tty
        except OSError:
            pass
        os.close(tty)
        return None
