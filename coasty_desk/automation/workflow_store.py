"""Workflows, their runs, what has happened in each and what was told of it, in the tables of automation.

What has happened is only ever added to, each thing once by its name; it is the truth from which a run goes on. A change of a run, what
has happened by it and what is told of it are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec

from coasty_desk.automation.run_events import RunEvent
from coasty_desk.automation.run_states import MOVES, UNFINISHED, RunStatus
from coasty_desk.automation.workflow_row import WorkflowRow, WorkflowRunRow, WorkflowStatus
from coasty_desk.workflows.happenings import Happening

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from coasty_desk.automation.storage import Storage

_KINDS: Mapping[str, Mapping[str, Any]] = {
    "workflows": get_type_hints(WorkflowRow),
    "workflow_runs": get_type_hints(WorkflowRunRow),
}
_JSON = frozenset({"definition", "inputs_schema", "metadata", "inputs", "terms", "asked", "output", "error"})
"""Columns that are JSON."""

_VERSIONS = (
    (
        """
        CREATE TABLE workflows (
            id VARCHAR(64) PRIMARY KEY, slug VARCHAR(64) NOT NULL UNIQUE, name VARCHAR(128) NOT NULL, definition TEXT NOT NULL,
            version INTEGER NOT NULL, inputs_schema TEXT, description TEXT, status VARCHAR(16) NOT NULL, metadata TEXT,
            created_at DOUBLE PRECISION NOT NULL, updated_at DOUBLE PRECISION NOT NULL, made_by VARCHAR(64) NOT NULL
        )
        """,
        "CREATE INDEX workflows_by_age ON workflows (created_at, id)",
        """
        CREATE TABLE workflow_runs (
            id VARCHAR(64) PRIMARY KEY, created_at DOUBLE PRECISION NOT NULL, definition TEXT NOT NULL, machine_id VARCHAR(128) NOT NULL,
            inputs TEXT NOT NULL, terms TEXT NOT NULL, workflow_id VARCHAR(64), workflow_version INTEGER, status VARCHAR(16) NOT NULL,
            wish VARCHAR(16) NOT NULL, asked TEXT, awaiting_since DOUBLE PRECISION, spent BIGINT NOT NULL, iterations INTEGER NOT NULL,
            happened INTEGER NOT NULL, told INTEGER NOT NULL, output TEXT, error TEXT, started_at DOUBLE PRECISION,
            finished_at DOUBLE PRECISION, key_id VARCHAR(64) NOT NULL, request_id VARCHAR(64) NOT NULL, webhook_secret VARCHAR(128) NOT NULL
        )
        """,
        "CREATE INDEX workflow_runs_by_age ON workflow_runs (created_at, id)",
        "CREATE INDEX workflow_runs_by_status ON workflow_runs (status)",
        "CREATE INDEX workflow_runs_by_workflow ON workflow_runs (workflow_id, created_at)",
        """
        CREATE TABLE workflow_happenings (
            run_id VARCHAR(64) NOT NULL, number INTEGER NOT NULL, name VARCHAR(200) NOT NULL, said TEXT NOT NULL,
            PRIMARY KEY (run_id, number), UNIQUE (run_id, name)
        )
        """,
        """
        CREATE TABLE workflow_events (
            run_id VARCHAR(64) NOT NULL, number INTEGER NOT NULL, name VARCHAR(200) NOT NULL, event VARCHAR(32) NOT NULL,
            data TEXT NOT NULL, PRIMARY KEY (run_id, number), UNIQUE (run_id, name)
        )
        """,
    ),
    ("ALTER TABLE workflow_runs ADD COLUMN host VARCHAR(64) NOT NULL DEFAULT ''",),
)

_PAGE = 500
"""Events that are read at a time."""


class WorkflowEvent(msgspec.Struct, frozen=True):
    """What is told: `name` is its own for ever, by which it is told once; `event` and `data` are the frame's."""

    name: str
    event: str
    data: Mapping[str, Any]


class WorkflowStore:
    """Of one storage; every method may be called from any thread."""

    def __init__(self, storage: Storage) -> None:
        import sqlalchemy  # noqa: PLC0415 - as in storage.py

        self._storage = storage
        self._saved = sqlalchemy.table("workflows", *map(sqlalchemy.column, WorkflowRow.__struct_fields__))
        self._runs = sqlalchemy.table("workflow_runs", *map(sqlalchemy.column, WorkflowRunRow.__struct_fields__))
        storage.upgrade("workflows", _VERSIONS)

    # Saved workflows

    def save(self, row: WorkflowRow, *, of_version: int | None) -> WorkflowRow | None:
        """Keep it in place of that version, or as a new one for None; nothing where it is another version by now, or the slug is taken."""
        from sqlalchemy.exc import IntegrityError  # noqa: PLC0415 - as above

        values = _all_kept(row)
        try:
            with self._storage.transaction() as connection:
                if of_version is None:
                    connection.execute(self._saved.insert().values(values))
                    return row
                table = self._saved
                query = table.update().where(table.c.id == row.id, table.c.version == of_version)
                return row if connection.execute(query.values(values)).rowcount == 1 else None
        except IntegrityError:
            return None

    def workflow(self, name: str) -> WorkflowRow | None:
        """The one of that id, else of that slug."""
        columns = self._saved.c
        query = self._saved.select().where((columns.id == name) | (columns.slug == name))
        with self._storage.reading() as connection:
            found: list[WorkflowRow] = [_row(WorkflowRow, "workflows", one) for one in connection.execute(query)]
        return next((one for one in found if one.id == name), found[0] if found else None)

    def workflows(self, status: WorkflowStatus, limit: int) -> list[WorkflowRow]:
        """The newest first."""
        columns = self._saved.c
        query = self._saved.select().where(columns.status == status)
        query = query.order_by(columns.created_at.desc(), columns.id.desc()).limit(limit)
        with self._storage.reading() as connection:
            return [_row(WorkflowRow, "workflows", one) for one in connection.execute(query)]

    # Their runs

    def insert(self, row: WorkflowRunRow, events: Sequence[WorkflowEvent]) -> WorkflowRunRow:
        """Keep a new run, once for its id; gives the one that is kept."""
        from sqlalchemy.exc import IntegrityError  # noqa: PLC0415 - as above

        try:
            with self._storage.transaction() as connection:
                connection.execute(self._runs.insert().values(_all_kept(row)))
                self._tell(connection, row, events)
        except IntegrityError:
            pass
        return self.run(row.id) or row

    def run(self, run_id: str) -> WorkflowRunRow | None:
        """The run of that id; None where there is none."""
        with self._storage.reading() as connection:
            return self._one(connection, run_id)

    def runs(
        self, workflow_id: str | None = None, status: RunStatus | None = None, limit: int = 50
    ) -> list[WorkflowRunRow]:
        """The newest first."""
        columns = self._runs.c
        query = self._runs.select().order_by(columns.created_at.desc(), columns.id.desc()).limit(limit)
        if workflow_id is not None:
            query = query.where(columns.workflow_id == workflow_id)
        if status is not None:
            query = query.where(columns.status == status)
        with self._storage.reading() as connection:
            return [_row(WorkflowRunRow, "workflow_runs", one) for one in connection.execute(query)]

    def unfinished(self, host: str = "") -> list[str]:
        """The ids of a host's that have not come to their end, the oldest first."""
        import sqlalchemy  # noqa: PLC0415 - as above

        columns = self._runs.c
        query = sqlalchemy.select(columns.id).where(columns.status.in_(sorted(UNFINISHED)), columns.host == host)
        with self._storage.reading() as connection:
            return list(connection.execute(query.order_by(columns.created_at, columns.id)).scalars())

    def stirrings(self, host: str) -> dict[str, tuple[str, str, int]]:
        """By which it is seen that something has happened to a host's run: state, wish, and how much has, of each that is not over."""
        import sqlalchemy  # noqa: PLC0415 - as above

        columns = self._runs.c
        query = sqlalchemy.select(columns.id, columns.status, columns.wish, columns.happened)
        query = query.where(columns.status.in_(sorted(UNFINISHED)), columns.host == host)
        with self._storage.reading() as connection:
            return {row[0]: (row[1], row[2], row[3]) for row in connection.execute(query)}

    def unfinished_within(self, connection: Connection, host: str) -> list[WorkflowRunRow]:
        """A host's that have not come to their end, locked until the end of the transaction."""
        columns = self._runs.c
        query = self._runs.select().where(columns.status.in_(sorted(UNFINISHED)), columns.host == host)
        return [_row(WorkflowRunRow, "workflow_runs", one) for one in connection.execute(query.with_for_update())]

    def change(
        self,
        run_id: str,
        expected: Collection[RunStatus],
        fields: Mapping[str, Any],
        *,
        where: Mapping[str, Any] | None = None,
        happening: Happening | None = None,
        events: Sequence[WorkflowEvent] = (),
        also: Callable[[Connection, WorkflowRunRow], None] | None = None,
    ) -> WorkflowRunRow | None:
        """Set these fields where the run is in one of the states; add what has happened and what is told of it; all or nothing.

        None where the run is otherwise by now, or that has happened already. `where`: only where those fields are so.
        """
        from sqlalchemy.exc import IntegrityError  # noqa: PLC0415 - as above

        try:
            with self._storage.transaction() as connection:
                return self.change_within(
                    connection, run_id, expected, fields, where=where, happening=happening, events=events, also=also
                )
        except IntegrityError:
            return None

    def change_within(
        self,
        connection: Connection,
        run_id: str,
        expected: Collection[RunStatus],
        fields: Mapping[str, Any],
        *,
        where: Mapping[str, Any] | None = None,
        happening: Happening | None = None,
        events: Sequence[WorkflowEvent] = (),
        also: Callable[[Connection, WorkflowRunRow], None] | None = None,
    ) -> WorkflowRunRow | None:
        """The same in a transaction that was begun already; raises the database's IntegrityError for what has happened already."""
        status = fields.get("status")
        assert status is None or all(status in (state, *MOVES[state]) for state in expected), "no such move"  # noqa: S101 - a fault in the program
        columns = self._runs.c
        query = self._runs.update().where(columns.id == run_id, columns.status.in_(sorted(expected)))
        for name, value in (where or {}).items():
            kept = _kept(name, value)
            query = query.where(columns[name].is_(None) if kept is None else columns[name] == kept)
        values = {name: _kept(name, value) for name, value in fields.items()}
        values["happened"] = columns.happened + int(happening is not None)
        if connection.execute(query.values(values)).rowcount != 1:
            return None
        row = self._one(connection, run_id)
        assert row is not None  # noqa: S101 - it was changed just now
        if happening is not None:
            said = {"run_id": run_id, "number": row.happened, "name": name_of(happening)}
            statement = (
                "INSERT INTO workflow_happenings (run_id, number, name, said) VALUES (:run_id, :number, :name, :said)"
            )
            _ask(connection, statement, **said, said=msgspec.json.encode(happening).decode())
        self._tell(connection, row, events)
        if also is not None:
            also(connection, row)
        return row

    def happened(self, run_id: str, after: int = 0) -> list[Happening]:
        """What has happened in a run, in its order, behind the first so many."""
        statement = "SELECT said FROM workflow_happenings WHERE run_id = :run_id AND number > :after ORDER BY number"
        with self._storage.reading() as connection:
            found = _ask(connection, statement, run_id=run_id, after=after).scalars().all()
        return [msgspec.json.decode(said, type=Happening) for said in found]

    def names_told(self, run_id: str) -> set[str]:
        """The names of all that was told of a run."""
        with self._storage.reading() as connection:
            return set(
                _ask(connection, "SELECT name FROM workflow_events WHERE run_id = :run_id", run_id=run_id).scalars()
            )

    def events(self, run_id: str, after: int) -> list[RunEvent]:
        """What was told with a number above that: some of it, in order, or nothing where there is no more."""
        statement = (
            "SELECT number, event, data FROM workflow_events WHERE run_id = :run_id AND number > :after "
            "ORDER BY number LIMIT :most"
        )
        with self._storage.reading() as connection:
            found = _ask(connection, statement, run_id=run_id, after=after, most=_PAGE).all()
        return [RunEvent(number, event, msgspec.json.decode(data)) for number, event, data in found]

    def _tell(self, connection: Connection, row: WorkflowRunRow, events: Sequence[WorkflowEvent]) -> None:
        """The run's row is locked by then, so that no two have one number."""
        number = row.told
        for one in events:
            name = one.name[:200]
            if _ask(
                connection,
                "SELECT 1 FROM workflow_events WHERE run_id = :run_id AND name = :name",
                run_id=row.id,
                name=name,
            ).first():
                continue
            number += 1
            statement = (
                "INSERT INTO workflow_events (run_id, number, name, event, data) "
                "VALUES (:run_id, :number, :name, :event, :data)"
            )
            data = msgspec.json.encode(one.data).decode()
            _ask(connection, statement, run_id=row.id, number=number, name=name, event=one.event, data=data)
        if number != row.told:
            _ask(connection, "UPDATE workflow_runs SET told = :told WHERE id = :id", told=number, id=row.id)

    def _one(self, connection: Connection, run_id: str) -> WorkflowRunRow | None:
        found = connection.execute(self._runs.select().where(self._runs.c.id == run_id)).first()
        return None if found is None else _row(WorkflowRunRow, "workflow_runs", found)


def name_of(happening: Happening) -> str:
    """By what it happens once: each task begins and ends once, each question is answered once, a run is halted once."""
    kind = happening.__struct_config__.tag
    return f"{kind} {getattr(happening, 'at', '')}".strip()


def _all_kept(row: WorkflowRow | WorkflowRunRow) -> dict[str, Any]:
    return {name: _kept(name, getattr(row, name)) for name in row.__struct_fields__}


def _kept(name: str, value: Any) -> Any:
    return msgspec.json.encode(value).decode() if name in _JSON and value is not None else value


def _row(kind: Any, table: str, found: Iterable[Any]) -> Any:
    said = dict(zip(kind.__struct_fields__, found, strict=True))
    for name in _JSON & said.keys():
        if said[name] is not None:
            said[name] = msgspec.json.decode(said[name], type=_KINDS[table][name])
    return kind(**said)


def _ask(connection: Connection, statement: str, **values: Any) -> Any:
    from sqlalchemy import text  # noqa: PLC0415 - as in storage.py

    return connection.execute(text(statement), values)
