"""What Linux tells any user of sockets over another one: asked, and taken apart (sock_diag(7), netlink(7))."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

_SOCK_DIAG = 4
_BY_FAMILY = 20
_REQUEST, _DUMP = 1, 0x300
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=LHHLL")
_ATTRIBUTE = struct.Struct("=HH")


def opened(seconds: float) -> socket.socket:
    """One that waits so long for an answer. Raises OSError where the kernel does not tell."""
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)
    kernel.settimeout(seconds)
    return kernel


def answers(kernel: socket.socket, question: bytes, *, dump: bool = True) -> Iterator[bytes]:
    """The bodies of all messages that answer, of the first batch alone without `dump`; to be read to the end. Raises OSError."""
    flags = _REQUEST | (_DUMP if dump else 0)
    kernel.send(_HEADER.pack(_HEADER.size + len(question), _BY_FAMILY, flags, 1, 0) + question)
    more = True
    while more:
        data, at, more = kernel.recv(1 << 16), 0, dump
        while at + _HEADER.size <= len(data):
            length, kind, *_ = _HEADER.unpack_from(data, at)
            if kind in (_DONE, _ERROR) or length < _HEADER.size:
                return
            yield data[at + _HEADER.size : at + length]
            at += length + 3 & ~3


def attributes(message: bytes, at: int) -> dict[int, bytes]:
    """What stands in a body from there on, by kind."""
    found = {}
    while at + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, at)
        if length < _ATTRIBUTE.size:
            break
        found[kind] = message[at + _ATTRIBUTE.size : at + length]
        at += length + 3 & ~3
    return found
