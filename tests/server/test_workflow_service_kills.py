"""The real service carries a workflow of fifteen tasks out, and is killed again and again at random moments of it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.xvfb import xvfb
from tests.server.run_services import OVER, RunningService, running_service

KILLS = 8

_Dice = random.Random


def task(name: str, text: str = "[done]") -> dict[str, Any]:
    """A task as a definition has it."""
    return {
        "id": name,
        "type": "task",
        "task": f"{text} {name} {{{{vars.iteration}}}} {{{{vars.attempt}}}}",
        "max_steps": 3,
    }


def first_time(then: dict[str, Any], otherwise: dict[str, Any]) -> dict[str, Any]:
    """Something else at the first attempt."""
    condition = {"op": "eq", "left": "{{vars.attempt}}", "right": 1}
    return {"id": "first-time", "type": "if", "condition": condition, "then": [then], "else": [otherwise]}


DEFINITION = {
    "steps": [
        task("a"),
        task("b"),
        {"id": "ok", "type": "human_approval"},
        {
            "id": "rows",
            "type": "loop",
            "count": 3,
            "body": [
                task("row"),
                {
                    "id": "again",
                    "type": "retry",
                    "max_attempts": 2,
                    "body": [
                        first_time(task("fails", "[fail]"), task("passes")),
                        {
                            "id": "held",
                            "type": "assert",
                            "condition": {"op": "eq", "left": "{{vars.attempt}}", "right": 2},
                        },
                    ],
                },
            ],
        },
        {"id": "both", "type": "parallel", "branches": [[task("x")], [task("y")]]},
        {"id": "last", "type": "human_approval"},
        task("c"),
        task("d"),
    ],
    "output": {"passed": "{{d.passed}}"},
}

TASKS = 2 + 3 * 3 + 2 + 2


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """On a display of its own."""
    with xvfb(640, 480) as screen, running_service(tmp_path, screen, "--provider", "script") as found:
        yield found


@pytest.mark.slow
def test_a_workflow_is_gone_on_with_after_every_kill(service: RunningService) -> None:
    """Fifteen tasks are fifteen runs, each of which has ended once; its events have no gap."""
    pick = _Dice(4)
    run_id = service("POST", "/workflows/runs", {"definition": DEFINITION}, Idempotency_Key="one").json["id"]
    for _ in range(KILLS):
        _live(service, run_id, pick.uniform(0.2, 4.0))
        service.kill()
        service.start()
    assert service("POST", "/workflows/runs", {"definition": DEFINITION}, Idempotency_Key="one").json["id"] == run_id
    _live(service, run_id, 180)
    row = service("GET", f"/workflows/runs/{run_id}").json
    assert (row["status"], row["output"], row["iterations_used"]) == ("succeeded", {"passed": True}, 3)
    runs = service("GET", "/runs?limit=200").json["data"]
    assert len(runs) == TASKS
    assert {run["status"] for run in runs} == {"succeeded", "failed"}
    for run in runs:
        assert [line["event"] for line in service.journal(run["id"])].count("run_ended") == 1
    events = list(_events(service, run_id))
    assert [number for number, _ in events] == list(range(1, len(events) + 1))
    assert [name for _, name in events].count("task") == TASKS


def _live(service: RunningService, run_id: str, seconds: float) -> None:
    """For so long, or to its end; whatever it asks is answered with yes."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError, HTTPException):
            row = service("GET", f"/workflows/runs/{run_id}").json
            if row["status"] in OVER:
                return
            if row["status"] == "awaiting_human":
                service("POST", f"/workflows/runs/{run_id}/resume", {"approved": True})
        time.sleep(0.05)


def _events(service: RunningService, run_id: str) -> Iterator[tuple[int, str]]:
    said = service("GET", f"/workflows/runs/{run_id}/events").body.decode()
    for frame in said.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in frame.splitlines() if not line.startswith(":"))
        if fields:
            yield int(fields["id"]), fields["event"]
