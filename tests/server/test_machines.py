"""Machines over HTTP, as programs that others wrote ask for them."""

from __future__ import annotations

import base64
import io
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from coasty_desk.machines import registry
from coasty_desk.machines.machine_errors import MachineBusyError
from coasty_desk.server.served_machines import machines
from tests.cli.conftest import recording
from tests.desktop.targets import App
from tests.desktop.xvfb import xvfb
from tests.machines.conftest import Home, at_home, until
from tests.machines.test_this_desktop import letters
from tests.server.served import Answer, Served, served


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A display of 1280x720."""
    with xvfb(1280, 720) as name:
        yield name


@contextmanager
def service(home: Home) -> Iterator[Served]:
    """The service of that home."""
    with served(home.root.parent, environment=home.environment) as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, display: str) -> Iterator[Home]:
    """A fresh one."""
    with at_home(tmp_path, display) as found:
        yield found


@pytest.fixture
def v1(home: Home) -> Iterator[Served]:
    """The service of that home."""
    with service(home) as found:
        yield found


@pytest.fixture
def app(display: str) -> Iterator[App]:
    """A window that keeps what reaches it."""
    with recording(display) as found:
        yield found


def well(answer: Answer) -> Any:
    """The body of what was answered with 200."""
    assert answer.status == 200, answer.body
    return answer.json


ACTIONS = "/v1/machines/desktop/actions"


def test_this_desktop_is_listed_and_shown_wrapped_and_bare(v1: Served) -> None:
    """It is there without having been made; what it costs is nothing."""
    listed = well(v1.client("GET", "/v1/machines"))
    (desktop,) = listed["data"]
    assert (desktop["kind"], desktop["alias"], desktop["status"]) == ("desktop", "desktop", "running")
    assert listed["request_id"].startswith("req_")
    shown = well(v1.client("GET", f"/v1/machines/{desktop['id']}"))
    assert shown["machine"] == desktop
    assert {name: shown[name] for name in desktop} == desktop
    assert 8 <= len(desktop["id"]) <= 64
    assert well(v1.client("GET", "/v1/machines/pricing"))["pricing"]["snapshot_credits"] == 0
    assert well(v1.client("GET", "/v1/billing/active"))["active"] == []
    assert v1.client("GET", "/v1/machines?limit=0").code == "INVALID_LIMIT"


def test_its_screen_comes_in_either_format(v1: Served, app: App) -> None:
    """JPEG, unless PNG is asked for."""
    for path, accept, mime in (
        ("screenshot", "*/*", "image/jpeg"),
        ("screenshot?format=png", "*/*", "image/png"),
        ("screenshot", "image/png", "image/png"),
    ):
        said = well(v1.client("GET", f"/v1/machines/desktop/{path}", Accept=accept))
        picture = Image.open(io.BytesIO(base64.b64decode(said["image_b64"], validate=True)))
        assert (said["mime_type"], f"image/{(picture.format or '').lower()}") == (mime, mime)
        assert picture.size == (said["width"], said["height"]) == (1280, 720)
    connection = v1.client("GET", "/v1/machines/desktop/connection")
    assert connection.headers["cache-control"] == "no-store"
    assert connection.json["screen_width"] == 1280
    assert connection.json["vnc_password"] is None


def test_an_action_is_done_and_told(v1: Served, app: App) -> None:
    """One, and a batch; one that fails is no error of the service."""
    done = well(v1.client("POST", ACTIONS, {"command": "click", "parameters": {"x": 300.0, "y": 200}}))
    assert (done["success"], done["command"], done["error"]) == (True, "click", None)
    assert app.wait_for("press", 1)[0]["x"] == 300
    batch = {
        "steps": [
            {"command": "type", "parameters": {"text": "a"}},
            {"command": "click", "parameters": {"x": 99999, "y": 1}},
            {"command": "type", "parameters": {"text": "b"}},
        ]
    }
    said = well(v1.client("POST", f"{ACTIONS}/batch", batch))
    assert (said["completed_count"], said["failed_count"], said["aborted"]) == (1, 1, True)
    said = well(v1.client("POST", f"{ACTIONS}/batch", batch | {"stop_on_error": False}))
    assert (said["completed_count"], said["failed_count"], said["aborted"]) == (2, 1, False)
    assert [result["success"] for result in said["results"]] == [True, False, True]
    until(lambda: letters(app) == "aab")
    picture = well(v1.client("POST", ACTIONS, {"command": "screenshot"}))
    assert picture["screenshot"].startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize(
    "body",
    [
        {"command": "reboot"},
        {"command": "click", "parameters": {"x": 1}},
        {"command": "click", "parameters": {"x": "1", "y": 2}},
        {"command": "click", "parameters": {"x": 1, "y": 2, "z": 3}},
        {"command": "key_press", "parameters": {"key": "no such key"}},
        {"command": "key_press"},
        {"command": "wait", "parameters": {"seconds": 9999}},
        {"command": "click", "parameters": {"x": 1, "y": 2}, "timeout_ms": 5},
        {"command": "wait", "parameters": None},
        {"steps": []},
    ],
)
def test_what_cannot_be_meant_is_422_and_nothing_is_done(v1: Served, app: App, body: dict[str, Any]) -> None:
    """Also in a batch whose other steps are well."""
    answer = v1.client("POST", ACTIONS, body)
    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    steps = {"steps": [{"command": "type", "parameters": {"text": "x"}}, body]}
    answer = v1.client("POST", f"{ACTIONS}/batch", steps)
    assert answer.code == "VALIDATION_ERROR"
    assert answer.json["error"]["details"][0]["loc"][:3] == ["body", "steps", 1]
    assert app.events == []


def test_what_is_wrong_with_parameters_is_told_with_its_place(v1: Served) -> None:
    """Each parameter that is wrong, in a batch with its step, and which parameters the command has."""
    asked = {"command": "click", "parameters": {"x": "1", "clicks": 0, "z": 3}}
    error = v1.client("POST", ACTIONS, asked).json["error"]
    at = ["body", "parameters"]
    assert [detail["loc"] for detail in error["details"]] == [[*at, "x"], [*at, "y"], [*at, "clicks"], [*at, "z"]]
    assert "The fields are x, y, " in error["suggestion"]
    error = v1.client("POST", f"{ACTIONS}/batch", {"steps": [{"command": "wait"}, asked]}).json["error"]
    assert error["details"][0]["loc"] == ["body", "steps", 1, "parameters", "x"]
    error = v1.client("POST", "/v1/machines/desktop/files/read", {"parameters": {}}).json["error"]
    assert error["details"] == [{"loc": [*at, "path"], "msg": "it is required", "type": "missing"}]


def test_a_key_does_what_its_scopes_say(v1: Served, app: App) -> None:
    """A batch needs those of all its commands; on this desktop files and shells need a key that was made for it."""
    looks, _ = v1.service.keys.make("looks", ["machines:read"])
    acts, _ = v1.service.keys.make("acts", ["actions:exec", "terminal:exec", "files:read"])
    click = {"command": "click", "parameters": {"x": 1, "y": 2}}
    assert v1.client("POST", ACTIONS, click, X_API_Key=looks).code == "INSUFFICIENT_SCOPE"
    assert v1.client("GET", "/v1/machines/desktop/screenshot", X_API_Key=acts).code == "INSUFFICIENT_SCOPE"
    assert v1.client("POST", "/v1/machines", {"display_name": "a"}, X_API_Key=looks).code == "INSUFFICIENT_SCOPE"


def test_what_is_not_there_and_what_cannot_be_is_said(v1: Served) -> None:
    """404 and 409, with what is possible."""
    for path in ("nothing", "00000000-0000-0000-0000-000000000000", "..%2f..%2fetc"):
        assert v1.client("GET", f"/v1/machines/{path}").code in ("MACHINE_NOT_FOUND", "NOT_FOUND"), path
    for method, path in (
        ("POST", "/stop"),
        ("POST", "/start"),
        ("POST", "/restart"),
        ("POST", "/snapshot"),
        ("DELETE", ""),
    ):
        answer = v1.client(method, f"/v1/machines/desktop{path}", {} if method == "POST" else None)
        assert (answer.status, answer.code) == (409, "INVALID_STATE"), path
        assert answer.json["error"]["current_state"] == "running"
    assert v1.client("PATCH", "/v1/machines/desktop", {"ttl_minutes": 60}).code == "INVALID_STATE"
    assert v1.client("PATCH", "/v1/machines/desktop", {"ttl_minutes": 3}).code == "VALIDATION_ERROR"
    assert v1.client("POST", "/v1/machines", {"machine_type": "t2"}).code == "VALIDATION_ERROR"
    assert v1.client("POST", "/v1/machines", {"display_name": "m", "metadata": None}).code == "VALIDATION_ERROR"
    for path in ("browser/open", "files/list"):  # which want one, be it empty
        assert v1.client("POST", f"/v1/machines/desktop/{path}").code == "VALIDATION_ERROR", path


def test_what_would_have_to_wait_is_refused_and_not_to_be_sent_again_by_itself(
    v1: Served, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A click that was meant for the screen as it was is no other's: no `Retry-After`, and what to do instead."""

    def refused(answer: Answer) -> str:
        assert (answer.status, answer.code) == (409, "CONFLICT")
        assert "retry-after" not in answer.headers
        error = answer.json["error"]
        assert not error["retryable"]
        assert "retry_after" not in error
        return str(error["suggestion"])

    def stopped(*_: object, **__: object) -> None:
        message = "A person has just stopped what a program did on this machine."
        raise MachineBusyError(message, 7)

    monkeypatch.setattr(machines(v1.service), "act", stopped)
    said = refused(v1.client("POST", ACTIONS, {"command": "click", "parameters": {"x": 1, "y": 2}}))
    assert said.startswith("Look at the machine anew in 7 s")
    assert app.events == []
    monkeypatch.setattr(registry, "MOST", 0)
    assert "Terminate one" in refused(v1.client("POST", "/v1/machines", {"display_name": "one too many"}))


def test_the_same_key_does_a_thing_once(v1: Served, app: App) -> None:
    """Replayed with the first answer."""
    body = {"command": "type", "parameters": {"text": "once"}}
    first = v1.client("POST", ACTIONS, body, Idempotency_Key="one")
    again = v1.client("POST", ACTIONS, body, Idempotency_Key="one")
    assert well(first)["success"]
    assert again.headers["x-coasty-idempotent-replay"] == "true"
    assert again.json == first.json
    until(lambda: letters(app) == "once")


def test_a_worker_that_is_killed_leaves_a_doubt_and_no_second_try(v1: Served, home: Home, app: App) -> None:
    """The answer says so, and stays so; the next command is done."""
    assert well(v1.client("POST", ACTIONS, {"command": "move", "parameters": {"x": 5, "y": 50}}))["success"]
    answers: list[Answer] = []
    body = {"command": "type", "parameters": {"text": "x" * 3000}, "timeout_ms": 120_000}
    thread = threading.Thread(target=lambda: answers.append(v1.client("POST", ACTIONS, body, Idempotency_Key="doubt")))
    thread.start()
    until(lambda: len(letters(app)) > 10)
    os.kill(home.worker(machines(v1.service).desktop_id), signal.SIGKILL)
    thread.join()
    said = well(answers[0])
    assert not said["success"]
    assert "not known" in said["error"]
    assert well(v1.client("POST", ACTIONS, body, Idempotency_Key="doubt")) == said
    assert well(v1.client("POST", ACTIONS, {"command": "move", "parameters": {"x": 9, "y": 50}}))["success"]
    assert len(letters(app)) < 3000


def test_a_virtual_machine_from_its_making_to_its_end(v1: Served) -> None:
    """A text written in a real editor, its file fetched, kept in a snapshot, found in another machine, and both gone."""
    asked = {"display_name": "editor", "os_type": "linux", "ttl_minutes": 30, "provider": "aws", "metadata": {"a": "b"}}
    made = well(v1.client("POST", "/v1/machines", asked, Idempotency_Key="make"))
    one = made["machine"]["id"]
    assert made["id"] == one
    assert well(v1.client("POST", "/v1/machines", asked, Idempotency_Key="make"))["id"] == one
    assert (made["status"], made["metadata"], made["connection"]["has_ssh_key"]) == ("running", {"a": "b"}, False)
    assert well(v1.client("PATCH", f"/v1/machines/{one}", {"ttl_minutes": 0}))["auto_destroy_at"] is None
    path = f"/v1/machines/{one}"

    def windows() -> list[str]:
        said = well(v1.client("POST", f"{path}/actions", {"command": "list_windows"}))
        return [window["title"] for window in said["result"]["windows"]]

    assert well(v1.client("POST", f"{path}/terminal", {"command": "mousepad note.txt >/dev/null 2>&1 &"}))["success"]
    until(lambda: any("note" in title for title in windows()))
    steps = [
        {"command": "switch_to_window", "parameters": {"title": "note"}},
        {"command": "type", "parameters": {"text": "Grüße, written by a program\n"}},
        {"command": "key_combo", "parameters": {"keys": ["ctrl", "s"]}},
    ]
    said = well(v1.client("POST", f"{path}/actions/batch", {"steps": steps}, Idempotency_Key="write"))
    assert said["completed_count"] == 3, said

    def content(machine: str) -> str:
        read = v1.client("POST", f"/v1/machines/{machine}/files/read", {"parameters": {"path": "note.txt"}}).json
        return str((read["result"] or {}).get("content", ""))

    until(lambda: "Grüße, written by a program" in content(one))
    for_now = {"path": "/tmp/for-now.txt", "content": "a file for now"}  # where programs everywhere put such
    assert well(v1.client("POST", f"{path}/files/write", {"parameters": for_now}))["success"]
    said = well(v1.client("POST", f"{path}/terminal", {"command": "cat /tmp/for-now.txt"}))
    assert said["result"]["output"] == "a file for now"
    kept = well(v1.client("POST", f"{path}/snapshot", {}, Idempotency_Key="keep"))
    assert kept["credits_charged"] == 0
    assert well(v1.client("GET", path))["status"] == "running"
    again = {"display_name": "again", "restore_from_snapshot": True}
    other = well(v1.client("POST", "/v1/machines", again))["id"]
    assert "Grüße" in content(other)
    for machine in (one, other):
        assert well(v1.client("DELETE", f"/v1/machines/{machine}"))["status"] == "terminated"
        assert well(v1.client("DELETE", f"/v1/machines/{machine}"))["status"] == "terminated"
        assert v1.client("POST", f"/v1/machines/{machine}/actions", {"command": "wait"}).code == "INVALID_STATE"
    assert [listed["kind"] for listed in well(v1.client("GET", "/v1/machines"))["data"]] == ["desktop"]
    assert (
        v1.client("POST", "/v1/machines", {"display_name": "w", "os_type": "windows"}).code == "FEATURE_NOT_AVAILABLE"
    )
    missing = {"display_name": "m", "snapshot_id": "none"}
    assert v1.client("POST", "/v1/machines", missing).code == "NOT_FOUND"


def test_files_and_shell_of_this_desktop_need_a_key_that_was_made_for_them(v1: Served, home: Home) -> None:
    """On a virtual machine any key with the scope will do."""
    shell = {"command": "echo $HOME", "session_id": "", "cwd": ""}  # as some send it who mean none
    answer = v1.client("POST", "/v1/machines/desktop/terminal", shell)
    assert (answer.status, answer.code) == (403, "INSUFFICIENT_SCOPE")
    assert v1.client("POST", "/v1/machines/desktop/files/list", {}).code == "INSUFFICIENT_SCOPE"
    batch = {
        "steps": [{"command": "wait", "parameters": {"ms": 0}}, {"command": "terminal_execute", "parameters": shell}]
    }
    assert v1.client("POST", f"{ACTIONS}/batch", batch).code == "INSUFFICIENT_SCOPE"
    key, _ = v1.service.keys.make("for here", ["terminal:exec", "files:read"], this_desktop=True)
    said = well(v1.client("POST", "/v1/machines/desktop/terminal", shell, X_API_Key=key))
    assert str(home.home) in said["result"]["output"]
