"""A stop in any state, whatever stands in its way (scripts/bench_stop.py has the whole table, with its figures)."""

from __future__ import annotations

import os
import threading
import time

import pytest

from coasty_desk.desktop.base.lock import Owner
from coasty_desk.desktop.linux.stop_listener import listening
from tests.cli.conftest import Shell
from tests.cli.hindered import HINDRANCES, STATES, WAYS, assert_stopped, going, hindered

CASES = [
    *[(name, state.hears[turn % len(state.hears)], "nothing") for turn, (name, state) in enumerate(STATES.items())],
    *[
        (state, ("stop", "Ctrl-C")[turn % 2], "grabbed server")
        for turn, state in enumerate(("typing", "drag", "held request"))
    ],
    ("typing", "Ctrl-C", "unread pipe"),
    ("held request", "stop", "unread pipe"),
    ("drag", "stop", "stopped terminal"),
    ("held request", "Ctrl-C", "stopped terminal"),
    ("typing", "stop", "unread terminal"),
    ("drag", "Ctrl-C", "unread terminal"),
    *[(state, "stop", "stopped process") for state in ("typing", "drag")],
    ("drag", "Ctrl-C", "busy machine"),
    ("odd answers", "Esc three times", "busy machine"),
]


@pytest.mark.parametrize(("state", "way", "hindrance"), CASES)
def test_a_stop_is_heard_in_any_state_and_past_any_hindrance(
    shell: Shell, state: str, way: str, hindrance: str
) -> None:
    """Safety sentence: neither a terminal that was stopped, a reader that sleeps, a server that another client has grabbed nor a stopped process holds a stop up."""
    act, reason = WAYS[way]
    with going(shell, STATES[state], HINDRANCES[hindrance]) as run:
        STATES[state].there(run)
        with hindered(run, hindrance):
            grabbed_at = int(time.monotonic() * 1000)  # the server's own clock, in milliseconds
            act(run)
            assert_stopped(run, reason)
        if hindrance == "nothing":
            assert "by itself" not in run.events[-1]["message"], "it need not be ended by force"
        if hindrance == "grabbed server":
            run.seen()
            kinds = ("press", "key_down", "motion")
            late = [one for one in run.window.events if is_after(one["time"], grabbed_at)]
            assert [one for one in late if one["event"] in kinds] == [], "what waited for the server was thrown away"


def is_after(stamp: int, moment: int) -> bool:
    """Whether a server's time, 32 bits of milliseconds, is later."""
    return 0 < (stamp - moment) & 0xFFFFFFFF < 1 << 31


def test_stop_says_when_a_run_has_not_ended(shell: Shell) -> None:
    """Safety sentence: `stop` never says that a run is stopped which is not; this one hears it, and goes on."""
    asked = threading.Event()
    with listening(":4711", Owner.of("run_1", "goes on").to_json(), asked.set):
        said = shell("stop", DISPLAY=":4711")
    assert asked.is_set()
    assert (said.code, said.out) == (5, "")
    assert "run_1" in said.err
    assert f"kill -KILL {os.getpid()}" in said.err
