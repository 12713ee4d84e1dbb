"""Many hosts on one database: every run once, in the order of its machine's queue, and those of a host that dies MACHINE_LOST in time.

scripts/bench --fleet [RUNS [MACHINES [HOSTS]]]       200 runs over 8 virtual machines of 3 hosts, one of which is killed in the middle
scripts/bench --fleet --queues [DESKTOPS [RUNS]]      1,000 desktops' queues in the engine, 10 runs each, with the engine in memory

Each run of the first makes a click in the script's own place; what was really done is read from the records of all hosts, afterwards.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from coasty_desk.automation.engine import Work, WorkContext
from coasty_desk.testing.engine_stub import EngineStub

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.automation.postgres import new_database, postgres_server
from tests.server import fleets
from tests.server.run_services import until

LIMIT = 30.0
"""Seconds in which a dead host's runs have failed."""

PATIENCE = 1500.0
TASK = "[steps:2][done]"


def fleet(runs: int, machines: int, hosts: int) -> dict[str, object]:
    """What came of the runs, and what was wrong."""
    with (
        tempfile.TemporaryDirectory(prefix="desk-fleet-") as folder,
        postgres_server() as server,
        fleets.fleet(Path(folder), new_database(server), count=hosts) as services,
    ):
        began = time.monotonic()
        made = [_machine(services[number % hosts], number) for number in range(machines)]
        ready = time.monotonic() - began
        for service in services:
            until(lambda service=service: len(fleets.machines(service)) == machines + hosts, 60)
        chance = random.Random(1)  # noqa: S311 - who is asked, and no secrets
        began = time.monotonic()
        asked = [
            (fleets.start_on(chance.choice(services), made[n % machines], TASK), n % machines) for n in range(runs)
        ]
        queued = time.monotonic() - began
        living = services[0]
        _until(lambda: _count(living, runs)["succeeded"] >= runs // 4)
        before = _count(living, runs)
        killed = time.monotonic()
        dead = services[-1]
        dead.kill()
        theirs = [run for run, machine in asked if machine % hosts == hosts - 1]
        over = {run for run in theirs if living.run(run)["status"] in ("succeeded", "failed")}
        _until(lambda: all(living.run(run)["status"] in ("succeeded", "failed") for run in theirs), LIMIT * 4)
        lost_after = time.monotonic() - killed
        _until(lambda: _count(living, runs)["running"] + _count(living, runs)["queued"] == 0)
        took = time.monotonic() - began
        rows = {run: living.run(run) for run, _ in asked}
        return {
            "runs": runs,
            "machines": machines,
            "hosts": hosts,
            "load": os.getloadavg()[0],
            "machines_made_s": round(ready, 1),
            "runs_asked_for_s": round(queued, 1),
            "all_over_s": round(took, 1),
            "before_the_kill": dict(before),
            "over_at_the_kill_of_the_dead": len(over),
            "lost_after_s": round(lost_after, 1),
            "ends": dict(
                Counter(f"{row['status']} {(row['error'] or {}).get('code', '')}".strip() for row in rows.values())
            ),
            "faults": _faults(services, asked, rows, hosts, lost_after),
        }


def _machine(service: Any, number: int) -> str:
    answer = service("POST", "/machines", {"display_name": f"bench {number}"})
    assert answer.status == 200, answer.body
    return str(answer.json["id"])


def _count(service: Any, runs: int) -> Counter[str]:
    del runs
    found: Counter[str] = Counter()
    for status in ("queued", "running", "succeeded", "failed"):
        found[status] = len(service("GET", f"/runs?limit=200&status={status}").json["data"])
    return found


def _until(what: Any, seconds: float = PATIENCE) -> None:
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            message = "it did not come true"
            raise TimeoutError(message)
        time.sleep(0.25)


def _faults(
    services: list[Any], asked: list[tuple[str, int]], rows: dict[str, Any], hosts: int, lost_after: float
) -> list[str]:
    """Everything that was not as it is to be."""
    found = [] if lost_after <= LIMIT else [f"the runs of the dead host failed after {lost_after:.1f} s"]
    times: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for run, machine in asked:
        row = rows[run]
        has = [number for number, service in enumerate(services) if (service.data / "runs" / run).exists()]
        code = (row["error"] or {}).get("code")
        right = [machine % hosts]
        if row["status"] == "succeeded":
            begun = (
                [line["event"] for line in services[right[0]].journal(run)].count("run_started") if has == right else 0
            )
            if begun != 1:
                found.append(f"{run} was begun {begun} times, on hosts {has}")
            times[machine].append((row["started_at"], row["finished_at"]))
        elif code != "MACHINE_LOST" or machine % hosts != hosts - 1:
            found.append(f"{run} is {row['status']} {code}")
        elif has not in ([], right):
            found.append(f"{run} of the dead host is on hosts {has}")
    for machine, spans in times.items():
        if spans != sorted(spans):
            found.append(f"machine {machine}: not in order")
        found += [f"machine {machine}: two at once" for one, then in itertools.pairwise(spans) if one[1] > then[0]]
    return found


def queues(desktops: int, each: int) -> dict[str, object]:
    """The engine's port with so many queues: their order, and that never two of one are under way."""
    lock, under_way = threading.Lock(), set[str]()
    done: dict[str, list[int]] = defaultdict(list)
    faults: list[str] = []
    all_done = threading.Event()

    def carry_out(context: WorkContext) -> None:
        queue, number = context.payload.split(" ")
        with lock:
            if queue in under_way:
                faults.append(f"{queue}: two at once")
            under_way.add(queue)
        time.sleep(0.001)
        with lock:
            under_way.discard(queue)
            done[queue].append(int(number))
            if sum(map(len, done.values())) == desktops * each:
                all_done.set()

    engine = EngineStub()
    began = time.monotonic()
    for number in range(each):
        for desktop in range(desktops):
            queue = f"desktop-{desktop}"
            engine.submit(Work(work_id=f"{queue} {number}", kind="run", queue=queue, payload=f"{queue} {number}"))
    submitted = time.monotonic() - began
    engine.begin({"run": carry_out})
    if not all_done.wait(PATIENCE):
        faults.append("not all came to their end")
    took = time.monotonic() - began
    engine.close()
    faults += [f"{queue}: {order}" for queue, order in done.items() if order != list(range(each))]
    return {
        "desktops": desktops,
        "runs": desktops * each,
        "load": os.getloadavg()[0],
        "submitted_s": round(submitted, 2),
        "all_over_s": round(took, 2),
        "runs_a_second": round(desktops * each / took),
        "faults": faults,
    }


def main() -> None:
    """Print the figures, and keep them; 1 where anything was wrong."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--queues"]:
        desktops, each = [*map(int, arguments[1:]), *(1000, 10)[len(arguments) - 1 :]]
        name, found = "fleet_queues", queues(desktops, each)
    else:
        runs, machines, hosts = [*map(int, arguments), *(200, 8, 3)[len(arguments) :]]
        name, found = "fleet", fleet(runs, machines, hosts)
    for what, value in found.items():
        print(f"{what}: {value}")
    Path("bench-out").mkdir(exist_ok=True)
    Path(f"bench-out/{name}.json").write_text(json.dumps(found, indent=1), "utf-8")
    sys.exit(1 if found["faults"] else 0)


if __name__ == "__main__":
    main()
