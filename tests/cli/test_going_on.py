"""`resume` after a stop, a limit, a failure: the run goes on where it was, with what the person says, and pays nothing twice."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Result, Shell, recording, service
from tests.desktop.interference import until
from tests.desktop.targets import becomes
from tests.stub_service import (
    DroppedError,
    Fault,
    Request,
    Response,
    Service,
    click,
    done,
    error,
    expired,
    go,
    held,
    saying,
)

WAITS = go({"action_type": "wait", "params": {"seconds": 30}}, click(700, 500))
CLICKS = [go(click(20 + 30 * n, 40)) for n in range(20)]


def told(stand_in: Service, which: int) -> str:
    """The instruction of a predict."""
    instruction = json.loads(stand_in.posts("predict")[which].body)["instruction"]
    assert isinstance(instruction, str)
    return instruction


def stopped(
    shell: Shell, at: str, ready: Callable[[], object], *options: str, **environment: str
) -> list[dict[str, Any]]:
    """The events of a run that is interrupted as soon as this event is there, and what is to be `ready`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "coasty_desk", "run", "--json", *options, "press them"],
        env=shell.environment | environment,
        cwd=shell.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    events = []
    for line in process.stdout:
        events.append(json.loads(line))
        if events[-1]["event"] == at:
            ready()
            process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    process.stdout.close()
    return events


def recorded(shell: Shell, name: str) -> int:
    """How many events of this name the only run's journal has."""
    [journal] = shell.data.glob("runs/*/journal.jsonl")
    return journal.read_text().count(f'"event":"{name}"')


def ended(result: Result) -> dict[str, Any]:
    """The last event."""
    return result.of("run_ended")[-1]


def assert_paid_once(shell: Shell, stand_in: Service) -> None:
    """Every key once, and what the record and the ledger say is what was charged."""
    keys = [charge.key for charge in stand_in.charges]
    assert len(set(keys)) == len(keys)
    [run] = json.loads(shell("runs", "list", "--json").out)
    assert run["cost_cents"] == stand_in.charged
    lines = [json.loads(line) for line in (shell.data / "spending.jsonl").read_text().splitlines()]
    last = {line["what"]: line["cents"] for line in lines if line["run_id"] == run["run_id"]}
    assert sum(last.values()) == stand_in.charged


def test_the_policy_counts_over_all_sittings(shell: Shell, display: str, tmp_path: Path) -> None:
    """Safety sentence: `max_actions` and what was typed so far hold when a run is taken up; the window sees no more."""
    policy = tmp_path / "policy.toml"
    policy.write_text('max_actions = 3\ntyped_text_denied = ["xyz"]')
    keys = [{"action_type": "type_text", "params": {"text": text}} for text in ("xy", "z", "a", "b")]
    script = (
        go(keys[0], {"action_type": "wait", "params": {"seconds": 30}}),
        go(keys[1]),
        go(keys[2], keys[3]),
        done(),
    )
    with recording(display) as window, service(*script) as (_, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        (shell.home / ".config" / "coasty-desk").mkdir(parents=True)
        (shell.home / ".config" / "coasty-desk" / "config.toml").write_text(f'[run]\npolicy = "{policy}"')
        stopped(shell, "acted", lambda: until(lambda: recorded(shell, "acting") == 2), **where)
        result = shell("resume", "last", "--json", **where)
        pressed = "".join(chr(event["keysym"]) for event in window.wait_for("key_down", 3) if event["keysym"] < 0x100)
    assert result.code == 0, result.err
    why = [event["why"] for event in result.of("refused")]
    assert len(why) == 2
    assert "denies typing" in why[0]
    assert "allows 3 actions" in why[1]
    assert pressed == "xya"


def test_a_stopped_run_goes_on_and_the_model_is_told(shell: Shell, display: str) -> None:
    """What was under way is in doubt, what came after it was not done, and the person's words stay with every step."""
    with recording(display) as window, service(WAITS, *CLICKS[:2], done()) as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        first = stopped(shell, "acting", lambda: None, **where)
        assert [event["event"] for event in first][-1] == "run_ended"
        result = shell("resume", "last", "Use the second button", "--json", **where)
        assert (result.code, ended(result)["reason"], ended(result)["steps"]) == (0, "done", 4)
        pressed = [(event["x"], event["y"]) for event in window.wait_for("press", 2)]
    assert pressed == [(20, 40), (50, 40)]
    assert result.of("run_started")[0]["note"] == "Use the second button"
    assert result.of("run_started")[0]["run_id"] == first[0]["run_id"]
    for step in (1, 2, 3):
        assert "press them" in told(stand_in, step)
        assert "Use the second button" in told(stand_in, step)
    assert "not known whether this was done" in told(stand_in, 1)
    assert "Use the second" not in told(stand_in, 0)
    assert_paid_once(shell, stand_in)


def test_a_request_that_was_stopped_is_not_paid_for_twice(shell: Shell, display: str) -> None:
    """It was charged and its answer lost: it is collected, nothing of it is done, and the model looks afresh."""
    with recording(display) as window, service(go(click(300, 300)), go(click(20, 40)), done()) as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        stand_in.plan("predict", held(20))

        def asked() -> None:
            assert becomes(lambda: str(stand_in.charged), "14") == "14"

        stopped(shell, "charged", asked, **where)
        result = shell("resume", "last", "--json", **where)
        assert (result.code, ended(result)["reason"], ended(result)["steps"]) == (0, "done", 3)
        assert [(event["x"], event["y"]) for event in window.wait_for("press", 1)] == [(20, 40)]
    assert_paid_once(shell, stand_in)


def test_a_limit_begins_anew_of_the_same_size(shell: Shell, display: str) -> None:
    """Or of the size that is given; steps and cents count over all sittings."""
    with service(*CLICKS) as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        assert shell("run", "--max-steps", "2", "press them", **where).code == 3
        for more, steps in (((), 4), (("--max-steps", "1"), 5), ((), 6), (("--max-steps", "2", "now these"), 8)):
            result = shell("resume", "last", *more, "--json", **where)
            assert (result.code, ended(result)["reason"], ended(result)["steps"]) == (3, "max_steps", steps)
            assert result.of("run_started")[0]["limits"]["max_steps"] == steps
            assert ended(result)["cost_cents"] <= result.of("run_started")[0]["estimate"]
    assert_paid_once(shell, stand_in)
    assert len(json.loads(shell("runs", "show", "last", "--json").out)["events"]) > 30


def test_a_budget_begins_anew_and_more_than_was_agreed_is_asked(shell: Shell, display: str) -> None:
    """Its size was agreed to; a dearer rest is not begun where nobody can say yes."""
    with service(*CLICKS) as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        assert shell("run", "--budget", "14", "press them", **where).code == 3
        result = shell("resume", "last", "--json", **where)
        assert (result.code, ended(result)["reason"], ended(result)["cost_cents"]) == (3, "budget", 28)
        result = shell("resume", "last", "--json", "--budget", "30", **where)
        assert (result.code, ended(result)["cost_cents"]) == (3, 56)
        before = stand_in.charged
        assert shell("run", "--yes", "--max-steps", "1", "press them", **where).code == 3
        refused = shell("resume", "last", "--max-steps", "40", **where)
        assert (refused.code, "$3.98" in refused.err) == (2, True)
        assert stand_in.charged == before + 14


@pytest.mark.parametrize("status", [(402, "INSUFFICIENT_CREDITS"), (503, "BILLING_UNAVAILABLE"), (500, "OTHER")])
def test_a_failure_of_the_service_is_overcome(shell: Shell, display: str, status: tuple[int, str]) -> None:
    """The step is asked again by its own key, or afresh where its session is gone; nothing is done twice."""
    with recording(display) as window, service(*CLICKS[:2], done()) as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        stand_in.plan("predict", None, *[saying(error(*status, retryable=False))] * 1)
        assert shell("run", "press them", **where).code == 4
        result = shell("resume", "last", "--json", **where)
        assert (result.code, ended(result)["reason"]) == (0, "done")
        assert [(event["x"], event["y"]) for event in window.wait_for("press", 2)] == [(20, 40), (50, 40)]
    assert_paid_once(shell, stand_in)


def unheard(_request: Request, _proceed: Callable[[Request], Response]) -> Response:
    """Held, and never worked on."""
    time.sleep(3)
    raise DroppedError


@pytest.mark.parametrize(
    ("route", "fault", "again"),
    [
        ("predict", saying(error(402, "INSUFFICIENT_CREDITS")), ["1:1", "1:2"]),
        ("predict", saying(error(503, "BILLING_UNAVAILABLE")), ["1:1", "1:1", "1:2"]),
        ("predict", unheard, ["1:1", "1:1", "1:2"]),
        ("session", saying(error(422, "VALIDATION_ERROR")), ["1:1"]),
    ],
)
def test_what_was_never_paid_is_looked_at_afresh(
    shell: Shell, display: str, route: str, fault: Fault, again: list[str]
) -> None:
    """Whatever the ending: the one step that the run may take is still to be taken, and the model sees what is there now.

    What may have been paid is sent once more by its own key before; what is known not to have been is not sent again.
    """
    with recording(display) as window, service(*CLICKS) as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        stand_in.plan(route, fault)
        if fault is unheard:
            stopped(
                shell, "charged", lambda: until(lambda: bool(stand_in.posts("predict"))), "--max-steps", "1", **where
            )
        else:
            assert shell("run", "--max-steps", "1", "press them", **where).code == 4
        result = shell("resume", "last", "Use the mouse", "--json", **where)
        assert (result.code, ended(result)["reason"], ended(result)["steps"]) == (3, "max_steps", 1)
        assert [(event["x"], event["y"]) for event in window.wait_for("press", 1)] == [(20, 40)]
    assert [request.key.split(":", 1)[1] for request in stand_in.posts("predict")] == again
    assert "Use the mouse" in told(stand_in, -1)
    assert ("session-1:2" in stand_in.posts("session")[1].key) is (route == "session")
    assert_paid_once(shell, stand_in)


def test_what_a_remedy_names_can_be_changed(shell: Shell, display: str) -> None:
    """Where the session that was told otherwise is closed, and nothing in it is in doubt."""
    with service(*CLICKS) as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        stand_in.plan("session", saying(error(400, "FEATURE_NOT_AVAILABLE")))
        refused = shell("run", "--max-steps", "1", "press them", **where)
        assert (refused.code, "--preset none" in refused.err) == (4, True)
        stand_in.plan("predict", saying(error(503, "BILLING_UNAVAILABLE")))
        assert shell("resume", "last", "--preset", "none", "--memory", "1", **where).code == 4
        told_ = json.loads(stand_in.posts("session")[-1].body)
        assert ("instructions" in told_, told_["max_trajectory_length"]) == (False, 1)
        doubtful = shell("resume", "last", "--memory", "2", **where)
        assert (doubtful.code, "told another --memory" in doubtful.err) == (2, True)
        assert shell("resume", "last", **where).code == 3
    assert_paid_once(shell, stand_in)


def test_what_was_not_sent_has_opened_nothing(shell: Shell, display: str) -> None:
    """Nobody answered at the address: no session is said to be open, and the run goes on once somebody does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        alone = f"http://127.0.0.1:{server.getsockname()[1]}"
    result = shell("run", "--max-steps", "1", "--json", "press them", DISPLAY=display, COASTY_BASE_URL=alone)
    message = "127.0.0.1 cannot be reached: the connection was refused, 4 times."
    assert (result.code, ended(result)["message"], "left_open" in ended(result)) == (4, message, False)
    with service(*CLICKS) as (stand_in, url):
        result = shell("resume", "last", "--json", DISPLAY=display, COASTY_BASE_URL=url)
        assert (result.code, ended(result)["reason"], stand_in.charged) == (3, "max_steps", 14)


def test_what_came_to_its_end_wants_a_word(shell: Shell, display: str) -> None:
    """Done, failed or refused: exit 2 without a note, and with one the run goes on."""
    failed: dict[str, object] = {"status": "fail", "actions": []}
    with service(done(), failed, done(), done()) as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        assert shell("run", "press them", **where).code == 0
        for note, code in (("and then that", 1), ("do it with the mouse", 0)):
            refused = shell("resume", "last", **where)
            assert (refused.code, "has ended" in refused.err, "resume" in refused.err) == (2, True, True)
            assert shell("resume", "last", note, **where).code == code
    assert "and then that" in told(stand_in, 2)
    assert "do it with the mouse" in told(stand_in, 2)


@pytest.mark.parametrize("note", ["", "  ", "x" * 31_001, "bad \udcff"])
def test_a_note_is_a_text(shell: Shell, display: str, note: str) -> None:
    """As a task is."""
    with service(*CLICKS) as (_, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        assert shell("run", "--max-steps", "1", "press them", **where).code == 3
        assert shell("resume", "last", note, **where).code == 2


def test_offline_it_goes_on_in_its_instructions_and_a_note_takes_their_place(shell: Shell, display: str) -> None:
    """Where it was in them stands in its record, and it does none of them twice."""
    run = ("run", "--provider", "offline", "--yes", "--json", "--max-steps", "1")
    begun = shell(*run, "wait 1 second, wait 0.5 seconds, wait 0.6 seconds", DISPLAY=display)
    assert (begun.code, [event["words"] for event in begun.of("acting")]) == (3, ["wait 1 s"])
    rest = shell("resume", "last", "--max-steps", "5", "--json", DISPLAY=display)
    assert rest.code == 0, rest.err
    assert [event["words"] for event in rest.of("acting")][-2:] == ["wait 0.5 s", "wait 0.6 s"]
    assert shell(*run, "wait 0.3 seconds, wait 2 seconds", DISPLAY=display).code == 3
    result = shell("resume", "last", "wait 0.4 seconds", "--max-steps", "5", "--json", DISPLAY=display)
    assert (result.code, [event["words"] for event in result.of("acting")]) == (0, ["wait 0.4 s"])


def test_the_last_lines_name_what_comes_next(shell: Shell, display: str) -> None:
    """The report, and going on where there is something to go on with."""
    with service(*CLICKS[:2], done()) as (_, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        last = shell("run", "--max-steps", "1", "press them", **where).out.splitlines()[-3:]
        assert last[0].startswith("record: ")
        assert "coasty-desk runs report last" in last[1]
        assert last[2] == "to go on: coasty-desk resume last"
        last = shell("resume", "last", "--max-steps", "5", **where).out.splitlines()[-2:]
        assert "runs report last" in last[1]
        assert "resume" not in "".join(last)
        assert "resume" not in shell("run", "--dry-run", "press them", **where).out
        assert "last" not in shell("run", "--no-record", "--yes", "press them", **where).out


def test_the_list_has_a_header_and_can_be_narrowed(shell: Shell, display: str) -> None:
    """By how many, by how they ended, by words of the task; with --json too."""
    with service(CLICKS[0], done(), done()) as (stand_in, url):
        where = {"DISPLAY": display, "COASTY_BASE_URL": url}
        shell("run", "--max-steps", "1", "Open the Settings", **where)
        shell("run", "press them", **where)
        stand_in.plan("predict", expired)
        shell("run", "open the door", **where)
    lines = shell("runs", "list").out.splitlines()
    assert lines[0].split() == ["RUN", "ENDED", "STEPS", "COST", "TASK"]
    assert [line.index("press them") for line in lines if "press them" in line] == [lines[0].index("TASK")]
    assert [line.split()[1] for line in lines[1:]] == ["service_error", "done", "max_steps"]

    def tasks(*options: str) -> list[str]:
        return [run["task"] for run in json.loads(shell("runs", "list", "--json", *options).out)]

    assert tasks("--limit", "2") == ["open the door", "press them"]
    assert tasks("--status", "succeeded") == tasks("--status", "done") == ["press them"]
    assert tasks("--status", "failed") == ["open the door", "Open the Settings"]
    assert tasks("--task", "OPEN THE") == ["open the door", "Open the Settings"]
    assert tasks("--task", "open", "--status", "max_steps", "-n", "5") == ["Open the Settings"]
    assert "None of 3 runs" in shell("runs", "list", "--task", "zebra").out
    wrong = shell("runs", "list", "--status", "don")
    assert (wrong.code, "succeeded" in wrong.err) == (2, True)
