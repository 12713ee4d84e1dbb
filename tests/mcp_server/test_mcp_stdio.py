"""`coasty-desk mcp`, driven by the SDK's own client: real input on real windows, with every gate and every stop of a run."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import CallToolResult, ImageContent
from PIL import Image

from tests.cli.conftest import Shell, recording
from tests.cli.conftest import display as display  # noqa: PLC0414 - a fixture
from tests.cli.conftest import shell as shell  # noqa: PLC0414 - a fixture
from tests.desktop.targets import closing, tk
from tests.desktop.xvfb import held_down, xvfb

PATIENCE = 20.0
LONG = "The quick brown fox jumps over the lazy dog. " * 100


def typing(text: str) -> dict[str, Any]:
    """An action that types."""
    return {"action_type": "type_text", "params": {"text": text}}


def click(x: float, y: float) -> dict[str, Any]:
    """An action that clicks."""
    return {"action_type": "click", "params": {"x": x, "y": y}}


@asynccontextmanager
async def host(shell: Shell, display: str, *options: str, mode: str = "auto", **more: str) -> AsyncIterator[Client]:
    """A host that has started the server."""
    environment = {name: value for name, value in shell.environment.items() if name != "COASTY_API_KEY"}
    started = StdioServerParameters(
        command=sys.executable,
        args=["-m", "coasty_desk", "mcp", *options],
        env=environment | {"DISPLAY": display} | more,
        cwd=shell.home,
    )
    async with Client(started, mode=mode) as client:
        yield client


async def acted(client: Client, *actions: dict[str, Any]) -> CallToolResult:
    """What `desk_act` answers."""
    return await client.call_tool("desk_act", {"actions": list(actions)})


def outcomes(answer: CallToolResult) -> list[str]:
    """What became of each action."""
    assert not answer.is_error, answer.content
    assert answer.structured_content is not None
    return [one["outcome"] for one in answer.structured_content["actions"]]


def said(answer: CallToolResult) -> str:
    """Its words."""
    return "\n".join(getattr(part, "text", "") for part in answer.content)


def picture(answer: CallToolResult) -> Image.Image:
    """The picture that it brings, which every known host takes."""
    (found,) = [part for part in answer.content if isinstance(part, ImageContent)]
    assert found.mime_type == "image/jpeg"
    assert len(found.data) < 1_000_000
    shown = Image.open(io.BytesIO(base64.b64decode(found.data)))
    assert shown.width <= 1280
    assert shown.height <= 720
    return shown


def runs(shell: Shell) -> list[dict[str, Any]]:
    """The recorded runs, newest first."""
    found: list[dict[str, Any]] = json.loads(shell("runs", "list", "--json").out)
    return found


async def until(what: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(("mode", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_ten_calls_write_into_an_editor_and_are_one_run(shell: Shell, mode: str, version: str) -> None:
    """In both generations of the protocol; looks one after another are no stall, and the record is that of one run."""

    async def calls(display: str) -> None:
        async with host(shell, display, mode=mode) as client:
            assert client.protocol_version == version
            tools = (await client.list_tools()).tools
            assert [tool.name for tool in tools] == ["desk_screenshot", "desk_act", "desk_find", "desk_stop"]
            assert all(len(f"coasty-desk__{tool.name}") <= 60 and tool.output_schema for tool in tools)
            hints = {tool.name: tool.annotations for tool in tools}
            assert [name for name, hint in hints.items() if hint and hint.read_only_hint] == [
                "desk_screenshot",
                "desk_find",
            ]
            assert [name for name, hint in hints.items() if hint and hint.destructive_hint] == ["desk_act"]
            seen = [await client.call_tool("desk_screenshot", {}) for _ in range(9)]
            assert picture(seen[0]).size == (1280, 720)
            assert outcomes(await acted(client, click(200, 150), typing("first\n"))) == ["done"] * 2
            for n in range(2, 10):
                assert outcomes(await acted(client, typing(f"line {n}\n"))) == ["done"]
            found = await client.call_tool("desk_find", {"element": "first"})
            assert found.structured_content is not None
            assert found.structured_content["found"], found
            assert "given back" in said(await client.call_tool("desk_stop", {"summary": "nine lines"}))

    with xvfb(2560, 1440) as display, closing(tk(display)) as editor:
        asyncio.run(calls(display))
        assert editor.text() == "first\n" + "".join(f"line {n}\n" for n in range(2, 10))
        assert held_down(display) == []
    (run,) = runs(shell)
    assert run["status"] == "succeeded"


def test_clicks_are_exact_to_the_pixel_on_a_screen_larger_than_the_picture(shell: Shell) -> None:
    """Any real pixel can be named: coordinates may have fractions."""
    wanted = [(301, 202), (1234, 567), (2001, 1399)]

    async def calls(display: str) -> None:
        async with host(shell, display) as client:
            assert outcomes(await acted(client, *(click(x / 2, y / 2) for x, y in wanted))) == ["done"] * 3

    with xvfb(2560, 1440) as display, recording(display) as window:
        asyncio.run(calls(display))
        pressed = window.wait_for("press", 3)
    assert [(one["x"], one["y"]) for one in pressed] == wanted


@pytest.mark.parametrize("between", [False, True])
def test_a_person_stops_it_and_nothing_more_is_taken(shell: Shell, between: bool) -> None:  # noqa: FBT001
    """Safety sentence: with the keyboard, in the middle of typing, or between two calls: the tool says so, and later calls are refused."""

    async def calls(display: str, length: Callable[[], int]) -> None:
        hand = (
            "--on-human-input",
            "ignore",
        )  # else the first Esc alone breaks the typing off, and the call may end before the third
        async with host(shell, display, *hand) as client:
            await acted(client, click(200, 150))
            call = None
            if not between:
                call = asyncio.create_task(acted(client, typing(LONG)))
                await until(lambda: length() > 10)
            escapes = ["xdotool", "key", "--delay", "60", "Escape", "Escape", "Escape"]
            await asyncio.to_thread(subprocess.run, escapes, env=os.environ | {"DISPLAY": display}, check=True)
            if call is not None:
                answer = await call
                assert answer.is_error
                assert "A person has stopped this" in said(answer)
                assert length() < len(LONG)
            else:
                await until(lambda: runs(shell)[0]["status"] == "cancelled")
            for name, arguments in (("desk_act", {"actions": [typing("more")]}), ("desk_screenshot", {})):
                answer = await client.call_tool(name, arguments)
                assert answer.is_error
                assert "Do not try again" in said(answer)
            left = length()
        async with host(shell, display) as client:  # a new session is taken
            assert not (await client.call_tool("desk_screenshot", {})).is_error
        assert length() == left

    with xvfb(1280, 720) as display, closing(tk(display)) as editor:
        asyncio.run(calls(display, lambda: len(str(editor.ask("text")["text"]))))
        assert held_down(display) == []
    assert [run["status"] for run in runs(shell)][-1] == "cancelled"


@pytest.mark.parametrize("way", ["cancel", "desk_stop"])
def test_what_the_host_ends_stops_at_once_and_the_next_call_goes_on(shell: Shell, way: str) -> None:
    """Safety sentence: in the middle of typing; nothing is held, and the desktop is free for another run of the same session."""

    async def calls(display: str, length: Callable[[], int]) -> None:
        async with host(shell, display) as client:
            await acted(client, click(200, 150))
            call = asyncio.create_task(acted(client, typing(LONG)))
            await until(lambda: length() > 10)
            if way == "cancel":
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
            else:
                assert "stopped in the middle" in said(await client.call_tool("desk_stop", {}))
                assert "It was stopped in the middle for whoever called" in said(await call)
            await until(lambda: runs(shell)[0]["status"] == "cancelled")
            left = length()
            assert left < len(LONG)
            assert held_down(display) == []
            assert outcomes(await acted(client, typing("!"))) == ["done"]
            await until(lambda: length() == left + 1)

    with xvfb(1280, 720) as display, closing(tk(display)) as editor:
        asyncio.run(calls(display, lambda: len(str(editor.ask("text")["text"]))))


@pytest.mark.parametrize("way", ["eof", "term"])
def test_a_host_that_dies_leaves_nothing_held_and_no_lock(shell: Shell, way: str) -> None:
    """Safety sentence: it ends in the middle of a drag that it has asked for; what was held is let go, and another run may begin."""
    drag = {"action_type": "drag", "params": {"x1": 100, "y1": 100, "x2": 900, "y2": 500}}
    asked: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "desk_act", "arguments": {"actions": [drag] * 10}}},
    ]  # fmt: skip
    with xvfb(1280, 720) as display, recording(display) as window:
        environment = shell.environment | {"DISPLAY": display}
        command = [sys.executable, "-m", "coasty_desk", "mcp"]
        with subprocess.Popen(
            command, env=environment, cwd=shell.home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            for one in asked:
                server.stdin.write(json.dumps({"jsonrpc": "2.0", **one}) + "\n")
            server.stdin.flush()
            assert json.loads(server.stdout.readline())["result"]["serverInfo"]["name"] == "coasty-desk"
            window.wait_for("press", 2)
            if way == "eof":
                server.stdin.close()
            else:
                server.terminate()
            server.wait(PATIENCE)
        assert held_down(display) == []
        assert len(window.of_kind("press")) < 10
        assert runs(shell)[0]["status"] == "cancelled"
        result = shell("run", "--provider", "offline", "--yes", "wait 0 seconds", DISPLAY=display)
        assert result.code == 0, result.err


def test_every_gate_of_a_run_is_there(shell: Shell, display: str) -> None:
    """Safety sentence: a policy, a mask, a risky action, a secret that there is none of: refused in words, the rest not done; a mask is black."""
    rules = shell.home / "policy.toml"
    rules.write_text('blocked_keys = ["f5"]\n')
    press = {"action_type": "key_press", "params": {"keys": ["f5"]}}
    enter = {"action_type": "key_press", "params": {"keys": ["enter"]}}
    options = ("--policy", str(rules), "--mask", "0,0,200,100", "--secret", "pin=env:PIN")

    async def calls() -> None:
        async with host(shell, display, *options, PIN="4711-quite-secret") as client:
            seen = picture(await client.call_tool("desk_screenshot", {})).convert("L")
            assert max(seen.crop((8, 8, 190, 90)).tobytes()) < 16
            assert min(seen.crop((300, 300, 500, 500)).tobytes()) > 64
            for action, by in ((press, "policy"), (click(50, 50), "mask"), (typing("{{secret:nope}}"), "secret")):
                answer = await acted(client, action, typing("z"))
                assert outcomes(answer) == ["refused", "not_done"]
                assert answer.structured_content is not None
                assert answer.structured_content["actions"][0]["by"] == by, answer
                assert outcomes(await acted(client, click(300, 300))) == ["done"]
            answer = await acted(client, typing("rm -rf ~/x"), enter)
            assert outcomes(answer) == ["refused", "not_done"]
            assert "(person: a person did not agree to it: " in said(answer)
            assert "Nobody can be asked in this session" in said(answer)
            answer = await acted(client, {"action_type": "key_combo", "params": {"keys": ["nosuchkey"]}})
            assert outcomes(answer) == ["refused"]
            assert (await acted(client, *[click(300, 300)] * 11)).is_error

    with recording(display) as window:
        asyncio.run(calls())
        assert all(one["x"] >= 200 for one in window.of_kind("press"))
    kept = b"".join(path.read_bytes() for path in shell.data.rglob("*.jsonl"))
    assert b"nope" in kept
    assert b"4711-quite-secret" not in kept


def test_a_limit_ends_the_session(shell: Shell, display: str) -> None:
    """A person's own cap is not begun anew by calling again."""

    async def calls() -> None:
        async with host(shell, display, "--max-steps", "2") as client:
            answers = [await client.call_tool("desk_screenshot", {}) for _ in range(5)]
            assert [answer.is_error for answer in answers][-2:] == [True, True]
            assert "limit of 2 steps" in said(answers[-1])
            assert not answers[0].is_error

    asyncio.run(calls())
    assert len(runs(shell)) == 1


IDLE = """
import os
from coasty_desk import settings
from coasty_desk.core.actions import Wait
from coasty_desk.mcp.call_session import CallError, CallSession
session = CallSession(settings.Settings(settle=0.0), os.environ, idle=0.5, longest=1.0)
first = session.look()
session._run.await_end(20)
second = session.look()
print(first.run_id != second.run_id, session._run.run_id == second.run_id)
try:
    session.act((Wait(1.5),))
except CallError as error:
    print("desk_screenshot waits for it" in str(error))
print(session.look().outcomes)
session.close()
try:
    session.look()
except CallError as error:
    print(error)
"""


def test_a_pause_gives_the_desktop_back_and_what_takes_long_is_waited_for(shell: Shell, display: str) -> None:
    """By the same session with shorter times: another run begins with the call after the pause, and no call blocks for ever."""
    environment = shell.environment | {"DISPLAY": display}
    ran = subprocess.run(
        [sys.executable, "-c", IDLE], env=environment, cwd=shell.home, capture_output=True, text=True, check=False
    )
    assert (ran.stdout.splitlines(), ran.stderr) == (["True True", "True", "(Done(),)", "The session is over."], "")
    assert runs(shell)[-1]["status"] == "succeeded"


def test_without_a_display_or_while_another_run_drives_it_the_tool_says_so(shell: Shell, display: str) -> None:
    """In words that a model can act on, and the next call may go well."""

    async def calls() -> None:
        async with host(shell, ":4711") as client:
            answer = await client.call_tool("desk_screenshot", {})
            assert answer.is_error
            assert "display" in said(answer)
        async with host(shell, display) as one, host(shell, display) as other:
            await one.call_tool("desk_screenshot", {})
            assert (await acted(other, click(9, 9))).is_error
            await one.call_tool("desk_stop", {})
            assert outcomes(await acted(other, click(9, 9))) == ["done"]

    asyncio.run(calls())


def test_without_its_package_one_sentence_says_how_to_get_it(shell: Shell, tmp_path: Path) -> None:
    """As on a machine where only the program itself was installed."""
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "mcp.py").write_text("raise ModuleNotFoundError(\"No module named 'mcp'\", name='mcp')\n")
    result = shell("mcp", PYTHONPATH=str(tmp_path / "without"))
    assert result.code == 2
    assert "pip install 'coasty-desk[mcp]'" in result.err


def test_a_run_loads_nothing_of_mcp() -> None:
    """Neither the tools nor the protocol's library: a person waits for the first screenshot."""
    code = (
        "import sys\n"
        "from coasty_desk.cli import fast_path\n"
        "from coasty_desk.cli.commands import driving\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('mcp', 'mcp_types', 'anyio', 'pydantic')"
        " or name.startswith('coasty_desk.mcp')])\n"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
