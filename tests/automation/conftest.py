"""A world for each kind of engine, and a bench on it; homes in which runs have processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.automation.engines import Bench, DbosWorld, EngineWorld, StubWorld
from tests.automation.postgres import new_database, postgres_server
from tests.automation.run_homes import RunHome, run_home
from tests.desktop.xvfb import xvfb


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A server for all tests."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where to keep something: a path, or an address."""
    return (
        new_database(request.getfixturevalue("postgres")) if request.param == "postgres" else tmp_path / "kept.sqlite3"
    )


@pytest.fixture(params=["stub", "sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> EngineWorld:
    """What an engine keeps, of each kind there is."""
    worlds: dict[str, Callable[[], EngineWorld]] = {
        "stub": StubWorld,
        "sqlite": lambda: DbosWorld(tmp_path / "engine.sqlite3", tmp_path / "engine.lock"),
        "postgres": lambda: DbosWorld(new_database(request.getfixturevalue("postgres")), tmp_path / "engine.lock"),
    }
    return worlds[request.param]()


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
