"""What receivers are to be told: kept in the transaction that makes it so, and sent until it has arrived or six tries were in vain."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from coasty_desk.automation.storage import Storage

PAUSES = (0.0, 10.0, 60.0, 600.0, 3600.0, 21_600.0)
"""Seconds before each try, after the one before it (SERVICE.md C6)."""

JITTER = 0.1
"""The part of a pause by which it may be longer: so that not all that has waited for a receiver comes back in the same second."""

LEASE = 60.0
"""Seconds after which a try counts as cut off; none takes that long."""

_NAMES = uuid.UUID("6f2b8f0e-3a68-4c0e-9d55-6a6b1d6f3c7d")
"""What the deliveries' ids are made within."""

_TABLES = (
    (
        (
            "CREATE TABLE deliveries (id VARCHAR(36) PRIMARY KEY, run_id VARCHAR(200) NOT NULL, event VARCHAR(64) NOT NULL, "
            "url TEXT NOT NULL, secret VARCHAR(200) NOT NULL, body TEXT NOT NULL, made_at DOUBLE PRECISION NOT NULL, "
            "due_at DOUBLE PRECISION NOT NULL, tries INTEGER NOT NULL, state VARCHAR(16) NOT NULL, said VARCHAR(200) NOT NULL)"
        ),
        "CREATE INDEX deliveries_by_time ON deliveries (state, due_at)",
        "CREATE INDEX deliveries_by_run ON deliveries (run_id)",
    ),
    ("ALTER TABLE deliveries ADD COLUMN host VARCHAR(64) NOT NULL DEFAULT ''",),
)


_DUE = (
    "SELECT id FROM deliveries WHERE host = :host AND state IN ('waiting', 'sending') AND due_at <= :now "
    "ORDER BY due_at, id LIMIT 1"
)
_DUE_UNLOCKED = f"{_DUE} FOR UPDATE SKIP LOCKED"  # others take theirs meanwhile


class Delivery(Struct, frozen=True):
    """One message for one receiver; the same `id` and the same `body` each time it is sent. `tries`: how many have begun."""

    id: str
    run_id: str
    event: str
    url: str
    secret: str
    body: bytes
    tries: int


class DeliveryState(Struct, frozen=True):
    """What became of one: `waiting`, `sending`, `delivered` or `given up`; `said`: what came of the last try."""

    id: str
    event: str
    tries: int
    state: str
    said: str


class WebhookOutbox:
    """Of one storage; every method may be called from any thread. `clock`: seconds since the epoch.

    `host`: of many on one storage, each sends what it has put there itself.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        host: str = "",
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        storage.upgrade("webhooks", _TABLES)
        self._storage = storage
        self._host = host
        self._clock = clock
        self._jitter = jitter

    def add(
        self,
        connection: Connection,
        *,
        run_id: str,
        event: str,
        url: str,
        secret: str,
        body: bytes,
        occurrence: int = 1,
    ) -> str:
        """Have it sent when the transaction of `connection` is done: once for each event of a run. Gives the delivery's id.

        `occurrence`: which one of its kind it is, where a run may have several (`run.awaiting_human`). `body` is JSON in UTF-8.
        """
        delivery = delivery_id(run_id, event, occurrence)
        now = self._clock()
        _run(
            connection,
            "INSERT INTO deliveries (id, host, run_id, event, url, secret, body, made_at, due_at, tries, state, said) "
            "VALUES (:id, :host, :run_id, :event, :url, :secret, :body, :now, :now, 0, 'waiting', '') ON CONFLICT (id) DO NOTHING",
            id=delivery,
            host=self._host,
            run_id=run_id,
            event=event,
            url=url,
            secret=secret,
            body=body.decode(),
            now=now,
        )
        return delivery

    def take(self) -> Delivery | None:
        """The next one whose time has come, for one caller alone: it is sent now, and said to be in `settle`; None where there is none."""
        now = self._clock()
        with self._storage.transaction() as connection:
            due = _DUE_UNLOCKED if self._storage.is_postgres else _DUE
            found = _run(connection, due, now=now, host=self._host).scalar()
            if found is None:
                return None
            row = _run(
                connection,
                "UPDATE deliveries SET state = 'sending', tries = tries + 1, due_at = :until WHERE id = :id "
                "RETURNING id, run_id, event, url, secret, body, tries",
                id=found,
                until=now + LEASE,
            ).one()
        return Delivery(row.id, row.run_id, row.event, row.url, row.secret, row.body.encode(), row.tries)

    def settle(self, delivery: Delivery, *, arrived: bool, said: str) -> None:
        """What came of a try: it has arrived, or is due again, or is given up. What is over keeps neither secret nor body."""
        pause = PAUSES[delivery.tries] if delivery.tries < len(PAUSES) else None
        state = "delivered" if arrived else "given up" if pause is None else "waiting"
        due = self._clock() + (pause or 0.0) * (1 + JITTER * self._jitter())
        with self._storage.transaction() as connection:
            _run(
                connection,
                "UPDATE deliveries SET state = :state, due_at = :due, said = :said WHERE id = :id AND state = 'sending' AND tries = :tries",
                state=state,
                due=due,
                said=said[:200],
                id=delivery.id,
                tries=delivery.tries,
            )
            _run(
                connection,
                "UPDATE deliveries SET secret = '', body = '' WHERE id = :id AND state IN ('delivered', 'given up')",
                id=delivery.id,
            )

    def cut_off(self) -> None:
        """Nobody sends what was being sent: it is due now. Where one process sends, at its beginning."""
        with self._storage.transaction() as connection:
            statement = "UPDATE deliveries SET due_at = :now WHERE state = 'sending' AND host = :host"
            _run(connection, statement, now=self._clock(), host=self._host)

    def take_over(self, connection: Connection, host: str) -> None:
        """Within a transaction: what that host has not sent is this one's to send."""
        statement = "UPDATE deliveries SET host = :host WHERE host = :lost AND state IN ('waiting', 'sending')"
        _run(connection, statement, host=self._host, lost=host)

    def until_next(self) -> float | None:
        """Seconds until one is due, at most; None where none waits."""
        with self._storage.reading() as connection:
            query = "SELECT MIN(due_at) FROM deliveries WHERE host = :host AND state IN ('waiting', 'sending')"
            due = _run(connection, query, host=self._host).scalar()
        return None if due is None else max(0.0, due - self._clock())

    def of_run(self, run_id: str) -> list[DeliveryState]:
        """What became of all that a run's receiver was to be told, the first first."""
        with self._storage.reading() as connection:
            rows = _run(
                connection,
                "SELECT id, event, tries, state, said FROM deliveries WHERE run_id = :id ORDER BY made_at, id",
                id=run_id,
            ).all()
        return [DeliveryState(*row) for row in rows]


def delivery_id(run_id: str, event: str, occurrence: int = 1) -> str:
    """The name of that message for ever, by which a receiver knows it again."""
    return str(uuid.uuid5(_NAMES, f"{run_id}\n{event}\n{occurrence}"))


def _run(connection: Connection, statement: str, **values: Any) -> Any:
    from sqlalchemy import text  # noqa: PLC0415 - as in storage.py

    return connection.execute(text(statement), values)
