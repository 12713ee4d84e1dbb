"""Stopping a run in the middle of anything, from outside: the window sees no more input, nothing stays held, the session is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from Xlib.display import Display

from tests.cli.conftest import Shell, recording, service
from tests.cli.hindered import BY_HAND
from tests.desktop.targets import App
from tests.desktop.xvfb import held_down, xvfb
from tests.stub_service import Service, click, done, error, go, held, saying

PATIENCE = 20.0
"""Seconds, on a busy machine, within which whatever must happen soon has happened."""


def typing(text: str) -> dict[str, Any]:
    """An action that types."""
    return {"action_type": "type_text", "params": {"text": text}}


def pressing(*keys: str) -> dict[str, Any]:
    """An action that presses keys one after the other."""
    return {"action_type": "key_press", "params": {"keys": list(keys)}}


def chord(*keys: str) -> dict[str, Any]:
    """An action that holds keys together."""
    return {"action_type": "key_combo", "params": {"keys": list(keys)}}


WAIT = {"action_type": "wait", "params": {"seconds": 30}}
DRAG = {"action_type": "drag", "params": {"x1": 100, "y1": 100, "x2": 900, "y2": 500}}

ACTIVITIES: dict[str, dict[str, Any]] = {
    "typing 4000 characters": go(typing("The Quick brown fox. " * 200)),
    "a wait of 30 s": go(WAIT),
    "40 drags": go(*[DRAG] * 40),
}


@dataclass
class Running:
    """A run that goes on, on a display of its own."""

    process: subprocess.Popen[str]
    display: str
    window: App
    service: Service
    url: str

    def person(self, *arguments: str) -> None:
        """Somebody at this display does something."""
        subprocess.run(["xdotool", *arguments], env=os.environ | {"DISPLAY": self.display}, check=True)

    def until(self, what: Callable[[], bool]) -> None:
        """Wait for it."""
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)

    def ended(self) -> tuple[int, list[dict[str, Any]], str]:
        """The exit code, the events and what was said on stderr."""
        out, err = self.process.communicate(timeout=PATIENCE)
        assert "Traceback" not in err, err
        return self.process.returncode, [json.loads(line) for line in out.splitlines()], err


@contextmanager
def running(
    shell: Shell, *script: dict[str, Any], options: tuple[str, ...] = (), stall: float = 0
) -> Iterator[Running]:
    """A run of this script; `stall`: the service holds the first prediction for so many seconds."""
    with xvfb(1280, 720) as name, recording(name) as window, service(*script) as (stand_in, url):
        if stall:
            stand_in.plan("predict", held(stall))
        subprocess.run(["xdotool", "mousemove", "640", "360"], env=os.environ | {"DISPLAY": name}, check=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "coasty_desk", "run", "--json", *options, "do it"],
            env=shell.environment | {"DISPLAY": name, "COASTY_BASE_URL": url},
            cwd=shell.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield Running(process, name, window, stand_in, url)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def press_control_c(run: Running) -> None:
    """In its terminal."""
    run.process.send_signal(signal.SIGINT)


WAYS: dict[str, tuple[Callable[[Running], None], str]] = {
    **BY_HAND,
    "Ctrl-C": (press_control_c, "interrupt"),
}


def assert_stopped(run: Running, reason: str) -> None:
    """Exit 130 with the reason, the session deleted, no key and no button down, and no input any more."""
    code, events, _ = run.ended()
    assert (code, events[-1]["event"], events[-1]["status"]) == (130, "run_ended", "cancelled")
    assert events[-1]["reason"] == reason
    assert run.service.deleted == ["ses_1"]
    assert held_down(run.display) == []


@pytest.mark.parametrize("activity", ACTIVITIES)
@pytest.mark.parametrize("way", WAYS)
def test_every_way_stops_every_input(shell: Shell, way: str, activity: str) -> None:
    """Safety sentence: Esc three times, the abort key, the corner and Ctrl-C stop a run in the middle of a keystroke, a drag or a wait."""
    act, reason = WAYS[way]
    with running(shell, ACTIVITIES[activity]) as run:
        if activity.startswith("a wait"):
            run.until(lambda: len(run.service.posts("predict")) > 0)
            time.sleep(0.5)  # the answer is on its way, and with it the wait
        else:
            run.until(lambda: len(run.window.events) > 40)
        act(run)
        assert_stopped(run, reason)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_stops_a_request_that_is_held(shell: Shell, way: str) -> None:
    """Safety sentence: a stop does not wait for the service, and the session is deleted all the same."""
    act, reason = WAYS[way]
    with running(shell, done(), stall=30) as run:
        run.until(lambda: len(run.service.posts("predict")) > 0)
        act(run)
        assert_stopped(run, reason)


@pytest.mark.parametrize("seconds", [0.3, 20.0])
def test_a_session_that_was_being_opened_is_closed_and_booked(shell: Shell, seconds: float) -> None:
    """Safety sentence: one whose opening was on its way when the stop came is closed, paid for in the books, and told of.

    Its answer comes a moment later, or not at all; then the service is asked by the request's key.
    """
    with running(shell, done()) as run:
        run.service.plan("session", held(seconds))
        run.until(lambda: len(run.service.posts("session")) > 0)
        press_control_c(run)
        code, events, _ = run.ended()
        assert (code, run.service.deleted, run.service.charged) == (130, ["ses_1"], 10)
        (charged,) = [event for event in events if event["event"] == "charged"]
        assert (charged["session_id"], charged["cents"], events[-1]["cost_cents"]) == ("ses_1", 10, 10)
        told = json.loads(shell("cost", "--spent", "--json").out)
        assert (sum(told["by_day"].values()), told["reserved_cents"]) == (14, 0)
        run.service.release.set()
        where = {"DISPLAY": run.display, "COASTY_BASE_URL": run.url}
        assert shell("resume", "last", "--yes", **where).code == 0
        assert run.service.charged == 24
        assert not run.service.sessions


def test_a_session_that_cannot_be_closed_is_said(shell: Shell) -> None:
    """Safety sentence: the last event names what may be open still, and so deleting the run's record closes it."""
    refuses = saying(error(503, "SERVICE_UNAVAILABLE"))
    with running(shell, go(WAIT)) as run:
        run.service.plan("DELETE /v1/sessions/ses_1", *[refuses] * 3)
        run.until(lambda: len(run.service.posts("predict")) > 0)
        press_control_c(run)
        code, events, _ = run.ended()
        assert (code, list(run.service.sessions), events[-1]["left_open"]) == (130, ["ses_1"], ["ses_1"])
        assert "1 session may be open still: coasty-desk sessions list" in events[-1]["message"]
        assert events[-1]["run_id"] in shell("sessions", "list", COASTY_BASE_URL=run.url).out
        assert "Closed the session ses_1." in shell("runs", "delete", "last", COASTY_BASE_URL=run.url).out
        assert not run.service.sessions


@pytest.fixture
def _not_under_nohup() -> Iterator[None]:
    """A run that is started where SIGHUP is ignored ignores it on purpose; these tests may be started so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_not_under_nohup")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_other_signals_stop_as_well(shell: Shell, number: signal.Signals) -> None:
    """Safety sentence: SIGTERM and a closed terminal end the run as Ctrl-C does."""
    with running(shell, ACTIVITIES["40 drags"]) as run:
        run.until(lambda: len(run.window.events) > 40)
        run.process.send_signal(number)
        assert_stopped(run, "interrupt")


@pytest.mark.stops_all
@pytest.mark.stops_all  # the second time there is no run on its display any more
def test_another_terminal_stops_it(shell: Shell) -> None:
    """Safety sentence: `coasty-desk stop` ends the run that drives this display, and says which."""
    with running(shell, go(WAIT)) as run:
        run.until(lambda: len(run.service.posts("predict")) > 0)
        said = shell("stop", DISPLAY=run.display, HOME="/nonexistent")
        assert (said.code, str(run.process.pid) in said.out) == (0, True)
        assert "do it" in said.out
        assert_stopped(run, "stop")
    assert shell("stop", DISPLAY=run.display).code != 0


@pytest.mark.stops_all
def test_where_there_is_no_display_and_no_run_nothing_runs(shell: Shell) -> None:
    """It says so and what it has looked at, with the code of nothing to stop: no display is an answer there, and no fault."""
    said = shell("stop", DISPLAY="")
    assert (said.code, said.err) == (1, "")
    assert "none on a machine listens" in said.out
    assert "DISPLAY" in said.out


def test_a_second_run_on_the_display_is_refused(shell: Shell) -> None:
    """Safety sentence: while one run drives a display, a second is refused at once, with the first's process and task."""
    with running(shell, go(WAIT)) as run:
        run.until(lambda: len(run.service.posts("predict")) > 0)
        second = shell("run", "another", DISPLAY=run.display, COASTY_BASE_URL="http://127.0.0.1:9")
        assert second.code == 2
        assert str(run.process.pid) in second.err
        assert "do it" in second.err
        run.process.kill()
        run.process.wait()
        with service(done()) as (_, url):
            assert shell("run", "another", DISPLAY=run.display, COASTY_BASE_URL=url).code == 0


@pytest.mark.parametrize(
    "command", [("release",), ("doctor", "--selftest"), ("run", "--provider", "offline", "press escape")]
)
def test_nothing_sends_input_beside_a_run(shell: Shell, command: tuple[str, ...]) -> None:
    """Safety sentence: `release` would drop the run's drag, the self-test garble its text: both refuse, and say who drives."""
    with running(shell, ACTIVITIES["40 drags"]) as run:
        run.until(lambda: len(run.window.events) > 40)
        said = shell(*command, DISPLAY=run.display)
        assert said.code == 2
        assert f"process {run.process.pid}" in said.err
        assert "do it" in said.err
        assert "coasty-desk stop" in said.err
        press_control_c(run)
        assert_stopped(run, "interrupt")


def test_a_look_at_the_desktop_moves_nothing_beside_a_run(shell: Shell) -> None:
    """Safety sentence: `doctor` tries the pointer, but not while a run has it: it would take that for a hand, and end."""
    with running(shell, go(click(300, 300), WAIT), options=("--on-human-input", "stop")) as run:
        run.until(lambda: len(run.window.of_kind("release")) > 0)
        before = len(run.window.events)
        said = shell("doctor", DISPLAY=run.display)
        assert "not tried, since another run drives this display" in said.out
        assert f"process {run.process.pid}" in said.out
        assert run.window.events[before:] == []
        press_control_c(run)
        assert_stopped(run, "interrupt")


def test_a_run_that_loses_its_display_to_another_ends(shell: Shell) -> None:
    """Safety sentence: a lock that another program takes ends the run at once, in the middle of a drag, and nothing stays held."""
    with running(shell, ACTIVITIES["40 drags"]) as run:
        run.until(lambda: len(run.window.events) > 40)
        thief = Display(run.display)
        window = thief.screen().root.create_window(-1, -1, 1, 1, 0, 0)
        window.set_selection_owner(thief.intern_atom("_COASTY_DESK_RUN"), 0)
        thief.sync()
        code, events, _ = run.ended()
        assert (code, events[-1]["reason"]) == (5, "desktop_error")
        assert "another program has taken away the lock" in events[-1]["message"]
        assert (run.service.deleted, held_down(run.display)) == (["ses_1"], [])
        thief.close()


def test_what_the_agent_does_itself_never_stops_it(shell: Shell) -> None:
    """Safety sentence: the agent's own clicks in corners, its own Escs and the letters of the abort key do not stop the run."""
    corners = [click(x, y) for x in (0, 1279) for y in (0, 719)]
    batches = [
        go(*corners),
        go(pressing("esc", "esc"), pressing("esc")),
        go(pressing("esc")),
        go(typing("f12 F12 <f12>")),
    ]
    with running(shell, *batches, done()) as run:
        code, events, _ = run.ended()
    assert code == 0
    presses = {(event["x"], event["y"]) for event in run.window.of_kind("press")}
    assert presses == {(2, 2), (1277, 2), (2, 717), (1277, 717)}
    assert len([event for event in run.window.of_kind("key_down") if event["keysym"] == 0xFF1B]) == 4
    assert any(event["event"] == "paused" for event in events), "the third Esc is spaced, and said"


@pytest.mark.parametrize(
    "action",
    [chord("ctrl", "shift", "f12"), pressing("ctrl+shift+F12"), pressing("esc", "esc", "esc"), typing("\x1b" * 3)],
)
def test_the_agent_cannot_press_the_abort_keys(shell: Shell, action: dict[str, Any]) -> None:
    """Safety sentence: a chord that would be the abort key, and Esc three times, are refused when the model asks for them."""
    with running(shell, go(action), done()) as run:
        code, events, _ = run.ended()
        assert run.window.of_kind("key_down") == []
    assert code == 0
    refused = [event for event in events if event["event"] == "refused"]
    assert [event["by"] for event in refused] == ["abort"]
    assert "refused" in json.loads(run.service.posts("predict")[1].body)["instruction"]


def test_what_a_killed_process_left_held_is_let_go_before_the_first_input(shell: Shell) -> None:
    """Safety sentence: keys that are down at the start, as a killed run leaves them, are found and let go, and that is said."""
    with xvfb(1280, 720) as name, recording(name) as window, service(done(pressing("a"))) as (_, url):
        subprocess.run(["xdotool", "keydown", "ctrl"], env=os.environ | {"DISPLAY": name}, check=True)
        result = shell("run", "do it", DISPLAY=name, COASTY_BASE_URL=url)
        (pressed,) = [event for event in window.of_kind("key_down") if event["keysym"] == ord("a")]
        assert held_down(name) == []
    assert result.code == 0, result.err
    assert pressed["state"] & 4 == 0, "Control was not held any more"
    assert "Control_L" in result.err
