"""What was answered to a request with an `Idempotency-Key`, for 24 hours: the same request again gets the same answer, and nothing is done.

A record begins before the handler does and is finished with its answer, in one transaction with what was charged. Where the
process ends in between, the record stays open, and the next request of that key goes on under the same operation id. The answers are
sealed with the API key that asked (they may hold secrets that are told once): who has the database alone cannot read them.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
import time
import zlib
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.api_keys import ServiceKey
from coasty_desk.server.database import Database
from coasty_desk.server.usage_meter import counted_in

KEPT = 24 * 3600
"""Seconds that an answer is kept."""

MOST_KEPT = 500_000_000
"""Bytes of all answers that are kept: beyond that the oldest go first, and of those the large ones (files that were read)."""

_LARGE = 100_000

_TIDIED = 600
"""Seconds between two times that what is older is deleted."""

_WORTH_PACKING = 1000
"""Bytes."""

_VERSIONS = (
    """
    CREATE TABLE idempotency (
        key_id TEXT NOT NULL, key TEXT NOT NULL, operation TEXT NOT NULL, body_hash BLOB NOT NULL,
        operation_id TEXT NOT NULL UNIQUE, request_id TEXT NOT NULL, began_at REAL NOT NULL,
        state TEXT NOT NULL, status INTEGER, answer BLOB,
        PRIMARY KEY (key_id, key, operation)
    );
    CREATE INDEX idempotency_age ON idempotency (began_at)
    """,
)

State = Literal["open", "completed", "refunded"]

Place: TypeAlias = tuple[str, str, str]
"""The API key's id, the idempotency key, and the operation with its path."""


class Answer(Struct, frozen=True):
    """As it went out: status, the handler's own headers, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Begun(Struct, frozen=True):
    """This request is to be carried out, and its record is to be finished. `resumed`: an earlier process has begun with it."""

    place: Place
    operation_id: str
    resumed: bool
    api_key: ServiceKey


class InFlight(Struct, frozen=True):
    """Another request with this key is being carried out; `over` is done once it is not any more."""

    over: Future[None]


class KeyRecord(Struct, frozen=True):
    """What is known of a key: the answer, where there is one."""

    answer: Answer | None


class Idempotency:
    """The records of one database; every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._in_flight: dict[Place, Future[None]] = {}
        self._tidied = 0.0
        database.upgrade("idempotency", _VERSIONS)
        self._kept = self._size()

    def begin(self, place: Place, api_key: ServiceKey, body_hash: bytes, request_id: str) -> Begun | Answer | InFlight:
        """Whether to carry the request out, to repeat an answer, or to wait.

        Raises ApiError where the key stands for another body, or for something that failed and was refunded.
        """
        self._tidy()
        with self._lock:
            row = self._record(place)
            if row is not None and row[0] != body_hash:
                message = "This Idempotency-Key stands for a request with another body."
                raise ApiError("IDEMPOTENCY_KEY_REUSED", message)
            running = self._in_flight.get(place)
            if running is not None:
                return InFlight(running)
            if row is None:
                operation_id, resumed = f"op_{secrets.token_hex(16)}", False
                self._insert(place, body_hash, operation_id, request_id)
            else:
                _, operation_id, state, status, sealed = row
                if state == "refunded":
                    message = "The request of this Idempotency-Key failed, and what it was charged came back."
                    raise ApiError("IDEMPOTENCY_ALREADY_REFUNDED", message)
                if state == "completed":
                    return _opened(api_key, operation_id, status, sealed)
                resumed = True
            self._in_flight[place] = Future()
            return Begun(place, operation_id, resumed, api_key)

    def finish(
        self,
        begun: Begun,
        answer: Answer,
        charged: int,
        name: str,
        state: Literal["completed", "refunded"] = "completed",
    ) -> None:
        """Keep the answer, and count what was charged for the operation of that name."""
        sealed = _sealed(begun, answer)
        with self._database.transaction(durable=True) as connection:
            connection.execute(
                "UPDATE idempotency SET state = ?, status = ?, answer = ? WHERE operation_id = ?",
                (state, answer.status, sealed, begun.operation_id),
            )
            counted_in(connection, name, charged, begun.api_key.key_id)
            self._make_room(connection, begun.operation_id, len(sealed))
        self._over(begun.place)

    def forget(self, begun: Begun) -> None:
        """Nothing was done: the key may be used again."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM idempotency WHERE operation_id = ?", (begun.operation_id,))
        self._over(begun.place)

    def leave_open(self, begun: Begun) -> None:
        """Nobody knows what came of it: the next request of this key goes on with it."""
        self._over(begun.place)

    def looked_up(self, api_key: ServiceKey, key: str) -> KeyRecord | None:
        """What the newest request of that idempotency key came to, whatever its operation; None where there is none."""
        query = (
            "SELECT operation_id, state, status, answer FROM idempotency "
            "WHERE key_id = ? AND key = ? AND began_at > ? ORDER BY began_at DESC"
        )
        row = self._database.row(query, (api_key.key_id, key, time.time() - KEPT))
        if row is None:
            return None
        operation_id, state, status, sealed = row
        return KeyRecord(None if state == "open" else _opened(api_key, operation_id, status, sealed))

    def _record(self, place: Place) -> Any:
        query = (
            "SELECT body_hash, operation_id, state, status, answer FROM idempotency "
            "WHERE key_id = ? AND key = ? AND operation = ? AND began_at > ?"
        )
        return self._database.row(query, (*place, time.time() - KEPT))

    def _insert(self, place: Place, body_hash: bytes, operation_id: str, request_id: str) -> None:
        values = (*place, body_hash, operation_id, request_id, time.time())
        with self._database.transaction(durable=True) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?, 'open', NULL, NULL)", values
            )

    def _size(self) -> int:
        """Bytes of all answers."""
        return int(self._database.row("SELECT total(length(answer)) FROM idempotency")[0])

    def _make_room(self, connection: sqlite3.Connection, newest: str, count: int) -> None:
        """Within a transaction that has added so many bytes: let go of older answers where all are too much. That they were given stays known."""
        self._kept += count
        if self._kept <= MOST_KEPT:
            return
        self._kept = self._size()
        query = (
            "SELECT operation_id, length(answer) FROM idempotency WHERE answer IS NOT NULL AND operation_id != ? "
            "ORDER BY length(answer) < ?, began_at"
        )
        for operation_id, size in connection.execute(query, (newest, _LARGE)).fetchall():
            if self._kept <= 0.9 * MOST_KEPT:
                return
            connection.execute("UPDATE idempotency SET answer = NULL WHERE operation_id = ?", (operation_id,))
            self._kept -= size

    def _over(self, place: Place) -> None:
        with self._lock:
            future = self._in_flight.pop(place, None)
        if future is not None:
            future.set_result(None)

    def _tidy(self) -> None:
        now = time.monotonic()
        with self._lock:
            if self._tidied and now - self._tidied < _TIDIED:
                return
            self._tidied = now
            running = set(self._in_flight)
        with self._database.transaction() as connection:
            old = connection.execute(
                "SELECT key_id, key, operation FROM idempotency WHERE began_at <= ?", (time.time() - KEPT,)
            ).fetchall()
            for place in set(old) - running:
                connection.execute("DELETE FROM idempotency WHERE key_id = ? AND key = ? AND operation = ?", place)


def body_hash(body: object) -> bytes:
    """The same for bodies that say the same, whatever the order of their fields."""
    return hashlib.sha256(msgspec.json.encode(body, order="deterministic")).digest()


def _sealed(begun: Begun, answer: Answer) -> bytes:
    packed = len(answer.body) >= _WORTH_PACKING
    head = msgspec.json.encode([packed, answer.headers])
    content = len(head).to_bytes(4, "big") + head + (zlib.compress(answer.body, 1) if packed else answer.body)
    seal = begun.api_key.seal
    assert seal is not None  # noqa: S101 - only who was let in begins anything
    return seal.close(begun.operation_id, content)


def _opened(api_key: ServiceKey, operation_id: str, status: int, sealed: bytes | None) -> Answer:
    assert api_key.seal is not None  # noqa: S101 - as above
    if sealed is None:
        message = "This request was carried out and answered; its answer was too large to be kept until now."
        raise ApiError("CONFLICT", message, "Look whether it was done, and use a new key.")
    try:
        content = api_key.seal.open(operation_id, sealed)
    except ValueError as error:
        message = "What was answered to this Idempotency-Key cannot be read any more."
        raise ApiError("CONFLICT", message, "Look whether it was done, and use a new key.") from error
    end = 4 + int.from_bytes(content[:4], "big")
    packed, headers = msgspec.json.decode(content[4:end], type=tuple[bool, dict[str, str]])
    body = content[end:]
    return Answer(status, headers, zlib.decompress(body) if packed else body)


def replayed(answer: Answer) -> Mapping[str, Any] | None:
    """The body of an answer that is repeated, where it has to say that nothing is charged for that; else None."""
    if b'"usage"' not in answer.body:
        return None
    body = msgspec.json.decode(answer.body)
    if not isinstance(body, dict) or not isinstance(body.get("usage"), dict):
        return None
    usage = {**body["usage"], "credits_charged": 0, "cost_cents": 0, "billed": False}
    return {**body, "usage": usage | ({"breakdown": None} if "breakdown" in usage else {})}
