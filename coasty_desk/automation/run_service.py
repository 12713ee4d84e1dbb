"""The runs of one service, for whoever asks for them: a program over HTTP, a workflow, a page."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from coasty_desk.automation.engine import Engine, Work
from coasty_desk.automation.run_events import RunEnd, RunEvent, RunEventTrail
from coasty_desk.automation.run_record import JournalTail
from coasty_desk.automation.run_row import OwnMachine, RunAnswer, RunFault, RunOptions, RunRow
from coasty_desk.automation.run_states import UNFINISHED, WISHED, RunStatus
from coasty_desk.automation.run_store import RunStore, needs_cleanup
from coasty_desk.automation.run_supervisor import TOLD, RunSupervisor, Tell
from coasty_desk.core.money import CENT
from coasty_desk.record import listing
from coasty_desk.wire.journal_codec import Looked

if TYPE_CHECKING:
    from sqlalchemy import Connection

KIND = "run"
"""Of the engine's work."""

MOST_UNFINISHED = 1000
"""Runs at a time that have not ended."""

CANCEL_PATIENCE = 10.0
"""Seconds in which a run that is cancelled has ended, else it is told as it is."""

ELSEWHERE = 0.2
"""Seconds between two looks at a run of another host."""

_SPACE = uuid.UUID("0e0b3a61-4a0c-4d6f-9a38-1d5f6a7c9b20")


_QUEUED: frozenset[RunStatus] = frozenset({"queued"})
_AWAITING: frozenset[RunStatus] = frozenset({"awaiting_human"})


class NoRunError(Exception):
    """There is no run of that id."""


class TooManyRunsError(Exception):
    """So many have not ended yet that no more are taken."""


class RunStateError(Exception):
    """What is asked for is not possible as the run is now. `is_race`: somebody else was first."""

    def __init__(self, message: str, row: RunRow, allowed: frozenset[RunStatus], *, is_race: bool = False) -> None:
        super().__init__(message)
        self.row, self.allowed, self.is_race = row, allowed, is_race


class NewRun(Struct, frozen=True):
    """What is asked for: on a machine, by its own id, or on one that is made for it (`machine`). `host`: whose machine that is, if another one's."""

    task: str
    options: RunOptions
    machine_id: str = ""
    machine: OwnMachine | None = None
    host: str = ""


class RunPicture(Struct, frozen=True):
    """One look at the screen: of which sitting and step, and where its picture is."""

    index: int
    sitting: int
    looked: Looked
    path: Path | None


class RunFeed:
    """That a run has changed, for those who wait for it. From any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._counts: dict[str, int] = {}
        self._rows: dict[str, int] = {}
        self._ended = False

    def changed(self, run_id: str) -> None:
        """Wake who waits for this run, whose row has changed."""
        with self._changed:
            self._rows[run_id] = self._rows.get(run_id, 0) + 1
        self.grown(run_id)

    def grown(self, run_id: str) -> None:
        """The same, where its record alone has grown."""
        with self._changed:
            self._counts[run_id] = self._counts.get(run_id, 0) + 1
            self._changed.notify_all()

    def rows(self, run_id: str) -> int:
        """How often its row has changed: while that stays, what was read of it holds."""
        with self._changed:
            return self._rows.get(run_id, 0)

    def at(self, run_id: str) -> int:
        """Where it is now, for `wait`; ask before what is looked at is read."""
        with self._changed:
            return self._counts.get(run_id, 0)

    def wait(self, run_id: str, seen: int, seconds: float) -> bool:
        """Until it is changed since, or the service ends; False where neither came within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._ended or self._counts.get(run_id, 0) != seen, seconds)

    def forget(self, run_id: str) -> None:
        """It changes no more."""
        with self._changed:
            self._counts.pop(run_id, None)
            self._rows.pop(run_id, None)

    def end(self) -> None:
        """Wake all, for good."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def has_ended(self) -> bool:
        """Whether the service ends."""
        return self._ended


class RunService:
    """From any thread, between `begin` and `close`. `host` is this one, of many on one database; `demand_here` raises HostLostError for one that is not there."""

    def __init__(
        self,
        store: RunStore,
        engine: Engine,
        supervisor: RunSupervisor,
        feed: RunFeed,
        tell: Tell,
        clock: Callable[[], float] = time.time,
        *,
        host: str = "",
    ) -> None:
        self.store, self.engine, self.supervisor, self.feed = store, engine, supervisor, feed
        self.host = host
        self.demand_here: Callable[[Connection, str], None] = lambda _connection, _host: None
        self._tell, self._clock = tell, clock
        self._submitted: set[str] = set()

    def begin(self) -> None:
        """Go on with what was cut off; after the engine has begun. Whatever was kept and not submitted yet is submitted now."""
        for row in self.store.unfinished(self.host):
            self._submit(row)

    def attend(self) -> None:
        """Do what other hosts have asked of this one's runs: begin them, end them, answer them. Again and again."""
        wanting = self.store.wanting(self.host)
        self._submitted &= {row.id for row in wanting}
        for row in wanting:
            if row.id not in self._submitted:
                self._submit(row)
                self.feed.changed(row.id)
            if row.wish or row.answer is not None:
                self.supervisor.wake(row.id)
                self.feed.changed(row.id)

    def close(self) -> None:
        """Cut off what runs: the next service goes on with it. After the engine was closed."""
        self.feed.end()
        self.supervisor.close()

    def create(
        self,
        asked: NewRun,
        operation_id: str = "",
        key_id: str = "",
        request_id: str = "",
        *,
        also: Callable[[Connection], None] | None = None,
    ) -> RunRow:
        """A new run, which is queued; the same one again for the same operation. Raises TooManyRunsError, HostLostError.

        `also` is done in the transaction that keeps it, and may raise to have nothing kept.
        """
        host = asked.host or self.host
        run_id = id_of(operation_id) if operation_id else str(uuid.uuid4())

        def kept_with(connection: Connection) -> None:
            if host != self.host:
                self.demand_here(connection, host)
            if also is not None:
                also(connection)

        row = self.store.get(run_id) if operation_id else None
        if row is None:
            if self.store.count_unfinished(host) >= MOST_UNFINISHED:
                raise TooManyRunsError
            if host and host == self.host:
                self.attend()  # those that others have put there before
            row = self.store.insert(
                RunRow(
                    id=run_id,
                    created_at=self._clock(),
                    machine_id=asked.machine_id,
                    task=asked.task,
                    options=asked.options,
                    machine=asked.machine,
                    key_id=key_id,
                    request_id=request_id,
                    webhook_secret=f"whsec_{secrets.token_hex(32)}" if asked.options.webhook_url else "",
                    host=host,
                ),
                kept_with,
            )
        if row.host == self.host:
            self._submit(row)
        self.supervisor.changed(run_id)
        return row

    def get(self, run_id: str) -> RunRow:
        """Raises NoRunError."""
        row = self.store.get(run_id)
        if row is None:
            raise NoRunError
        return row

    def all(self, status: RunStatus | None, limit: int) -> tuple[list[RunRow], bool]:
        """The newest first, and whether there are more."""
        found = self.store.all(status, limit + 1)
        return found[:limit], len(found) > limit

    def cancel(self, run_id: str, patience: float = CANCEL_PATIENCE) -> RunRow:
        """End it, whatever it does; gives it as it is once it has ended. Raises NoRunError, RunStateError where it has ended otherwise.

        `patience`: the seconds that its end is waited for.
        """
        row = self.get(run_id)
        if row.is_over:
            raise _over(row)
        status, code, message = WISHED["cancel"]
        ended: dict[str, Any] = {"status": status, "error": RunFault(code, message), "finished_at": self._clock()}
        if row.machine is not None:  # none was made where the run was not begun
            ended["machine"] = replace(row.machine, status="not_created", cleanup_status="done")
        gone = self.store.change(
            *(run_id, _QUEUED, ended),
            where={"begun": False},
            also=lambda connection, row: self._tell(connection, row, f"{TOLD}{status}"),
        )
        if gone is None:
            self.store.change(run_id, UNFINISHED, {"wish": "cancel"}, where={"wish": ""})
            self.supervisor.wake(run_id)
        else:
            self.engine.cancel(run_id)  # nothing is to be done; where it cannot, its handler finds it over
        self.supervisor.changed(run_id)
        row = self._ended_within(run_id, patience)
        if row.is_over and row.status != status:
            raise _over(row)
        return row

    def resume(self, run_id: str, *, approved: bool, note: str) -> RunRow:
        """Answer what it waits for. Raises NoRunError, RunStateError."""
        row = self.get(run_id)
        if row.status != "awaiting_human":
            raise _not_awaiting(row)
        answer = RunAnswer(approved, note, row.question or "")
        heard = {"status": "running", "answer": answer, "question": None, "awaiting_since": None}
        told = self.store.change(run_id, _AWAITING, heard, where={"wish": "", "question": row.question})
        if told is None:
            raise _not_awaiting(self.get(run_id), is_race=True)
        self.supervisor.wake(run_id)
        self.supervisor.changed(run_id)
        return told

    def events(self, run_id: str, after: int, keep_alive: float) -> Iterator[RunEvent | None]:
        """All that happens with a number above `after`, as it does; None where nothing did for so many seconds.

        It ends after the last one, or with the service. Raises NoRunError at once.
        """
        row = self.get(run_id)
        return self._events(row, after, keep_alive)

    def _events(self, row: RunRow, after: int, keep_alive: float) -> Iterator[RunEvent | None]:
        trail, tail = RunEventTrail(row.machine_id), JournalTail(self.supervisor.runs / row.id)
        if after < 0:
            yield trail.first()
        known = -1
        while True:
            seen, rows = self.feed.at(row.id), self.feed.rows(row.id)
            if rows != known:  # before the record: that of a run which is over is whole
                row, known = self.get(row.id), rows
            for line in tail.new():
                yield from (event for event in trail.follow(line) if event.id > after)
            if row.is_over:
                ended = list(trail.last(run_end(row)))
                told = (
                    after if after <= ended[-1].id else ended[-3].id
                )  # who has a number that never was is told the end
                yield from (event for event in ended if event.id > told)
                return
            if not self.feed.wait(row.id, seen, keep_alive):
                known = -1  # another process may have changed it
                yield None
            if self.feed.has_ended:
                return

    def pictures(self, run_id: str, after_index: int, limit: int) -> tuple[list[RunPicture], bool]:
        """What the model saw, beyond that index, and whether there is more. Raises NoRunError."""
        folder = self.supervisor.runs / self.get(run_id).id
        found: list[RunPicture] = []
        sitting, index = 0, -1
        for event in listing.events(folder):
            if event.name == "run_started":
                sitting += 1
            elif isinstance(event, Looked):
                index += 1
                if index > after_index:
                    if len(found) == limit:
                        return found, True
                    path = None if event.file is None else folder / event.file
                    found.append(RunPicture(index, max(sitting, 1), event, path))
        return found, False

    def going_on(self) -> int:
        """How many have not come to their end; none where the database cannot be asked any more."""
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - as in storage.py

        try:
            return self.store.count_unfinished(self.host)
        except SQLAlchemyError:
            return 0

    def _submit(self, row: RunRow) -> None:
        if not row.is_over or needs_cleanup(row):
            self._submitted.add(row.id)
            self.engine.submit(Work(work_id=row.id, kind=KIND, queue=row.queue))

    def _ended_within(self, run_id: str, seconds: float) -> RunRow:
        until = time.monotonic() + seconds
        while True:
            seen = self.feed.at(run_id)
            row = self.get(run_id)
            left = until - time.monotonic()
            if row.is_over or left <= 0 or self.feed.has_ended:
                return row
            self.feed.wait(run_id, seen, left if row.host == self.host else min(left, ELSEWHERE))


def id_of(operation_id: str) -> str:
    """The id of the run that this operation makes, whenever it does."""
    return str(uuid.uuid5(_SPACE, operation_id))


def run_end(row: RunRow) -> RunEnd:
    """How a run that is over has ended."""
    cents = row.cost // CENT
    result, error = (None if value is None else to_builtins(value) for value in (row.result, row.error))
    return RunEnd(row.status, row.steps, cents, cents, result, error)


def _over(row: RunRow) -> RunStateError:
    return RunStateError(f"The run has ended: it is {row.status}.", row, UNFINISHED)


def _not_awaiting(row: RunRow, *, is_race: bool = False) -> RunStateError:
    if is_race or row.answer is not None:
        message = "The run was answered by somebody else just now."
        return RunStateError(message, row, _AWAITING, is_race=not row.is_over)
    return RunStateError(f"The run is {row.status}, and waits for nobody.", row, _AWAITING)
