"""What durable work costs: its beginning, its memory, a second in which nothing happens, and how soon the next one begins.

scripts/bench --engine [postgresql://...]
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from coasty_desk.automation.dbos_engine import DbosEngine
from coasty_desk.automation.engine import Work, WorkContext

IDLE = 10.0
"""Seconds for which nothing happens."""


class Marks:
    """When each work began and ended."""

    def __init__(self) -> None:
        self.at: dict[tuple[str, str], float] = {}
        self._changed = threading.Condition()

    def carry_out(self, context: WorkContext) -> None:
        self._put(context.work_id, "begin")
        context.ending.wait(float(context.payload))
        self._put(context.work_id, "end")

    def wait(self, name: str, what: str) -> float:
        with self._changed:
            assert self._changed.wait_for(lambda: (name, what) in self.at, 60.0)
        return self.at[name, what]

    def _put(self, name: str, what: str) -> None:
        with self._changed:
            self.at[name, what] = time.perf_counter()
            self._changed.notify_all()


def _megabytes() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4 // 1024


def _idle() -> float:
    """Per cent of a core."""
    time.sleep(2.0)
    used, since = time.process_time(), time.perf_counter()
    time.sleep(IDLE)
    return round(100 * (time.process_time() - used) / (time.perf_counter() - since), 2)


def table(place: Path | str, lock: Path) -> dict[str, object]:
    """Milliseconds, megabytes, and per cent of a core."""
    marks, found = Marks(), {"before_mb": _megabytes()}
    since = time.perf_counter()
    engine = DbosEngine(place, lock)
    engine.begin({"work": marks.carry_out})
    found |= {"begin_ms": round(1000 * (time.perf_counter() - since)), "begun_mb": _megabytes()}
    idle = _idle()

    def submit(name: str, queue: str, seconds: float) -> float:
        asked = time.perf_counter()
        engine.submit(Work(work_id=name, kind="work", queue=queue, payload=str(seconds)))
        return asked

    first = []
    for number in range(10):
        asked = submit(f"first{number}", "q", 0.0)
        marks.wait(f"first{number}", "end")
        first.append(1000 * (marks.at[f"first{number}", "begin"] - asked))
        time.sleep(0.3)
    for number in range(20):
        submit(f"next{number}", "q", 0.05)
    marks.wait("next19", "end")
    after = [1000 * (marks.at[f"next{n + 1}", "begin"] - marks.at[f"next{n}", "end"]) for n in range(19)]
    for number in range(8):
        submit(f"long{number}", f"machine{number}", 10 * IDLE)
    for number in range(8):
        marks.wait(f"long{number}", "begin")
    busy = _idle()
    since = time.perf_counter()
    engine.close()
    return found | {
        "idle_percent": idle,
        "idle_with_8_under_way_percent": busy,
        "submitted_to_begun_ms": [round(statistics.median(first)), round(max(first))],
        "ended_to_next_begun_ms": [round(statistics.median(after)), round(max(after))],
        "close_ms": round(1000 * (time.perf_counter() - since)),
    }


def main() -> None:
    """Print the figures, and keep them."""
    with tempfile.TemporaryDirectory() as folder:
        place = sys.argv[1] if len(sys.argv) > 1 else Path(folder) / "engine.sqlite3"
        found = table(place, Path(folder) / "engine.lock")
    for name, value in found.items():
        print(f"{name}: {value}")
    Path("bench-out/engine.json").write_text(json.dumps(found, indent=1), "utf-8")


if __name__ == "__main__":
    main()
