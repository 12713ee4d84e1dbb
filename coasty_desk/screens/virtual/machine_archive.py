"""The snapshot of a virtual machine: its home as one archive, made and unpacked by `tar` while the machine is down."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from coasty_desk import plain_files
from coasty_desk.core.errors import DesktopError
from coasty_desk.screens.virtual import keeper
from coasty_desk.screens.virtual.installed_programs import PLACES

LARGEST = 50_000_000_000
"""Bytes of an archive, where nothing else is said."""
LONGEST = 1800.0
"""Seconds that it may take."""

_PIECE = 1 << 20


def snapshot(home: Path, archive: Path, at_most: int = LARGEST) -> int:
    """Write what is in the home to the file, at once and for its owner alone; its size in bytes. Sockets and pipes are left out.

    Links are kept as links, and nothing outside of the home is read; what its programs have closed to themselves is opened
    for it. The machine must be down. Raises DesktopError
    where it is more than `at_most`, or cannot be done; then there is no such file.
    """
    plain_files.folder(archive.parent)
    half = archive.with_name(f".{archive.name}.half")
    with suppress(FileNotFoundError):
        half.unlink()
    command = ["tar", "--create", "--file=-", "--format=gnu", "--sparse", "--one-file-system", "--directory", str(home)]
    try:
        into = plain_files.made(half, os.O_WRONLY | os.O_EXCL)
        try:
            size = _poured(
                [*command, "--null", "--no-recursion", "--verbatim-files-from", "--files-from=-"],
                _names(home),
                into,
                at_most,
            )
        finally:
            os.close(into)
        half.replace(archive)
    except OSError as error:
        with suppress(OSError):
            half.unlink()
        message = f"The snapshot cannot be written: {error.strerror or error}."
        raise DesktopError(message, f"See that {archive.parent} can be written to, and that there is room.") from error
    except BaseException:
        with suppress(OSError):
            half.unlink()
        raise
    return size


def restore(archive: Path, home: Path, at_most: int = LARGEST) -> None:
    """Put what is in the archive in the place of the home, all of it or nothing. The machine must be down.

    Raises DesktopError where it cannot be unpacked, or is more than `at_most` bytes; the home is as it was then.
    """
    plain_files.folder(home.parent)
    for left in home.parent.glob(".restored-*"):  # by one that was killed
        remove(left)
    fresh = Path(tempfile.mkdtemp(prefix=".restored-", dir=home.parent))
    try:
        source = plain_files.opened(archive, links=False)
        try:
            if os.fstat(source).st_size > at_most:
                message = f"The snapshot has more than {at_most // 1_000_000} MB."
                raise DesktopError(message, "Give the machine more storage.")
            _unpack(source, fresh)
        finally:
            os.close(source)
        if home.exists():
            before = Path(tempfile.mkdtemp(prefix=".before-", dir=home.parent))
            home.rename(before / home.name)
            fresh.rename(home)
            remove(before)
        else:
            fresh.rename(home)
    except OSError as error:
        message = f"The snapshot cannot be restored: {error.strerror or error}."
        raise DesktopError(message, f"See that {home.parent} can be written to, and that there is room.") from error
    finally:
        if fresh.exists():
            remove(fresh)


def remove(folder: Path) -> None:
    """Remove a folder of a machine with all that is in it, whatever its programs have made of it. Raises OSError where something stays."""
    with suppress(OSError, RecursionError):
        shutil.rmtree(folder)
    if os.path.lexists(folder):
        keeper.remove_by_force(str(folder))
    if os.path.lexists(folder):
        raise OSError(errno.ENOTEMPTY, "something of it cannot be removed", str(folder))


def _names(home: Path) -> bytes:
    """What is in it, but for what is no file, link or folder; each ended by a zero byte. All of it can be read then."""
    found: list[bytes] = []
    waiting = [b"."]
    root = os.fsencode(home)
    while waiting:
        inner = waiting.pop()
        found.append(inner)
        with os.scandir(os.path.join(root, inner)) as entries:  # noqa: PTH118 - names that are no text
            for entry in entries:
                path = os.path.join(inner, entry.name)  # noqa: PTH118 - as above
                if entry.is_dir(follow_symlinks=False):
                    _open_to_us(entry, 0o500)
                    waiting.append(path)
                elif entry.is_symlink():
                    found.append(path)
                elif entry.is_file(follow_symlinks=False):
                    _open_to_us(entry, 0o400)
                    found.append(path)
    return b"\0".join(found) + b"\0"


def _open_to_us(entry: os.DirEntry[bytes], rights: int) -> None:
    """What the machine's programs have closed, also to themselves, is theirs and ours still."""
    mode = stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)
    if mode & rights != rights:
        os.chmod(entry.path, mode | rights)  # noqa: PTH101 - a name that is no text; and the machine is down: it is no link


def _poured(command: list[str], names: bytes, into: int, at_most: int) -> int:
    """What the command writes, given the names, put into the descriptor. Raises OSError, DesktopError where that is too much or it failed."""
    archiver = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": PLACES, "LC_ALL": "C"},
    )
    assert archiver.stdin is not None  # noqa: S101 - for the type checker
    assert archiver.stdout is not None  # noqa: S101 - the same
    assert archiver.stderr is not None  # noqa: S101 - the same
    late = threading.Timer(LONGEST, archiver.kill)
    late.daemon = True
    late.start()
    complaints: list[bytes] = []
    stdin, stderr = archiver.stdin, archiver.stderr

    def feed() -> None:
        with suppress(OSError), stdin:
            stdin.write(names)

    def listen() -> None:
        complaints.append(stderr.read(65_536))
        while stderr.read(65_536):
            pass

    threads = [threading.Thread(target=work, daemon=True) for work in (feed, listen)]
    for thread in threads:
        thread.start()
    size = 0
    try:
        while piece := archiver.stdout.read(_PIECE):
            size += len(piece)
            _demand_within(size, at_most)
            plain_files.write_all(into, piece)
    except BaseException:
        archiver.kill()
        raise
    finally:
        late.cancel()
        code = archiver.wait()
        for thread in threads:
            thread.join()
        for stream in (archiver.stdout, archiver.stderr):
            stream.close()
    if code > 1:  # 1: a file had changed meanwhile
        raise _failed(complaints, "archived")
    return size


def _demand_within(size: int, at_most: int) -> None:
    if size > at_most:
        message = f"The machine's files take more than {at_most // 1_000_000} MB."
        raise DesktopError(message, "Remove some of them, or give the machine more storage.")


def _unpack(source: int, fresh: Path) -> None:
    command = [
        *(
            "tar",
            "--extract",
            "--file=-",
            "--sparse",
            "--no-same-owner",
            "--no-same-permissions",
            "--delay-directory-restore",
        ),
        *("--no-overwrite-dir", "--directory", str(fresh)),
    ]
    try:
        done = subprocess.run(
            command,
            stdin=source,
            capture_output=True,
            env={"PATH": PLACES, "LC_ALL": "C"},
            timeout=LONGEST,
            umask=0o077,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = "The snapshot took too long to restore."
        raise DesktopError(message, "Try again when less is going on.") from error
    if done.returncode:
        raise _failed([done.stderr], "restored")


def _failed(complaints: list[bytes], what: str) -> DesktopError:
    lines = b"".join(complaints).decode("utf-8", "replace").strip().splitlines()
    message = f"The machine's files cannot be {what}: {lines[0][:200] if lines else 'tar failed'}."
    return DesktopError(message, "See that there is room, and try again.")
