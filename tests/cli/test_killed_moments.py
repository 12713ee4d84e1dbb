"""A process that is killed at the moments when most is open: a session being opened, a question, a drag under Ctrl-Z."""

from __future__ import annotations

import json
import os
import pty
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import Shell, recording
from tests.cli.test_killed import FAULTS, pressed
from tests.cli.test_stopping import DRAG
from tests.desktop.targets import App
from tests.desktop.xvfb import held_down
from tests.stub_service import Service, click, done, go, held, serving

KILLS, PATIENCE = 6, 40.0
POINTS = [(60 + 90 * n, 40) for n in range(4)]
PLACES = [*POINTS, (100, 100)]


@dataclass
class Trial:
    """One run over its sittings, on a terminal of its own; whoever sits there says yes to whatever is asked."""

    shell: Shell
    display: str
    url: str
    window: App
    service: Service
    says: bool = False

    @contextmanager
    def sitting(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of it, from its start."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-m", "coasty_desk", *command],
            env=self.shell.environment | {"DISPLAY": self.display, "COASTY_BASE_URL": self.url, "TERM": "xterm"},
            cwd=self.shell.home,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        person = threading.Thread(target=self._read, args=(ours,), daemon=True)
        person.start()
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            person.join(PATIENCE)
            os.close(ours)

    def _read(self, terminal: int) -> None:
        with suppress(OSError):  # the last process at the terminal has gone
            while said := os.read(terminal, 65536):
                if b"[Y/n]" in said or (self.says and b"[y]es" in said):  # what a killed run left held is to be let go
                    os.write(terminal, b"y\n")

    def events(self) -> list[dict[str, object]]:
        """What is in the journal."""
        found = sorted((self.shell.data / "runs").glob("*/journal.jsonl"))
        lines = found[-1].read_bytes().split(b"\n")[:-1] if found else []
        return [json.loads(line) for line in lines]

    def until(self, what: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        """Wait for it, or for the end of the process."""
        deadline = time.monotonic() + PATIENCE
        while not what() and process.poll() is None:
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.005)


def _is_stopped(process: subprocess.Popen[bytes]) -> bool:
    return Path(f"/proc/{process.pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"T"


def _opening(trial: Trial, process: subprocess.Popen[bytes], chance: random.Random) -> None:
    trial.until(lambda: bool(trial.service.posts("session")), process)
    time.sleep(chance.random() * 0.4)


def _asking(trial: Trial, process: subprocess.Popen[bytes], chance: random.Random) -> None:
    asked = chance.randint(1, 2)
    trial.says = asked > 1
    trial.until(lambda: Counter(event["event"] for event in trial.events())["asked"] >= asked, process)
    trial.says = False
    time.sleep(chance.random() * 0.1)


def _suspended(trial: Trial, process: subprocess.Popen[bytes], chance: random.Random) -> None:
    begun = len(trial.window.of_kind("press"))
    trial.until(lambda: len(trial.window.of_kind("press")) > begun, process)
    time.sleep(chance.random() * 0.2)
    process.send_signal(signal.SIGTSTP)
    trial.until(lambda: process.poll() is not None or _is_stopped(process), process)
    assert process.poll() is not None or held_down(trial.display) == []


MOMENTS = {
    "a session being opened": (_opening, (go(*[click(*point) for point in POINTS]), done()), ()),
    "a question": (_asking, (go(*[click(*point) for point in POINTS]), done()), ("--confirm", "always")),
    "a drag under Ctrl-Z": (_suspended, (go(DRAG, click(*POINTS[0])), go(click(*POINTS[1])), done()), ()),
}


@pytest.mark.slow
def test_a_run_that_is_killed_at_its_worst_moments_does_and_pays_nothing_twice(shell: Shell, display: str) -> None:
    """Safety sentence: whatever was open when it was killed is taken up or told, with faults of the service besides."""
    trials(shell, display, KILLS, seed=20261126)


def trials(shell: Shell, display: str, kills: int, seed: int) -> Counter[str]:
    """So many kills, in turn at each moment; how often each came. Asserts what must hold after each."""
    chance, came = random.Random(seed), Counter[str]()  # noqa: S311 - moments, to be repeatable
    with recording(display) as window:
        for number in range(kills):
            name = list(MOMENTS)[number % len(MOMENTS)]
            came[name] += _trial(shell, display, window, name, chance)
    return came


def _trial(shell: Shell, display: str, window: App, name: str, chance: random.Random) -> bool:
    reach, script, options = MOMENTS[name]
    service, before = Service(list(script)), len(window.of_kind("press"))
    service.plan("session", held(chance.random() * 0.4) if reach is _opening else chance.choice(FAULTS))
    service.plan("predict", *chance.choices(FAULTS, k=4))
    with serving(service) as url:
        trial = Trial(shell, display, url, window, service)
        with trial.sitting("run", "--yes", "--settle", "0", *options, "do it") as process:
            reach(trial, process, chance)
            killed = process.poll() is None
        open_then = list(service.sessions)
        listed = json.loads(shell("sessions", "list", "--json", COASTY_BASE_URL=url).out)
        assert [one["session_id"] for one in listed] == open_then
        trial.says = True
        for _ in range(3):  # the service may fail too often for one sitting
            with trial.sitting("resume", "last", "--yes") as process:
                assert process.wait(PATIENCE) in (0, 2, 4), trial.events()[-1]
            end = trial.events()[-1]
            if end.get("reason") == "done":
                break
    assert (end["event"], end["reason"]) == ("run_ended", "done"), end
    clicks = pressed(window)[before:]
    assert len(set(clicks)) == len(clicks), clicks
    assert clicks == [place for place in sorted(PLACES, key=_order(script)) if place in clicks]
    keys = [charge.key for charge in service.charges if charge.cents > 0]
    assert len(set(keys)) == len(keys), keys
    assert end["cost_cents"] == service.charged
    assert not service.sessions
    assert held_down(display) == []
    assert json.loads(shell("cost", "--spent", "--json").out)["reserved_cents"] == 0
    return killed


def _order(script: tuple[dict[str, object], ...]) -> Callable[[tuple[int, int]], int]:
    drags = "drag" in json.dumps(script)
    return lambda place: (place != PLACES[-1]) * (1 + place[0]) if drags else place[0]
