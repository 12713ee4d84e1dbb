"""Kills the service at random moments while programs ask it to predict and retry, and compares what was asked, paid, told and kept.

    .venv/bin/python scripts/bench_serve_kills.py [KILLS] [SEED]

Ends with the first thing that was paid twice, lost, or told otherwise than it was kept.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.cli.conftest import Shell
from tests.server import test_killed_service

if __name__ == "__main__":
    began = time.monotonic()
    kills, seed = (int(word) for word in (sys.argv[1:] + ["1000", "1"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory() as home:
        came = test_killed_service.trials(Shell(Path(home)), kills, seed)
    asked = ", ".join(f"{count} of {what}" for what, count in sorted(came.items()))
    print(f"{kills} kills in {time.monotonic() - began:.0f} s, {came.total()} requests with a key answered ({asked})")
    print("each paid once, each answer kept as it was given, nothing left open")
