"""`coasty-desk run --on virtual`: a machine for one run, behind walls, with every way to stop it, and nothing left of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from coasty_desk.screens.virtual import walls
from coasty_desk.screens.virtual.installed_programs import found
from tests.cli.conftest import Shell, recording
from tests.desktop.xvfb import xvfb

PATIENCE = 60.0

pytestmark = pytest.mark.skipif(found("xterm") is None, reason="no xterm")

RUN = ("run", "--on", "virtual", "--provider", "script", "--script", "script.jsonl", "--json", "it")


def go(*actions: tuple[str, dict[str, Any]], status: str = "continue") -> dict[str, Any]:
    """A line of a script."""
    return {"status": status, "actions": [{"action_type": kind, "params": params} for kind, params in actions]}


TERMINAL = go(("key_combo", {"keys": ["super", "t"]}), ("wait", {"seconds": 2.5}))
LONG = go(("wait", {"seconds": 30}))


def typed(text: str) -> dict[str, Any]:
    """Typed and sent off."""
    return go(("type_text", {"text": text}), ("key_press", {"keys": ["enter"]}), ("wait", {"seconds": 0.5}))


def script(shell: Shell, *lines: dict[str, Any]) -> None:
    """What the run plays."""
    (shell.home / "script.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")


def homes(shell: Shell) -> list[Path]:
    """Those of machines that are there."""
    return list(shell.data.glob("machines/*/home"))


@contextmanager
def running(shell: Shell, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A run that goes on."""
    with subprocess.Popen(
        [sys.executable, "-m", "coasty_desk", *RUN],
        env=shell.environment | environment,
        cwd=shell.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(what: Callable[[], object]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def begun(process: subprocess.Popen[str], event: str = "acting") -> None:
    """Wait for an event."""
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == event:
            return
    raise AssertionError(process.communicate())


def test_a_task_is_done_on_a_machine_of_its_own(shell: Shell) -> None:
    """No display of a person's is there, and no home of theirs: the record is as of any run, and the machine is gone."""
    asked = typed("env > seen; ls / /home > listed; touch Documents/here")
    later = [
        one for seconds in (3, 6, 12) for one in (go(("wait", {"seconds": seconds})), asked)
    ]  # a terminal may be slow
    script(shell, TERMINAL, asked, *later, LONG)
    with running(shell, MY_API_KEY="sk-secret", WORD="a-word") as process:
        until(lambda: any((home / "Documents" / "here").exists() for home in homes(shell)))
        (home,) = homes(shell)
        seen, listed = (home / "seen").read_text(), (home / "listed").read_text()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "sk-secret" not in seen
    assert "sk-coasty" not in seen
    assert "a-word" not in seen
    if walls.here().up:
        assert str(shell.home) not in seen
        assert "root" not in listed.split()
        assert listed.split()[-1] == "user"
    assert homes(shell) == []
    started = json.loads(out.splitlines()[0])
    assert (started["screen"]["width"], started["screen"]["height"]) == (1280, 720)
    assert started["settings"]["on"] == "virtual"
    assert json.loads(shell("runs", "list", "--json").out)[0]["run_id"] == started["run_id"]


def test_its_endings_and_its_exit_codes_are_those_of_any_run(shell: Shell) -> None:
    """Done is 0, a limit 3; every corner can be clicked, and is no stop."""
    corners = [("click", {"x": x, "y": y}) for x in (0, 1279) for y in (0, 719)]
    script(shell, go(*corners, ("click", {"x": 600, "y": 400})), go(status="done"))
    done = shell(*RUN)
    assert done.code == 0, done.err
    assert [event["action"]["params"]["x"] for event in done.of("acting")][:2] == [0, 0]
    assert done.of("run_ended")[0]["status"] == "succeeded"
    with Image.open(next(shell.data.glob("runs/*/frames/0001.png"))) as seen:
        assert seen.size == (1280, 720)
        assert seen.convert("RGB").getpixel((10, 10)) == (0x3B, 0x42, 0x52)  # nobody takes it for a screen that is off
    capped = shell(*RUN, "--max-steps", "1")
    assert (capped.code, capped.of("run_ended")[0]["reason"]) == (3, "max_steps")
    assert homes(shell) == []
    resumed = shell("resume", "last")
    assert resumed.code == 2
    assert "The virtual machine that this run was on went with it." in resumed.err
    looked = shell("run", "--dry-run", *RUN[1:])
    assert looked.code == 0, looked.err


def test_the_desktop_of_the_person_is_neither_seen_nor_touched(shell: Shell) -> None:
    """Though it is the one that DISPLAY names."""
    with xvfb(900, 700) as display, recording(display) as window:
        script(
            shell, go(("click", {"x": 300, "y": 300}), ("type_text", {"text": "nobody sees this"})), go(status="done")
        )
        done = shell(*RUN, DISPLAY=display)
        assert done.code == 0, done.err
        assert "nobody" not in json.dumps(window.events, default=str)
    assert done.of("run_started")[0]["screen"]["width"] == 1280


@pytest.mark.parametrize(
    "way", ["interrupt", "terminate", pytest.param("stop", marks=pytest.mark.stops_all), "abort key", "escape"]
)
def test_every_way_to_stop_ends_it(shell: Shell, way: str) -> None:
    """The keys are pressed on the person's own desktop, on which a corner says nothing."""
    script(shell, go(("type_text", {"text": "The quick brown fox. " * 300})), LONG)
    with xvfb(800, 600) as mine, running(shell, DISPLAY=mine) as process:

        def press(*arguments: str) -> None:
            subprocess.run(["xdotool", *arguments], env=os.environ | {"DISPLAY": mine}, check=True)

        begun(process)
        press("mousemove", "0", "0")
        assert process.poll() is None
        match way:
            case "interrupt":
                process.send_signal(signal.SIGINT)
            case "terminate":
                process.terminate()
            case "stop":
                stopped = shell("stop", DISPLAY=mine)
                assert stopped.code == 0, stopped.err
                assert "Stopped run" in stopped.out
            case "abort key":
                press("key", "ctrl+shift+F12")
            case "escape":
                press("key", "Escape", "key", "Escape", "key", "Escape")
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    last = json.loads(out.splitlines()[-1])
    expected = {"stop": "stop", "abort key": "hotkey", "escape": "hotkey"}.get(way, "interrupt")
    assert (last["event"], last["reason"]) == ("run_ended", expected)
    assert homes(shell) == []


@pytest.mark.stops_all
def test_a_stop_without_a_display_finds_it(shell: Shell) -> None:
    """From any terminal of the same user."""
    script(shell, LONG)
    with running(shell) as process:
        begun(process)
        stopped = shell("stop")
        assert (stopped.code, stopped.out[:11]) == (0, "Stopped run"), stopped.err
        assert process.wait(PATIENCE) == 130
    nothing = shell("stop")
    assert nothing.code != 0


def test_what_it_says_of_stopping_is_what_there_is(shell: Shell, display: str) -> None:
    """No corner, and no keys where there is no desktop to press them on."""
    script(shell, go(status="done"))
    plain = tuple(word for word in RUN if word != "--json")
    without, with_one = shell(*plain), shell(*plain, DISPLAY=display)
    assert (
        "To stop: press Ctrl-C in the terminal, say `coasty-desk stop` in another terminal."
        in without.out + without.err
    )
    said = with_one.out + with_one.err
    assert "press Ctrl+Shift+F12, press Esc three times within a second, press Ctrl-C" in said
    assert "corner" not in said


def test_a_killed_run_leaves_nothing(shell: Shell) -> None:
    """SIGKILL included."""
    script(shell, TERMINAL, LONG)
    with running(shell) as process:
        begun(process)
        assert len(homes(shell)) == 1
        process.kill()
    until(lambda: homes(shell) == [])


def test_a_machine_that_ends_ends_the_run(shell: Shell) -> None:
    """As a display that goes away does."""
    script(shell, LONG)
    with running(shell) as process:
        begun(process)
        folder = str(homes(shell)[0].parent)
        for path in Path("/proc").iterdir():
            if path.name.isdecimal() and _has_open(path, folder):
                os.kill(int(path.name), signal.SIGKILL)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 5, err
    assert json.loads(out.splitlines()[-1])["reason"] == "desktop_error"


@pytest.mark.skipif(found("mousepad") is None, reason="no Mousepad")
def test_what_the_task_opens_is_opened_on_the_machine(shell: Shell, display: str) -> None:
    """By an action as any other, and behind the walls: it finds the machine's home, and not the person's."""
    (shell.home / ".config").mkdir()
    task = 'open "Mousepad", wait until "Untitled", press ctrl+s, wait until "Documents"'
    done = shell("run", "--on", "virtual", "--provider", "offline", "--json", "--yes", task, DISPLAY=display)
    assert done.code == 0, done.err
    assert done.of("acting")[0]["action"]["action_type"] == "launch"
    assert list((shell.home / ".config").iterdir()) == []
    assert homes(shell) == []


FROM_PYTHON = """
import os, threading
from coasty_desk import Desktop, Settings, UsageError

settings = Settings(on="virtual", provider="script", script="script.jsonl", no_record=True)
with Desktop(settings) as desktop, desktop.stream("it") as run:
    print(run.how_to_stop)
    events = iter(run)
    print(next(events).name)
    try:
        with Desktop(settings) as other, other.stream("it") as second:
            next(iter(second))
    except UsageError as error:
        print(error.message)
    for event in events:
        pass
print(run.result.ending.status, os.environ.get("DISPLAY"))
with Desktop(settings) as desktop:
    print(desktop.run("once more").ending.status)
"""


def test_from_python_one_after_the_other(shell: Shell) -> None:
    """Two at once would be on one display."""
    script(shell, go(("click", {"x": 5, "y": 5})), go(status="done"))
    done = subprocess.run(
        [sys.executable, "-c", FROM_PYTHON],
        env=shell.environment,
        cwd=shell.home,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.stdout.splitlines() == [
        "To stop: say `coasty-desk stop` in another terminal.",
        "run_started",
        "Another run of this program is on a virtual machine already.",
        "succeeded None",
        "succeeded",
    ], done.stderr
    assert homes(shell) == []


def _has_open(path: Path, folder: str) -> bool:
    """Whether it is the keeper: it has the machine's lock."""
    try:
        return any(str(one.readlink()) == f"{folder}/running.lock" for one in (path / "fd").iterdir())
    except OSError:
        return False
