"""Kills the service and the workers of its machines at random moments, with everything under way that is done once, and counts what was done.

    .venv/bin/python scripts/bench_serve_kills.py [KILLS] [SEED]

Prints what was answered of each operation, and everything that was done twice, lost, paid twice or left behind.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.cli.conftest import recording
from tests.desktop.xvfb import xvfb
from tests.machines.conftest import at_home
from tests.server.machine_kills import killed

if __name__ == "__main__":
    began = time.monotonic()
    kills, seed = (int(word) for word in (sys.argv[1:] + ["1000", "1"][len(sys.argv) - 1 :])[:2])
    with (
        xvfb(1280, 720) as display,
        tempfile.TemporaryDirectory() as folder,
        at_home(Path(folder), display) as home,
        recording(display) as app,
    ):
        outcome = killed(home, app, kills=kills, seed=seed)
    asked = ", ".join(f"{count} of {what}" for what, count in sorted(outcome.answered.items()))
    print(
        f"{kills} kills in {time.monotonic() - began:.0f} s; {outcome.asked} requests, of which were answered: {asked}"
    )
    print(f"{len(outcome.doubt)} in doubt, and said to be; done twice, lost or left: {len(outcome.faults)}")
    for fault in outcome.faults:
        print(f"  {fault}")
    sys.exit(bool(outcome.faults))
