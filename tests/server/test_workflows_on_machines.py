"""A workflow whose branches are on two virtual machines: both at once, killed with the service in between, each task done once."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from coasty_desk import presets
from tests.server.run_services import OVER, RunningService, running_service, scripted

WAITS = {"status": "continue", "actions": [{"action_type": "wait", "params": {"seconds": 3}}]}
TYPES = {"status": "done", "actions": [{"action_type": "type_text", "params": {"text": "ab"}}]}


def workflow_run(service: RunningService, run_id: str, *statuses: str) -> Any:
    """It, once it is in one of these states."""
    until = time.monotonic() + 120
    while (found := service("GET", f"/workflows/runs/{run_id}").json)["status"] not in statuses:
        assert found["status"] not in OVER, found
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return found


@pytest.mark.slow
def test_branches_on_two_machines_go_on_at_once_through_a_kill(tmp_path: Path) -> None:
    """Both run before either has ended; after the kill the same two runs are gone on with."""
    with running_service(tmp_path, "", *scripted(tmp_path, WAITS, TYPES)) as service:
        made = [service("POST", "/machines", {"display_name": f"m{number}"}) for number in range(2)]
        machines = [answer.json["machine"]["id"] for answer in made]
        try:
            definition = json.loads(presets.workflow("two-machines"))["definition"]
            inputs = {"first": machines[0], "second": machines[1], "task": "type it"}
            body = {"definition": definition, "inputs": inputs}
            run_id = service("POST", "/workflows/runs", body, Idempotency_Key="once").json["id"]
            both = _running(service)
            assert {run["machine_id"] for run in both} == set(machines)
            service.kill()
            service.start()
            assert service("POST", "/workflows/runs", body, Idempotency_Key="once").json["id"] == run_id
            ended = workflow_run(service, run_id, "succeeded", "failed")
            assert ended["status"] == "succeeded", ended
            runs = service("GET", "/runs").json["data"]
            assert {run["id"] for run in runs} == {run["id"] for run in both}
            for run in runs:
                acted = [line for line in service.journal(run["id"]) if line["event"] == "acting"]
                typed = [line for line in acted if line["action"]["action_type"] == "type_text"]
                assert len(typed) == 1
        finally:
            for machine in machines:
                service("DELETE", f"/machines/{machine}")


def _running(service: RunningService) -> list[Any]:
    """The runs of the tasks, once both are under way at the same moment."""
    until = time.monotonic() + 90
    while len(found := [run for run in service("GET", "/runs").json["data"] if run["status"] == "running"]) < 2:
        assert time.monotonic() < until, found
        time.sleep(0.02)
    return found
