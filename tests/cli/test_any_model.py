"""`run` with each vendor's model against its strict stand-in, on a real window: what arrives there, what it costs, and how it ends."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    HoldKeys,
    KeyCombo,
    Move,
    Point,
    PressKeys,
    Scroll,
    TypeText,
    Wait,
)
from coasty_desk.testing import strict_rules
from coasty_desk.testing.vendor_stub import Says, VendorStub
from tests.cli.conftest import Shell, recording
from tests.desktop.targets import App
from tests.models.vendor import test_anthropic_wire, test_gemini_wire, test_openai_wire
from tests.models.vendor.pointers import chat_says

PRICES = '[prices."a-model"]\nin = 2\nout = 10\nread = 0.2\nwrite = 2.5\nas_of = "2026-11-26"\n'
VARIABLES = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY", "gemini": "GEMINI_API_KEY", "chat": ""}
CHAT = [
    ("click(start_box='(120,88)')", Click(Point(120, 88))),
    ("left_double(start_box='<|box_start|>(300,200)<|box_end|>')", Click(Point(300, 200), "left", 2)),
    ("right_single(start_box='(640,360)')", Click(Point(640, 360), "right")),
    ("drag(start_box='(100,100)', end_box='(500,300)')", Drag(Point(100, 100), Point(500, 300))),
    ("hotkey(key='ctrl a')", KeyCombo(("ctrl", "a"))),
    ("type(content='it's 5')", TypeText("it's 5")),
    ("scroll(start_box='(640,360)', direction='down')", Scroll(-5, "vertical", Point(640, 360))),
    ("click(start_box='(1270,700)')", Click(Point(1270, 700))),
    ("hotkey(key='esc')", PressKeys(("esc",))),
    ("type(content='a\\n')", TypeText("a\n")),
    ("wait()", Wait(5)),
    ("click(start_box='(7,9)')", Click(Point(7, 9))),
]


def cases() -> list[Any]:
    """For each provider: its answers, the actions that they mean in pixels of 1280x720, and what one answer costs, in micro-dollars."""
    anthropic = [(call, action) for call, action in test_anthropic_wire.EVERY if action != Wait(60)]
    gemini = [entry for entry in test_gemini_wire.EVERY if entry[2] != (Wait(3),)]
    scaled = [_scaled(action) for _, _, actions in gemini for action in actions]
    return [
        pytest.param(
            "anthropic",
            [
                *(test_anthropic_wire.says(call) for call, _ in anthropic),
                test_anthropic_wire.says(("finish", {"status": "done"})),
            ],
            [action for _, action in anthropic],
            200 + 5000 + 2000 + 500,
            id="anthropic",
        ),
        pytest.param(
            "openai",
            [
                *(test_openai_wire.says(action, number=n) for n, (action, _) in enumerate(test_openai_wire.EVERY)),
                test_openai_wire.words("It is done."),
            ],
            [action for _, action in test_openai_wire.EVERY],
            200 + 180 + 400,
            id="openai",
        ),
        pytest.param(
            "gemini",
            [
                *(test_gemini_wire.says(name, given, n) for n, (name, given, _) in enumerate(gemini)),
                test_gemini_wire.words("It is done."),
            ],
            scaled,
            400 + 160 + 500,
            id="gemini",
        ),
        pytest.param(
            "chat",
            [
                *(chat_says(f"Thought: t\nAction: {text}") for text, _ in CHAT),
                chat_says("Action: finished(content='It is done.')"),
            ],
            [action for _, action in CHAT],
            2000 + 200,
            id="chat",
        ),
    ]


def _scaled(action: Action) -> Action:
    from coasty_desk.core.actions import moved  # noqa: PLC0415 - for this alone

    return moved(action, lambda point: Point(round(point.x * 1.28), round(point.y * 0.72)))


KEYSYMS = {"ctrl": 0xFFE3, "shift": 0xFFE1, "enter": 0xFF0D, "\n": 0xFF0D, "esc": 0xFF1B, "delete": 0xFFFF}


def expected(actions: Sequence[Action]) -> tuple[list[tuple[int, float, float]], list[int]]:
    """The presses of buttons with their places, and the keys that go down, in order."""
    presses: list[tuple[int, float, float]] = []
    keys: list[int] = []
    at = Point(0, 0)

    def down(names: Sequence[str]) -> None:
        keys.extend(KEYSYMS.get(name, ord(name[0].lower())) for name in names)

    for action in actions:
        down(getattr(action, "modifiers", ()))
        match action:
            case Click(point, button, count):
                at = point or at
                presses += [({"left": 1, "middle": 2, "right": 3}[button], at.x, at.y)] * count
            case Drag(start, end):
                presses.append((1, (start or at).x, (start or at).y))
                at = end
            case Move(point):
                at = point
            case Scroll(notches, axis, point):
                at = point or at
                wheel = (4, 5) if axis == "vertical" else (7, 6)
                presses += [(wheel[notches < 0], at.x, at.y)] * abs(notches)
            case TypeText(text):
                down(text)
            case HoldKeys(strokes=strokes) | PressKeys(strokes=strokes) | KeyCombo(strokes=strokes):
                down([key for stroke in strokes for key in stroke])
    return presses, keys


def _configured(shell: Shell) -> None:
    folder = shell.home / ".config" / "coasty-desk"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(PRICES)


def arguments(provider: str, url: str, *more: str) -> list[str]:
    """Of a run with that provider's stand-in."""
    told = ["--profile", "uitars-1.5"] if provider == "chat" else []
    return ["run", "--json", "--yes", "--provider", provider, "--base-url", url, "--model", "a-model", *told, *more]


def _arrived(window: App, presses: int) -> tuple[list[tuple[int, float, float]], list[int]]:
    window.wait_for("press", presses)
    return [(one["detail"], one["x"], one["y"]) for one in window.of_kind("press")], [
        one["keysym"] for one in window.of_kind("key_down")
    ]


@pytest.mark.parametrize(("provider", "script", "actions", "each"), cases())
def test_a_task_of_many_steps_is_done_as_it_was_meant(
    shell: Shell, display: str, provider: str, script: list[Says], actions: list[Action], each: int
) -> None:
    """Every action of the vendor's table arrives, nothing that is forbidden goes out, and the price is right to the micro-dollar."""
    _configured(shell)
    stub = VendorStub(getattr(strict_rules, provider), script)
    variable = {VARIABLES[provider]: "sk-vendor-key-0123456789"} if VARIABLES[provider] else {}
    with recording(display) as window, stub.serving() as url:
        more = ("--max-steps", "40", "--budget", "500")
        result = shell(*arguments(provider, url, *more, "a long task"), DISPLAY=display, **variable)
        presses, keys = expected(actions)
        assert (result.code, result.err) == (0, "")
        arrived = _arrived(window, len(presses))
    assert stub.forbidden == []
    assert [one[0] for one in arrived[0]] == [one[0] for one in presses]
    assert all(abs(a[1] - b[1]) <= 1 and abs(a[2] - b[2]) <= 1 for a, b in zip(arrived[0], presses, strict=True))
    assert arrived[1] == keys
    end = result.of("run_ended")[0]
    assert (end["status"], end["steps"]) == ("succeeded", len(script))
    assert round(end["cost_cents"] * 10_000) == each * len(script)
    assert "sk-vendor-key" not in result.out + "".join(
        path.read_text("utf-8", "replace") for path in Path(shell.data).rglob("*.json*")
    )


def test_a_safety_check_is_not_answered_by_yes(shell: Shell, display: str) -> None:
    """Nobody is there to agree: nothing is done, and the run is not done either."""
    _configured(shell)
    stub = VendorStub(
        strict_rules.openai,
        [test_openai_wire.says({"type": "click", "button": "left", "x": 9, "y": 9}, checks=(test_openai_wire.CHECK,))],
    )
    with recording(display) as window, stub.serving() as url:
        result = shell(*arguments("openai", url, "a task"), DISPLAY=display, OPENAI_API_KEY="k")
        assert window.of_kind("press") == []
    assert result.code == 1
    assert "The page tells the model what to do." in result.of("run_ended")[0]["message"]
    assert not result.of("acting")


def test_a_model_that_is_not_there_is_said_with_what_fetches_it(shell: Shell, display: str) -> None:
    """Or with what is there."""
    missing = Says({"error": {"message": "model 'a-model' not found", "type": "not_found_error"}}, 404)
    for listed, remedy in (
        ({}, "ollama pull a-model"),
        ({"/models": {"data": [{"id": "qwen3-vl:8b"}]}}, "qwen3-vl:8b"),
    ):
        stub = VendorStub(strict_rules.chat, [missing], get=listed)
        with stub.serving() as url:
            result = shell(*arguments("chat", url, "a task"), DISPLAY=display)
        assert result.code == 4
        end = result.of("run_ended")[0]
        assert "has no model a-model" in end["message"]
        assert remedy in result.err + end["message"] + str(end)


def test_a_model_that_is_being_loaded_is_waited_for_and_said(shell: Shell, display: str) -> None:
    """As often as it says so."""
    loading = Says({"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}, 503)
    stub = VendorStub(strict_rules.chat, [loading, chat_says("Action: finished(content='yes')")])
    with stub.serving() as url:
        result = shell(*arguments("chat", url, "a task"), DISPLAY=display)
    assert result.code == 0
    assert [(one["code"], one["delay"]) for one in result.of("retrying")] == [("LOADING", 2)]


def test_a_stop_ends_a_run_whose_request_hangs(shell: Shell, display: str) -> None:
    """Within a moment, in the middle of the request."""
    stub = VendorStub(strict_rules.chat, [Says({}, after=20)])
    with stub.serving() as url:
        command = [sys.executable, "-m", "coasty_desk", *arguments("chat", url, "a task")]
        running = subprocess.Popen(
            command,
            env=shell.environment | {"DISPLAY": display},
            cwd=shell.home,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        until = time.monotonic() + 30
        while not stub.requests:
            assert time.monotonic() < until
            time.sleep(0.01)
        running.terminate()
        out, _ = running.communicate(timeout=10)
    assert running.returncode == 130
    assert b'"cancelled"' in out.splitlines()[-1]


def test_a_chat_run_needs_nothing_that_a_run_does_not(shell: Shell) -> None:
    """No library that `run` with the service would not load, either."""
    code = (
        "import sys\nfrom coasty_desk.core.stop import Stop\nfrom coasty_desk.lifetimes import ModelRequest, model\n"
        "from coasty_desk.settings import Settings\nfrom coasty_desk.core.surroundings import Surroundings\n"
        "import os\n"
        "chosen = Settings(provider=sys.argv[1], base_url='http://127.0.0.1:9', model='m')\n"
        "ready = model(sys.argv[1]).ready(ModelRequest(chosen, os.environ, Stop(), 'r'))\n"
        "ready.predictor(Surroundings(), None, None)\n"
        "from coasty_desk.models.transport import http_transport\n"
        "roots = {name.split('.')[0] for name in sys.modules}\n"
        "print(*sorted(roots - set(sys.stdlib_module_names) - {'coasty_desk'}))\n"
    )

    def loaded(provider: str) -> set[str]:
        command = [sys.executable, "-c", code, provider]
        done = subprocess.run(command, env=shell.environment, capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    assert loaded("chat") <= loaded("coasty")


def test_a_run_that_is_taken_up_asks_the_same_model_and_tells_what_was_done(shell: Shell, display: str) -> None:
    """In a new conversation, at the same server, with the record's own settings; nothing is done twice."""
    _configured(shell)
    script = [
        chat_says("Thought: t\nAction: click(start_box='(100,100)')"),
        chat_says("Action: finished(content='yes')"),
    ]
    stub = VendorStub(strict_rules.chat, script)
    with recording(display) as window, stub.serving() as url:
        first = shell(*arguments("chat", url, "--max-steps", "1", "a task"), DISPLAY=display)
        again = shell("resume", "last", "--json", "--yes", DISPLAY=display)
        assert len(window.of_kind("press")) == 1
    assert (first.code, again.code) == (3, 0), again.err
    said = str(stub.requests[-1]["messages"])
    assert "click at (100, 100)" in said
    assert "a task" in said
    assert [body["model"] for body in stub.requests] == ["a-model"] * 2


def test_ground_points_without_clicking(shell: Shell, display: str) -> None:
    """By any model; a place outside of its space is none."""
    script = [
        chat_says("Action: click(start_box='(100,100)')"),
        chat_says("Action: click(start_box='(9000,100)')"),
        chat_says("Action: wait()"),
    ]
    stub = VendorStub(strict_rules.chat, script)
    with recording(display) as window, stub.serving() as url:
        told = ["ground", "--provider", "chat", "--base-url", url, "--model", "ui-tars-1.5", "the button"]
        found = shell(*told, DISPLAY=display)
        outside = shell(*told, DISPLAY=display)
        nowhere = shell(*told, DISPLAY=display)
        assert window.of_kind("press") == []
    assert (found.code, found.out) == (0, "100 100\n")
    assert (outside.code, nowhere.code) == (1, 1)
    assert "lies outside" in outside.err
    assert "points nowhere" in nowhere.err


def test_where_no_price_is_known_the_tokens_are_said(shell: Shell, display: str) -> None:
    """And no cost that would look like nothing."""
    stub = VendorStub(strict_rules.chat, [chat_says("Action: finished(content='yes')")])
    with stub.serving() as url:
        words = [word for word in arguments("chat", url, "a task") if word != "--json"]
        result = shell(*words, DISPLAY=display)
    assert result.code == 0
    assert "1,000 tokens read and 20 written" in result.out
    assert "$" not in result.out


def test_a_safety_check_is_the_persons_to_answer_at_the_terminal(shell: Shell, display: str) -> None:
    """Agreed to, the action that waited is done and the check acknowledged as it came; that is the whole run, by the program itself."""
    _configured(shell)
    waits = test_openai_wire.says({"type": "click", "button": "left", "x": 9, "y": 9}, checks=(test_openai_wire.CHECK,))
    stub = VendorStub(strict_rules.openai, [waits, test_openai_wire.words("It is done.")])
    with recording(display) as window, stub.serving() as url:
        words = [word for word in arguments("openai", url, "a task") if word != "--json"]
        environment = shell.environment | {"DISPLAY": display, "OPENAI_API_KEY": "k", "TERM": "dumb"}
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "coasty_desk", *words]
        running = subprocess.Popen(command, env=environment, cwd=shell.home, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        said = b""
        while b"your answer:" not in said:
            said += os.read(ours, 4096)
        assert b"The page tells the model what to do." in said
        assert window.of_kind("press") == []
        os.write(ours, b"yes\n")
        with suppress(OSError):  # the other end is closed when it has ended
            while os.read(ours, 4096):
                pass
        code = running.wait(timeout=30)
        os.close(ours)
        window.wait_for("press", 1)
        assert len(window.of_kind("press")) == 1
    assert code == 0
    assert stub.forbidden == []
    outputs = [item for item in stub.requests[1]["input"] if item.get("type") == "computer_call_output"]
    assert outputs[0]["acknowledged_safety_checks"] == [test_openai_wire.CHECK]
