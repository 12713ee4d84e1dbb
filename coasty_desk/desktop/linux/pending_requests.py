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
_NAMES = 53  # the port of name servers
_ESTABLISHED, _SYN_SENT, _LISTEN = 1, 2, 10
_STATES = 1 << _ESTABLISHED | 1 << _SYN_SENT | 1 << _LISTEN

_MESSAGE = struct.Struct("=BBBB2s2s16s16sLLLLLLLL")  # struct inet_diag_msg
_TIMES = struct.Struct(
    "=LLL64xQQ"
)  # tcpi_last_data_sent, _last_ack_sent, _last_data_recv (ms ago), _bytes_acked, _received
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
        families = (socket.AF_INET, socket.AF_INET6)
        found = [one for family in families for one in self._dump(family, socket.IPPROTO_TCP)]
        asked = [one for family in families for one in self._dump(family, socket.IPPROTO_UDP)]
        served = {one.local for one in found if one.state == _LISTEN}
        return [
            PendingRequest(one.inode, one.sent / 1000, one.received / 1000, one.waits, opens=False)
            for one in found
            if one.uid == self._uid and one.state == _ESTABLISHED and one.local not in served
        ] + [
            PendingRequest(one.inode, 0.0, math.inf, waits=True, opens=True)
            for one in (
                *(one for one in found if one.state == _SYN_SENT),
                *(one for one in asked if one.remote == _NAMES),
            )
            if one.uid == self._uid
        ]

    def _dump(self, family: int, protocol: int) -> list[_Connection]:
        question = struct.pack("=BBBBL", family, protocol, 1 << (_INFO - 1), 0, _STATES) + bytes(48)
        return [_connection(body) for body in netlink.answers(self._socket, question)]


class _Connection(Struct, frozen=True):
    state: int
    local: int
    remote: int
    uid: int
    inode: int
    sent: int
    received: int
    acknowledged: int
    taken: int

    @property
    def waits(self) -> bool:
        if self.sent == self.received:  # both within one tick of the kernel's clock: only a first request can tell
            return self.acknowledged > 1 and self.taken == 0
        return self.sent < self.received


def _connection(message: bytes) -> _Connection:
    fields = _MESSAGE.unpack_from(message)
    sent = received = acknowledged = taken = 0
    info = netlink.attributes(message, _MESSAGE.size).get(_INFO, b"")
    if len(info) >= _TIMES_AT + _TIMES.size:
        sent, _, received, acknowledged, taken = _TIMES.unpack_from(info, _TIMES_AT)
    return _Connection(
        fields[1],
        int.from_bytes(fields[4], "big"),
        int.from_bytes(fields[5], "big"),
        fields[14],
        fields[15],
        sent,
        received,
        acknowledged,
        taken,
    )
