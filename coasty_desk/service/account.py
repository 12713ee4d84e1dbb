"""A look at the service that costs nothing: whether it is there, and whether it takes the key."""

from __future__ import annotations

from msgspec import Struct

from coasty_desk.service.faults import as_error
from coasty_desk.service.http import Connection
from coasty_desk.service.key import BASE_URL, ApiKey, Kind
from coasty_desk.service.retry import NOT_JSON
from coasty_desk.service.unanswered import UnansweredError
from coasty_desk.wire import errors
from coasty_desk.wire.errors import Fault
from coasty_desk.wire.fields import UnreadableError, parse_json


class Account(Struct, frozen=True):
    """What the service says of the key: its kind, whether it bills, the cents left where it says so, its models' versions."""

    host: str
    kind: Kind
    bills: bool
    cents_left: int | None
    versions: tuple[str, ...]


def check(key: str, url: str = BASE_URL) -> Account:
    """Ask for `GET /models`, which needs a key, no scope and no money (API.md §2.5).

    Raises ServiceError (no key, a bad one, refused, unreachable, no such service) and UsageError (a bad `url`).
    """
    connection = Connection(url, ApiKey(key))
    try:
        reply = connection.get("models")
    except UnansweredError as none:
        raise as_error(none.fault, connection.host) from None
    finally:
        connection.close()
    if not 200 <= reply.status < 300:
        raise as_error(errors.decode(reply.status, reply.headers, reply.body), connection.host)
    try:
        document = parse_json(reply.body)
    except UnreadableError as error:
        raise as_error(Fault(NOT_JSON, str(error), reply.status), connection.host) from None
    said = reply.headers.get("x-coasty-key-kind", "")
    kind: Kind = next((known for known in ("live", "test", "legacy") if known == said), connection.key.kind)
    left = reply.headers.get("x-credits-remaining", "")
    return Account(connection.host, kind, kind != "test", int(left) if left.isdecimal() else None, _versions(document))


def _versions(document: object) -> tuple[str, ...]:
    listed = document.get("cua_versions") if isinstance(document, dict) else None
    names = (
        [entry.get("id") if isinstance(entry, dict) else entry for entry in listed] if isinstance(listed, list) else []
    )
    return tuple(name for name in names if isinstance(name, str) and name.isprintable() and len(name) <= 20)
