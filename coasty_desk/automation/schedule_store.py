"""The schedules, the times that they have fired, and what else has them fire, on disk; what changes together changes in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import msgspec
from msgspec import Struct

from coasty_desk.automation.schedule_row import FireRow, FireStatus, MailboxRow, ScheduleRow, TriggerRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from coasty_desk.automation.storage import Storage

R = TypeVar("R", bound=Struct)

_VERSIONS = (
    (
        """
        CREATE TABLE schedules (
            id VARCHAR(64) PRIMARY KEY, created_at DOUBLE PRECISION NOT NULL, name TEXT NOT NULL, machine_id VARCHAR(128) NOT NULL,
            task_prompt TEXT NOT NULL, cadence TEXT NOT NULL, rule TEXT NOT NULL, model TEXT, metadata TEXT,
            most_failures INTEGER NOT NULL, enabled INTEGER NOT NULL, paused_reason VARCHAR(64), next_run_at DOUBLE PRECISION,
            last_run_at DOUBLE PRECISION, run_count INTEGER NOT NULL, failures INTEGER NOT NULL, key_id VARCHAR(64) NOT NULL,
            deleted_at DOUBLE PRECISION, workflow_id VARCHAR(64), inputs TEXT
        )
        """,
        "CREATE INDEX schedules_by_time ON schedules (next_run_at)",
        "CREATE INDEX schedules_by_age ON schedules (created_at, id)",
        """
        CREATE TABLE fires (
            id VARCHAR(64) PRIMARY KEY, operation VARCHAR(200) NOT NULL, schedule_id VARCHAR(64) NOT NULL, "trigger" VARCHAR(16) NOT NULL,
            due_at DOUBLE PRECISION NOT NULL, made_at DOUBLE PRECISION NOT NULL, task_prompt TEXT NOT NULL, context TEXT NOT NULL,
            depth INTEGER NOT NULL, status VARCHAR(24) NOT NULL, started INTEGER NOT NULL, error TEXT,
            finished_at DOUBLE PRECISION, credits INTEGER
        )
        """,
        "CREATE INDEX fires_by_age ON fires (schedule_id, due_at, id)",
        "CREATE INDEX fires_by_status ON fires (status, started)",
        """
        CREATE TABLE triggers (
            id VARCHAR(64) PRIMARY KEY, schedule_id VARCHAR(64) NOT NULL, kind VARCHAR(16) NOT NULL,
            created_at DOUBLE PRECISION NOT NULL, enabled INTEGER NOT NULL, rate INTEGER NOT NULL, webhook_id VARCHAR(64) UNIQUE,
            secret TEXT NOT NULL, source_schedule_id VARCHAR(64), event VARCHAR(16), pass_output INTEGER NOT NULL, label VARCHAR(64)
        )
        """,
        "CREATE INDEX triggers_by_schedule ON triggers (schedule_id, created_at)",
        "CREATE INDEX triggers_by_source ON triggers (source_schedule_id)",
        """
        CREATE TABLE webhook_calls (
            webhook_id VARCHAR(64) NOT NULL, digest VARCHAR(64) NOT NULL, at DOUBLE PRECISION NOT NULL, fire_id VARCHAR(64) NOT NULL,
            PRIMARY KEY (webhook_id, digest)
        )
        """,
        "CREATE INDEX webhook_calls_by_age ON webhook_calls (at)",
    ),
    (
        "ALTER TABLE triggers RENAME COLUMN label TO address",
        "CREATE UNIQUE INDEX triggers_by_address ON triggers (address)",
        """
        CREATE TABLE mailboxes (
            name VARCHAR(400) PRIMARY KEY, validity BIGINT NOT NULL, last_uid BIGINT NOT NULL, looked_at DOUBLE PRECISION NOT NULL
        )
        """,
    ),
)

FOREVER = "schedules.deleted_at IS NULL"


class ScheduleStore:
    """Of one storage; every method may be called from any thread, and those with a `connection` are part of its transaction."""

    def __init__(self, storage: Storage) -> None:
        storage.upgrade("schedules", _VERSIONS)
        self.storage = storage

    # Schedules

    def insert(self, row: ScheduleRow) -> ScheduleRow:
        """Keep a new one, once for its id; gives the one that is kept."""
        with self.storage.transaction() as connection:
            self.add(connection, row)
            return self.one(connection, row.id) or row

    def add(self, connection: Connection, row: ScheduleRow) -> bool:
        """Keep it, once for its id; whether it is new."""
        return _insert(connection, "schedules", row)

    def get(self, schedule_id: str) -> ScheduleRow | None:
        """The schedule of that id; None where there is none, or none any more."""
        with self.storage.reading() as connection:
            return self.one(connection, schedule_id)

    def one(self, connection: Connection, schedule_id: str) -> ScheduleRow | None:
        """The same."""
        query = f"SELECT {_names(ScheduleRow)} FROM schedules WHERE id = :id AND {FOREVER}"  # noqa: S608 - of our own words
        return _first(ScheduleRow, _run(connection, query, id=schedule_id))

    def all(self, limit: int) -> list[ScheduleRow]:
        """The newest first."""
        query = f"SELECT {_names(ScheduleRow)} FROM schedules WHERE {FOREVER} ORDER BY created_at DESC, id DESC LIMIT :limit"  # noqa: S608 - as above
        with self.storage.reading() as connection:
            return _all(ScheduleRow, _run(connection, query, limit=limit))

    def count(self) -> int:
        """How many there are."""
        with self.storage.reading() as connection:
            return int(_run(connection, f"SELECT COUNT(*) FROM schedules WHERE {FOREVER}").scalar_one())  # noqa: S608 - as above

    def enabled(self) -> list[ScheduleRow]:
        """Those that fire by themselves."""
        query = (
            f"SELECT {_names(ScheduleRow)} FROM schedules WHERE enabled = 1 AND next_run_at IS NOT NULL AND {FOREVER}"  # noqa: S608 - as above
        )
        with self.storage.reading() as connection:
            return _all(ScheduleRow, _run(connection, query))

    def due(self, connection: Connection, now: float, limit: int) -> list[ScheduleRow]:
        """Those whose time has come, the first first."""
        query = (
            f"SELECT {_names(ScheduleRow)} FROM schedules WHERE next_run_at <= :now AND enabled = 1 AND {FOREVER} "  # noqa: S608 - as above
            "ORDER BY next_run_at, id LIMIT :limit"
        )
        return _all(ScheduleRow, _run(connection, query, now=now, limit=limit))

    def next_due(self) -> float | None:
        """When the next one's time comes; None where none has one."""
        query = f"SELECT MIN(next_run_at) FROM schedules WHERE enabled = 1 AND {FOREVER}"  # noqa: S608 - as above
        with self.storage.reading() as connection:
            found = _run(connection, query).scalar()
        return None if found is None else float(found)

    def change(self, connection: Connection, schedule_id: str, where: str = "", **fields: Any) -> bool:
        """Set these fields, where the words of `where` are so of it (`:seen` is the field's own); whether they were."""
        seen = fields.pop("seen", None)
        told = ", ".join(f"{name} = :{name}" for name in fields)
        query = f"UPDATE schedules SET {told} WHERE id = :id AND {FOREVER}" + (f" AND {where}" if where else "")  # noqa: S608 - as above
        values = {name: _kept(name, value) for name, value in fields.items()}
        more = {} if ":seen" not in where else {"seen": seen}
        return bool(_run(connection, query, id=schedule_id, **more, **values).rowcount)

    def ended(self, connection: Connection, schedule_id: str, *, failed: bool, worked: bool) -> ScheduleRow | None:
        """Count how one of its runs has ended."""
        failures = "failures + 1" if failed else "0" if worked else "failures"
        query = f"UPDATE schedules SET failures = {failures} WHERE id = :id AND {FOREVER}"  # noqa: S608 - as above
        _run(connection, query, id=schedule_id)
        return self.one(connection, schedule_id)

    def fired(self, connection: Connection, schedule_id: str, at: float) -> None:
        """Count that it has fired."""
        _run(
            connection,
            "UPDATE schedules SET run_count = run_count + 1, last_run_at = :at WHERE id = :id",
            id=schedule_id,
            at=at,
        )

    # Fires

    def add_fire(self, connection: Connection, row: FireRow) -> bool:
        """Keep it, once for its id; whether it is new."""
        return _insert(connection, "fires", row)

    def fire(self, fire_id: str) -> FireRow | None:
        """The one of that id."""
        with self.storage.reading() as connection:
            return self.one_fire(connection, fire_id)

    def one_fire(self, connection: Connection, fire_id: str) -> FireRow | None:
        """The same."""
        return _first(
            FireRow,
            _run(connection, f"SELECT {_names(FireRow)} FROM fires WHERE id = :id", id=fire_id),  # noqa: S608 - as above
        )

    def is_recorded(self, connection: Connection, fire_id: str) -> bool:
        """Whether there is one of that id."""
        return _run(connection, "SELECT 1 FROM fires WHERE id = :id", id=fire_id).first() is not None

    def to_start(self, limit: int) -> list[FireRow]:
        """Those that nobody has started yet, the first first."""
        query = (
            f"SELECT {_names(FireRow)} FROM fires WHERE status = 'queued' AND started = 0 "  # noqa: S608 - as above
            "ORDER BY made_at, id LIMIT :limit"
        )
        with self.storage.reading() as connection:
            return _all(FireRow, _run(connection, query, limit=limit))

    def count_unfinished(self, connection: Connection, schedule_id: str) -> int:
        """How many runs of a schedule have not ended."""
        query = "SELECT COUNT(*) FROM fires WHERE schedule_id = :id AND status IN ('queued', 'running')"
        return int(_run(connection, query, id=schedule_id).scalar_one())

    def unfinished(self) -> list[FireRow]:
        """Those that were started, and of which no end was heard."""
        query = f"SELECT {_names(FireRow)} FROM fires WHERE status IN ('queued', 'running') AND started = 1"  # noqa: S608 - as above
        with self.storage.reading() as connection:
            return _all(FireRow, _run(connection, query))

    def change_fire(self, connection: Connection, fire_id: str, expected: Sequence[FireStatus], **fields: Any) -> bool:
        """Set these fields where its status is one of these; whether it was."""
        told = ", ".join(f"{name} = :{name}" for name in fields)
        states = ", ".join(f"'{one}'" for one in expected)
        values = {name: _kept(name, value) for name, value in fields.items()}
        query = f"UPDATE fires SET {told} WHERE id = :id AND status IN ({states})"  # noqa: S608 - as above
        return bool(_run(connection, query, id=fire_id, **values).rowcount)

    def fires(
        self, schedule_id: str, status: FireStatus | None, before: tuple[float, str] | None, limit: int
    ) -> list[FireRow]:
        """Those of a schedule, the newest first; `before`: only those that come after that moment and id in the list."""
        where, values = "", dict[str, Any]()
        if status is not None:
            where, values = " AND status = :status", {"status": status}
        if before is not None:
            where += " AND (due_at < :at OR (due_at = :at AND id < :before))"
            values |= {"at": before[0], "before": before[1]}
        query = (
            f"SELECT {_names(FireRow)} FROM fires WHERE schedule_id = :schedule{where} "  # noqa: S608 - as above
            "ORDER BY due_at DESC, id DESC LIMIT :limit"
        )
        with self.storage.reading() as connection:
            return _all(FireRow, _run(connection, query, schedule=schedule_id, limit=limit, **values))

    # Triggers

    def add_trigger(self, connection: Connection, row: TriggerRow) -> bool:
        """Keep it, once for its id; whether it is new."""
        return _insert(connection, "triggers", row)

    def trigger(self, trigger_id: str) -> TriggerRow | None:
        """The one of that id."""
        return self._trigger("id", trigger_id)

    def of_webhook(self, webhook_id: str) -> TriggerRow | None:
        """The one that is called by that address."""
        return self._trigger("webhook_id", webhook_id)

    def of_address(self, word: str) -> TriggerRow | None:
        """The one that mails to that word are for."""
        return self._trigger("address", word)

    def _trigger(self, column: str, value: str) -> TriggerRow | None:
        with self.storage.reading() as connection:
            return _first(
                TriggerRow,
                _run(connection, f"SELECT {_names(TriggerRow)} FROM triggers WHERE {column} = :value", value=value),  # noqa: S608 - as above
            )

    def triggers(self, schedule_id: str) -> list[TriggerRow]:
        """Those of a schedule, the oldest first."""
        query = f"SELECT {_names(TriggerRow)} FROM triggers WHERE schedule_id = :id ORDER BY created_at, id"  # noqa: S608 - as above
        with self.storage.reading() as connection:
            return _all(TriggerRow, _run(connection, query, id=schedule_id))

    def count_triggers(self, connection: Connection, schedule_id: str) -> int:
        """How many a schedule has."""
        query = "SELECT COUNT(*) FROM triggers WHERE schedule_id = :id"
        return int(_run(connection, query, id=schedule_id).scalar_one())

    def chains(self, connection: Connection) -> list[TriggerRow]:
        """Every chain between schedules that are there."""
        query = (
            f"SELECT {_names(TriggerRow)} FROM triggers WHERE kind = 'chain' AND "  # noqa: S608 - as above
            f"EXISTS (SELECT 1 FROM schedules WHERE schedules.id = triggers.schedule_id AND {FOREVER})"
        )
        return _all(TriggerRow, _run(connection, query))

    def following(self, connection: Connection, schedule_id: str) -> list[TriggerRow]:
        """Those that follow that schedule."""
        query = f"SELECT {_names(TriggerRow)} FROM triggers WHERE source_schedule_id = :id AND enabled = 1 ORDER BY id"  # noqa: S608 - as above
        return _all(TriggerRow, _run(connection, query, id=schedule_id))

    def delete_trigger(self, schedule_id: str, trigger_id: str) -> bool:
        """Whether there was one."""
        query = "DELETE FROM triggers WHERE id = :id AND schedule_id = :schedule"
        with self.storage.transaction() as connection:
            return bool(_run(connection, query, id=trigger_id, schedule=schedule_id).rowcount)

    def delete_triggers_of(self, connection: Connection, schedule_id: str) -> None:
        """All that has a schedule fire, or fires after it."""
        _run(connection, "DELETE FROM triggers WHERE schedule_id = :id OR source_schedule_id = :id", id=schedule_id)

    # What webhooks were called with

    def has_addresses(self) -> bool:
        """Whether any trigger waits for mails."""
        with self.storage.reading() as connection:
            return _run(connection, "SELECT 1 FROM triggers WHERE address IS NOT NULL LIMIT 1").first() is not None

    def mailbox(self, name: str) -> MailboxRow | None:
        """How far that was read."""
        query = f"SELECT {_names(MailboxRow)} FROM mailboxes WHERE name = :name"  # noqa: S608 - as above
        with self.storage.reading() as connection:
            return _first(MailboxRow, _run(connection, query, name=name))

    def keep_mailbox(self, row: MailboxRow) -> None:
        """It was read so far."""
        statement = (
            f"INSERT INTO mailboxes ({_names(MailboxRow)}) VALUES (:name, :validity, :last_uid, :looked_at) "  # noqa: S608 - as above
            "ON CONFLICT (name) DO UPDATE SET validity = excluded.validity, last_uid = excluded.last_uid, looked_at = excluded.looked_at"
        )
        with self.storage.transaction() as connection:
            _run(connection, statement, **msgspec.structs.asdict(row))

    def first_call(
        self, connection: Connection, webhook_id: str, digest: str, fire_id: str, now: float, kept: float
    ) -> str:
        """The fire of a call with that body: `fire_id`, where there was none of the same body within so many seconds."""
        _run(connection, "DELETE FROM webhook_calls WHERE at < :old", old=now - 2 * kept)
        statement = (
            "INSERT INTO webhook_calls (webhook_id, digest, at, fire_id) VALUES (:webhook, :digest, :now, :fire) "
            "ON CONFLICT (webhook_id, digest) DO UPDATE SET at = excluded.at, fire_id = excluded.fire_id "
            "WHERE webhook_calls.at <= :old OR webhook_calls.at > :ahead"
        )
        values = {"webhook": webhook_id, "digest": digest}
        _run(connection, statement, now=now, fire=fire_id, old=now - kept, ahead=now + kept, **values)
        query = "SELECT fire_id FROM webhook_calls WHERE webhook_id = :webhook AND digest = :digest"
        return str(_run(connection, query, **values).scalar_one())


def _names(kind: type[Struct]) -> str:
    return ", ".join('"trigger"' if name == "trigger" else name for name in kind.__struct_fields__)


def _insert(connection: Connection, table: str, row: Struct) -> bool:
    names = row.__struct_fields__
    values = {name: _kept(name, getattr(row, name)) for name in names}
    told = ", ".join(f":{name}" for name in names)
    statement = f"INSERT INTO {table} ({_names(type(row))}) VALUES ({told}) ON CONFLICT DO NOTHING"  # noqa: S608 - of our own words
    return bool(_run(connection, statement, **values).rowcount)


_JSON = ("cadence", "rule", "metadata", "inputs")
"""Columns that are JSON."""

_TRUTHS = ("enabled", "started", "pass_output")


def _kept(name: str, value: Any) -> Any:
    if name in _JSON and value is not None:
        return msgspec.json.encode(value).decode()
    return int(value) if isinstance(value, bool) else value


def _first(kind: type[R], found: Any) -> R | None:
    row = found.first()
    return None if row is None else _row(kind, row)


def _all(kind: type[R], found: Iterable[Any]) -> list[R]:
    return [_row(kind, row) for row in found]


def _row(kind: type[R], found: Iterable[Any]) -> R:
    said = dict(zip(kind.__struct_fields__, found, strict=True))
    for name in said.keys() & set(_JSON):
        if said[name] is not None:
            said[name] = msgspec.json.decode(said[name], type=_KINDS[name])
    for name in said.keys() & set(_TRUTHS):
        said[name] = bool(said[name])
    return kind(**said)


_KINDS: dict[str, Any] = get_type_hints(ScheduleRow)


def _run(connection: Connection, statement: str, **values: Any) -> Any:
    from sqlalchemy import text  # noqa: PLC0415 - as in storage.py

    return connection.execute(text(statement), values)
