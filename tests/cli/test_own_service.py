"""The command line and this computer's own service, both real: found by its file, driven by name, and gone when it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from coasty_desk import serve_file
from coasty_desk.screens.virtual import walls
from tests.cli.conftest import Shell
from tests.record.recorded import desktop

SCRIPT = (
    {
        "status": "continue",
        "actions": [
            {"action_type": "click", "params": {"x": 640, "y": 360}},
            {"action_type": "type_text", "params": {"text": "written by a run"}},
            {"action_type": "key_combo", "params": {"keys": ["ctrl", "s"]}},
        ],
    },
    {"status": "done", "actions": []},
)


@contextmanager
def serving(shell: Shell) -> Iterator[subprocess.Popen[str]]:
    """The service, on this home, once it listens."""
    shell.environment.pop("COASTY_API_KEY", None)
    command = [sys.executable, "-m", "coasty_desk", "serve", "--port", "0", "--provider", "script"]
    with subprocess.Popen(
        command,
        env=shell.environment,
        cwd=shell.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        try:
            assert running.stdout is not None
            said: list[str] = []
            while not said or "To stop it" not in said[-1]:
                said.append(running.stdout.readline())
                assert said[-1], said
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=30)


def test_the_service_is_found_asked_and_missed_when_it_is_gone(shell: Shell, tmp_path: Path) -> None:
    """Keys, models, usage, sessions and a prediction; a service that was killed is none, though its file is there."""
    desktop([(600, 400, "Save")], (1280, 720)).save(tmp_path / "shot.png")
    with serving(shell) as running:
        assert "the provider script" in shell("models").out
        made = shell("keys", "create", "reports", "--scope", "predict")
        assert made.out.startswith("sk-coasty-test-")
        (key,) = [one for one in json.loads(shell("keys", "list", "--json").out) if one["name"] == "reports"]
        assert key["scopes"] == ["predict"]
        assert made.out.strip() not in json.dumps(key)
        assert shell("keys", "delete", key["key_id"]).code == 0
        assert shell("keys", "delete", key["key_id"]).code == 4
        told = json.loads(shell("predict", "--image", "shot.png", "look [done]", "--json").out)
        assert (told["status"], told["cost_cents"]) == ("done", 0)
        used = json.loads(shell("usage", "--json").out)
        assert used["total_requests"] >= 5
        listed = shell("sessions", "list")
        assert (listed.code, listed.out) == (0, "No session is open at 127.0.0.1.\n")
        assert "asks this computer's own service" in listed.err
        missing = shell("machines", "show", "nowhere")
        assert missing.code == 4
        assert "There is no machine 'nowhere' at this computer's own service." in missing.err
        wrong = shell("machines", "act", "desktop", "burn")
        assert wrong.code == 4
        running.kill()
        running.wait(10)
        assert serve_file.read(shell.data) is not None
        gone = shell("keys", "list")
        assert gone.code == 4
        assert "not running" in gone.err
        kept = shell("machines", "list")
        assert (kept.code, "This desktop" in kept.out) == (0, True)
        assert "the service is not running; this is how it has left them" in kept.err


@pytest.mark.skipif(not walls.here().up, reason="there are no walls on this system")
def test_a_virtual_machine_is_made_written_on_by_a_run_kept_and_restored(shell: Shell, tmp_path: Path) -> None:
    """A real editor on it, by `run --on` its name; its file comes back, also from the snapshot in another one."""
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, SCRIPT)))
    (tmp_path / "blob").write_bytes(os.urandom(300))
    with serving(shell):
        try:
            assert shell("machines", "create", "scratch", "--ttl", "60").code == 0
            assert shell("machines", "terminal", "scratch", "exit 3").code == 1
            assert shell("machines", "files", "write", "scratch", "blob", "--from", "blob").code == 0
            assert shell("machines", "files", "read", "scratch", "blob", "--output", "back").code == 0
            assert (tmp_path / "back").read_bytes() == (tmp_path / "blob").read_bytes()
            shell("machines", "terminal", "scratch", "mousepad notes.txt >/dev/null 2>&1 &")
            for _ in range(100):
                windows = json.loads(shell("machines", "act", "scratch", "list_windows", "--json").out)["result"]
                if windows["count"]:
                    break
            assert "notes.txt" in windows["windows"][0]["title"]
            for name, form in (("now.png", "PNG"), ("now.jpg", "JPEG")):
                assert shell("machines", "screenshot", "scratch", "-o", name).code == 0
                with Image.open(tmp_path / name) as picture:
                    assert (picture.format, picture.size) == (form, (1280, 720))
            result = shell(
                "run", "--json", "--on", "scratch", "--provider", "script", "--script", "s.jsonl", "write it"
            )
            assert result.code == 0, result.err
            for _ in range(50):
                read = shell("machines", "files", "read", "scratch", "notes.txt")
                if read.code == 0:
                    break
            assert read.out == "written by a run"
            assert shell("machines", "snapshot", "scratch").code == 0
            assert shell("machines", "delete", "scratch").code == 0
            assert shell("machines", "restore", "again").code == 0
            assert shell("machines", "files", "read", "again", "notes.txt").out == "written by a run"
            assert shell("machines", "stop", "again").out == "again is stopped.\n"
            assert shell("machines", "start", "again").out == "again is running.\n"
        finally:
            for name in ("scratch", "again"):
                shell("machines", "delete", name)
        assert [one["display_name"] for one in json.loads(shell("machines", "list", "--json").out)] == ["This desktop"]
