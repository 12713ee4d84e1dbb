"""The service's database: one SQLite file for its owner alone, in which one writes at a time, and whose tables have versions.

Each store keeps its own tables: it says how they came about (`Database.upgrade`), and reads and writes them in transactions.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from coasty_desk import plain_files
from coasty_desk.core.errors import UsageError

BUSY = 10.0
"""Seconds that one process waits for another one's transaction."""

_BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside the file."""


class Database:
    """Open between its making and `close`; every method may be called from any thread.

    `path` is made where there is no such file, 0600, before SQLite sees it. Raises UsageError where it cannot be had, or was
    written by a later version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            plain_files.folder(path.parent)
            for each in (path, *(path.with_name(path.name + end) for end in _BESIDE if _is_there(path, end))):
                os.close(plain_files.made(each, os.O_RDWR))
            self._connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            # sizes: what was deleted is to be gone from the file as well, and the log is not to grow for ever
            for pragma in ("journal_mode=WAL", "secure_delete=ON", "foreign_keys=ON", "journal_size_limit=4000000"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS stores (name TEXT PRIMARY KEY, version INTEGER NOT NULL)"
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(plain_files.why(error) if isinstance(error, OSError) else str(error)) from error

    def upgrade(self, store: str, versions: Sequence[str]) -> None:
        """Bring a store's tables to their newest version: `versions` are scripts of SQL, each of which makes one of the one before it.

        A script is never changed once it was released. Raises UsageError for tables of a later version.
        """
        try:
            self._upgrade(store, versions)
        except sqlite3.Error as error:
            raise self._unusable(str(error)) from error

    def _upgrade(self, store: str, versions: Sequence[str]) -> None:
        with self.transaction() as connection:
            row = connection.execute("SELECT version FROM stores WHERE name = ?", (store,)).fetchone()
            at = row[0] if row else 0
            if at > len(versions):
                why = f"a later version of coasty-desk has written it ({store})"
                raise self._unusable(why)
            if at == len(versions):
                return  # nothing is written: there may be no room
            for script in versions[at:]:
                for statement in filter(str.strip, script.split(";")):
                    connection.execute(statement)
            connection.execute("INSERT OR REPLACE INTO stores VALUES (?, ?)", (store, len(versions)))

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """All of the block's changes or none. `durable`: they outlive a power cut as well, and not only this process's end.

        Nobody else writes meanwhile, so it must be short: nothing in it waits.
        """
        with self._lock:
            connection = self._connection
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")  # which fails where there is no room, and leaves the transaction open
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a question gives."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, values: Sequence[Any] = ()) -> Any:
        """The first of these; None where there is none."""
        with self._lock:
            return self._connection.execute(query, values).fetchone()

    def close(self) -> None:
        """Write out what is in the log, and let go of the file."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def _unusable(self, why: str) -> UsageError:
        message = f"The service's database {self.path} cannot be used: {why}."
        return UsageError(
            message, "See that there is room on its disk; else name another one with --database, or move that one away."
        )


def _is_there(path: Path, end: str) -> bool:
    return path.with_name(path.name + end).exists()
