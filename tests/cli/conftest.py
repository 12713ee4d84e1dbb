"""The command line as its users have it: a process of its own, a home of its own, a display and a service to talk to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.core.money import CENT
from coasty_desk.record.spending import LEDGER, Entry, SpendingLedger
from tests.desktop.targets import App
from tests.desktop.xvfb import xvfb
from tests.stub_service import KEY, Service, serving

RECORDER = Path(__file__).parent.parent / "desktop" / "apps" / "x_recorder.py"


@dataclass(frozen=True)
class Result:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its `--json` lines; every one must be JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, name: str) -> list[dict[str, Any]]:
        """The events of one name."""
        return [event for event in self.events if event["event"] == name]


class Shell:
    """Runs `coasty-desk` in an environment of its own, as a person who has spent money with it before."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / ".local" / "share" / "coasty-desk"
        SpendingLedger(self.data / LEDGER).add(Entry(date(2026, 1, 1), "an-earlier-run", "1", 4 * CENT))
        self.environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "COASTY_API_KEY": KEY}

    def __call__(self, *arguments: str, **environment: str) -> Result:
        """Run to the end, without a terminal. An empty value takes a variable away."""
        merged = {name: value for name, value in (self.environment | environment).items() if value}
        command = [sys.executable, "-m", "coasty_desk", *arguments]
        done = subprocess.run(
            command,
            env=merged,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=90,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A fresh home, no display, a key that nobody but the stand-in takes."""
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A display of 1280x720 for the tests to whom any will do."""
    with xvfb(1280, 720) as name:
        yield name


@contextmanager
def recording(name: str) -> Iterator[App]:
    """A window over the whole display that keeps all input that reaches it."""
    app = App(name, [sys.executable, str(RECORDER)])
    try:
        yield app
    finally:
        app.close()


@contextmanager
def service(*script: dict[str, object]) -> Iterator[tuple[Service, str]]:
    """The stand-in, playing this script, and its address."""
    stand_in = Service(list(script))
    with serving(stand_in) as url:
        yield stand_in, url
