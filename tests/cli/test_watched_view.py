"""What a person sees of a run that another process carries out: on a terminal with a foot, and nothing foreign that a terminal would obey."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from coasty_desk.cli.view.watched_view import LiveWatchedView, WatchedView
from coasty_desk.client.run_values import HeardEvent, RemoteRun

HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e\r\n" + "word " * 200 + "長" * 300
RUN = RemoteRun("run_1", "queued", HOSTILE, "desktop", most_steps=4, document={"budget_cents": 90})
NAMES = (
    "status",
    "step",
    "text",
    "reasoning",
    "tool_call",
    "tool_result",
    "awaiting_human",
    "resumed",
    "error",
    "billing",
)
EVENTS = [
    HeardEvent(str(number), name, data)
    for number, (name, data) in enumerate(
        (name, data)
        for name in (*NAMES, "unknown", HOSTILE)
        for data in (
            {},
            dict.fromkeys(("status", "text", "reason", "note", "code", "message", "error", "action"), HOSTILE),
            {"status": ["x"], "success": False, "params": {HOSTILE: HOSTILE}, "action_type": HOSTILE, "cost_cents": -1},
            {"steps_completed": "x", "action_type": "click", "params": {"x": 1e30, "y": HOSTILE}},
            {"steps_completed": 2, "status": "running", "machine_id": HOSTILE, "cost_cents": 4.5},
        )
    )
]


def test_nothing_that_is_told_is_obeyed_by_a_terminal() -> None:
    """Whatever the events have in them; each takes whole lines."""
    out = io.StringIO()
    view = WatchedView(RUN, "coasty-desk runs answer run_1", out)
    view.begin("how")
    for event in EVENTS:
        view.show(event)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out.getvalue())


@pytest.mark.parametrize("width", [20, 80])
def test_the_foot_says_how_it_is_and_goes_with_the_end(width: int) -> None:
    """Within the terminal's width; the money and the steps are those that were told last."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, height=30, highlight=False, markup=False, emoji=False)
    view = LiveWatchedView(RUN, "coasty-desk runs answer run_1", console)
    view.begin("Ctrl-C ends the watching")
    for event in EVENTS:
        view.show(event)
    foot = view._foot
    assert (foot.steps, foot.step, foot.cap, foot.budget, foot.spent) == (2, 3, 4, 900_000, 45_000)
    view.close()
    record = Path("/a" * 60)
    view.end(RemoteRun("run_1", "succeeded", summary=HOSTILE, steps=2), "", record)
    plain, whole, rest = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue()).partition(f"record: {record}\n")
    assert (bool(whole), rest) == (True, "")
    assert "\x1b" not in plain
    assert all(cell_len(line) <= width for line in re.split(r"[\r\n]+", plain))
    assert "succeeded:" in plain
    if width == 80:
        assert "Ctrl-C ends the watching" in plain
        assert "spent $0.05" in plain or "spent $0.045" in plain
