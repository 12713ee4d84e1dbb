"""What a task of the bench is, and what became of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from scripts.offline_bench.desk import Desk

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 90

Outcome = Literal["done", "failed", "false done", "wrong fail", "broken"]


@dataclass(frozen=True)
class Task:
    """Something to do: how the desk is laid, what is said, and whether it was really done (None, or what is wrong).

    `possible=False`: it cannot be done, and the honest answer is to fail.
    `reads`: what the run must have read from the screen, as its last event says.
    `options`: further ones of the command line. `latency`: seconds that the site takes for each answer.
    """

    name: str
    lay: Callable[[Desk], None]
    say: str
    check: Callable[[Desk], str | None]
    possible: bool = True
    needs: tuple[str, ...] = ()
    reads: str = ""
    options: tuple[str, ...] = ()
    latency: float = 0


@dataclass(frozen=True)
class Result:
    """How a task went: exit code of the run, what it said last, seconds and steps, and what the check said."""

    task: Task
    code: int
    said: str
    seconds: float
    steps: int
    wrong: str | None
    events: list[dict[str, object]] = field(default_factory=list, repr=False)

    @property
    def outcome(self) -> Outcome:
        """`false done` is what must never be: it said done, and it was not."""
        if self.code == 0:
            return "done" if self.wrong is None and self.task.possible else "false done"
        if self.code in (1, 6) or (self.code == 2 and not self.task.possible):  # what is not understood is said at once
            return "failed" if self.task.possible else "done"
        return "broken"


def carry_out(task: Task, desk: Desk, pictures: Path | None = None) -> Result:
    """Lay the desk, let `coasty-desk run` do the task, and look at what is really there."""
    desk.site.latency = task.latency
    task.lay(desk)
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "coasty_desk",
            "run",
            "--provider",
            "offline",
            "--json",
            "--yes",
            "--max-steps",
            "80",
            "--deadline",
            str(DEADLINE),
            *(option.replace("{home}", str(desk.home)) for option in task.options),
            task.say.replace("{home}", str(desk.home)).replace("{site}", desk.site.url()),
        ],
        env=desk.environment | {"PYTHONPATH": str(ROOT)} | _coverage(),
        cwd=desk.home,
        capture_output=True,
        text=True,
        timeout=DEADLINE + 60,
        check=False,
    )
    events = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    last = events[-1] if events else {}
    wrong = _patiently(task, desk)
    if wrong is None and task.reads not in json.dumps(last, ensure_ascii=False):
        wrong = f"it did not say {task.reads!r}"
    said = str(last.get("message") or run.stderr.strip()[-400:])
    result = Result(task, run.returncode, said, float(last.get("seconds", 0)), int(last.get("steps", 0)), wrong, events)
    if pictures is not None and result.outcome != "done":
        _keep(result, desk, pictures)
    return result


def _patiently(task: Task, desk: Desk) -> str | None:
    """What is wrong, given a second for files to be written and forms to arrive."""
    for _ in range(10):
        wrong = task.check(desk)
        if wrong is None or not task.possible:
            return wrong
        time.sleep(0.1)
    return wrong


def _keep(result: Result, desk: Desk, pictures: Path) -> None:
    pictures.mkdir(parents=True, exist_ok=True)
    name = result.task.name.replace(" ", "-")
    desk.run(sys.executable, "-m", "mss", "--monitor", "1", "--output", str(pictures / f"{name}.png"), "--quiet")
    lines = [json.dumps(event) for event in result.events]
    (pictures / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def _coverage() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
