"""How python-xlib gets to a server and is let in: as libxcb, which the capture library goes through.

Its own way knows no wild entries of the authority file, which fit any machine and which every
container has, and leaves sockets open that led nowhere. Source: libXau's AuGetBest.c, libxcb's
xcb_auth.c.

And how all its threads hear of its end: python-xlib tells the one that notices, and leaves the
others to fail on what is no more there, or to wait for ever for what that one had locked.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

_COOKIE = b"MIT-MAGIC-COOKIE-1"
_INTERNET, _INTERNET6, _LOCAL, _WILD = 0, 6, 256, 65535
_LOOPBACKS = frozenset(map(ipaddress.ip_address, ("127.0.0.1", "::1")))

_AT_WORK = 0.05
"""Seconds; what locks a connection does so for microseconds, or has failed and never unlocks it."""


def connect(protocol: str | None, host: str, number: int) -> socket.socket:
    """A socket to the server, by the parts of DISPLAY. Raises OSError."""
    if protocol != "unix" and host not in ("", "unix"):
        return socket.create_connection((host, 6000 + number))
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where servers listen
    failed: list[OSError] = []
    for way in (f"\0{path}", path):  # a file may be left of a server that is gone, and hide one that lives
        local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            local.connect(way)
        except OSError as error:
            local.close()
            failed.append(error)
            continue
        return local
    if protocol is None and not host:
        return socket.create_connection(("localhost", 6000 + number))
    raise failed[-1]


def authority(connected: socket.socket, *where: object) -> tuple[bytes, bytes]:
    """The name and the data of the first entry that fits, both empty where none does; `where` ends with the display's number.

    It takes the place of python-xlib's `get_auth`, and takes what that is given.
    """
    family, address = _peer(connected)
    number = str(where[-1]).encode()
    for of_family, (of_address, of_number, name, data) in _entries():
        here = of_family == _WILD or (of_family, of_address) == (family, address)
        if here and of_number in (b"", number) and name == _COOKIE:
            return name, data
    return b"", b""


def end_for_all(display: Any, closed: Callable[[], Exception]) -> None:
    """Let every thread at a connection of the class `display` (`Xlib.protocol.display.Display`) raise `closed` once it is no more."""
    send_request, send_and_recv = display.send_request, display.send_and_recv

    @wraps(send_request)
    def sent(self: Any, *what: object, **how: object) -> object:
        try:
            return send_request(self, *what, **how)
        except Exception as error:
            if self.request_queue is not None:
                raise
            with suppress(RuntimeError):  # it fails within the lock, which the next thread waits for
                self.request_queue_lock.release()
            raise closed() from error

    @wraps(send_and_recv)
    def exchanged(self: Any, *what: object, **how: object) -> object:
        try:  # within `send_recv_lock`, which it unlocks
            if self.request_queue is not None:
                return send_and_recv(self, *what, **how)
        except Exception:
            if self.request_queue is not None:
                raise
        _wake(self)
        raise closed()

    display.send_request, display.send_and_recv = sent, exchanged


def _wake(display: Any) -> None:
    """Unlock whatever the threads of a connection that is no more wait for; each that wakes does the same."""
    display.send_recv_lock.acquire(timeout=_AT_WORK)
    display.request_waiting = display.event_waiting = 0
    for name in ("request_queue_lock", "request_wait_lock", "event_wait_lock", "send_recv_lock"):
        with suppress(RuntimeError):  # nobody waits for it, or another one has unlocked it
            getattr(display, name).release()


def _peer(connected: socket.socket) -> tuple[int, bytes]:
    """The family and the address that the server's machine has in the file; over either loopback it is this one by name."""
    if connected.family in (socket.AF_INET, socket.AF_INET6):
        there = ipaddress.ip_address(connected.getpeername()[0].partition("%")[0])
        plain = (there.version == 6 and there.ipv4_mapped) or there
        if plain not in _LOOPBACKS:
            return (_INTERNET if plain.version == 4 else _INTERNET6), plain.packed
    return _LOCAL, socket.gethostname().encode()


def _entries() -> Iterator[tuple[int, list[bytes]]]:
    """Each entry's family, and its address, number of the display, name and data."""
    named = os.environ.get("XAUTHORITY")
    try:
        raw = Path(named).read_bytes() if named else Path("~/.Xauthority").expanduser().read_bytes()
    except (OSError, RuntimeError):  # no file, or no home
        return
    at = 0
    try:
        while at < len(raw):
            (family,) = struct.unpack_from(">H", raw, at)
            at += 2
            fields = []
            for _ in range(4):
                (length,) = struct.unpack_from(">H", raw, at)
                fields.append(raw[at + 2 : at + 2 + length])
                at += 2 + length
            yield family, fields
    except struct.error:  # cut off in the middle: what stands before it counts
        return
