"""Machines over the service: a screenshot, the commands, a stop, and virtual machines.

scripts/bench --machines [--only desktop|virtual]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.desktop.xvfb import xvfb  # noqa: E402 - from beside this folder
from tests.machines.conftest import Home, at_home  # noqa: E402 - as above
from tests.server.killed_service import KilledService  # noqa: E402 - as above

DESKTOP = "/v1/machines/desktop"
TIMES = 50


def timed(what: Callable[[], Any], times: int = TIMES) -> tuple[float, float]:
    """Its median and its slowest, in milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), max(taken)


def started(home: Home) -> KilledService:
    """A service there."""
    service = KilledService(home, ("--provider", "script"), {})
    service.start()
    return service


def row(name: str, figures: tuple[float, float]) -> None:
    """A line of the table."""
    print(f"| {name} | {figures[0]:.1f} | {figures[1]:.1f} |")


def acted(service: KilledService, command: str, key: str = "", **parameters: Any) -> Any:
    """What came of a command; it must have been done."""
    done = service.once("POST", f"{DESKTOP}/actions", {"command": command, "parameters": parameters}, key)
    assert done.status == 200, done.body
    return done.json


def desktop(home: Home, display: str) -> None:
    """This desktop at 1920x1080, with a terminal full of text."""
    environment = os.environ | {"DISPLAY": display}
    with ExitStack() as stack:
        xterm = subprocess.Popen(
            ["xterm", "-geometry", "200x60", "-e", "sh", "-c", "ls -la /usr/bin; sleep 1000"], env=environment
        )
        stack.callback(xterm.wait)
        stack.callback(xterm.kill)
        service = started(home)
        stack.callback(service.kill)
        time.sleep(1)
        print("| over HTTP, a connection for each | median ms | slowest ms |\n|---|---|---|")
        began = time.perf_counter()
        service.once("GET", f"{DESKTOP}/screenshot")
        row("the first screenshot, with its worker's start", ((time.perf_counter() - began) * 1000,) * 2)
        row("a screenshot, JPEG, 1920x1080", timed(lambda: service.once("GET", f"{DESKTOP}/screenshot")))
        row("a screenshot, PNG", timed(lambda: service.once("GET", f"{DESKTOP}/screenshot?format=png"), 20))
        row("list of machines", timed(lambda: service.once("GET", "/v1/machines")))
        row("move", timed(lambda: acted(service, "move", x=100, y=100)))
        row(
            "the same with an Idempotency-Key",
            timed(lambda: acted(service, "move", key=os.urandom(8).hex(), x=100, y=100)),
        )
        row("wait of nothing", timed(lambda: acted(service, "wait", ms=0)))
        row("from `coasty-desk stop` to the answer of a batch", (stopped(service, environment),) * 2)


def stopped(service: KilledService, environment: dict[str, str]) -> float:
    """Milliseconds until a batch is stopped."""
    from coasty_desk.desktop.linux.stop_socket import StopCall  # noqa: PLC0415 - one of the things measured

    steps = {"steps": [{"command": "wait", "parameters": {"seconds": 60}, "timeout_ms": 120_000}]}
    thread = threading.Thread(target=lambda: service.once("POST", f"{DESKTOP}/actions/batch", steps))
    thread.start()
    time.sleep(0.5)
    began = time.perf_counter()
    call = StopCall.begin(environment["DISPLAY"])
    assert call is not None
    thread.join()
    return (time.perf_counter() - began) * 1000


def virtual(home: Home) -> None:
    """Ten in a row and four at once: made, looked at, and gone."""
    service = started(home)
    try:
        print("\n| virtual machines | median ms | slowest ms |\n|---|---|---|")
        made: list[str] = []

        def make() -> None:
            done = service.once("POST", "/v1/machines", {"display_name": "bench"})
            assert done.status == 200, done.body
            made.append(done.json["machine"]["id"])

        def remove() -> None:
            done = service.once("DELETE", f"/v1/machines/{made.pop()}")
            assert done.status == 200, done.body

        ups, downs = [], []
        for _ in range(10):
            ups.append(timed(make, 1)[0])
            downs.append(timed(remove, 1)[0])
        row("up, ten in a row", (statistics.median(ups), max(ups)))
        row("gone", (statistics.median(downs), max(downs)))
        began = time.perf_counter()
        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        row("four at once, until the last is up", ((time.perf_counter() - began) * 1000,) * 2)
        while made:
            remove()
    finally:
        service.kill()


def main() -> None:
    """All of it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", choices=("desktop", "virtual"))
    given = asked.parse_args()
    if given.only in (None, "desktop"):
        with (
            xvfb(1920, 1080) as display,
            tempfile.TemporaryDirectory() as folder,
            at_home(Path(folder), display) as home,
        ):
            desktop(home, display)
    if given.only in (None, "virtual"):
        with (
            xvfb(1280, 720) as display,
            tempfile.TemporaryDirectory() as folder,
            at_home(Path(folder), display) as home,
        ):
            virtual(home)


main()
