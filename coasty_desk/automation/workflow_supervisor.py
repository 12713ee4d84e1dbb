"""A run of a workflow from its beginning to its end: what comes next is begun, asked, ended and told, and waited for.

What has happened is kept with what follows from it, in one transaction each: the run of a task with its beginning, its end with what it
has cost, an answer with the going on. So a kill between any two of them loses nothing and repeats nothing, and whoever is called next
asks the interpreter again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias

from msgspec import Struct

from coasty_desk.automation.engine import WorkContext
from coasty_desk.automation.run_row import RunFault, RunOptions, RunRow
from coasty_desk.automation.run_service import NewRun, NoRunError, RunStateError, TooManyRunsError, id_of
from coasty_desk.automation.run_states import UNFINISHED, RunStatus
from coasty_desk.automation.workflow_row import WorkflowQuestion, WorkflowRunRow
from coasty_desk.automation.workflow_store import WorkflowEvent, WorkflowStore
from coasty_desk.core.errors import CoastyDeskError
from coasty_desk.core.money import CENT, Money, from_cents, said_in_cents, whole_cents
from coasty_desk.machines.machine_errors import MachineStateError, NoMachineError
from coasty_desk.workflows.definition import Definition, TaskStep
from coasty_desk.workflows.definition_reader import read
from coasty_desk.workflows.happenings import Halted, Happening, TaskBegan, TaskEnded
from coasty_desk.workflows.workflow_interpreter import BeginTask, Finished, Outlook, StepTold, outlook

if TYPE_CHECKING:
    from sqlalchemy import Connection

TOLD = "workflow_run."
"""What the names of what is told outside begin with."""

LONGEST_WAIT = 3600.0
"""Seconds between two looks while nothing happens."""

FULL_PAUSE = 5.0
"""Seconds until a task is begun that could not be, since so many runs wait."""

CANCELLED = Halted("cancelled", "CANCELLED", "The run was cancelled.")
UNANSWERED = Halted("timed_out", "AWAITING_HUMAN_TIMEOUT", "Nobody has answered in time.")
OVERDUE = Halted("failed", "GUARD_EXCEEDED", "The workflow's time is over: its deadline_seconds have passed.")

_HAND = "A person's hand is on the machine."
_UNASKED: Mapping[str, Any] = {"asked": None, "awaiting_since": None}

Tell: TypeAlias = Callable[["Connection", WorkflowRunRow, str], None]


class TaskRuns(Protocol):
    """The runs of tasks, as `run_service.RunService` has them."""

    def create(
        self,
        asked: NewRun,
        operation_id: str = "",
        key_id: str = "",
        request_id: str = "",
        *,
        also: Callable[[Connection], None] | None = None,
    ) -> RunRow:
        """A new run, once for the operation, kept in one transaction with `also`. Raises TooManyRunsError."""

    def get(self, run_id: str) -> RunRow:
        """Raises NoRunError."""

    def cancel(self, run_id: str, patience: float = ...) -> RunRow:
        """Have it end. Raises NoRunError, RunStateError."""


class WorkflowWorld(Struct, frozen=True):
    """What the runs of workflows have to do with.

    `machine` gives a machine's own id by any of its names; it raises NoMachineError, MachineStateError. `worst` is what a run with
    these options may cost; it raises CoastyDeskError where that is not known. `tell` writes down what is told outside, in the
    run's transaction; `changed` is called when a run has changed.
    """

    runs: TaskRuns
    machine: Callable[[str], str]
    worst: Callable[[RunOptions], Money]
    tell: Tell = lambda _connection, _row, _event: None
    changed: Callable[[str], None] = lambda _run_id: None
    clock: Callable[[], float] = time.time


class WorkflowSupervisor:
    """For all workflow runs of one service; `handle` is the engine's handler."""

    def __init__(self, store: WorkflowStore, world: WorkflowWorld) -> None:
        self.store, self.world = store, world
        self._keeping = threading.Lock()
        self._courses: dict[str, _WorkflowCourse] = {}
        self._waiting_for: dict[str, str] = {}

    def handle(self, context: WorkContext) -> None:
        """Carry a workflow run to its end, or go on with it; return only then, or when the engine ends."""
        course = _WorkflowCourse(self, context)
        with self._keeping:
            self._courses[context.work_id] = course
        try:
            course.carry_out()
        finally:
            with self._keeping:
                self._courses.pop(context.work_id, None)
                for run_id in [one for one, of in self._waiting_for.items() if of == context.work_id]:
                    del self._waiting_for[run_id]

    def wake(self, workflow_run_id: str) -> None:
        """Its row has changed: whoever carries it out looks at it."""
        with self._keeping:
            course = self._courses.get(workflow_run_id)
        if course is not None:
            course.woken.set()

    def run_changed(self, run_id: str) -> None:
        """A run has changed, of a task or any other."""
        with self._keeping:
            of = self._waiting_for.get(run_id)
        if of is not None:
            self.wake(of)

    def wait_for(self, run_id: str, workflow_run_id: str) -> None:
        """Wake that workflow run with each change of this run."""
        with self._keeping:
            self._waiting_for[run_id] = workflow_run_id

    def end(self) -> None:
        """The service ends: let nobody wait any longer."""
        with self._keeping:
            courses = list(self._courses.values())
        for course in courses:
            course.woken.set()


class _NotBegunError(Exception):
    """Something has happened meanwhile by which a task is not to begin."""


class _RunOverError(Exception):
    """The run has come to its end, by whomever."""


class _WorkflowCourse:
    """One workflow run, for one call of its handler."""

    def __init__(self, every: WorkflowSupervisor, context: WorkContext) -> None:
        self._all, self._store, self._world, self._context = every, every.store, every.world, context
        self._id = context.work_id
        self.woken = threading.Event()
        self._happened: list[Happening] = []
        self._names: set[str] = set()
        self._cancelled: set[str] = set()

    def carry_out(self) -> None:
        """Until the run is over, or the engine ends."""
        row = self._store.run(self._id)
        if row is None or row.is_over:
            return
        definition = read(row.definition)
        self._names = self._store.names_told(self._id)
        if row.status == "queued":
            begun = {"status": "running", "started_at": self._world.clock()}
            self._change(["queued"], begun, events=[_event("status running", "status", status="running")])
        try:
            while not self._context.ending.is_set():
                self.woken.clear()
                self._wait(self._look(definition))
        except _RunOverError:
            return

    def _look(self, definition: Definition) -> float:
        """Do what comes next; gives the seconds until the next look, unless something happens before. Raises _RunOverError."""
        row = self._row()
        self._happened += self._store.happened(self._id, len(self._happened))
        if self._halt_what_is_due(row):
            return 0
        now = outlook(definition, row.inputs, self._happened, row.terms.max_iterations)
        self._tell(now.told)
        if now.finished is not None:
            self._finish(now.finished, now.iterations)
        open_runs = [(at, self._run_of(at)) for at in now.open]
        if any(self._end_task(at, run) for at, run in open_runs if run is None or run.is_over):
            return 0
        for at in now.end:
            self._cancel(at)
        wait, begun = LONGEST_WAIT, False
        for one in now.begin:
            pause = self._begin(one, row, [run for _, run in open_runs if run is not None])
            if pause is None:
                begun = True
                break  # what it may cost is to be counted before the next one
            wait = min(wait, pause)
        if begun:
            return 0
        row = self._ask(row, now, [run for _, run in open_runs if run is not None])
        return min(wait, self._until_due(row))

    def _row(self) -> WorkflowRunRow:
        row = self._store.run(self._id)
        if row is None or row.is_over:
            raise _RunOverError
        return row

    # Tasks

    def _run_of(self, at: str) -> RunRow | None:
        """The run of the task there, as it is now; whoever changes it from now on wakes this one."""
        run_id = id_of(_operation(self._id, at))
        self._all.wait_for(run_id, self._id)
        try:
            return self._world.runs.get(run_id)
        except NoRunError:
            return None

    def _begin(self, task: BeginTask, row: WorkflowRunRow, under_way: Sequence[RunRow]) -> float | None:
        """Begin a task: None where something has come of that, else the seconds until it is tried again."""
        step, terms = task.step, row.terms
        try:
            machine = self._world.machine(step.machine_id) if step.machine_id else row.machine_id
        except (NoMachineError, MachineStateError):
            error = {"code": "MACHINE_NOT_FOUND", "message": "There is no such machine."}
            self._happen(TaskEnded(task.at, "failed", passed=False, error=error))
            return None
        options = _options(step, row, task.at)
        if terms.budget_cents:
            try:
                worst = self._world.worst(options)
            except CoastyDeskError as error:
                self._halt(f"The budget cannot be kept. {error.message}")
                return None
            left = from_cents(terms.budget_cents) - row.spent
            if worst > left:
                self._halt(
                    f"The step {step.id} may cost {said_in_cents(worst)}, and of the budget only "
                    f"{said_in_cents(left)} are left."
                )
                return None
            promised = sum(from_cents(run.options.budget_cents or 0) for run in under_way)
            if worst > left - promised:
                return LONGEST_WAIT  # it may fit when one of those has ended
            if worst:
                options = _options(step, row, task.at, budget_cents=whole_cents(worst))
        operation = _operation(self._id, task.at)
        run_id = id_of(operation)
        self._all.wait_for(run_id, self._id)
        told = {"step_id": step.id, "run_id": run_id, "machine_id": machine, "at": task.at}

        def also(connection: Connection) -> None:
            began = self._store.change_within(
                connection,
                self._id,
                ["running", "awaiting_human"],
                {},
                where={"wish": ""},
                happening=TaskBegan(task.at, run_id),
                events=[_event(f"began {task.at}", "task", **told)],
            )
            if began is None:
                raise _NotBegunError

        try:
            self._world.runs.create(
                NewRun(step.task, options, machine), operation, row.key_id, row.request_id, also=also
            )
        except TooManyRunsError:
            return FULL_PAUSE
        except _NotBegunError:
            return None
        self._world.changed(self._id)
        return None

    def _end_task(self, at: str, run: RunRow | None) -> bool:
        """Write down how it ended."""
        if run is None:
            error = {"code": "RUN_NOT_FOUND", "message": "The run of the task is not known any more."}
            return self._happen(TaskEnded(at, "failed", passed=False, error=error))
        ended = TaskEnded(
            at,
            run.status,
            passed=run.status == "succeeded" and (run.result is None or run.result.passed is not False),
            result=None if run.result is None else run.result.summary,
            run_id=run.id,
            steps=run.steps,
            error=None if run.error is None else {"code": run.error.code, "message": run.error.message},
            cents=run.cost // CENT,
        )
        return self._happen(ended, cost=run.cost)

    def _cancel(self, at: str) -> None:
        """Have the task there end; its end is told as any other's."""
        if at not in self._cancelled:
            self._cancelled.add(at)
            with suppress(NoRunError, RunStateError):  # it has ended by itself
                self._world.runs.cancel(id_of(_operation(self._id, at)), 0)

    # A person

    def _ask(self, row: WorkflowRunRow, now: Outlook, under_way: Sequence[RunRow]) -> WorkflowRunRow:
        """Have the row say whom the run waits for, and whom it does not."""
        asked: WorkflowQuestion | None = None
        if now.ask is not None and not now.open:
            asked = WorkflowQuestion(now.ask.at, now.ask.step_id, now.ask.message, now.ask.seconds)
        elif not row.wish:
            asks = next((run for run in under_way if run.status == "awaiting_human"), None)
            if asks is not None:
                of = asks.options.metadata or {}
                asked = WorkflowQuestion(
                    str(of.get("at", "")), str(of.get("step_id", "")), asks.question or _HAND, run_id=asks.id
                )
        if asked == row.asked:
            return row
        if asked is None:
            return (
                self._change(["awaiting_human"], {"status": "running", **_UNASKED}, where={"asked": row.asked}) or row
            )
        now_asked = {"status": "awaiting_human", "asked": asked, "awaiting_since": self._world.clock()}
        event = {"step_id": asked.step_id, "reason": asked.reason, "message": asked.reason}
        if asked.run_id:
            event["run_id"] = asked.run_id
        name = f"asked {asked.at} {row.told}"  # the run of a task may ask more than once
        return (
            self._change(
                ["running", "awaiting_human"],
                now_asked,
                where={"asked": row.asked, "happened": row.happened},
                events=[_event(name, "awaiting_human", **event)],
                outside="awaiting_human",
            )
            or row
        )

    # Time, and the end

    def _halt_what_is_due(self, row: WorkflowRunRow) -> bool:
        """Whether the run is halted just now: by a wish, or by time."""
        if any(isinstance(one, Halted) for one in self._happened):
            return False
        halted = CANCELLED if row.wish else None
        if halted is None:
            halted = next((halted for halted, at in self._due(row) if self._world.clock() >= at), None)
        if halted is None:
            return False
        return self._happen(halted, unasked=True)

    def _due(self, row: WorkflowRunRow) -> list[tuple[Halted, float]]:
        due = []
        if row.started_at is not None and row.terms.deadline_seconds is not None:
            due.append((OVERDUE, row.started_at + row.terms.deadline_seconds))
        asked = row.asked
        if asked is not None and asked.seconds is not None and row.awaiting_since is not None:
            due.append((UNANSWERED, row.awaiting_since + asked.seconds))
        return due

    def _until_due(self, row: WorkflowRunRow) -> float:
        if any(isinstance(one, Halted) for one in self._happened):
            return LONGEST_WAIT
        return min([max(at - self._world.clock(), 0.01) for _, at in self._due(row)] + [LONGEST_WAIT])

    def _wait(self, seconds: float) -> None:
        if seconds and not self._context.ending.is_set():
            self.woken.wait(seconds)

    def _halt(self, message: str) -> None:
        self._happen(Halted("failed", "GUARD_EXCEEDED", message))

    def _finish(self, end: Finished, iterations: int) -> NoReturn:
        """Raises _RunOverError, or has the run looked at again."""
        error = RunFault(end.code, end.message) if end.code else None
        row = self._row()
        fields, events = ending(row, end.status, error, self._world.clock(), end.output)
        self._change(UNFINISHED, fields | {"iterations": iterations}, events=events, outside=end.status)
        raise _RunOverError

    # Within

    def _tell(self, told: Sequence[StepTold]) -> None:
        """What the walk tells that was not told before."""
        new = [one for one in told if _name(one) not in self._names]
        if new:
            self._change(UNFINISHED, {}, events=[WorkflowEvent(_name(one), "step", _step(one)) for one in new])
            self._names.update(map(_name, new))

    def _happen(self, happening: Happening, cost: Money = 0, *, unasked: bool = False) -> bool:
        """Write it down, once; whoever else was first, it has happened."""
        fields: dict[str, Any] = dict(_UNASKED) | {"status": "running"} if unasked else {}
        row = self._row()
        events = []
        if cost:
            fields["spent"] = row.spent + cost
            events.append(_event(f"billing {getattr(happening, 'at', '')}", "billing", **_billing(row.spent + cost)))
        states = ["running", "awaiting_human"]
        self._change(states, fields, where={"spent": row.spent}, happening=happening, events=events)
        return True

    def _change(
        self, expected: Any, fields: Mapping[str, Any], *, outside: str = "", **more: Any
    ) -> WorkflowRunRow | None:
        """As the store's, and whoever watches is told; `outside`: what receivers are."""

        def also(connection: Connection, row: WorkflowRunRow) -> None:
            if outside:
                self._world.tell(connection, row, f"{TOLD}{outside}")

        row = self._store.change(self._id, expected, fields, also=also, **more)
        if row is not None:
            self._world.changed(self._id)
        return row


def ending(
    row: WorkflowRunRow, status: RunStatus, error: RunFault | None, now: float, output: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], list[WorkflowEvent]]:
    """The fields of a run that ends so, and what is told of it at last."""
    told_error = None if error is None else {"code": error.code, "message": error.message}
    fields = {"status": status, "output": output, "error": error, "finished_at": now, **_UNASKED}
    return fields, [
        _event("billing", "billing", **_billing(row.spent)),
        _event("status", "status", status=status),
        _event("terminal", "terminal", status=status),
        _event("done", "done", status=status, output=output, result=output, error=told_error),
    ]


def _operation(workflow_run_id: str, at: str) -> str:
    """By which a task's run is made once."""
    return f"workflow run {workflow_run_id} {at}"


def _options(step: TaskStep, row: WorkflowRunRow, at: str, budget_cents: int | None = None) -> RunOptions:
    usual = RunOptions()
    of: dict[str, Any] = {"workflow_run_id": row.id, "step_id": step.id, "at": at}
    if row.workflow_id is not None:
        of["workflow_id"] = row.workflow_id
    return RunOptions(
        cua_version=step.cua_version or usual.cua_version,
        instructions=step.instructions,
        system_prompt=step.system_prompt,
        max_steps=step.max_steps or usual.max_steps,
        on_awaiting_human=step.on_awaiting_human or usual.on_awaiting_human,
        budget_cents=budget_cents,
        metadata=of,
        model=row.terms.model,
        context=row.terms.context,
    )


def _event(name: str, event: str, **data: Any) -> WorkflowEvent:
    return WorkflowEvent(name, event, data)


def _billing(spent: Money) -> dict[str, Any]:
    cents = spent // CENT
    return {"spent_cents": cents, "credits_charged": cents, "cost_cents": cents}


def _name(told: StepTold) -> str:
    return f"{told.type} {told.key}"


def _step(told: StepTold) -> dict[str, Any]:
    judged = {} if told.passed is None else {"approved" if told.type == "human_approval" else "passed": told.passed}
    return {"step_id": told.step_id, "type": told.type, "at": told.key, **judged, "text": told.text}
