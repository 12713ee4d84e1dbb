"""Ten thousand schedules in a simulated week, with a service that is killed in the middle of every third look: each fires once, at its time.

.venv/bin/python scripts/bench_schedules.py [COUNT]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.automation.test_schedules import week_of_kills

if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        week_of_kills(Path(folder) / "kept.sqlite3", count)
    print(f"{count} schedules fired once each, at their times, in {time.monotonic() - began:.0f} s")
