"""What holds for every test."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# one slow example beside other work is no fault: no test asserts a wall-clock time
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:  # in the background of a script, or under nohup
        signal.signal(_number, lambda *_: None)  # we go on heeding none, but what the tests start does


_ON_MACHINES = re.compile(
    r"/tests/(automation|machines|screens|server)/"
    r"|/tests/cli/test_(machines|on_machine|on_virtual|own_service|remote_runs|run_through|schedules|serve|workflows)"
)
"""Where runs on machines, and commands in their terminals, are under way: what a stop without a display reaches."""


@pytest.fixture(autouse=True)
def stopped_by_nobody_else(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test marked `stops_all` go beside none whose runs it would end as well.

    It says `coasty-desk stop` where no run drives the display, which reaches every run of this user that is on a machine. Those who
    would begin one wait at the gate meanwhile, so that it need not wait for ever.
    """
    alone = request.node.get_closest_marker("stops_all") is not None
    if not alone and not _ON_MACHINES.search(request.path.as_posix()):
        yield
        return
    place = Path(tempfile.gettempdir()) / f"coasty-desk-tests-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    with (place / "gate").open("w") as gate, (place / "room").open("w") as room:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield
