"""The disk that a record is on: what its errors mean to the person, and what outlives a power cut."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coasty_desk.core.errors import DesktopError
from coasty_desk.file_lock import BusyError
from coasty_desk.plain_files import NotPlainError


@contextmanager
def disk_errors() -> Iterator[None]:
    """Within the block an OSError is a DesktopError that says what is wrong with the disk."""
    try:
        yield
    except OSError as error:
        raise as_error(error) from error


def as_error(error: OSError) -> DesktopError:
    """What an error of the disk means to the person."""
    if isinstance(error, NotPlainError):
        message = f"The run cannot be recorded in {error.filename}: {error.strerror}."
        return DesktopError(message, "Somebody else has put that there: take it away, or start a new run.")
    if isinstance(error, BusyError):
        message = f"It cannot be written down what this costs: another process keeps {error.filename} locked."
        return DesktopError(message, "It may be a suspended run: end it, with `coasty-desk stop` or `kill`.")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = "Free some space, or choose --no-record to keep nothing on the disk."
        return DesktopError("The disk is full, so the run cannot be recorded.", remedy)
    where = error.filename if isinstance(error.filename, str) else "the folder of the runs"
    remedy = "Give write permission to your user data folder, or choose --no-record to keep nothing on the disk."
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return DesktopError(f"The run cannot be recorded: {where} cannot be written to.", remedy)
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EEXIST):
        remedy = "Set HOME, or XDG_DATA_HOME, to a folder of yours, or choose --no-record to keep nothing on the disk."
        return DesktopError(f"The run cannot be recorded: there is no folder where {where} could be.", remedy)
    return DesktopError(f"The run cannot be recorded: {error.strerror or error}.", remedy)


def sync_meanwhile(path: Path) -> None:
    """Have the file and its name outlive a power cut too, in a thread of its own: large files take tens of milliseconds."""
    threading.Thread(target=_sync, args=(path,), name="coasty-desk sync", daemon=True).start()


def _sync(path: Path) -> None:
    for each in (path, path.parent):
        with suppress(OSError):  # the answer may have come, and the file be gone; a system may not open folders
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
