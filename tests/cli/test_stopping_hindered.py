"""A stop in any state, whatever stands in its way (scripts/bench_stop.py has the whole table, with its figures)."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell
from tests.cli.hindered import HINDRANCES, STATES, WAYS, assert_stopped, going, hindered

CASES = [
    *[(state, ("Ctrl-C", "stop", "SIGTERM")[turn % 3], "nothing") for turn, state in enumerate(STATES)],
    *[
        (state, ("stop", "Ctrl-C")[turn % 2], "grabbed server")
        for turn, state in enumerate(("typing", "clicks", "drag", "held request", "wait", "pause", "reading", "settle"))
    ],
    *[
        (state, ("Ctrl-C", "stop")[turn % 2], hindrance)
        for turn, hindrance in enumerate(("unread pipe", "stopped terminal", "unread terminal"))
        for state in ("typing", "drag", "held request")
    ],
    *[(state, "stop", "stopped process") for state in ("typing", "drag", "held request")],
    *[(state, way, "busy machine") for state, way in (("typing", "stop"), ("drag", "Ctrl-C"))],
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
            act(run)
            assert_stopped(run, reason)
