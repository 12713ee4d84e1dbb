"""Kills of the service, of runs' processes and of machines' workers at random moments, while runs of two machines go on.

What was really done is counted by others than the service: windows on the machines that keep what they get, the books of the API that
predictions are paid at, and readers of events who hang up at random. Beside the tests for scripts/bench, which does it at length.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.cli.conftest import RECORDER, Shell
from tests.cli.test_killed import FAULTS
from tests.desktop.targets import App
from tests.machines.conftest import Home
from tests.server.answering import account
from tests.server.machine_kills import programs_of
from tests.server.run_services import OVER, Event, RunningService
from tests.stub_service import Request, Response, Service, click, done, go, serving

STEPS = 6
PATIENCE = 240.0
"""Seconds in which everything must have come to its end, however often it is begun anew."""

SETTINGS = "[run]\nsettle = 0\n"


def points(number: int) -> list[tuple[int, int]]:
    """Where the run of that number clicks: nobody else does there."""
    first = 2 * STEPS * number
    return [(20 + 7 * index % 1200, 60 + index // 1200) for index in range(first, first + 2 * STEPS)]


class Books(Service):
    """The API, failing at random: each run has the script of its number, in the order in which runs are first heard of.

    `looking` is called with the number in a run's task before it is told where to click: nobody clicks on what is not watched.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.numbers: dict[str, int] = {}
        self.looking: Callable[[int], None] = lambda _number: None
        self._paid: Counter[str] = Counter()
        self._chance = random.Random(seed)  # noqa: S311 - faults, and no secrets

    def answer(self, request: Request) -> Response:
        """As the API, or not at all."""
        if request.route in ("session", "predict"):
            self.plan(request.route, self._chance.choice(FAULTS))
        if request.route == "predict" and (task := re.search(rb"run (\d+)", request.body)):
            self.looking(int(task[1]))
        return super().answer(request)

    def _predict(self, request: Request) -> Response:
        run = request.key.partition(":")[0]
        where = points(self.numbers.setdefault(run, len(self.numbers)))
        at = self._paid[run]
        self.script = [go(click(*where[2 * at]), click(*where[2 * at + 1])) if at < STEPS else done()]
        answer = super()._predict(request)
        self._paid[run] += answer.status == 200
        return answer


@dataclass
class Followed:
    """A run as its program saw it."""

    run_id: str
    machine: str
    cancelled: bool
    heard: list[Event] = field(default_factory=list)
    row: Any = None


@dataclass
class RunOutcome:
    """What came of all runs, and everything that was wrong."""

    runs: list[Followed] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    clicks: int = 0
    untried: int = 0
    """Clicks that were in doubt when a process died, and so were not done again, or were meant for a display that is no more."""
    connections: int = 0
    ends: Counter[str] = field(default_factory=Counter)


class Watched:
    """A machine's window that keeps the clicks it gets: another one on each of its displays."""

    def __init__(self, home: Home, machine: str) -> None:
        self.machine = machine
        self._home = home
        self._windows: list[App] = []
        self._worker = 0
        self._looking = threading.Lock()
        self.watch()

    @property
    def displays(self) -> int:
        """How many it has had."""
        return len(self._windows)

    def watch(self) -> None:
        """On the display that it has now, if it has one; who clicks waits for this."""
        with self._looking, suppress(AssertionError, OSError):
            worker = self._home.worker(self.machine)
            if worker != self._worker:
                self._watch(worker)
                self._worker = worker

    def _watch(self, worker: int) -> None:
        number, cookie = _display(worker)
        authority = self._home.home / f"authority-{self.machine}"  # as the recorder's library can read it
        fields = (
            socket.gethostname().encode(),
            number[1:].encode(),
            b"MIT-MAGIC-COOKIE-1",
            Path(cookie).read_bytes()[-16:],
        )
        authority.write_bytes(b"\x01\x00" + b"".join(len(each).to_bytes(2, "big") + each for each in fields))
        command = ["env", f"XAUTHORITY={authority}", sys.executable, str(RECORDER)]
        self._windows.append(App(number, command))

    @property
    def pressed(self) -> list[tuple[int, int]]:
        """Where buttons were pressed, in order."""
        return [(event["x"], event["y"]) for window in self._windows for event in window.of_kind("press")]

    def close(self) -> None:
        """No window is left."""
        for window in self._windows:
            window.close()


def _display(worker: int) -> tuple[str, str]:
    """The name and the cookie of the display that a worker's processes have."""
    for path in Path("/proc").iterdir():
        with suppress(OSError, IndexError, ValueError):
            words = (path / "cmdline").read_bytes().decode().split("\0") if path.name.isdecimal() else [""]
            if words[0].endswith("Xvfb") and worker in _ancestors(int(path.name)):
                return words[1], words[words.index("-auth") + 1]
    message = f"worker {worker} has no display"
    raise AssertionError(message)


def _ancestors(pid: int) -> Iterator[int]:
    while pid > 1:
        yield pid
        pid = int(re.sub(r".*\) ", "", Path(f"/proc/{pid}/stat").read_text()).split()[1])


class RunKilling:
    """Programs that ask for runs, and what kills everything meanwhile."""

    def __init__(self, service: RunningService, home: Home, chance: random.Random) -> None:
        self.service, self.home, self.chance = service, home, chance
        self.outcome = RunOutcome()
        self.over = threading.Event()
        self.machines: dict[int, str] = {}
        """On which machine the run of each number is."""
        self._keeping = threading.Lock()
        self._numbers = itertools.count()

    def insist(self, method: str, path: str, body: object = None, key: str = "") -> Any:
        """The first answer that is none of a service that is down or busy, or of a machine that is."""
        again = ("IDEMPOTENCY_IN_FLIGHT", *(("INVALID_STATE",) if key else ()))
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with suppress(OSError, HTTPException, ValueError):
                answer = self.service.once(method, f"/v1{path}", body, key)
                if answer.status < 400 or (answer.status < 500 and answer.code not in again):
                    return answer
            time.sleep(0.05)
        self.outcome.faults.append(f"{method} {path} {key} was never answered")
        return None

    def program(self, machine: str, chance: random.Random) -> None:
        """One run after the other, each followed to its end; some are cancelled."""
        while not self.over.is_set():
            with self._keeping:
                number = next(self._numbers)
                self.machines[number] = machine
            answer = self.insist("POST", "/runs", {"machine_id": machine, "task": f"run {number}"}, f"run-{number}")
            if answer is None or answer.status != 200:
                self.outcome.faults.append(f"run {number} was not taken: {answer}")
                time.sleep(0.5)
                continue
            followed = Followed(answer.json["id"], machine, chance.random() < 0.1)
            with self._keeping:
                self.outcome.runs.append(followed)
            self.follow(followed, chance)

    def follow(self, followed: Followed, chance: random.Random) -> None:
        """Read its events with the last number, whatever breaks; hang up at random."""
        until = time.monotonic() + PATIENCE
        cancel_at = chance.randrange(1, 25) if followed.cancelled else 0
        while time.monotonic() < until:
            left = chance.randrange(1, 12)
            self.outcome.connections += 1
            after = followed.heard[-1][0] if followed.heard else None
            for event in self.service.events(followed.run_id, after, most=5.0):
                followed.heard.append(event)
                if len(followed.heard) == cancel_at:
                    self.insist("POST", f"/runs/{followed.run_id}/cancel")
                left -= 1
                if event[1] == "done":
                    return
                if not left:
                    break
            time.sleep(0.05)
        self.outcome.faults.append(f"{followed.run_id} has not ended: {self.insist('GET', f'/runs/{followed.run_id}')}")

    def kill_service(self) -> None:
        """It, and start another one."""
        self.service.kill()
        self.service.start()

    def kill_process(self) -> bool:
        """One of the runs' processes, at any moment after there is one."""
        until = time.monotonic() + 8.0
        while not self.service.run_processes() and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(self.chance.uniform(0, 1.5))
        found = sorted(self.service.run_processes())
        with suppress(ProcessLookupError, IndexError):
            os.kill(self.chance.choice(found), signal.SIGKILL)
            return True
        return False

    def kill_worker(self, watched: Watched) -> None:
        """A machine's, which takes its display along; the service starts it again for the runs that are on it, or wait for it."""
        with suppress(AssertionError, ProcessLookupError):
            os.kill(self.home.worker(watched.machine), signal.SIGKILL)

    def compare(self, books: Books, watched: list[Watched]) -> None:
        """What runs say of themselves, with what the windows, the books and the readers have."""
        outcome = self.outcome
        pressed = {each.machine: each.pressed for each in watched}
        outcome.clicks = sum(map(len, pressed.values()))
        for machine, there in pressed.items():
            twice = [point for point, times in Counter(there).items() if times > 1]
            outcome.faults += [f"a click on {machine} arrived twice: {point}" for point in twice]
            whose = {point: run for run, number in books.numbers.items() for point in points(number)}
            turns = [run for run, _ in itertools.groupby(whose.get(point, "nobody") for point in there)]
            if len(set(turns)) != len(turns) or "nobody" in turns:
                outcome.faults.append(f"runs of {machine} overlap, or somebody else clicked: {turns}")
        displays = {each.machine: each.displays for each in watched}
        for run in outcome.runs:
            self._compare_one(run, books, pressed[run.machine], displays[run.machine])

    def _compare_one(self, run: Followed, books: Books, pressed: list[tuple[int, int]], displays: int) -> None:
        faults = self.outcome.faults
        run.row = self.service.run(run.run_id)
        status, code = run.row["status"], (run.row["error"] or {}).get("code", "")
        self.outcome.ends[f"{status} {code}".strip()] += 1
        if status not in OVER:
            faults.append(f"{run.run_id} is {status}")
            return
        if run.heard != list(self.service.events(run.run_id)):
            faults.append(f"{run.run_id} was told otherwise than it is")
        recorded = (self.service.data / "runs" / run.run_id / "journal.jsonl").exists()
        if not recorded and (status == "succeeded" or run.row["steps_completed"]):
            faults.append(f"{run.run_id} has no record")
        if not recorded:  # it never began: its machine was not there, or it was cancelled while it was queued
            return
        journal = self.service.journal(run.run_id)
        ends = [line["event"] for line in journal].count("run_ended")
        numbers = [line["seq"] for line in journal]
        if ends != 1 or numbers != list(range(1, len(numbers) + 1)):
            faults.append(f"the record of {run.run_id} has {ends} ends, or lines {numbers}")
        paid = [charge for charge in books.charges if charge.key.startswith(run.run_id) and charge.cents > 0]
        twice = [key for key, times in Counter(charge.key.rpartition(":")[0] for charge in paid).items() if times > 1]
        faults += [f"{key} was paid twice" for key in twice]
        number = books.numbers.get(run.run_id)
        meant = [] if number is None else points(number)
        there = [point for point in pressed if point in meant]
        if there != [point for point in meant if point in there]:
            faults.append(f"the clicks of {run.run_id} are out of order")
        if status == "succeeded":
            cents = sum(charge.cents for charge in paid)
            if run.row["cost_cents"] != cents:
                faults.append(f"{run.run_id} cost {cents}, and says {run.row['cost_cents']}")
            self.outcome.untried += len(meant) - len(there)
            faults += [f"{run.run_id}: {fault}" for fault in _unexplained(journal, meant, there, displays)]


def _unexplained(
    journal: list[Any], meant: list[tuple[int, int]], there: list[tuple[int, int]], displays: int
) -> Iterator[str]:
    """What is wrong with the clicks of a run that has succeeded: what is `meant` and not `there` is in doubt by its record, or was dropped.

    It is dropped where it was an answer to a look at a display that is no more; there were so many of them at most.
    """
    began = [
        (line["action"]["params"]["x"], line["action"]["params"]["y"]) for line in journal if line["event"] == "acting"
    ]
    done = set(began) - set(_in_doubt(journal))
    if set(there) - set(began):
        yield f"it has no line of the clicks {set(there) - set(began)}"
    if done - set(there):
        yield f"it says that it did the clicks {done - set(there)}, which have not arrived"
    deaths = [line["event"] for line in journal].count("run_started") - 1
    if len(set(began) - set(there)) > deaths:
        yield f"{len(set(began) - set(there))} clicks are in doubt after {deaths} deaths"
    if len(set(meant) - set(began)) > 2 * min(deaths, displays - 1):
        yield f"{len(set(meant) - set(began))} clicks were dropped after {deaths} deaths and {displays - 1} displays"


def _in_doubt(journal: list[Any]) -> Iterator[tuple[int, int]]:
    """The clicks that were begun, and of whose end the record says nothing."""
    began: tuple[int, int] | None = None
    for line in journal:
        match line["event"]:
            case "acting":
                began = line["action"]["params"]["x"], line["action"]["params"]["y"]
            case "acted":
                began = None
            case "run_started" if began is not None:
                yield began
                began = None


@contextmanager
def _service(home: Home, url: str, options: tuple[str, ...]) -> Iterator[RunningService]:
    found = RunningService(
        Shell(home.home), ("--provider", "coasty", *options), {"DISPLAY": home.display, **account(url)}
    )
    found.start()
    try:
        yield found
    finally:
        found.kill()
        for process in found.run_processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def runs_killed(
    home: Home, *, kills: int, seed: int = 1, options: tuple[str, ...] = (), say: Callable[[str], None] = lambda _: None
) -> RunOutcome:
    """So many kills: what came of the runs meanwhile. `options` of the service besides."""
    chance = random.Random(seed)  # noqa: S311 - moments, and no secrets
    home.configure(SETTINGS)
    books = Books(seed)
    with serving(books) as url, _service(home, url, options) as service:
        killing = RunKilling(service, home, chance)
        outcome = killing.outcome
        made = [killing.insist("POST", "/machines", {"display_name": f"m{n}"}, f"m{n}") for n in range(2)]
        watched = [Watched(home, answer.json["machine"]["id"]) for answer in made]
        windows = {each.machine: each for each in watched}
        books.looking = lambda number: windows[killing.machines[number]].watch()
        programs = [
            threading.Thread(target=killing.program, args=(watched[n % 2].machine, random.Random(seed + n)))  # noqa: S311 - as above
            for n in range(4)
        ]
        for thread in programs:
            thread.start()
        for turn in range(kills):
            time.sleep(5.0 if turn % 10 == 9 else chance.uniform(0.05, 2.5))  # some are to come to their end as well
            kind = chance.choices(("process", "service", "worker", "service and worker"), (5, 3, 2, 1))[0]
            if kind == "process" and not killing.kill_process():
                kind = "service"
            if "worker" in kind:
                killing.kill_worker(chance.choice(watched))
            if "service" in kind:
                killing.kill_service()
            outcome.kills[kind] += 1
            if turn % 10 == 9:
                say(f"{turn + 1} kills, {len(outcome.runs)} runs, {outcome.faults[-1:]}")
        killing.over.set()
        for thread in programs:
            thread.join(2 * PATIENCE)
        time.sleep(0.5)
        killing.compare(books, watched)
        for each in watched:
            killing.insist("DELETE", f"/machines/{each.machine}")
            each.close()
        until = time.monotonic() + 10.0
        while any(programs_of(home)) and time.monotonic() < until:
            time.sleep(0.1)
        outcome.faults += [f"process {pid} is left: {said}" for pid, said in programs_of(home)]
        outcome.faults += [f"a run's process {pid} is left" for pid in service.run_processes()]
    return outcome
