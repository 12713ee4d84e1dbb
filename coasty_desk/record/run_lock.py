"""Whether the process that writes a run is still there: it holds a lock that no death leaves behind."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from coasty_desk import file_lock, plain_files
from coasty_desk.core.errors import UsageError

LOCK = "lock"

_TRIES, _PAUSE = 5, 0.02
"""`held` takes the lock for an instant, and whoever means to keep it must not be turned away by that."""


class Hold:
    """The lock on a run's folder, held until `release` or the process's end."""

    def __init__(self, folder: Path) -> None:
        """Take it. Raises UsageError where another process has it, OSError where there can be none."""
        self._descriptor = plain_files.made(folder / LOCK, os.O_RDWR)
        try:
            ours = _lock_soon(self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise
        if not ours:
            owner = os.pread(self._descriptor, 100, 0) if hasattr(os, "pread") else b""
            os.close(self._descriptor)
            message = f"The run {folder.name} is still going on{_by(owner)}."
            raise UsageError(message, "Wait for its end, or stop it with `coasty-desk stop`.")
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, json.dumps({"pid": os.getpid()}).encode("ascii"))

    def release(self) -> None:
        """Let go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


def held(folder: Path) -> bool:
    """Whether a process writes this run now."""
    try:
        descriptor = plain_files.opened(folder / LOCK, os.O_RDWR, links=False)
    except OSError:
        return False
    try:
        return not file_lock.take(descriptor)
    finally:
        os.close(descriptor)


def _lock_soon(descriptor: int) -> bool:
    for _ in range(_TRIES):
        if file_lock.take(descriptor):
            return True
        time.sleep(_PAUSE)
    return False


def _by(owner: bytes) -> str:
    try:
        return f", in process {int(json.loads(owner)['pid'])}"
    except (ValueError, KeyError, TypeError):
        return ""
