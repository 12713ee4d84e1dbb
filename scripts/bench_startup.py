"""From the start of a process to its first prediction, ours and the guide's; and how soon help is there."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench_desk import desk
from bench_service import environment, serving

from coasty_desk.core.scaling import Size

OURS = str(Path(sys.executable).parent / "coasty-desk")
LOOPS = {
    "ours": [OURS, "run", "--yes", "look"],
    "ours, dry run": [OURS, "run", "--dry-run", "--yes", "look"],
    "guide": [sys.executable, str(Path(__file__).parent / "bench_guide_start.py")],
}
SHORT = {"python": [sys.executable, "-c", "pass"], "--help": [OURS, "--help"], "--version": [OURS, "--version"]}


def table(times: int) -> dict[str, object]:
    """Medians in ms; the first of each is not counted, it fills the caches."""
    first = _first_predictions(times)
    short = {name: _median(lambda command=command: _ends(command), times) for name, command in SHORT.items()}
    found: dict[str, object] = {"first prediction posted": first, "ends": short}
    found["first ratio"] = round(first["ours"] / first["guide"], 2)
    found["help ratio"] = round(short["--help"] / short["python"], 2)
    print(f"first prediction posted: guide {first['guide']} ms, ours {first['ours']} ms, ratio {found['first ratio']}, "
          f"dry run {first['ours, dry run']} ms", flush=True)  # fmt: skip
    print(f"--help {short['--help']} ms, python -c pass {short['python']} ms, ratio {found['help ratio']}", flush=True)
    return found


def _first_predictions(times: int) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in LOOPS}
    with desk(Size(1920, 1080)) as opened, tempfile.TemporaryDirectory() as home:
        opened.chromium("page?n=1")
        for turn in range(times + 1):
            for name, command in LOOPS.items():
                ms = _posts(command, home)
                if turn:
                    taken[name].append(ms)
    return {name: round(statistics.median(ms), 1) for name, ms in taken.items()}


def _posts(command: Sequence[str], home: str) -> float:
    with serving() as service:
        variables: Mapping[str, str] = environment(service.url, home)
        began = time.monotonic()
        process = subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        arrived, _ = service.next("predict")
        process.wait()
    return (arrived - began) * 1000


def _median(work: object, times: int) -> float:
    assert callable(work)
    work()
    return round(statistics.median(work() for _ in range(2 * times)), 1)


def _ends(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000
