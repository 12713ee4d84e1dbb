"""A lock on a file that the system takes back from a process that dies, however it dies. On the ground floor, for every room."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from coasty_desk import plain_files

PAUSE = 0.01
"""Seconds between two tries."""

_TAKEN = (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK)


class BusyError(OSError):
    """Another process has the lock, and kept it longer than anybody waits."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EAGAIN, "another process has it locked", str(path))


def take(descriptor: int) -> bool:
    """Lock the file until its descriptor is closed; whether that could be had. Raises OSError where there can be no lock."""
    try:
        try:
            fcntl = import_module("fcntl")
        except ImportError:  # Windows
            msvcrt = import_module("msvcrt")
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


def is_taken(path: Path) -> bool:
    """Whether a process has the lock of that file now; where there is no such file, none has."""
    try:
        descriptor = plain_files.opened(path, os.O_RDWR, links=False)
    except OSError:
        return False
    try:
        return not take(descriptor)
    finally:
        os.close(descriptor)


def is_at(descriptor: int, path: Path) -> bool:
    """Whether the file is the one of that name still: who locks one that was deleted keeps nobody out."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


@contextmanager
def alone(path: Path, seconds: float, pause: Callable[[float], None]) -> Iterator[int]:
    """Within the block no other process is in one for this path; gives the file's descriptor. Raises BusyError after so many seconds, OSError.

    `pause` waits; what it raises ends the waiting.
    """
    left = seconds
    while True:
        descriptor = plain_files.made(path, os.O_RDWR)
        try:
            if take(descriptor) and is_at(descriptor, path):
                yield descriptor
                return
        finally:
            os.close(descriptor)
        if left <= 0:
            raise BusyError(path)
        pause(PAUSE)
        left -= PAUSE
