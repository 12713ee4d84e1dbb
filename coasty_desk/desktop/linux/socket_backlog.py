"""Whether an application that answers no pings has read its input: the kernel knows what it has left unread.

The X server says which process a window belongs to, the kernel how many bytes wait in that
process's connection to the server, and whether it is at work or asleep. Linux, and a server
on the same machine; elsewhere nothing can be told. Sources: sock_diag(7), X-Resource 1.2.
"""

from __future__ import annotations

import socket
import struct
import time
from contextlib import suppress

from coasty_desk.core.stop import Stop
from coasty_desk.desktop.linux import netlink, proc
from coasty_desk.desktop.x11 import client_processes
from coasty_desk.desktop.x11.xlib import Display

_ESTABLISHED = 1 << 1
_NAME, _PEER, _QUEUE = 0, 2, 4
_SHOW = 1 << 0 | 1 << 2 | 1 << 4
_SERVER = b"/tmp/.X11-unix/X"
_LOOK = 0.006
_ASLEEP = 3
"""Looks in a row at which a process that has read everything must be asleep."""
_AT_WORK = 0.12
"""Seconds after which one that has read everything but never sleeps is taken to have handled it."""


class Unread:
    """Looks at the application that has the focus on one display."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def settled(self, stop: Stop | None, seconds: float) -> bool | None:
        """Whether it reads all that was sent within `seconds`; None where that cannot be told. Raises Aborted."""
        pid = self.process()
        inode = None if pid is None else _connection(pid)
        if pid is None or inode is None:
            return None
        until = time.monotonic() + seconds
        asleep, read_since = 0, None
        while time.monotonic() < until:
            if stop is not None:
                stop.check()
            self._display.sync()  # a server that lags has not sent all yet, and the application may be waiting for it
            waiting = _unread(inode)
            if waiting is None:
                return None
            if waiting:
                asleep, read_since = 0, None
            else:
                read_since = read_since or time.monotonic()
                found = proc.process(pid)
                state = "" if found is None else found.state
                asleep = asleep + 1 if state == "S" else 0
                if asleep >= _ASLEEP or (state == "R" and time.monotonic() - read_since > _AT_WORK):
                    return True
            time.sleep(_LOOK)
        return False

    def process(self) -> int | None:
        """The process of the window that has the focus, or that the pointer is over where none has."""
        window = self._display.get_input_focus().focus
        root = self._display.screen().root
        if isinstance(window, int) or window.id == root.id:  # then keys go where the pointer is
            window = root.query_pointer().child
        if not window:
            return None
        told = client_processes.by_client(self._display, window.id) or {}
        return next(iter(told.values()), None)


def _connection(pid: int) -> int | None:
    """The inode of the process's connection to an X server."""
    ours = proc.sockets(pid)
    if not ours:
        return None
    known = dict(_sockets(0))
    for inode in ours & known.keys():
        peer = known[inode].get(_PEER)
        name = known.get(struct.unpack("=I", peer)[0], {}).get(_NAME, b"") if peer else b""
        if name.lstrip(b"\0").startswith(_SERVER):
            return inode
    return None


def _unread(inode: int) -> int | None:
    """How many bytes wait in a socket."""
    for _, attributes in _sockets(inode):
        queue = attributes.get(_QUEUE)
        if queue is not None:
            return int(struct.unpack_from("=I", queue)[0])
    return None


def _sockets(inode: int) -> list[tuple[int, dict[int, bytes]]]:
    """Local sockets with their attributes, by inode; all that are connected where `inode` is 0."""
    question = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, _ESTABLISHED, inode, _SHOW, 0xFFFFFFFF, 0xFFFFFFFF)
    with suppress(OSError), netlink.opened(0.5) as kernel:
        found = list(netlink.answers(kernel, question, dump=not inode))
        return [(struct.unpack_from("=I", body, 4)[0], netlink.attributes(body, 16)) for body in found]
    return []
