"""A step of a run of the service against one of `coasty-desk run`: the same script on the same display, in turns.

    .venv/bin/python scripts/bench_served_step.py [ROUNDS] [SETTLE]

From one look at the screen to the next, as the record has it, in milliseconds; somebody reads the events meanwhile. The ratio is that of
the medians (at most 1.05 is wanted), each round's beside it. Without SETTLE, seconds, each action is waited for as usual; 0 leaves a step
of nothing but our own work, which no run has.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.automation.run_homes import act, click, typing
from tests.cli.conftest import Shell, recording
from tests.desktop.xvfb import xvfb
from tests.server.run_services import RunningService, running_service, scripted

STEPS = 20


def alone(service: RunningService, display: str, options: tuple[str, ...]) -> list[float]:
    """Seconds of each step of a `run` of its own."""
    shell = service.shell
    assert isinstance(shell, Shell)
    done = shell("run", *options, "--json", "--max-steps", "50", "click", DISPLAY=display)
    assert done.code == 0, done.err
    return steps(service.journal(done.events[0]["run_id"]))


def served(service: RunningService) -> list[float]:
    """The same, by the service."""
    run_id = service.create("click", max_steps=50)
    for event in service.events(run_id):
        if event[1] == "done":
            break
    service.reach(run_id, "succeeded")
    return steps(service.journal(run_id))


def steps(journal: list[dict[str, Any]]) -> list[float]:
    """From one look to the next."""
    looks = [datetime.fromisoformat(line["time"]).timestamp() for line in journal if line["event"] == "observed"]
    return [after - before for before, after in itertools.pairwise(looks)]


def main(rounds: int, settle: str) -> None:
    """Print a row for each round, and all of them."""
    lines = [
        act(click(20 + 40 * step, 40), click(20 + 40 * step, 80 + 20 * step), typing(f"{step} abc"))
        for step in range(STEPS)
    ]
    with tempfile.TemporaryDirectory() as folder, xvfb(1280, 720) as display, recording(display):
        home = Path(folder)
        if settle:
            (home / ".config" / "coasty-desk").mkdir(parents=True)
            (home / ".config" / "coasty-desk" / "config.toml").write_text(f"[run]\nsettle = {settle}\n")
        options = scripted(home, *lines, act(status="done"))
        every: dict[str, list[float]] = {"run": [], "served": []}
        print(f"{'':<8} {'run':>8} {'served':>8} {'ratio':>6}")
        with running_service(home, display, *options) as service:
            for number in range(rounds):
                pair = (("run", lambda: alone(service, display, options)), ("served", lambda: served(service)))
                took = {name: measure() for name, measure in (pair if number % 2 else pair[::-1])}
                for name, found in took.items():
                    every[name] += found
                _print(str(number + 1), took)
        _print("all", every)


def _print(name: str, took: dict[str, list[float]]) -> None:
    run, by_service = (1000 * statistics.median(took[which]) for which in ("run", "served"))
    print(f"{name:<8} {run:8.1f} {by_service:8.1f} {by_service / run:6.3f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8, sys.argv[2] if len(sys.argv) > 2 else "")
