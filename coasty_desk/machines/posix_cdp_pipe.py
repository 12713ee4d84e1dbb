"""Chromium's debugging protocol over two pipes, which nobody but this process has an end of: no port is opened.

Messages are JSON, each ended by a NUL. One thread reads: answers go to whoever asked, events to whoever listens.
"""

from __future__ import annotations

import json
import os
import select
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

LARGEST = 200_000_000
"""Bytes of a message: the picture of a long page is the largest there is."""

_CHUNK = 1 << 20


class CdpError(Exception):
    """The browser refused, in its own words."""


class CdpGoneError(Exception):
    """The browser has ended."""


class CdpTimeoutError(Exception):
    """It did not answer in time."""


class CdpHaltedError(Exception):
    """Whoever asked was told to stop; the browser may still do what it was asked for."""


class CdpMessage(Struct, frozen=True):
    """What the browser sends: an answer has an `id`, an event a `method`. `sessionId` is the page's that it is of."""

    id: int = 0
    method: str = ""
    params: Mapping[str, Any] = {}
    result: Mapping[str, Any] = {}
    error: Mapping[str, Any] | None = None
    sessionId: str = ""  # noqa: N815 - its name on the wire


_decoder = msgspec.json.Decoder(CdpMessage)


class CdpPipe:
    """One browser's pipe. From any thread."""

    def __init__(self, reading: int, writing: int, heard: Callable[[CdpMessage], None]) -> None:
        """Takes both descriptors. `heard` is told of events in the reading thread, and of nothing once the browser is gone; it may `send`."""
        self._reading, self._writing = reading, writing
        os.set_blocking(writing, False)
        self._heard = heard
        self._sending = threading.Lock()
        self._changed = threading.Condition()
        self._last = 0
        self._awaited: dict[int, CdpMessage | None] = {}
        self._halted: set[int] = set()
        self.gone = False
        self._reader = threading.Thread(target=self._read, name="browser", daemon=True)
        self._reader.start()

    def call(self, method: str, until: float, session: str = "", **parameters: object) -> Mapping[str, Any]:
        """Ask, and wait for the answer until then of the monotonic clock. Raises CdpError, CdpGoneError, CdpTimeoutError, CdpHaltedError."""
        with self._changed:
            self._last += 1
            number = self._last
            self._awaited[number] = None
        try:
            self._write(number, method, until, session, parameters)
            with self._changed:
                while (answer := self._awaited[number]) is None:
                    left = until - time.monotonic()
                    if self.gone:
                        raise CdpGoneError
                    if number in self._halted:
                        raise CdpHaltedError
                    if left <= 0:
                        raise CdpTimeoutError
                    self._changed.wait(left)
        finally:
            with self._changed:
                del self._awaited[number]
                self._halted.discard(number)
        if answer.error is not None:
            raise CdpError(str(answer.error.get("message", "")))
        return answer.result

    def halt(self) -> None:
        """Let nobody wait any longer for an answer that is not there yet."""
        with self._changed:
            self._halted |= {number for number, answer in self._awaited.items() if answer is None}
            self._changed.notify_all()

    def send(self, method: str, session: str = "", **parameters: object) -> None:
        """Ask for something whose answer nobody waits for. Never raises."""
        with self._changed:
            self._last += 1
            number = self._last
        with suppress(CdpGoneError, CdpTimeoutError):
            self._write(number, method, time.monotonic() + 5, session, parameters)

    def close(self) -> None:
        """Give the pipe back, by which the browser ends if it has not. Not from the reading thread."""
        self.gone = True
        with self._sending:
            if self._writing >= 0:
                os.close(self._writing)
            self._writing = -1
        self._reader.join(10)

    def _write(self, number: int, method: str, until: float, session: str, parameters: Mapping[str, object]) -> None:
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        rest = memoryview(json.dumps(message).encode() + b"\0")
        with self._sending:
            while rest:
                if self.gone:
                    raise CdpGoneError
                try:
                    rest = rest[os.write(self._writing, rest) :]
                except BlockingIOError:
                    if time.monotonic() > until:
                        self.gone = True  # half a message is in it: nothing more can be said
                        raise CdpTimeoutError from None
                    select.select([], [self._writing], [], 0.2)
                except OSError as error:
                    raise CdpGoneError from error

    def _read(self) -> None:
        pieces: list[bytes] = []
        size = 0
        with suppress(OSError):
            while size < LARGEST and (piece := os.read(self._reading, _CHUNK)):
                *ended, rest = piece.split(b"\0")
                for end in ended:
                    self._take(b"".join([*pieces, end]))
                    pieces, size = [], 0
                if rest:
                    pieces.append(rest)
                    size += len(rest)
        os.close(self._reading)
        self.gone = True
        with self._changed:
            self._changed.notify_all()
        self._heard(CdpMessage(method="gone"))

    def _take(self, line: bytes) -> None:
        try:
            message = _decoder.decode(line)
        except msgspec.DecodeError:
            return
        if message.id:
            with self._changed:
                if message.id in self._awaited:
                    self._awaited[message.id] = message
                    self._changed.notify_all()
        else:
            self._heard(message)
