"""Kills runs at their worst moments, with faults of the service besides, and compares what was done, charged, held and left open.

    .venv/bin/python scripts/bench_kills.py [KILLS] [SEED]

Prints how often each moment was met; ends with the first thing that was done, charged or left open wrongly.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.cli.conftest import Shell
from tests.cli.test_killed_moments import trials
from tests.desktop.xvfb import xvfb

if __name__ == "__main__":
    began = time.monotonic()
    kills, seed = (int(word) for word in (sys.argv[1:] + ["200", "1"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory() as home, xvfb(1280, 720) as display:
        came = trials(Shell(Path(home)), display, kills, seed)
    for name, count in came.items():
        print(f"{count:>4} kills at {name}")
    print(f"{sum(came.values())} kills in {time.monotonic() - began:.0f} s: nothing doubled, held or left open")
