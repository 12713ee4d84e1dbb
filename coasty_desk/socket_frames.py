"""Messages between two processes of ours over a stream socket: each a length, and a value as msgpack."""

from __future__ import annotations

import socket
import struct
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

LARGEST = 80_000_000
"""Bytes of a frame: a file of 50 MB in base64, and what is around it."""

_LENGTH = struct.Struct(">I")

T = TypeVar("T", bound=Struct)


def send(connection: socket.socket, message: Struct) -> None:
    """Send one frame. Raises OSError."""
    content = msgspec.msgpack.encode(message)
    connection.sendall(_LENGTH.pack(len(content)))
    connection.sendall(content)


def receive(connection: socket.socket, kind: type[T]) -> T:
    """The next frame. Raises ConnectionError where there is none any more, or none that can be read, OSError."""
    found: T = receive_one_of(connection, kind)
    return found


def receive_one_of(connection: socket.socket, kinds: Any) -> Any:
    """The next frame, of a union of tagged kinds. Raises as `receive`."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > LARGEST:
        message = "a frame is too large"
        raise ConnectionError(message)
    try:
        return msgspec.msgpack.decode(_exactly(connection, length), type=kinds)
    except msgspec.DecodeError as error:
        message = "a frame cannot be read"
        raise ConnectionError(message) from error


def _exactly(connection: socket.socket, length: int) -> bytearray:
    content = bytearray(length)
    rest = memoryview(content)
    while rest:
        count = connection.recv_into(rest)
        if not count:
            message = "the other end has closed the connection"
            raise ConnectionError(message)
        rest = rest[count:]
    return content
