"""Coasty's own runs from the command line: by the account's key, at a price that is agreed to, in the same view."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Result, Shell
from tests.stub_runs import RunService
from tests.stub_service import lost, serving

MACHINE = "mch_test_00000001"


class Account:
    """A person with an account at the stand-in."""

    def __init__(self, shell: Shell, service: RunService, url: str) -> None:
        self.shell, self.service, self.url = shell, service, url

    def __call__(self, *words: str) -> Result:
        """A command, asked of the account."""
        return self.shell(*words, "--remote", COASTY_BASE_URL=self.url)

    def sent(self) -> list[object]:
        """What runs were asked for."""
        return [json.loads(one.body) for one in self.service.requests if one.route == "POST /v1/runs"]


@pytest.fixture
def account(shell: Shell) -> Iterator[Account]:
    """One with a machine."""
    service = RunService()
    service.add()
    with serving(service) as url:
        yield Account(shell, service, f"{url.removesuffix('/v1')}/v1")


def test_its_price_is_agreed_to_before_it_is_started(account: Account) -> None:
    """By --yes or a budget, which Coasty has none of for runs, so that it bounds the steps."""
    refused = account("runs", "start", "--on", "scratch", "--max-steps", "100", "look")
    assert refused.code == 2
    assert "may cost up to $5.00" in refused.err
    dearer = account("runs", "start", "--on", "scratch", "--cua-version", "v1", "--max-steps", "50", "look")
    assert "may cost up to $4.00" in dearer.err
    assert account("runs", "start", "--on", "scratch", "--budget", "4", "look").code == 2
    assert account.sent() == []
    done = account("runs", "start", "--on", "scratch", "--budget", "30", "look")
    assert (done.code, done.out) == (0, "run_test_00000001\n")
    assert account("run", "--detach", "--on", MACHINE, "--yes", "look again").out == "run_test_00000002\n"
    bounded, whole = account.sent()
    assert bounded == {"task": "look", "max_steps": 6, "machine_id": MACHINE}
    assert whole == {"task": "look again", "max_steps": 25, "machine_id": MACHINE}
    nowhere = account("runs", "start", "--yes", "look")
    assert nowhere.code == 2
    assert "Name one with --on" in nowhere.err


def test_it_is_watched_answered_cancelled_and_listed_as_ours_are(account: Account) -> None:
    """Over streams that end after three events each, and the last of which has no `done`."""
    run_id = account("runs", "start", "--on", "scratch", "--yes", "look").out.strip()
    run = account.service.runs[run_id]
    run.tell("status", status="running", machine_id=MACHINE)
    run.tell("text", text="I click \x1b[31mit")
    run.tell("tool_call", tool="computer", action_type="click", params={"x": 3, "y": 4})
    run.tell("tool_call", tool="browser", params={"url": "there"})
    run.tell("tool_result", success=False, error="not today")
    run.tell("awaiting_human", reason="a captcha")
    run.tell("status", status="awaiting_human")
    assert account("runs", "answer", "run_test", "no", "skip it").code == 0
    assert run.document["answered"] == {"note": "No, do not do that. skip it"}
    assert account("runs", "answer", run_id, "yes").code == 4
    run.tell("step", steps_completed=1)
    run.tell("error", code="FLAKY", message="once more")
    run.document |= {"steps_completed": 1, "cost_cents": 5, "result": {"passed": True, "summary": "all of it"}}
    run.tell("status", status="succeeded")
    run.tell("terminal")
    watched = account("runs", "watch", "last")
    assert watched.code == 0, watched.err
    assert watched.out.splitlines() == [
        "task: look",
        f"Ctrl-C ends the watching, and not the run; to end that: coasty-desk runs cancel --remote {run_id}",
        "queued",
        f"running on {MACHINE}",
        "  model: I click �[31mit",
        "  > click at (3, 4)",
        "  > browser {'url': 'there'}",
        "  refused: not today",
        "  asking: a captcha",
        f'  to answer: coasty-desk runs answer --remote {run_id} yes|no "a note to the model"',
        "running",
        "step 1 of 25 done",
        "  FLAKY: once more",
        "succeeded: all of it (1 step, $0.05)",
    ]
    assert account.service.asked == ["", "3", "6", "9", "12"]
    assert account("runs", "cancel", run_id).code == 4
    other = account("runs", "start", "--on", "scratch", "--yes", "wait").out.strip()
    assert account("runs", "cancel", other).out == f"Cancelled {other}.\n"
    assert account("runs", "watch", other).code == 130
    listed = account("runs", "list")
    assert [line.split()[:2] for line in listed.out.splitlines()] == [
        ["RUN", "STATUS"],
        [other, "cancelled"],
        [run_id, "succeeded"],
    ]
    assert [one["id"] for one in json.loads(account("runs", "list", "--json").out)] == [other, run_id]
    assert account("runs", "watch", "run_test_9").code == 4


def test_an_answer_that_was_lost_starts_no_second_run(account: Account) -> None:
    """It goes out again by the same key."""
    account.service.plan("POST /v1/runs", lost)
    done = account("runs", "start", "--on", "scratch", "--yes", "look")
    assert (done.code, list(account.service.runs)) == (0, ["run_test_00000001"])
    assert len(account.sent()) == 2
