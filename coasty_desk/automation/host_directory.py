# ruff: noqa: S608 - statements are put together from words of this file alone
"""The hosts on one database, in its tables: which there are, when each was heard of last, how it is asked, and the machines that it has.

Only the database's clock decides how long ago that was; each statement looks at it where it is carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from coasty_desk.core.errors import UsageError
from coasty_desk.machines.machine_record import MachineRecord

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from coasty_desk.automation.storage import Storage

LOST = 20.0
"""Seconds without a heartbeat after which a host is lost: longer by far than its own lease (`driving_lease.LEASE`)."""

FORGOTTEN = 7 * 24 * 3600.0
"""Seconds for which a host that is lost is still told of."""

HostState = Literal["here", "lost"]

_TABLES = (
    (
        (
            "CREATE TABLE hosts (id VARCHAR(64) PRIMARY KEY, name VARCHAR(255) NOT NULL, computer VARCHAR(200) NOT NULL, "
            "url VARCHAR(255) NOT NULL, secret VARCHAR(128) NOT NULL, instance VARCHAR(64) NOT NULL, state VARCHAR(16) NOT NULL, "
            "seen_at DOUBLE PRECISION NOT NULL)"
        ),
        (
            "CREATE TABLE host_machines (id VARCHAR(64) PRIMARY KEY, host VARCHAR(64) NOT NULL, display_name VARCHAR(255) NOT NULL, "
            "status VARCHAR(16) NOT NULL, os VARCHAR(16) NOT NULL, record TEXT NOT NULL)"
        ),
        "CREATE INDEX host_machines_by_host ON host_machines (host)",
    ),
)

_NOW = "extract(epoch from clock_timestamp())"

_COLUMNS = f"id, name, computer, url, secret, state, {_NOW} - seen_at"


class Host(Struct, frozen=True):
    """A host as the others know it: `url` is where it is asked, on its own `computer` alone where that is a loopback address.

    `secret` is that by which the others sign what they ask it for. `silent`: seconds since it was heard of.
    """

    id: str
    name: str
    computer: str
    url: str
    secret: str
    state: HostState = "here"
    silent: float = 0.0

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Host({self.id}, {self.name})"


class HostLostError(Exception):
    """The host is not there: nothing is asked of it."""

    def __init__(self, host: Host | None) -> None:
        super().__init__(host)
        self.host = host


class NotThisProcessError(Exception):
    """Another process has come to be this host."""


class HostDirectory:
    """Of one Postgres storage; every method may be called from any thread."""

    def __init__(self, storage: Storage) -> None:
        """Raises UsageError for a file: it has neither a clock nor locks that computers share."""
        if not storage.is_postgres:
            message = f"{storage.name} is no Postgres database, and many hosts can share nothing else."
            raise UsageError(message, "Give --join postgresql://USER@HOST/DATABASE.")
        storage.upgrade("hosts", _TABLES)
        self._storage = storage

    def register(self, connection: Connection, host: Host, instance: str) -> float:
        """This host is there, in this process; gives the database's seconds since the epoch. Its name must be locked (`HostLock`)."""
        values = {name: getattr(host, name) for name in ("id", "name", "computer", "url", "secret")}
        statement = (
            "INSERT INTO hosts (id, name, computer, url, secret, instance, state, seen_at) "
            f"VALUES (:id, :name, :computer, :url, :secret, :instance, 'here', {_NOW}) "
            "ON CONFLICT (id) DO UPDATE SET name = :name, computer = :computer, url = :url, secret = :secret, "
            f"instance = :instance, state = 'here', seen_at = {_NOW} RETURNING seen_at"
        )
        return float(_run(connection, statement, instance=instance, **values).scalar_one())

    def beat(self, connection: Connection, host_id: str, instance: str) -> float | None:
        """It is there still; gives the database's time, or None where it was said to be lost. Raises NotThisProcessError."""
        statement = f"UPDATE hosts SET seen_at = {_NOW} WHERE id = :id AND instance = :instance AND state = 'here' RETURNING seen_at"
        seen = _run(connection, statement, id=host_id, instance=instance).scalar()
        if seen is None:
            other = _run(connection, "SELECT instance FROM hosts WHERE id = :id", id=host_id).scalar()
            if other is not None and other != instance:
                raise NotThisProcessError
        return None if seen is None else float(seen)

    def all(self) -> list[Host]:
        """Every one that is known, by its name."""
        with self._storage.reading() as connection:
            return [Host(*row) for row in _run(connection, f"SELECT {_COLUMNS} FROM hosts ORDER BY name, id")]

    def get(self, host_id: str) -> Host | None:
        """The host of that id; None where none is known."""
        with self._storage.reading() as connection:
            return _host(connection, host_id)

    def demand_here(self, connection: Connection, host_id: str) -> None:
        """Within a transaction, which nobody says it is lost before the end of. Raises HostLostError where it is."""
        row = _run(connection, "SELECT state FROM hosts WHERE id = :id FOR SHARE", id=host_id).first()
        if row is None or row[0] != "here":
            raise HostLostError(_host(connection, host_id))

    def declare_lost(self, but: str, then: Callable[[Connection, Host], None], silent: float = LOST) -> list[Host]:
        """Those of the others that were not heard of for so long are lost from now on; `then` within the same transaction, for each."""
        statement = (
            "UPDATE hosts SET state = 'lost' WHERE id != :but AND state = 'here' "
            f"AND {_NOW} - seen_at > :silent RETURNING {_COLUMNS}"
        )
        with self._storage.transaction() as connection:
            lost = [Host(*row) for row in _run(connection, statement, but=but, silent=silent)]
            for host in lost:
                then(connection, host)
            if lost:
                old = {"age": FORGOTTEN, "but": but}
                gone = f"SELECT id FROM hosts WHERE state = 'lost' AND id != :but AND {_NOW} - seen_at > :age"
                _run(connection, f"DELETE FROM host_machines WHERE host IN ({gone})", **old)
                _run(connection, f"DELETE FROM hosts WHERE id IN ({gone})", **old)
        return lost

    # Machines

    def keep_machines(self, host_id: str, records: Iterable[MachineRecord], gone: Iterable[str]) -> None:
        """These are this host's and as they are now; those of the ids `gone` are no more. One that another host has stays that one's."""
        statement = (
            "INSERT INTO host_machines (id, host, display_name, status, os, record) "
            "VALUES (:id, :host, :display_name, :status, 'linux', :record) ON CONFLICT (id) DO UPDATE "
            "SET host = :host, display_name = :display_name, status = :status, record = :record "
            "WHERE host_machines.host = :host OR host_machines.host IN (SELECT id FROM hosts WHERE state = 'lost')"
        )
        with self._storage.transaction() as connection:
            for record in records:
                values = {"id": record.id, "display_name": record.display_name[:255], "status": record.status}
                _run(connection, statement, host=host_id, record=msgspec.json.encode(record).decode(), **values)
            for machine_id in gone:
                _run(
                    connection, "DELETE FROM host_machines WHERE id = :id AND host = :host", id=machine_id, host=host_id
                )

    def machine_ids(self, host_id: str) -> set[str]:
        """Those that are kept of a host."""
        with self._storage.reading() as connection:
            return {row[0] for row in _run(connection, "SELECT id FROM host_machines WHERE host = :id", id=host_id)}

    def machines(self, but: str) -> list[tuple[Host, MachineRecord]]:
        """Those of all other hosts: desktops first, then the newest."""
        found = self._machines("host != :but", but=but)
        return sorted(found, key=lambda one: (one[1].kind != "desktop", one[0].name, -one[1].created_at))

    def machine(self, machine_id: str) -> tuple[Host, MachineRecord] | None:
        """The machine of that id, with its host."""
        return next(iter(self._machines("host_machines.id = :machine", machine=machine_id)), None)

    def _machines(self, where: str, **values: str) -> list[tuple[Host, MachineRecord]]:
        columns = ", ".join(f"hosts.{name}" for name in ("id", "name", "computer", "url", "secret", "state"))
        statement = (
            f"SELECT {columns}, {_NOW} - hosts.seen_at, record FROM host_machines "
            f"JOIN hosts ON hosts.id = host_machines.host WHERE {where}"
        )
        with self._storage.reading() as connection:
            rows = _run(connection, statement, **values).all()
        return [(Host(*row[:-1]), msgspec.json.decode(row[-1], type=MachineRecord)) for row in rows]


def _host(connection: Connection, host_id: str) -> Host | None:
    row = _run(connection, f"SELECT {_COLUMNS} FROM hosts WHERE id = :id", id=host_id).first()
    return None if row is None else Host(*row)


def _run(connection: Connection, statement: str, **values: Any) -> Any:
    from sqlalchemy import text  # noqa: PLC0415 - as in storage.py

    said: Mapping[str, Any] = values
    return connection.execute(text(statement), said)
