"""How `coasty-desk stop` reaches a run of the same user on the same machine: at once, also where the X server answers nobody.

The run listens (stop_listener.py) on an abstract Unix socket that is named after its display; the
system takes it away with the process. A caller says one word and reads who stops; the connection
ends when the run does. A person waits for what is in this file: it imports next to nothing.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time

ASK = b"stop\n"

_CREDENTIALS = struct.Struct("3i")
"""SO_PEERCRED: process, user, group."""


def address(display: str) -> bytes | None:
    """The socket's name for what DISPLAY says; None where that is no display of this machine.

    The display's own socket is part of it: a container may have a display of the same number.
    """
    host, _, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if host not in ("", "unix") or not number.isdecimal() or not hasattr(socket, "SO_PEERCRED"):
        return None
    try:
        own = os.stat(f"/tmp/.X11-unix/X{number}")  # noqa: S108, PTH116 - where X11 has it; pathlib takes its time
        which = f"{own.st_dev:x}-{own.st_ino:x}"
    except OSError:
        which = "-"
    return f"\0coasty-desk-{os.getuid()}-{number}-{which}".encode("ascii")


def virtual_address() -> bytes | None:
    """The name of this process's socket where its run is on a virtual machine of its own, which no display of a person's names."""
    return f"\0{_virtual()}{os.getpid()}".encode("ascii") if hasattr(socket, "SO_PEERCRED") else None


def _virtual() -> str:
    return f"coasty-desk-{os.getuid()}-virtual-"


class StopCall:
    """A run that has been asked to stop. `pid` is its process."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.pid = peer(connection)[0]
        self.said = b""
        """What it says of itself, once it has answered."""

    @classmethod
    def begin(cls, display: str) -> StopCall | None:
        """Ask; None where nobody listens, or somebody who is not this user. Never raises."""
        name = address(display)
        return None if name is None else cls._at(name)

    @classmethod
    def begin_virtual(cls) -> list[StopCall]:
        """Ask those that are on virtual machines of their own. Never raises."""
        try:
            with open("/proc/net/unix", "rb") as listing:  # noqa: PTH123 - pathlib takes its time
                names = {line.rpartition(b" ")[2].strip() for line in listing}
        except OSError:
            return []
        ours = b"@" + _virtual().encode("ascii")
        calls = (cls._at(b"\0" + name[1:]) for name in sorted(names) if name.startswith(ours))
        return [call for call in calls if call is not None]

    @classmethod
    def _at(cls, name: bytes) -> StopCall | None:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(0.5)
            connection.connect(name)
            if peer(connection)[1] == os.getuid():
                connection.sendall(ASK)
                return cls(connection)
        except OSError:
            pass
        connection.close()
        return None

    def ended(self, seconds: float) -> bool:
        """Whether the run ends within so many seconds; a process that is stopped is told to go on. Never raises."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            wake(self.pid)
            try:
                if not select.select([self._connection], [], [], 0.1)[0]:
                    continue
                piece = self._connection.recv(65_536)
            except OSError:
                piece = b""
            if not piece:
                return True
            self.said += piece
        return False

    def gone(self, seconds: float) -> bool:
        """Whether the process ends, with all its threads, within so many seconds. Never raises."""
        try:
            process = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        except OSError:  # an old kernel
            return False
        try:
            return bool(select.select([process], [], [], seconds)[0])
        finally:
            os.close(process)


def wake(pid: int) -> None:
    """Let a process that is stopped (Ctrl-Z, SIGSTOP) go on: it can hear nothing before. Never raises."""
    if pid <= 1 or _state(pid) not in "Tt":  # 0 and what is below it would be whole groups of processes
        return
    import signal

    try:
        os.kill(pid, signal.SIGCONT)
    except OSError:
        pass


def _state(pid: int) -> str:
    """The letter of proc_pid_stat(5); X where it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123 - pathlib takes its time
            return stat.read().rpartition(b")")[2].split()[0].decode("ascii")
    except (OSError, IndexError):
        return "X"


def peer(connection: socket.socket) -> tuple[int, int]:
    """The process and the user at the other end. Raises OSError."""
    pid, uid, _ = _CREDENTIALS.unpack(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)  # Linux alone comes here
    )
    return pid, uid
