"""What the service and a machine's worker say to each other: one question and one answer a connection, as frames of msgpack."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

LARGEST = 80_000_000
"""Bytes of a frame: a file of 50 MB in base64, and what is around it."""

ImageKind = Literal["jpeg", "png"]
Fault = Literal["", "busy", "display", "failed", "not understood"]

_LENGTH = struct.Struct(">I")

T = TypeVar("T", bound=Struct)


class CommandStep(Struct, frozen=True):
    """A command of a machine, with its parameters as JSON has them, and the seconds that it may take."""

    command: str
    parameters: Mapping[str, Any] = {}
    seconds: float = 30.0


class WorkerRequest(Struct, frozen=True, omit_defaults=True):
    """A question to a worker, which may be of an earlier version: what it does not know is left out, or taken for nothing.

    `act` carries out `steps`; with an `operation_id` once, however often it is asked. `look` wants a picture. `watch` is answered when
    the worker ends. `lease` sets the moment (seconds since the epoch) at which it ends itself (None: never), and is answered with what the machine is walled off by. `end` ends it now.
    """

    verb: Literal["act", "look", "watch", "lease", "end"]
    operation_id: str = ""
    steps: tuple[CommandStep, ...] = ()
    stop_on_error: bool = True
    image: ImageKind = "jpeg"
    lease: float | None = None


class StepResult(Struct, frozen=True):
    """What came of a step. Not `known`: the worker died while it was under way. `screenshot` is a PNG or a JPEG."""

    command: str
    success: bool
    result: Mapping[str, Any] | None = None
    error: str | None = None
    duration_ms: int = 0
    screenshot: bytes | None = None
    known: bool = True


class MachinePicture(Struct, frozen=True):
    """The machine's screen as it is, what is masked in it black. Sizes in pixels; `taken` is seconds since the epoch."""

    image: bytes
    media_type: str
    width: int
    height: int
    taken: float


class WorkerAnswer(Struct, frozen=True):
    """A worker's answer. `aborted`: not all steps were tried. `fault` says why nothing was done, `message` in words; of `watch` why the worker ends."""

    results: tuple[StepResult, ...] = ()
    aborted: bool = False
    picture: MachinePicture | None = None
    fault: Fault = ""
    message: str = ""
    seconds: int | None = None


def send(connection: socket.socket, message: Struct) -> None:
    """Send one frame. Raises OSError."""
    content = msgspec.msgpack.encode(message)
    connection.sendall(_LENGTH.pack(len(content)))
    connection.sendall(content)


def receive(connection: socket.socket, kind: type[T]) -> T:
    """The next frame. Raises ConnectionError where there is none any more, or none that can be read, OSError."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > LARGEST:
        message = "a frame is too large"
        raise ConnectionError(message)
    try:
        return msgspec.msgpack.decode(_exactly(connection, length), type=kind)
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
