"""A question on `/v1` is asked of its model once, whatever happens to the answer, the request or the service."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.core.token_prices import TokenPrice
from coasty_desk.models.anthropic import anthropic_wire
from coasty_desk.models.anthropic_model import AnthropicModel
from coasty_desk.server.idempotency import Idempotency
from coasty_desk.testing import strict_rules
from coasty_desk.testing.vendor_stub import Says, VendorStub
from tests.models.vendor.test_anthropic_wire import says
from tests.server.answering import Upstream, account, answering, shot
from tests.server.served import Served
from tests.stub_service import click, go, lost, serving

SHOT = shot(("Save", 640, 400))
BODY = {"screenshot": SHOT, "instruction": "save it"}
PRICE = TokenPrice(300.0, 300.0)
"""15 tokens are 0.45 cents."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, for the ledger."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return tmp_path


def _calls(x: int, y: int) -> Says:
    """A vendor's answer that clicks there."""
    call = {"type": "function", "id": "c", "function": {"name": "click", "arguments": json.dumps({"x": x, "y": y})}}
    message = {"content": None, "tool_calls": [call]}
    return Says({"id": "c", "choices": [{"message": message}], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})


@contextmanager
def _vendor(home: Path, *script: Says, key: str = "") -> Iterator[tuple[Served, VendorStub]]:
    """A service whose model is behind this vendor's server, which charges by the token and knows no idempotency."""
    stub = VendorStub(strict_rules.chat, [*script, *[_calls(5, 5)] * 20])
    with stub.serving() as url:
        chosen: dict[str, Any] = {"model": "a-model", "profile": "plain", "prices": {"a-model": PRICE}}
        with answering(home, "chat", key=key, base_url=url, **chosen) as here:
            yield here, stub


def test_a_vendors_model_answers_in_the_callers_pixels_and_what_it_cost_adds_up(home: Path) -> None:
    """Parts of a cent are kept until they are one."""
    with _vendor(home) as (here, stub):
        costs = []
        for _ in range(5):
            said = here.client("POST", "/v1/predict", {**BODY, "instructions": "Be careful."}).json
            assert said["actions"][0]["params"]["x"] == 5
            assert said["usage"]["cost_microdollars"] == 4500
            assert (said["usage"]["input_tokens"], said["usage"]["output_tokens"]) == (10, 5)
            assert said["usage"]["billed"] is True
            costs.append(said["usage"]["credits_charged"])
        assert costs == [0, 0, 1, 0, 1], "0.45 cents each"
        assert here.client("GET", "/v1/usage").json["total_credits"] == 2
        assert "Be careful." in json.dumps(stub.requests[0])
        assert stub.forbidden == []


def test_a_session_with_a_vendors_model_goes_on_after_the_service_was_started_anew(home: Path) -> None:
    """Its conversation while it lasts, and what was done in words where that is gone."""
    with _vendor(home, _calls(100, 200)) as (here, stub):
        opened = here.client("POST", "/v1/sessions", {"screen_width": 1280, "screen_height": 720}).json["session_id"]
        place = f"/v1/sessions/{opened}/predict"
        assert [here.client("POST", place, BODY).json["step"] for _ in range(2)] == [1, 2]
        assert json.dumps(stub.requests[1]).count("image_url") > json.dumps(stub.requests[0]).count("image_url")
        key = here.client.key
    with _vendor(home, key=key) as (here, stub):
        said = here.client("POST", place, {**BODY, "instruction": "now close it"}).json
        assert said["step"] == 3
        asked = json.dumps(stub.requests[0])
        assert "(100, 200)" in asked, "what was done before"
        assert "now close it" in asked


def test_an_answer_that_was_lost_on_the_way_into_the_record_is_given_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The handler has returned, and the process ends before its answer is kept."""
    with _vendor(home, _calls(1, 2)) as (here, stub):
        opened = here.client("POST", "/v1/sessions", {}, Idempotency_Key="s").json["session_id"]
        for path in ("/v1/predict", f"/v1/sessions/{opened}/predict"):
            asked = len(stub.requests)
            with monkeypatch.context() as broken:
                broken.setattr(Idempotency, "finish", lambda *_arguments, **_named: 1 / 0)
                assert here.client("POST", path, BODY, Idempotency_Key="k").status == 500
            found = here.client("POST", path, BODY, Idempotency_Key="k")
            assert found.status == 200
            assert len(stub.requests) == asked + 1, "it was asked once"
            assert found.json.get("step", 1) == 1
        assert here.client("GET", f"/v1/sessions/{opened}").json["step_count"] == 1
        same = here.client("POST", "/v1/sessions", {}, Idempotency_Key="s").json["session_id"]
        assert same == opened
        assert len(here.client("GET", "/v1/sessions").json["sessions"]) == 1


def test_an_answer_that_never_came_is_not_asked_for_again_by_itself(home: Path) -> None:
    """A vendor without idempotency may have been paid: that is said, with what to do."""
    with _vendor(home, *[Says({}, lost=True)] * 4) as (here, stub):
        answer = here.client("POST", "/v1/predict", BODY, Idempotency_Key="k")
        assert (answer.status, answer.code) == (503, "OUTCOME_UNKNOWN")
        error = answer.json["error"]
        assert error["retryable"] is False
        assert "new Idempotency-Key" in error["suggestion"]
        asked = len(stub.requests)
        again = here.client("POST", "/v1/predict", BODY, Idempotency_Key="k")
        assert (again.status, again.code, len(stub.requests)) == (503, "OUTCOME_UNKNOWN", asked)
        assert here.client("POST", "/v1/predict", BODY, Idempotency_Key="k2").status == 200


def test_a_refusal_that_cost_nothing_may_be_asked_again_by_the_same_key(home: Path) -> None:
    """A vendor that was busy was not paid."""
    busy = Says({"error": {"message": "slow down"}}, 429, {"retry-after": "500"})
    with _vendor(home, busy, _calls(1, 2)) as (here, stub):
        refused = here.client("POST", "/v1/predict", BODY, Idempotency_Key="k")
        assert (refused.status, refused.code) == (429, "LLM_PROVIDER_RATE_LIMITED")
        assert int(refused.headers["retry-after"]) > 0
        assert here.client("POST", "/v1/predict", BODY, Idempotency_Key="k").status == 200
        assert len(stub.requests) == 2


def test_the_days_cap_holds_for_the_service_too(home: Path) -> None:
    """What is passed on, and what vendors answer."""
    with (
        serving(Upstream([go(click(1, 2))])) as url,
        answering(home, "coasty", account(url), base_url=url, daily_cents=12) as here,
    ):
        assert [here.client("POST", "/v1/predict", BODY).status for _ in range(3)] == [200, 200, 402]
        refused = here.client("POST", "/v1/predict", BODY)
        assert refused.code == "INSUFFICIENT_CREDITS"
        assert "daily_cents" in refused.json["error"]["suggestion"]


def test_a_session_that_is_passed_on_is_paid_once_whatever_is_lost(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its opening and each of its steps, where the answer of the API, or ours, is lost on its way."""
    there = Upstream([go(click(1, 2))])
    with serving(there) as url, answering(home, "coasty", account(url), base_url=url) as here:
        there.plan("session", lost)
        with monkeypatch.context() as broken:
            broken.setattr(Idempotency, "finish", lambda *_arguments, **_named: 1 / 0)
            assert here.client("POST", "/v1/sessions", {}, Idempotency_Key="s").status == 500
        opened = here.client("POST", "/v1/sessions", {}, Idempotency_Key="s")
        assert opened.status == 200
        there.plan("predict", lost)
        place = f"/v1/sessions/{opened.json['session_id']}/predict"
        with monkeypatch.context() as broken:
            broken.setattr(Idempotency, "finish", lambda *_arguments, **_named: 1 / 0)
            assert here.client("POST", place, BODY, Idempotency_Key="p").status == 500
        assert here.client("POST", place, BODY, Idempotency_Key="p").json["step"] == 1
        assert [charge.what for charge in there.charges] == ["session", "predict"]
        assert len(there.sessions) == 1


def test_a_refund_uses_the_key_up(home: Path) -> None:
    """The API's refunded failures are tried again with another key of theirs, ours stays."""
    there = Upstream([go(click(1, 2))])
    with serving(there) as url, answering(home, "coasty", account(url), base_url=url) as here:
        opened = here.client("POST", "/v1/sessions", {}).json["session_id"]
        there.plan("predict", lambda request, _proceed: there.refund(request))
        answer = here.client("POST", f"/v1/sessions/{opened}/predict", BODY, Idempotency_Key="p")
        assert answer.status == 200
        assert answer.json["usage"]["credits_charged"] == 5, "a session of 1920x1080 is HD"
        assert there.charged == 15


def test_who_goes_away_stops_what_they_asked_for_and_the_service_ends_at_once(home: Path) -> None:
    """A model that takes its time is not waited for by nobody."""
    script = home / "slow.jsonl"
    script.write_text(json.dumps({"status": "done", "delay": 300}), "utf-8")
    with answering(home, "script", script=str(script)) as here:
        opened = here.client("POST", "/v1/sessions", {}).json["session_id"]
        place = f"/v1/sessions/{opened}/predict"
        sent = json.dumps(BODY).encode()
        head = f"POST {place} HTTP/1.1\r\nHost: 127.0.0.1:{here.client.port}\r\nX-API-Key: {here.client.key}\r\nContent-Length: {len(sent)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", here.client.port)) as connection:
            connection.sendall(head.encode() + sent)
            time.sleep(1)
        script.write_text(json.dumps({"status": "done"}), "utf-8")
        assert here.client("POST", f"/v1/sessions/{opened}/reset").status == 200, "the session is free again"
        assert here.client("POST", place, BODY).json["status"] == "done"
        script.write_text(json.dumps({"status": "done", "delay": 300}), "utf-8")
        with socket.create_connection(("127.0.0.1", here.client.port)) as connection:
            connection.sendall(head.encode() + sent)
            time.sleep(1)
            began = time.monotonic()
            here.service.close()
        assert time.monotonic() - began < 20


def test_a_callers_own_vendor_answers_with_the_callers_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For one request, for a session while it is remembered, and from what is stored; never by chance."""
    key = "sk-ant-" + "r4" * 24
    stub = VendorStub(strict_rules.anthropic, [says(("left_click", {"coordinate": [10, 20]}))] * 6)
    monkeypatch.setattr(anthropic_wire, "_TAKEN", {})
    with stub.serving() as url:
        monkeypatch.setattr(AnthropicModel, "address", url)
        named = {"X_LLM_Provider": "anthropic", "X_LLM_Api_Key": key, "X_LLM_Model": "claude-sonnet-5-5"}
        with answering(home, "script") as here:
            ask = here.client
            said = ask("POST", "/v1/predict", BODY, **named)
            assert said.status == 200, said.body
            assert said.json["actions"][0]["params"]["x"] == 10
            assert stub.headers[-1]["x-api-key"] == key
            assert stub.requests[-1]["model"] == "claude-sonnet-5-5"
            opened = ask("POST", "/v1/sessions", {"screen_width": 1280, "screen_height": 720}, **named).json[
                "session_id"
            ]
            place = f"/v1/sessions/{opened}/predict"
            assert ask("POST", place, BODY).json["actions"][0]["params"]["x"] == 10
            asked = len(stub.requests)
            assert ask("POST", "/v1/predict", {**BODY, "instruction": "[done]"}).json["status"] == "done"
            assert len(stub.requests) == asked, "who names no vendor is answered by the service's own model"
        with answering(home, "script", key=ask.key) as here:
            lost_key = here.client("POST", place, BODY)
            assert (lost_key.status, lost_key.code) == (422, "LLM_KEY_NOT_CONFIGURED")
            assert here.client("PUT", "/v1/llm/keys/anthropic", {"api_key": key}).status == 200
            assert here.client("POST", place, BODY).json["step"] == 2
        assert stub.forbidden == []
    assert not any(key.encode() in each.read_bytes() for each in home.rglob("*") if each.is_file())
