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
    """What a program was told of each of its tokens, and how often it had to ask."""

    success: dict[str, bool] = field(default_factory=dict)
    doubt: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    asked: int = 0


def insist(service: KilledService, token: str, outcome: Outcome) -> None:
    """Ask with the same key until there is an answer, as a program does."""
    body = {"command": "type", "parameters": {"text": token}}
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        outcome.asked += 1
        with suppress(OSError, HTTPException, ValueError):
            status, said = service.ask("POST", "/v1/machines/desktop/actions", body, f"key-{token[:6]}")
            if status == 200:
                outcome.success[token] = said["success"]
                if "not known" in (said["error"] or ""):
                    outcome.doubt.add(token)
                elif not said["success"]:
                    outcome.odd.append(f"{token} {said['error']}")
                return
            if status < 500 and said["error"]["code"] not in ("IDEMPOTENCY_IN_FLIGHT", "CONFLICT"):
                outcome.odd.append(f"{token} {status} {said}")
                return
        time.sleep(0.02)
    outcome.odd.append(f"{token} was never answered")


def killed(home: Home, app: App, *, kills: int, programs: int = 4, seed: int = 1) -> tuple[Outcome, Counter[str]]:
    """So many kills, while so many programs type tokens of their own; what they were told, and how often each token was typed."""
    chance = random.Random(seed)  # noqa: S311 - moments, and no secrets
    service = KilledService(home)
    outcome, over = Outcome(), threading.Event()
    numbers = iter(range(1, 1_000_000))
    taking = threading.Lock()

    def program() -> None:
        while not over.is_set():
            with taking:
                token = f"{next(numbers):06d};"
            insist(service, token, outcome)

    threads = [threading.Thread(target=program) for _ in range(programs)]
    for thread in threads:
        thread.start()
    desktop = (home.root / "desktop.id").read_text() if (home.root / "desktop.id").exists() else ""
    for turn in range(kills):
        time.sleep(chance.uniform(0.02, 0.5))
        if turn % 4 == 3:
            desktop = desktop or (home.root / "desktop.id").read_text()
            with suppress(AssertionError, ProcessLookupError):
                os.kill(home.worker(desktop), signal.SIGKILL)
        else:
            service.kill()
            service.start()
    over.set()
    for thread in threads:
        thread.join(PATIENCE + 10)
    service.kill()
    time.sleep(0.5)
    typed = "".join(chr(event["keysym"]) for event in app.of_kind("key_down") if 32 <= event["keysym"] < 127)
    return outcome, Counter(re.findall(r"\d{6};", typed))


def faults(outcome: Outcome, typed: Counter[str]) -> list[str]:
    """Each thing that was done twice, or lost although it was answered."""
    twice = [f"{token} was typed {times} times" for token, times in typed.items() if times > 1]
    lost = [
        f"{token} was answered, and is not there"
        for token, well in outcome.success.items()
        if well and not typed[token]
    ]
    wrong = [
        f"{token} was refused, and is there"
        for token, well in outcome.success.items()
        if not well and typed[token] and token not in outcome.doubt
    ]
    return [*twice, *lost, *wrong, *outcome.odd]
