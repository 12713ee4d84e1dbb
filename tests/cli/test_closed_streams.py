"""Where a run's words go: closed, full, gone or slow; nothing of that is an error inside, and nothing is lost on who reads."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Shell, service
from tests.stub_service import click, done, go


@pytest.fixture(name="run")
def _run(shell: Shell, display: str) -> Iterator[str]:
    """A shell's command line for a run of a few steps, without its redirections."""
    script = [go(click(300, 300)), done(click(400, 300))]
    with service(*script) as (_, url):
        shell.environment |= {"DISPLAY": display, "COASTY_BASE_URL": url}
        yield f"{sys.executable} -m coasty_desk run --yes --settle 0 'do it'"


def said(shell: Shell, line: str) -> subprocess.CompletedProcess[str]:
    """What comes of a line of bash."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        env=shell.environment,
        cwd=shell.home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("how", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "--json >&-", "--json <&- 2>&-"])
def test_a_closed_stream_is_no_stream(shell: Shell, run: str, how: str) -> None:
    """The run is done all the same."""
    done_ = said(shell, f"{run} {how}")
    assert (done_.returncode, done_.stderr) == (0, "")


@pytest.mark.parametrize("how", ["<&-", ">&-", "2>&-"])
@pytest.mark.parametrize(
    "other", ["doctor", "runs list", pytest.param("stop", marks=pytest.mark.stops_all), "cost", "auth status"]
)
def test_nor_is_it_for_other_commands(shell: Shell, other: str, how: str) -> None:
    """No traceback, and no word of something inside."""
    done_ = said(shell, f"{sys.executable} -m coasty_desk {other} {how}")
    assert "Traceback" not in done_.stderr
    assert "inside coasty-desk" not in done_.stderr


@pytest.mark.parametrize("command", ["run", "runs list", "presets show fast", "--help", "--version"])
def test_a_full_disk_is_said_and_is_no_success(shell: Shell, run: str, command: str) -> None:
    """`> /dev/full`: once, and with what to do."""
    done_ = said(shell, f"{run if command == 'run' else f'{sys.executable} -m coasty_desk {command}'} > /dev/full")
    assert done_.returncode == 5
    assert done_.stderr.count("cannot be written") == 1
    assert "Is the disk full" in done_.stderr
    assert "Traceback" not in done_.stderr


def test_a_reader_that_goes_ends_the_run(shell: Shell, run: str) -> None:
    """`| head -1`: nobody sees any more what is done."""
    done_ = said(shell, f"{run} --json | head -1")
    assert done_.returncode in (0, 130), "it may have been done before anybody noticed"
    assert json.loads(done_.stdout)["event"] == "run_started"
    assert "Traceback" not in done_.stderr


def test_a_slow_reader_gets_every_event(shell: Shell, run: str) -> None:
    """Through a pipe that holds one page, a piece at a time, long after the run is done."""
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
    with subprocess.Popen(["bash", "-c", f"exec {run} --json"], env=shell.environment, stdout=theirs) as process:
        os.close(theirs)
        got = b""
        while piece := os.read(ours, 300):
            got += piece
            time.sleep(0.02)
        os.close(ours)
        assert process.wait(20) == 0
    (journal,) = shell.data.glob("runs/*/journal.jsonl")
    assert [json.loads(line)["event"] for line in got.splitlines()] == [
        json.loads(line)["event"] for line in journal.read_bytes().splitlines()
    ]
