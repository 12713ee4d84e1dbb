"""Two services on one data folder, which their locks are there to prevent: what they carry out twice is done once all the same."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

from tests.automation.run_homes import act, click
from tests.cli.conftest import recording
from tests.desktop.xvfb import xvfb
from tests.server.run_services import OVER, RunningService, running_service, scripted, until

STEPS, RUNS = 6, 4


@pytest.mark.slow
def test_two_services_whose_locks_were_stolen_have_no_two_runs_overlap_and_do_nothing_twice(tmp_path: Path) -> None:
    """Safety sentence: a run is driven by one process, and a display by one run, whatever services think."""
    script = scripted(
        tmp_path,
        *(act(click(20 + 20 * step, 40), click(20 + 20 * step, 60)) for step in range(STEPS)),
        act(status="done"),
    )
    with xvfb(1280, 720) as display, recording(display) as window, running_service(tmp_path, display, *script) as first:
        created = [first.create(f"run {number}") for number in range(RUNS)]
        until(lambda: len(window.of_kind("press")) > 2)
        locks = [path for path in first.data.glob("*.lock") if path.is_file()]
        assert locks
        for path in locks:
            path.unlink()
        with running_service(tmp_path, display, *script) as second:
            second.key = first.key
            until(lambda: len(first.run_processes()) > 1)  # each has begun one
            for service, run_id in itertools.product((first, second), created):
                _over(service, run_id)
            assert {first.run(run_id)["status"] for run_id in created} == {"succeeded"}
            for run_id in created:
                journal = first.journal(run_id)
                assert [line["seq"] for line in journal] == list(range(1, len(journal) + 1))
                assert [line["event"] for line in journal].count("run_ended") == 1
        pressed = [(event["x"], event["y"]) for event in window.of_kind("press")]
        one = [(20 + 20 * step, y) for step in range(STEPS) for y in (40, 60)]
        assert set(Counter(pressed).values()) == {RUNS}
        assert pressed == one * RUNS


def _over(service: RunningService, run_id: str) -> None:
    until(lambda: service.run(run_id)["status"] in OVER, 120)
