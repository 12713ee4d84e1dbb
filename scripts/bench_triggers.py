"""A webhook that is called a thousand times a second: what is refused and how, and how the service answers others meanwhile.

    .venv/bin/python scripts/bench_triggers.py [CALLS_A_SECOND] [SECONDS]

Senders are processes of their own, with connections that they keep. A quarter of the calls is unsigned, a quarter too old, half is signed
right, of which the trigger takes ten a minute.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_serve import started

from coasty_desk.automation.webhook_signature import HEADER, signature

SENDERS = 2
CONNECTIONS = 8
"""Of each sender."""


def asked(port: int, key: str, method: str, path: str, body: object = None) -> Any:
    """One answer, of a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    content = None if body is None else json.dumps(body)
    connection.request(method, f"/v1{path}", content, {"X-API-Key": key, "Content-Type": "application/json"})
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    assert answer.status == 200, found
    return found


def send(
    sender: int, port: int, path: str, secret: str, rate: float, seconds: float
) -> tuple[Counter[str], list[float]]:
    """What its calls were answered with, and how long each took, in milliseconds; so many a second over all its connections."""
    told, took, keeping = Counter[str](), list[float](), threading.Lock()
    began = time.monotonic()

    def call(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        turn = 0
        while (at := number / rate + turn * CONNECTIONS / rate) < seconds:
            time.sleep(max(0.0, began + at - time.monotonic()))
            body = b"%d %d %d" % (sender, number, turn)
            kind = turn % 4
            signed = signature(secret, body, int(time.time()) - (400 if kind == 1 else 0))
            headers = {} if kind == 0 else {HEADER: signed}
            asking = time.perf_counter()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            passed = 1000 * (time.perf_counter() - asking)
            retry = " with Retry-After" if answer.headers.get("Retry-After") else ""
            with keeping:
                told[f"{answer.status}{retry}"] += 1
                took.append(passed)
            turn += 1
        connection.close()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told, took


def memory(pid: int) -> float:
    """Megabytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(rate: float, seconds: float) -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as home, started(home) as (process, port, key):
        daily = {"name": "called", "machine_id": "desktop", "task_prompt": "[done]", "frequency": "daily"}
        schedule = asked(port, key, "POST", "/schedules", daily)["id"]
        asked(port, key, "POST", f"/schedules/{schedule}/pause")
        wanted = {"kind": "webhook", "rate_limit_per_minute": 10}
        trigger = asked(port, key, "POST", f"/schedules/{schedule}/triggers", wanted)
        path = "/v1/triggers/webhook/" + trigger["webhook_url"].rpartition("/")[2]
        before, others = memory(process.pid), list[float]()
        with get_context("spawn").Pool(SENDERS) as pool:
            each = [(n, port, path, trigger["webhook_secret"], rate / SENDERS, seconds) for n in range(SENDERS)]
            sending = pool.starmap_async(send, each)
            began = time.monotonic()
            while not sending.ready():
                asking = time.perf_counter()
                asked(port, key, "GET", "/schedules")
                others.append(1000 * (time.perf_counter() - asking))
                time.sleep(0.02)
            found = sending.get()
            took = time.monotonic() - began
        told = sum((counted for counted, _ in found), Counter[str]())
        times = sorted(one for _, times in found for one in times)
        said = ", ".join(f"{count} x {status}" for status, count in sorted(told.items()))
        print(f"{sum(told.values())} calls in {took:.1f} s: {sum(told.values()) / took:.0f} a second; {said}")
        print(
            f"a call: median {statistics.median(times):.1f} ms, 99 of 100 {times[len(times) * 99 // 100]:.1f} ms, slowest {times[-1]:.1f} ms"
        )
        print(
            f"others meanwhile: {len(others)} lists of schedules, median {statistics.median(others):.1f} ms, slowest {max(others):.1f} ms"
        )
        print(f"memory: {before:.1f} MB before, {memory(process.pid):.1f} MB after")


if __name__ == "__main__":
    said = [float(word) for word in sys.argv[1:]]
    main(*(said + [1000.0, 10.0][len(said) :]))
