"""A world for each kind of engine, and a bench on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.automation.engines import Bench, EngineWorld, StubWorld


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
