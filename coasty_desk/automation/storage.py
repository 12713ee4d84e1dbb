"""What automation keeps: a SQLite file for its owner alone, or a Postgres database by its address; the same statements for both.

Each store keeps its own tables: it says how they came about (`Storage.upgrade`), and reads and writes them in transactions.
SQLAlchemy is loaded here when one is opened, which only a service does.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coasty_desk import plain_files
from coasty_desk.core.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from sqlalchemy import Engine as Pool
    from sqlalchemy.schema import ExecutableDDLElement

BUSY = 10.0
"""Seconds that one process waits for another one's transaction."""

SCHEMA = "coasty_desk"
"""Where our tables are in a Postgres database that others use as well."""

_BESIDE = ("", "-wal", "-shm")
"""What SQLite keeps at a path: the file, and what is beside it."""

_REMEDY = "Name another one with --database, or see that this one can be reached and written."


class Storage:
    """Open between its making and `close`; every method may be called from any thread.

    `place` is the path of a SQLite file, made where there is none, or the address of a Postgres database (`postgresql://…`), where
    our tables have a schema of their own. Raises UsageError where it cannot be had; no message holds a password.
    """

    def __init__(self, place: Path | str) -> None:
        self.is_postgres = isinstance(place, str)
        try:
            self.pool = postgres_pool(place) if isinstance(place, str) else sqlite_pool(place, at_once=True)
            self.name = shown(place)
        except OSError as error:
            raise unusable(shown(place), plain_files.why(error)) from error
        # SQLite has one writer at a time: ours queue here, and only another process is waited for by trying again
        self._writing = nullcontext() if self.is_postgres else threading.Lock()
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

        try:
            self._prepare()
        except SQLAlchemyError as error:
            self.pool.dispose()
            raise unusable(self.name, reason(error)) from error

    def upgrade(self, store: str, versions: Sequence[Sequence[str | ExecutableDDLElement]]) -> None:
        """Bring a store's tables to their newest version: `versions` are statements, each group of which makes one of the one before it.

        A group is never changed once it was released. Raises UsageError for tables of a later version.
        """
        from sqlalchemy import text  # noqa: PLC0415

        with self.transaction() as connection:
            if self.is_postgres:  # two hosts may begin at once
                connection.execute(text("LOCK TABLE stores IN EXCLUSIVE MODE"))
            row = connection.execute(text("SELECT version FROM stores WHERE name = :name"), {"name": store}).first()
            at = row[0] if row else 0
            if at > len(versions):
                why = f"a later version of coasty-desk has written it ({store})"
                raise unusable(self.name, why)
            for group in versions[at:]:
                for statement in group:
                    connection.execute(text(statement) if isinstance(statement, str) else statement)
            connection.execute(text("DELETE FROM stores WHERE name = :name"), {"name": store})
            values = {"name": store, "version": len(versions)}
            connection.execute(text("INSERT INTO stores (name, version) VALUES (:name, :version)"), values)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All of the block's changes or none, on disk when it ends. On SQLite nobody else writes meanwhile; nothing in it may wait.

        On Postgres others do: a change that depends on what was read says so in its WHERE, and looks at how many rows it changed.
        Not within another one.
        """
        with self._writing, self.pool.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """For questions alone, one moment's answers to all of the block's on SQLite; who writes is not held up."""
        with self.pool.connect().execution_options(coasty_reading=True) as connection:
            yield connection

    def close(self) -> None:
        """Let go of it."""
        let_go(self.pool)

    def _prepare(self) -> None:
        from sqlalchemy import text  # noqa: PLC0415

        with self.transaction() as connection:
            if self.is_postgres:
                connection.execute(text("SELECT pg_advisory_xact_lock(2026061901)"))  # IF NOT EXISTS is no lock
                connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            connection.execute(
                text("CREATE TABLE IF NOT EXISTS stores (name VARCHAR(64) PRIMARY KEY, version INTEGER NOT NULL)")
            )


def sqlite_pool(path: Path, *, at_once: bool) -> Pool:
    """Connections to a SQLite file that was made for its owner alone and put in WAL before anybody else opens it.

    `at_once`: a transaction takes the file's lock when it begins, so that nothing it has read changes before it writes, and outlives a
    power cut. Without, its first change takes the lock, and a power cut may lose the last of them, though none before one that it
    kept: for who can do without those. Raises OSError.
    """
    from sqlalchemy import create_engine, event  # noqa: PLC0415

    plain_files.folder(path.parent)
    for end in _BESIDE:
        _prepare_file(path.with_name(path.name + end), made=not end)
    try:
        with sqlite3.connect(path, timeout=BUSY, isolation_level=None) as first:
            first.execute("PRAGMA journal_mode=WAL")
        first.close()
    except sqlite3.Error as error:
        raise OSError(None, str(error), str(path)) from error
    pool = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY, "check_same_thread": False})

    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None if at_once else "IMMEDIATE"
        sync = "FULL" if at_once else "NORMAL"
        # sizes: what was deleted is to be gone from the file as well, and the log is not to grow for ever
        for pragma in ("foreign_keys=ON", "secure_delete=ON", "journal_size_limit=4000000", f"synchronous={sync}"):
            connection.execute(f"PRAGMA {pragma}")

    def begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get("coasty_reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    event.listen(pool, "connect", connected)
    if at_once:
        event.listen(pool, "begin", begun)
    return pool


def _prepare_file(path: Path, *, made: bool) -> None:
    """See that it is a plain file for its owner alone. Where there is one it is not opened.

    To close a file lets go of all locks that the process has on it: another process would take SQLite's log from under our feet.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        if made:
            os.close(plain_files.made(path, os.O_RDWR | os.O_EXCL))
        return
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        why = "it is no plain file with this name alone"
        raise plain_files.NotPlainError(why, path)
    if stat.S_IMODE(found.st_mode) != 0o600:
        path.chmod(0o600)


def postgres_pool(address: str) -> Pool:
    """Connections to a Postgres database, in which our own schema is meant by a name without one.

    Raises UsageError for no address, and where the driver cannot be loaded.
    """
    from sqlalchemy import create_engine, event  # noqa: PLC0415

    url = postgres_url(address)
    try:
        pool = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ImportError as error:  # there is no psycopg, or no library of Postgres for it
        message = f"The driver for Postgres, psycopg, cannot be loaded: {reason(error)}."
        raise UsageError(message, "Install it: pip install 'psycopg[binary]'.") from error

    def connected(connection: Any, _: Any) -> None:
        connection.execute(f"SET search_path TO {SCHEMA}")
        connection.commit()

    event.listen(pool, "connect", connected)
    return pool


def let_go(pool: Pool) -> None:
    """Close its connections: those that a thread still has, when that gives them back."""
    from sqlalchemy import event  # noqa: PLC0415

    event.listen(pool, "checkin", lambda _, record: record.invalidate())
    pool.dispose()


def postgres_url(address: str) -> URL:
    """The address as the driver wants it. Raises UsageError for what is none."""
    from sqlalchemy import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        url = make_url(address.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError) as error:
        message = "The database's address is none of Postgres."
        raise UsageError(message, "Give it as postgresql://user:password@host/database.") from error
    if url.get_backend_name() != "postgresql" or not url.database:
        message = f"The database's address {url.render_as_string()} names no database of Postgres."
        raise UsageError(message, "Give it as postgresql://user:password@host/database.")
    return url.set(drivername="postgresql+psycopg")


def shown(place: Path | str) -> str:
    """How messages call it: without a password."""
    if isinstance(place, Path):
        return str(place)
    url = postgres_url(place)
    return f"{url.database} at {url.host or 'this computer'}"


def unusable(name: str, why: str) -> UsageError:
    """What to say of a database that cannot be had."""
    message = f"The service's database {name} cannot be used: {why}."
    return UsageError(message, _REMEDY)


def is_fault(error: BaseException) -> bool:
    """Whether it is the database's own fault, which passes."""
    exceptions = sys.modules.get("sqlalchemy.exc")
    return exceptions is not None and isinstance(error, exceptions.SQLAlchemyError)


def reason(error: Exception) -> str:
    """What the database's own words are for it, in one line."""
    said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return said.splitlines()[0].rstrip(".")
