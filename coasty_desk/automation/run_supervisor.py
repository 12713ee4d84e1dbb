"""A run from its turn in its machine's queue to its end: its process started, followed, answered, ended, and started anew where it died.

The row says what is wanted of a run (a wish, an answer), the record what was done. Whoever is killed meanwhile, the next one reads
both and goes on: nothing that matters is only in memory.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from msgspec.structs import replace

from coasty_desk.automation import run_record
from coasty_desk.automation.driving_lease import DrivingLease
from coasty_desk.automation.engine import WorkContext
from coasty_desk.automation.run_control import Asks, EndReason, GoesOn, HumanAnswer, Over, RunOrder, Written
from coasty_desk.automation.run_events import reason
from coasty_desk.automation.run_row import RunFault, RunResult, RunRow
from coasty_desk.automation.run_states import UNFINISHED, WISHED, RunStatus, RunWish, error_code
from coasty_desk.automation.run_store import RunStore, needs_cleanup
from coasty_desk.core.errors import CoastyDeskError
from coasty_desk.core.events import Ending
from coasty_desk.core.money import from_cents
from coasty_desk.machines.machine_errors import (
    MachineBusyError,
    MachineStateError,
    NoMachineError,
    WorkerGoneError,
)
from coasty_desk.machines.worker_protocol import DisplayLoan

if TYPE_CHECKING:
    from sqlalchemy import Connection

DEATHS = 8
"""So often a process may die without coming any further than to a look at the screen; once more, and the run has failed."""

BUSY_PAUSE = 0.5
"""Seconds until a machine that somebody drives is asked for again."""

COMING = ("creating", "starting", "restarting")
"""States of a machine that will soon run, and is waited for."""

DEATH_PAUSE = 0.2

HEARS = 5.0
"""Seconds in which a process that is told to end does; then it is killed."""

LEAVES, LEAVE_PAUSE = 3, 5.0
"""So often a machine of an account is told to rest, and the seconds in between."""

LONGEST_WAIT = 3600.0

TOLD = "run."
"""What the names of what is told outside begin with."""

_BEGINNINGS = (b'{"event":"run_started"', b'{"event":"observed"')
"""Lines that every sitting writes, however soon it dies."""

_INTERNAL, _NO_MACHINE = "INTERNAL_ERROR", "MACHINE_UNAVAILABLE"

_UNASKED: dict[str, Any] = {"question": None, "awaiting_since": None, "answer": None}

Start: TypeAlias = Callable[[RunOrder, "DrivingLease | None"], "SittingProcess"]
Tell: TypeAlias = Callable[["Connection", RunRow, str], None]


class SittingProcess(Protocol):
    """One sitting's process, as `run_child.RunChild` is."""

    def messages(self) -> Iterator[Written | Asks | GoesOn | Over]:
        """What it says, until it has ended."""

    def answer(self, answer: HumanAnswer) -> None:
        """Give it a person's answer."""

    def end(self, why: EndReason, words: str = "") -> None:
        """Have it end the run and say how."""

    def kill(self) -> None:
        """End it by force."""

    def close(self) -> None:
        """Cut the run off."""


class RunMachines(Protocol):
    """What a run needs of the machines. Raises NoMachineError, MachineStateError, MachineBusyError, MissingPartError, WorkerGoneError."""

    def lend(self, machine_id: str) -> tuple[str, DisplayLoan | None]:
        """The target's name for a run there, and its display where that has to be lent."""

    def make(self, run_id: str, wish: Mapping[str, Any]) -> str:
        """The id of a machine for this run alone: the same one again for the same run."""

    def made(self, run_id: str) -> str:
        """The id that the machine made for the run has, or would have."""

    def remove(self, machine_id: str) -> None:
        """Take it away."""

    def leave(self, run_id: str, machine_id: str) -> bool:
        """The run is over: what it had started there rests again, where its process did not come to that. False where that could not be done."""


class _Fate(Exception):  # noqa: N818 - no error: how a run that cannot have a process ends
    """It has failed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.fault = RunFault(code, message)


class RunSupervisor:
    """For all runs of one service; `handle` is the engine's handler. `tell` writes down what is told outside, in the row's transaction.

    `changed` is called after the row has changed, `grown` with each line of the record. `lease` gives that of one host of many: a run has a
    process only while it holds.
    """

    def __init__(
        self,
        store: RunStore,
        runs: Path,
        machines: RunMachines,
        start: Start,
        overrides: Callable[[RunRow], Mapping[str, Any]],
        *,
        tell: Tell = lambda _connection, _row, _event: None,
        changed: Callable[[str], None] = lambda _run_id: None,
        grown: Callable[[str], None] = lambda _run_id: None,
        clock: Callable[[], float] = time.time,
        lease: Callable[[], DrivingLease | None] = lambda: None,
    ) -> None:
        self.store, self.runs, self.machines, self.lease = store, runs, machines, lease
        self.start, self.overrides, self.tell, self.clock = start, overrides, tell, clock
        self.changed, self.grown = changed, grown
        self._sittings: dict[str, _Course] = {}
        self._keeping = threading.Lock()

    def handle(self, context: WorkContext) -> None:
        """Carry a run to its end, or go on with it; return only then, or when the engine ends."""
        course = _Course(self, context)
        with self._keeping:
            self._sittings[context.work_id] = course
        try:
            course.carry_out()
        finally:
            with self._keeping:
                self._sittings.pop(context.work_id, None)

    def wake(self, run_id: str) -> None:
        """The row has changed: whoever carries the run out looks at it."""
        with self._keeping:
            course = self._sittings.get(run_id)
        if course is not None:
            course.inbox.put("wake")

    def close(self) -> None:
        """Cut off every run that has a process: the next service goes on with them. Never raises."""
        with self._keeping:
            courses = list(self._sittings.values())
        for course in courses:
            course.cut_off()


_Inbox: TypeAlias = 'queue.SimpleQueue[Written | Asks | GoesOn | Over | Literal["wake", "died"]]'


class _Course:
    """One run, for one call of its handler."""

    def __init__(self, all_runs: RunSupervisor, context: WorkContext) -> None:
        self._all, self._store, self._context = all_runs, all_runs.store, context
        self._id = context.work_id
        self._folder = all_runs.runs / self._id
        self.inbox: _Inbox = queue.SimpleQueue()
        self._process: SittingProcess | None = None
        self._tail = run_record.JournalTail(self._folder)
        self._progress = run_record.RunProgress()
        self._told: RunWish = ""
        self._heard_by = 0.0
        self._asking: Asks | None = None
        self._deaths = 0
        self._deaths_at = self._came = 0

    def carry_out(self) -> None:
        """Until the run is over and what was made for it is gone."""
        row = self._store.get(self._id)
        if row is None:
            return
        if not row.is_over:
            begun = self._store.change(self._id, ["queued"], {"begun": True}) if not row.begun else None
            row = begun or self._row()
            self._follow_record()
            try:
                self._run_on(row)
            except _Fate as fate:
                self._finish("failed", None, fate.fault)
        if row.is_over and row.error is not None:  # others have said so while this host was away
            run_record.end(self._folder, Ending.DESKTOP_ERROR, row.error.message.rstrip("."))
        if not self._ending():
            self._clean_up()

    def cut_off(self) -> None:
        """The service ends."""
        process = self._process
        if process is not None:
            process.close()
        self.inbox.put("wake")

    def _ending(self) -> bool:
        return self._context.ending.is_set()

    def _row(self) -> RunRow:
        row = self._store.get(self._id)
        if row is None:
            message = "The run is not known any more."
            raise _Fate(_INTERNAL, message)
        return row

    # Between two processes

    def _run_on(self, row: RunRow) -> None:
        """One sitting after the other. Raises _Fate."""
        while not row.is_over and not self._ending():
            lease = self._all.lease()
            if lease is not None:
                if not lease.holds():
                    self._pause(BUSY_PAUSE)
                row = self._row()  # after the lease: what others say from now on, they say when it is over
                if row.is_over or not lease.holds():
                    continue
            if self._take_recorded_end() or self._take_wish(row):
                return
            if row.status == "awaiting_human":
                self._wait_alone(row)
                row = self._row()
                continue
            try:
                order = self._order(row)
                self._process = self._all.start(order, lease)
            except MachineBusyError:
                self._pause(BUSY_PAUSE)
            except WorkerGoneError as error:
                self._count_death(str(error))
            except NoMachineError as error:
                message = "The machine is not there any more."
                raise _Fate(_NO_MACHINE, message) from error
            except MachineStateError as error:
                if error.state not in COMING:
                    raise _Fate(_NO_MACHINE, str(error)) from error
                self._pause(BUSY_PAUSE)
            except CoastyDeskError as error:
                message = f"{error.message} {error.remedy}".strip()
                raise _Fate(_NO_MACHINE, message) from error
            else:
                if self._sit(self._process):
                    return
            row = self._row()

    def _wait_alone(self, row: RunRow) -> None:
        """Wait, without a process, for a person's answer or for anything else that changes the row."""
        if row.question == "":  # a hand was on the desktop: it has long rested
            self._change(["awaiting_human"], {"status": "running", **_UNASKED})
        else:
            self._wait(row)

    def _order(self, row: RunRow) -> RunOrder:
        """Raises what machines raise."""
        machine_id = row.machine_id
        if row.machine is not None:
            machine_id = row.machine.machine_id or ""
            if not machine_id:
                machine_id = self._all.machines.make(self._id, row.machine.wish)
                own = replace(row.machine, machine_id=machine_id, status="running")
                self._change(UNFINISHED, {"machine": own})
        on, loan = self._all.machines.lend(machine_id)
        options = row.options
        return RunOrder(
            self._id,
            row.task,
            self._all.overrides(row),
            options.instructions or "",
            options.system_prompt or "",
            loan,
            on,
            verify=options.cua_version == "v4",
            context=options.context,
        )

    def _take_recorded_end(self) -> bool:
        """Whether the record says that the run has ended: the process that wrote it was not heard any more."""
        found = run_record.recorded_end(self._folder)
        if found is None:
            return False
        ended = found.ended
        said = Over(
            *(ended.ending.status, ended.ending.reason, ended.message, ended.remedy),
            passed=found.passed,
            summary=found.summary,
            steps=ended.steps,
            cost_cents=ended.cost_cents,
        )
        self._finish_as_told(said)
        return True

    def _take_wish(self, row: RunRow) -> bool:
        """Whether it is to end, and has: nobody carries it on."""
        row = self._wish_what_is_due(row)
        if not row.wish:
            return False
        status, code, message = WISHED[row.wish]
        ending = Ending.DEADLINE if status == "timed_out" else Ending.STOP
        run_record.end(self._folder, ending, message.rstrip("."))
        self._follow_record()
        self._finish(status, None, RunFault(code, message))
        return True

    # While there is a process

    def _sit(self, process: SittingProcess) -> bool:
        """Follow it to its end; whether the run is over, or the service ends."""
        self._told, self._asking = "", None
        reader = threading.Thread(target=self._read, args=(process,), name="coasty-desk run messages", daemon=True)
        reader.start()
        try:
            return self._listen(process)
        finally:
            self._process = None
            process.close()

    def _read(self, process: SittingProcess) -> None:
        for message in process.messages():
            self.inbox.put(message)
        self.inbox.put("died")

    def _listen(self, process: SittingProcess) -> bool:
        row = self._row()
        over: Over | None = None
        while True:
            row = self._heed(row, process)
            try:
                message = self.inbox.get(timeout=self._until_due(row))
            except queue.Empty:
                message = "wake"
            if self._ending() or row.is_over:
                return True
            match message:
                case "wake":
                    row = self._row()
                case "died":
                    break
                case Written():
                    row = self._written(row)
                case Asks():
                    row = self._asked(row, message)
                case GoesOn():
                    row = self._went_on(row)
                case Over():
                    over = message
        self._follow_record()
        if over is None:
            self._count_death("The run's process ended without a word.")
            return False
        return self._judge(over)

    def _judge(self, over: Over) -> bool:
        """Whether the run is over with that word."""
        if over.status:
            self._finish_as_told(over)
            return True
        if over.code == "busy":
            self._pause(BUSY_PAUSE)
            return False
        if over.code in ("", "internal"):
            self._count_death(over.message or "The run's process failed.")
            return False
        code, message = f"{over.code.upper()}_ERROR", f"{over.message} {over.remedy}".strip()
        raise _Fate(code, message)

    def _heed(self, row: RunRow, process: SittingProcess) -> RunRow:
        """Do what the row says is wanted now."""
        row = self._wish_what_is_due(row)
        if row.wish and not self._told:
            self._told, self._heard_by = row.wish, time.monotonic() + HEARS
            process.end(row.wish, WISHED[row.wish][2].rstrip("."))
        elif self._told and time.monotonic() >= self._heard_by:
            process.kill()
        asking = self._asking
        if asking is not None and row.answer is not None and row.answer.to == _reason(asking):
            self._asking = None
            process.answer(HumanAnswer(asking.question, row.answer.approved, row.answer.note))
        return row

    def _written(self, row: RunRow) -> RunRow:
        changes: dict[str, Any] = {}
        if self._follow_record():
            changes |= {"steps": self._progress.steps, "cost": self._progress.cost}
        if row.status == "queued" or row.started_at is None:
            changes |= {"status": "running", "started_at": row.started_at or self._all.clock()}
            row = self._change(["queued"], changes) or row
        elif changes:
            row = self._change(UNFINISHED, changes) or row
        self._all.grown(self._id)
        return row

    def _asked(self, row: RunRow, asks: Asks) -> RunRow:
        """A person is needed: wait for them, or not."""
        row = self._written(row)
        self._asking = asks
        if row.answer is not None and row.answer.to == _reason(asks):
            return row  # it was answered before the process that asked died
        choice = row.options.on_awaiting_human if asks.kind != "hand" else "pause"
        if choice != "pause":
            return self._change(UNFINISHED, {"wish": choice}) or self._row()
        question = _reason(asks)
        waits = {"status": "awaiting_human", "question": question, "awaiting_since": self._all.clock(), "answer": None}
        told = self._change(["running", "awaiting_human"], waits, event=f"{TOLD}awaiting_human")
        return told or self._row()

    def _went_on(self, row: RunRow) -> RunRow:
        self._asking = None
        if row.status == "awaiting_human" or row.answer is not None:
            changes = {"status": "running", **_UNASKED}
            row = self._change(["running", "awaiting_human"], changes) or self._row()
        return row

    # Time

    def _wish_what_is_due(self, row: RunRow) -> RunRow:
        """The row, with the wish that time has brought."""
        if row.wish or row.is_over:
            return row
        for wish, at, states in self._due(row):
            if self._all.clock() >= at:
                return self._change(states, {"wish": wish}) or self._row()
        return row

    def _due(self, row: RunRow) -> Iterator[tuple[RunWish, float, list[RunStatus]]]:
        options = row.options
        if row.started_at is not None and options.deadline_seconds is not None:
            yield "deadline", row.started_at + options.deadline_seconds, ["running", "awaiting_human"]
        if row.status == "awaiting_human" and row.awaiting_since is not None:
            wait = options.awaiting_human_timeout_seconds
            if wait is not None:
                yield "timeout", row.awaiting_since + wait, ["awaiting_human"]

    def _until_due(self, row: RunRow) -> float:
        if self._told:
            return max(self._heard_by - time.monotonic(), 0.05)
        left = [at - self._all.clock() for _, at, _ in self._due(row)] if not row.wish else []
        return min([max(each, 0.01) for each in left] + [LONGEST_WAIT])

    def _wait(self, row: RunRow) -> None:
        """For a change of the row, the next moment that is due, or the end of the service."""
        try:
            self.inbox.get(timeout=self._until_due(row))
        except queue.Empty:
            return

    def _pause(self, seconds: float) -> None:
        try:
            self.inbox.get(timeout=seconds)
        except queue.Empty:
            return

    def _count_death(self, why: str) -> None:
        """Go on after a death, but not for ever. Raises _Fate."""
        self._follow_record()
        if self._came > self._deaths_at:
            self._deaths, self._deaths_at = 0, self._came
        self._deaths += 1
        if self._deaths > DEATHS:
            message = f"{why} It did so more than {DEATHS} times without coming any further."
            raise _Fate(_INTERNAL, message)
        self._pause(DEATH_PAUSE * self._deaths)

    # The end

    def _finish_as_told(self, over: Over) -> None:
        row = self._row()
        self._progress.steps, self._progress.cost = over.steps, from_cents(over.cost_cents)
        wished = (
            row.wish
            if over.status in ("cancelled", "timed_out") or (row.wish == "fail" and over.passed is None)
            else ""
        )
        if wished:
            status, code, message = WISHED[wished]
            self._finish(status, None, RunFault(code, message))
            return
        ending = Ending((over.status, over.reason))
        code = error_code(ending)
        fault = RunFault(code, f"{over.message} {over.remedy}".strip()) if code else None
        result = None
        if over.passed is not None:
            result = RunResult(over.passed, "completed" if over.passed else "failed", over.summary or over.message)
        self._finish(over.status, result, fault)  # type: ignore[arg-type]  # an ending's status is a run's

    def _finish(self, status: RunStatus, result: RunResult | None, fault: RunFault | None) -> None:
        """The row's last state, in one transaction with what is told of it. Its record is whole by now."""
        found = run_record.recorded_end(self._folder)
        if found is None:
            ending = Ending.STOP if status == "cancelled" else Ending.SERVICE_ERROR
            run_record.end(self._folder, ending, (fault.message if fault else "it has ended").rstrip("."))
        row, now = self._row(), self._all.clock()
        changes: dict[str, Any] = _UNASKED | {
            "status": status,
            "result": result,
            "error": fault,
            "finished_at": now,
            "started_at": row.started_at or (None if status == "cancelled" else now),
            "steps": self._progress.steps,
            "cost": self._progress.cost,
        }
        self._change(UNFINISHED, changes, event=f"{TOLD}{status}")

    def _clean_up(self) -> None:
        """Take away the machine that was made for the run, also where a kill came before its id was kept; one that it had started rests again."""
        row = self._store.get(self._id)
        if row is None or not row.is_over:
            return
        own = row.machine
        if own is None:
            self._leave(row)
        elif needs_cleanup(row):
            machine_id = own.machine_id or self._all.machines.made(self._id)
            done = replace(own, machine_id=machine_id, status="terminated", cleanup_status="done")
            try:
                self._all.machines.remove(machine_id)
            except NoMachineError:
                done = done if own.machine_id else replace(own, status="not_created", cleanup_status="done")
            except (MachineStateError, WorkerGoneError, CoastyDeskError, OSError):
                done = replace(own, status="error", cleanup_status="failed")
            self._store.change(self._id, [row.status], {"machine": done})

    def _leave(self, row: RunRow) -> None:
        """A few times, where it cannot be done: then the machine's time to live ends it."""
        for _ in range(LEAVES):
            if not row.begun or self._ending() or self._all.machines.leave(row.id, row.machine_id):
                return
            self._pause(LEAVE_PAUSE)

    # Within

    def _follow_record(self) -> bool:
        """Read what was added to the record; whether it has changed what the run came to."""
        changed = False
        for line in self._tail.new():
            changed = self._progress.follow(line) or changed
            self._came += not line.startswith(_BEGINNINGS)
        return changed

    def _change(self, expected: Collection[RunStatus], fields: Mapping[str, Any], *, event: str = "") -> RunRow | None:
        """As the store's, and whoever watches is told. `event`: what is told outside. A wish is only ever the first."""

        def also(connection: Connection, row: RunRow) -> None:
            if event:
                self._all.tell(connection, row, event)

        where = {"wish": ""} if "wish" in fields else None
        row = self._store.change(self._id, expected, fields, where=where, also=also)
        if row is not None:
            self._all.changed(self._id)
        return row


def _reason(asks: Asks) -> str:
    """What the row keeps of a question; nothing of a hand, which nobody answers."""
    return "" if asks.kind == "hand" else reason(asks.text, asks.why)
