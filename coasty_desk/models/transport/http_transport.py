"""The one way to the service: connections kept open, opened before they are needed, known to be open, timed while they send.

On the standard library: what `requests` or urllib3 would add takes 40 or 22 ms to load before the first screenshot
can be sent, which then is out after 0.77 or 0.71 of the guide's time, and after 0.63 as it is. Where a proxy is set,
urllib3 makes the connection (proxies.py), and what goes over it is the same.
"""

from __future__ import annotations

import array
import os
import select
import socket
import ssl
import threading
import time
import weakref
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property, partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from coasty_desk.models.transport.loopback import is_loopback
from coasty_desk.models.transport.transport import (
    BAD_CERTIFICATE,
    BAD_SETUP,
    NO_ANSWER,
    TOO_LARGE,
    UNREACHABLE,
    USUAL_ANSWER,
    Outgoing,
    Reply,
    Sending,
    Streamed,
    UnansweredError,
)

TIMED = 65_536
"""Bytes of a body below which the time of sending it says nothing."""

CONNECT_TIMEOUT = 15.0

WARM_TIMEOUT = 5.0
"""Seconds after which a connection that is opened ahead is given up; the request then tries anew, and says what is wrong."""

BODY_TIMEOUT = 20.0
"""Seconds from the first byte of a body to its last, for each `USUAL_ANSWER` that it may have: longer is a drip."""

_ERRORS = (OSError, HTTPException, ValueError, zlib.error)
"""What may go wrong while a request is under way."""

_LOOK = 0.005
"""Seconds between two looks at what is still to be sent; an answer ends the waiting at once."""

_PIECE = 65_536
_SIOCOUTQ = 0x5411
_SO_NWRITE = 0x1024


class HttpTransport:
    """A `transport.Transport` to one address; `sent` is told of each large body, as `http.Connection` says."""

    def __init__(self, url: str, sent: Callable[[int, float], None]) -> None:
        parts = urlsplit(url)
        self._is_https = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._is_https else 80)
        self._path = parts.path
        self._sent = sent
        self._idle: deque[HTTPConnection] = deque()  # which several threads may take from and add to
        weakref.finalize(self, _close, self._idle)

    def send(self, request: Outgoing, sending: Sending) -> Reply:
        """As the port says; its connection is kept where the answer was read to its end."""
        until = time.monotonic() + request.timeout
        connection, kept = self._open(min(request.timeout, CONNECT_TIMEOUT)), False
        # each read in time is no end: headers that trickle, a head after the other, trailers
        cutting = threading.Timer(request.timeout, sending.cut)
        cutting.daemon = True
        cutting.start()
        try:
            with sending.under_way(partial(_cut, connection.sock)):
                connection.sock.settimeout(request.timeout)
                self._put(connection, request)
                with connection.getresponse() as response:
                    body = b"" if 300 <= response.status < 400 else b"".join(_body(response, until, request.most))
                    kept = response.isclosed() and connection.sock is not None
            if sending.is_cut:
                raise UnansweredError(NO_ANSWER, _TOO_SLOW)  # what is there looks whole
            return Reply(response.status, dict(response.headers), body)
        except _ERRORS as error:
            raise _unanswered(error) from None
        finally:
            cutting.cancel()
            if kept and not sending.is_cut:
                self._idle.append(connection)
            else:
                connection.close()

    @contextmanager
    def stream(self, request: Outgoing, sending: Sending) -> Iterator[Streamed]:
        """As the port says; its connection is nobody else's, and is closed with the block."""
        connection = self._open(min(request.timeout, CONNECT_TIMEOUT))
        try:
            with sending.under_way(partial(_cut, connection.sock)), ExitStack() as stack:
                with _in_our_words():
                    connection.sock.settimeout(request.timeout)
                    self._put(connection, request)
                    response = stack.enter_context(connection.getresponse())
                    good = response.status == 200
                    until = time.monotonic() + request.timeout
                    whole = good or 300 <= response.status < 400
                    body = b"" if whole else b"".join(_body(response, until, request.most))
                head = Reply(response.status, dict(response.headers), body)
                yield Streamed(head, _as_they_come(response) if good else iter(()))
        finally:
            connection.close()

    def open_ahead(self) -> None:
        """Open a connection for the next request."""
        with suppress(UnansweredError):
            self._idle.append(self._open(WARM_TIMEOUT))

    def close(self) -> None:
        """Close those that are open and idle."""
        _close(self._idle)

    def _put(self, connection: HTTPConnection, request: Outgoing) -> None:
        began = time.monotonic()
        connection.request(request.method, f"{self._path}/{request.path}", request.body, dict(request.headers))
        if request.body is not None and len(request.body) >= TIMED:
            _wait_until_sent(connection.sock)
            self._sent(len(request.body), time.monotonic() - began)

    def _open(self, seconds: float) -> HTTPConnection:
        """One that is open, or a new one. Raises UnansweredError."""
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if _is_open(connection.sock):
                    return connection
                connection.close()
        return self._new(seconds)

    def _new(self, seconds: float) -> HTTPConnection:
        if self._is_https:
            connection: HTTPConnection = HTTPSConnection(self._host, self._port, timeout=seconds, context=self._trusted)
        else:
            connection = HTTPConnection(self._host, self._port, timeout=seconds)
        try:
            if self._proxy is None:
                connection.connect()
            else:
                from coasty_desk.models.transport import proxies  # noqa: PLC0415 - as below

                connection.sock = proxies.through(self._proxy, self._host, self._port, self._trusted, seconds)
        except BaseException as error:
            connection.close()
            if isinstance(error, ssl.SSLCertVerificationError):
                raise UnansweredError(BAD_CERTIFICATE, error.verify_message or "it cannot be verified") from error
            if isinstance(error, OSError):
                said = next((said for kind, said in _CONNECTING if isinstance(error, kind)), "no connection came about")
                raise UnansweredError(UNREACHABLE, said) from error
            raise
        connection.auto_open = 0  # what has been closed would be connected to straight
        return connection

    @cached_property
    def _proxy(self) -> str | None:
        """What is to be asked for the way; to this machine itself nobody is, and whatever leaves it goes by https."""
        if not self._is_https or is_loopback(self._host):
            return None
        # macOS and Windows keep settings for it beside the environment: Python reads those by a module that is there alone
        told = any(name.lower().endswith("_proxy") for name in os.environ)
        if not told and not any(map(find_spec, ("_scproxy", "winreg"))):
            return None
        from coasty_desk.models.transport import proxies  # noqa: PLC0415 - few have one

        return proxies.proxy_for(self._host, self._port)

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """Whom to believe: the authorities that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names, else Mozilla's, as `requests` does."""
        import certifi  # noqa: PLC0415 - for https alone

        named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        bundle = Path(named or certifi.where())
        try:
            several = bundle.is_dir()
            return ssl.create_default_context(cafile=None if several else bundle, capath=bundle if several else None)
        except OSError as error:
            message = f"the list of certificate authorities {bundle} cannot be read"
            raise UnansweredError(BAD_SETUP, message) from error


_CONNECTING: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its name is not known here"),
    (ConnectionRefusedError, "the connection was refused"),
    (TimeoutError, "no connection came about in time"),
    (ssl.SSLError, "no encrypted connection could be agreed on"),
    (ConnectionError, "the connection was closed before it came about"),
)

_TOO_SLOW = "the answer came too slowly to wait for its end"
_BROKE_OFF = "the connection broke off before the answer was whole"
_SENDING: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "no answer came in time"),
    (ssl.SSLError, "no encrypted connection could be agreed on"),
)


def _unanswered(error: Exception) -> UnansweredError:
    said = next((said for kind, said in _SENDING if isinstance(error, kind)), _BROKE_OFF)
    return UnansweredError(NO_ANSWER, said)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except _ERRORS as error:
        raise _unanswered(error) from None


def _as_they_come(response: HTTPResponse) -> Iterator[bytes]:
    """The body's pieces. Raises UnansweredError where the next one does not come."""
    pieces = _pieces(response)
    while True:
        with _in_our_words():
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _close(connections: deque[HTTPConnection]) -> None:
    with suppress(IndexError):
        while True:
            connections.pop().close()


def _cut(sock: socket.socket) -> None:
    """Whoever reads from it meets its end, and so does the other side."""
    with suppress(OSError):  # TLS's own would no longer decrypt what is read; TLS within TLS has the socket inside
        socket.socket.shutdown(getattr(sock, "socket", sock), socket.SHUT_RDWR)


def _body(response: HTTPResponse, until: float, most: int) -> Iterator[bytes]:
    """The body's pieces as they come, within `most` bytes and both limits of time. Raises UnansweredError."""
    length = response.headers.get("Content-Length", "")
    too_much = f"the answer is larger than {most // 1_000_000} MB"
    if length.isdecimal() and (len(length) > 12 or int(length) > most):
        raise UnansweredError(TOO_LARGE, too_much)
    size, begun = 0, False  # blanks before the JSON only keep the connection alive
    for piece in _pieces(response):
        if not begun and not piece.isspace():
            begun = True
            until = min(until, time.monotonic() + BODY_TIMEOUT * -(-most // USUAL_ANSWER))
        size += len(piece)
        if size > most:
            raise UnansweredError(TOO_LARGE, too_much)
        if time.monotonic() > until:
            raise UnansweredError(NO_ANSWER, _TOO_SLOW)
        yield piece


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    """The body as it comes; unpacked where it was packed, though nobody asked for that."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    unpacker = None if packing == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip's or zlib's
    while piece := response.read1(_PIECE):
        if unpacker is None:
            yield piece
        while unpacker is not None and piece:
            unpacked = unpacker.decompress(piece, _PIECE)
            piece = unpacker.unconsumed_tail
            if unpacked:
                yield unpacked
    if response.length or (unpacker is not None and not unpacker.eof):
        raise UnansweredError(NO_ANSWER, _BROKE_OFF)
    response.read()  # nothing; but some versions notice only then that this was all


def _is_open(sock: socket.socket) -> bool:
    """Whether the other side has not closed it; an answer that nobody asked for is no better, but TLS's own words are."""
    if not select.select([sock], [], [], 0)[0]:
        return True
    if isinstance(sock, ssl.SSLSocket):
        sock.settimeout(0)  # until the next request sets its own
        try:
            sock.recv(1)
        except ssl.SSLWantReadError:
            return True
        except OSError:
            pass
    return False


def _wait_until_sent(sock: socket.socket) -> None:
    """Until the other side has confirmed all, or answers, or the connection's patience is over."""
    until = time.monotonic() + (sock.gettimeout() or 0.0)
    while _unsent(sock) and time.monotonic() < until:
        if select.select([sock], [], [], _LOOK)[0]:
            return


def _unsent(sock: socket.socket) -> int:
    """Bytes that are handed over and not confirmed, where the system tells; a sending that waits for room tells the rest."""
    left = array.array("i", [0])
    with suppress(ImportError, OSError):  # Linux tells by this
        import_module("fcntl").ioctl(sock.fileno(), _SIOCOUTQ, left)
        return left[0]
    with suppress(OSError):  # macOS by this
        return sock.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
    return 0
