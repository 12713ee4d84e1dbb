"""Whatever of a service is killed, its runs come to their end, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desktop.xvfb import xvfb
from tests.machines.conftest import at_home
from tests.server.run_kills import runs_killed


@pytest.mark.slow
def test_kills_of_service_run_and_worker_lose_no_run_and_do_nothing_twice(tmp_path: Path) -> None:
    """Twelve kills at random moments of the runs of two machines, with readers who hang up and a model service that fails."""
    with xvfb(1280, 720) as display, at_home(tmp_path, display) as home:
        outcome = runs_killed(home, kills=12)
        assert outcome.faults == []
        assert outcome.clicks > 12
        assert sum(count for how, count in outcome.ends.items() if how == "succeeded") > 0
