"""`coasty-desk workflows`: checked with every mistake, walked through, saved at the service and run by it, also where that is killed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.workflows.definition_reader import DefinitionError
from coasty_desk.workflows.workflow_document import parsed
from tests.cli.conftest import Result, Shell
from tests.desktop.xvfb import xvfb
from tests.server.run_services import OVER, RunningService, running_service

PASSED = {"op": "truthy", "value": "{{look.passed}}"}
DEFINITION: dict[str, Any] = {
    "steps": [
        {"id": "look", "type": "task", "task": "[done] look at {{inputs.what}}"},
        {"id": "fine", "type": "assert", "condition": PASSED},
        {"id": "ok", "type": "human_approval", "message": "Go on with {{inputs.what}}?"},
        {"id": "rows", "type": "loop", "count": 2, "body": [{"id": "row", "type": "task", "task": "[done] row"}]},
    ],
    "output": {"what": "{{inputs.what}}", "passed": "{{row.passed}}"},
}
WHOLE = {"name": "Daily check", "inputs_schema": {"properties": {"what": {"type": "string"}}}, "definition": DEFINITION}


def written(shell: Shell, name: str, document: object) -> None:
    """A file in its folder."""
    (shell.home / name).write_text(json.dumps(document), "utf-8")


def test_check_names_every_mistake_and_the_word_that_was_near(shell: Shell) -> None:
    """With its place in the file; exit code 2."""
    wrong = {
        "steps": [
            {"id": "a", "type": "tsk", "task": "x"},
            {"id": "b", "type": "task", "tsk": "x"},
            {"id": "c", "type": "assert", "condition": {"op": "truhty", "value": 1}},
        ]
    }
    written(shell, "wrong.json", {"name": "x", "definition": wrong})
    said = shell("workflows", "check", "wrong.json")
    assert said.code == 2
    assert said.err.splitlines() == [
        "coasty-desk: wrong.json has 4 mistakes:",
        '  definition.steps[0].type: there is no step "tsk"; did you mean task?',
        "  definition.steps[1].tsk: there is no such field; did you mean task?",
        "  definition.steps[1].task: it is required: it must be a text of 1 to 16000 characters",
        '  definition.steps[2].condition.op: there is no operator "truhty"; did you mean truthy?',
    ]
    told = json.loads(shell("workflows", "check", "wrong.json", "--json").out)
    assert (told["valid"], told["mistakes"][0]["at"]) == (False, "definition.steps[0].type")
    assert shell("workflows", "run", "wrong.json").code == 2
    (shell.home / "torn.json").write_text('{"steps": [', "utf-8")
    assert "it is no JSON" in shell("workflows", "check", "torn.json").err
    assert shell("workflows", "check", "none.json").code == 2


def test_check_draws_the_tree_and_warns(shell: Shell) -> None:
    """Of what is understood, and may mean something else."""
    written(shell, "w.json", WHOLE)
    said = shell("workflows", "check", "w.json")
    assert (said.code, said.out.splitlines()) == (
        0,
        [
            "Daily check: 5 steps",
            "├─ look “[done] look at {{inputs.what}}”",
            "├─ fine assert {{look.passed}} is set",
            "├─ ok ask: Go on with {{inputs.what}}?",
            "└─ rows 2 times",
            "   └─ row “[done] row”",
        ],
    )
    written(shell, "w.json", {"steps": [{"id": "t", "type": "task", "task": "{{inputz.x}} {{t.pased}}"}]})
    warnings = shell("workflows", "check", "w.json").out.splitlines()[2:]
    assert warnings == [
        "warning: steps[0].task: {{inputz.x}} is nothing: there is no task of that name; did you mean inputs?",
        "warning: steps[0].task: {{t.pased}} is nothing: a task has status, passed, result, run_id, steps, error; did you mean passed?",
    ]


def test_a_dry_run_walks_through_it_with_invented_results(shell: Shell) -> None:
    """Without a display, and without an end it says so."""
    written(shell, "w.json", WHOLE)
    done = shell("workflows", "run", "w.json", "--dry-run", "--json", "--input", "what=the page")
    assert done.code == 0, done.err
    assert [event["task"] for event in done.of("workflow_task")] == [
        "[done] look at the page",
        "[done] row",
        "[done] row",
    ]
    assert done.of("workflow_ended")[0]["output"] == {"what": "the page", "passed": True}
    endless = {"id": "l", "type": "loop", "while": {"op": "eq", "left": 1, "right": 1}}
    written(shell, "e.json", {"steps": [{**endless, "body": [{"id": "t", "type": "task", "task": "x"}]}]})
    assert shell("workflows", "run", "e.json", "--dry-run").code == 3
    written(
        shell, "e.json", {"steps": [{**endless, "body": [{"id": "i", "type": "if", "condition": PASSED, "then": []}]}]}
    )
    assert shell("workflows", "run", "e.json", "--dry-run").code == 3


def test_inputs_are_checked_before_anything_begins(shell: Shell) -> None:
    """By the workflow's own schema."""
    written(shell, "w.json", {**WHOLE, "inputs_schema": {"properties": {"n": {"type": "integer"}}, "required": ["n"]}})
    for given, why in ((), "n: it is required"), (("--input", "n=x"), "of the type integer"):
        said = shell("workflows", "run", "w.json", "--dry-run", *given)
        assert (said.code, why in said.err) == (2, True)
    assert shell("workflows", "run", "w.json", "--dry-run", "-i", "n=3").code == 0
    assert shell("workflows", "run", "w.json", "--dry-run", "-i", "n").code == 2


def test_an_approval_without_a_terminal_is_a_no(shell: Shell, display: str) -> None:
    """Exit code 6, as for what a person refused."""
    written(shell, "w.json", {"steps": [{"id": "ok", "type": "human_approval"}]})
    assert shell("workflows", "run", "w.json", "--provider", "script", DISPLAY=display).code == 6


def test_a_document_is_read_in_all_its_forms() -> None:
    """Bare, with its name around it, and as the articles have it."""
    bare = parsed(json.dumps(DEFINITION))
    assert (bare.around, bare.document) == ({}, DEFINITION)
    assert parsed(json.dumps(WHOLE)).document == DEFINITION
    article = parsed(json.dumps({"name": "a", "version": "1.0.0", **DEFINITION}))
    assert (article.document, article.around, len(article.warnings)) == (DEFINITION, {"name": "a"}, 1)
    with pytest.raises(DefinitionError, match="there is no such field"):
        parsed(json.dumps({**WHOLE, "steps": []}))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[RunningService]:
    """A service on a display of its own."""
    with xvfb(640, 480) as screen, running_service(tmp_path, screen, "--provider", "script") as found:
        yield found


def cli(service: RunningService, *words: str) -> Result:
    """One command line that went well."""
    done = service.cli("workflows", *words)
    assert done.code == 0, done.err
    return done


def reach(service: RunningService, run_id: str, *statuses: str) -> Any:
    """Wait until the workflow's run is so."""
    until = time.monotonic() + 90
    while (found := service("GET", f"/workflows/runs/{run_id}").json)["status"] not in statuses:
        assert found["status"] not in OVER, found
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return found


def test_a_saved_workflow_is_run_by_the_service_and_survives_its_kills(served: RunningService) -> None:
    """Saved, listed, shown, run, answered and archived; killed in between, no task is done twice."""
    (served.shell.home / "w.json").write_text(json.dumps(WHOLE), "utf-8")
    assert "daily-check, version 1" in cli(served, "save", "w.json").out
    assert "version 2" in cli(served, "save", "w.json").out
    assert "daily-check" in cli(served, "list").out
    assert "└─ rows" in cli(served, "show", "daily-check").out
    run_id = cli(served, "run", "daily-check", "--input", "what=this", "--detach").out.strip()
    reach(served, run_id, "awaiting_human")
    served.kill()
    served.start()
    assert reach(served, run_id, "awaiting_human")["awaiting_step_id"] == "ok"
    answered = served.cli("runs", "answer", run_id, "yes", "go")
    assert answered.code == 0, answered.err
    served.kill()
    served.start()
    ended = reach(served, run_id, "succeeded")
    assert ended["output"] == {"what": "this", "passed": True}
    watched = served.cli("runs", "watch", run_id)
    assert watched.code == 0, watched.err
    runs = json.loads(served.cli("runs", "list", "--json").out)
    assert len(runs) == 3
    assert run_id in cli(served, "runs", "daily-check").out
    assert "Archived" in cli(served, "delete", "daily-check").out
    assert served.cli("workflows", "run", "daily-check", "--input", "what=x").code == 4
    assert "No workflow" in cli(served, "list").out


def test_a_run_through_the_service_is_shown_as_it_goes(served: RunningService) -> None:
    """Its exit code is that of a run."""
    fails = {
        "steps": [{"id": "look", "type": "task", "task": "[fail]"}, {"id": "a", "type": "assert", "condition": PASSED}]
    }
    (served.shell.home / "f.json").write_text(json.dumps({"name": "f", "definition": fails}), "utf-8")
    cli(served, "save", "f.json")
    shown = served.cli("workflows", "run", "f")
    assert shown.code == 1, shown.err
    assert "✗ look: not passed (failed)" in shown.out
    assert "failed: The assertion a does not hold." in shown.out
    events = served.cli("workflows", "run", "f", "--json").events
    assert [event["event"] for event in events][-2:] == ["terminal", "done"]


def test_a_question_of_a_watched_run_is_answered_at_the_terminal(served: RunningService) -> None:
    """And the first answer that is not given leaves it to others."""
    (served.shell.home / "w.json").write_text(json.dumps(WHOLE), "utf-8")
    cli(served, "save", "w.json")
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "coasty_desk", "workflows", "run", "daily-check", "--input", "what=this"],
        env=served.shell.environment,
        cwd=served.shell.home,
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        os.close(follower)
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "? ok: Go on with this?" in line:
                os.write(leader, b"y as you like\n")
        assert process.wait(60) == 0
    os.close(leader)
    assert "✓ ok: human_approval passed (as you like)" in "".join(said)


def test_with_remote_it_is_asked_of_the_account(
    served: RunningService, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By the same words, at another address; what may cost money is agreed to first."""
    shell = Shell(tmp_path_factory.mktemp("home"))
    account = {"COASTY_BASE_URL": f"http://127.0.0.1:{served.port}/v1", "COASTY_API_KEY": served.key}
    written(shell, "w.json", {"name": "Far", "definition": {"steps": [{"id": "t", "type": "task", "task": "[done]"}]}})
    assert "far, version 1" in shell("workflows", "save", "w.json", "--remote", **account).out
    assert "far" in shell("workflows", "list", "--remote", **account).out
    refused = shell("workflows", "run", "far", "--remote", **account)
    assert (refused.code, "--yes" in refused.err) == (2, True)
    done = shell("workflows", "run", "far", "--remote", "--yes", **account)
    assert (done.code, "✓ t: passed" in done.out) == (0, True), done.err
    done = shell("workflows", "run", "w.json", "--remote", "--yes", **account)
    assert done.code == 0, done.err
    assert "far" in shell("workflows", "show", "far", "--remote", **account).out.lower()
    assert shell("workflows", "delete", "far", "--remote", "--yes", **account).code == 0
    assert shell("workflows", "run", "far", "--remote", "--yes", **account).code == 4
