"""Network requests without an answer yet: what the kernel tells of this machine's TCP connections.

Linux keeps for every connection when it last sent and last received (`tcp_info`), and tells any
user over a netlink socket (sock_diag(7)). A client that has sent since some moment, and
received nothing after that, waits for somebody; and so does one that asks for a name, or for a
connection.
"""

from __future__ import annotations

import math
import socket
import struct

from msgspec import Struct

from coasty_desk.desktop.linux import netlink

_INFO = 2  # INET_DIAG_INFO
_NAMES = (53).to_bytes(2, "big")  # the port of name servers
_ESTABLISHED, _SYN_SENT, _LISTEN = 1, 2, 10
_STATES = 1 << _ESTABLISHED | 1 << _SYN_SENT | 1 << _LISTEN

_MESSAGE = struct.Struct("=xBxx2s2s56xLL")  # struct inet_diag_msg: state, our port, theirs, user, inode
_TIMES = struct.Struct("=L4xL64xQQ")  # tcpi_last_data_sent, _last_data_recv (ms ago), _bytes_acked, _received
_TIMES_AT = 44


class PendingRequest(Struct, frozen=True):
    """A client's connection: its socket's inode, and how many seconds ago it last sent and last received."""

    inode: int
    sent: float
    received: float
    waits: bool
    """Whether it has received nothing since it last sent."""
    opens: bool
    """Whether it has sent no more than a question for a name or a connection; when, nobody knows."""


class Connections:
    """The connections of `uid`'s clients. Raises OSError where the kernel does not tell."""

    def __init__(self, uid: int) -> None:
        self._uid = uid
        self._socket = netlink.opened(1.0)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def now(self) -> list[PendingRequest]:
        """Those that are open, or being opened, at this moment."""
        served: set[bytes] = set()
        found: list[tuple[bytes, PendingRequest]] = []
        for family in (socket.AF_INET, socket.AF_INET6):
            for protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
                question = struct.pack("=BBBBL", family, protocol, 1 << (_INFO - 1), 0, _STATES) + bytes(48)
                for body in netlink.answers(self._socket, question):
                    state, local, remote, uid, inode = _MESSAGE.unpack_from(body)
                    if state == _LISTEN:
                        served.add(local)
                    elif uid != self._uid:
                        continue
                    elif state == _SYN_SENT or (protocol == socket.IPPROTO_UDP and remote == _NAMES):
                        found.append((local, PendingRequest(inode, 0.0, math.inf, waits=True, opens=True)))
                    elif protocol == socket.IPPROTO_TCP:
                        found.append((local, _established(inode, body)))
        return [one for local, one in found if one.opens or local not in served]


def _established(inode: int, message: bytes) -> PendingRequest:
    sent = received = acknowledged = taken = 0
    info = netlink.attributes(message, _MESSAGE.size).get(_INFO, b"")
    if len(info) >= _TIMES_AT + _TIMES.size:
        sent, received, acknowledged, taken = _TIMES.unpack_from(info, _TIMES_AT)
    waits = sent < received
    if sent == received:  # both within one tick of the kernel's clock: only a first request can tell
        waits = acknowledged > 1 and taken == 0
    return PendingRequest(inode, sent / 1000, received / 1000, waits, opens=False)
