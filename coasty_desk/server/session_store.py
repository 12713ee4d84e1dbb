"""The sessions that are open, in the database: they survive the service, not two idle hours."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, json
from msgspec.structs import replace

from coasty_desk.core.scaling import Size
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.api_keys import OWNER_ID
from coasty_desk.server.database import Database
from coasty_desk.wire.inference_resources import ActionEntry, SessionBody

IDLE = 7200
"""Seconds after its last prediction or reset that a session is kept."""

MOST_OPEN = 2000
"""Sessions at a time: each may hold a model's conversation."""

_VERSIONS = (
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY, key_id TEXT NOT NULL, options BLOB NOT NULL, provider TEXT NOT NULL, upstream TEXT NOT NULL, created_at REAL NOT NULL,
        expires_at REAL NOT NULL, steps INTEGER NOT NULL, credits INTEGER NOT NULL, progress BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX session_age ON sessions (expires_at)
    """,
)


class SessionProgress(Struct, frozen=True):
    """How far a session has come, for whoever answers in it to be made anew.

    `task` is its first instruction, `said` those that came later and were others, `acted` what was answered.
    """

    task: str = ""
    said: tuple[str, ...] = ()
    acted: tuple[ActionEntry, ...] = ()

    def heard(self, instruction: str, most: int) -> SessionProgress:
        """With one more instruction: what is said again is nothing new."""
        if not self.task:
            return replace(self, task=instruction)
        if instruction == (self.said[-1] if self.said else self.task):
            return self
        return replace(self, said=(*self.said, instruction)[-most:])

    def done(self, acted: Sequence[ActionEntry], most: int) -> SessionProgress:
        """With these actions besides."""
        return replace(self, acted=(*self.acted, *acted)[-most:])


class StoredSession(Struct, frozen=True):
    """A session of the API key that has opened it; times are Unix times. `upstream` is its id at the published API, where that answers.

    `steps` are those since it was opened or reset.
    """

    session_id: str
    key_id: str
    options: SessionBody
    provider: str
    upstream: str
    created_at: float
    expires_at: float
    steps: int
    credits: int
    progress: SessionProgress

    @property
    def space(self) -> Size:
        """The pixels that its answers are in."""
        return Size(self.options.screen_width, self.options.screen_height)


class SessionStore:
    """Of one database; every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.upgrade("sessions", _VERSIONS)

    def found(self, session_id: str, key_id: str) -> StoredSession:
        """One that this key has opened; this user may have any. Raises ApiError SESSION_NOT_FOUND."""
        row = self._database.row(f"{_SELECT} WHERE id = ? AND expires_at > ?", (session_id, time.time()))
        if row is None or key_id not in (OWNER_ID, row[1]):
            message = "There is no session of that id, or it was idle for two hours."
            raise ApiError("SESSION_NOT_FOUND", message)
        return _session(row)

    def all(self, key_id: str) -> list[StoredSession]:
        """Those that are open and the key's, the newest first."""
        rows = self._database.rows(f"{_SELECT} WHERE expires_at > ? ORDER BY created_at DESC, id", (time.time(),))
        return [_session(row) for row in rows if key_id in (OWNER_ID, row[1])]

    def demand_room(self) -> None:
        """Raises ApiError RATE_LIMITED where there are too many."""
        (count,) = self._database.row("SELECT count(*) FROM sessions WHERE expires_at > ?", (time.time(),))
        if count >= MOST_OPEN:
            message = f"There are {count} sessions open, as many as there may be."
            raise ApiError("RATE_LIMITED", message, "Delete those that are done with.", retry_after=30)

    def delete(self, session_id: str) -> None:
        """From now on there is none."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,))

    def reset(self, session_id: str) -> None:
        """It begins anew."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE sessions SET steps = 0, progress = ?, expires_at = ? WHERE id = ?",
                (json.encode(SessionProgress()), time.time() + IDLE, session_id),
            )

    def expired(self) -> Sequence[str]:
        """The ids of those that were idle for too long, which are deleted."""
        now = time.time()
        with self._database.transaction() as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM sessions WHERE expires_at <= ?", (now,))]
            connection.execute("DELETE FROM sessions WHERE expires_at <= ?", (now,))
        return ids


def new_id() -> str:
    """That of a session."""
    return f"ses_{secrets.token_hex(16)}"


def begun(session_id: str, key_id: str, options: SessionBody, provider: str, upstream: str) -> StoredSession:
    """A new session."""
    now = time.time()
    return StoredSession(session_id, key_id, options, provider, upstream, now, now + IDLE, 0, 0, SessionProgress())


def insert(connection: sqlite3.Connection, new: StoredSession) -> None:
    """Within a transaction: there is a new one."""
    connection.execute(
        "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        (
            *(new.session_id, new.key_id, json.encode(new.options), new.provider, new.upstream),
            *(new.created_at, new.expires_at),
            *(new.credits, json.encode(new.progress)),
        ),
    )


def time_of(at: float) -> datetime:
    """A Unix time, as it is told."""
    return datetime.fromtimestamp(round(at, 3), UTC)


def stepped(
    connection: sqlite3.Connection, session_id: str, steps: int, credits_charged: int, progress: SessionProgress
) -> None:
    """Within a transaction: one more prediction was answered."""
    connection.execute(
        "UPDATE sessions SET steps = ?, credits = credits + ?, progress = ?, expires_at = ? WHERE id = ?",
        (steps, credits_charged, json.encode(progress), time.time() + IDLE, session_id),
    )


_SELECT = (
    "SELECT id, key_id, options, provider, upstream, created_at, expires_at, steps, credits, progress FROM sessions"
)


def _session(row: tuple[Any, ...]) -> StoredSession:
    session_id, key_id, options, provider, upstream, created_at, expires_at, steps, charged, progress = row
    kept, gone = json.decode(options, type=SessionBody), json.decode(progress, type=SessionProgress)
    return StoredSession(session_id, key_id, kept, provider, upstream, created_at, expires_at, steps, charged, gone)
