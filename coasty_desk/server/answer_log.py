"""What came of each question to a model that has an idempotency key: kept beside the session that it belongs to, in one transaction.

The service's own record of the request is finished after the handler has returned. Where the process ends in between, this
one says whether the model was asked, and what it has answered: it is not asked again.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Literal

from msgspec import Struct

from coasty_desk.core.money import CENT, Money
from coasty_desk.server.api_keys import Seal
from coasty_desk.server.database import Database

KEPT = 25 * 3600
"""Seconds: longer than an idempotency key is good for."""

_TIDIED = 600.0

_VERSIONS = (
    """
    CREATE TABLE model_answers (
        operation_id TEXT PRIMARY KEY, generation INTEGER NOT NULL, answer BLOB, charged INTEGER NOT NULL, at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX model_answers_age ON model_answers (at);
    CREATE TABLE model_spending (provider TEXT PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID
    """,
)


class LoggedAnswer(Struct, frozen=True):
    """`asked`: the question is out, and nothing is known of its answer. `charged` are cents, `generation` that of the purchase's key."""

    state: Literal["asked", "answered"]
    body: bytes
    charged: int
    generation: int


class AnswerLog:
    """Of one database; every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tidied = 0.0
        database.upgrade("model_answers", _VERSIONS)

    def known(self, operation_id: str, seal: Seal) -> LoggedAnswer | None:
        """What is known of it; None where nobody was asked. Raises ValueError where another key has sealed it."""
        query = "SELECT generation, answer, charged FROM model_answers WHERE operation_id = ?"
        row = self._database.row(query, (operation_id,))
        if row is None:
            return None
        generation, sealed, charged = row
        if sealed is None:
            return LoggedAnswer("asked", b"", 0, generation)
        return LoggedAnswer("answered", seal.open(_name(operation_id), sealed), charged, generation)

    def asking(self, operation_id: str, generation: int = 1) -> None:
        """Have it on the disk before the question goes out."""
        self._tidy()
        with self._database.transaction(durable=True) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO model_answers VALUES (?, ?, NULL, 0, ?)",
                (operation_id, generation, time.time()),
            )

    def void(self, operation_id: str) -> None:
        """The question came to nothing, and may be asked again."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM model_answers WHERE operation_id = ?", (operation_id,))

    def _tidy(self) -> None:
        now = time.monotonic()
        if self._tidied and now - self._tidied < _TIDIED:
            return
        self._tidied = now
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM model_answers WHERE at <= ?", (time.time() - KEPT,))


def answered(connection: sqlite3.Connection, operation_id: str, seal: Seal, body: bytes, charged: int) -> None:
    """Within a transaction: this was answered."""
    connection.execute(
        "INSERT OR REPLACE INTO model_answers "
        "VALUES (?1, coalesce((SELECT generation FROM model_answers WHERE operation_id = ?1), 1), ?2, ?3, ?4)",
        (operation_id, seal.close(_name(operation_id), body), charged, time.time()),
    )


def whole_cents_of(connection: sqlite3.Connection, provider: str, cost: Money, *, charged: bool = True) -> int:
    """Within a transaction: the cents to charge for an answer of that cost; those of one that failed are charged with the next (`charged`).

    Parts of a cent are kept for the next answers of that provider, so that what is charged adds up to what was paid.
    """
    if not cost:
        return 0
    connection.execute("INSERT OR IGNORE INTO model_spending VALUES (?, 0)", (provider,))
    (due,) = connection.execute("SELECT due FROM model_spending WHERE provider = ?", (provider,)).fetchone()
    cents = (due + cost) // CENT if charged else 0
    connection.execute("UPDATE model_spending SET due = ? WHERE provider = ?", (due + cost - cents * CENT, provider))
    return int(cents)


def _name(operation_id: str) -> str:
    return f"model answer {operation_id}"
