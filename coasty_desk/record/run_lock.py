"""Whether the process that writes a run is still there: it holds a lock that no death leaves behind."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from coasty_desk import file_lock, plain_files
from coasty_desk.core.errors import UsageError

LOCK = "lock"

_PATIENCE = 0.1
"""Seconds: `held` takes the lock for an instant, and whoever means to keep it must not be turned away by that."""


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Within the block this process has the run's folder. Raises UsageError where another has it, OSError where there can be no lock."""
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(file_lock.alone(folder / LOCK, _PATIENCE, time.sleep))
        except file_lock.BusyError as error:
            message = f"The run {folder.name} is still going on{_by(folder)}."
            raise UsageError(message, "Wait for its end, or stop it with `coasty-desk stop`.") from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"pid": os.getpid()}).encode("ascii"))
        yield


def held(folder: Path) -> bool:
    """Whether a process writes this run now."""
    return file_lock.is_taken(folder / LOCK)


def _by(folder: Path) -> str:
    try:
        return f", in process {int(json.loads(plain_files.read(folder / LOCK, 100, links=False))['pid'])}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
