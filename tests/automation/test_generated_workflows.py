"""Two hundred workflows at random through the service: each comes to the end that the interpreter alone comes to, with the same tasks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from coasty_desk.automation.workflow_service import WorkflowRunStateError
from coasty_desk.workflows.happenings import TaskBegan, TaskEnded
from tests.automation.flows import doing, start
from tests.automation.runs import PlayedService, until
from tests.workflows.test_workflow_interpreter import Driver, generated

BATCH = 20
_Dice = random.Random


@pytest.fixture
def here(tmp_path: Path) -> Iterator[PlayedService]:
    """A service whose tasks the test does."""
    found = PlayedService(tmp_path, tmp_path / "kept.sqlite3")
    yield found
    found.end()


@pytest.mark.parametrize("first", range(0, 200, BATCH))
def test_generated_workflows_come_to_the_same_end_through_the_service(here: PlayedService, first: int) -> None:
    """All tasks pass, all questions are answered with yes; the order of branches is anybody's."""
    drivers, ids = {}, []
    with doing(here):
        for seed in range(first, first + BATCH):
            steps = generated(_Dice(seed))
            ids.append(start(here, *steps))
            drivers[ids[-1]] = Driver(*steps)
        until(lambda: all(_is_over(here, run_id) for run_id in ids), 120)
    for run_id in ids:
        driver = drivers[run_id]
        ended, row = driver.run(), here.flows.run(run_id)
        assert (row.status, row.output, row.error and row.error.code) == (
            ended.status,
            ended.output,
            ended.code or None,
        )
        happened = here.courses.store.happened(run_id)
        began = [one.at for one in happened if isinstance(one, TaskBegan)]
        assert len(began) == len(set(began))
        if not any(isinstance(one, TaskEnded) and one.status == "cancelled" for one in (*happened, *driver.happened)):
            assert sorted(began) == sorted(at for at, _ in driver.done)


def _is_over(here: PlayedService, run_id: str) -> bool:
    row = here.flows.run(run_id)
    if row.status == "awaiting_human":
        try:
            here.flows.resume(run_id, approved=True, note="because")
        except WorkflowRunStateError:
            return False
    return row.is_over
