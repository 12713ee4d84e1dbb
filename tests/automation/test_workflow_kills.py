"""A workflow of forty steps, whose service is killed again and again at every kind of boundary: it goes on where it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.automation import workflow_lives
from tests.automation.postgres import new_database


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
    workflow_lives.assert_each_task_once(tmp_path, place)
