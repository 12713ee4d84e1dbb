"""The kept-open connection below requests: opened before it is needed, recognised as open, and timed while it sends."""

from __future__ import annotations

import array
import select
import socket
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from urllib3.connectionpool import HTTPConnectionPool

Sent: TypeAlias = Callable[[int, float], None]
"""Told of each body: its bytes, and the seconds until the other side's machine had them."""

TIMED = 65_536
"""Bytes of a body below which the time of sending it says nothing."""

_LOOK = 0.005
"""Seconds between two looks at what is still to be sent; an answer ends the waiting at once."""

_SIOCOUTQ = 0x5411
_SO_NWRITE = 0x1024


def pools(sent: Sent) -> Mapping[str, type[HTTPConnectionPool]]:
    """Connection pools for a `urllib3.PoolManager`, whose connections tell `sent` of what they have sent."""
    from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: PLC0415 - comes with requests, which is heavy
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool  # noqa: PLC0415 - as above

    class Timed(HTTPConnection):
        """Times each body."""

        began = 0.0
        size = 0

        def request(self, method: str, url: str, body: Any = None, *args: Any, **others: Any) -> None:
            self.began, self.size = time.monotonic(), len(body) if isinstance(body, bytes) else 0
            super().request(method, url, body, *args, **others)

        def getresponse(self) -> Any:
            if self.size >= TIMED and isinstance(self.sock, socket.socket):
                _wait_until_sent(self.sock)
                sent(self.size, time.monotonic() - self.began)
            return super().getresponse()

    class TimedOverTls(Timed, HTTPSConnection):
        """Is not taken for dropped when TLS alone has spoken: a server sends its tickets unasked, after the handshake."""

        @property
        def is_connected(self) -> bool:
            return super().is_connected or (isinstance(self.sock, ssl.SSLSocket) and _only_tls_spoke(self.sock))

    class Pool(HTTPConnectionPool):
        ConnectionCls = Timed

    class PoolOverTls(HTTPSConnectionPool):
        ConnectionCls = TimedOverTls

    return {"http": Pool, "https": PoolOverTls}


def open_ahead(pool: HTTPConnectionPool, seconds: float, patience: float) -> None:
    """Connect the pool's next connection within so many seconds, sending nothing; it will wait `patience` seconds later.

    Raises what urllib3 and the system raise. Through a proxy nothing is opened.
    """
    if pool.proxy is not None:
        return
    connection = pool._get_conn()  # noqa: SLF001 - urllib3 opens connections for requests alone; so names since 2008
    try:
        if connection.is_closed:
            connection.timeout = seconds
            connection.connect()
            connection.sock.settimeout(patience)  # type: ignore[attr-defined]  # the protocol leaves out what all have
    finally:
        pool._put_conn(connection)  # noqa: SLF001 - as above


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
