"""The signals of a run: those that stop it, also while the main thread is inside a C call, and those that suspend it.

Python runs a signal's handler in the main thread, and only once that is back in the
interpreter. So the handlers here do nothing; what counts is the byte that the interpreter's
C-level handler writes to a wakeup socket at once, which a thread of ours reads.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from coasty_desk.core.job_control import JobControl
from coasty_desk.core.stop import Stop

INSISTED = 0.5
"""A second signal this many seconds after the first means *now*; one that comes sooner is the first one's echo."""

CLOSING = 1.0
"""Seconds that a forced end waits at most for the service to be told."""

SAYING = 0.2
"""Seconds that its last words may take: nobody may be reading."""

STOPPING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
SUSPENDING = ("SIGTSTP", "SIGTTIN", "SIGCONT")
IGNORED = ("SIGTTOU",)
"""A background process that writes to its terminal goes on: stopped there, it could let go of nothing."""


class Signals:
    """Armed between `arm` and `disarm`, from the main thread. `control` gives everything back before a suspension and a forced end.

    Those that stop trip `stop`, or call `instead`, in a thread of its own.
    """

    def __init__(self, stop: Stop, control: JobControl, instead: Callable[[], object] | None = None) -> None:
        self._stop = stop
        self._instead = instead
        self._control = control
        self._before: dict[int, object] = {}
        self._stopping: set[int] = set()
        self._fd_before = -1
        self._first: float | None = None
        self._ours, self._theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._read, name="coasty-desk signals", daemon=True)

    def arm(self) -> str:
        """Take the signals over; the reason why not, or nothing."""
        if threading.current_thread() is not threading.main_thread():
            return "signals reach the main thread alone, and this is another one"
        for name in (*STOPPING, *SUSPENDING):
            number = getattr(signal, name, None)
            if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                continue  # a run under nohup outlives its terminal on purpose
            self._before[number] = signal.signal(number, _nothing)
            if name in STOPPING:
                self._stopping.add(number)
        for name in IGNORED:
            number = getattr(signal, name, None)
            if number is not None:
                self._before[number] = signal.signal(number, signal.SIG_IGN)
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
            if self._fd_before >= 0:
                with suppress(OSError):  # an event loop's own handlers go on to hear of what it has asked for
                    os.write(self._fd_before, numbers)
            for number in sorted(numbers, key=lambda number: number not in self._stopping):  # a stop goes before all
                if number in self._before:
                    self._signalled(number, time.monotonic())

    def _signalled(self, number: int, now: float) -> None:
        if number not in self._stopping:
            self._suspended(number)
        elif self._instead is not None:
            self._instead()
        elif self._first is None:
            self._first = now
            self._stop.trip("interrupt")
        elif now - self._first >= INSISTED:
            leave_now(self._stop, self._control)

    def _suspended(self, number: int) -> None:
        """Stop this process once everything is given back, or go on; a run that is told to stop is not suspended any more."""
        if self._stop.is_set():
            return
        if number == getattr(signal, "SIGCONT", None):
            self._control.take_again()
            return
        self._control.give_back()
        if not self._stop.is_set() and hasattr(signal, "SIGSTOP"):
            os.kill(os.getpid(), signal.SIGSTOP)  # SIGCONT is told of by a byte of its own


def leave_now(stop: Stop, control: JobControl, code: int = 130, why: str = "") -> None:
    """Give everything back and end the process with `code`, whatever the main thread is stuck in; say what could not be done.

    Each thing that must not be left undone is tried once more, and none waits for another.
    """
    control.give_back()
    until = time.monotonic() + CLOSING
    undone = control.last_try(CLOSING)
    stop.await_awaited(until - time.monotonic())
    said = " ".join(filter(None, (why, f"Not done: {'; '.join(undone)}." if undone else "")))
    if said:
        speaker = threading.Thread(target=_say, args=(said,), daemon=True)
        speaker.start()
        speaker.join(SAYING)
    os._exit(code)


def _say(said: str) -> None:
    with suppress(OSError, ValueError):  # whoever read it has gone
        os.write(2, f"coasty-desk: {said}\n".encode())


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Having a handler is what makes the interpreter write to the wakeup socket."""
