"""Connections straight to the service, kept open: opened before they are needed, known to be open, timed while they send.

On the standard library: what a library would add is for redirects, cookies and proxies, and takes
50 ms to load before the first screenshot can be sent. Where there is a proxy, see proxied.py.
"""

from __future__ import annotations

import array
import os
import select
import socket
import ssl
import sys
import threading
import time
import weakref
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from coasty_desk.models.coasty.retry import NO_ANSWER
from coasty_desk.models.coasty.transport_errors import BAD_SETUP, UnansweredError, not_sent

Sent: TypeAlias = Callable[[int, float], None]
"""Told of each body: its bytes, and the seconds until the other side's machine had them."""

TIMED = 65_536
"""Bytes of a body below which the time of sending it says nothing."""

ERRORS = (OSError, HTTPException, ValueError, zlib.error)
"""What may go wrong while a request is under way."""

_LOOK = 0.005
"""Seconds between two looks at what is still to be sent; an answer ends the waiting at once."""

_PIECE = 65_536
_SIOCOUTQ = 0x5411
_SO_NWRITE = 0x1024


class Incoming(Struct, frozen=True):
    """The head of an answer, and its body in pieces as they come."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]


class Direct:
    """The connections to one address. For several threads at a time."""

    def __init__(self, url: str, sent: Sent) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port, parts.path
        self._is_https = parts.scheme == "https"
        self._sent = sent
        self._lock = threading.Lock()
        self._idle: list[HTTPConnection] = []
        self._context: ssl.SSLContext | None = None
        weakref.finalize(self, _close, self._idle)

    @contextmanager
    def asking(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], connect: float, patience: float
    ) -> Iterator[Incoming]:
        """Send one request, within `connect` seconds for the connection and `patience` for all else. Raises `ERRORS`, UnansweredError.

        The connection is kept where the answer was read to its end.
        """
        connection = self._open(connect)
        kept = False
        # each read in time is no end: headers that trickle, a head after the other, trailers
        cutting = threading.Timer(patience, _cut, (connection.sock,))
        cutting.daemon = True
        cutting.start()
        try:
            connection.sock.settimeout(patience)
            began = time.monotonic()
            connection.request(method, f"{self._path}/{path}", body, dict(headers))
            if body is not None and len(body) >= TIMED:
                _wait_until_sent(connection.sock)
                self._sent(len(body), time.monotonic() - began)
            with connection.getresponse() as response:
                yield Incoming(response.status, dict(response.headers), _pieces(response))
                kept = response.isclosed() and connection.sock is not None
        finally:
            cutting.cancel()
            if kept:
                self._keep(connection)
            else:
                connection.close()

    def open_ahead(self, seconds: float) -> None:
        """Open a connection for the next request, sending nothing. Raises `ERRORS`, UnansweredError."""
        self._keep(self._open(seconds))

    def close(self) -> None:
        """Close those that are open and idle."""
        with self._lock:
            _close(self._idle)

    def _open(self, seconds: float) -> HTTPConnection:
        """One that is open, or a new one."""
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                break
            if _is_open(connection.sock):
                return connection
            connection.close()
        connection = self._new(seconds)
        try:
            connection.connect()
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError):
                raise not_sent(error) from error
            raise
        return connection

    def _new(self, seconds: float) -> HTTPConnection:
        if not self._is_https:
            return HTTPConnection(self._host, self._port, timeout=seconds)
        if self._context is None:
            self._context = _trusting()
        return HTTPSConnection(self._host, self._port, timeout=seconds, context=self._context)

    def _keep(self, connection: HTTPConnection) -> None:
        with self._lock:
            self._idle.append(connection)


def _close(connections: list[HTTPConnection]) -> None:
    for connection in connections:
        connection.close()
    connections.clear()


def _cut(sock: socket.socket) -> None:
    """Whoever reads from it meets its end."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # TLS's own would no longer decrypt what is read


def _trusting() -> ssl.SSLContext:
    """Whom to believe: the authorities that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names, else Mozilla's, as `requests` does."""
    import certifi  # noqa: PLC0415 - for https alone

    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    bundle = Path(named or certifi.where())
    try:
        if bundle.is_dir():
            return ssl.create_default_context(capath=str(bundle))
        return ssl.create_default_context(cafile=str(bundle))
    except OSError as error:
        message = f"the list of certificate authorities {bundle} cannot be read"
        raise UnansweredError(BAD_SETUP, message) from error


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    """The body as it comes; unpacked where it was packed, though nobody asked for that."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    unpacker = None if packing == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip's or zlib's
    while True:
        piece = response.read1(_PIECE)
        if not piece:
            break
        if unpacker is None:
            yield piece
        while unpacker is not None and piece:
            unpacked = unpacker.decompress(piece, _PIECE)
            piece = unpacker.unconsumed_tail
            if unpacked:
                yield unpacked
    if response.length or (unpacker is not None and not unpacker.eof):
        raise UnansweredError(NO_ANSWER, "the connection broke off before the answer was whole")
    response.read()  # nothing; but some versions notice only then that this was all


def _is_open(sock: socket.socket) -> bool:
    """Whether the other side has not closed it; an answer that nobody asked for is no better."""
    if not select.select([sock], [], [], 0)[0]:
        return True
    return isinstance(sock, ssl.SSLSocket) and _only_tls_spoke(sock)


def _only_tls_spoke(sock: ssl.SSLSocket) -> bool:
    """Whether what can be read is TLS's own; an end, or an answer that nobody asked for, is not."""
    before = sock.gettimeout()
    sock.settimeout(0)
    try:
        sock.recv(1)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False
    finally:
        sock.settimeout(before)
    return False


def _wait_until_sent(sock: socket.socket) -> None:
    """Until the other side has confirmed all, or answers, or the connection's patience is over."""
    until = time.monotonic() + (sock.gettimeout() or 0.0)
    while _unsent(sock) and time.monotonic() < until:
        if select.select([sock], [], [], _LOOK)[0]:
            return


def _unsent(sock: socket.socket) -> int:
    """Bytes that are handed over and not confirmed, where the system tells; a sending that waits for room tells the rest."""
    try:
        if sys.platform == "linux":
            import fcntl  # noqa: PLC0415 - not on Windows

            left = array.array("i", [0])
            fcntl.ioctl(sock.fileno(), _SIOCOUTQ, left)
            return left[0]
        if sys.platform == "darwin":
            return sock.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
    except OSError:
        pass
    return 0
