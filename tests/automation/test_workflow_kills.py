"""A workflow of forty steps, whose service is killed again and again at every kind of boundary: it goes on where it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from coasty_desk.automation.run_store import RunStore
from coasty_desk.automation.storage import Storage
from coasty_desk.automation.workflow_store import WorkflowStore
from coasty_desk.core.money import from_cents
from coasty_desk.workflows.happenings import PersonSaid, TaskBegan, TaskEnded
from tests.automation import workflow_lives
from tests.automation.postgres import new_database


@contextmanager
def kept(place: Path | str) -> Iterator[tuple[WorkflowStore, RunStore]]:
    """What is on the disk."""
    with closing(Storage(place)) as storage:
        yield WorkflowStore(storage), RunStore(storage)


@pytest.mark.parametrize(
    ("step", "least", "where"),
    [
        pytest.param(23, 15, "sqlite", marks=pytest.mark.slow),
        (61, 5, "sqlite"),
        (71, 4, "postgres"),
    ],
)
def test_no_task_is_done_twice_and_none_left_out_however_often_it_is_killed(
    request: pytest.FixtureRequest, tmp_path: Path, step: int, least: int, where: str
) -> None:
    """And what they cost is counted once, and is never more than the budget."""
    place: Path | str = tmp_path / workflow_lives.STORE
    if where == "postgres":
        place = new_database(request.getfixturevalue("postgres"))
    command = [sys.executable, "-m", "tests.automation.workflow_lives", str(tmp_path), str(step)]
    command += [place] if isinstance(place, str) else []
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=500, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > least
    world = [(path.name, path.read_text()) for path in (tmp_path / "world").iterdir()]
    assert sorted(text for _, text in world) == sorted(workflow_lives.DONE)
    with kept(place) as (flows, runs):
        (row,) = flows.runs()
        happened = flows.happened(row.id)
        events = flows.events(row.id, -1)
        tasks = [runs.get(run_id) for run_id, _ in world]
    assert (row.status, row.output, row.iterations) == ("succeeded", {"last": True}, 4)
    began = [one for one in happened if isinstance(one, TaskBegan)]
    assert {one.run_id for one in began} == {run_id for run_id, _ in world}
    assert len(began) == len([one for one in happened if isinstance(one, TaskEnded)]) == len(workflow_lives.DONE)
    assert len([one for one in happened if isinstance(one, PersonSaid)]) == 3
    spent = sum(task.cost for task in tasks if task is not None)
    assert row.spent == spent == from_cents(workflow_lives.CENTS) * len(workflow_lives.DONE)
    assert spent <= from_cents(workflow_lives.BUDGET)
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert events[-1].name == "done"
    assert len([event for event in events if event.name == "task"]) == len(workflow_lives.DONE)
