"""Programs as others write them for this API, pointed here by their base URL alone: the shapes that they send, and those that they read."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import requests

from tests.machines.conftest import at_home
from tests.server.answering import answering, shot
from tests.server.served import Served, served

SHOT = shot(("Save", 640, 400))

SCRIPT: list[dict[str, Any]] = [
    {"status": "continue", "actions": [{"action_type": "click", "params": {"x": 640, "y": 400}}], "reasoning": "save"},
    {
        "status": "continue",
        "actions": [
            {"action_type": "scroll", "params": {"direction": "down", "amount": 3, "x": 5, "y": 6}},
            {"action_type": "drag", "params": {"from_x": 1, "from_y": 2, "to_x": 3, "to_y": 4}},
            {"action_type": "key_press", "params": {"key": "enter"}},
            {"action_type": "key_combo", "params": {"keys": "ctrl+s"}},
            {"action_type": "wait", "params": {"ms": 500}},
        ],
    },
    {"status": "done", "actions": [{"action_type": "type_text", "params": {"text": "bye"}}]},
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A service that plays the script."""
    monkeypatch.setenv("HOME", str(tmp_path))
    script = tmp_path / "script.jsonl"
    script.write_text("\n".join(map(json.dumps, SCRIPT)), "utf-8")
    with answering(tmp_path, "script", script=str(script)) as found:
        yield found


def _executed(action: dict[str, Any]) -> str:
    """An executor that reads the local dialect alone, as the guide's does."""
    kind, p = action["action_type"], action["params"]
    match kind:
        case "click":
            return f"click {p['x']} {p['y']} {p['button']} {p['clicks']}"
        case "scroll":
            return f"{'h' if p['direction'] == 'horizontal' else ''}scroll {p['clicks']}"
        case "drag":
            return f"drag {p['x1']} {p['y1']} {p['x2']} {p['y2']} {p['button']}"
        case "key_press":
            return f"press {p['keys']}"
        case "key_combo":
            return f"hotkey {p['keys']}"
        case "type_text":
            return f"type {p['text']}"
        case "wait":
            return f"wait {p['seconds']}"
        case _:
            return str(kind)


def test_the_guides_loop_runs_to_its_end(here: Served) -> None:
    """`requests`, a session, predictions until the status says so, and the session deleted whatever happened."""
    base, http = f"http://127.0.0.1:{here.client.port}/v1", requests.Session()
    http.headers["Authorization"] = f"Bearer {here.client.key}"
    opened = http.post(
        f"{base}/sessions", json={"cua_version": "v3", "screen_width": 1280, "screen_height": 720}, timeout=30
    )
    opened.raise_for_status()
    session = opened.json()["session_id"]
    done: list[str] = []
    try:
        for step in range(10):
            answer = http.post(
                f"{base}/sessions/{session}/predict",
                json={"screenshot": SHOT, "instruction": "save and leave"},
                headers={"Idempotency-Key": f"step-{session}-{step}-a1b2c3d4"},
                timeout=120,
            )
            assert answer.status_code == 200, answer.text
            said = answer.json()
            assert said["step"] == step + 1
            for action in said["actions"]:
                if action["action_type"] in ("done", "fail"):
                    break
                done.append(_executed(action))
            if said["status"] != "continue":
                break
    finally:
        assert http.delete(f"{base}/sessions/{session}", timeout=30).json() == {"status": "ok", "session_id": session}
    assert done == [
        "click 640 400 left 1",
        "scroll -3",
        "drag 1 2 3 4 left",
        "press ['enter']",
        "hotkey ['ctrl', 's']",
        "wait 0.5",
        "type bye",
    ]


def test_a_stateless_loop_keeps_its_own_trajectory(here: Served) -> None:
    """The standard library alone, with as much of the past as the client remembers."""
    base = f"http://127.0.0.1:{here.client.port}/v1"
    trajectory: list[dict[str, Any]] = []
    statuses = []
    for _ in range(3):
        body = {
            "screenshot": SHOT,
            "instruction": "save",
            "trajectory": trajectory,
            "cua_version": "v1",
            "max_actions": 10,
        }
        headers = {"X-API-Key": here.client.key, "Content-Type": "application/json", "X-Coasty-Source": "a-program"}
        with urlopen(Request(f"{base}/predict", json.dumps(body).encode(), headers), timeout=60) as response:  # noqa: S310 - our own
            said = json.load(response)
        statuses.append(said["status"])
        trajectory.append({"screenshot": SHOT, "actions": said["actions"], "reasoning": said.get("reasoning", "")})
    assert statuses == ["continue", "continue", "done"]
    assert said["cua_version"] == "v1"


def test_what_others_read_of_parse_and_ground_is_there(here: Served) -> None:
    """A drag by either spelling; a place; errors by their code alone."""
    client = here.client
    parsed = client(
        "POST", "/v1/parse", {"code": "import pyautogui\npyautogui.moveTo(1, 2)\npyautogui.dragTo(3, 4)\nfoo()"}
    ).json
    assert [one["action_type"] for one in parsed["actions"]] == ["move", "drag"]
    drag = parsed["actions"][1]["params"]
    assert (drag["from_x"], drag["from_y"], drag["to_x"], drag["to_y"]) == (
        drag["x1"],
        drag["y1"],
        drag["x2"],
        drag["y2"],
    )
    assert client("POST", "/v1/parse", {"code": "pyautogui.press('enter')"}).json["actions"][0]["params"] == {
        "keys": ["enter"]
    }
    found = client("POST", "/v1/ground", {"screenshot": SHOT, "description": "the Save button"}).json
    assert {"x", "y", "usage", "screen_width", "screen_height", "request_id"} <= found.keys()
    for method, path, body, code in (
        ("GET", "/v1/nonesuch", None, "NOT_FOUND"),
        ("GET", "/v1/sessions/ses_nonesuch", None, "SESSION_NOT_FOUND"),
        # with what is no picture, as back ends test it: there is nothing that it could be for
        (
            "POST",
            "/v1/sessions/ses_nonesuch/predict",
            {"screenshot": "A" * 200, "instruction": "x"},
            "SESSION_NOT_FOUND",
        ),
        ("POST", "/v1/predict", {"screenshot": SHOT}, "VALIDATION_ERROR"),
        ("POST", "/v1/predict", {"screenshot": SHOT, "instruction": "x", "max_action": 3}, "VALIDATION_ERROR"),
        ("POST", "/v1/predict", {"screenshot": SHOT, "instruction": "x", "cua_version": "v2"}, "VALIDATION_ERROR"),
        ("POST", "/v1/predict", {"screenshot": SHOT, "instruction": "x", "max_actions": "3"}, "VALIDATION_ERROR"),
        ("POST", "/v1/sessions", {"max_trajectory_length": 21}, "VALIDATION_ERROR"),
        ("POST", "/v1/sessions", {"metadata": {"a": "x" * 17_000}}, "VALIDATION_ERROR"),
        ("PUT", "/v1/llm/keys/gemini", {"api_key": "k" * 20}, "LLM_PROVIDER_UNSUPPORTED"),
    ):
        answer = client(method, path, body)
        assert answer.code == code, (path, answer.body)
        error = answer.json["error"]
        assert {"code", "message", "type", "request_id", "suggestion", "docs_url", "retryable"} <= error.keys()
        assert isinstance(error["retryable"], bool)
    integral = client("POST", "/v1/predict", {"screenshot": SHOT, "instruction": "x", "max_actions": 3.0})
    assert integral.status == 200


def test_a_program_has_a_machine_made_uses_it_and_ends_it(tmp_path: Path) -> None:
    """The life of a machine as examples show it: each shape in which others name an action, a file for now, always stopped and terminated."""
    with at_home(tmp_path, "") as home, served(home.root.parent, environment=home.environment) as found:
        base, http = f"http://127.0.0.1:{found.client.port}/v1", requests.Session()
        http.headers["X-API-Key"] = found.client.key

        def asked(method: str, path: str, body: Any = None, **headers: str) -> Any:
            answer = http.request(method, f"{base}/machines{path}", json=body, headers=headers, timeout=60)
            assert answer.status_code == 200, answer.text
            return answer.json()

        wanted = {"display_name": "an example", "os_type": "linux", "desktop_enabled": True, "provider": "auto"}
        wanted |= {"ttl_minutes": 30}
        machine = asked("POST", "", wanted, **{"Idempotency-Key": "example-1"})["machine"]
        one = f"/{machine['id']}"
        try:
            assert asked("PATCH", one, {"ttl_minutes": 30})["ttl_minutes"] == 30
            shown = asked("GET", one)
            assert shown.get("machine", shown)["status"] == shown["status"] == "running"
            assert machine["is_test"]
            picture = asked("GET", f"{one}/screenshot")
            assert (picture["width"], picture["height"], picture["image_b64"][:4]) == (1280, 720, "/9j/")
            for command, parameters in (
                ("click", {"x": 640, "y": 360, "button": "left", "clicks": 1}),
                ("type_text", {"text": "hello"}),
                ("key_press", {"key": "escape"}),
                ("scroll", {"x": 5, "y": 6, "direction": "down", "amount": 3}),
                ("scroll", {"x": 5, "y": 6, "direction": "down", "clicks": 3}),
                ("drag", {"from_x": 1, "from_y": 2, "to_x": 9, "to_y": 9, "button": "left"}),
                ("terminal_execute", {"command": "true", "timeout": 5000}),
            ):
                said = asked("POST", f"{one}/actions", {"command": command, "parameters": parameters})
                assert said["success"], said
            steps = [
                {"command": "move", "parameters": {"x": 320, "y": 240}},
                {"command": "wait", "parameters": {"ms": 50}},
                {"command": "key_combo", "parameters": {"keys": ["ctrl", "a"]}},
            ]
            said = asked("POST", f"{one}/actions/batch", {"steps": steps, "stop_on_error": True})
            assert (said["completed_count"], said["failed_count"], said["aborted"]) == (3, 0, False)
            said = asked("POST", f"{one}/terminal", {"command": "echo here && uname -s", "timeout_ms": 30000})
            assert said["result"]["output"] == "here\nLinux\n"
            kept = {"path": "/tmp/an-example.txt", "content": "hello from an example"}
            assert asked("POST", f"{one}/files/write", {"parameters": kept})["success"]
            read = asked("POST", f"{one}/files/read", {"parameters": {"path": kept["path"]}})
            assert read["result"]["content"] == kept["content"]
            assert asked("POST", f"{one}/snapshot", {}, **{"Idempotency-Key": "example-2"})["credits_charged"] == 0
        finally:
            assert asked("POST", f"{one}/stop", {})["status"] == "stopped"
            assert asked("DELETE", one)["status"] == "terminated"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_gets_an_answer(here: Served, tmp_path: Path) -> None:
    """As a README shows it."""
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"screenshot": SHOT, "instruction": "save"}), "utf-8")
    url = f"http://127.0.0.1:{here.client.port}/v1/predict"
    command = ["curl", "-sS", "-N", url, "-H", f"X-API-Key: {here.client.key}", "-H", "Content-Type: application/json"]
    plain = subprocess.run([*command, "-d", f"@{body}"], capture_output=True, check=True, timeout=60)
    assert json.loads(plain.stdout)["actions"][0]["action_type"] == "click"
    streamed = subprocess.run(
        [*command, "-H", "Accept: text/event-stream", "-d", f"@{body}"], capture_output=True, check=True, timeout=60
    )
    assert b"event: result\ndata: {" in streamed.stdout
