"""What comes next in a run of a workflow: a pure function of its definition, its inputs, and what has happened (API.md §12.2).

The definition is walked from its beginning each time, and what has happened answers each task and each question on the way; where the
answer is not there yet, that way waits. So a run that was killed anywhere goes on from the list of what happened, and nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NoReturn

from msgspec import Struct

from coasty_desk.workflows.conditions import holds
from coasty_desk.workflows.definition import (
    LONGEST_TASK,
    MOST_ITERATIONS,
    ApprovalStep,
    AssertStep,
    Condition,
    Definition,
    FailStep,
    IfStep,
    LoopStep,
    ParallelStep,
    RetryStep,
    Step,
    SucceedStep,
    TaskStep,
)
from coasty_desk.workflows.happenings import Halted, Happening, PersonSaid, TaskBegan, TaskEnded
from coasty_desk.workflows.references import TooLongError, filled, text

LONGEST_OUTPUT = 1_000_000
"""Characters of all that a run gives."""

LONGEST_MESSAGE = 2000

FailureCode = Literal["ASSERTION_FAILED", "APPROVAL_REJECTED", "WORKFLOW_FAILED", "GUARD_EXCEEDED"]

_RETRIED: tuple[FailureCode, ...] = ("ASSERTION_FAILED", "APPROVAL_REJECTED")
"""What a `retry` catches (API.md §17, row 48)."""


class BeginTask(Struct, frozen=True):
    """A task to be begun now. `at` is its place in the run, the same each time; `step` has its text, and its machine, filled in."""

    at: str
    step: TaskStep


class AskPerson(Struct, frozen=True):
    """A question to be put now, for so many seconds."""

    at: str
    step_id: str
    message: str
    seconds: int | None = None


class Finished(Struct, frozen=True):
    """How the run ended."""

    status: Literal["succeeded", "failed", "cancelled", "timed_out"]
    output: Mapping[str, Any] | None = None
    code: str = ""
    message: str = ""


class StepTold(Struct, frozen=True):
    """Something to tell whoever watches; `key` is the same each time, and no other one's. `passed` is None where nothing was judged."""

    key: str
    step_id: str
    type: str
    passed: bool | None = None
    text: str = ""


class Outlook(Struct, frozen=True):
    """What comes next: tasks to begin, tasks that are to end because another branch failed, a question, or the end.

    `open` are the places of tasks that are under way. Where nothing of all that is there, whoever asked waits for something to happen.
    """

    begin: tuple[BeginTask, ...] = ()
    end: tuple[str, ...] = ()
    ask: AskPerson | None = None
    finished: Finished | None = None
    open: tuple[str, ...] = ()
    told: tuple[StepTold, ...] = ()
    iterations: int = 0


def outlook(
    definition: Definition,
    inputs: Mapping[str, Any],
    happened: Iterable[Happening],
    max_iterations: int | None = None,
) -> Outlook:
    """What comes next. Each place of a task or a question is asked for until something has happened there, and never again."""
    return _RunThrough(inputs, happened, min(max_iterations or MOST_ITERATIONS, MOST_ITERATIONS)).outlook(definition)


class _WaitsError(Exception):
    """This way goes on only when something has happened."""


class _FailedError(Exception):
    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code: FailureCode = code
        self.message = message[:LONGEST_MESSAGE]


class _SucceededError(Exception):
    def __init__(self, output: Mapping[str, Any] | None) -> None:
        super().__init__()
        self.output = output


class _RunThrough:
    def __init__(self, inputs: Mapping[str, Any], happened: Iterable[Happening], most: int) -> None:
        self._scope: dict[str, Any] = {"inputs": inputs, "vars": {"iteration": 0, "attempt": 1}}
        self._began: dict[str, str] = {}
        self._ended: dict[str, TaskEnded] = {}
        self._said: dict[str, PersonSaid] = {}
        self._halted: Halted | None = None
        for one in happened:
            match one:
                case TaskBegan(at, run_id):
                    self._began.setdefault(at, run_id)
                case TaskEnded(at=at):
                    self._ended.setdefault(at, one)
                case PersonSaid(at):
                    self._said.setdefault(at, one)
                case Halted():
                    self._halted = self._halted or one
        self._most = most
        self._iterations = 0
        self._loops = self._retries = 0
        self._begin: list[BeginTask] = []
        self._end: list[str] = []
        self._open: list[str] = []
        self._ask: AskPerson | None = None
        self._told: list[StepTold] = []

    def outlook(self, definition: Definition) -> Outlook:
        finished: Finished | None = None
        try:
            self._steps(definition.steps, "")
            finished = Finished("succeeded", self._output(definition.output, "output"))
        except _WaitsError:
            pass
        except _SucceededError as end:
            finished = Finished("succeeded", end.output)
        except _FailedError as failure:
            finished = Finished("failed", None, failure.code, failure.message)
        if self._halted is not None:  # whatever the tasks that it has ended would lead to
            finished = self._when_halted(self._halted)
            if finished is None:
                return Outlook(
                    end=tuple(self._open), open=tuple(self._open), told=tuple(self._told), iterations=self._iterations
                )
        return Outlook(
            *(tuple(self._begin), tuple(self._end), self._ask, finished, tuple(self._open), tuple(self._told)),
            self._iterations,
        )

    def _when_halted(self, halted: Halted) -> Finished | None:
        """The end, once no task is under way any more."""
        return None if self._open else Finished(halted.status, None, halted.code, halted.message)

    # Steps

    def _steps(self, steps: tuple[Step, ...], within: str) -> None:
        for index, step in enumerate(steps):
            try:
                self._step(step, f"{within}{index}")
            except TooLongError:
                self._too_long(f"the step {step.id}")

    def _step(self, step: Step, at: str) -> None:
        match step:
            case TaskStep():
                self._task(step, at)
            case AssertStep(name, condition, message):
                if not self._holds(condition):
                    self._tell(at, name, "assert", passed=False)
                    self._fail("ASSERTION_FAILED", self._text(message) or f"The assertion {name} does not hold.")
                self._tell(at, name, "assert", passed=True)
            case IfStep(name, condition, then, otherwise):
                chosen = self._holds(condition)
                self._tell(at, name, "if", text="then" if chosen else "else")
                self._steps(then if chosen else otherwise, f"{at}.{'then' if chosen else 'else'}.")
            case LoopStep():
                self._loop(step, at)
            case ParallelStep(name, branches):
                self._parallel(name, branches, at)
            case RetryStep(name, body, attempts):
                self._retry(name, body, attempts, at)
            case ApprovalStep():
                self._approval(step, at)
            case SucceedStep(_, output):
                raise _SucceededError(self._output(output, step.id))
            case FailStep(name, message):
                self._fail("WORKFLOW_FAILED", self._text(message) or f"The step {name} ends the workflow.")

    def _task(self, step: TaskStep, at: str) -> None:
        ended = self._ended.get(at)
        if ended is None:
            if at in self._began:
                self._open.append(at)
            elif self._halted is None:
                self._begin.append(BeginTask(at, self._filled(step)))
            raise _WaitsError
        bound = {
            "status": ended.status,
            "passed": ended.passed,
            "result": ended.result,
            "run_id": ended.run_id,
            "steps": ended.steps,
            "error": ended.error,
        }
        for name in filter(None, (step.id, step.save_as)):
            if name not in ("inputs", "vars"):
                self._scope[name] = bound
        self._tell(at, step.id, "task", passed=ended.passed, text=ended.status)

    def _filled(self, step: TaskStep) -> TaskStep:
        try:
            task = text(filled(step.task, self._scope, LONGEST_TASK)).strip()
        except TooLongError:
            self._fail(
                "WORKFLOW_FAILED",
                f"The task of the step {step.id} is longer than {LONGEST_TASK} characters, with what its references stand for.",
            )
        if not task:
            self._fail(
                "WORKFLOW_FAILED",
                f"The task of the step {step.id} is empty: what its references stand for is not known.",
            )
        machine = None if step.machine_id is None else text(filled(step.machine_id, self._scope, 128))
        if step.machine_id is not None and not machine:
            self._fail("WORKFLOW_FAILED", f"The step {step.id} names a machine by a reference that is not known.")
        told = {
            name: None if said is None else text(filled(said, self._scope, 2 * LONGEST_TASK))
            for name, said in (("instructions", step.instructions), ("system_prompt", step.system_prompt))
        }
        return TaskStep(
            id=step.id,
            task=task,
            machine_id=machine,
            cua_version=step.cua_version,
            max_steps=step.max_steps,
            save_as=step.save_as,
            on_awaiting_human=step.on_awaiting_human,
            **told,
        )

    def _loop(self, step: LoopStep, at: str) -> None:
        outer, number = self._vars["iteration"], 0
        self._set("iteration", 0)
        self._loops += 1
        try:
            while self._goes_on(step, number):
                number += 1
                self._iterations += 1
                if self._iterations > self._most:
                    self._fail(
                        "GUARD_EXCEEDED",
                        f"The loops of the workflow have gone round {self._most} times, which is the most that is allowed.",
                    )
                self._set("iteration", number)
                self._tell(f"{at}.{number}", step.id, "loop", text=f"iteration {number}")
                self._steps(step.body, f"{at}.{number}.")
        finally:
            self._loops -= 1
        if self._loops:  # the loop around it has its own number; after the outermost the last one is still known
            self._set("iteration", outer)

    def _goes_on(self, step: LoopStep, number: int) -> bool:
        if step.cap is not None and number >= step.cap:
            return False
        if step.count is not None:
            return number < step.count
        return step.condition is not None and self._holds(step.condition)

    def _parallel(self, name: str, branches: tuple[tuple[Step, ...], ...], at: str) -> None:
        """Each branch with what was known before; a branch that fails ends the others."""
        before, known = self._scope, dict(self._scope)
        begun, opened = len(self._begin), len(self._open)
        scopes: list[dict[str, Any]] = []
        failure: _FailedError | None = None
        waits = False
        for number, branch in enumerate(branches):
            self._scope = {**before, "vars": dict(before["vars"])}
            try:
                self._steps(branch, f"{at}.{number}|")
            except _WaitsError:
                waits = True
            except _FailedError as one:
                failure = failure or one
            scopes.append(self._scope)
        self._scope = before
        if failure is not None:
            del self._begin[begun:]
            if self._open[opened:]:
                self._end += self._open[opened:]
                raise _WaitsError
            self._tell(at, name, "parallel", passed=False)
            raise failure
        if waits:
            raise _WaitsError
        for scope in scopes:
            self._scope.update(
                {name: bound for name, bound in scope.items() if bound is not known.get(name) and name != "vars"}
            )
        self._tell(at, name, "parallel", passed=True)

    def _retry(self, name: str, body: tuple[Step, ...], attempts: int, at: str) -> None:
        outer = self._vars["attempt"]
        self._retries += 1
        try:
            for attempt in range(1, attempts + 1):
                self._set("attempt", attempt)
                try:
                    self._steps(body, f"{at}.{attempt}~")
                    break
                except _FailedError as failure:
                    if attempt == attempts or failure.code not in _RETRIED:
                        raise
                    said = f"attempt {attempt} of {attempts} failed ({failure.message}); it is tried again"
                    self._tell(f"{at}.{attempt}", name, "retry", text=said)
        finally:
            self._retries -= 1
        if self._retries:
            self._set("attempt", outer)

    def _approval(self, step: ApprovalStep, at: str) -> None:
        said = self._said.get(at)
        if said is None:
            if self._halted is None:
                message = self._text(step.message) or "May it go on?"
                self._ask = AskPerson(at, step.id, message, step.seconds)
            raise _WaitsError
        self._tell(at, step.id, "human_approval", passed=said.approved, text=said.note)
        if not said.approved:
            because = f": {said.note}" if said.note else ""
            self._fail("APPROVAL_REJECTED", f"A person has said no at the step {step.id}{because}.")

    # What is known

    @property
    def _vars(self) -> dict[str, Any]:
        found: dict[str, Any] = self._scope["vars"]
        return found

    def _set(self, name: str, value: int) -> None:
        self._scope["vars"] = {**self._vars, name: value}

    def _holds(self, condition: Condition) -> bool:
        return holds(condition, self._scope)

    def _text(self, message: str | None) -> str:
        return "" if message is None else text(filled(message, self._scope, 4 * LONGEST_TASK)).strip()[:LONGEST_MESSAGE]

    def _output(self, output: Mapping[str, Any] | None, where: str) -> Mapping[str, Any] | None:
        if output is None:
            return None
        try:
            found: Mapping[str, Any] = filled(dict(output), self._scope, LONGEST_OUTPUT)
        except TooLongError:
            self._too_long(where)
        return found

    def _too_long(self, where: str) -> NoReturn:
        self._fail("WORKFLOW_FAILED", f"What the references in {where} stand for is too long.")

    def _tell(self, at: str, name: str, kind: str, *, passed: bool | None = None, text: str = "") -> None:
        self._told.append(StepTold(at, name, kind, passed, text))

    def _fail(self, code: FailureCode, message: str) -> NoReturn:
        raise _FailedError(code, message)
