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
from contextlib import closing, suppress
from typing import Literal

from msgspec import DecodeError, Struct, msgpack

from coasty_desk.core.scaling import Frame, ImageFit, Size
from coasty_desk.desktop import platform

PATIENCE = 1.0
"""Seconds that the other process is waited for, once it is asked."""


class PrefetchedFrame(Struct, frozen=True):
    """A frame, and when it was taken (seconds of the monotonic clock, which all processes share)."""

    frame: Frame
    taken: float


class FirstLook:
    """A process, `pid`, that looks at the screen once, unmasked, and writes to `pipe`."""

    def __init__(self, pid: int, pipe: int) -> None:
        self._pid = pid
        self._pipe = pipe

    @classmethod
    def begin(cls, monitor: Literal["primary"] | int, max_size: Size | ImageFit) -> FirstLook | None:
        """Begin to look, from a process that has no second thread yet; None where there are no such processes, or none to be had now."""
        if not hasattr(os, "fork") or not platform.FORKS or not os.environ.get("DISPLAY"):
            return None
        pipe: tuple[int, ...] = ()
        try:
            pipe = ours, theirs = os.pipe()
            pid = os.fork()
        except OSError:  # no more processes
            for end in pipe:
                os.close(end)
            return None
        if pid == 0:
            os.close(ours)  # else it would wait for itself to read, were this process killed
            _look(theirs, monitor, max_size)
        os.close(theirs)
        return cls(pid, ours)

    def seen(self) -> PrefetchedFrame | None:
        """What it saw; None where it saw nothing, or is not done in time. Once, and the process is gone."""
        said, until = bytearray(), time.monotonic() + PATIENCE
        with closing(self), suppress(DecodeError):  # where it has ended before it was done
            while select.select([self._pipe], [], [], max(0.0, until - time.monotonic()))[0]:
                piece = os.read(self._pipe, 1 << 20)
                if not piece:
                    return msgpack.decode(said, type=PrefetchedFrame)
                said += piece
        return None

    def close(self) -> None:
        """End the process, whatever it is at."""
        if self._pid and hasattr(signal, "SIGKILL"):
            os.close(self._pipe)
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            self._pid = 0


def _look(pipe: int, monitor: Literal["primary"] | int, max_size: Size | ImageFit) -> None:
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
