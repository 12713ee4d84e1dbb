"""Our step against the guide's: every table of the benchmark. Writes bench-out/bench.json; `--only` leaves the rest as it was."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import bench_memory
import bench_requests
import bench_stages
import bench_startup
from bench_settle import settling, steps

from coasty_desk.core.scaling import Size

SIZES = (Size(1280, 720), Size(1920, 1080), Size(2560, 1440), Size(3840, 2160))
FULL_HD = Size(1920, 1080)
OUT = Path(__file__).parent.parent / "bench-out" / "bench.json"


def parts(*, quick: bool) -> Mapping[str, Callable[[], object]]:
    return {
        "stages": lambda: bench_stages.table((FULL_HD,) if quick else SIZES),
        "requests": bench_requests.table,
        "startup": lambda: bench_startup.table(3 if quick else 9),
        "steps": steps,
        "settle": lambda: settling(1 if quick else 2),
        "memory": lambda: bench_memory.table(60 if quick else 500),
    }


def machine() -> dict[str, object]:
    info = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return {"processors": os.cpu_count(), "processor": names[0] if names else "", "system": platform.platform()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(parts(quick=True)), action="append")
    parser.add_argument("--quick", action="store_true", help="1920x1080 alone, fewer rounds")
    chosen = parser.parse_args()
    before = json.loads(OUT.read_text("utf-8")) if chosen.only and OUT.exists() else {}
    found = {name: part() for name, part in parts(quick=chosen.quick).items() if not chosen.only or name in chosen.only}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(before | machine() | found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
