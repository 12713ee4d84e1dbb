"""How often each operation was asked for, and what was charged for it, by the month."""

from __future__ import annotations

import sqlite3
import time

from msgspec import Struct

from coasty_desk.server.database import Database

_VERSIONS = (
    """
    CREATE TABLE usage (
        period TEXT NOT NULL, operation TEXT NOT NULL, requests INTEGER NOT NULL, credits INTEGER NOT NULL,
        PRIMARY KEY (period, operation)
    ) WITHOUT ROWID
    """,
)


class OperationUsage(Struct, frozen=True):
    """Of one operation in one month; a credit is a cent."""

    requests: int = 0
    credits: int = 0


class UsageMeter:
    """Counts into a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.upgrade("usage", _VERSIONS)

    def count(self, operation: str, credits_charged: int, key_id: str) -> None:
        """One answered request, and that this key was used. One that was free is answered also where it cannot be written down."""
        try:
            with self._database.transaction() as connection:
                counted_in(connection, operation, credits_charged, key_id)
        except sqlite3.Error:
            if credits_charged:
                raise

    def of(self, period: str) -> dict[str, OperationUsage]:
        """By operation, in that month (`YYYY-MM`)."""
        query = "SELECT operation, requests, credits FROM usage WHERE period = ? ORDER BY operation"
        return {
            name: OperationUsage(requests, charged) for name, requests, charged in self._database.rows(query, (period,))
        }


def counted_in(connection: sqlite3.Connection, operation: str, credits_charged: int, key_id: str) -> None:
    """The same, within a transaction in which more is written: what is charged and what is answered are one."""
    connection.execute(
        "INSERT INTO usage VALUES (?, ?, 1, ?) "
        "ON CONFLICT DO UPDATE SET requests = requests + 1, credits = credits + excluded.credits",
        (this_month(), operation, credits_charged),
    )
    connection.execute("UPDATE api_keys SET last_used_at = ? WHERE id = ?", (time.time(), key_id))


def this_month() -> str:
    """As `YYYY-MM`, in UTC."""
    return time.strftime("%Y-%m", time.gmtime())
