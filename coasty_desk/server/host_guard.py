"""Who is answered at all: only who asks for one of our own addresses, and no page of another one. Before anything else. Pure.

A page anywhere may have its own name resolve to this machine (DNS rebinding), and the browser then takes us for the page's own server; but it
says in `Host` which name it asked for. An address in figures can be nobody else's name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from coasty_desk.server.api_errors import ApiError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""The names that are always ours."""

_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?")

SOLE = frozenset(
    {"host", "origin", "content-length", "content-type", "authorization", "x-api-key", "idempotency-key", "cookie"}
)
"""Headers that a request has once: where there are two, whoever stands before us may have looked at the other."""


class HostGuard:
    """`allowed` are names that this service is asked for by, besides the loopback ones and the address at which a request arrives."""

    def __init__(self, allowed: Collection[str] = ()) -> None:
        self._names = frozenset(name.lower() for name in (*LOOPBACK, *allowed))

    def check(self, headers: Mapping[str, str], target: str, arrived_at: str) -> str:
        """Raise ApiError for a request that is not for us; gives the path of its target.

        `headers` as `sole` gives them, `target` as it stands in the request's first line, without its query; `arrived_at` is the
        connection's own address here.
        """
        host = headers.get("host", "")
        self._demand(host, arrived_at)
        if not target.startswith("/"):
            authority, slash, rest = re.sub(r"^https?://", "", target, flags=re.IGNORECASE).partition("/")
            if len(authority) == len(target):
                message = "The request's target is no path."
                raise ApiError("BAD_REQUEST", message)
            self._demand(authority, arrived_at)
            target = slash + rest or "/"
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()):
            message = "This request comes from a page of another address."
            raise ApiError("FOREIGN_ORIGIN", message)
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            message = "This request comes from a page of another address."
            raise ApiError("FOREIGN_ORIGIN", message)
        if "websocket" in headers.get("upgrade", "").lower():
            message = "There are no WebSockets here."
            raise ApiError("BAD_REQUEST", message, "Use the streams of events (text/event-stream).")
        return target

    def _demand(self, authority: str, arrived_at: str) -> None:
        found = _AUTHORITY.fullmatch(authority)
        if found is None or not (found[1].lower() in self._names or _is(found[1], arrived_at)):
            message = "This service is not to be reached by that name."
            raise ApiError("MISDIRECTED_REQUEST", message)


def _is(host: str, address: str) -> bool:
    """Whether the name is that address in figures."""
    return bool(address) and host.strip("[]").lower() == address.lower()


def sole(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """A request's headers by their lower-case names. Raises ApiError where one that there can be only once is there twice.

    Also where its length is said in both ways: whoever stands before us may have gone by the other one (RFC 9112, 6.1).
    """
    found: dict[str, str] = {}
    for raw, value in headers:
        name = raw.decode("latin-1").lower()
        if name in found and name in SOLE:
            message = f"The header {name} is there twice."
            raise ApiError("BAD_REQUEST", message)
        said = value.decode("latin-1")
        found[name] = f"{found[name]}, {said}" if name in found else said
    if "content-length" in found and "transfer-encoding" in found:
        message = "The request says in two ways how long its body is."
        raise ApiError("BAD_REQUEST", message)
    return found
