"""Requests that cost nothing and are tried once: what the service says, or the error that says why it does not."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from coasty_desk.models.coasty.http import INQUIRY_TIMEOUT, Connection
from coasty_desk.models.coasty.remedies import as_error
from coasty_desk.models.coasty.retry import NOT_JSON
from coasty_desk.models.transport.transport import Outgoing, UnansweredError
from coasty_desk.wire import error_envelope
from coasty_desk.wire.error_envelope import Fault
from coasty_desk.wire.json_fields import UnreadableError, parse_json


class Told(Struct, frozen=True):
    """A good answer: its JSON, and its headers with their names in lower case."""

    document: object
    headers: Mapping[str, str]


def ask(connection: Connection, path: str, *, delete: bool = False, post: bool = False) -> Told:
    """What lies there, or what is said to its deletion, or to a wish without words. Raises ServiceError, with status 404 where there is no such thing."""
    wish = Outgoing("POST", path, {"Content-Type": "application/json"}, b"{}", INQUIRY_TIMEOUT)
    try:
        if post:
            reply = connection.request(wish)
        else:
            reply = connection.delete(path, INQUIRY_TIMEOUT) if delete else connection.get(path)
    except UnansweredError as none:
        raise as_error(none.fault, connection.host) from None
    if not 200 <= reply.status < 300:
        raise as_error(error_envelope.decode(reply.status, reply.headers, reply.body), connection.host)
    try:
        return Told(parse_json(reply.body) if reply.body.strip() else None, reply.headers)
    except UnreadableError as error:
        raise as_error(Fault(NOT_JSON, str(error), reply.status), connection.host) from None
