"""Runs over HTTP, as programs have them: a service in its own process, runs in theirs, a display with a window that records what arrives."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.automation.postgres import new_database, postgres_server
from tests.automation.receivers import Receiving, checked_by_parts, checked_by_stripe, receiving
from tests.automation.run_homes import act, click, typing
from tests.cli.conftest import Shell, recording
from tests.desktop.xvfb import xvfb
from tests.server.answering import account, answering
from tests.server.run_services import OVER, Event, RunningService, running_service, scripted, until
from tests.stub_machines import MachineService
from tests.stub_service import Service as Books
from tests.stub_service import click as stub_click
from tests.stub_service import done, go, held, serving


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A display for the runs of this module."""
    with xvfb(1280, 720) as name:
        yield name


@pytest.fixture(scope="module")
def marked(screen: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service whose model obeys the markers in the task."""
    with running_service(tmp_path_factory.mktemp("home"), screen, "--provider", "script") as found:
        yield found


def test_a_task_is_carried_out_and_its_run_is_a_record_like_any(screen: str, tmp_path: Path) -> None:
    """With real input; the same run is in the list of the command line, with its pictures and its events."""
    lines = (act(click(100, 80)), act(typing("hi"), status="done"))
    with recording(screen) as window, running_service(tmp_path, screen, *scripted(tmp_path, *lines)) as service:
        run_id = service.create("do it", metadata={"of": "mine"})
        events = list(service.events(run_id))
        assert [(event["x"], event["y"]) for event in window.wait_for("press", 1)] == [(100, 80)]
        found = service.reach(run_id, "succeeded")
        listed = service.cli("runs", "list", "--json")
        pictures = service("GET", f"/runs/{run_id}/screenshots?include_image=true").json
    assert found["result"] == {"passed": True, "status": "completed", "summary": "as the script says"}
    assert (found["steps_completed"], found["step_count"], found["cost_cents"], found["error"]) == (2, 2, 0, None)
    assert found["metadata"] == {"of": "mine"}
    assert found["usage"] == {"credits_charged": 0, "cost_cents": 0}
    assert run_id in listed.out
    names = [name for _, name, _ in events]
    assert names[:2] == ["status", "status"]
    assert names[-2:] == ["terminal", "done"]
    assert names.count("tool_call") == names.count("tool_result") == 2
    assert events[-1][2]["result"]["passed"] is True
    assert len(pictures["frames"]) >= 2
    assert [one["index"] for one in pictures["frames"]] == list(range(len(pictures["frames"])))
    assert b64decode(pictures["frames"][0]["image_b64"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("task", "more", "status", "code"),
    [
        ("[fail]", {}, "failed", "TASK_FAILED"),
        ("[steps:9][done]", {"max_steps": 2}, "failed", "MAX_STEPS_REACHED"),
        ("[steps:60][done]", {"deadline_seconds": 1, "max_steps": 100}, "timed_out", "DEADLINE_EXCEEDED"),
        ("[pause]", {"on_awaiting_human": "fail"}, "failed", "AWAITING_HUMAN"),
        ("[pause]", {"on_awaiting_human": "cancel"}, "cancelled", "CANCELLED"),
        ("[pause]", {"awaiting_human_timeout_seconds": 1}, "timed_out", "AWAITING_HUMAN_TIMEOUT"),
    ],
)
def test_each_way_in_which_a_run_can_end(
    marked: RunningService, task: str, more: dict[str, Any], status: str, code: str
) -> None:
    """As API.md §10.3 has it, in the run, in its events and in its record."""
    run_id = marked.create(task, **more)
    found = marked.reach(run_id, status)
    assert found["error"]["code"] == code
    assert found["finished_at"] is not None
    assert [name for _, name, _ in marked.events(run_id)][-2:] == ["terminal", "done"]
    assert marked.journal(run_id)[-1]["event"] == "run_ended"
    assert marked("POST", f"/runs/{run_id}/cancel").code == "INVALID_STATE"
    assert marked("POST", f"/runs/{run_id}/resume").code == "NOT_AWAITING_HUMAN"


def test_the_models_question_waits_for_an_answer_which_it_gets(marked: RunningService) -> None:
    """The run says what is asked and since when; the note is in its record."""
    run_id = marked.create("[pause][done]")
    found = marked.reach(run_id, "awaiting_human")
    assert found["awaiting_human_reason"] == "May I go on?"
    assert found["awaiting_human_since"] is not None
    answered = marked("POST", f"/runs/{run_id}/resume", {"note": "yes, do", "approved": True})
    assert (answered.status, answered.json["status"]) == (200, "running")
    marked.reach(run_id, "succeeded")
    assert [line["note"] for line in marked.journal(run_id) if line["event"] == "answered"] == ["yes, do"]
    events = {name: data for _, name, data in marked.events(run_id)}
    assert events["awaiting_human"]["reason"] == "May I go on?"
    assert events["resumed"]["note"] == "yes, do"


def test_a_run_that_waits_for_a_person_asks_and_sends_nothing_and_can_be_stopped(screen: str, tmp_path: Path) -> None:
    """Safety sentence: nothing is asked of the model and no input sent while a person is waited for, and whoever says stop is heard."""
    books = Books([go(stub_click(50, 60)), done()])
    folder = tmp_path / ".config" / "coasty-desk"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[run]\nconfirm = "always"\n')
    options = ("--provider", "coasty")
    with serving(books) as url, recording(screen) as window:
        with running_service(tmp_path, screen, *options, **account(url)) as service:
            run_id, following = service.create("click"), service.create("click again")
            service.reach(run_id, "awaiting_human")
            asked, seen, lines = len(books.requests), len(window.events), len(service.journal(run_id))
            time.sleep(1.0)  # long enough for whatever is done again and again
            assert (len(books.requests), len(window.events)) == (asked, seen)
            assert len(service.journal(run_id)) == lines
            assert service.run(following)["status"] == "queued"
            assert Shell(tmp_path)("stop", DISPLAY=screen).code == 0
            ended = service.reach(run_id, "cancelled")
            late = service("POST", f"/runs/{run_id}/resume", {"approved": True})
            assert late.code == "NOT_AWAITING_HUMAN"
            spent = ended["cost_cents"] + service.reach(following, "succeeded")["cost_cents"]
        assert spent == books.charged
    assert window.of_kind("press") == []


def test_a_queued_run_and_a_running_one_are_cancelled_and_the_next_goes_on(marked: RunningService) -> None:
    """The answer comes when it has ended."""
    first, second, third = (marked.create(f"[steps:50][done] {n}", max_steps=90) for n in range(3))
    marked.reach(first, "running")
    assert marked("POST", f"/runs/{second}/cancel", {}).json["status"] == "cancelled"
    assert marked("POST", f"/runs/{first}/cancel").json["status"] == "cancelled"
    marked.reach(third, "running")
    assert marked("POST", f"/runs/{third}/cancel").json["status"] == "cancelled"
    assert not (marked.data / "runs" / second).exists()
    assert [line["status"] for line in marked.journal(first)[-1:]] == ["cancelled"]


def test_a_run_that_is_cancelled_while_it_waits_for_a_person(marked: RunningService) -> None:
    """And an answer after that is one too many."""
    run_id = marked.create("[pause][done]")
    marked.reach(run_id, "awaiting_human")
    assert marked("POST", f"/runs/{run_id}/cancel").json["status"] == "cancelled"
    assert marked("POST", f"/runs/{run_id}/resume", {"note": "yes"}).code == "NOT_AWAITING_HUMAN"


def test_the_list_has_the_newest_first_and_those_of_a_status(marked: RunningService) -> None:
    """A bad status and a bad limit have codes of their own."""
    first, second = marked.create("[done] one"), marked.create("[fail] two")
    marked.reach(first, "succeeded")
    marked.reach(second, "failed")
    listed = marked("GET", "/runs?limit=2").json
    assert [one["id"] for one in listed["data"]] == [second, first]
    assert (listed["object"], listed["has_more"]) == ("list", True)
    assert {one["status"] for one in marked("GET", "/runs?status=failed").json["data"]} == {"failed"}
    assert marked("GET", "/runs?status=fine").code == "INVALID_STATUS_FILTER"
    assert marked("GET", "/runs?limit=0").code == "INVALID_LIMIT"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"task": "x"}, "VALIDATION_ERROR"),
        ({"machine_id": "desktop", "task": ""}, "VALIDATION_ERROR"),
        ({"machine_id": "desktop", "task": "x", "colour": "red"}, "VALIDATION_ERROR"),
        ({"machine_id": "desktop", "task": "x", "max_steps": 1001}, "VALIDATION_ERROR"),
        ({"machine_id": "desktop", "task": "x", "webhook_url": "http://example.com/"}, "VALIDATION_ERROR"),
        ({"machine_id": "desktop", "task": "x", "webhook_url": "https://me:secret@example.com/"}, "VALIDATION_ERROR"),
        ({"machine_id": "desktop", "task": "x", "webhook_url": "https://127.0.0.1/"}, "VALIDATION_ERROR"),
        ({"machine_id": "desktop", "task": "x", "action_policy": {"allowed_actions": ["fly"]}}, "VALIDATION_ERROR"),
        ({"machine_id": "nowhere", "task": "x"}, "MACHINE_NOT_FOUND"),
        ({"machine_id": "desktop", "task": "x", "llm": {"provider": "openai"}}, "FEATURE_NOT_AVAILABLE"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_and_nothing_is_done(
    marked: RunningService, body: dict[str, object], code: str
) -> None:
    """Nothing of it is in the list."""
    before = marked("GET", "/runs?limit=1").json["data"]
    assert marked("POST", "/runs", body).code == code
    assert marked("GET", "/runs?limit=1").json["data"] == before


def test_the_policy_of_a_run_is_enforced_beside_the_persons_own(screen: str, tmp_path: Path) -> None:
    """No click arrives where none is allowed."""
    lines = [act(click(100, 80))] * 3
    with recording(screen) as window, running_service(tmp_path, screen, *scripted(tmp_path, *lines)) as service:
        run_id = service.create("do it", action_policy={"blocked_actions": ["click"]})
        found = service.reach(run_id, *OVER)
        refused = [line for line in service.journal(run_id) if line["event"] == "refused"]
        assert found["status"] == "failed"
        assert refused
        assert not window.of_kind("press")


def test_a_run_that_nobody_knows(marked: RunningService) -> None:
    """Each of its operations says so."""
    for method, path in (
        ("GET", ""),
        ("POST", "/cancel"),
        ("POST", "/resume"),
        ("GET", "/events"),
        ("GET", "/screenshots"),
    ):
        assert marked(method, f"/runs/none{path}").code == "RUN_NOT_FOUND"


def test_a_key_without_the_scope_starts_nothing(marked: RunningService) -> None:
    """And one that may only read reads."""
    made = marked.cli("keys", "create", "reader", "--scope", "runs:read", "--json")
    assert made.code == 0, made.err
    key = json.loads(made.out)["key"]
    assert marked("GET", "/runs", X_API_Key=key).status == 200
    assert marked("POST", "/runs", {"machine_id": "desktop", "task": "x"}, X_API_Key=key).code == "INSUFFICIENT_SCOPE"


def test_the_larger_of_the_two_positions_counts(marked: RunningService) -> None:
    """That of the header and that of the query."""
    run_id = marked.create("[steps:2][done]")
    whole = list(marked.events(run_id))
    at = whole[3][0]
    for query, header in ((at, 0), (0, at)):
        answer = marked("GET", f"/runs/{run_id}/events?after={query}", Last_Event_ID=str(header))
        first = next(line for line in answer.body.splitlines() if line.startswith(b"id: "))
        assert int(first[4:]) == whole[4][0]


def test_the_same_request_after_a_kill_is_the_same_run(screen: str, tmp_path: Path) -> None:
    """Its key brings the first answer back, and there is one run."""
    with running_service(tmp_path, screen, "--provider", "script") as service:
        asked = {"machine_id": "desktop", "task": "[steps:3][done]"}
        first = service("POST", "/runs", asked, Idempotency_Key="once")
        service.kill()
        service.start()
        again = service("POST", "/runs", asked, Idempotency_Key="once")
        assert again.json == first.json
        assert again.headers["x-coasty-idempotent-replay"] == "true"
        service.reach(first.json["id"], "succeeded")
        assert [one["id"] for one in service("GET", "/runs").json["data"]] == [first.json["id"]]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    """A server for all tests."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def kept_in(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Options by which the service keeps its runs in each kind of database."""
    if request.param == "sqlite":
        return ()
    return ("--database", new_database(request.getfixturevalue("postgres")))


def test_runs_that_are_kept_in_postgres_are_in_no_file(screen: str, tmp_path: Path, postgres: Any) -> None:
    """But keys and what was asked once are: who is killed and begins anew knows both."""
    options = ("--provider", "script", "--database", new_database(postgres))
    with running_service(tmp_path, screen, *options) as service:
        run_id = service.create("[steps:3][done]", "once")
        service.kill()
        service.start()
        assert service.create("[steps:3][done]", "once") == run_id
        service.reach(run_id, "succeeded")
        kept = {path.name for path in service.data.iterdir() if path.name.endswith(".sqlite3")}
        assert kept == {"service.sqlite3"}


def test_a_service_that_ends_says_what_goes_on_and_the_next_does(
    screen: str, tmp_path: Path, kept_in: tuple[str, ...]
) -> None:
    """A run that ran, and one that waited behind it; the first is not ended by it."""
    with running_service(tmp_path, screen, "--provider", "script", *kept_in) as service:
        first, second = service.create("[steps:8][done]", max_steps=50), service.create("[done]")
        until(lambda: service.run(first)["steps_completed"] >= 2)
        assert second in service.cli("runs", "list").out
        assert "2 runs are not at the end" in service.end(signal.SIGINT)
        until(lambda: not service.run_processes())
        assert service.journal(first)[-1]["event"] != "run_ended"
        service.start()
        assert service.reach(first, "succeeded")["steps_completed"] == 9
        service.reach(second, "succeeded")
        assert [line["event"] for line in service.journal(first)].count("run_ended") == 1


@pytest.mark.parametrize(("kept_in", "seed"), [("sqlite", 1), ("sqlite", 2), ("postgres", 3)], indirect=["kept_in"])
def test_a_reader_who_reconnects_through_kills_misses_nothing_and_hears_nothing_twice(
    screen: str, tmp_path: Path, seed: int, kept_in: tuple[str, ...]
) -> None:
    """The service and the run's process are killed at random moments, and each click arrives once."""
    chance = random.Random(seed)  # noqa: S311 - moments, and no secrets
    places = [(60 + 40 * n, 60 + 25 * n) for n in range(12)]
    lines = [act(click(x, y)) for x, y in places]
    with (
        recording(screen) as window,
        running_service(tmp_path, screen, *scripted(tmp_path, *lines), *kept_in) as service,
    ):
        run_id = service.create("do it")
        heard: list[Event] = []
        over = threading.Event()
        reader = threading.Thread(target=_read_all, args=(service, run_id, heard, over, random.Random(seed)))  # noqa: S311 - as above
        reader.start()
        try:
            for turn in itertools.count():
                if over.wait(chance.uniform(0.3, 1.2)) or turn == 5:
                    break
                if chance.random() < 0.5:
                    service.kill()
                    service.start()
                else:
                    for process in service.run_processes():
                        with suppress(ProcessLookupError):
                            os.kill(process, signal.SIGKILL)
            assert over.wait(90)
        finally:
            over.set()
            reader.join(30)
        assert service.reach(run_id, "succeeded")
        assert heard == list(service.events(run_id))
        numbers = [number for number, _, _ in heard]
        assert numbers == sorted(set(numbers))
        pressed = [(event["x"], event["y"]) for event in window.of_kind("press")]
        assert pressed == [place for place in places if place in pressed]
        doubtful = [line for line in service.journal(run_id) if line["event"] == "run_started"]
        assert len(pressed) > len(places) - len(doubtful)


def _read_all(
    service: RunningService, run_id: str, heard: list[Event], over: threading.Event, chance: random.Random
) -> None:
    """Read on with the last number, whatever breaks; hang up at random."""
    while not over.is_set():
        left = chance.randrange(1, 12)
        for event in service.events(run_id, heard[-1][0] if heard else None, most=5.0):
            heard.append(event)
            left -= 1
            if event[1] == "done":
                over.set()
                return
            if not left:
                break
        time.sleep(0.05)


def test_a_task_has_a_machine_of_its_own_which_is_gone_after_it(marked: RunningService) -> None:
    """Nobody is asked, and the run tells of the machine's end."""
    answer = marked("POST", "/tasks", {"task": "[steps:2][done]"}, Idempotency_Key="task")
    assert answer.status == 200, answer.body
    made = answer.json
    assert (made["machine_id"], made["machine"]["mode"], made["machine"]["id"]) == (None, "automatic", None)
    found = marked.reach(made["id"], "succeeded")
    machine = found["machine"]["id"]
    assert machine is not None
    until(lambda: bool(marked.run(made["id"])["machine"]["cleanup_status"] == "done"))
    assert machine not in [one["id"] for one in marked("GET", "/machines").json["data"]]


def test_runs_of_two_machines_go_on_at_once(marked: RunningService) -> None:
    """And of one, one after the other."""
    machine = marked("POST", "/machines", {"display_name": "beside"}).json["machine"]["id"]
    try:
        here, there = marked.create("[pause][done]"), marked.create("[pause][done]", machine_id=machine)
        after = marked.create("[done]", machine_id=machine)
        for run_id in (here, there):
            marked.reach(run_id, "awaiting_human")
        assert marked.run(after)["status"] == "queued"
        acted = marked("POST", f"/machines/{machine}/actions", {"command": "move", "parameters": {"x": 5, "y": 5}})
        assert acted.code == "CONFLICT"
        for run_id in (here, there):
            assert marked("POST", f"/runs/{run_id}/resume").status == 200
        for run_id in (here, there, after):
            marked.reach(run_id, "succeeded")
    finally:
        marked("DELETE", f"/machines/{machine}")


def test_a_receiver_is_told_of_a_run_signed_and_the_secret_is_told_once(screen: str, tmp_path: Path) -> None:
    """That it waits, and how it ended; whoever has the secret of its creation can check that."""
    receiver = Receiving()
    options = ("--provider", "script", "--webhook-allow-private")
    with receiving(receiver), running_service(tmp_path, screen, *options) as service:
        url = f"http://127.0.0.1:{receiver.port}/told"
        asked = {"machine_id": "desktop", "task": "[pause][done]", "webhook_url": url}
        made = service("POST", "/runs", asked).json
        service.reach(made["id"], "awaiting_human")
        receiver.wait(1)
        assert service("POST", f"/runs/{made['id']}/resume", {"note": "go on"}).status == 200
        assert service.reach(made["id"], "succeeded")["webhook_secret"] is None
        receiver.wait(2)
    told = [json.loads(one.body) for one in receiver.got]
    assert [one["event"] for one in told] == ["run.awaiting_human", "run.succeeded"]
    assert {one["run_id"] for one in told} == {one["run"]["id"] for one in told} == {made["id"]}
    assert told[0]["awaiting_human_reason"] == "May I go on?"
    assert told[1]["result"]["passed"] is True
    for one in receiver.got:
        assert made["webhook_secret"] not in one.body.decode()
        header = one.headers["Coasty-Signature"]
        assert checked_by_parts(one.body, header, made["webhook_secret"], time.time())
        assert checked_by_stripe(one.body, header, made["webhook_secret"], time.time())
        assert not checked_by_parts(one.body + b" ", header, made["webhook_secret"], time.time())


@pytest.mark.parametrize("kept_in", ["sqlite", "postgres"], indirect=True)
def test_the_command_line_lists_what_is_still_to_be_done_wherever_it_is_kept(
    screen: str, tmp_path: Path, kept_in: tuple[str, ...]
) -> None:
    """By asking the service; of one that has no record it says so."""
    with running_service(tmp_path, screen, "--provider", "script", *kept_in) as service:
        waits, queued = service.create("x [pause][done]"), service.create("y [done]")
        service.reach(waits, "awaiting_human")
        listed = {run["run_id"]: run["status"] for run in json.loads(service.cli("runs", "list", "--json").out)}
        assert listed == {waits: "awaiting_human", queued: "queued"}
        assert service.cli("runs", "show", waits).code == 0
        unseen = service.cli("runs", "show", queued)
        assert (unseen.code, "is queued and has no record yet" in unseen.err) == (2, True), unseen.err


@pytest.mark.parametrize("kept_in", ["sqlite", "postgres"], indirect=True)
def test_what_a_run_cost_is_in_the_months_usage_once_whatever_is_killed(
    screen: str, tmp_path: Path, kept_in: tuple[str, ...]
) -> None:
    """With the operation that it was asked by; another month has nothing of it."""
    books = Books([go(stub_click(50, 60)), go(stub_click(60, 70)), done()])
    with (
        serving(books) as url,
        running_service(tmp_path, screen, "--provider", "coasty", *kept_in, **account(url)) as service,
    ):
        before = service("GET", "/usage").json["breakdown"]
        assert "createRun" not in before
        run_id = service.create("do it")
        service.reach(run_id, "succeeded")
        service.kill()
        service.start()
        told = service("GET", "/usage").json
        assert told["breakdown"]["createRun"] == {"requests": 1, "credits": books.charged}
        assert told["total_cost_cents"] == books.charged > 0
        for period in ("2020-01", "0000-12", "9999-12"):
            assert "createRun" not in service("GET", f"/usage?period={period}").json["breakdown"]


def test_a_run_on_a_machine_of_the_account_is_carried_out_through_it(screen: str, tmp_path: Path) -> None:
    """One that is stopped is started for it, with what it may cost agreed to, and stopped again, also where all was killed meanwhile."""
    books = MachineService([go(stub_click(5, 6)), go(stub_click(7, 8)), done(), go(stub_click(9, 9)), done()])
    machine = books.add(status="stopped")
    acts = f"POST /v1/machines/{machine.machine_id}/actions"
    books.plan(acts, held(60))
    options = ("--provider", "coasty")
    with serving(books) as url, running_service(tmp_path, screen, *options, **account(url)) as service:
        asked = {"machine_id": machine.machine_id, "task": "click"}
        refused = service("POST", "/runs", asked).json["id"]
        assert "costs 5 cents an hour" in service.reach(refused, "failed")["error"]["message"]
        run_id = service("POST", "/runs", {**asked, "budget_cents": 100}).json["id"]
        with books.arrived:
            assert books.arrived.wait_for(lambda: bool(books.posts(acts)), 60)
        assert machine.status == "running"
        service.kill()
        until(lambda: not service.run_processes())
        service.start()
        found = service.reach(run_id, "succeeded")
        assert (found["machine_id"], found["steps_completed"]) == (machine.machine_id, 3)
        assert machine.done == [("click", {"x": 5, "y": 6}), ("click", {"x": 7, "y": 8})]
        assert (machine.status, machine.ttl) == ("stopped", 0)
        books.plan(acts, held(60))
        before = len(books.posts(acts))
        cut_off = service("POST", "/runs", {**asked, "budget_cents": 100}).json["id"]
        with books.arrived:
            assert books.arrived.wait_for(lambda: len(books.posts(acts)) > before, 60)
        service.kill()
        until(lambda: not service.run_processes())
        assert machine.status == "running"
        service.start()
        service("POST", f"/runs/{cut_off}/cancel")
        assert service.reach(cut_off, "cancelled")["error"]["code"] == "CANCELLED"
        until(lambda: (machine.status, machine.ttl) == ("stopped", 0))
        nobodys = service("POST", "/runs", {**asked, "machine_id": "mch_test_99999999"})
        assert nobodys.code == "MACHINE_NOT_FOUND"


def test_without_a_key_of_the_account_none_of_its_machines_is_driven(tmp_path: Path) -> None:
    """And it is said how there is one."""
    with answering(tmp_path, "script") as service:
        refused = service.client("POST", "/v1/runs", {"machine_id": "mch_test_00000001", "task": "x"})
        assert refused.code == "FEATURE_NOT_AVAILABLE"
        assert "COASTY_API_KEY" in refused.json["error"]["suggestion"]
