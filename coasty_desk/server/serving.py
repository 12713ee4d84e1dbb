"""The application behind sockets: who may connect for how long, and an end within a second, whatever is open."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from coasty_desk.core.errors import UsageError
from coasty_desk.server import openapi
from coasty_desk.server.application import ServiceApplication
from coasty_desk.server.host_guard import HostGuard
from coasty_desk.server.operation import Operation
from coasty_desk.server.service import Service
from coasty_desk.server.table import OPERATIONS
from coasty_desk.version import VERSION

HEADERS = 10.0
"""Seconds in which the whole of a request's first line and headers must have come."""

LARGEST_HEADERS = 65_536
"""Bytes of them."""

MOST_CONNECTIONS = 1000
"""At a time: one more is closed before it is read."""

IDLE = 65
"""Seconds that a connection stays open between two requests."""

GRACE = 0.4
"""Seconds that requests under way have when the service ends; what has an idempotency key is gone on with later."""


class GuardedProtocol(H11Protocol):
    """uvicorn's own, which waits for the rest of a request's headers for ever."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Too many are closed at once; the clock runs from here."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._waiting = self.loop.call_later(HEADERS, self._late)

    def data_received(self, data: bytes) -> None:
        """The clock runs whenever a request has begun and its headers are not whole."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(HEADERS, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _late(self) -> None:
        self._waiting = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            self.transport.close()


class Serving(uvicorn.Server):
    """A server that some other part of the program tells to end, from any thread and from a signal's handler."""

    def __init__(self, config: uvicorn.Config, application: ServiceApplication, service: Service) -> None:
        super().__init__(config)
        self._application = application
        self._service = service

    def end(self) -> None:
        """End soon."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to whoever is the program."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wake whatever waits, before the connections are told."""
        self._service.ending.set()
        self._application.end()
        await super().shutdown(sockets)


def listening(bind: str, port: int) -> socket.socket:
    """A socket that listens there, at any free port for 0. Raises UsageError where it cannot."""
    try:
        address = ip_address(bind)
    except ValueError as error:
        message = f"--bind takes an address in figures, and not {bind[:80]!r}."
        raise UsageError(message, "Give it such as 127.0.0.1, or 0.0.0.0 for every address of this machine.") from error
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, so that asyncio sets TCP_NODELAY
    try:
        if hasattr(socket, "SO_REUSEPORT"):  # not where the option of that name lets another program in beside us
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((bind, port))
        found.listen(512)
    except OSError as error:
        found.close()
        message = f"Nothing can listen at {bind}, port {port}: {error.strerror or error}."
        raise UsageError(message, _elsewhere(error)) from error
    found.setblocking(False)  # noqa: FBT003 - as sockets have it
    return found


def _elsewhere(error: OSError) -> str:
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return "Give --bind an address that this machine has, or 0.0.0.0 for every one."
    if error.errno in (errno.EACCES, errno.EPERM):
        return "The system keeps the low ports for itself. Choose one from 1024 on with --port."
    return "Is another program there? Choose another one with --port, 0 for any that is free."


def serving(service: Service, allowed: Iterable[str] = (), operations: Sequence[Operation] = OPERATIONS) -> Serving:
    """A server of that service, which answers to these names beside its own addresses."""
    service.openapi = lambda: openapi.document(operations, VERSION)
    application = ServiceApplication(service, operations, HostGuard(list(allowed)))
    config = uvicorn.Config(
        application,
        http=GuardedProtocol,
        ws="none",
        lifespan="off",
        loop="asyncio",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=LARGEST_HEADERS,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=1,
    )
    config.timeout_graceful_shutdown = GRACE  # type: ignore[assignment]  # it is a time-out like any, whatever its annotation
    for name in ("uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).addHandler(logging.NullHandler())
        logging.getLogger(name).propagate = False  # what is wrong with a request is told to whoever sent it
    return Serving(config, application, service)
