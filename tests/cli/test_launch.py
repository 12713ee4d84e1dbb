"""`open NAME` of the offline predictor is an action: gates, journal, dry run and replay treat it as any other."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from Xlib import X, display, error

from tests.cli.conftest import RECORDER, Shell
from tests.desktop.xvfb import xvfb
from tests.stub_service import KEY

OFFLINE = ("run", "--provider", "offline", "--yes", "--json")
TASK = 'open "Ink Pot"'
SECRET = "correct horse battery"

PROGRAM = """
import json, os
said = {"fds": sorted(os.listdir("/proc/self/fd"))[:-1], "session": os.getsid(0), "pid": os.getpid()}
said["environment"] = dict(os.environ)
with open(%(log)r, "a") as log:
    log.write(json.dumps(said) + "\\n")
os.execv(%(python)r, [%(python)r, %(window)r])
"""


class Desk:
    """A display of its own, and a home whose menu has one application: it covers the display, and keeps what it was given."""

    def __init__(self, shell: Shell, screen: str) -> None:
        self.shell = shell
        self.log = shell.home / "started.jsonl"
        program = shell.home / "ink-pot.py"
        program.write_text(PROGRAM % {"log": str(self.log), "python": sys.executable, "window": str(RECORDER)})
        menu = shell.home / ".local/share/applications"
        menu.mkdir(parents=True)
        command = shlex.join([sys.executable, str(program)])
        (menu / "org.ink.pot.desktop").write_text(
            f"[Desktop Entry]\nType=Application\nName=Ink Pot\nExec={command} %U\n"
        )
        shell.environment |= {"DISPLAY": screen, "XDG_DATA_DIRS": str(shell.home / "none"), "WORD": SECRET}

    @property
    def started(self) -> list[dict[str, object]]:
        """What each start was given."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def end(self) -> None:
        """End what was started, and wait until its window is gone."""
        for one in self.started:
            pid = one["pid"]
            assert isinstance(pid, int)
            os.kill(pid, signal.SIGKILL)
        self.log.unlink(missing_ok=True)
        server = display.Display(self.shell.environment["DISPLAY"])
        until = time.monotonic() + 10
        while any(map(_is_seen, server.screen().root.query_tree().children)):
            assert time.monotonic() < until
            time.sleep(0.02)
        server.close()


def _is_seen(window: Any) -> bool:
    try:
        return bool(window.get_attributes().map_state == X.IsViewable)
    except error.BadWindow:  # gone between the two requests
        return False


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """A display on which what was started is alone."""
    with xvfb(800, 600) as name:
        yield name


@pytest.fixture
def desk(shell: Shell, screen: str) -> Iterator[Desk]:
    """The display and the menu; what was started is ended."""
    made = Desk(shell, screen)
    yield made
    made.end()


def test_it_is_started_announced_and_recorded(desk: Desk) -> None:
    """As an action, with neither key nor secret nor file of ours, in a session of its own; and a replay does it again."""
    result = desk.shell(*OFFLINE, "--secret", "W=env:WORD", TASK, COPY=f"key={KEY}", OTHER_API_KEY="of another service")
    assert result.code == 0, result.out
    acting, *_ = result.of("acting")  # a slow start is waited for
    assert acting["words"] == 'open "Ink Pot"'
    assert acting["action"] == {"action_type": "launch", "params": {"name": "Ink Pot", "entry": "org.ink.pot.desktop"}}
    [given] = desk.started
    assert given["fds"] == ["0", "1", "2"]
    assert given["session"] == given["pid"]
    environment = given["environment"]
    assert isinstance(environment, dict)
    assert environment["DISPLAY"] == desk.shell.environment["DISPLAY"]
    assert not {"COASTY_API_KEY", "OTHER_API_KEY", "WORD", "COPY"} & set(environment)
    assert 'open "Ink Pot"' in desk.shell("runs", "show", "last").out
    desk.end()
    assert desk.shell("replay", "last", "--yes").code == 0
    assert len(desk.started) == 1


@pytest.mark.parametrize(
    "policy",
    [
        'allowed_actions = ["wait"]',
        'allowed_actions = ["click", "wait"]',
        'blocked_actions = ["launch"]',
        'windows_denied = ["*ink*"]',
        'windows_allowed = ["*Mousepad*"]',
    ],
)
def test_a_policy_that_does_not_let_it_pass_starts_nothing(desk: Desk, policy: str) -> None:
    """Safety sentence: an application is started as far as the policy allows; the run says that it was refused."""
    (desk.shell.home / "policy.toml").write_text(policy + "\n")
    result = desk.shell(*OFFLINE, "--policy", "policy.toml", TASK)
    assert (result.code, result.of("run_ended")[0]["reason"]) == (6, "refused")
    assert [event["by"] for event in result.of("refused")] == ["policy"]
    (journal,) = desk.shell.data.glob("runs/*/journal.jsonl")
    names = [json.loads(line)["event"] for line in journal.read_text().splitlines()]
    assert ("refused" in names, "acting" in names) == (True, False)
    assert desk.started == []


def test_without_a_yes_it_is_not_started(desk: Desk) -> None:
    """Safety sentence: with `--confirm always` an application is started after a yes alone."""
    result = desk.shell(*OFFLINE, "--confirm", "always", TASK)
    assert (result.code, desk.started) == (6, [])
    assert result.of("asked")[0]["question"] == 'open "Ink Pot"?'


def test_a_dry_run_says_what_it_would_start(desk: Desk) -> None:
    """And starts nothing."""
    result = desk.shell("run", "--provider", "offline", "--dry-run", TASK)
    assert 'would open "Ink Pot"' in result.out
    assert desk.started == []


def test_it_counts_as_an_action(desk: Desk) -> None:
    """To `max_actions` of a policy."""
    (desk.shell.home / "policy.toml").write_text("max_actions = 1\n")
    result = desk.shell(*OFFLINE, "--policy", "policy.toml", f"{TASK}, {TASK}")
    assert result.code == 6
    assert len(desk.started) == 1
