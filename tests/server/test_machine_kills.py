"""What is killed does nothing twice, and what was answered was done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import recording
from tests.desktop.xvfb import xvfb
from tests.machines.conftest import at_home
from tests.server.machine_kills import killed


@pytest.mark.slow
def test_kills_of_service_and_worker_do_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    """Sixteen kills at random moments, with six programs that ask again with the same keys."""
    with xvfb(1280, 720) as display, at_home(tmp_path, display) as home, recording(display) as app:
        outcome = killed(home, app, kills=16)
        assert outcome.faults == []
        assert sum(outcome.success.values()) > 5
        assert outcome.answered["actions"]
