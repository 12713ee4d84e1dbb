"""The inference operations, by whichever model: one answer for one question, told as the published API tells it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from coasty_desk.core.scaling import Rect, Size
from coasty_desk.server.api_keys import SCOPES
from coasty_desk.server.sent_pictures import picture
from tests import stub_service
from tests.server.answering import Upstream, account, answering, shot
from tests.server.served import Client, Served
from tests.stub_service import click, go, serving

MENU = shot(("File", 200, 120), ("Save", 640, 400))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, for what is counted beside the service."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return tmp_path


@pytest.fixture
def offline(home: Path) -> Iterator[Served]:
    """A service whose model reads the picture."""
    with answering(home, "offline") as found:
        yield found


@pytest.fixture
def scripted(home: Path) -> Iterator[Served]:
    """A service whose model says what the task's markers ask for."""
    with answering(home, "script") as found:
        yield found


def test_a_prediction_of_the_offline_model_has_the_published_shape(offline: Served) -> None:
    """Canonical actions with their source, the status, what it cost: nothing."""
    body = {"screenshot": MENU, "instruction": 'click "Save"', "cua_version": "v5"}
    answer = offline.client("POST", "/v1/predict", body)
    assert answer.status == 200, answer.body
    said = answer.json
    (action,) = said["actions"]
    assert action["action_type"] == "click"
    assert abs(action["params"]["x"] - 640) < 70
    assert abs(action["params"]["y"] - 400) < 22
    assert action["params"] == {**action["params"], "button": "left", "clicks": 1}
    assert (
        said["raw_code"]
        == [action["raw_code"]]
        == [f"pyautogui.click(x={action['params']['x']}, y={action['params']['y']}, clicks=1, button='left')"]
    )
    assert (said["status"], said["cua_version"], said["screen_width"], said["screen_height"]) == (
        "continue",
        "v5",
        1280,
        720,
    )
    assert said["usage"]["credits_charged"] == 0
    assert said["usage"]["breakdown"] is None
    assert answer.headers["x-credits-charged"] == "0"
    assert said["request_id"] == answer.headers["x-coasty-request-id"]


def test_places_are_in_the_size_that_the_caller_names(offline: Served) -> None:
    """Whatever the size of the picture is."""
    body = {"screenshot": MENU, "instruction": 'click "Save"', "screen_width": 640, "screen_height": 360}
    said = offline.client("POST", "/v1/predict", {**body, "include_raw_code": False, "include_reasoning": False}).json
    assert abs(said["actions"][0]["params"]["x"] - 320) < 35
    assert (said["screen_width"], said["screen_height"]) == (640, 360)
    assert not {"raw_code", "reasoning"} & said.keys()
    assert "raw_code" not in said["actions"][0]


def test_a_trajectory_tells_the_offline_model_how_far_it_has_come(offline: Served) -> None:
    """It answers again what was answered before, and goes on from there."""
    task = 'click "File", then click "Save"'
    first = offline.client("POST", "/v1/predict", {"screenshot": MENU, "instruction": task}).json
    assert abs(first["actions"][0]["params"]["x"] - 200) < 70
    opened = shot(("File", 200, 120), ("Save", 640, 400), ("Recent", 1000, 600))
    step = {"screenshot": MENU, "actions": first["actions"], "reasoning": first["reasoning"]}
    then = offline.client("POST", "/v1/predict", {"screenshot": opened, "instruction": task, "trajectory": [step]}).json
    assert abs(then["actions"][0]["params"]["x"] - 640) < 70, then


def test_a_session_goes_from_step_to_step(offline: Served) -> None:
    """Until it is reset, and then deleted."""
    ask = offline.client
    opened = ask("POST", "/v1/sessions", {"screen_width": 1280, "screen_height": 720, "metadata": {"for": "a test"}})
    assert opened.status == 200
    assert opened.json["screen_size"] == "1280x720"
    assert opened.json["cua_version"] == "v3"
    assert opened.json["usage"]["credits_charged"] == 0
    place = f"/v1/sessions/{opened.json['session_id']}"
    task = {"instruction": 'click "File", then click "Save"'}
    first = ask("POST", f"{place}/predict", {"screenshot": MENU, **task}).json
    assert (first["step"], first["session_id"]) == (1, opened.json["session_id"])
    assert abs(first["actions"][0]["params"]["x"] - 200) < 70
    changed = shot(("File", 200, 120), ("Save", 640, 400), ("Recent", 1000, 600))
    then = ask("POST", f"{place}/predict", {"screenshot": changed, **task}).json
    assert then["step"] == 2
    assert abs(then["actions"][0]["params"]["x"] - 640) < 70, then
    assert ask("GET", place).json["step_count"] == 2
    assert ask("POST", f"{place}/reset", {}).json == {"session_id": opened.json["session_id"], "status": "ok"}
    again = ask("POST", f"{place}/predict", {"screenshot": MENU, **task}).json
    assert again["step"] == 1
    assert abs(again["actions"][0]["params"]["x"] - 200) < 70
    assert [one["session_id"] for one in ask("GET", "/v1/sessions").json["sessions"]] == [opened.json["session_id"]]
    assert ask("DELETE", place).json["status"] == "ok"
    assert ask("GET", place).code == "SESSION_NOT_FOUND"
    assert ask("POST", f"{place}/predict", {"screenshot": MENU, **task}).status == 404
    assert ask("GET", "/v1/sessions").json == {"sessions": []}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_goes_to_the_model_as_it_came_where_that_will_do(kind: str) -> None:
    """Nothing is decoded and written anew for nothing; what is too large, or of another kind, is."""
    text = shot(("Save", 640, 400), kind=kind)
    sent = picture(text)
    space = Size(640, 360)
    same = sent.frame(Size(1280, 720), space)
    assert (same.image, same.media_type, same.sent) == (sent.content, f"image/{kind.lower()}", Size(1280, 720))
    smaller = sent.frame(Size(640, 480), space)
    assert (smaller.media_type, smaller.sent, smaller.shows, smaller.inset) == (
        "image/png",
        Size(640, 360),
        Rect(0, 0, 640, 360),
        0,
    )
    grey = io.BytesIO()
    Image.open(io.BytesIO(sent.content)).convert("LA").save(grey, "PNG")
    other = picture(base64.b64encode(grey.getvalue()).decode()).frame(Size(1280, 720), space)
    assert Image.open(io.BytesIO(other.image)).mode == "RGB"


def test_a_session_is_that_of_the_key_that_opened_it(scripted: Served) -> None:
    """To another key there is none; this user's own command line sees all of them."""
    mine, service = scripted.client, scripted.service
    opened = mine("POST", "/v1/sessions", {}).json["session_id"]
    other = Client(mine.port, service.keys.make("other", SCOPES)[0])
    body = {"screenshot": MENU, "instruction": "[done]"}
    for method, path, sent in (
        ("GET", "", None),
        ("POST", "/predict", body),
        ("POST", "/reset", None),
        ("DELETE", "", None),
    ):
        answer = other(method, f"/v1/sessions/{opened}{path}", sent)
        assert (answer.status, answer.code) == (404, "SESSION_NOT_FOUND")
    assert other("GET", "/v1/sessions").json == {"sessions": []}
    owner = Client(mine.port, service.keys.owner_token)
    assert [one["session_id"] for one in owner("GET", "/v1/sessions").json["sessions"]] == [opened]
    assert mine("POST", f"/v1/sessions/{opened}/predict", body).json["step"] == 1


def test_what_a_session_needs_of_memory_is_gone_with_the_process_and_that_is_said(home: Path) -> None:
    """Nothing is begun anew by itself."""
    with answering(home, "offline") as here:
        opened = here.client("POST", "/v1/sessions", {"screen_width": 1280, "screen_height": 720}).json["session_id"]
        begun = here.client("POST", "/v1/sessions", {"screen_width": 1280, "screen_height": 720}).json["session_id"]
        body = {"screenshot": MENU, "instruction": 'click "File", then click "Save"'}
        assert here.client("POST", f"/v1/sessions/{begun}/predict", body).status == 200
        key = here.client.key
    with answering(home, "offline", key=key) as here:
        assert here.client("POST", f"/v1/sessions/{opened}/predict", body).status == 200, "nothing of it was lost"
        lost = here.client("POST", f"/v1/sessions/{begun}/predict", body)
        assert (lost.status, lost.code) == (404, "SESSION_NOT_FOUND")
        assert "started anew" in lost.json["error"]["message"]


def test_ground_finds_the_element_by_either_name(offline: Served) -> None:
    """And what is not there is a failure of its own."""
    for name in ("element", "description"):
        found = offline.client("POST", "/v1/ground", {"screenshot": MENU, name: "Save"})
        assert found.status == 200, found.body
        assert abs(found.json["x"] - 640) < 70
        assert abs(found.json["y"] - 400) < 22
        assert (found.json["screen_width"], found.json["screen_height"]) == (1280, 720)
    missing = offline.client("POST", "/v1/ground", {"screenshot": MENU})
    assert (missing.status, missing.code) == (422, "VALIDATION_ERROR")
    nowhere = offline.client("POST", "/v1/ground", {"screenshot": MENU, "element": "Nonesuch"})
    assert (nowhere.status, nowhere.code) == (500, "GROUNDING_FAILED")


def test_ocr_reads_the_texts_and_their_places(offline: Served) -> None:
    """By the reader of the offline model, for any provider."""
    for kind in ("PNG", "JPEG"):
        shown = shot(("File", 200, 120), ("Save", 640, 400), kind=kind)
        said = offline.client("POST", "/v1/ocr", {"screenshot": shown}).json
        assert said["text"].splitlines() == ["File", "Save"]
        found = offline.client("POST", "/v1/ground", {"screenshot": shown, "element": "Save"}).json
        assert abs(found["x"] - 640) < 70
    save = said["lines"][1]
    assert abs(save["x"] + save["width"] / 2 - 640) < 10
    assert abs(save["y"] + save["height"] / 2 - 400) < 10


def test_what_the_model_is_asked_besides_the_api_is_answered(offline: Served) -> None:
    """Who answers, and what that costs."""
    models = offline.client("GET", "/v1/models").json
    assert [one["id"] for one in models["cua_versions"]] == ["v1", "v3", "v4", "v5"]
    assert len(models["action_types"]) == 10
    assert "raw" not in models["action_types"]
    assert models["models"][0]["id"] == "default"
    prices = offline.client("GET", "/api/pricing", X_API_Key="").json
    assert prices["pricing"]["calls"]["predict"] == 0, "nobody is charged by the offline model"


@pytest.mark.parametrize(
    ("screenshot", "status", "code"),
    [
        ("A" * 99, 422, "INVALID_SCREENSHOT"),
        ("data:image/png;base64," + MENU, 422, "INVALID_SCREENSHOT"),
        (MENU[:400] + "\n" + MENU[400:], 422, "INVALID_SCREENSHOT"),
        (MENU[:-200].rstrip("="), 422, "INVALID_SCREENSHOT"),
        ("====" * 40, 422, "INVALID_SCREENSHOT"),
        ("QUJD" * 40, 422, "INVALID_SCREENSHOT"),
        (None, 422, "VALIDATION_ERROR"),
        (17, 422, "VALIDATION_ERROR"),
        ("A" * 10_485_764, 413, "PAYLOAD_TOO_LARGE"),
    ],
)
def test_a_screenshot_that_is_none_is_told_from_one_that_is_missing(
    scripted: Served, screenshot: object, status: int, code: str
) -> None:
    """With the code that existing programs look for."""
    for path, more in (("predict", {"instruction": "x"}), ("ground", {"element": "x"}), ("ocr", {})):
        answer = scripted.client("POST", f"/v1/{path}", {"screenshot": screenshot, **more})
        truncated = path == "predict" and screenshot == MENU[:-200].rstrip("=")
        assert (answer.status, answer.code) == (status, code), (path, answer.body, truncated)


def test_pictures_that_say_they_are_huge_are_not_decoded(scripted: Served) -> None:
    """A few kilobytes may stand for gigabytes."""
    huge = shot(size=(9000, 9000))
    answer = scripted.client("POST", "/v1/predict", {"screenshot": huge, "instruction": "[done]"})
    assert (answer.status, answer.code) == (422, "INVALID_SCREENSHOT")


def test_a_stream_is_kept_alive_and_ends_with_the_result(scripted: Served) -> None:
    """One event, with the very body that is answered otherwise."""
    body = {"screenshot": MENU, "instruction": "[done]"}
    answer = scripted.client("POST", "/v1/predict", body, Accept="text/event-stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [part for part in answer.body.decode().split("\n\n") if part and not part.startswith(":")]
    (event,) = events
    name, data = event.split("\n", 1)
    assert name == "event: result"
    assert json.loads(data.removeprefix("data: "))["status"] == "done"


def test_at_most_so_many_actions_and_only_of_these_types(home: Path) -> None:
    """What is cut off is still to be done, and the status says so."""
    line = {
        "status": "done",
        "actions": [click(1, 2), {"action_type": "type_text", "params": {"text": "x"}}, click(3, 4)],
    }
    script = home / "script.jsonl"
    script.write_text(json.dumps(line), "utf-8")
    with answering(home, "script", script=str(script)) as here:
        body = {"screenshot": MENU, "instruction": "x"}
        whole = here.client("POST", "/v1/predict", body).json
        assert [one["action_type"] for one in whole["actions"]] == ["click", "type_text", "click", "done"]
        assert whole["status"] == "done"
        short = here.client("POST", "/v1/predict", {**body, "max_actions": 2}).json
        assert [one["action_type"] for one in short["actions"]] == ["click", "type_text"]
        assert short["status"] == "continue", "the rest is still to be done"
        clicks = here.client("POST", "/v1/predict", {**body, "tools": ["click"]}).json
        assert [one["action_type"] for one in clicks["actions"]] == ["click"]
        assert "type_text" in clicks["reasoning"]
        twice = here.client("POST", "/v1/predict", {**body, "tools": ["click", "click"]})
        assert (twice.status, twice.code) == (422, "VALIDATION_ERROR")


def test_what_the_published_api_has_no_action_for_is_left_out_and_told(home: Path) -> None:
    """Source of anybody's is never passed on."""
    raw = {"action_type": "raw", "params": {"code": "import os"}}
    held = {"action_type": "click", "params": {"x": 5, "y": 6, "modifiers": ["ctrl"]}}
    script = home / "script.jsonl"
    script.write_text(json.dumps({"status": "continue", "actions": [held, raw, click(1, 2)]}), "utf-8")
    with answering(home, "script", script=str(script)) as here:
        said = here.client("POST", "/v1/predict", {"screenshot": MENU, "instruction": "x"}).json
        assert [one["action_type"] for one in said["actions"]] == ["click"]
        assert said["actions"][0]["params"]["modifiers"] == ["ctrl"]
        assert "Left out" in said["reasoning"]


# --- passed on to the published API


@pytest.fixture
def upstream() -> Iterator[tuple[Upstream, str]]:
    """The published API's stand-in, and its address."""
    stand_in = Upstream(
        [go(click(10, 20)), go({"action_type": "scroll", "params": {"direction": "down", "amount": 3}})]
    )
    with serving(stand_in) as url:
        yield stand_in, url


@pytest.fixture
def relayed(home: Path, upstream: tuple[Upstream, str]) -> Iterator[Served]:
    """A service that passes on to it."""
    with answering(home, "coasty", account(upstream[1]), base_url=upstream[1]) as found:
        yield found


def test_a_prediction_is_passed_on_and_charged_what_was_charged(
    relayed: Served, upstream: tuple[Upstream, str]
) -> None:
    """With the account's key, the caller's own wishes, and a key of its own for the purchase."""
    step = {"screenshot": MENU, "actions": [click(1, 2)], "reasoning": "before"}
    body = {"screenshot": MENU, "instruction": "go", "trajectory": [step], "model": "theirs", "max_actions": 3}
    answer = relayed.client("POST", "/v1/predict", body, X_Coasty_Source="cowork")
    assert answer.status == 200, answer.body
    said = answer.json
    assert said["actions"][0]["params"] == {"x": 10, "y": 20, "button": "left", "clicks": 1}
    assert said["usage"]["credits_charged"] == said["usage"]["cost_cents"] == 7
    assert said["usage"]["billed"] is True
    assert said["usage"]["breakdown"] == [
        {"item": "base", "credits": 5},
        {"item": "trajectory", "credits": 2, "count": 1},
    ]
    assert answer.headers["x-credits-charged"] == "7"
    (sent,) = upstream[0].posts("predict")
    passed = json.loads(sent.body)
    assert (passed["cua_version"], passed["model"], passed["max_actions"]) == ("v3", "theirs", 3)
    assert sent.key, "a lost answer is not paid twice"
    used = relayed.client("GET", "/v1/usage").json
    assert used["total_credits"] == 7


def test_the_dialect_of_others_comes_out_canonical(relayed: Served) -> None:
    """Whatever the API itself writes."""
    relayed.client("POST", "/v1/predict", {"screenshot": MENU, "instruction": "go"})
    said = relayed.client("POST", "/v1/predict", {"screenshot": MENU, "instruction": "go"}).json
    assert said["actions"] == [
        {"action_type": "scroll", "params": {"clicks": -3, "direction": "vertical"}, "raw_code": "pyautogui.scroll(-3)"}
    ]


def test_a_session_is_one_there_too(relayed: Served, upstream: tuple[Upstream, str]) -> None:
    """Opened, asked, reset and deleted there, and all of it counted here."""
    there, ask = upstream[0], relayed.client
    opened = ask(
        "POST", "/v1/sessions", {"screen_width": 1280, "screen_height": 720, "system_prompt": "Be brief."}
    ).json
    assert opened["usage"]["credits_charged"] == 10
    (session,) = there.sessions.values()
    assert session.body["system_prompt"] == "Be brief."
    place = f"/v1/sessions/{opened['session_id']}"
    costs = [ask("POST", f"{place}/predict", {"screenshot": MENU, "instruction": "go"}).json["usage"] for _ in range(3)]
    assert [cost["credits_charged"] for cost in costs] == [4, 6, 8]
    assert costs[2]["breakdown"] == [{"item": "base", "credits": 4}, {"item": "trajectory", "credits": 4, "count": 2}]
    assert ask("GET", place).json["total_credits_used"] == there.charged == 28
    ask("POST", f"{place}/reset")
    assert there.resets == ["ses_1"]
    assert ask("POST", f"{place}/predict", {"screenshot": MENU, "instruction": "go"}).json["step"] == 1
    assert ask("DELETE", place).status == 200
    assert there.deleted == ["ses_1"]
    assert ask("GET", "/v1/usage").json["total_credits"] == there.charged == 32


def test_ground_is_passed_on(relayed: Served, upstream: tuple[Upstream, str]) -> None:
    """By the name that the API has for the element."""
    found = relayed.client("POST", "/v1/ground", {"screenshot": MENU, "description": "Save"}).json
    assert (found["x"], found["y"], found["usage"]["credits_charged"]) == (11, 22, 3)
    assert json.loads(upstream[0].requests[-1].body)["element"] == "Save"


def test_a_lost_answer_is_collected_and_not_paid_twice(relayed: Served, upstream: tuple[Upstream, str]) -> None:
    """By us of the API, and by a caller of us."""
    upstream[0].plan("predict", stub_service.lost)
    answer = relayed.client("POST", "/v1/predict", {"screenshot": MENU, "instruction": "go"}, Idempotency_Key="one")
    assert answer.status == 200
    assert answer.json["usage"]["credits_charged"] == 5
    again = relayed.client("POST", "/v1/predict", {"screenshot": MENU, "instruction": "go"}, Idempotency_Key="one")
    assert again.headers["x-coasty-idempotent-replay"] == "true"
    assert again.json["actions"] == answer.json["actions"]
    assert [charge.what for charge in upstream[0].charges] == ["predict"]


def test_refusals_keep_their_code_and_the_account_is_not_the_caller(
    relayed: Served, upstream: tuple[Upstream, str]
) -> None:
    """What is wrong with the account's key is no fault of the caller's."""
    there = upstream[0]
    body = {"screenshot": MENU, "instruction": "go"}
    for code, status in (("INSUFFICIENT_CREDITS", 402), ("FEATURE_NOT_AVAILABLE", 400), ("LLM_MODEL_INVALID", 422)):
        there.plan("predict", stub_service.saying(stub_service.error(status, code)))
        refused = relayed.client("POST", "/v1/predict", body)
        assert (refused.status, refused.code) == (status, code)
        assert refused.headers["x-coasty-request-id"]
    there.plan("predict", stub_service.saying(stub_service.error(402, "INSUFFICIENT_CREDITS", required=5, balance=3)))
    poor = relayed.client("POST", "/v1/predict", body).json["error"]
    assert (poor["required"], poor["balance"], poor["retryable"]) == (5, 3, False)
    slow = stub_service.error(429, "RATE_LIMITED", {"Retry-After": "600"})
    there.plan("predict", stub_service.saying(slow))
    limited = relayed.client("POST", "/v1/predict", body)
    assert (limited.status, limited.headers["retry-after"], limited.json["error"]["retryable"]) == (429, "600", True)
    there.plan("predict", stub_service.saying(stub_service.error(401, "INVALID_API_KEY")))
    refused = relayed.client("POST", "/v1/predict", body)
    assert refused.status == 503, "the caller's own key is good"
    assert "INVALID_API_KEY" not in refused.code
    assert stub_service.KEY not in refused.body.decode()


def test_a_session_that_is_gone_there_is_gone_here(relayed: Served, upstream: tuple[Upstream, str]) -> None:
    """And does not come back."""
    opened = relayed.client("POST", "/v1/sessions", {}).json["session_id"]
    upstream[0].plan("predict", stub_service.expired)
    body = {"screenshot": MENU, "instruction": "go"}
    assert relayed.client("POST", f"/v1/sessions/{opened}/predict", body).code == "SESSION_NOT_FOUND"
    assert relayed.client("GET", "/v1/sessions").json == {"sessions": []}


def test_a_callers_own_key_goes_on_and_comes_back_nowhere(
    relayed: Served, upstream: tuple[Upstream, str], home: Path
) -> None:
    """In no answer, no refusal and no file."""
    there, ask, key = upstream[0], relayed.client, "sk-ant-" + "q7" * 20
    body = {"screenshot": MENU, "instruction": "go"}
    named = {"X_LLM_Provider": "anthropic", "X_LLM_Api_Key": key, "X_LLM_Model": "claude-x"}
    assert ask("POST", "/v1/predict", body, **named).status == 200
    sent = there.posts("predict")[-1].headers
    assert (sent["x-llm-provider"], sent["x-llm-api-key"], sent["x-llm-model"]) == ("anthropic", key, "claude-x")
    there.plan("predict", stub_service.saying(stub_service.error(422, "LLM_MODEL_INVALID", message=f"no {key}")))
    assert key not in ask("POST", "/v1/predict", body, **named).body.decode()
    stored = ask("PUT", "/v1/llm/keys/anthropic", {"api_key": key})
    assert stored.json["stored"] is True
    assert key not in stored.body.decode()
    assert ask("POST", "/v1/predict", {**body, "llm": {"provider": "anthropic"}}).status == 200
    assert there.posts("predict")[-1].headers["x-llm-api-key"] == key
    (listed,) = ask("GET", "/v1/llm/keys").json["keys"]
    assert listed["key_fingerprint"] == stored.json["key_fingerprint"]
    assert ask("DELETE", "/v1/llm/keys/anthropic").json == {"deleted": True}
    assert ask("DELETE", "/v1/llm/keys/anthropic").code == "LLM_KEY_NOT_FOUND"
    for each in home.rglob("*"):
        if each.is_file():
            assert key.encode() not in each.read_bytes(), each


@pytest.mark.parametrize(
    ("headers", "llm", "code"),
    [
        ({"X_LLM_Api_Key": "k" * 20}, None, "LLM_PROVIDER_UNSUPPORTED"),
        ({"X_LLM_Provider": "managed"}, None, "LLM_PROVIDER_UNSUPPORTED"),
        ({"X_LLM_Provider": "gemini", "X_LLM_Api_Key": "k" * 20}, None, "LLM_PROVIDER_UNSUPPORTED"),
        ({}, {"provider": "mistral"}, "LLM_PROVIDER_UNSUPPORTED"),
        ({}, {"provider": "openai", "api_key": "k" * 20}, "VALIDATION_ERROR"),
        ({}, {"provider": "openai", "model": "sk-proj-abcdefghijklmnop"}, "LLM_MODEL_INVALID"),
        ({}, {"provider": "openai"}, "LLM_KEY_NOT_CONFIGURED"),
    ],
)
def test_a_callers_own_model_is_asked_for_plainly(
    scripted: Served, headers: dict[str, str], llm: Any, code: str
) -> None:
    """A half of a wish is refused, and nothing of it repeated."""
    body = {"screenshot": MENU, "instruction": "[done]", **({"llm": llm} if llm else {})}
    answer = scripted.client("POST", "/v1/predict", body, **headers)
    assert (answer.status, answer.code) == (422, code)
    assert "abcdefghijklmnop" not in answer.body.decode()
    assert "k" * 20 not in answer.body.decode()
