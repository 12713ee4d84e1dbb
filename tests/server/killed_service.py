"""`coasty-desk serve` as a process that can be killed at any moment, at one address through all its lives."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Protocol

from tests.server.served import Answer, Client

PATIENCE = 120.0
"""Seconds in which every request must have its answer, however often the service is killed."""


class Household(Protocol):
    """Whose service it is."""

    home: Path
    environment: dict[str, str]


@dataclass
class KilledService:
    """A service with these options, in this household's environment and `environment` besides."""

    shell: Household
    options: tuple[str, ...]
    environment: Mapping[str, str]
    port: int = field(init=False)
    key: str = ""
    said: str = ""
    process: subprocess.Popen[str] | None = None
    took: float = 0.0
    """Seconds of its last start."""
    program: tuple[str, ...] = ("-m", "coasty_desk")
    """What Python is to run."""

    def __post_init__(self) -> None:
        """On a port that is free now."""
        self.port = _free_port()

    def start(self) -> None:
        """Begin, and return when it answers."""
        command = [sys.executable, *self.program, "serve", "--port", str(self.port), *self.options]
        began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            env=self.shell.environment | dict(self.environment),
            cwd=self.shell.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("To stop it"):
                break
        assert said[-1:], "it has not begun"
        assert said[-1].startswith("To stop it"), said
        found = re.search(r"sk-coasty-test-[0-9a-f]{48}", "".join(said))
        self.key = self.key or (found[0] if found else "")
        self.said = "".join(said)
        self.took = time.monotonic() - began

    def kill(self) -> None:
        """As nothing can be caught."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def once(self, method: str, path: str, body: object = None, key: str = "") -> Answer:
        """The answer to one request. Raises OSError, HTTPException where there is none, or half of one."""
        return Client(self.port, self.key)(method, path, body, Idempotency_Key=key)

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> Answer:
        """The answer, by the same key until there is one that is final."""
        until = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < until, f"no answer to {method} {path}"
            try:
                answer = self.once(method, path, body, key)
            except (OSError, HTTPException):
                time.sleep(0.05)
                continue
            if answer.status < 400 or not answer.json["error"]["retryable"]:
                return answer
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
        assert isinstance(port, int)
        return port
