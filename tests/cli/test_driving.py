"""A run from Python, as `coasty_desk.driving` promises: the command line's parts, without the command line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from coasty_desk import UsageError, driving
from tests.cli.conftest import Shell, recording, service
from tests.stub_service import click, done, go

PROGRAM = """
from coasty_desk import RunEnded, driving, events
with driving("press it", max_steps=4, settle=0.0) as going:
    for event in going:
        if isinstance(event, events.Acting):
            print(event.placed.real.point)
        elif isinstance(event, RunEnded):
            print(event.ending.status, event.cost_cents)
"""


def test_a_task_is_carried_out_and_recorded(shell: Shell, display: str) -> None:
    """Real input on a real window, the events as they come, the record where the command line keeps it."""
    with recording(display) as window, service(go(click(300, 200)), done()) as (_, url):
        environment = shell.environment | {"DISPLAY": display, "COASTY_BASE_URL": url}
        program = [sys.executable, "-c", PROGRAM]
        ran = subprocess.run(program, env=environment, cwd=shell.home, capture_output=True, text=True, check=False)
        pressed = window.wait_for("press", 1)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == ["Point(x=300, y=200)", "succeeded 20"]
    assert (pressed[0]["x"], pressed[0]["y"]) == (300, 200)
    assert '"succeeded"' in shell("runs", "list", "--json").out


@pytest.mark.parametrize("page", ["README.md", "coasty_desk/manual/embedding.md"])
def test_the_program_of_the_readme_and_the_manual_runs(shell: Shell, display: str, page: str) -> None:
    """As it stands there."""
    text = (Path(__file__).parents[2] / page).read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    with service(done()) as (_, url):
        environment = shell.environment | {"DISPLAY": display, "COASTY_BASE_URL": url}
        ran = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
        )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[-1] == "1 run_ended"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"dryrun": True}, "dryrun.*dry_run"),
        ({"budget_cents": 3}, "budget_cents.*budget"),
        ({"xyzzy": 1}, "xyzzy"),
        ({"file": "task.txt"}, "file"),
    ],
)
def test_a_misspelt_option_is_an_error(options: dict[str, object], why: str) -> None:
    """Safety sentence: what is no option starts nothing; it would have moved the real mouse."""
    with pytest.raises(UsageError) as error, driving("press it", provider="offline", **options):  # type: ignore[arg-type]  # that is what is tested
        pytest.fail("it was started")
    assert re.search(why, f"{error.value.message} {error.value.remedy}")


def test_a_task_that_is_no_text_is_an_error() -> None:
    """As on the command line."""
    with pytest.raises(UsageError, match="no text"), driving("press \udcff", provider="offline"):
        pytest.fail("it was started")
