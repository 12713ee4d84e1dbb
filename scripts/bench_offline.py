"""The embedded predictor on real applications: tasks that are checked from outside, and labels that must be found.

.venv/bin/python scripts/bench_offline.py [--size 1920x1080] [--dark] [--no-accessibility] [--only WORDS] [--traps] [--unseen] [--fresh]
    [--blind 1|2|3|4|5|6] [--idle] [--boxes] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coasty_desk.models.offline.vision.engines import ENGINES
from scripts.offline_bench import (
    field_looks,
    grounding,
    looks,
    reading_time,
    screens,
    tasks_apps,
    tasks_blind,
    tasks_blind2,
    tasks_blind3,
    tasks_blind4,
    tasks_blind5,
    tasks_blind6,
    tasks_fifty,
    tasks_fresh,
    tasks_kinds,
    tasks_moving,
    tasks_named,
    tasks_unseen,
    tasks_web,
)
from scripts.offline_bench.desk import Desk
from scripts.offline_bench.task import Result, Task, carry_out


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every desk is cleared
    asked = _asked()
    if asked.reading:
        with Desk(asked.size, dark=asked.dark) as desk:
            reading_time.measure(desk)
        return 0
    if asked.grounding:
        return _grounding(asked)
    if asked.fields is not None:
        with Desk(asked.size, dark=asked.dark, accessible=not asked.no_accessibility) as desk:
            return 0 if field_looks.measure(desk, asked.fields, asked.only, asked.keep) else 1
    if asked.boxes:
        with Desk(asked.size, dark=asked.dark, accessible=not asked.no_accessibility) as desk:
            some = [task for task in looks.tasks() if any(word in task.name for word in asked.only.split(","))]
            results = [_told(carry_out(task, desk, asked.keep)) for task in some]
    else:
        tried = (_on_a_desk(task, asked) for task in _chosen(asked))
        results = [_told(result) for result in tried if result is not None]
    if results:
        _summary(results)
    return 1 if any(result.outcome == "false done" for result in results) else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--no-accessibility", action="store_true")
    parser.add_argument("--only", default="", help="tasks whose name has one of these words")
    parser.add_argument("--traps", action="store_true", help="only what cannot be done")
    parser.add_argument("--unseen", action="store_true", help="only the tasks that nobody has built for")
    parser.add_argument(
        "--blind",
        type=int,
        choices=(1, 2, 3, 4, 5, 6),
        help="only one of the sets by somebody who had not seen the predictor",
    )
    parser.add_argument("--idle", action="store_true", help="none of those with a server that takes its time")
    parser.add_argument("--fresh", action="store_true", help="only the second set that nobody has built for")
    parser.add_argument(
        "--boxes", action="store_true", help="only boxes, as they are drawn: 28 looks, and some that stay as they are"
    )
    parser.add_argument("--named", action="store_true", help="only things that have a name and no text")
    parser.add_argument("--grounding", action="store_true", help="find labels, on this size and in this light")
    parser.add_argument(
        "--fields", type=int, choices=range(3), help="fields of every look, under one of three sets of names"
    )
    parser.add_argument("--reading", action="store_true", help="time the reading of a screen, whole and again")
    parser.add_argument("--keep", type=Path, help="where pictures and journals of what went wrong are kept")
    parser.add_argument("--engine", choices=ENGINES, default=next(iter(ENGINES)), help="who reads, in --grounding")
    return parser.parse_args()


def _grounding(asked: argparse.Namespace) -> int:
    with Desk(asked.size, dark=asked.dark) as desk:
        made = grounding.ground(chain(screens.windows(desk), screens.pages(desk)), ENGINES[asked.engine], asked.keep)
    grounding.report(made)
    return 0


def _chosen(asked: argparse.Namespace) -> list[Task]:
    sets = [tasks_apps, tasks_web, tasks_moving, tasks_unseen, tasks_fresh, tasks_kinds, tasks_fifty, tasks_blind]
    sets += [tasks_blind2, tasks_blind3, tasks_blind4, tasks_blind5, tasks_blind6]
    if asked.blind is not None:
        sets = [(tasks_blind, tasks_blind2, tasks_blind3, tasks_blind4, tasks_blind5, tasks_blind6)[asked.blind - 1]]
    if asked.named:
        return [task for task in (*tasks_named.TASKS, *tasks_named.TRAPS) if asked.only in task.name]
    if asked.unseen or asked.fresh:
        sets = [some for some, wanted in ((tasks_unseen, asked.unseen), (tasks_fresh, asked.fresh)) if wanted]
    everything = [task for some in sets for task in ([] if asked.traps else some.TASKS)]
    everything += [task for some in sets for task in some.TRAPS]
    words = asked.only.split(",") if asked.only else [""]
    return [
        task for task in everything if any(word in task.name for word in words) and not (asked.idle and task.latency)
    ]


def _on_a_desk(task: Task, asked: argparse.Namespace) -> Result | None:
    """What became of it; None, and a sentence, where what it needs is not installed."""
    with Desk(asked.size, dark=asked.dark, accessible=not asked.no_accessibility) as desk:
        try:
            return carry_out(task, desk, asked.keep)
        except FileNotFoundError as error:
            print(f"left out   {task.name:24} {error.filename} is not installed")
        except TimeoutError as error:
            print(f"left out   {task.name:24} {error}", flush=True)
    return None


def _told(result: Result) -> Result:
    steps = f"{result.steps} steps, {result.seconds / max(result.steps, 1):.2f} s each" if result.steps else ""
    print(f"{result.outcome:10} {result.task.name:24} {steps}", flush=True)
    if result.outcome != "done" or not result.task.possible:
        print(f"           {result.said[:300]}\n           check: {result.wrong}", flush=True)
    return result


def _summary(results: list[Result]) -> None:
    for what, some in (
        ("tasks", [r for r in results if r.task.possible]),
        ("traps", [r for r in results if not r.task.possible]),
    ):
        if some:
            counted = Counter(result.outcome for result in some)
            share = counted["done"] / len(some)
            print(
                f"{what}: {len(some)}, {share:.0%} right; "
                + ", ".join(f"{n} {name}" for name, n in counted.most_common())
            )
    seconds = sorted(r.seconds / r.steps for r in results if r.steps)
    if seconds:
        print(f"seconds a step: median {seconds[len(seconds) // 2]:.2f}, worst {seconds[-1]:.2f}")


if __name__ == "__main__":
    sys.exit(main())
