"""Kills at random moments, of the service and of the worker, while programs ask and ask again; then what was really done is counted.

Beside the tests for scripts/bench, which does it a thousand times.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.desktop.targets import App
from tests.machines.conftest import Home

PATIENCE = 60.0


class KilledService:
    """`coasty-desk serve` as a process, at the same port whenever it is started again."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.port = 0
        self.key = ""
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Serve, and wait until it says so."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "coasty_desk", "serve", "--port", str(self.port), "--provider", "offline"],
            env=self._home.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
            if found := re.search(r"sk-coasty-test-[0-9a-f]+", line):
                self.key = found[0]
            if line.startswith("To stop it"):
                return
        message = "the service did not start"
        raise AssertionError(message)

    def kill(self) -> None:
        """Without a warning."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def ask(self, method: str, path: str, body: Any = None, key: str = "", seconds: float = 40.0) -> tuple[int, Any]:
        """The status and the body. Raises OSError, HTTPException where there is none."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
            if key:
                headers["Idempotency-Key"] = key
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@dataclass
class Outcome:
    """What programs were told of each of their tokens, what is there of each, and how often they had to ask."""

    success: dict[str, bool] = field(default_factory=dict)
    doubt: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
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
    """One thing that a program wants done once: where it is asked for, and its tokens in the order of the steps."""

    path: str
    body: dict[str, Any]
    tokens: tuple[str, ...]


def errand(number: int, machine: str) -> Errand:
    """Of each kind in turn: keys on this desktop, alone and in a batch, and files and a shell on a virtual machine."""
    token, other = f"{number:06d};", f"{number + 500_000:06d};"
    typing = [{"command": "type", "parameters": {"text": text}} for text in (token, other)]
    match number % 4:
        case 0:
            return Errand("/v1/machines/desktop/actions", typing[0], (token,))
        case 1:
            return Errand("/v1/machines/desktop/actions/batch", {"steps": typing}, (token, other))
        case 2:
            said = {"path": "log", "content": f"{token}\n"}
            return Errand(f"/v1/machines/{machine}/files/append", {"parameters": said}, (token,))
        case _:
            return Errand(f"/v1/machines/{machine}/terminal", {"command": f"echo '{token}' >> log"}, (token,))


def insist(service: KilledService, wanted: Errand, outcome: Outcome) -> None:
    """Ask with the same key until there is an answer, as a program does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        outcome.asked += 1
        with suppress(OSError, HTTPException, ValueError):
            status, said = service.ask("POST", wanted.path, wanted.body, f"key-{wanted.tokens[0][:6]}")
            if status == 200:
                results = said.get("results", [said])
                for token, result in zip(wanted.tokens, results, strict=False):
                    outcome.note(token, result)
                return
            if status < 500 and said["error"]["code"] not in ("IDEMPOTENCY_IN_FLIGHT", "CONFLICT", "INVALID_STATE"):
                outcome.odd.append(f"{wanted.tokens[0]} {status} {said}")
                return
        time.sleep(0.05)
    outcome.odd.append(f"{wanted.tokens[0]} was never answered")


def made(service: KilledService, name: str, outcome: Outcome) -> str:
    """A virtual machine of that name, asked for until it is there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError, HTTPException, ValueError):
            status, said = service.ask("POST", "/v1/machines", {"display_name": name}, f"make-{name}")
            if status == 200:
                outcome.made[name] = said["machine"]["id"]
                return outcome.made[name]
        time.sleep(0.1)
    outcome.odd.append(f"{name} was never made")
    return ""


def killed(home: Home, app: App, *, kills: int, programs: int = 4, seed: int = 1) -> Outcome:
    """So many kills, while so many programs do their errands: what they were told, and what there is of it."""
    chance = random.Random(seed)  # noqa: S311 - moments, and no secrets
    service = KilledService(home)
    outcome, over = Outcome(), threading.Event()
    machine = made(service, "first", outcome)
    numbers = iter(range(1, 400_000))
    taking = threading.Lock()

    def program() -> None:
        while not over.is_set():
            with taking:
                number = next(numbers)
            insist(service, errand(number, machine), outcome)

    def maker() -> None:
        """One machine after the other, each taken away before the next."""
        for turn in range(kills):
            if over.is_set():
                return
            name = made(service, f"m{turn}", outcome)
            _persist(service, "DELETE", f"/v1/machines/{name}")

    threads = [threading.Thread(target=program) for _ in range(programs)] + [threading.Thread(target=maker)]
    for thread in threads:
        thread.start()
    for turn in range(kills):
        time.sleep(chance.uniform(0.02, 0.5))
        if turn % 8 == 7:
            _end_worker(home, machine)
            _revive(service, machine)
        elif turn % 4 == 3:
            _end_worker(home, (home.root / "desktop.id").read_text())
        else:
            service.kill()
            service.start()
    over.set()
    for thread in threads:
        thread.join(2 * PATIENCE)
    _count(service, machine, app, outcome)
    _persist(service, "DELETE", f"/v1/machines/{machine}")
    service.kill()
    return outcome


def _end_worker(home: Home, name: str) -> None:
    with suppress(AssertionError, ProcessLookupError):
        os.kill(home.worker(name), signal.SIGKILL)


def _revive(service: KilledService, machine: str) -> None:
    """Start the machine as soon as it is seen that its worker is gone."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError, HTTPException, ValueError):
            _, said = service.ask("POST", f"/v1/machines/{machine}/terminal", {"command": "true"})
            if said.get("success"):
                return
            service.ask("POST", f"/v1/machines/{machine}/start", {})
        time.sleep(0.05)


def _persist(service: KilledService, method: str, path: str) -> None:
    """Ask until it is so."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError, HTTPException, ValueError):
            status, _ = service.ask(method, path, {} if method == "POST" else None)
            if status == 200:
                return
        time.sleep(0.05)


def _count(service: KilledService, machine: str, app: App, outcome: Outcome) -> None:
    """What there is: keys that arrived, lines of the machine's file, machines."""
    time.sleep(0.5)
    typed = "".join(chr(event["keysym"]) for event in app.of_kind("key_down") if 32 <= event["keysym"] < 127)
    outcome.there.update(re.findall(r"\d{6};", typed))
    status, said = service.ask("POST", f"/v1/machines/{machine}/files/read", {"parameters": {"path": "log"}})
    assert status == 200, said
    outcome.there.update(re.findall(r"\d{6};", str(said["result"])))
    _, said = service.ask("GET", "/v1/machines?limit=200")
    left = [one["display_name"] for one in said["data"] if one["kind"] == "virtual"]
    if left != ["first"]:
        outcome.odd.append(f"machines that nobody has: {left}")
    if len(set(outcome.made.values())) != len(outcome.made):
        outcome.odd.append("two machines have one id")
