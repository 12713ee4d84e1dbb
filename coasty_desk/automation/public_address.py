"""Where a webhook may go: an https address of the internet, and none that leads into this machine or the network it is in.

What a name leads to is asked once, and what it says then is what is connected to: a name that says something else the next moment
leads nowhere.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 as a network without any writes it (RFC 6052)."""


class ReceiverError(ValueError):
    """Nothing may be sent there; the words are the end of a sentence."""


class Receiver(Struct, frozen=True):
    """An address to send to: `host` as it is asked for and certified, `target` the path with its query."""

    host: str
    port: int
    encrypted: bool
    target: str

    @property
    def authority(self) -> str:
        """As the Host header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.encrypted else 80) else f"{host}:{self.port}"


def receiver(url: str, *, private: bool = False) -> Receiver:
    """What a URL says; `private` also takes `http`. Raises ReceiverError."""
    fits = url.isascii() and url.isprintable() and " " not in url and len(url) <= 2048
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        fits, parts, port = False, urlsplit(""), None
    if not fits or not parts.hostname or port == 0:
        why = "it is no address of the web"
        raise ReceiverError(why)
    if parts.username is not None or parts.password is not None:
        why = "it has a user's name in it"
        raise ReceiverError(why)
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        why = "it is not https"
        raise ReceiverError(why)
    encrypted = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Receiver(parts.hostname, port or (443 if encrypted else 80), encrypted, target)


def is_public(address: Address) -> bool:
    """Whether it is of the internet; an IPv6 address that only carries one of IPv4 is as that one is."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _TRANSLATED:
            carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if carried is not None:
            return is_public(carried)
        if address.scope_id is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_of_this_network(address: Address) -> bool:
    """Whether it is this machine, or one of the network that it is in: what may be allowed besides."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    reachable = not (address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved)
    return address.is_loopback or (address.is_private and reachable)


Lookup = Callable[[str, int], Sequence[str]]
"""What a name leads to: its addresses in figures. Raises OSError."""


def looked_up(host: str, port: int) -> Sequence[str]:
    """A `Lookup` by the system."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def reachable(there: Receiver, *, private: bool, lookup: Lookup = looked_up) -> list[Address]:
    """The addresses that may be connected to, in the order to try; asked for once. Raises ReceiverError where there is none, OSError.

    Without encryption only a private one is.
    """
    found = [ipaddress.ip_address(each) for each in lookup(there.host, there.port)]
    allowed = [
        each for each in found if (there.encrypted and is_public(each)) or (private and is_of_this_network(each))
    ]
    if not allowed:
        public = any(map(is_public, found))
        why = "it is not https" if public else "it leads to an address that is not public"
        raise ReceiverError(why)
    return allowed


def demand_no_private_figures(there: Receiver, *, private: bool) -> None:
    """Raise ReceiverError where the URL itself names an address that may not be connected to; a name is asked for when something is sent."""
    try:
        figures = socket.getaddrinfo(there.host, there.port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        addresses = [str(address[0]) for *_, address in figures]
    except OSError:
        if there.host.rstrip(".") != "localhost" and not there.host.rstrip(".").endswith(".localhost"):
            return
        addresses = ["127.0.0.1"]
    reachable(there, private=private, lookup=lambda *_: addresses)
