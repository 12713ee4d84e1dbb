"""How fast a run of the service is cancelled in the middle of typing, and how soon the next one on that desktop follows.

    .venv/bin/python scripts/bench_run_stop.py [REPEATS]

From the request to the last key of the run, as the X server dates it; from there, and from the end that the row tells, to the first
line of the next run, and to its first key. Milliseconds, median and worst.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from Xlib import X

from scripts.bench_stop import watched
from tests.automation.run_homes import act, typing
from tests.cli.conftest import recording
from tests.cli.test_stopping import held_down
from tests.desktop.xvfb import xvfb
from tests.server.run_services import RunningService, running_service, scripted, until

LENGTH = 4000
NAMES = (
    "request to last key",
    "last key to next's first line",
    "end told to next's first line",
    "last key to next's first key",
)


def measured(service: RunningService, display: str, repeats: int) -> list[tuple[float, float, float, float]]:
    """One row of milliseconds for each run that was cancelled."""
    ahead = time.time() - time.monotonic()
    rows, cancels = [], []
    with recording(display), watched(display) as seen:
        runs = [service.create(f"type, the {n}.") for n in range(repeats + 1)]
        for run in runs[:-1]:
            service.reach(run, "running")
            before = len(seen)
            until(lambda before=before: len(seen) > before + 60)  # type: ignore[misc]  # it is called at once
            cancels.append(time.monotonic())
            assert service("POST", f"/runs/{run}/cancel").json["status"] == "cancelled"
        service.reach(runs[-1], "running")
        before = len(seen)
        until(lambda: len(seen) > before + 2)
        service("POST", f"/runs/{runs[-1]}/cancel")
    assert held_down(display) == []
    for at, (run, following) in zip(cancels, itertools.pairwise(runs), strict=True):
        begins = _moment(service.journal(following)[0]["time"]) - ahead
        ended = _moment(service.run(run)["finished_at"]) - ahead
        keys = [when for when, kind, _, _ in seen if kind == X.KeyPress]
        last, first = max(key for key in keys if key < begins), min(key for key in keys if key > begins)
        rows.append((last - at, begins - last, begins - ended, first - last))
    return [tuple(1000 * each for each in row) for row in rows]  # type: ignore[misc]  # four as before


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


if __name__ == "__main__":
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with xvfb(1280, 720) as display, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        script = scripted(home, act(typing("abcdefghij " * (LENGTH // 11))))
        with running_service(home, display, *script) as service:
            rows = measured(service, display, repeats)
    for name, column in zip(NAMES, zip(*rows, strict=True), strict=True):
        print(f"{name:<32} {statistics.median(column):7.0f} {max(column):7.0f}")
