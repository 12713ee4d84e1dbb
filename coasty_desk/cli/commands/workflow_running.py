"""A workflow in this very process, without a service: one task after the other, each a run as `coasty-desk run` has it."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import compose, lifetimes, plain_files
from coasty_desk.automation import run_record, run_states
from coasty_desk.cli.commands import driving
from coasty_desk.cli.commands.agreement import agree
from coasty_desk.cli.exits import EXIT_STOPPED
from coasty_desk.cli.terminal import prompts
from coasty_desk.cli.view.workflow_view import WorkflowView
from coasty_desk.core import events as ev
from coasty_desk.core.errors import Aborted, UsageError
from coasty_desk.core.money import CENT, Money, from_cents, said_in_cents, whole_cents
from coasty_desk.core.stop import Stop
from coasty_desk.record.journal import new_run_id
from coasty_desk.settings import Settings
from coasty_desk.workflows import workflow_tree
from coasty_desk.workflows.definition import TaskStep, tasks
from coasty_desk.workflows.happenings import Halted, Happening, PersonSaid, TaskBegan, TaskEnded
from coasty_desk.workflows.workflow_document import WorkflowDocument
from coasty_desk.workflows.workflow_interpreter import AskPerson, BeginTask, Finished, outlook

EXIT_FAILED = {"ASSERTION_FAILED": 1, "WORKFLOW_FAILED": 1, "APPROVAL_REJECTED": 6, "GUARD_EXCEEDED": 3}
"""How a workflow that failed ends the command, by its error's code: as DESIGN.md A3 has it for `run`."""

INVENTED = "(invented: nothing was done)"

ENDLESS = 100
"""Tasks and answers of a dry run, after which a loop that waits for something to come true is taken for endless."""

_STOPPED = Halted("cancelled", "CANCELLED", "It was stopped.")


class LocalTerms(Struct, frozen=True):
    """What is asked for beside the definition and the settings."""

    max_iterations: int | None = None
    dry_run: bool = False


def run(name: str, document: WorkflowDocument, inputs: Mapping[str, Any], chosen: Settings, terms: LocalTerms) -> int:
    """Carry it out; the exit code. Raises CoastyDeskError where a task cannot begin at all."""
    if chosen.no_record:
        message = "What comes of a task is read in its record."
        raise UsageError(message, "Leave --no-record out.")
    return _LocalRun(name, document, inputs, chosen, terms).carry_out()


class _LocalRun:
    def __init__(
        self, name: str, document: WorkflowDocument, inputs: Mapping[str, Any], chosen: Settings, terms: LocalTerms
    ) -> None:
        self._name, self._definition, self._inputs = name, document.definition, inputs
        self._chosen, self._terms = chosen, terms
        self._id = str(uuid.uuid4())
        self._view = WorkflowView(self._id, as_json=chosen.json)
        self._happened: list[Happening] = []
        self._told: set[str] = set()
        self._spent: Money = 0
        self._invented = 0

    def carry_out(self) -> int:
        if not self._terms.dry_run:
            self._agree()
        self._view.began(self._name, list(workflow_tree.lines(self._definition)))
        end = self._to_its_end()
        self._view.ended(end.status, end.code, end.message, end.output, self._spent)
        if end.status == "succeeded":
            return 0
        if end.status == "cancelled":
            return EXIT_STOPPED
        return 3 if end.status == "timed_out" else EXIT_FAILED.get(end.code, 1)

    def _to_its_end(self) -> Finished:
        while True:
            now = outlook(self._definition, self._inputs, self._happened, self._terms.max_iterations)
            for one in now.told:
                if f"{one.type} {one.key}" not in self._told:
                    self._told.add(f"{one.type} {one.key}")
                    self._view.step(one.key, one.step_id, one.type, one.passed, one.text)
            if now.finished is not None:
                return now.finished
            try:
                if now.begin:
                    self._task(now.begin[0])
                elif now.ask is not None:
                    self._happened.append(self._asked(now.ask))
            except (Aborted, KeyboardInterrupt):
                self._close_open()
                self._happened.append(_STOPPED)

    # Tasks

    def _task(self, task: BeginTask) -> None:
        step, chosen = task.step, self._settings_of(task.step)
        if self._terms.dry_run:
            self._view.task(task.at, step.id, step.task)
            self._invent(TaskEnded(task.at, "succeeded", passed=True, result=INVENTED))
            return
        worst = _worst(chosen)
        if self._chosen.budget is not None:
            left = from_cents(self._chosen.budget) - self._spent
            if worst > left:
                why = f"The step {step.id} may cost {said_in_cents(worst)}, and of the budget only {said_in_cents(left)} are left."
                self._happened.append(Halted("failed", "GUARD_EXCEEDED", why))
                return
            chosen = replace(chosen, budget=whole_cents(worst) if worst else None)
        run_id = new_run_id()
        self._view.task(task.at, step.id, step.task)
        self._happened.append(TaskBegan(task.at, run_id))
        ended: list[ev.RunEnded] = []
        with _instructions(run_id, step, chosen) as told:
            code = driving.drive(step.task, told, run_id, ended=ended.append)
        if not ended:
            raise KeyboardInterrupt
        self._spent += ended[0].cost
        self._happened.append(_ended(task.at, ended[0]))
        if code == EXIT_STOPPED:
            self._happened.append(_STOPPED)

    def _close_open(self) -> None:
        """A task that was stopped before it had begun has ended, too."""
        over = {one.at for one in self._happened if isinstance(one, TaskEnded)}
        self._happened += [
            TaskEnded(one.at, "cancelled", passed=False)
            for one in self._happened
            if isinstance(one, TaskBegan) and one.at not in over
        ]

    def _settings_of(self, step: TaskStep) -> Settings:
        chosen = replace(self._chosen, yes=True, dry_run=False)
        if step.machine_id is not None:
            chosen = replace(chosen, on=step.machine_id)
        if step.max_steps is not None:
            chosen = replace(chosen, max_steps=step.max_steps)
        if step.cua_version is not None:
            chosen = replace(chosen, cua_version=step.cua_version)
        return chosen

    def _agree(self) -> None:
        """Once for all tasks, as often as they stand there."""
        if self._chosen.budget is not None:
            agree(self._chosen)
            return
        each = [_worst(self._settings_of(step)) for step in tasks(self._definition)]
        agree(self._chosen, whole_cents(sum(each)))

    # A person

    def _asked(self, ask: AskPerson) -> Happening:
        self._view.asks(ask.at, ask.step_id, ask.message)
        if self._terms.dry_run:
            self._invented += 1
            return self._guarded(PersonSaid(ask.at, approved=True, note=INVENTED))
        if not prompts.there():
            return PersonSaid(ask.at, approved=False, note="there is no terminal to ask at")
        print("  [y]es, [n]o, or no and why: ", end="", file=sys.stderr, flush=True)
        said = prompts.read_line(sys.stdin, Stop(), ask.seconds or 86_400)
        if said is None:
            return Halted("timed_out", "AWAITING_HUMAN_TIMEOUT", "Nobody has answered in time.")
        word, _, note = " ".join(said.split()).partition(" ")
        approved = word.lower().strip(",.;:") in ("y", "yes") and not note
        return PersonSaid(ask.at, approved, note)

    def _invent(self, ended: TaskEnded) -> None:
        self._invented += 1
        self._happened.append(self._guarded(ended))

    def _guarded(self, happening: Happening) -> Happening:
        """The same, or an end where a dry run goes round for ever."""
        if self._invented <= ENDLESS:
            return happening
        why = f"After {ENDLESS} invented results it has not come to its end: with these it goes round for ever."
        return Halted("failed", "GUARD_EXCEEDED", why)


def _ended(at: str, end: ev.RunEnded) -> TaskEnded:
    found = run_record.recorded_end(compose.runs_folder() / end.run_id)
    code = run_states.error_code(end.ending)
    return TaskEnded(
        at,
        end.ending.status,
        passed=end.ending is ev.Ending.DONE,
        result=None if found is None else found.summary,
        run_id=end.run_id,
        steps=end.steps,
        error={"code": code, "message": end.message} if code else None,
        cents=end.cost // CENT,
    )


def _worst(chosen: Settings) -> Money:
    """What a task may cost. Raises UsageError where a cap is set and nobody knows."""
    model = lifetimes.model(chosen.provider)
    prices = model.prices(chosen, chosen.max_size) if model.bills(chosen, os.environ) else None
    return 0 if prices is None else from_cents(prices.run(chosen.steps))


@contextmanager
def _instructions(run_id: str, step: TaskStep, chosen: Settings) -> Iterator[Settings]:
    """Within it the settings name files with what the step tells the model besides."""
    texts = {"preset": step.instructions, "system_prompt": step.system_prompt}
    paths: list[Path] = []
    try:
        for name, text in texts.items():
            if text:
                path = compose.runs_folder().parent / f"{name}-{run_id}.md"
                _write(path, text)
                paths.append(path)
                chosen = replace(chosen, **{name: str(path)})
        yield chosen
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    plain_files.folder(path.parent)
    plain_files.write(path, text.encode())
