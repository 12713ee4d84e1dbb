"""Kills the service of a workflow of forty steps at every boundary of what it keeps, each in a world of its own, and has the next one go on.

    .venv/bin/python scripts/bench_workflow_kills.py [EVERY]

There are two boundaries for each transaction: before what it changed is kept, and after. Prints how many kills there were, and those
after which a task was done twice, left out or paid twice, or an event was lost or repeated.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.automation import workflow_lives

NEVER = 1_000_000
AT_ONCE = os.cpu_count() or 1


def killed_at(boundary: int) -> tuple[bool, str]:
    """Whether there was such a boundary, and what was wrong afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        world, place = Path(folder), Path(folder) / workflow_lives.STORE
        if (code := workflow_lives.lived(world, boundary, place)) is None:
            code = workflow_lives.lived(world, NEVER, place)
            was_killed = True
        else:
            was_killed = False
        try:
            assert code == 0, f"the service ended with {code}"
            workflow_lives.assert_each_task_once(world, place)
        except AssertionError as fault:
            return was_killed, f"killed at {boundary}: {str(fault)[:500]}"
    return was_killed, ""


if __name__ == "__main__":
    began, every = time.monotonic(), int((sys.argv[1:] or ["1"])[0])
    kills, faults, first = 0, list[str](), 1
    with ProcessPoolExecutor(AT_ONCE) as pool:
        while True:
            found = list(pool.map(killed_at, range(first, first + 40 * every, every)))
            kills += sum(was_killed for was_killed, _ in found)
            faults += [fault for _, fault in found if fault]
            first += 40 * every
            print(f"{kills} kills, up to boundary {first - 1}; faults: {len(faults)}", flush=True)
            if not all(was_killed for was_killed, _ in found):
                break
    print(f"{kills} kills, each in a run of its own, in {time.monotonic() - began:.0f} s; faults: {len(faults)}")
    for fault in faults:
        print(f"  {fault}")
    sys.exit(bool(faults))
