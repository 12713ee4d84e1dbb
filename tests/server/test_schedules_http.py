"""Schedules and triggers over HTTP: what programs send and get, what is refused, and a run that is really carried out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.automation.webhook_signature import signature
from tests.desktop.xvfb import xvfb
from tests.server.run_services import RunningService, running_service, until
from tests.server.served import Answer, Client, Served, served

DAILY = {"name": "mornings", "machine_id": "desktop", "task_prompt": "[done]", "frequency": "daily"}


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Served]:
    """The service, which has begun nothing."""
    with served(tmp_path, provider="script") as found:
        yield found


def _made(client: Client, **more: Any) -> Any:
    answer = client("POST", "/v1/schedules", {**DAILY, **more})
    assert answer.status == 200, answer.body
    return answer.json


def _call(client: Client, trigger: Any, body: bytes, at: float | None = None, **headers: str) -> Answer:
    """A webhook's call, with no key."""
    signed = signature(trigger["webhook_secret"], body, int(time.time() if at is None else at))
    path = "/v1/triggers/webhook/" + trigger["webhook_url"].rpartition("/")[2]
    return Client(client.port, "")("POST", path, body, **({"Coasty_Signature": signed} | headers))


def test_a_schedule_is_made_shown_changed_and_deleted(asked: Served) -> None:
    """With every field of the contract, and the next time always there."""
    client = asked.client
    made = _made(client, timezone="Europe/Warsaw", time="07:30", metadata={"a": "b"}, max_consecutive_failures=3)
    assert (made["cron"], made["frequency"], made["enabled"], made["run_count"]) == ("30 7 * * *", "daily", True, 0)
    assert made["next_run_at"].endswith(("T06:30:00.000Z", "T05:30:00.000Z"))
    path = f"/v1/schedules/{made['id']}"
    assert client("GET", path).json["name"] == "mornings"
    changed = client("PATCH", path, {"name": "x", "frequency": "custom", "cron": "*/5 * * * *"}).json
    assert (changed["name"], changed["cron"], changed["time"], changed["timezone"]) == (
        *("x", "*/5 * * * *", None),
        "Europe/Warsaw",
    )
    paused = client("POST", f"{path}/pause", {}).json
    assert (paused["enabled"], paused["paused_reason"], paused["next_run_at"]) == (False, "manual", None)
    assert client("POST", f"{path}/resume").json["next_run_at"] is not None
    listed = client("GET", "/v1/schedules").json
    assert [one["id"] for one in listed["data"]] == [made["id"]]
    assert client("DELETE", path).json | {"request_id": ""} == {
        "deleted": True,
        "schedule_id": made["id"],
        "request_id": "",
    }
    assert (client("GET", path).code, client("DELETE", path).status) == ("NOT_FOUND", 404)


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"frequency": None}, "frequency"),
        ({"frequency": "yearly"}, "frequency"),
        ({"frequency": "custom"}, "cron"),
        ({"frequency": "custom", "cron": "0 0 30 2 *"}, "cron"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"time": "9:00"}, "time"),
        ({"day_of_week": 7}, "day_of_week"),
        ({"day_of_month": 29, "frequency": "monthly"}, "day_of_month"),
        ({"run_at": "2030-01-01T00:00:00Z"}, "frequency"),
        ({"frequency": None, "run_at": "tomorrow"}, "run_at"),
        ({"frequency": None, "run_at": "2020-01-01T00:00:00Z"}, "run_at"),
        ({"task_prompt": ""}, "task_prompt"),
        ({"max_consecutive_failures": 51}, "max_consecutive_failures"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_place(asked: Served, more: dict[str, Any], place: str) -> None:
    """422, and the field."""
    body = {name: value for name, value in {**DAILY, **more}.items() if value is not None}
    answer = asked.client("POST", "/v1/schedules", body)
    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert place in [part for detail in answer.json["error"]["details"] for part in detail["loc"]]


def test_refusals_have_their_codes(asked: Served) -> None:
    """A machine that is not there, an empty change, another's key, a bad cursor, a bad status."""
    client = asked.client
    assert client("POST", "/v1/schedules", {**DAILY, "machine_id": "x" * 12}).code == "MACHINE_NOT_FOUND"
    path = f"/v1/schedules/{_made(client)['id']}"
    assert client("PATCH", path, {}).code == "EMPTY_UPDATE"
    assert client("GET", f"{path}/runs?cursor=zzz").status == 422
    assert client("GET", f"{path}/runs?status=done").code == "INVALID_STATUS_FILTER"
    assert client("GET", "/v1/schedules?limit=0").code == "INVALID_LIMIT"
    assert client("GET", f"{path}/runs/nothing").code == "NOT_FOUND"
    assert client("POST", f"{path}/triggers", {"kind": "chain"}).status == 422
    assert client("POST", f"{path}/triggers", {"kind": "email"}).code == "FEATURE_NOT_AVAILABLE"
    for read in ("health", ""):
        status = Client(client.port, "")("GET", f"/v1/schedules/{read}".rstrip("/")).status
        assert status == (200 if read else 401)
    key, _ = asked.service.keys.make("reads", ["schedules:read"])
    reader = Client(client.port, key)
    assert reader("GET", path).status == 200
    for method, where in (("POST", path + "/run"), ("DELETE", path), ("POST", path + "/triggers")):
        assert reader(method, where, {"kind": "webhook"} if "trig" in where else None).code == "INSUFFICIENT_SCOPE"


def test_the_same_request_with_one_key_is_one_schedule_and_one_secret(asked: Served) -> None:
    """The secret is in the answer and in its repetition, and nowhere else."""
    client = asked.client
    first, again = (client("POST", "/v1/schedules", DAILY, Idempotency_Key="k") for _ in range(2))
    assert first.json["id"] == again.json["id"]
    assert again.headers["x-coasty-idempotent-replay"] == "true"
    path = f"/v1/schedules/{first.json['id']}/triggers"
    made, repeated = (client("POST", path, {"kind": "webhook"}, Idempotency_Key="t") for _ in range(2))
    assert made.json["webhook_secret"] == repeated.json["webhook_secret"]
    assert made.json["webhook_secret"].startswith("whsec_")
    listed = client("GET", path).json["data"]
    assert [one["id"] for one in listed] == [made.json["id"]]
    assert "webhook_secret" not in listed[0]
    assert listed[0]["webhook_url"] == made.json["webhook_url"]
    assert client("DELETE", f"{path}/{made.json['id']}").json["deleted"] is True
    assert client("GET", path).json["data"] == []


def test_a_call_is_checked_in_the_order_of_the_contract(asked: Served) -> None:
    """Size, webhook, signature, rate; then it is heard, whatever it is, and the same one is not heard twice."""
    client = asked.client
    made = _made(client)
    client("POST", f"/v1/schedules/{made['id']}/pause")  # nothing is to be started here
    trigger = client(
        "POST", f"/v1/schedules/{made['id']}/triggers", {"kind": "webhook", "rate_limit_per_minute": 5}
    ).json
    unknown = {**trigger, "webhook_url": "x/whk_" + "0" * 32}
    assert _call(client, unknown, b"x" * 1_000_001).code == "PAYLOAD_TOO_LARGE"
    assert _call(client, unknown, b"x").code == "NOT_FOUND"
    unsigned = _call(client, trigger, b"x", Coasty_Signature="")
    assert (unsigned.status, unsigned.code) == (401, "INVALID_SIGNATURE")
    now = time.time()
    assert _call(client, trigger, b"x", at=now - 310).code == "INVALID_SIGNATURE"
    both = signature(trigger["webhook_secret"], b"x", int(now))
    assert _call(client, trigger, b"x", X_Coasty_Signature=both).code == "INVALID_SIGNATURE"
    other = _call(client, trigger, b"x", at=now - 290, Coasty_Signature="", X_Coasty_Signature=both)
    assert (other.status, other.json["run_id"], other.json["received"]) == (200, None, True)
    for body in (b"", b"\xff\0", b"[" * 100_000, b"x" * 1_000_000):
        answer = _call(client, trigger, body)
        assert (answer.status, answer.headers["x-coasty-webhook-deduplicated"]) == (200, "false")
    late = _call(client, trigger, b"y")
    assert (late.status, late.code) == (429, "RATE_LIMITED")
    assert 1 <= int(late.headers["retry-after"]) <= 60


@pytest.mark.slow
def test_a_flood_of_calls_is_refused_and_the_service_answers(asked: Served) -> None:
    """Unsigned ones and too many signed ones, from many connections: each is answered, and so is whoever else asks."""
    client = asked.client
    made = _made(client)
    client("POST", f"/v1/schedules/{made['id']}/pause")
    trigger = client(
        "POST", f"/v1/schedules/{made['id']}/triggers", {"kind": "webhook", "rate_limit_per_minute": 10}
    ).json
    statuses: list[int] = []
    over = threading.Event()

    def flood(number: int) -> None:
        while not over.is_set():
            at = time.time() if number % 2 else 1.0
            statuses.append(_call(client, trigger, b"%d %f" % (number, time.time()), at).status)

    threads = [threading.Thread(target=flood, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    slowest = 0.0
    began = time.monotonic()
    while len(statuses) < 1000 and time.monotonic() - began < 120:
        asking = time.monotonic()
        assert client("GET", "/v1/schedules").status == 200
        slowest = max(slowest, time.monotonic() - asking)
    over.set()
    for thread in threads:
        thread.join(30)
    assert set(statuses) <= {200, 401, 429}
    assert statuses.count(200) <= 10 * (2 + (time.monotonic() - began) // 60)
    assert {401, 429} <= set(statuses)
    assert slowest < 20


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A display for the runs of this module."""
    with xvfb(640, 480) as name:
        yield name


def _history(service: RunningService, schedule_id: str) -> list[Any]:
    found = service("GET", f"/schedules/{schedule_id}/runs").json["data"]
    assert isinstance(found, list)
    return found


@pytest.mark.slow
def test_a_schedule_starts_a_workflow_with_its_inputs(screen: str, tmp_path: Path) -> None:
    """As a run of it, whose end is that of the time; inputs that do not fit are refused before."""
    definition = {
        "steps": [{"id": "a", "type": "task", "task": "{{inputs.word}}"}],
        "output": {"of": "{{inputs.word}}"},
    }
    schema = {"type": "object", "required": ["word"], "properties": {"word": {"type": "string"}}}
    with running_service(tmp_path, screen, "--provider", "script") as service:
        saved = service("POST", "/workflows", {"name": "w", "definition": definition, "inputs_schema": schema}).json
        body = {**DAILY, "workflow_id": "w", "inputs": {"word": "[done]"}}
        assert service("POST", "/schedules", {**body, "inputs": {}}).status == 422
        assert service("POST", "/schedules", {**body, "workflow_id": "none"}).code == "WORKFLOW_NOT_FOUND"
        made = service("POST", "/schedules", body).json
        assert (made["workflow_id"], made["inputs"]) == (saved["id"], {"word": "[done]"})
        started = service("POST", f"/schedules/{made['id']}/run").json
        until(lambda: [one["status"] for one in _history(service, made["id"])] == ["completed"])
        run = service("GET", f"/workflows/runs/{started['run_id']}").json
        assert (run["status"], run["output"], run["workflow_id"]) == ("succeeded", {"of": "[done]"}, saved["id"])


@pytest.mark.slow
def test_schedules_and_triggers_carry_out_runs_also_after_a_kill(screen: str, tmp_path: Path) -> None:
    """By time, at once, by a call, and in a chain; each as a run of its own with a record, and each time once."""
    with running_service(tmp_path, screen, "--provider", "script") as service:
        first = service("POST", "/schedules", {**DAILY, "name": "first"}).json
        then = service("POST", "/schedules", {**DAILY, "name": "then", "frequency": "monthly"}).json
        chained = service(
            "POST", f"/schedules/{then['id']}/triggers", {"kind": "chain", "source_schedule_id": first["id"]}
        )
        assert chained.status == 200, chained.body
        trigger = service("POST", f"/schedules/{first['id']}/triggers", {"kind": "webhook"}).json
        now = service("POST", f"/schedules/{first['id']}/run", {"triggered_context": {"order": 7}}).json
        assert (now["status"], now["schedule_id"]) == ("running", first["id"])
        service.reach(now["run_id"], "succeeded")
        until(lambda: [one["status"] for one in _history(service, then["id"])] == ["completed"])
        called = _call(Client(service.port, ""), trigger, b'{"order": 8}').json
        service.kill()
        service.start()
        service.reach(called["run_id"], "succeeded")
        until(lambda: [one["status"] for one in _history(service, then["id"])] == ["completed"] * 2)
        assert [one["trigger"] for one in _history(service, first["id"])] == ["webhook", "manual"]
        again = _call(Client(service.port, ""), trigger, b'{"order": 8}').json
        assert (again["deduplicated"], again["run_id"]) == (True, called["run_id"])
        soon = {**DAILY, "name": "soon", "frequency": "custom", "cron": "* * * * * *"}
        often = service("POST", "/schedules", soon).json
        until(lambda: sum(one["status"] == "completed" for one in _history(service, often["id"])) >= 2)
        assert service("POST", f"/schedules/{often['id']}/pause").status == 200
        times = [one["scheduled_for"] for one in _history(service, often["id"])]
        assert len(times) == len(set(times))
        assert service.journal(called["run_id"])[0]["task"] == "[done]"
