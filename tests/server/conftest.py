"""A service to ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.served import Served, served


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Served]:
    """The service with its own table."""
    with served(tmp_path) as found:
        yield found
