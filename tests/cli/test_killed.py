"""A process that is killed at any moment, and taken up again: nothing is done or paid twice."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.conftest import Shell, recording
from tests.desktop.targets import App
from tests.desktop.xvfb import held_down
from tests.stub_service import (
    HTML,
    Fault,
    Service,
    click,
    done,
    dropped,
    error,
    garbled,
    go,
    held,
    lost,
    saying,
    serving,
)

STEPS, KILLS = 12, 6
POINTS = [(40 + 50 * (n % 12), 60 + 90 * (n // 12)) for n in range(2 * STEPS)]
SCRIPT = [go(click(*POINTS[2 * n]), click(*POINTS[2 * n + 1])) for n in range(STEPS)]
RUN = ("run", "--json", "--yes", "--settle", "0", "click all over")
FAULTS: tuple[Fault | None, ...] = (
    *[None] * 5,
    *(lost, dropped, garbled, held(0.2), saying(HTML), saying(error(503, "SERVICE_UNAVAILABLE", {"Retry-After": "0"}))),
)


@dataclass
class Sittings:
    """One run over all its processes."""

    shell: Shell
    environment: dict[str, str]
    kills: int = 0
    events: list[dict[str, object]] = field(default_factory=list)
    run_id: str = ""

    def sit(self, lines: int, seconds: float) -> None:
        """A process that is killed so many lines and seconds after its start; it may have ended before."""
        command = ["resume", "--json", "--yes", self.run_id] if self.run_id else [*RUN]
        with subprocess.Popen(
            [sys.executable, "-m", "coasty_desk", *command],
            env=self.shell.environment | self.environment,
            cwd=self.shell.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in process.stdout:
                self._hear(line)
                lines -= 1
                if lines == 0:
                    time.sleep(seconds)
                    os.kill(process.pid, signal.SIGKILL)
                    self.kills += 1
                    break
            for line in process.stdout:
                self._hear(line)
            said = process.stderr.read()
        assert "Traceback" not in said, said
        assert self.run_id, said
        if process.wait() == 2 and "has ended" in said:  # its last line was written, and not printed any more
            self.events += json.loads(self.shell("runs", "show", self.run_id, "--json").out)["events"][-1:]
        else:
            assert process.wait() in (0, 4, -signal.SIGKILL), said

    @property
    def ended(self) -> dict[str, object] | None:
        """The run's last event, if it has come; a service that failed too often is asked again in another sitting."""
        last = self.events[-1]
        return last if last["event"] == "run_ended" and last["reason"] != "service_error" else None

    def _hear(self, line: str) -> None:
        if line.endswith("\n"):
            self.events.append(json.loads(line))
            self.run_id = str(self.events[-1]["run_id"])


@pytest.mark.slow
@pytest.mark.parametrize("faults", [(), FAULTS], ids=["well", "with faults"])
def test_a_run_that_is_killed_again_and_again_does_and_pays_nothing_twice(
    shell: Shell, display: str, faults: tuple[Fault | None, ...]
) -> None:
    """Six kills at random moments of runs of 12 steps and 24 clicks, where the service answers and where it fails; scripts/bench_kills.py does hundreds."""
    assert trials(shell, display, KILLS, 20261122, faults) >= KILLS


def trials(shell: Shell, display: str, kills: int, seed: int, faults: tuple[Fault | None, ...] = FAULTS) -> int:
    """So many kills at least; how many it were. Asserts what must hold after each run."""
    chance, killed = random.Random(seed), 0  # noqa: S311 - moments, to be repeatable
    with recording(display) as window:
        while killed < kills:
            service = Service([*SCRIPT, done()])
            if faults:
                service.plan("session", chance.choice(faults))
                service.plan("predict", *chance.choices(faults, k=2 * STEPS))
            before = len(window.of_kind("press"))
            with serving(service) as url:
                run = Sittings(shell, {"DISPLAY": display, "COASTY_BASE_URL": url})
                run.sit(chance.randint(1, 90), chance.random() * 0.02)
                while run.ended is None:
                    run.sit(chance.randint(1, 40), chance.random() * 0.02)
            killed += run.kills
            assert_nothing_twice(run, service, pressed(window)[before:])
            assert held_down(display) == []
            assert json.loads(shell("cost", "--spent", "--json").out)["reserved_cents"] == 0
    return killed


def pressed(window: App) -> list[tuple[int, int]]:
    """Where buttons were pressed, once nothing more comes."""
    seen = -1
    while seen != len(window.events):
        seen = len(window.events)
        time.sleep(0.2)
    return [(int(event["x"]), int(event["y"])) for event in window.of_kind("press")]


def assert_nothing_twice(run: Sittings, service: Service, clicks: list[tuple[int, int]]) -> None:
    """The clicks that arrived, what was charged and what the run says of itself agree."""
    assert run.ended is not None
    assert run.ended["reason"] == "done", run.ended
    assert len(set(clicks)) == len(clicks), clicks
    assert clicks == [point for point in POINTS if point in set(clicks)]
    assert len(POINTS) - len(clicks) <= run.kills
    keys = [charge.key for charge in service.charges if charge.cents > 0]
    bought = [key.rpartition(":")[0] for key in keys]
    assert len(set(bought)) == len(bought), "a step that was refused has another key, and only one is paid for"
    given_up = [event for event in run.events if event.get("reason") == "service_error"]
    # a sitting that gives up closes its session, and the next one opens another
    sessions = "|".join(f"session-{number}" for number in range(1, len(given_up) + 2))
    assert all(re.fullmatch(rf"[\w-]+:(\d+|{sessions}):\d+", key) for key in keys)
    assert run.ended["cost_cents"] == service.charged
    assert not service.sessions


def test_a_run_that_is_still_going_on_is_not_taken_up(shell: Shell, display: str, tmp_path: Path) -> None:
    """Its process is named."""
    service = Service([go({"action_type": "wait", "params": {"seconds": 30}}), done()])
    with serving(service) as url:
        run = Sittings(shell, {"DISPLAY": display, "COASTY_BASE_URL": url})
        process = subprocess.Popen(
            [sys.executable, "-m", "coasty_desk", *RUN],
            env=shell.environment | run.environment,
            cwd=shell.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = next(line for line in process.stdout if '"acting"' in line)
        refused = shell("resume", json.loads(line)["run_id"], **run.environment)
        assert refused.code == 2
        assert f"process {process.pid}" in refused.err
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        process.stdout.close()
        assert shell("resume", "last", **run.environment).code == 0
        ended = shell("resume", "last", **run.environment)
    assert ended.code == 2
    assert "has ended" in ended.err
