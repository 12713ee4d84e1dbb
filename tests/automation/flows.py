"""Workflows on a played service: their tasks are done at once, as the test says."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from coasty_desk.automation.run_events import RunEvent
from coasty_desk.automation.workflow_row import WorkflowRunRow, WorkflowTerms
from coasty_desk.automation.workflow_service import NewWorkflowRun
from coasty_desk.core.events import Ending
from tests.automation.runs import PlayedProcess, PlayedService, until

PASSED = {"op": "truthy", "value": "{{t.passed}}"}


def task(name: str, text: str = "", **more: object) -> dict[str, object]:
    """A task as a definition has it."""
    return {"id": name, "type": "task", "task": text or f"do {name}", **more}


def start(here: PlayedService, *steps: object, operation: str = "", output: object = None, **terms: Any) -> str:
    """A run of an ad hoc workflow; its id."""
    inputs = terms.pop("inputs", {})
    definition = {"steps": list(steps), "output": output}
    asked = NewWorkflowRun(machine_id="m", definition=definition, inputs=inputs, terms=WorkflowTerms(**terms))
    return here.flows.start(asked, operation).id


def reach(here: PlayedService, run_id: str, *statuses: str) -> WorkflowRunRow:
    """Wait until the run is in one of those states."""
    until(lambda: here.flows.run(run_id).status in statuses, 30)
    return here.flows.run(run_id)


def told(here: PlayedService, run_id: str, after: int = -1) -> list[RunEvent]:
    """All events of a run that is over."""
    return [event for event in here.flows.events(run_id, after, 10) if event is not None]


@contextmanager
def doing(
    here: PlayedService, passes: Callable[[str], bool] = lambda _task: True, cents: int = 0
) -> Iterator[list[str]]:
    """While the block runs every task is done at once; gives the list of them, as they begin."""
    done: list[str] = []
    ended = threading.Event()

    def play() -> None:
        while not ended.is_set():
            try:
                process = here.started.get(timeout=0.02)
            except queue.Empty:
                continue
            done.append(process.order.task)
            perform(process, passed=passes(process.order.task), cents=cents)

    player = threading.Thread(target=play, daemon=True)
    player.start()
    try:
        yield done
    finally:
        ended.set()
        player.join()


def perform(process: PlayedProcess, *, passed: bool = True, cents: int = 0) -> None:
    """A task from its first line to its last."""
    process.began()
    process.step(1, cents)
    process.over(Ending.DONE if passed else Ending.AGENT_FAILED, cents=cents)


def approval(name: str, **more: object) -> Mapping[str, object]:
    """A person's yes or no."""
    return {"id": name, "type": "human_approval", **more}
