"""Workflows over HTTP: saved, listed, changed, archived, run, answered, refused with the place, as API.md §12 says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.served import Answer, Client, Served, served

OVER = ("succeeded", "failed", "cancelled", "timed_out")
ASKS: dict[str, Any] = {"steps": [{"id": "ok", "type": "human_approval", "message": "Send {{inputs.n}}?"}]}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all: its engine takes seconds to come up."""
    with served(tmp_path_factory.mktemp("served"), provider="script") as found:
        yield found


@pytest.fixture
def ask(one: Served) -> Client:
    """Who asks it."""
    return one.client


def reach(ask: Client, run_id: str, *statuses: str) -> Any:
    """Wait until the run is in one of these."""
    until = time.monotonic() + 60
    while (found := ask("GET", f"/v1/workflows/runs/{run_id}").json)["status"] not in statuses:
        assert found["status"] not in OVER, found
        assert time.monotonic() < until, found
        time.sleep(0.02)
    return found


def save(ask: Client, name: str, definition: object = ASKS, **more: object) -> Any:
    """A saved workflow."""
    answer = ask("POST", "/v1/workflows", {"name": name, "definition": definition, **more})
    assert answer.status == 200, answer.body
    return answer.json


def places(answer: Answer) -> list[str]:
    """Of what is wrong."""
    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    return [".".join(map(str, detail["loc"])) for detail in answer.json["error"]["details"]]


def test_a_workflow_is_saved_listed_changed_and_archived(ask: Client) -> None:
    """Its version grows with each change; the slug is made of the name, and used again for the next version."""
    made = save(ask, "Send it", metadata={"by": "me"}, inputs_schema={"properties": {"n": {"type": "integer"}}})
    assert (made["object"], made["slug"], made["version"], made["status"]) == ("workflow", "send-it", 1, "active")
    assert (made["definition"], made["dsl_version"], made["warnings"]) == (ASKS, "2026-06-01", [])
    assert save(ask, "Send it", slug="send-it")["id"] == made["id"]
    changed = ask("PUT", f"/v1/workflows/{made['id']}", {"description": "what it is for"})
    assert (changed.json["version"], changed.json["description"]) == (3, "what it is for")
    assert ask("PUT", f"/v1/workflows/{made['id']}", {}).code == "EMPTY_UPDATE"
    assert ask("GET", "/v1/workflows/send-it").json["version"] == 3
    assert made["id"] in [row["id"] for row in ask("GET", "/v1/workflows?limit=200").json["data"]]
    gone = ask("DELETE", f"/v1/workflows/{made['id']}").json
    assert (gone["id"], gone["deleted"], gone["status"]) == (made["id"], True, "archived")
    assert made["id"] not in [row["id"] for row in ask("GET", "/v1/workflows?limit=200").json["data"]]
    assert ask("GET", f"/v1/workflows/{made['id']}").json["status"] == "archived"
    assert ask("POST", f"/v1/workflows/{made['id']}/runs", {}).code == "INVALID_STATE"
    assert ask("PUT", f"/v1/workflows/{made['id']}", {"status": "active"}).json["status"] == "active"
    assert ask("GET", "/v1/workflows/none").code == "WORKFLOW_NOT_FOUND"
    assert ask("GET", "/v1/workflows?limit=0").code == "INVALID_LIMIT"


def test_every_mistake_of_a_definition_is_told_with_its_place(ask: Client) -> None:
    """All at once, and the word that was near; nothing is saved."""
    wrong = {
        "steps": [
            {"id": "a", "type": "tsk", "task": "x"},
            {"id": "a", "type": "if", "condition": {"op": "eqq"}, "then": [{"id": "b", "type": "task"}]},
        ]
    }
    answer = ask("POST", "/v1/workflows", {"name": "wrong", "definition": wrong})
    assert places(answer) == [
        "body.definition.steps.0.type",
        "body.definition.steps.1.id",
        "body.definition.steps.1.then.0.task",
        "body.definition.steps.1.condition.op",
    ]
    assert "did you mean task?" in answer.json["error"]["message"]
    assert places(ask("POST", "/v1/workflows/runs", {"definition": wrong}))[0] == "body.definition.steps.0.type"
    assert places(ask("POST", "/v1/workflows", {"name": "wrong"})) == ["body.definition"]
    assert ask("GET", "/v1/workflows/wrong").status == 404
    assert places(ask("POST", "/v1/workflows", {"name": "Runs", "slug": "runs", "definition": ASKS})) == ["body.slug"]


def test_what_may_mean_something_else_is_a_warning(ask: Client) -> None:
    """A retry that never is, and a name that nothing is known by."""
    retried = {"id": "r", "type": "retry", "max_attempts": 2, "body": [{"id": "t", "type": "task", "task": "{{tt.x}}"}]}
    warnings = save(ask, "warned", {"steps": [retried]})["warnings"]
    assert [warning.partition(":")[0] for warning in warnings] == ["steps[0].body", "steps[0].body[0].task"]
    assert "did you mean t?" in warnings[1]


def test_the_shape_of_the_articles_is_understood_and_said_to_be(ask: Client) -> None:
    """Steps beside the name, `field_equals`, `instruction`, a message of `succeed`."""
    answer = ask(
        "POST",
        "/v1/workflows",
        {
            "name": "article",
            "version": "1.0.0",
            "steps": [
                {"id": "t", "type": "task", "task": "look"},
                {
                    "id": "i",
                    "type": "if",
                    "condition": {"type": "field_equals", "field": "t.status", "value": "succeeded"},
                    "then": [{"id": "h", "type": "human_approval", "instruction": "Go on?"}],
                },
                {"id": "s", "type": "succeed", "message": "done"},
            ],
        },
    )
    assert answer.status == 200, answer.body
    steps = answer.json["definition"]["steps"]
    assert steps[1]["condition"] == {"op": "eq", "left": "{{t.status}}", "right": "succeeded"}
    assert steps[1]["then"][0]["message"] == "Go on?"
    assert steps[2]["output"] == {"message": "done"}
    assert len(answer.json["warnings"]) == 4


def test_the_articles_start_follow_and_end_a_run_where_other_runs_are(ask: Client) -> None:
    """What they send beside the inputs is one; `/v1/runs/{id}` finds the run of a workflow, too."""
    save(ask, "by article", {"steps": [{"id": "ok", "type": "human_approval", "message": "{{inputs.task}}?"}]})
    body = {"task": "Order it", "cua_version": "v3", "max_steps": 9, "machine_id": "desktop", "inputs": {"n": 1}}
    made = ask("POST", "/v1/workflows/by-article/runs", body).json
    assert made["inputs"] == {"task": "Order it", "cua_version": "v3", "max_steps": 9, "n": 1}
    reach(ask, made["id"], "awaiting_human")
    shown = ask("GET", f"/v1/runs/{made['id']}").json
    assert (shown["object"], shown["awaiting_human_reason"]) == ("workflow.run", "Order it?")
    assert ask("POST", f"/v1/runs/{made['id']}/resume", {"approved": True}).status == 200
    reach(ask, made["id"], "succeeded")
    assert read(ask("GET", f"/v1/runs/{made['id']}/events"))[-1][1] == "done"
    assert ask("POST", f"/v1/runs/{made['id']}/cancel").code == "INVALID_STATE"
    assert made["id"] not in [run["id"] for run in ask("GET", "/v1/runs?limit=200").json["data"]]


def test_a_run_waits_for_an_approval_and_ends_with_its_output(ask: Client) -> None:
    """Queued first; its events are numbered, and read from anywhere."""
    definition = {**ASKS, "output": {"n": "{{inputs.n}}"}}
    answer = ask("POST", "/v1/workflows/runs", {"definition": definition, "inputs": {"n": 3}, "metadata": {"a": 1}})
    assert answer.status == 200, answer.body
    made = answer.json
    assert (made["object"], made["status"], made["workflow_id"], made["webhook_secret"]) == (
        *("workflow.run", "queued", None, None),
    )
    waits = reach(ask, made["id"], "awaiting_human")
    assert (waits["awaiting_step_id"], waits["awaiting_human_reason"]) == ("ok", "Send 3?")
    assert ask("POST", f"/v1/workflows/runs/{made['id']}/resume", {"approved": True, "note": "go"}).status == 200
    ended = reach(ask, made["id"], "succeeded")
    assert (ended["output"], ended["awaiting_step_id"], ended["metadata"]) == ({"n": 3}, None, {"a": 1})
    events = read(ask(*("GET", f"/v1/workflows/runs/{made['id']}/events")))
    assert [(number, name) for number, name, _ in events] == list(
        enumerate(
            [*("status", "status", "awaiting_human", "resumed", "step", "billing", "status", "terminal", "done")], 1
        )
    )
    assert events[2][2]["step_id"] == "ok"
    assert events[4][2] == {"step_id": "ok", "type": "human_approval", "at": "0", "approved": True, "text": "go"}
    again = ask("GET", f"/v1/workflows/runs/{made['id']}/events?after=3", Last_Event_ID="6")
    assert read(again) == events[6:]
    assert ask("POST", f"/v1/workflows/runs/{made['id']}/resume", {}).code == "NOT_AWAITING_HUMAN"
    assert ask("POST", f"/v1/workflows/runs/{made['id']}/cancel").code == "INVALID_STATE"
    assert ask("GET", "/v1/workflows/runs/none").code == "RUN_NOT_FOUND"


def test_a_saved_workflow_runs_by_its_slug_and_is_rejected(ask: Client) -> None:
    """With inputs that fit its schema alone; a no fails the approval."""
    schema = {"properties": {"n": {"type": "integer"}}, "required": ["n"]}
    made = save(ask, "asks", inputs_schema=schema)
    assert places(ask("POST", "/v1/workflows/asks/runs")) == ["body.inputs.n"]
    assert places(ask("POST", "/v1/workflows/asks/runs", {"inputs": {"n": "x"}})) == ["body.inputs.n"]
    run = ask("POST", "/v1/workflows/asks/runs", {"inputs": {"n": 1}}).json
    assert (run["workflow_id"], run["workflow_version"]) == (made["id"], 1)
    reach(ask, run["id"], "awaiting_human")
    ask("POST", f"/v1/workflows/runs/{run['id']}/resume", {"approved": False, "note": "no"})
    assert reach(ask, run["id"], "failed")["error"]["code"] == "APPROVAL_REJECTED"
    listed = ask("GET", "/v1/workflows/runs?workflow_id=asks&status=failed").json
    assert ([row["id"] for row in listed["data"]], listed["has_more"]) == ([run["id"]], False)
    assert ask("GET", "/v1/workflows/runs?status=odd").code == "INVALID_STATUS_FILTER"


def test_a_run_is_cancelled(ask: Client) -> None:
    """While it waits; the answer says so."""
    run = ask("POST", "/v1/workflows/runs", {"definition": ASKS}).json
    reach(ask, run["id"], "awaiting_human")
    ended = ask("POST", f"/v1/workflows/runs/{run['id']}/cancel").json
    assert (ended["status"], ended["error"]["code"]) == ("cancelled", "CANCELLED")


def test_one_key_starts_one_run(ask: Client) -> None:
    """And saves one version."""
    first, second = (ask("POST", "/v1/workflows/runs", {"definition": ASKS}, Idempotency_Key="wf-1") for _ in range(2))
    assert first.body == second.body
    assert second.headers["x-coasty-idempotent-replay"] == "true"
    first, second = (
        ask("POST", "/v1/workflows", {"name": "once", "definition": ASKS}, Idempotency_Key="wf-2") for _ in range(2)
    )
    assert (first.body, second.json["version"]) == (second.body, 1)
    assert ask("POST", f"/v1/workflows/runs/{ask('GET', '/v1/workflows/runs').json['data'][0]['id']}/cancel").status


def test_a_key_needs_the_scopes(one: Served) -> None:
    """To read, and to change."""
    key, _ = one.service.keys.make("reader", ["workflows:read"])
    reader = Client(one.client.port, key)
    assert reader("GET", "/v1/workflows").status == 200
    assert reader("POST", "/v1/workflows", {"name": "x", "definition": ASKS}).code == "INSUFFICIENT_SCOPE"
    assert reader("POST", "/v1/workflows/runs", {"definition": ASKS}).code == "INSUFFICIENT_SCOPE"
    key, _ = one.service.keys.make("other", ["runs:read", "runs:write"])
    assert Client(one.client.port, key)("GET", "/v1/workflows/runs").code == "INSUFFICIENT_SCOPE"


def test_what_cannot_be_kept_to_is_refused(ask: Client) -> None:
    """A machine that is not there, a receiver that is not public, a caller's own model."""
    start = {"definition": ASKS}
    assert ask("POST", "/v1/workflows/runs", {**start, "machine_id": "none"}).code == "MACHINE_NOT_FOUND"
    assert places(ask("POST", "/v1/workflows/runs", {**start, "webhook_url": "http://127.0.0.1/"})) == [
        "body.webhook_url"
    ]
    own = {**start, "llm": {"provider": "anthropic"}}
    assert ask("POST", "/v1/workflows/runs", own).code == "FEATURE_NOT_AVAILABLE"
    assert places(ask("POST", "/v1/workflows/runs", {**start, "budget_cents": -1})) == ["body.budget_cents"]


def read(answer: Answer) -> list[tuple[int, str, Any]]:
    """The events of a stream that has ended."""
    found = []
    for frame in answer.body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in frame.splitlines() if not line.startswith(":"))
        if fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found
