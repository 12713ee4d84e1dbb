"""The runs that the service was asked for, in the tables of automation: each change is made from a state in which it may be, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec

from coasty_desk.automation.kept_runs import CHARGED
from coasty_desk.automation.run_row import RunRow
from coasty_desk.automation.run_states import MOVES, UNFINISHED, RunStatus

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from coasty_desk.automation.storage import Storage

_KINDS: dict[str, Any] = get_type_hints(RunRow)

_JSON = ("options", "answer", "result", "error", "machine")
"""Columns that are JSON."""

_VERSIONS = (
    (
        """
        CREATE TABLE runs (
            id VARCHAR(64) PRIMARY KEY, created_at DOUBLE PRECISION NOT NULL, machine_id VARCHAR(128) NOT NULL, task TEXT NOT NULL,
            options TEXT NOT NULL, status VARCHAR(16) NOT NULL, begun INTEGER NOT NULL, steps INTEGER NOT NULL, cost BIGINT NOT NULL,
            question TEXT, awaiting_since DOUBLE PRECISION, wish VARCHAR(16) NOT NULL, answer TEXT, result TEXT, error TEXT,
            machine TEXT, started_at DOUBLE PRECISION, finished_at DOUBLE PRECISION, key_id VARCHAR(64) NOT NULL,
            request_id VARCHAR(64) NOT NULL, webhook_secret VARCHAR(128) NOT NULL
        )
        """,
        "CREATE INDEX runs_by_age ON runs (created_at, id)",
        "CREATE INDEX runs_by_status ON runs (status, created_at)",
    ),
    (
        "ALTER TABLE runs ADD COLUMN host VARCHAR(64) NOT NULL DEFAULT ''",
        "CREATE INDEX runs_by_host ON runs (host, status)",
    ),
)

_COLUMNS = RunRow.__struct_fields__


class RunStore:
    """Of one storage; every method may be called from any thread."""

    def __init__(self, storage: Storage) -> None:
        import sqlalchemy  # noqa: PLC0415 - as in storage.py

        self._storage = storage
        self._table = sqlalchemy.table("runs", *map(sqlalchemy.column, _COLUMNS))
        self._newest_first = (self._table.c.created_at.desc(), self._table.c.id.desc())
        storage.upgrade("runs", _VERSIONS)

    def insert(self, row: RunRow, also: Callable[[Connection], None] | None = None) -> RunRow:
        """Keep a new run, once for its id, in one transaction with `also`; gives the one that is kept."""
        from sqlalchemy.exc import IntegrityError  # noqa: PLC0415 - as above

        values = {name: _kept(name, getattr(row, name)) for name in _COLUMNS}
        with suppress(IntegrityError), self._storage.transaction() as connection:
            connection.execute(self._table.insert().values(values))
            if also is not None:
                also(connection)
        return self.get(row.id) or row

    def get(self, run_id: str) -> RunRow | None:
        """The run of that id; None where there is none."""
        with self._storage.reading() as connection:
            return self._one(connection, run_id)

    def all(self, status: RunStatus | None = None, limit: int = 50) -> list[RunRow]:
        """The newest first."""
        query = self._table.select().order_by(*self._newest_first).limit(limit)
        if status is not None:
            query = query.where(self._table.c.status == status)
        with self._storage.reading() as connection:
            return [_row(found) for found in connection.execute(query)]

    def unfinished(self, host: str = "") -> list[RunRow]:
        """A host's that have not come to their end, or have a machine still that was made for them; the oldest first."""
        columns = self._table.c
        query = self._table.select().where(self._is_unfinished() | columns.machine.is_not(None), columns.host == host)
        with self._storage.reading() as connection:
            rows = [_row(found) for found in connection.execute(query.order_by(columns.created_at, columns.id))]
        return [row for row in rows if not row.is_over or needs_cleanup(row)]

    def wanting(self, host: str) -> list[RunRow]:
        """A host's runs that another host may have asked something of: to be begun, to end, or to hear an answer; the oldest first."""
        columns = self._table.c
        asked = (columns.begun == 0) | (columns.wish != "") | columns.answer.is_not(None)
        query = self._table.select().where(self._is_unfinished(), columns.host == host, asked)
        with self._storage.reading() as connection:
            return [_row(found) for found in connection.execute(query.order_by(columns.created_at, columns.id))]

    def end_all(
        self,
        connection: Connection,
        host: str,
        fields: Mapping[str, Any],
        also: Callable[[Connection, RunRow], None],
    ) -> list[RunRow]:
        """Within a transaction, set these fields, an end's, of each of a host's runs that has not come to its end; gives them as they are then."""
        columns = self._table.c
        values = {name: _kept(name, value) for name, value in fields.items()}
        ended = self._table.update().where(self._is_unfinished(), columns.host == host).values(values)
        rows = [_row(found) for found in connection.execute(ended.returning(*columns))]
        for row in rows:
            also(connection, row)
        return rows

    def count_unfinished(self, host: str = "") -> int:
        """How many of a host's have not come to their end."""
        import sqlalchemy  # noqa: PLC0415 - as above

        every = sqlalchemy.select(sqlalchemy.func.count()).select_from(self._table)
        query = every.where(self._is_unfinished(), self._table.c.host == host)
        with self._storage.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def charged(self, since: float, until: float, host: str = "") -> dict[bool, int]:
        """As `kept_runs.charged`, of the runs that this host has carried out."""
        import sqlalchemy  # noqa: PLC0415 - as above

        query = sqlalchemy.text(CHARGED.replace("WHERE", "WHERE host = :host AND"))
        with self._storage.reading() as connection:
            found = connection.execute(query, {"since": since, "until": until, "host": host}).all()
        return {bool(own): int(cents) for own, cents in found}

    def change(
        self,
        run_id: str,
        expected: Collection[RunStatus],
        fields: Mapping[str, Any],
        *,
        where: Mapping[str, Any] | None = None,
        also: Callable[[Connection, RunRow], None] | None = None,
    ) -> RunRow | None:
        """Set these fields where the run is in one of the states, in one transaction with `also`; gives the run as it is then, else None.

        `where`: only where those fields are so. The states are those from which the new one may follow.
        """
        status = fields.get("status")
        assert status is None or all(status in (state, *MOVES[state]) for state in expected), "no such move"  # noqa: S101 - a fault in the program
        columns = self._table.c
        query = self._table.update().where(columns.id == run_id, columns.status.in_(sorted(expected)))
        for name, value in (where or {}).items():
            query = query.where(columns[name] == _kept(name, value))
        with self._storage.transaction() as connection:
            values = {name: _kept(name, value) for name, value in fields.items()}
            if connection.execute(query.values(values)).rowcount != 1:
                return None
            row = self._one(connection, run_id)
            if row is not None and also is not None:
                also(connection, row)
            return row

    def _is_unfinished(self) -> ColumnElement[bool]:
        return self._table.c.status.in_(sorted(UNFINISHED))

    def _one(self, connection: Connection, run_id: str) -> RunRow | None:
        found = connection.execute(self._table.select().where(self._table.c.id == run_id)).first()
        return None if found is None else _row(found)


def needs_cleanup(row: RunRow) -> bool:
    """Whether a machine that was made for it may be there still."""
    return row.machine is not None and row.machine.cleanup_status == "pending"


def _row(found: Iterable[Any]) -> RunRow:
    said = dict(zip(_COLUMNS, found, strict=True))
    for name in _JSON:
        if said[name] is not None:
            said[name] = msgspec.json.decode(said[name], type=_KINDS[name])
    return RunRow(**said | {"begun": bool(said["begun"])})


def _kept(name: str, value: Any) -> Any:
    if name in _JSON and value is not None:
        return msgspec.json.encode(value).decode()
    return int(value) if isinstance(value, bool) else value
