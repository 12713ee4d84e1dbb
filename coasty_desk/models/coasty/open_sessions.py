"""The sessions that are open with a key, whoever opened them: looked at and closed (API.md §2.2)."""

from __future__ import annotations

import re
from urllib.parse import quote

from msgspec import Struct

from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.models.coasty import inquiry
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.coasty.sessions import path_of, session_in
from coasty_desk.wire.json_fields import count_of, line_of


class OpenSession(Struct, frozen=True):
    """A session as the service tells of it; times as it writes them, `cents` charged so far. Empty or None where it does not say."""

    session_id: str
    cua_version: str = ""
    screen_size: str = ""
    created_at: str = ""
    expires_at: str = ""
    steps: int | None = None
    cents: int | None = None


def listed(connection: Connection) -> tuple[OpenSession, ...]:
    """All that are open. Raises ServiceError."""
    document = inquiry.ask(connection, "sessions").document
    found = document.get("sessions", document.get("data")) if isinstance(document, dict) else document
    if not isinstance(found, list):
        message = "The service's list of sessions makes no sense."
        raise ServiceError(message, "Check COASTY_BASE_URL, then try again.")
    return tuple(session for entry in found if (session := _session(entry)) is not None)


def shown(connection: Connection, session_id: str) -> OpenSession:
    """This one. Raises ServiceError (404 where it is not open), UsageError for what is no id."""
    session = _session(inquiry.ask(connection, path_of(_id(session_id))).document)
    return session or OpenSession(session_id)


def close(connection: Connection, session_id: str) -> bool:
    """Whether it was open; it is not any more. Raises ServiceError, UsageError for what is no id."""
    try:
        inquiry.ask(connection, path_of(_id(session_id)), delete=True)
    except ServiceError as error:
        if error.status == 404 and error.code in ("SESSION_NOT_FOUND", "NOT_FOUND"):
            return False
        raise
    return True


def forgets(connection: Connection, session_id: str) -> None:
    """Let this one forget what it has seen, which is free and may be done twice. Raises ServiceError, UsageError for what is no id."""
    inquiry.ask(connection, f"{path_of(_id(session_id))}/reset", post=True)


def opened_by(connection: Connection, idempotency_key: str) -> str | None:
    """The session that a request for one has opened, whose answer was lost (API.md §2.7). Raises ServiceError."""
    try:
        document = inquiry.ask(connection, f"idempotency/{quote(idempotency_key, safe='')}").document
    except ServiceError as error:
        if error.status == 404:
            return None
        raise
    return session_in(document.get("result")) if isinstance(document, dict) else None


def _id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", text):
        message = "This is no session's id."
        raise UsageError(message, "Take one from `coasty-desk sessions list`.")
    return text


def _session(entry: object) -> OpenSession | None:
    session_id = session_in(entry)
    if session_id is None or not isinstance(entry, dict):
        return None
    return OpenSession(
        session_id,
        cua_version=line_of(entry.get("cua_version"), 100),
        screen_size=line_of(entry.get("screen_size"), 100),
        created_at=line_of(entry.get("created_at"), 100),
        expires_at=line_of(entry.get("expires_at"), 100),
        steps=count_of(entry.get("step_count")),
        cents=count_of(entry.get("total_credits_used")),
    )
