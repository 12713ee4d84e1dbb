"""Where the X server does not answer (another client has grabbed it, or it hangs): a stop does not wait for it.

Every connection of this process is shut down. Whatever waits for an answer gets an error at once,
and what is queued for the server is thrown away by it unread: no click that was sent before the
stop comes through after it. A process of its own stays behind and lets go, as soon as the
server answers again, of what it had been told was down.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from coasty_desk.desktop.base.app_starter import started
from coasty_desk.desktop.x11 import connection as x11

STAYS = 60
"""Seconds that the process which stays behind waits for the server at most."""

_PEER = re.compile(rb"\0?/tmp/\.X11-unix/X\d+")
_PORTS = range(6000, 6064)


def cut_off() -> None:
    """Shut every connection of this process to an X server down. Linux only. Never raises.

    Not where libX11 takes the screenshots (of some servers): it ends the process when its connection breaks.
    """
    if x11.looks_by_libx11():
        return
    x11.give_up_display()
    for connection in _connections():
        with suppress(OSError), connection:
            connection.shutdown(socket.SHUT_RDWR)


_NEEDED = ("DISPLAY", "XAUTHORITY", "HOME", "PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")
"""What it needs of the environment: no key is among it."""


def leave_behind(names: Iterable[str]) -> None:
    """Start the process that lets go later of what `pressed.Pressed` calls by these names, and of borrowed keycodes. Never raises."""
    with suppress(OSError):
        command = [sys.executable, "-P", "-m", "coasty_desk.desktop.x11.let_go", *names]
        started(command, {name: os.environ[name] for name in _NEEDED if name in os.environ})


def _connections() -> Iterator[socket.socket]:
    """A duplicate of each of them."""
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # it has been closed meanwhile
            if not entry.is_socket():
                continue
            connection = socket.socket(fileno=os.dup(int(entry.name)))
            if _is_x11(connection):
                yield connection
            else:
                connection.close()


def _is_x11(connection: socket.socket) -> bool:
    try:
        peer = connection.getpeername()
    except OSError:
        return False
    if connection.family == socket.AF_UNIX:
        return _PEER.fullmatch(os.fsencode(peer) if isinstance(peer, str) else peer) is not None
    return connection.family in (socket.AF_INET, socket.AF_INET6) and peer[1] in _PORTS
