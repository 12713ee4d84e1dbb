"""Settling beside the guide's fixed half second: how often the picture at rest is the final one, and after how long."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import bench_guide as guide
from bench_cases import Case, browser, browser_cases, office, office_cases
from bench_desk import desk
from bench_steps import steps
from bench_watched import FULL_HD, LITTLE, Off, Watched, apart, off

from coasty_desk.core.ports import SettleResult
from coasty_desk.desktop.imaging.changed_cells import total

AFTER = 2.0
"""Seconds of watching after the rest; what is on the screen then is taken to be final."""

KINDS = {"browser": (browser, browser_cases), "office": (office, office_cases)}


@dataclass(frozen=True, slots=True)
class Settled:
    """One sample: what ended our wait, ms to the last change that counts, how far our picture and the guide's were off."""

    rest: SettleResult
    floor: float
    ours: Off
    guide: Off


def settled(watched: Watched, case: Case) -> Settled:
    for action in case.before:
        watched.screen.expect()
        watched.perform(action)
        watched.screen.settle()
        time.sleep(0.2)
    halfway: list[bytearray] = []
    timer = threading.Timer(0.5, lambda: halfway.append(guide.shot().raw))
    watched.screen.expect()
    watched.seen.clear()
    watched.perform(case.action)
    over = time.perf_counter()
    timer.start()
    rest = watched.screen.settle()
    assert watched.last is not None
    ours = watched.last
    watched.watch_on(AFTER + max(0.0, case.slow + 0.5 - (time.perf_counter() - over)))
    timer.join()
    restless = watched.restless()
    final = watched.last
    little = LITTLE * total(final.size)
    counting = [when for when, cells in watched.seen if (cells & ~restless).bit_count() > little]
    floor = max(0.0, (max(counting) - over) * 1000) if counting else 0.0
    return Settled(rest, floor, off(ours.raw, final, restless), off(halfway[0], final, restless))


def settling(rounds: int) -> dict[str, object]:
    """How often the picture at rest is the final one, and after how long."""
    results = apart(_samples, "browser", rounds) | apart(_samples, "office", rounds)
    table = {name: _row(seen) for name, seen in results.items()}
    table["all"] = _row([one for seen in results.values() for one in seen])
    print(f"load {os.getloadavg()}")
    print(
        f"{'settle':28} {'mean':>5} {'max':>5} {'last change':>11} {'over it':>7} {'final':>8} {'to the cell':>11}  guide's"
    )
    for name, row in table.items():
        print(f"{name:28} {row['ms']:5} {row['max']:5} {row['last change']:11} {row['over it']:7} {row['final']:>8} "
              f"{row['to the cell']:>11} {row['guide final']:>8}   {row['why']}", flush=True)  # fmt: skip
    return table


def _samples(kind: str, rounds: int) -> dict[str, list[Settled]]:
    prepare, cases = KINDS[kind]
    results: dict[str, list[Settled]] = {}
    with desk(FULL_HD) as opened:
        prepare(opened)
        watched = Watched(opened)
        for number in range(rounds):
            for case in cases(opened, number):
                results.setdefault(case.name, []).append(settled(watched, case))
        watched.close()
    return results


def _row(seen: list[Settled]) -> dict[str, object]:
    whys = statistics.multimode(one.rest.why for one in seen)
    return {
        "ms": round(statistics.mean(one.rest.ms for one in seen)),
        "max": round(max(one.rest.ms for one in seen)),
        "last change": round(statistics.mean(one.floor for one in seen)),
        "over it": round(statistics.mean(one.rest.ms - one.floor for one in seen)),
        "final": f"{sum(one.ours.final for one in seen)}/{len(seen)}",
        "to the cell": f"{sum(one.ours.cells <= LITTLE for one in seen)}/{len(seen)}",
        "guide final": f"{sum(one.guide.final for one in seen)}/{len(seen)}",
        "why": whys[0],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["steps", "settle"], action="append")
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    parts = {"steps": steps, "settle": lambda: settling(chosen.rounds)}
    found = {name: part() for name, part in parts.items() if not chosen.only or name in chosen.only}
    out = Path(__file__).parent.parent / "bench-out" / "settle.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"processors": os.cpu_count()} | found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
