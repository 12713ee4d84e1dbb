"""What a run says, written by a thread of its own: no terminal that was stopped and no reader that sleeps holds the run up."""

from __future__ import annotations

import io
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from coasty_desk.core.stop import Stop

ROOM = 1 << 20
"""Bytes that may wait to be written. Beyond them a terminal loses lines; a pipe or a file loses none: the run waits, but no stop does."""

PIECE = 4096
"""Bytes that are written at a time: a pipe that has room for them takes them whole."""

PATIENCE = 30.0
"""Seconds without a byte taken after which a reader is given up at a normal end."""

LAST_WORDS = 0.3
"""The same after a stop."""


class Outlet(io.TextIOBase):
    """A text stream in front of another; `write` returns at once, or as soon as there is room or `stop` is tripped."""

    def __init__(self, stream: TextIO, stop: Stop, *, vital: bool = True) -> None:
        """`vital`: the run ends where nobody takes what is written any more."""
        super().__init__()
        self._vital = vital
        self._stream = stream
        self._stop = stop
        self._raw: Any = getattr(stream.buffer, "raw", stream.buffer)
        self._drops = stream.isatty()
        self._changed = threading.Condition()
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._moved = 0.0
        self.broken = False
        """Whether what is written goes nowhere any more."""
        self._thread: threading.Thread | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read only, here as there
        """The other's."""
        return self._stream.encoding

    @property
    def errors(self) -> str:  # type: ignore[override]  # as above
        """A letter that the encoding lacks is an escape, and not the end of the run."""
        return "backslashreplace"

    def isatty(self) -> bool:
        """Whether the other is a terminal."""
        return self._drops

    def fileno(self) -> int:
        """The other's."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Have it written. Never raises: where it cannot be, the stop is tripped."""
        data = text.encode(self.encoding, self.errors)
        with self._changed:
            while self._waiting > ROOM and not self.broken and not self._drops and not self._stop.is_set():
                self._changed.wait(0.05)
            if self.broken or (self._drops and self._waiting > ROOM):
                return len(text)
            self._pieces.append(data)
            self._waiting += len(data)
            if self._thread is None:
                self._moved = time.monotonic()
                self._thread = threading.Thread(target=self._work, name="coasty-desk output", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return len(text)

    def drain(self, patience: float, within: float = float("inf")) -> bool:
        """Wait until all is written; False where nothing has moved for `patience` seconds, or it takes longer than `within`."""
        began = time.monotonic()
        with self._changed:
            self._moved = began
            while self._waiting and not self.broken:
                now = time.monotonic()
                if now - self._moved > patience or now - began > within:
                    return False
                self._changed.wait(0.05)
        return True

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._pieces:
                    self._changed.wait()
                left = memoryview(self._pieces.popleft())
            while left:
                try:
                    taken = self._raw.write(left[:PIECE])
                except OSError as error:
                    self._fail(error)
                    return
                if not taken:  # somebody has made it non-blocking
                    select.select([], [self.fileno()], [], 0.1)
                    continue
                left = left[taken:]
                with self._changed:
                    self._waiting -= taken
                    self._moved = time.monotonic()
                    self._changed.notify_all()

    def _fail(self, error: OSError) -> None:
        with self._changed:
            self.broken = True
            self._pieces.clear()
            self._changed.notify_all()
        if not self._vital:
            return
        if isinstance(error, BrokenPipeError):
            self._stop.trip("stop", "nobody reads on what the run says")
        else:
            self._stop.trip("desktop", f"what the run says cannot be written ({error.strerror})")


@contextmanager
def outlets(stop: Stop) -> Iterator[tuple[Outlet, ...]]:
    """Within the block stdout and stderr are outlets; at its end all has been written that somebody reads."""
    before = sys.stdout, sys.stderr
    ours: dict[str, Outlet] = {}
    for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr)):
        with suppress(OSError, AttributeError, ValueError):  # one without a file behind it waits for nobody
            stream.fileno()
            stream.flush()
            ours[name] = Outlet(stream, stop, vital=name == "stdout")
    sys.stdout, sys.stderr = ours.get("stdout", before[0]), ours.get("stderr", before[1])
    try:
        yield tuple(ours.values())
    finally:
        for one in ours.values():
            if stop.is_set():
                one.drain(LAST_WORDS, 2 * LAST_WORDS)
            else:
                one.drain(PATIENCE)
        sys.stdout, sys.stderr = before
