"""The first screenshot, made by a process of its own while this one still loads what a run needs.

Loading keeps one processor busy for longer than it takes another to look at the screen, shrink
it and encode it. What went wrong there is nobody's concern: then the screenshot is taken as
every other is, and who takes it says what is wrong.
"""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from typing import Literal

from msgspec import DecodeError, Struct, msgpack

from coasty_desk.core.scaling import Frame, Size
from coasty_desk.desktop import platform

PATIENCE = 1.0
"""Seconds that the other process is waited for, once it is asked."""


class PrefetchedFrame(Struct, frozen=True):
    """A frame, and when it was taken (seconds of the monotonic clock, which all processes share)."""

    frame: Frame
    taken: float


class FirstLook:
    """A process that looks at the screen once, unmasked. From a process that has no second thread yet."""

    def __init__(self, monitor: Literal["primary"] | int, max_size: Size) -> None:
        if not hasattr(os, "fork"):
            raise OSError
        self._pipe, theirs = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:
            os.close(self._pipe)
            os.close(theirs)
            raise
        if self._pid == 0:
            os.close(self._pipe)  # else it would wait for itself to read, were this process killed
            _look(theirs, monitor, max_size)
        os.close(theirs)

    @classmethod
    def begin(cls, monitor: Literal["primary"] | int, max_size: Size) -> FirstLook | None:
        """Begin to look; None where there are no such processes, or none to be had now."""
        if not platform.FORKS or not os.environ.get("DISPLAY"):
            return None
        try:
            return cls(monitor, max_size)
        except OSError:  # no more processes
            return None

    def seen(self) -> PrefetchedFrame | None:
        """What it saw; None where it saw nothing, or is not done in time. Once, and the process is gone."""
        try:
            with open(self._pipe, "rb", buffering=0, closefd=False) as pipe:
                said = b""
                until = time.monotonic() + PATIENCE
                while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
                    piece = pipe.read(1 << 20)
                    if not piece:
                        return _read(said)
                    said += piece
            return None
        finally:
            self.close()

    def close(self) -> None:
        """End the process, whatever it is at."""
        if self._pid and hasattr(signal, "SIGKILL"):
            os.close(self._pipe)
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0


def _look(pipe: int, monitor: Literal["primary"] | int, max_size: Size) -> None:
    """All that the other process does; it never returns."""
    try:
        # in the other process: this one has its own to load meanwhile
        from coasty_desk.desktop.imaging.picture import framed, grabbed
        from coasty_desk.desktop.screen.monitors import layout_of

        opened = platform.mss()
        shows = layout_of(opened).choose(monitor)
        taken = time.monotonic()
        frame = framed(grabbed(opened, shows), max_size)
        with open(pipe, "wb") as theirs:
            theirs.write(msgpack.encode(PrefetchedFrame(frame, taken)))
    finally:
        os._exit(0)


def _read(said: bytes) -> PrefetchedFrame | None:
    try:
        return msgpack.decode(said, type=PrefetchedFrame)
    except DecodeError:  # it ended before it was done
        return None
