"""Ctrl-C, SIGTERM and SIGHUP as a stop: also while the main thread is inside a C call, and without a lock in a handler.

Python runs a signal's handler in the main thread, and only once that is back in the
interpreter. So the handlers here do nothing; what counts is the byte that the interpreter's
C-level handler writes to a wakeup socket at once, which a thread of ours reads.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from coasty_desk.core.stop import Stop

INSISTED = 0.5
"""A second signal this many seconds after the first means *now*; one that comes sooner is the first one's echo."""

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Signals:
    """Armed between `arm` and `disarm`, from the main thread. `last_words` is done before a forced exit."""

    def __init__(self, stop: Stop, last_words: Callable[[], None]) -> None:
        self._stop = stop
        self._last_words = last_words
        self._before: dict[int, object] = {}
        self._fd_before = -1
        self._first: float | None = None
        self._ours, self._theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._read, name="coasty-desk signals", daemon=True)

    def arm(self) -> str:
        """Take the signals over; the reason why not, or nothing."""
        if threading.current_thread() is not threading.main_thread():
            return "signals reach the main thread alone, and this is another one"
        for name in NAMES:
            number = getattr(signal, name, None)
            if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                continue  # a run under nohup outlives its terminal on purpose
            self._before[number] = signal.signal(number, _nothing)
        self._theirs.settimeout(0)  # the interpreter demands a socket that never blocks
        self._fd_before = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        self._thread.start()
        return ""

    def disarm(self) -> None:
        """Give the signals back to whoever had them."""
        if self._before:
            signal.set_wakeup_fd(self._fd_before)
            for number, handler in self._before.items():
                signal.signal(number, handler)  # type: ignore[arg-type]  # what getsignal gave, signal takes
            self._before = {}
        with suppress(OSError):
            self._theirs.shutdown(socket.SHUT_RDWR)
        if self._thread.ident is not None:
            self._thread.join(1.0)
        self._ours.close()
        self._theirs.close()

    def _read(self) -> None:
        while True:
            try:
                numbers = self._ours.recv(64)
            except OSError:
                return
            if not numbers:
                return
            for number in numbers:
                if number in self._before:
                    self._signalled(time.monotonic())

    def _signalled(self, now: float) -> None:
        if self._first is None:
            self._first = now
            self._stop.trip("interrupt")
        elif now - self._first >= INSISTED:
            leave_now(self._last_words)


def leave_now(last_words: Callable[[], None]) -> None:
    """Release what is held and end the process with 130, whatever the main thread is stuck in."""
    # Released in a thread of its own, for a moment only: what the main thread is stuck in may hold a lock that it needs.
    releasing = threading.Thread(target=last_words, daemon=True)
    releasing.start()
    releasing.join(1.0)
    if sys.stderr is not None and sys.stderr.isatty():
        os.write(2, b"\x1b[?25h\r\n")  # a live view hides the cursor
        _echo_again()
    os._exit(130)


def _echo_again() -> None:
    """The run had hushed the terminal, and what was typed into it meanwhile is nothing for the shell."""
    if sys.platform == "win32":
        return
    import termios

    with suppress(OSError, termios.error):
        if os.tcgetpgrp(2) == os.getpgrp():  # from the background it would stop us
            attributes = termios.tcgetattr(2)
            attributes[3] |= termios.ECHO
            termios.tcsetattr(2, termios.TCSAFLUSH, attributes)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Having a handler is what makes the interpreter write to the wakeup socket."""
