"""A report that is being written is left at once, and half of it is nowhere."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Shell, service
from tests.cli.networks import noise
from tests.desktop.xvfb import xvfb
from tests.stub_service import done, go

PATIENCE = 20.0
STEPS = 6
WAIT = {"action_type": "wait", "params": {"seconds": 0.01}}


@pytest.mark.parametrize("form", ["--gif", "--webp"])
def test_ctrl_c_leaves_a_report_that_is_being_written(shell: Shell, form: str) -> None:
    """While pictures that take seconds are worked on; a report that was there before stays whole."""
    with xvfb(1280, 720) as display, noise(display), service(*[go(WAIT)] * STEPS, done()) as (_, url):
        assert shell("run", "look", "--yes", DISPLAY=display, COASTY_BASE_URL=url).code == 0
    there = shell.home / "animation"
    there.write_bytes(b"the one before")
    command = [sys.executable, "-m", "coasty_desk", "runs", "report", "last", form, str(there)]
    with subprocess.Popen(
        command, env=shell.environment, cwd=shell.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        deadline = time.monotonic() + PATIENCE
        while b"_imaging" not in Path(f"/proc/{process.pid}/maps").read_bytes():  # the pictures are being opened
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert there.read_bytes() == b"the one before"
    assert [path for path in shell.home.iterdir() if not path.name.startswith(".")] == [there]
