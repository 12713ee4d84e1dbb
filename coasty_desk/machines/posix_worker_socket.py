"""The socket by which a machine's worker is reached: this user's alone, and found again by the machine's folder."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from coasty_desk import plain_files

ADDRESS = "worker.address"
"""The file in the machine's folder that says where its worker listens."""

_LONGEST = 100
"""Bytes of a socket's path; the system takes 107 on Linux, 103 on macOS."""

_YOUNG = 60.0
"""Seconds: one that is younger may be about to be listened at."""

_CREDENTIALS = struct.Struct("3i")


def listener(folder: Path) -> socket.socket:
    """Listen for whoever asks the worker of the machine in that folder. Raises OSError.

    Only the holder of the machine's worker lock may do so: what lies there is taken away.
    """
    path = _place(folder)
    with suppress(FileNotFoundError):
        path.unlink()
    listening = socket.socket(socket.AF_UNIX)
    try:
        before = os.umask(0o177)  # before any thread is started
        try:
            listening.bind(str(path))
        finally:
            os.umask(before)
        listening.listen(128)
        plain_files.write(folder / ADDRESS, os.fsencode(path))
    except OSError:
        listening.close()
        raise
    return listening


def remove(folder: Path) -> None:
    """Take the socket away, and the word of it. Never raises."""
    with suppress(OSError):
        Path(os.fsdecode(plain_files.read(folder / ADDRESS, 4096, links=False))).unlink()
    with suppress(OSError):
        (folder / ADDRESS).unlink()


def sweep() -> None:
    """Take away the sockets of workers that were killed, where their machines are no more. Never raises."""
    if not hasattr(socket, "AF_UNIX"):
        return
    with suppress(OSError):
        for path in _shared().glob("*.sock"):
            if time.time() - path.lstat().st_mtime > _YOUNG and not _is_heard(path):
                path.unlink()


def _is_heard(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True


def connect(folder: Path) -> socket.socket:
    """A connection to the worker of the machine in that folder. Raises OSError where there is none of this user's."""
    path = os.fsdecode(plain_files.read(folder / ADDRESS, 4096, links=False))
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
        demand_own(connection)
    except OSError:
        connection.close()
        raise
    return connection


def process_at(connection: socket.socket) -> int:
    """The process at the other end; 0 where the system does not tell."""
    if not hasattr(socket, "SO_PEERCRED"):
        return 0
    pid, _, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return int(pid)


def end_by_force(process: int) -> None:
    """End the process, which does not hear. Never raises."""
    with suppress(OSError):
        os.kill(process, signal.SIGKILL)


def hangs_up(connection: socket.socket, seconds: float) -> bool:
    """Whether the other end closes the connection within so many seconds: it has nothing more to say."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(1000 * seconds))


def demand_own(connection: socket.socket) -> None:
    """Raise PermissionError where another user is at the other end, as far as the system tells; the folder keeps them out as well."""
    if hasattr(socket, "SO_PEERCRED"):
        _, user, _ = _CREDENTIALS.unpack(
            connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        )
        if user != os.getuid():
            message = "another user is at the other end"
            raise PermissionError(message)


def _place(folder: Path) -> Path:
    path = folder / "worker.sock"
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    return _shared() / f"{sha256(os.fsencode(folder)).hexdigest()[:32]}.sock"


def _shared() -> Path:
    """This user's folder for sockets whose machines' folders have names too long for them."""
    home = os.environ.get("XDG_RUNTIME_DIR", "") or tempfile.gettempdir()
    shared = plain_files.real_folder(Path(home) / f"coasty-desk-{os.getuid()}")
    if shared.stat().st_uid != os.getuid():
        message = "the folder for sockets is another user's"
        raise PermissionError(message)
    return shared
