"""Durable work on disk: DBOS Transact calls the handlers, on SQLite or on Postgres.

DBOS calls what we hand it, and calls again what was cut off; nothing more is left to it, since each of these was broken in a trial:

- One piece of work is one of its workflows without steps: only the handler knows how far it came.
- Its cancelling is not used: it frees the queue while the old work still acts. What may not begin is a state in our own table.
- Its messages are not used: a wait for one is a step, whose number must be the same at each call. Ours are in our own table.
- Its version is fixed, or else an update strands what was under way. Its executor's id is the host's own, and one process has it.
- Its serializer is JSON, its file is made 0600 and in WAL before it opens it, its errors go to our log, its environment is empty.

It sees to a queue by looking at it again and again: four times a second for eight machines is a seventh of a core. So there is one
queue for the host, in which each of ours is a partition with one at a time; and it is looked at when there is something to see.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from coasty_desk import file_lock, plain_files
from coasty_desk.automation.driving_lease import DrivingLease, boot_seconds
from coasty_desk.automation.engine import Handler, Work
from coasty_desk.automation.named_lock import NamedLock
from coasty_desk.automation.storage import Storage, let_go, postgres_pool, reason, sqlite_pool, unusable
from coasty_desk.core.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Engine as Pool

VERSION = "1"
"""Of what DBOS has of our work, which is its name alone: so any version of coasty-desk goes on with any other's."""

SCHEMA = "coasty_desk_engine"
"""Where DBOS keeps its tables in Postgres."""

LOOKED = 1.0
"""Seconds after which a host looks for what another process has submitted or said."""

SOON, OFTEN, LATE, IN_VAIN = 0.01, 0.1, 1.0, 50
"""Seconds between two nudges while somebody's turn has come: at first, soon after, and after so many that were in vain."""

LET_GO = 5.0
"""Seconds in which a server has heard that a process that was killed has gone."""

HELD = 2.0
"""Seconds between two looks whether the database's lock is held still."""

PAUSE, LONGEST_PAUSE = 0.5, 60.0
"""Seconds until a handler that raised is called again: the first time, and at most."""

_SELDOM = 30.0
"""Seconds between two looks of DBOS at what is never there."""

_FALLBACK, _POLLED = 10.0, 0.25
"""Seconds between two looks of DBOS at its queue when nobody nudges it; and where it cannot be nudged."""

_TABLES = (
    (
        "CREATE TABLE turns (last INTEGER NOT NULL)",
        "INSERT INTO turns (last) VALUES (0)",
        (
            "CREATE TABLE works (work_id VARCHAR(200) PRIMARY KEY, host VARCHAR(200) NOT NULL, kind VARCHAR(64) NOT NULL, "
            "queue VARCHAR(200) NOT NULL, payload TEXT NOT NULL, not_before DOUBLE PRECISION, turn INTEGER NOT NULL, "
            "state VARCHAR(16) NOT NULL, attempt INTEGER NOT NULL)"
        ),
        "CREATE INDEX works_by_state ON works (host, state, queue)",
        (
            "CREATE TABLE messages (work_id VARCHAR(200) NOT NULL REFERENCES works (work_id), number INTEGER NOT NULL, "
            "topic VARCHAR(64) NOT NULL, message TEXT NOT NULL, once VARCHAR(200) NOT NULL, heard INTEGER NOT NULL, "
            "PRIMARY KEY (work_id, number))"
        ),
    ),
    ("ALTER TABLE works ADD COLUMN over_at DOUBLE PRECISION",),
)
"""A work is waiting, queued (DBOS has it: the next one of its queue), begun, done or cancelled. By their turns they wait."""

_log = logging.getLogger("coasty_desk.engine")


class DbosEngine:
    """An `automation.engine.Engine`. At most one in a process may have begun: DBOS has one of everything.

    `place`: the path of its SQLite file, or a Postgres database's address. `lock`: a file that one process at a time has locked;
    `host`: this host's own name among those of the same database, for ever; `joined`: whoever made it sees to that no other process has
    that name. `usurped` is called where another computer's service has taken the database meanwhile: nothing is carried out here any more.
    Raises UsageError where the place cannot be had.
    """

    def __init__(
        self,
        place: Path | str,
        lock: Path,
        *,
        host: str = "this-computer",
        joined: bool = False,
        usurped: Callable[[], None] = lambda: None,
    ) -> None:
        self.ending = threading.Event()
        self._place = place
        self._lock = lock
        self._host = host
        self._joined = joined
        self._queue = f"host-{host}"
        self._storage = Storage(place)
        self._storage.upgrade("engine", _TABLES)
        self._changed = threading.Condition()
        self._changes = 0
        self._under_way: dict[str, DbosContext] = {}
        self._handed_over: set[str] = set()
        self._handlers: Mapping[str, Handler] = {}
        self._enqueue: Callable[[str, str], None] = _not_begun
        self._nudge = _Nudge()
        self._lease: DrivingLease | None = None
        self._usurped = usurped
        self._at_end = ExitStack()
        self._at_end.callback(self._storage.close)

    def begin(self, handlers: Mapping[str, Handler]) -> None:
        """As the port says. It takes a second or two: DBOS is loaded."""
        self._handlers = handlers
        self._take_lock()
        self._launch()
        pump = threading.Thread(target=self._pump, name="engine", daemon=True)
        pump.start()
        self._at_end.callback(pump.join, 5.0)

    def submit(self, work: Work) -> None:
        """As the port says."""
        values = {"host": self._host, **msgspec.structs.asdict(work)}
        with self._writing() as connection:
            turn = _run(connection, "UPDATE turns SET last = last + 1 RETURNING last").scalar_one()
            statement = (
                "INSERT INTO works (work_id, host, kind, queue, payload, not_before, turn, state, attempt) "
                "VALUES (:work_id, :host, :kind, :queue, :payload, :not_before, :turn, 'waiting', 0) ON CONFLICT (work_id) DO NOTHING"
            )
            _run(connection, statement, turn=turn, **values)

    def signal(self, work_id: str, topic: str, message: str, once: str = "") -> None:
        """As the port says."""
        with self._writing() as connection:
            # the work's row is locked, so that two messages cannot have one number
            row = _run(
                connection, "UPDATE works SET host = host WHERE work_id = :id RETURNING state", id=work_id
            ).first()
            if row is None:
                raise LookupError(work_id)
            if row[0] in {"done", "cancelled"}:
                return
            told = _run(connection, "SELECT number, once FROM messages WHERE work_id = :id", id=work_id).all()
            if once and once in {name for _, name in told}:
                return
            statement = (
                "INSERT INTO messages (work_id, number, topic, message, once, heard) "
                "VALUES (:id, :number, :topic, :message, :once, 0)"
            )
            number = 1 + max((number for number, _ in told), default=0)
            _run(connection, statement, id=work_id, number=number, topic=topic, message=message, once=once)

    def cancel(self, work_id: str) -> bool:
        """As the port says."""
        with self._writing() as connection:
            _run(
                connection,
                "UPDATE works SET state = 'cancelled', over_at = :now WHERE work_id = :id AND state IN ('waiting', 'queued')",
                id=work_id,
                now=time.time(),
            )
            row = _run(connection, "SELECT state FROM works WHERE work_id = :id", id=work_id).first()
        return row is not None and row[0] == "cancelled"

    def forget(self, before: float) -> None:
        """As the port says."""
        import dbos  # noqa: PLC0415 - it is loaded by now

        query = (
            "SELECT work_id FROM works WHERE host = :host AND state IN ('done', 'cancelled') AND COALESCE(over_at, 0) < :before "
            "LIMIT 200"
        )
        while not self.ending.is_set():
            with self._storage.reading() as connection:
                old = _run(connection, query, host=self._host, before=before).scalars().all()
            if not old:
                return
            dbos.DBOS.delete_workflows(list(old))
            with self._storage.transaction() as connection:
                for work_id in old:
                    _run(connection, "DELETE FROM messages WHERE work_id = :id", id=work_id)
                    _run(connection, "DELETE FROM works WHERE work_id = :id", id=work_id)

    def lease(self) -> DrivingLease | None:
        """Until when work may act: while the database is this engine's for certain; None where no other could have it."""
        return self._lease

    def close(self) -> None:
        """As the port says."""
        self._stop()
        self._at_end.close()

    def _stop(self) -> None:
        self.ending.set()
        with self._changed:
            for context in self._under_way.values():
                context.left.set()
            self._changed.notify_all()

    def receive(self, work_id: str, topic: str, seconds: float, after: int) -> tuple[int, str] | None:
        """The first message to that work of that topic whose number is above `after`, which those up to that were dealt with by."""
        until = time.monotonic() + seconds
        if after:
            statement = "UPDATE messages SET heard = 1 WHERE work_id = :id AND topic = :topic AND number <= :after"
            with self._storage.transaction() as connection:
                _run(connection, statement, id=work_id, topic=topic, after=after)
        while not self.ending.is_set():
            seen = self._changes
            with self._storage.reading() as connection:
                row = _run(
                    connection,
                    "SELECT number, message FROM messages WHERE work_id = :id AND topic = :topic AND heard = 0 ORDER BY number LIMIT 1",
                    id=work_id,
                    topic=topic,
                ).first()
            if row is not None:
                return row[0], row[1]
            left = until - time.monotonic()
            if left <= 0:
                break
            self._wait(seen, min(left, LOOKED))
        return None

    def carry_out(self, work_id: str) -> None:
        """Call its handler until that has returned. Raises _CutOffError, which DBOS takes for no end, when the engine ends before."""
        pause = PAUSE
        context: DbosContext | None = None
        while not self.ending.is_set():
            try:
                if context is not None and context.is_done:
                    self._finish(work_id)
                    return
                context = self._begun(work_id)
                if context is None:
                    return
                if not self._call(context):
                    pause = min(2 * pause, LONGEST_PAUSE)
                    self.ending.wait(pause / 2)
            except Exception as error:  # noqa: BLE001 - the database's own faults pass, and what is under way must not be lost for one
                _log.error("the engine cannot write how far %s came: %s", work_id, reason(error))
                self.ending.wait(PAUSE)
            finally:
                with self._changed:
                    self._under_way.pop(work_id, None)
                    self._handed_over.discard(work_id)
                    self._tell()
        raise _CutOffError

    def _begun(self, work_id: str) -> DbosContext | None:
        """Its handler is about to be called; None where it must not be."""
        with self._storage.transaction() as connection:
            row = _run(
                connection,
                "UPDATE works SET state = 'begun', attempt = attempt + 1 WHERE work_id = :id AND state IN ('queued', 'begun') "
                "RETURNING kind, payload, attempt",
                id=work_id,
            ).first()
        if row is None:
            return None
        context = DbosContext(self, work_id, *row)
        with self._changed:
            self._under_way[work_id] = context
        return context

    def _call(self, context: DbosContext) -> bool:
        """Call its handler in a thread that nothing waits for at the program's end; whether it returned before the engine's."""

        def call() -> None:
            try:
                self._handlers[context.kind](context)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is called again
                _log.error("%s has failed and is called again: %s: %s", context.work_id, type(error).__name__, error)
            else:
                context.is_done = not self.ending.is_set()
            finally:
                context.left.set()

        if self.ending.is_set():
            return False
        threading.Thread(target=call, name=f"work {context.work_id}", daemon=True).start()
        context.left.wait()
        return context.is_done

    def _finish(self, work_id: str) -> None:
        with self._storage.transaction() as connection:
            _run(connection, "DELETE FROM messages WHERE work_id = :id", id=work_id)
            done = "UPDATE works SET state = 'done', payload = '', over_at = :now WHERE work_id = :id"
            _run(connection, done, id=work_id, now=time.time())

    def _pump(self) -> None:
        """Hand DBOS what is due, and nudge it while somebody's turn has come."""
        nudges = 0
        while not self.ending.is_set():
            seen = self._changes
            try:
                wait, turn_has_come = self._hand_over()
            except Exception as error:  # noqa: BLE001 - the database's own faults pass
                _log.error("the engine cannot see what waits: %s", reason(error))
                wait, turn_has_come = LOOKED, False
            if turn_has_come and not self.ending.is_set():
                self._nudge.now()
                self._wait(seen, LATE if nudges >= IN_VAIN else min(SOON * 2**nudges, OFTEN))
                nudges = min(nudges + 1, IN_VAIN) if self._changes == seen else 0
            else:
                nudges = 0
                self._wait(seen, wait)

    def _hand_over(self) -> tuple[float, bool]:
        """Hand over the next one of each queue that is free: gives the seconds until there is something to do, as far as is known.

        And whether somebody's turn has come whom nobody has called yet.
        """
        with self._storage.reading() as connection:
            unfinished = _run(
                connection,
                "SELECT work_id, queue, state, not_before FROM works "
                "WHERE host = :host AND state IN ('waiting', 'queued', 'begun') ORDER BY turn",
                host=self._host,
            ).all()
        now, wait = time.time(), LOOKED
        begun = {queue for _, queue, state, _ in unfinished if state == "begun"}
        queued = {queue for _, queue, state, _ in unfinished if state == "queued"}
        for work_id, queue, state, not_before in unfinished:
            if state == "waiting" and not_before is not None and not_before > now:
                wait = min(wait, not_before - now)
            elif state == "waiting" and queue not in begun | queued:
                # before DBOS has it: what it has and is not said to be there is called by nobody
                with self._storage.transaction() as connection:
                    statement = "UPDATE works SET state = 'queued' WHERE work_id = :id AND state = 'waiting'"
                    _run(connection, statement, id=work_id)
                self._hand(work_id, queue)
                queued.add(queue)
            elif state == "queued":
                self._hand(work_id, queue)
        cut_off = any(state == "begun" and work_id not in self._under_way for work_id, _, state, _ in unfinished)
        return wait, cut_off or bool(queued - begun)

    def _hand(self, work_id: str, queue: str) -> None:
        """Have DBOS call it, once: whoever hands it over again after a kill changes nothing."""
        if work_id not in self._handed_over:
            self._enqueue(work_id, queue)
            self._handed_over.add(work_id)

    def _wait(self, seen: int, seconds: float) -> None:
        """Until something has changed since `seen`, at most so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._changes != seen or self.ending.is_set(), seconds)

    def _tell(self) -> None:
        self._changes += 1
        self._changed.notify_all()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction, after which whoever waits looks again."""
        with self._storage.transaction() as connection:
            yield connection
        with self._changed:
            self._tell()

    def _take_lock(self) -> None:
        try:
            plain_files.folder(self._lock.parent)
            descriptor = plain_files.made(self._lock, os.O_RDWR)
        except OSError as error:
            raise unusable(str(self._lock), plain_files.why(error)) from error
        if not file_lock.take(descriptor):
            os.close(descriptor)
            message = f"Another process carries out the work of {self._storage.name} already."
            raise UsageError(message, "Ask that one, or end it first.")
        self._at_end.callback(os.close, descriptor)
        if self._storage.is_postgres and not self._joined:
            self._take_host()

    def _take_host(self) -> None:
        """The database's own lock for this host's name: another computer may have that name."""
        name = NamedLock(self._storage.pool, f"coasty-desk {self._host}")
        until = time.monotonic() + LET_GO
        while not name.take():
            if time.monotonic() >= until:
                message = f"Another computer's service carries out the work of {self._storage.name} already."
                raise UsageError(message, "End that one first, or give this one a database of its own with --database.")
            time.sleep(0.1)
        self._lease = DrivingLease()
        self._lease.renew(boot_seconds())
        holding = threading.Thread(target=self._hold, args=(name, self._lease), name="engine lock", daemon=True)
        holding.start()
        self._at_end.callback(name.let_go)
        self._at_end.callback(holding.join, 5.0)

    def _hold(self, name: NamedLock, lease: DrivingLease) -> None:
        """Keep the lock, and take it again where its connection is lost; meanwhile the lease says how long input may go out."""
        while not self.ending.wait(HELD if name.connection is not None else LET_GO / 10):
            began = boot_seconds()
            try:
                if not (name.holds() or name.take()):
                    break
            except Exception as error:  # noqa: BLE001 - the database's own faults pass
                if name.connection is not None:
                    _log.error("the engine has lost its hold on the database, and takes it again: %s", reason(error))
                name.let_go()
            else:
                lease.renew(began)
        lease.end()
        if not self.ending.is_set():
            _log.error(
                "another computer's service carries out the work of %s by now: this one ends", self._storage.name
            )
            self._stop()
            self._usurped()

    def _launch(self) -> None:
        for name in [name for name in os.environ if name.startswith("DBOS_")]:
            del os.environ[
                name
            ]  # by these it would be another executor, of another version, and report to another computer
        log = logging.getLogger("dbos")
        if not any(isinstance(each, _IntoOurs) for each in log.handlers):
            log.addHandler(_IntoOurs(logging.ERROR))  # before it is loaded, or it adds its own
            log.propagate = False
        import dbos  # noqa: PLC0415 - it takes a second to load
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

        class AsJson(dbos.Serializer):
            """What it keeps of ours is a name."""

            def serialize(self, data: Any) -> str:
                return json.dumps(data, default=str)

            def deserialize(self, serialized_data: str) -> Any:
                return json.loads(serialized_data)

            def name(self) -> str:
                return "coasty-desk-json"

        pool = self._pool_of_dbos()
        self._at_end.callback(let_go, pool)
        instance = dbos.DBOS(
            config={
                "name": "coasty-desk",
                "system_database_url": pool.url.render_as_string(hide_password=False),
                "system_database_engine": pool,
                "dbos_system_schema": SCHEMA,
                "application_version": VERSION,
                "executor_id": self._host,
                "serializer": AsJson(),
                "log_level": "ERROR",
                "enable_otlp": False,
                "use_listen_notify": False,
                "notification_listener_polling_interval_sec": 0.1,  # it looks at nothing, but is waited for at the end
                "scheduler_polling_interval_sec": 3600.0,
            }
        )
        self._at_end.callback(dbos.DBOS.destroy, destroy_registry=True)

        @dbos.DBOS.workflow(name="carry_out", max_recovery_attempts=None)
        def workflow(work_id: str) -> None:
            self.carry_out(work_id)

        _rest(instance)
        worker = getattr(import_module("dbos._queue"), "queue_worker_thread", None)
        dbos.DBOS.listen_queues([] if worker else [self._queue])
        try:
            dbos.DBOS.launch()
            queue = dbos.DBOS.register_queue(
                self._queue,
                partition_concurrency=1,
                polling_interval_sec=_FALLBACK if worker else _POLLED,
                on_conflict="always_update",
            )
        except (SQLAlchemyError, dbos.error.DBOSException) as error:
            raise unusable(self._storage.name, reason(error)) from error

        def enqueue(work_id: str, queue: str) -> None:
            with dbos.SetWorkflowID(work_id), dbos.SetEnqueueOptions(queue_partition_key=queue):
                dbos.DBOS.enqueue_workflow(self._queue, workflow, work_id)

        self._enqueue = enqueue
        if worker:
            looks = threading.Thread(
                target=worker, args=(self._nudge, instance, queue), name="engine queue", daemon=True
            )
            looks.start()
            self._at_end.callback(looks.join, 5.0)
            self._at_end.callback(self._nudge.set)

    def _pool_of_dbos(self) -> Pool:
        if isinstance(self._place, str):
            return postgres_pool(self._place)
        return sqlite_pool(self._place, at_once=False)  # after a power cut it is handed what it has lost once more


class DbosContext:
    """An `automation.engine.WorkContext`. `left`: set when the handler has left, or is waited for no longer; `is_done` when it returned."""

    def __init__(self, engine: DbosEngine, work_id: str, kind: str, payload: str, attempt: int) -> None:
        self.work_id = work_id
        self.kind = kind
        self.payload = payload
        self.attempt = attempt
        self.ending = engine.ending
        self.left = threading.Event()
        self.is_done = False
        self._engine = engine
        self._given: dict[str, int] = {}

    def receive(self, topic: str, seconds: float) -> str | None:
        """As the port says."""
        found = self._engine.receive(self.work_id, topic, seconds, self._given.pop(topic, 0))
        if found is None:
            return None
        self._given[topic], message = found
        return message


class _Nudge(threading.Event):
    """What DBOS's thread of a queue waits on between two looks, until its end: `now` ends one such wait and is no end."""

    def __init__(self) -> None:
        super().__init__()
        self._now = threading.Event()

    def now(self) -> None:
        self._now.set()

    def set(self) -> None:
        super().set()
        self._now.set()

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            self._now.wait(timeout)
            self._now.clear()
        return self.is_set()


class _CutOffError(BaseException):
    """Not done: DBOS takes an Exception for the end of the work, and this for no end."""


class _IntoOurs(logging.Handler):
    """What DBOS finds wrong, as one line of our own log."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        _log.error(
            "%s%s",
            record.getMessage(),
            f" {type(error).__name__}: {reason(error)}" if isinstance(error, Exception) else "",
        )


def _rest(instance: Any) -> None:
    """Have it look every half minute, and not each second, at what we never ask of it: it costs half of what an idle engine does.

    Its own queue, its delays and its time limits. Where another version keeps these elsewhere, it looks each second.
    """
    with suppress(AttributeError):
        instance._registry.get_internal_queue()._polling_interval_sec = _SELDOM  # noqa: SLF001 - there is no other way
    jobs = import_module("dbos._workflow_commands")
    if hasattr(jobs, "_BACKGROUND_JOBS_INTERVAL_SEC"):
        jobs._BACKGROUND_JOBS_INTERVAL_SEC = _SELDOM  # type: ignore[attr-defined]  # noqa: SLF001 - as above


def _run(connection: Connection, statement: str, **values: Any) -> Any:
    from sqlalchemy import text  # noqa: PLC0415

    return connection.execute(text(statement), values)


def _not_begun(_work_id: str, _queue: str) -> None:
    raise AssertionError
