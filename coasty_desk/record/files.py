"""Files that are for their owner alone, written so that a cut leaves either the old or the new."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coasty_desk.core.errors import DesktopError


@contextmanager
def said() -> Iterator[None]:
    """Within the block an OSError is a DesktopError that says what is wrong with the disk."""
    try:
        yield
    except OSError as error:
        raise as_error(error) from error


def as_error(error: OSError) -> DesktopError:
    """What an error of the disk means to the person."""
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


def folder(path: Path, *, new: bool = False) -> Path:
    """Make the folder (and those above it), for its owner alone; `new`: raise FileExistsError where it is there already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=not new)
    return path


def write(path: Path, content: bytes) -> None:
    """Put `content` in the file's place at once: a process that dies leaves either the old or the new."""
    half = path.with_name(f".{path.name}.half")
    try:
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            write_all(descriptor, content)
        finally:
            os.close(descriptor)
        half.replace(path)
    except OSError:
        with suppress(OSError):
            half.unlink()
        raise


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte: the system may take only some at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


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
