"""Kills at random moments, of the service, of workers and of keepers, while programs ask for everything that is done once.

What was really done is counted by others than the service: a window that keeps the keys it gets, files on the disk, a web server that is
visited, and the books of the API that predictions are paid at. Beside the tests for scripts/bench, which does it a thousand times.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.desktop.targets import App
from tests.machines.conftest import Home
from tests.server.answering import account
from tests.server.killed_service import KilledService
from tests.server.served import Answer
from tests.server.test_killed_service import SlowUpstream, callers, compare
from tests.stub_service import serving

PATIENCE = 600.0
"""Seconds in which everything must have its answer, however often it is begun anew."""

_AGAIN = ("IDEMPOTENCY_IN_FLIGHT", "CONFLICT", "INVALID_STATE")


@dataclass
class Outcome:
    """What programs were told of each of their tokens, what is there of each, and how often they had to ask."""

    success: dict[str, bool] = field(default_factory=dict)
    doubt: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    snapshots: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    there: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> list[str]:
        """Each thing that was done twice, or lost although it was answered."""
        twice = [f"{token} is there {times} times" for token, times in self.there.items() if times > 1]
        lost = [
            f"{token} was answered, and is not there"
            for token, well in self.success.items()
            if well and not self.there[token]
        ]
        wrong = [
            f"{token} was refused, and is there"
            for token, well in self.success.items()
            if not well and self.there[token] and token not in self.doubt
        ]
        return [*twice, *lost, *wrong, *self.odd]

    def note(self, token: str, result: dict[str, Any]) -> None:
        """What came of it, as it was told."""
        self.success[token] = result["success"]
        if "not known" in (result["error"] or ""):
            self.doubt.add(token)
        elif not result["success"] and "was not tried" not in result["error"]:
            self.odd.append(f"{token} {result['error']}")


@dataclass(frozen=True)
class Errand:
    """One thing that a program wants done once: where it is asked for, and its tokens in the order of the steps, none for a step without."""

    name: str
    path: str
    body: dict[str, Any]
    tokens: tuple[str, ...]


def errands(machine: str, page: str) -> list[Callable[[str, str], Errand]]:
    """Of each kind, by two tokens: keys on this desktop, files, shells and pages on a virtual machine, alone and in batches."""
    there = f"/v1/machines/{machine}"

    def typing(text: str) -> dict[str, Any]:
        return {"command": "type", "parameters": {"text": text}}

    def files(name: str, op: str, token: str, **parameters: str) -> Errand:
        return Errand(name, f"{there}/files/{op}", {"parameters": parameters}, (token,))

    def mixed(token: str) -> list[dict[str, Any]]:
        """The middle one is told of; a second time, the first would be refused."""
        path = {"path": f"for-a-moment/{token[:6]}"}
        return [
            {"command": "file_write", "parameters": {**path, "content": "", "overwrite": False}},
            {"command": "terminal_execute", "parameters": {"command": f"echo '{token}' >> log"}},
            {"command": "file_delete", "parameters": path},
        ]

    return [
        lambda token, _: Errand("actions", "/v1/machines/desktop/actions", typing(token), (token,)),
        lambda token, other: Errand(
            "batch",
            "/v1/machines/desktop/actions/batch",
            {"steps": [typing(token), typing(other)]},
            (token, other),
        ),
        lambda token, _: files("append", "append", token, path="log", content=f"{token}\n"),
        lambda token, _: Errand("terminal", f"{there}/terminal", {"command": f"echo '{token}' >> log"}, (token,)),
        lambda token, _: files("edit", "edit", token, path="ledger", old_text="END", new_text=f"{token}\nEND"),
        lambda token, _: Errand(
            "write",
            f"{there}/files/write",
            {"parameters": {"path": f"written/{token}", "content": token, "overwrite": False}},
            (token,),
        ),
        lambda token, _: Errand("mixed", f"{there}/actions/batch", {"steps": mixed(token)}, ("", token, "")),
        lambda token, _: Errand(
            "browser",
            f"{there}/browser/navigate",
            {"parameters": {"url": f"{page}/{token[:6]}"}, "timeout_ms": 60_000},
            (token,),
        ),
    ]


@dataclass
class Killing:
    """A service that is killed, and what came of it."""

    service: KilledService
    outcome: Outcome
    over: threading.Event = field(default_factory=threading.Event)

    def insist(self, wanted: Errand) -> None:
        """Ask with the same key until there is an answer, as a program does."""
        key = "".join(wanted.tokens)[:6]
        answer = self.persist("POST", wanted.path, wanted.body, f"key-{key}")
        if answer is None:
            return
        if answer.status != 200:
            self.outcome.odd.append(f"{wanted.name} {key} {answer.status} {answer.body!r}")
            return
        self.outcome.answered[wanted.name] += 1
        for token, result in zip(wanted.tokens, answer.json.get("results", [answer.json]), strict=False):
            if token:
                self.outcome.note(token, result)

    def persist(self, method: str, path: str, body: object = None, key: str = "") -> Answer | None:
        """The final answer: of a request that has a key the one to it, of another one the first."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.outcome.asked += 1
            with suppress(OSError, HTTPException, ValueError):
                answer = self.service.once(method, path, body, key)
                if answer.status < 500 and (answer.status < 400 or answer.code not in _AGAIN):
                    return answer
                if answer.code == "INVALID_STATE" and (found := re.match(r"/v1/machines/[^/]+", path)):
                    self.service.once("POST", f"{found[0]}/start", {})  # its worker was killed
            time.sleep(0.05)
        self.outcome.odd.append(f"{method} {path} {key} was never answered")
        return None

    def reach(self, machine: str, verb: str, states: tuple[str, ...]) -> None:
        """Ask the machine to do so until it is in one of these states: this is done as often as it is asked for."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with suppress(OSError, HTTPException, ValueError, KeyError):
                if self.service.once("GET", f"/v1/machines/{machine}").json["machine"]["status"] in states:
                    return
                self.service.once("POST", f"/v1/machines/{machine}/{verb}", {})
            time.sleep(0.05)
        self.outcome.odd.append(f"{machine} was never {states[0]}")

    def read(self, machine: str, path: str) -> str:
        """What is in a file of the machine: asked again where its worker was killed meanwhile."""
        until = time.monotonic() + PATIENCE
        found = None
        while time.monotonic() < until:
            found = self.persist("POST", f"/v1/machines/{machine}/files/read", {"parameters": {"path": path}})
            if found is not None and found.status == 200 and "not known" not in (found.json["error"] or ""):
                break
        return str(found.json["result"]["content"]) if found is not None and found.json.get("success") else str(found)

    def made(self, name: str, **more: object) -> str:
        """A virtual machine of that name."""
        body = {"display_name": name, **more}
        answer = self.persist("POST", "/v1/machines", body, f"make-{name}")
        if answer is None or answer.status != 200:
            self.outcome.odd.append(f"{name} was not made: {answer}")
            return ""
        self.outcome.answered["machine"] += 1
        return str(answer.json["machine"]["id"])

    def life(self, name: str) -> None:
        """Of a machine: a file in it, a snapshot, another one that is made of that, stopped, started, leased; both taken away."""
        first = self.made(name)
        if not first:
            return
        said = {"parameters": {"path": "token", "content": name}}
        written = self.persist("POST", f"/v1/machines/{first}/files/write", said, f"write-{name}")
        kept = self.persist("POST", f"/v1/machines/{first}/snapshot", {}, f"keep-{name}")
        if kept is not None and kept.status == 200 and written is not None and written.json["success"]:
            self.outcome.answered["snapshot"] += 1
            self.outcome.snapshots[name] = kept.json["snapshot_id"]
            if self._state(first) not in ("running", "error"):  # error: its worker was killed
                self.outcome.odd.append(f"{name} ran, and does not after its snapshot")
            second = self.made(f"{name}-b", snapshot_id=kept.json["snapshot_id"])
            if (found := self.read(second, "token")) != name:
                self.outcome.odd.append(f"{name} was not restored: {found}")
            self.persist("PATCH", f"/v1/machines/{second}", {"ttl_minutes": 60})
            self.reach(second, "stop", ("stopped", "error"))  # error: its worker was killed
            self.reach(second, "start", ("running",))
            with suppress(OSError, HTTPException):
                self.service.once("POST", f"/v1/machines/{second}/restart", {})
            if (found := self.read(second, "token")) != name:
                self.outcome.odd.append(f"{name} was lost: {found}")
            self.persist("DELETE", f"/v1/machines/{second}")
        elif kept is not None and kept.status != 200:
            self.outcome.odd.append(f"{name} was not kept: {kept}")
        self.persist("DELETE", f"/v1/machines/{first}")

    def keys(self, name: str) -> None:
        """A key is made, is there, does what it may, and is taken away."""
        made = self.persist("POST", "/v1/keys", {"name": name, "scopes": ["machines:read"]})
        if made is None or made.status != 200:
            self.outcome.odd.append(f"no key was made: {made}")
            return
        self.outcome.answered["key"] += 1
        listed = self.persist("GET", "/v1/keys")
        key_id = made.json["key_id"]
        if listed is not None and key_id not in [one["key_id"] for one in listed.json["keys"]]:
            self.outcome.odd.append(f"the key {key_id} was answered, and is not there")
        gone = self.persist("DELETE", f"/v1/keys/{key_id}")
        listed = self.persist("GET", "/v1/keys")
        if gone is not None and listed is not None and key_id in [one["key_id"] for one in listed.json["keys"]]:
            self.outcome.odd.append(f"the key {key_id} was deleted, and is there")

    def _state(self, machine: str) -> str:
        shown = self.persist("GET", f"/v1/machines/{machine}")
        return "" if shown is None else str(shown.json["machine"]["status"])


def killed(home: Home, app: App, *, kills: int, programs: int = 4, seed: int = 1) -> Outcome:
    """So many kills, while programs do their errands: what they were told, and what there is of it."""
    chance = random.Random(seed)  # noqa: S311 - moments, and no secrets
    upstream, predicted = SlowUpstream(seed), dict[str, Answer]()
    with serving(upstream) as url, visited() as (page, visits):
        service = KilledService(home, ("--provider", "coasty"), account(url))
        service.start()
        killing = Killing(service, Outcome())
        outcome, over = killing.outcome, killing.over
        machine = killing.made("first")
        prepared = {"command": "mkdir written for-a-moment; printf END > ledger"}
        killing.persist("POST", f"/v1/machines/{machine}/terminal", prepared)
        kinds = errands(machine, page)
        numbers = iter(range(1, 400_000))
        taking = threading.Lock()

        def program() -> None:
            while not over.is_set():
                with taking:
                    number = next(numbers)
                killing.insist(kinds[number % len(kinds)](f"{number:06d};", f"{number + 500_000:06d};"))

        def lives() -> None:
            while not over.is_set():
                with taking:
                    number = next(numbers)
                killing.life(f"m{number}")
                killing.keys(f"k{number}")

        failed: list[BaseException] = []
        threads = [
            threading.Thread(target=_told, args=(work, failed)) for work in (*[program] * programs, lives, lives)
        ]
        threads += [threading.Thread(target=_told, args=(callers(service, "c1", over, predicted), failed))]
        for thread in threads:
            thread.start()
        for turn in range(kills):
            time.sleep(
                chance.uniform(0.02, 0.6) if turn % 10 else 6.0
            )  # what takes longer is to come to its end as well
            _kill(killing, home, machine, turn, chance)
        over.set()
        for thread in threads:
            thread.join(3 * PATIENCE)
        outcome.odd += [repr(error) for error in failed]
        outcome.answered.update(key.rsplit("-", 1)[1] for key in predicted)
        outcome.there.update(f"{token};" for token in visits.elements())
        _count(killing, machine, app)
        _compare(killing, upstream, predicted)
        killing.reach(machine, "start", ("running",))
        killing.persist("DELETE", f"/v1/machines/{machine}")
        _look_for_what_is_left(home, outcome)
        service.kill()
    return outcome


def _kill(killing: Killing, home: Home, machine: str, turn: int, chance: random.Random) -> None:
    """The service more often than not, else a worker: this desktop's, that of a machine that comes and goes, that of the one that stays."""
    match turn % 8:
        case 3:
            _end(home, (home.root / "desktop.id").read_text())
        case 5:
            _end_any(home, chance, keep={machine})
        case 7:
            _end(home, machine)
            killing.reach(machine, "start", ("running",))
        case _:
            killing.service.kill()
            killing.service.start()


@contextmanager
def visited() -> Iterator[tuple[str, Counter[str]]]:
    """The address of a web server, and how often each of its pages was asked for."""
    visits: Counter[str] = Counter()

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if found := re.fullmatch(r"/(\d{6})", self.path):
                visits[found[1]] += 1
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "12")
            with suppress(BrokenPipeError, ConnectionResetError):  # the browser was killed with its machine
                self.end_headers()
                self.wfile.write(b"<p>there</p>")

        def log_message(self, *_: object) -> None:
            """To nobody."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", visits
    finally:
        server.shutdown()
        server.server_close()


def _told(work: Callable[[], None], failed: list[BaseException]) -> None:
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - told by whoever waits for all of them
        failed.append(error)


def _end(home: Home, name: str) -> None:
    with suppress(AssertionError, ProcessLookupError):
        os.kill(home.worker(name), signal.SIGKILL)


def _end_any(home: Home, chance: random.Random, keep: set[str]) -> None:
    """The worker of one of the machines that come and go, in whatever it is doing."""
    names = sorted(path.name for path in home.root.glob("*-*-*-*-*") if path.is_dir() and path.name not in keep)
    if names:
        _end(home, chance.choice(names))


def _count(killing: Killing, machine: str, app: App) -> None:
    """What there is: keys that arrived, lines of the machine's files, machines, snapshots."""
    outcome = killing.outcome
    killing.reach(machine, "start", ("running",))
    time.sleep(0.5)
    typed = "".join(chr(event["keysym"]) for event in app.of_kind("key_down") if 32 <= event["keysym"] < 127)
    outcome.there.update(re.findall(r"\d{6};", typed))
    for command in ("cat log ledger > all; ls written >> all", "true"):
        killing.persist("POST", f"/v1/machines/{machine}/terminal", {"command": command})
    outcome.there.update(re.findall(r"\d{6};", killing.read(machine, "all")))
    every = killing.persist("GET", "/v1/machines?limit=200")
    assert every is not None
    left = [one["display_name"] for one in every.json["data"] if one["kind"] == "virtual"]
    if left != ["first"]:
        outcome.odd.append(f"machines that nobody has: {left}")


def _compare(killing: Killing, upstream: SlowUpstream, predicted: dict[str, Answer]) -> None:
    try:
        compare(killing.service, upstream, predicted)
    except AssertionError as error:
        killing.outcome.odd.append(f"predictions: {error}")


def _look_for_what_is_left(home: Home, outcome: Outcome) -> None:
    """Of machines that are no more there is nothing but a word, and of snapshots those that were answered."""
    desktop = (home.root / "desktop.id").read_text()
    known = {"desktop.id", "terminated", "snapshots", desktop}
    outcome.odd += [f"{path} is left" for path in home.root.iterdir() if path.name not in known]
    kept = {f"{name}.{kind}" for name in outcome.snapshots.values() for kind in ("tar", "json")}
    there = {path.name for path in (home.root / "snapshots").iterdir()}
    if kept != there:
        outcome.odd.append(f"snapshots: {sorted(kept - there)} are lost, {sorted(there - kept)} are nobody's")
    if len(kept) != 2 * len(outcome.snapshots):
        outcome.odd.append("two snapshots have one id")
    outcome.odd += [f"process {pid} is left: {said}" for pid, said in programs_of(home)]


def programs_of(home: Home) -> Iterator[tuple[int, str]]:
    """What runs for this home's virtual machines."""
    mine = os.fsencode(home.home)
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            with suppress(OSError):
                environment, command = (path / "environ").read_bytes(), (path / "cmdline").read_bytes()
                worker = b"machines.worker" in command and b"HOME=" + mine in environment
                desktop = os.fsencode((home.root / "desktop.id").read_text())
                if (worker and desktop not in command) or (
                    mine in command.replace(b"HOME=", b"") and b"Xvfb" in command
                ):
                    yield int(path.name), command.replace(b"\0", b" ").decode("utf-8", "replace")[:200]
