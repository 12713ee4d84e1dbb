"""A process that carries out one workflow in many lives: each is killed with SIGKILL at one more boundary of what is kept.

    python -m tests.automation.workflow_lives FOLDER STEP [ADDRESS]

Each life is a fork of it, with a service of its own on the same database, a SQLite file or that of the address, and ends itself before or after the next STEP-th transaction that
it makes. Tasks are done at once by processes that are played: what a task did to the world is a file in `world` with the name
of its run. It prints how many lives there were.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from coasty_desk.automation.run_control import RunOrder
from coasty_desk.automation.run_store import RunStore
from coasty_desk.automation.storage import Storage
from coasty_desk.automation.workflow_row import WorkflowTerms
from coasty_desk.automation.workflow_service import NewWorkflowRun, WorkflowRunStateError
from coasty_desk.automation.workflow_store import WorkflowStore
from coasty_desk.core.events import Ending
from coasty_desk.core.money import from_cents
from coasty_desk.workflows.happenings import PersonSaid, TaskBegan, TaskEnded
from tests.automation.runs import PlayedProcess, PlayedService

STORE = "kept.sqlite3"

CENTS = 3
"""What each task costs; it may cost 5."""

BUDGET = 113
"""What is just enough: the last task may cost 5 when the others have cost 3 each."""

OPERATION = "the one workflow"


def task(name: str, text: str, machine: str = "a") -> dict[str, object]:
    """A task as a definition has it."""
    return {"id": name, "type": "task", "task": text, "machine_id": machine, "max_steps": 1}


def holds(name: str) -> dict[str, object]:
    """An assertion that a task has passed."""
    return {"id": f"{name}-ok", "type": "assert", "condition": {"op": "truthy", "value": f"{{{{{name}.passed}}}}"}}


DEFINITION: dict[str, Any] = {
    "steps": [
        *[task(f"first{number}", f"first {number}") for number in range(6)],
        {"id": "ask", "type": "human_approval", "message": "May it go on?"},
        {
            "id": "rows",
            "type": "loop",
            "count": 4,
            "body": [
                task("row", "row {{vars.iteration}}"),
                {
                    "id": "again",
                    "type": "retry",
                    "max_attempts": 3,
                    "body": [task("try", "fails {{vars.attempt}} of row {{vars.iteration}}"), holds("try")],
                },
                {
                    "id": "odd",
                    "type": "if",
                    "condition": {"op": "eq", "left": "{{vars.iteration}}", "right": 3},
                    "then": [{"id": "ask-three", "type": "human_approval"}, task("three", "the third")],
                },
            ],
        },
        {
            "id": "at-once",
            "type": "parallel",
            "branches": [
                [task(f"branch-{machine}-{number}", f"branch {machine} {number}", machine) for number in range(4)]
                for machine in ("a", "b", "c")
            ],
        },
        {"id": "ask-last", "type": "human_approval"},
        *[task(f"last{number}", f"last {number}") for number in range(6)],
    ],
    "output": {"last": "{{last5.passed}}"},
}

DONE = [
    *[f"first {number}" for number in range(6)],
    *[
        text
        for row in range(1, 5)
        for text in (
            *(f"row {row}", f"fails 1 of row {row}", f"fails 2 of row {row}"),
            *(["the third"] if row == 3 else []),
        )
    ],
    *[f"branch {machine} {number}" for machine in "abc" for number in range(4)],
    *[f"last {number}" for number in range(6)],
]
"""Every task, once: 37."""


class LifeService(PlayedService):
    """Whose tasks are done as soon as they begin."""

    step_price = 50_000

    def _start(self, order: RunOrder, lease: object) -> PlayedProcess:
        process = PlayedProcess(order, self.runs)
        threading.Thread(target=self._perform, args=(process,), daemon=True).start()
        return process

    def _perform(self, process: PlayedProcess) -> None:
        world = self.runs.parent / "world"
        world.mkdir(exist_ok=True)
        whole = self.runs.parent / f"{process.order.run_id}.{os.getpid()}"
        whole.write_text(process.order.task)
        with suppress(FileExistsError):
            os.link(whole, world / process.order.run_id)  # a kill leaves it whole or not at all
        process.began()
        process.step(1, CENTS)
        fails = process.order.task.startswith("fails 1 ")
        process.over(Ending.AGENT_FAILED if fails else Ending.DONE, cents=CENTS)


def life(folder: Path, most: int, place: Path | str) -> None:
    """One life: until the run is over, or so many boundaries were passed."""
    _count_boundaries(most)
    here = LifeService(folder, place)
    asked = NewWorkflowRun(machine_id="a", definition=DEFINITION, terms=WorkflowTerms(budget_cents=BUDGET))
    run_id = here.flows.start(asked, OPERATION).id
    while not (row := here.flows.run(run_id)).is_over:
        if row.status == "awaiting_human":
            with suppress(WorkflowRunStateError):
                here.flows.resume(run_id, approved=True, note="")
        time.sleep(0.003)
    os._exit(0)


def _count_boundaries(most: int) -> None:
    """Have the process killed at that one: before what a transaction has changed is kept, or after."""
    counting, transaction = threading.Lock(), Storage.transaction
    passed = [0]

    def boundary() -> None:
        with counting:
            passed[0] += 1
            if passed[0] == most:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)

    @contextmanager
    def counted(self: Storage) -> Any:
        with transaction(self) as connection:
            yield connection
            boundary()
        boundary()

    replaced: Callable[..., Any] = counted
    Storage.transaction = replaced  # type: ignore[method-assign]


@contextmanager
def _kept(place: Path | str) -> Iterator[tuple[WorkflowStore, RunStore]]:
    """What is on the disk."""
    with closing(Storage(place)) as storage:
        yield WorkflowStore(storage), RunStore(storage)


def assert_each_task_once(folder: Path, place: Path | str) -> None:
    """Whatever was killed: each task was done once, none was left out, and what they cost was counted once and within the budget."""
    world = [(path.name, path.read_text()) for path in (folder / "world").iterdir()]
    assert sorted(text for _, text in world) == sorted(DONE)
    with _kept(place) as (flows, runs):
        (row,) = flows.runs()
        happened = flows.happened(row.id)
        events = flows.events(row.id, -1)
        tasks = [runs.get(run_id) for run_id, _ in world]
    assert (row.status, row.output, row.iterations) == ("succeeded", {"last": True}, 4)
    began = [one for one in happened if isinstance(one, TaskBegan)]
    assert {one.run_id for one in began} == {run_id for run_id, _ in world}
    assert len(began) == len([one for one in happened if isinstance(one, TaskEnded)]) == len(DONE)
    assert len([one for one in happened if isinstance(one, PersonSaid)]) == 3
    spent = sum(task.cost for task in tasks if task is not None)
    assert row.spent == spent == from_cents(CENTS) * len(DONE)
    assert spent <= from_cents(BUDGET)
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert events[-1].name == "done"
    assert len([event for event in events if event.name == "task"]) == len(DONE)


def lived(folder: Path, most: int, place: Path | str) -> int | None:
    """One life, in a fork of this process: its code, or None where it was killed."""
    child = os.fork()
    if not child:
        try:
            life(folder, most, place)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def main(folder: Path, step: int, place: Path | str) -> None:
    """One life after the other."""
    for lives in range(1, 2000):
        code = lived(folder, step + lives % 7, place)
        if code is not None:
            sys.stdout.write(f"{lives}\n")
            sys.stdout.flush()
            sys.exit(code)
    sys.exit("it does not come to its end")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if sys.argv[3:] else Path(sys.argv[1]) / STORE)
