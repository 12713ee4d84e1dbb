"""Runs in processes of their own, as the service has them: a home, a display with a window that records all input, a script for a model."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from coasty_desk.automation.run_child import RunChild
from coasty_desk.automation.run_control import FromRun, Over, RunOrder

PATIENCE = 30.0

T = TypeVar("T")


class Sitting:
    """A run's process, with all that it has said."""

    def __init__(self, child: RunChild) -> None:
        self.child = child
        self.heard: list[FromRun] = []
        self._changed = threading.Condition()
        self._over = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def first(self, kind: type[T], after: int = 0) -> T:
        """The first message of that kind behind so many of its kind, once it is there."""
        until = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                found = [one for one in self.heard if isinstance(one, kind)]
                if len(found) > after:
                    return found[after]
                assert not self._over, f"it has ended: {self.heard[-3:]}"
                assert time.monotonic() < until, f"nothing came: {self.heard[-3:]}"
                self._changed.wait(0.1)

    def end(self) -> Over | None:
        """Its last word, once the process is gone; None where it was cut off."""
        assert self.child.gone_within(PATIENCE)
        self._reader.join(PATIENCE)
        last = self.heard[-1] if self.heard else None
        return last if isinstance(last, Over) else None

    def _read(self) -> None:
        for message in self.child.messages():
            with self._changed:
                self.heard.append(message)
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()


class RunHome:
    """A person's home and display, with the records of the runs there."""

    def __init__(self, home: Path, display: str) -> None:
        self.home, self.display = home, display
        self.runs = home / ".local" / "share" / "coasty-desk" / "runs"
        self.environment = {"HOME": str(home), "PATH": os.environ["PATH"], "DISPLAY": display, "LANG": "C.UTF-8"}
        self.sittings: list[Sitting] = []

    def sit(self, order: RunOrder, **environment: str) -> Sitting:
        """Start a process for it."""
        sitting = Sitting(RunChild.start(order, self.environment | environment))
        self.sittings.append(sitting)
        return sitting

    def script(self, *lines: Mapping[str, Any]) -> dict[str, Any]:
        """Overrides by which these predictions are played."""
        path = self.home / f"script-{uuid.uuid4().hex[:8]}.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
        return {"provider": "script", "script": str(path), "settle": "0"}

    def journal(self, run_id: str) -> list[dict[str, Any]]:
        """What is in a run's journal."""
        return [json.loads(line) for line in self.lines(run_id)]

    def lines(self, run_id: str) -> list[bytes]:
        """The same as it stands."""
        path = self.runs / run_id / "journal.jsonl"
        return path.read_bytes().splitlines(keepends=True) if path.exists() else []

    def configure(self, text: str) -> None:
        """The person's own configuration file."""
        folder = self.home / ".config" / "coasty-desk"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(text)

    def close(self) -> None:
        """No process is left."""
        for sitting in self.sittings:
            with suppress(ProcessLookupError):
                os.kill(sitting.child.pid, signal.SIGKILL)
            sitting.child.gone_within(PATIENCE)


@contextmanager
def run_home(home: Path, display: str) -> Iterator[RunHome]:
    """A home whose runs are ended with the block."""
    found = RunHome(home, display)
    try:
        yield found
    finally:
        found.close()


def new_id() -> str:
    """A run's id as the service gives it."""
    return str(uuid.uuid4())


def act(*actions: tuple[str, Mapping[str, Any]], status: str = "continue", **more: Any) -> dict[str, Any]:
    """A line of a script."""
    said = [{"action_type": name, "params": dict(parameters)} for name, parameters in actions]
    return {"status": status, "actions": said, "reasoning": "as the script says", **more}


def click(x: int, y: int) -> tuple[str, Mapping[str, Any]]:
    """A click there."""
    return "click", {"x": x, "y": y}


def typing(text: str) -> tuple[str, Mapping[str, Any]]:
    """A text."""
    return "type_text", {"text": text}


def names(journal: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of its events."""
    return [str(line["event"]) for line in journal]
