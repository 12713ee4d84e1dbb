"""Kills runs, with faults of the service besides, and compares what was done, charged, held and left open.

    .venv/bin/python scripts/bench_kills.py [KILLS] [SEED]

First at any moment, then as often when most is open. Prints how often each was met; ends with the first thing that was done, charged or left open wrongly.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.cli import test_killed, test_killed_moments
from tests.cli.conftest import Shell
from tests.desktop.xvfb import xvfb

if __name__ == "__main__":
    began = time.monotonic()
    kills, seed = (int(word) for word in (sys.argv[1:] + ["200", "1"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory() as home, xvfb(1280, 720) as display:
        shell = Shell(Path(home))
        came = {"any moment": test_killed.trials(shell, display, kills, seed)}
        came |= test_killed_moments.trials(shell, display, kills, seed)
    for name, count in came.items():
        print(f"{count:>4} kills at {name}")
    print(f"{sum(came.values())} kills in {time.monotonic() - began:.0f} s: nothing doubled, held or left open")
