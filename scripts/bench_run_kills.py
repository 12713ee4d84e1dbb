"""Kills the service, runs' processes and machines' workers at random moments of runs on two machines, with a model service that fails.

    .venv/bin/python scripts/bench_run_kills.py [KILLS] [SEED] [--database postgresql://...]

Prints how runs ended, and everything that was done twice, paid twice, lost, repeated or left behind.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.desktop.xvfb import xvfb
from tests.machines.conftest import at_home
from tests.server.run_kills import runs_killed

if __name__ == "__main__":
    began = time.monotonic()
    words = sys.argv[1:]
    options = tuple(words[words.index("--database") :]) if "--database" in words else ()
    numbers = words[: len(words) - len(options)]
    kills, seed = (int(word) for word in (numbers + ["150", "1"][len(numbers) :])[:2])
    with (
        xvfb(1280, 720) as display,
        tempfile.TemporaryDirectory() as folder,
        at_home(Path(folder), display) as home,
    ):
        outcome = runs_killed(home, kills=kills, seed=seed, options=options, say=lambda text: print(text, flush=True))
    told = ", ".join(f"{count} of {what}" for what, count in sorted(outcome.kills.items()))
    ended = ", ".join(f"{count} {how}" for how, count in sorted(outcome.ends.items()))
    print(f"{kills} kills ({told}) in {time.monotonic() - began:.0f} s; {len(outcome.runs)} runs: {ended}")
    print(f"{outcome.clicks} clicks arrived, {outcome.untried} were in doubt and not done again")
    print(f"{outcome.connections} connections of readers; done twice, lost, repeated or left: {len(outcome.faults)}")
    for fault in outcome.faults:
        print(f"  {fault}")
    sys.exit(bool(outcome.faults))
