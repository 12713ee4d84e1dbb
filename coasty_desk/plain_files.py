"""Files whose place others may have prepared: read only where they are plain and end, made for their owner alone.

A clone, an archive or a shared folder may hold a link to somewhere else, a pipe that blocks whoever
opens it, or a device that never ends. On the ground floor, for every room that reads or writes files.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)

_PIECE = 1 << 20


class NotPlainError(OSError):
    """What is there is no plain file of a size to be read; `strerror` says what it is, as the end of a sentence."""

    def __init__(self, why: str, path: Path) -> None:
        super().__init__(errno.EINVAL, why, str(path))


def why(error: OSError | ValueError) -> str:
    """Why a file cannot be read as text or at all, as the end of a sentence."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return "there is no such file"
        case PermissionError():
            return "you have no right to read it"
        case UnicodeDecodeError():
            return "it is no text in UTF-8"
        case OSError():
            return error.strerror or str(error)
        case _:
            return str(error)


def read(path: Path, at_most: int, *, pipes: bool = False, links: bool = True) -> bytes:
    """The whole of a plain file of at most so many bytes. Raises OSError, NotPlainError for what is none.

    `pipes`: a pipe that this process was given may be read as well (`<(...)` of a shell, `/dev/stdin`).
    Without `links` the last part of the path may be no symbolic link. Nothing that blocks is opened.
    """
    descriptor = opened(path, pipes=pipes, links=links)
    try:
        pieces, left = [], at_most + 1
        while left > 0 and (piece := os.read(descriptor, min(left, _PIECE))):
            pieces.append(piece)
            left -= len(piece)
    finally:
        os.close(descriptor)
    if left <= 0:
        why = f"it has more than {_size(at_most)}"
        raise NotPlainError(why, path)
    return b"".join(pieces)


def opened(path: Path, flags: int = os.O_RDONLY, *, pipes: bool = False, links: bool = True) -> int:
    """A descriptor by these flags of a plain file that is there. Raises as `read` does."""
    _demand_plain(
        path, path.stat() if links else path.lstat(), pipes=pipes
    )  # to open a device may already do something
    descriptor = os.open(path, flags | _NO_WAITING | _BINARY | (0 if links else _NO_LINK))
    try:
        _demand_plain(path, os.fstat(descriptor), pipes=pipes)
        if _NO_WAITING and hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)  # a pipe's writer may be slow
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def made(path: Path, flags: int) -> int:
    """A descriptor by these flags of a plain file for its owner alone, made where there is none, whatever the umask.

    It is the file of that name and no link to another one. Raises OSError, NotPlainError.
    """
    with suppress(FileNotFoundError):
        _demand_plain(path, path.lstat(), sole=True)
    descriptor = os.open(path, flags | os.O_CREAT | _NO_LINK | _NO_WAITING | _BINARY, 0o600)
    try:
        found = os.fstat(descriptor)
        _demand_plain(path, found, sole=True)
        if stat.S_IMODE(found.st_mode) != 0o600 and hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def write(path: Path, content: bytes) -> None:
    """Put `content` in the file's place at once, for its owner alone: a process that dies leaves either the old or the new."""
    half = path.with_name(f".{path.name}.half")
    try:
        with suppress(FileNotFoundError):
            half.unlink()  # what a process that died has left, or somebody's link
        descriptor = made(half, os.O_WRONLY | os.O_EXCL)
        try:
            write_all(descriptor, content)
        finally:
            os.close(descriptor)
        half.replace(path)
    except OSError:
        with suppress(OSError):
            half.unlink()
        raise


def append(descriptor: int, lines: bytes) -> None:
    """Add whole lines to a file, all or none; one that a process or a power cut left torn there is ended first. Raises OSError.

    No other process may write it meanwhile; the descriptor is for reading too.
    """
    size = os.fstat(descriptor).st_size
    if size:
        os.lseek(descriptor, size - 1, os.SEEK_SET)
        lines = b"\n" * (os.read(descriptor, 1) != b"\n") + lines
    try:
        write_all(descriptor, lines)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def write_out(path: Path, content: bytes) -> None:
    """Write where a person asked for it, be that a link or a device; a new file is its owner's alone. Raises OSError."""
    try:
        descriptor = made(path, os.O_WRONLY | os.O_EXCL)
    except OSError:  # there is something of that name
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | _BINARY)
    try:
        write_all(descriptor, content)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte: the system may take only some at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def folder(path: Path, *, new: bool = False) -> Path:
    """Make the folder and those above it that are missing, for their owner alone whatever the umask.

    `new`: raise FileExistsError where it is there already.
    """
    missing = [path, *(above for above in path.parents if not above.exists())]
    for each in reversed(missing):
        try:
            each.mkdir(mode=0o700)
        except FileExistsError:
            if (new and each == path) or not each.is_dir():
                raise
        except OSError as error:
            error.filename = str(path)  # what was wanted says more than what is missing of it
            raise
        else:
            each.chmod(0o700)
    return path


def real_folder(path: Path) -> Path:
    """Make the folder where there is none, for its owner alone. Raises NotPlainError where a link leads elsewhere, OSError."""
    if path.is_symlink():
        why = "it is a link to somewhere else"
        raise NotPlainError(why, path)
    folder(path)
    if stat.S_IMODE(path.stat().st_mode) != 0o700:
        path.chmod(0o700)
    return path


def _demand_plain(path: Path, found: os.stat_result, *, pipes: bool = False, sole: bool = False) -> None:
    if stat.S_ISREG(found.st_mode) and sole and found.st_nlink > 1:
        why = "it is a file that has another name as well"
        raise NotPlainError(why, path)
    if stat.S_ISREG(found.st_mode) or (pipes and stat.S_ISFIFO(found.st_mode) and _is_ours(path)):
        return
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFLNK: "a link to somewhere else",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    why = f"it is {kinds.get(stat.S_IFMT(found.st_mode), 'a device')}, and no plain file"
    raise NotPlainError(why, path)


def _is_ours(path: Path) -> bool:
    """Whether the path is one of this process's own descriptors, as a shell gives for `<(...)`."""
    return str(path).startswith(("/dev/fd/", "/proc/self/fd/")) or str(path) == "/dev/stdin"


def _size(size: int) -> str:
    return f"{size // 1_000_000} MB" if size >= 1_000_000 else f"{size // 1000} kB"
