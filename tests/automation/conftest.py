"""A world for each kind of engine, and a bench on it; homes in which runs have processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.automation.engines import Bench, EngineWorld, StubWorld
from tests.automation.run_homes import RunHome, run_home
from tests.desktop.xvfb import xvfb


@pytest.fixture(params=["stub"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> EngineWorld:
    """What an engine keeps, of each kind there is."""
    return StubWorld()


@pytest.fixture
def bench(world: EngineWorld) -> Iterator[Bench]:
    """Closed at the end."""
    bench = Bench(world)
    yield bench
    bench.close()


@pytest.fixture
def home(tmp_path: Path, display: str) -> Iterator[RunHome]:
    """A fresh home on the display."""
    with run_home(tmp_path, display) as found:
        yield found


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A display of 1280x720."""
    with xvfb(1280, 720) as name:
        yield name
