"""The workflows that come with the program, each carried out on a real display with a window that records what arrives."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coasty_desk import presets
from coasty_desk.workflows.workflow_document import parsed
from tests.cli.conftest import Result, Shell, recording

TYPES = [
    {"status": "continue", "actions": [{"action_type": "click", "params": {"x": 100, "y": 80}}]},
    {"status": "done", "actions": [{"action_type": "type_text", "params": {"text": "ab"}}]},
]


@pytest.mark.parametrize("name", presets.workflow_names())
def test_each_example_is_a_workflow_without_a_warning(name: str) -> None:
    """And says what it is."""
    document = parsed(presets.workflow(name))
    assert document.warnings == ()
    assert document.around["name"]


def run(shell: Shell, display: str, name: str, *inputs: str, script: object = None, provider: str = "script") -> Result:
    """An example in this process."""
    options = ["--provider", provider, "--json", "--settle", "0"]
    if script is not None:
        (shell.home / "script.jsonl").write_text("\n".join(map(json.dumps, TYPES)), "utf-8")
        options += ["--script", "script.jsonl"]
    given = [part for one in inputs for part in ("--input", one)]
    return shell("workflows", "run", f"example:{name}", *given, *options, DISPLAY=display)


def typed(result: Result) -> list[str]:
    """What the tasks have typed."""
    return [
        event["action"]["params"]["text"]
        for event in result.of("acting")
        if event["action"]["action_type"] == "type_text"
    ]


def test_a_form_is_filled_in_row_by_row(shell: Shell, display: str) -> None:
    """A task for each row of the file, which has them all."""
    (shell.home / "people.csv").write_text("name,age\nAda,36\nAlan,41\nGrace,85\n", "utf-8")
    with recording(display):
        done = run(shell, display, "form-from-rows", "rows=@people.csv", "count=3", script=TYPES)
    assert done.code == 0, done.err
    assert typed(done) == ["ab"] * 3
    tasks = [event["task"] for event in done.of("workflow_task")]
    assert [f"row {number}," in task for number, task in enumerate(tasks, 1)] == [True] * 3
    assert '"name": "Alan"' in tasks[0]
    assert done.of("workflow_ended")[0]["output"] == {"rows": 3}


def test_the_nightly_check_is_tried_again(shell: Shell, display: str) -> None:
    """Until it holds; and where it never does, it says so."""
    fails = run(shell, display, "nightly-check", "what=[fail] the page is up")
    assert (fails.code, len(fails.of("workflow_task"))) == (1, 3)
    assert fails.of("workflow_ended")[0]["code"] == "ASSERTION_FAILED"
    with recording(display):
        done = run(shell, display, "nightly-check", "what=the page is up", script=TYPES)
    assert (done.code, typed(done)) == (0, ["ab"])


@pytest.mark.parametrize(
    ("answer", "code", "tasks"),
    [("y", 0, 2), ("no wait for Monday", 6, 1), (signal.SIGINT, 130, 1), (signal.SIGTERM, 130, 1)],
)
def test_nothing_is_sent_without_a_yes(
    shell: Shell, display: str, answer: str | signal.Signals, code: int, tasks: int
) -> None:
    """Asked in the terminal, where a stop is heard, and the note is kept."""
    (shell.home / "script.jsonl").write_text("\n".join(map(json.dumps, TYPES)), "utf-8")
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "coasty_desk", "workflows", "run", "example:ask-before-sending", "--json"]
    command += ["--provider", "script", "--script", "script.jsonl", "--input", "message=hi", "--input", "to=Ada"]
    with subprocess.Popen(
        command,
        env=shell.environment | {"DISPLAY": display},
        cwd=shell.home,
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(follower)
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if '"workflow_asked"' in line and isinstance(answer, signal.Signals):
                process.send_signal(answer)
            elif '"workflow_asked"' in line:
                os.write(leader, f"{answer}\n".encode())
        _, said = process.communicate(timeout=60)
    os.close(leader)
    done = Result(process.returncode, "".join(lines), said)
    assert done.code == code, said
    assert len(done.of("workflow_task")) == tasks
    if code == 6:
        assert "wait for Monday" in done.of("workflow_ended")[0]["message"]
    if code == 130:
        assert done.of("workflow_ended")[0]["status"] == "cancelled"


def test_both_machines_do_it(shell: Shell, display: str) -> None:
    """In one process one after the other."""
    with recording(display):
        done = run(shell, display, "two-machines", "task=type it", script=TYPES)
    assert (done.code, typed(done)) == (0, ["ab", "ab"]), done.err
    fails = run(shell, display, "two-machines", "task=[fail]")
    assert fails.of("workflow_ended")[0]["message"] == "first: failed, second: failed"


def test_it_looks_until_the_text_appears(shell: Shell, display: str) -> None:
    """And gives up after so many looks."""
    with recording(display):
        done = run(shell, display, "until-it-appears", "text=Ready", script=TYPES)
    assert (done.code, done.of("workflow_ended")[0]["output"]) == (0, {"looks": 1})
    never = run(shell, display, "until-it-appears", "text=[fail] Ready")
    assert (never.code, len(never.of("workflow_task"))) == (1, 30)


def test_what_failed_is_tidied_up(shell: Shell, display: str) -> None:
    """With the embedded predictor, in plain words."""
    with recording(display):
        done = run(
            *(shell, display, "clean-up", 'task=click "No Such Button"', 'clean_up=type "tidied"'), provider="offline"
        )
    assert done.code == 1, done.err
    assert typed(done) == ["tidied"]
    assert "tidied up: " in done.of("workflow_ended")[0]["message"]


def test_ctrl_c_stops_in_the_middle_of_a_task_and_nothing_begins_after_it(shell: Shell, display: str) -> None:
    """With the exit code of a stop, and a last event."""
    slow = [{"status": "continue", "actions": [{"action_type": "type_text", "params": {"text": "x" * 5000}}]}]
    (shell.home / "slow.jsonl").write_text("\n".join(map(json.dumps, slow)), "utf-8")
    with recording(display):
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "coasty_desk", "workflows", "run", "example:two-machines", "--json"),
                *("--provider", "script", "--script", "slow.jsonl", "--input", "task=type"),
            ],
            env=shell.environment | {"DISPLAY": display},
            cwd=shell.home,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if '"acting"' in line:
                process.send_signal(2)
        assert process.wait(60) == 130
        process.stdout.close()
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events].count("workflow_task") == 1
    assert events[-1]["event"] == "workflow_ended"
    assert events[-1]["status"] == "cancelled"


def test_the_examples_are_in_the_package() -> None:
    """Beside the presets."""
    assert len(presets.workflow_names()) == 6
    assert Path(presets.__file__).parent.parent.joinpath("presets", "workflows").is_dir()
