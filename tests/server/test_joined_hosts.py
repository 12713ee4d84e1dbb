"""Many hosts on one database: each drives its own machines, any is asked for all, and the dead are told of once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.automation.storage import Storage
from tests.automation.postgres import new_database, postgres_server
from tests.automation.receivers import Receiving, receiving
from tests.automation.run_homes import act, click
from tests.cli.conftest import Shell, recording
from tests.desktop.xvfb import xvfb
from tests.server.fleets import LOST, QUICK, desktop, fleet, go_on, kept, machines, one_host, pause, start_on
from tests.server.run_services import RunningService, scripted, until


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    """A server for all tests."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def three(postgres: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RunningService]]:
    """Hosts that live through all tests of theirs."""
    with fleet(tmp_path_factory.mktemp("fleet"), new_database(postgres)) as hosts:
        yield hosts


def test_any_host_lists_all_machines_and_says_whose_each_is(three: list[RunningService]) -> None:
    """Its own desktop alone is `desktop` to it."""
    owners = []
    for host in three:
        found = machines(host)
        assert sorted(one["id"] for one in found) == sorted(map(desktop, three))
        assert [one["id"] for one in found if one["alias"] == "desktop"] == [desktop(host)]
        owners.append(next(one["host_id"] for one in found if one["alias"] == "desktop"))
        assert {one["status"] for one in found} == {"running"}
    assert len(set(owners)) == 3


def test_a_machine_is_made_used_stopped_and_ended_through_another_host(three: list[RunningService]) -> None:
    """What is asked for with a key is done once, and answered again."""
    asked, owner, _ = three
    made = owner("POST", "/machines", {"display_name": "of the other"}).json["id"]
    until(lambda: made in [one["id"] for one in machines(asked)])
    count = {"command": "echo once >> count; wc -l < count"}
    first = asked("POST", f"/machines/{made}/terminal", count, Idempotency_Key="count")
    again = asked("POST", f"/machines/{made}/terminal", count, Idempotency_Key="count")
    assert first.json["result"]["output"].strip() == again.json["result"]["output"].strip() == "1"
    assert again.headers["x-coasty-idempotent-replay"] == "true"
    said = {"parameters": {"path": "a.txt", "content": "hello"}}
    assert asked("POST", f"/machines/{made}/files/write", said).json["success"]
    read = owner("POST", f"/machines/{made}/files/read", {"parameters": {"path": "a.txt"}}).json
    assert read["result"]["content"] == "hello"
    assert asked("GET", f"/machines/{made}/screenshot").json["width"] > 0
    moved = {"command": "move", "parameters": {"x": 5, "y": 6}}
    assert asked("POST", f"/machines/{made}/actions", moved).json["success"]
    assert asked("POST", f"/machines/{made}/actions", {"command": "fly", "parameters": {}}).code == "VALIDATION_ERROR"
    assert asked("POST", f"/machines/{made}/stop").json["status"] == "stopped"
    assert asked("GET", f"/machines/{made}").json["status"] == "stopped"
    assert asked("GET", f"/machines/{made}/screenshot").code == "INVALID_STATE"
    assert asked("DELETE", f"/machines/{made}").status == 200
    until(lambda: made not in [one["id"] for one in machines(asked)])
    assert asked("GET", f"/machines/{made}").code in ("MACHINE_NOT_FOUND", "")


def test_scopes_hold_at_the_host_that_is_asked_and_at_the_one_that_has_the_machine(
    three: list[RunningService],
) -> None:
    """A key for the desktop of one host is none for another one's; a key of one host is nobody's at another one."""
    asked, owner, _ = three
    other = desktop(owner)
    reader = json.loads(asked.cli("keys", "create", "reader", "--scope", "machines:read", "--json").out)["key"]
    moved = {"command": "move", "parameters": {"x": 5, "y": 6}}
    assert asked("GET", f"/machines/{other}/screenshot", X_API_Key=reader).status == 200
    assert asked("POST", f"/machines/{other}/actions", moved, X_API_Key=reader).code == "INSUFFICIENT_SCOPE"
    assert owner("GET", "/machines", X_API_Key=reader).code == "INVALID_API_KEY"
    mine = json.loads(asked.cli("keys", "create", "mine", "--this-desktop", "--json").out)["key"]
    shell = {"command": "echo hi"}
    refused = asked("POST", f"/machines/{other}/terminal", shell, X_API_Key=mine)
    assert (refused.status, refused.code) == (403, "INSUFFICIENT_SCOPE")
    forged = {"X_API_Key": "", "X_Coasty_Relay": f"{b64encode(b'{}').decode()}.{'0' * 64}"}
    assert owner("GET", f"/machines/{other}/screenshot", **forged).code == "INVALID_API_KEY"
    assert owner("GET", "/keys", **forged).code == "INVALID_API_KEY"


def test_a_run_on_another_hosts_machine_is_asked_for_watched_answered_and_looked_at_from_any(
    three: list[RunningService],
) -> None:
    """Its events are the very same at each, and behind any of them as well."""
    asked, owner, third = three
    run_id = start_on(asked, desktop(owner), "[steps:3][pause][done]")
    third.reach(run_id, "awaiting_human")
    assert third("POST", f"/runs/{run_id}/resume", {"note": "go on"}).json["status"] == "running"
    asked.reach(run_id, "succeeded")
    assert [line["note"] for line in owner.journal(run_id) if line["event"] == "answered"] == ["go on"]
    whole = list(owner.events(run_id))
    assert list(asked.events(run_id)) == list(third.events(run_id)) == whole
    at = whole[len(whole) // 2][0]
    assert list(third.events(run_id, after=at)) == [event for event in whole if event[0] > at]
    for host in three:
        assert host("GET", f"/runs/{run_id}/screenshots?include_image=true").json["frames"][0]["image_b64"]
        assert run_id in [one["id"] for one in host("GET", "/runs").json["data"]]
    assert not (asked.data / "runs" / run_id).exists()


def test_runs_of_one_machine_are_in_one_queue_whoever_is_asked(three: list[RunningService]) -> None:
    """In the order in which they came; one that runs and one that waits are cancelled from elsewhere."""
    asked, owner, third = three
    machine = desktop(owner)
    first = start_on(third, machine, "[steps:90][done]", max_steps=99)
    asked.reach(first, "running")
    second, waits, last = (start_on(host, machine, "[steps:1][done]") for host in (asked, owner, third))
    assert third("POST", f"/runs/{waits}/cancel").json["status"] == "cancelled"
    assert asked("POST", f"/runs/{first}/cancel").json["status"] == "cancelled"
    found = [asked.reach(run_id, "succeeded") for run_id in (second, last)]
    assert found[0]["finished_at"] <= found[1]["started_at"]
    assert owner.journal(first)[-1]["status"] == "cancelled"


def test_a_schedule_fires_on_another_hosts_machine_and_a_workflow_is_answered_from_elsewhere(
    three: list[RunningService],
) -> None:
    """Both are in the list of each host; what fires is a run of the machine's own host, once."""
    asked, owner, third = three
    machine = desktop(owner)
    said = {"name": "daily", "machine_id": machine, "task_prompt": "[steps:1][done]", "frequency": "daily"}
    schedule = asked("POST", "/schedules", said).json["id"]
    fired = third("POST", f"/schedules/{schedule}/run", Idempotency_Key="now").json
    assert third("POST", f"/schedules/{schedule}/run", Idempotency_Key="now").json["run_id"] == fired["run_id"]
    asked.reach(fired["run_id"], "succeeded")
    assert owner.journal(fired["run_id"])
    until(lambda: owner("GET", f"/schedules/{schedule}/runs").json["data"][0]["status"] == "completed")
    definition = {"steps": [{"id": "ok", "type": "human_approval", "message": "Go on?"}]}
    flow = asked("POST", "/workflows/runs", {"definition": definition}).json["id"]
    until(lambda: third("GET", f"/workflows/runs/{flow}").json["status"] == "awaiting_human")
    assert third("POST", f"/workflows/runs/{flow}/resume", {"approved": True}).status == 200
    until(lambda: owner("GET", f"/workflows/runs/{flow}").json["status"] == "succeeded")
    assert asked("DELETE", f"/schedules/{schedule}").status == 200


def test_a_dead_hosts_runs_have_failed_once_and_it_comes_back(postgres: Any, tmp_path: Path) -> None:
    """Those that ran, waited for a person and were queued; the others go on, and its record is at its end afterwards."""
    receiver = Receiving()
    options = ("--provider", "script", "--webhook-allow-private")
    with receiving(receiver), fleet(tmp_path, new_database(postgres), *options) as hosts:
        asked, dies, other = hosts
        machine = desktop(dies)
        extra = dies("POST", "/machines", {"display_name": "waits"}).json["id"]
        until(lambda: extra in [one["id"] for one in machines(asked)])
        told = {"webhook_url": f"http://127.0.0.1:{receiver.port}/told"}
        runs = start_on(asked, machine, "[steps:900][done]", max_steps=999, **told)
        queued = start_on(other, machine, "[steps:1][done]", **told)
        waiting = start_on(other, extra, "[pause][done]", **told)
        lives = start_on(asked, desktop(other), "[steps:99][done]", max_steps=200)
        asked.reach(runs, "running")
        asked.reach(waiting, "awaiting_human")
        heard = iter(asked.events(runs, most=LOST))
        seen = [next(heard) for _ in range(4)]
        began = time.monotonic()
        dies.kill()
        for run_id in (runs, queued, waiting):
            until(lambda run_id=run_id: other.run(run_id)["status"] == "failed", LOST)  # type: ignore[misc]  # as it is now
            assert other.run(run_id)["error"]["code"] == "MACHINE_LOST"
        assert time.monotonic() - began < LOST
        seen += heard
        assert [name for _, name, _ in seen][-3:] == ["status", "terminal", "done"]
        assert [number for number, _, _ in seen] == sorted({number for number, _, _ in seen})
        assert seen[-1][2]["error"]["code"] == "MACHINE_LOST"
        assert asked("GET", f"/runs/{runs}/screenshots").code == "MACHINE_UNREACHABLE"
        assert asked("POST", "/runs", {"machine_id": machine, "task": "x"}).code == "MACHINE_UNREACHABLE"
        assert {one["status"] for one in machines(asked) if one["id"] in (machine, extra)} == {"error"}
        assert asked("GET", f"/machines/{machine}").json["status"] == "error"
        assert asked.reach(lives, "succeeded")["steps_completed"] == 100
        receiver.wait(4)  # one that a person is needed, and three that it is over
        before = [kept(other, run_id) for run_id in (runs, queued, waiting)]
        dies.start()
        until(lambda: asked("GET", f"/machines/{machine}/screenshot").status == 200, LOST)
        asked.reach(start_on(asked, machine, "[steps:1][done]"), "succeeded")
        until(lambda: dies.journal(runs)[-1]["event"] == "run_ended", LOST)
        assert [kept(other, run_id) for run_id in (runs, queued, waiting)] == before
        assert not (dies.data / "runs" / queued).exists()
        assert dies("DELETE", f"/machines/{extra}").status == 200  # it would outlive its service, as machines do
    events = [(one["run_id"], one["event"]) for one in map(json.loads, (got.body for got in receiver.got))]
    assert sorted(events) == sorted(
        [(waiting, "run.awaiting_human"), *((run_id, "run.failed") for run_id in (runs, queued, waiting))]
    )


@pytest.mark.parametrize("with_its_runs", [False, True])
def test_a_host_that_was_paused_sends_no_input_once_others_may_say_it_is_lost(
    postgres: Any, tmp_path: Path, *, with_its_runs: bool
) -> None:
    """The service alone, or its run's process as well: nothing arrives after the verdict, and it works again afterwards."""
    database = new_database(postgres)
    script = scripted(tmp_path, *[act(click(40 + 3 * (n % 380), 60 + n // 380)) for n in range(3000)])
    with (
        xvfb(1280, 720) as screen,
        recording(screen) as window,
        one_host(tmp_path / "a", screen, database, *script, quick=True) as paused,
        xvfb(1280, 720) as elsewhere,
        one_host(tmp_path / "b", elsewhere, database, quick=True) as other,
    ):
        machine = desktop(paused)
        until(lambda: machine in [one["id"] for one in machines(other)])
        run_id = start_on(other, machine, "click", max_steps=1000)
        window.wait_for("press", 3)
        assert paused.process is not None
        if with_its_runs:
            pause(paused)
        else:
            os.kill(paused.process.pid, signal.SIGSTOP)
        until(lambda: other.run(run_id)["status"] == "failed", LOST)
        arrived = len(window.of_kind("press"))
        ended = kept(other, run_id)
        assert ended["error"]["code"] == "MACHINE_LOST"
        go_on(paused)
        until(lambda: not paused.run_processes())
        until(lambda: other("GET", f"/machines/{machine}/screenshot").status == 200, LOST)
        assert len(window.of_kind("press")) == arrived
        assert kept(other, run_id) == ended
        again = start_on(other, machine, "click", max_steps=2)
        until(lambda: other.run(again)["status"] == "failed")
        assert other.run(again)["error"]["code"] == "MAX_STEPS_REACHED"
        assert len(window.of_kind("press")) == arrived + 2


def test_a_database_that_is_away_for_a_moment_loses_nobody(postgres: Any, tmp_path: Path) -> None:
    """All connections are ended, twice, those that lock the hosts' names as well."""
    database = new_database(postgres)
    with fleet(tmp_path, database, count=2) as (first, second), closing(Storage(database)) as storage:
        runs = [start_on(first, desktop(host), "[steps:30][done]", max_steps=99) for host in (first, second)]
        for _ in range(2):
            first.reach(runs[1], "running", "succeeded")
            with storage.transaction() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid != pg_backend_pid()"
                )
            time.sleep(2)

        def reached(run_id: str) -> bool:
            answer = second("GET", f"/runs/{run_id}")
            assert answer.status in (200, 503)
            return answer.status == 200 and answer.json["status"] == "succeeded"

        for run_id in runs:
            until(lambda run_id=run_id: reached(run_id), 120)  # type: ignore[misc]  # as it is now
        third = start_on(second, desktop(first), "[steps:1][done]")
        until(lambda: reached(third), 120)


def test_a_copied_data_folder_is_no_second_host(postgres: Any, tmp_path: Path) -> None:
    """The copy is refused, and so is another service on the folder itself."""
    database = new_database(postgres)
    with xvfb(1280, 720) as screen, one_host(tmp_path / "a", screen, database) as first:
        copy = tmp_path / "copy"
        shutil.copytree(first.data, copy / ".local" / "share" / "coasty-desk", ignore=shutil.ignore_patterns("*.lock"))
        command = [sys.executable, QUICK, "serve", "--port", "0", "--provider", "script", "--join", database]
        said = subprocess.run(command, env=Shell(copy).environment, capture_output=True, text=True, check=False)
        assert said.returncode == 2
        assert "is this very host already" in said.stderr
        again = first.cli("serve", "--port", "0", "--provider", "script", "--join", database)
        assert again.code == 2
        assert "A service runs on this data folder already" in again.err
        assert first("GET", "/machines").status == 200


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--join", "shared.sqlite3"), "a Postgres database, which many hosts can share and a file cannot"),
        (("--join", "sqlite:///shared.sqlite3"), "a Postgres database, which many hosts can share and a file cannot"),
        (("--join", "postgresql://me:hunter2@127.0.0.1:1/db"), "db at 127.0.0.1 cannot be used"),
        (("--join", "postgresql://h/db", "--database", "postgresql://h/db2"), "runs are kept in one of them"),
    ],
)
def test_only_a_postgres_database_can_be_joined(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    """A file is refused in two sentences, with what it takes."""
    result = Shell(tmp_path)("serve", "--port", "0", *options)
    assert result.code == 2
    assert said in result.err
    assert "hunter2" not in result.err
    assert len(result.err.strip().splitlines()) == 2
