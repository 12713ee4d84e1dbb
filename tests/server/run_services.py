"""`coasty-desk serve` in a process of its own with a display to run on, and what asks it for runs and reads their events."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tests.cli.conftest import Result, Shell
from tests.server.killed_service import KilledService
from tests.server.served import Answer, Client

PATIENCE = 40.0
OVER = ("succeeded", "failed", "cancelled", "timed_out")

Event = tuple[int, str, Any]
"""Of a stream: its id, its name, its data."""


class RunningService(KilledService):
    """One that is killed and started again at will; asked with its first key."""

    def cli(self, *arguments: str) -> Result:
        """A command line of the person whose service it is."""
        return Shell(self.shell.home)(*arguments)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request."""
        return Client(self.port, self.key)(method, f"/v1{path}", body, **headers)

    def create(self, task: str, key: str = "", **more: Any) -> str:
        """A run's id."""
        answer = self("POST", "/runs", {"machine_id": "desktop", "task": task, **more}, Idempotency_Key=key)
        assert answer.status == 200, answer.body
        assert answer.json["status"] == "queued"
        found = answer.json["id"]
        assert isinstance(found, str)
        return found

    def run(self, run_id: str) -> Any:
        """A run as it is now."""
        answer = self("GET", f"/runs/{run_id}")
        assert answer.status == 200, answer.body
        return answer.json

    def reach(self, run_id: str, *statuses: str) -> Any:
        """Wait until it is in one of these states."""
        until = time.monotonic() + PATIENCE
        while (found := self.run(run_id))["status"] not in statuses:
            assert found["status"] not in OVER, found
            assert time.monotonic() < until, found
            time.sleep(0.02)
        return found

    def end(self, number: int = signal.SIGTERM) -> str:
        """As a person ends it; what it said at last."""
        assert self.process is not None
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=20)
        return said

    def events(self, run_id: str, after: int | None = None, most: float = PATIENCE) -> Iterator[Event]:
        """Those of one connection, until it ends."""
        yield from read_events(self.port, self.key, run_id, after, most)

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.shell.home / ".local" / "share" / "coasty-desk"

    def journal(self, run_id: str) -> list[dict[str, Any]]:
        """A run's record."""
        text = (self.data / "runs" / run_id / "journal.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def run_processes(self) -> list[int]:
        """Those of its runs."""
        return [
            int(path.name)
            for path in Path("/proc").iterdir()
            if path.name.isdecimal() and _is_run(path, str(self.shell.home))
        ]


def _is_run(path: Path, home: str) -> bool:
    try:
        return (
            b"automation.run_process" in (path / "cmdline").read_bytes()
            and f"HOME={home}\0".encode() in (path / "environ").read_bytes()
        )
    except OSError:
        return False


def read_events(port: int, key: str, run_id: str, after: int | None, seconds: float) -> Iterator[Event]:
    """The events of one connection, until it ends or breaks."""
    headers = {"X-API-Key": key, "Accept": "text/event-stream"}
    if after is not None:
        headers["Last-Event-ID"] = str(after)
    with closing(HTTPConnection("127.0.0.1", port, timeout=seconds)) as connection:
        try:
            connection.request("GET", f"/v1/runs/{run_id}/events", headers=headers)
            response = connection.getresponse()
            if response.status != 200:
                return
            frame: dict[str, str] = {}
            for line in response:
                text = line.decode().rstrip("\n")
                if not text and "id" in frame:
                    yield int(frame["id"]), frame["event"], json.loads(frame["data"])
                    frame = {}
                elif text and not text.startswith(":"):
                    name, _, value = text.partition(": ")
                    frame[name] = value
        except (OSError, HTTPException):
            return


@contextmanager
def running_service(home: Path, display: str, *options: str, **environment: str) -> Iterator[RunningService]:
    """One that has begun, with nothing left of it after the block."""
    with begun(RunningService(Shell(home), options, {"DISPLAY": display, **environment})) as found:
        yield found


@contextmanager
def begun(found: RunningService) -> Iterator[RunningService]:
    """The same, of one that was made before."""
    found.start()
    try:
        yield found
    finally:
        if found.process is not None and found.process.poll() is None:
            found.process.send_signal(signal.SIGTERM)
            try:
                found.process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                found.process.kill()
                found.process.wait()
        for process in found.run_processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def scripted(home: Path, *lines: Mapping[str, Any]) -> tuple[str, ...]:
    """Options by which these predictions are played."""
    path = home / f"script-{uuid.uuid4().hex[:8]}.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return ("--provider", "script", "--script", str(path))


def until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
