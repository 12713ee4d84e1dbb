"""Whether a service that takes a key which never bills charges all the same: one such as `coasty-desk serve` passes on to who does, and says so."""

from __future__ import annotations

from coasty_desk.models.coasty.api_key import BASE_URL, host
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.transport.transport import UnansweredError
from coasty_desk.wire.json_fields import UnreadableError, parse_json

PATIENCE = 3.0
"""Seconds for its answer; whoever does not answer will not be paid either."""


def see_who_pays(connection: Connection) -> Connection:
    """The same, whose key bills where calls are charged for behind that service. Asks it, unless the key says it by itself."""
    if not connection.key.bills and connection.host != host(BASE_URL):
        connection.key.is_passed_on = _charges(connection)
    return connection


def _charges(connection: Connection) -> bool:
    """By what it says of its models (`charged`, of ours alone)."""
    try:
        reply = connection.get("models", PATIENCE)
        document = parse_json(reply.body) if reply.status == 200 else None
    except (UnansweredError, UnreadableError):
        return False
    return isinstance(document, dict) and document.get("charged") is True
