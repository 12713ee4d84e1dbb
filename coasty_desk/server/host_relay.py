"""Asks another host of many what was asked here, in the name of the key that asked, and gives its answer.

What may be done twice is never sent twice by itself: with an idempotency key the other host has this operation's own name for it, by which it
knows it again; without one it goes out once, and is said to be in doubt where no answer came.
"""

from __future__ import annotations

import platform
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from coasty_desk.server import relay_signature
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.operation import Call, CallReply

if TYPE_CHECKING:
    from coasty_desk.automation.host_directory import Host

CONNECTING = 5.0
"""Seconds."""

ANSWERING = 180.0
"""Seconds: what takes longest at a host has two minutes."""

SILENCE = 25.0
"""Seconds between two parts of a stream: its host says something each ten."""

LARGEST = 90_000_000
"""Bytes of an answer: 50 MB of a file in base64, and what is around it."""

LONGEST_LINE = 5_000_000

_OWN = (
    "code",
    "message",
    "type",
    "request_id",
    "suggestion",
    "docs_url",
    "retryable",
    "retry_with_same_idempotency_key",
)
"""What this host says of an error by itself."""


_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NETWORK = Path("/proc/self/ns/net")


class NotHeardError(Exception):
    """No answer came, or half of one. `sent`: the request may have arrived."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__(sent)
        self.sent = sent


def relayed(call: Call, host: Host) -> CallReply:
    """The other host's answer. Raises ApiError: its refusal, MACHINE_UNREACHABLE, OUTCOME_UNKNOWN."""
    demand_reachable(host)
    headers = {name: call.headers[name] for name in ("accept", "content-type") if name in call.headers}
    if call.operation_id:
        headers["idempotency-key"] = call.operation_id
    try:
        status, told, body = call.stop.race(lambda: _asked(call, host, headers))
    except NotHeardError as error:
        if error.sent and call.method == "POST" and not call.operation_id:
            message = f"The host {host.name} was asked, and no answer came: it may have been done."
            raise ApiError("OUTCOME_UNKNOWN", message) from error
        raise unanswered(host) from error
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise unanswered(host) from error
    if status >= 300:
        raise _refusal(status, told, found)
    if isinstance(found, dict) and "request_id" in found:
        found["request_id"] = ""  # that of the request which came here
    return CallReply(found, headers={"Cache-Control": "no-store"}, status=status)


def demand_reachable(host: Host | None) -> Host:
    """The host, where it can be asked. Raises ApiError."""
    if host is None or host.state == "lost":
        name = "" if host is None else f" {host.name}"
        message = f"The host{name} that has it is lost: nothing is heard of it."
        raise ApiError("MACHINE_UNREACHABLE", message, "Start `coasty-desk serve --join` there again.", retry_after=30)
    parts = urlsplit(host.url)
    if ip_address(parts.hostname or "").is_loopback and host.computer != computer():
        message = f"The host {host.name} that has it listens for its own computer alone."
        raise ApiError("MACHINE_UNREACHABLE", message, "Start it there with --bind, or ask that host itself.")
    return host


def computer() -> str:
    """The same for all processes that have one loopback address, and for no others."""
    with suppress(OSError):
        return f"{_BOOT.read_text('ascii').strip()} {_NETWORK.stat().st_ino}"
    return f"{platform.node()} {uuid.getnode()}"


def unanswered(host: Host) -> ApiError:
    """What to say of a host that does not answer."""
    message = f"The host {host.name} that has it does not answer."
    return ApiError("MACHINE_UNREACHABLE", message, retry_after=5)


def frames(call: Call, host: Host, after: int) -> Iterator[tuple[int, str, bytes]]:
    """The events of a run of that host behind that one, as they come: id, name and the frame itself; (-1, "", a comment) between them.

    Raises ApiError before the first, NotHeardError where it breaks off.
    """
    demand_reachable(host)
    headers = {"accept": "text/event-stream"} | ({"last-event-id": str(after)} if after >= 0 else {})
    connection = _connection(host, SILENCE)
    try:
        response = _sent(call, host, connection, headers, call.target.partition("?")[0])
        if response.status != 200:
            found = msgspec.json.decode(response.read(LARGEST))
            raise _refusal(response.status, dict(response.getheaders()), found)
    except (NotHeardError, msgspec.DecodeError) as error:
        connection.close()
        raise unanswered(host) from error
    except ApiError:
        connection.close()
        raise
    return _frames(connection, response)


def _frames(connection: HTTPConnection, response: HTTPResponse) -> Iterator[tuple[int, str, bytes]]:
    with closing(connection):
        lines: list[bytes] = []
        number, name = -1, ""
        while True:
            try:
                line = response.readline(LONGEST_LINE)
            except (OSError, HTTPException, ValueError) as error:
                raise NotHeardError(sent=True) from error
            if not line:
                return
            if line != b"\n":
                field, _, value = line.decode("utf-8", "replace").rstrip("\n").partition(": ")
                number = int(value) if field == "id" and value.isascii() and value.isdigit() else number
                name = value if field == "event" else name
                lines.append(line)
            elif lines:
                yield number, name, b"".join((*lines, b"\n"))
                lines, number, name = [], -1, ""


def _asked(call: Call, host: Host, headers: dict[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    with closing(_connection(host, ANSWERING)) as connection:
        response = _sent(call, host, connection, headers, call.target)
        try:
            body = response.read(LARGEST + 1)
        except (OSError, HTTPException) as error:
            raise NotHeardError(sent=True) from error
        if len(body) > LARGEST:
            raise NotHeardError(sent=True)
        return response.status, dict(response.getheaders()), body


def _connection(host: Host, seconds: float) -> HTTPConnection:
    parts = urlsplit(host.url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=CONNECTING)
    try:
        connection.connect()
    except OSError as error:
        connection.close()
        raise unanswered(host) from error
    connection.sock.settimeout(seconds)
    return connection


def _sent(call: Call, host: Host, connection: HTTPConnection, headers: dict[str, str], target: str) -> HTTPResponse:
    membership, key = call.service.hosts, call.key
    assert membership is not None  # noqa: S101 - whoever knows of another host is one
    assert key is not None  # noqa: S101 - of the operations that are relayed each wants one
    body = call.raw if call.method != "GET" else b""
    said = relay_signature.made(membership.host.id, key.key_id, key.scopes, body, membership.database_seconds())
    signed = relay_signature.signed(host.secret, said, call.method, target, headers)
    try:
        connection.request(call.method, target, body or None, headers | {relay_signature.HEADER: signed})
        return connection.getresponse()
    except (OSError, HTTPException) as error:
        raise NotHeardError(sent=True) from error


def _refusal(status: int, headers: Mapping[str, str], found: Any) -> ApiError:
    """The other host's refusal as one of ours."""
    said = found.get("error") if isinstance(found, dict) else None
    if not isinstance(said, dict) or not isinstance(said.get("code"), str):
        return ApiError("UPSTREAM_ERROR", "The host that has it gave an answer that makes no sense.")
    if said["code"] == "INVALID_API_KEY":  # it was started anew a moment ago, or its clock is not the database's
        return ApiError("MACHINE_UNREACHABLE", "The host that has it does not take what this one signs.", retry_after=5)
    after = headers.get("Retry-After", headers.get("retry-after", ""))
    context = {name: value for name, value in said.items() if name not in (*_OWN, "retry_after")}
    return ApiError(
        said["code"],
        str(said.get("message", "")),
        str(said.get("suggestion", "")),
        status=status,
        retry_after=int(after) if after.isascii() and after.isdigit() else None,
        **context,
    )
