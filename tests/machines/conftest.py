"""Machines as the service has them: a registry on a folder of its own, a worker process, a display with an application on it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.machines.registry import MachineRegistry
from coasty_desk.machines.worker_protocol import CommandStep, StepResult
from tests.desktop.xvfb import xvfb

PATIENCE = 20.0


def until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


class Home:
    """A person's home and display, and the services on them, one after the other."""

    def __init__(self, home: Path, display: str) -> None:
        self.home, self.display = home, display
        self.root = home / ".local" / "share" / "coasty-desk" / "machines"
        self.environment = {"HOME": str(home), "PATH": os.environ["PATH"], "DISPLAY": display, "LANG": "C.UTF-8"}

    def configure(self, text: str) -> None:
        """The person's own configuration file."""
        folder = self.home / ".config" / "coasty-desk"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(text)

    def registry(self) -> MachineRegistry:
        """What a service has, begun."""
        found = MachineRegistry(self.root, self.environment)
        found.begin()
        return found

    def worker(self, name: str) -> int:
        """The process of a machine's worker."""
        found = [pid for pid in _processes() if _is_worker(pid, self.root / name)]
        assert len(found) == 1, found
        return found[0]

    def end(self) -> None:
        """No worker is left."""
        for pid in _processes():
            if _is_worker(pid, self.root):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _is_worker(pid: int, folder: Path) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"coasty_desk.machines.worker" in command and os.fsencode(folder) in command


@contextmanager
def at_home(home: Path, display: str) -> Iterator[Home]:
    """A home whose workers are ended with the block."""
    found = Home(home, display)
    try:
        yield found
    finally:
        found.end()


@pytest.fixture
def home(tmp_path: Path, display: str) -> Iterator[Home]:
    """A fresh home on the display."""
    with at_home(tmp_path, display) as found:
        yield found


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A display of 1280x720."""
    with xvfb(1280, 720) as name:
        yield name


@pytest.fixture
def machines(home: Home) -> Iterator[MachineRegistry]:
    """The machines of that home."""
    found = home.registry()
    yield found
    found.close()


def step(name: str, seconds: float = 20.0, /, **parameters: Any) -> CommandStep:
    """A command."""
    return CommandStep(name, parameters, seconds)


def done(machines: MachineRegistry, name: str, /, **parameters: Any) -> StepResult:
    """What came of one command on this desktop."""
    (result,) = machines.act("desktop", [step(name, **parameters)]).results
    return result
