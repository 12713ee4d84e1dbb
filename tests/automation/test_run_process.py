"""A sitting of a run: the run of `coasty-desk run`, its end at any moment, and what is left for the next one."""

from __future__ import annotations

from coasty_desk.automation.run_control import RunOrder, Written
from tests.automation.run_homes import RunHome, act, click, names, new_id, typing
from tests.cli.conftest import recording


def test_a_run_is_carried_out_and_recorded(home: RunHome) -> None:
    """With real input on a real display; every line of its journal is told of once it is there."""
    run = new_id()
    with recording(home.display) as window:
        order = RunOrder(run, "do it", home.script(act(click(100, 80)), act(typing("hi"), status="done", answer="two")))
        sitting = home.sit(order)
        over = sitting.end()
        assert [(event["x"], event["y"]) for event in window.wait_for("press", 1)] == [(100, 80)]
    assert over is not None
    assert (over.status, over.reason, over.passed, over.code) == ("succeeded", "done", True, "")
    journal = home.journal(run)
    assert journal[-1]["event"] == "run_ended"
    assert [one.line for one in sitting.heard if isinstance(one, Written)] == list(range(1, len(journal) + 1))
    assert names(journal).count("acting") == 2
    again = home.sit(order).end()
    assert again == over
    assert home.journal(run) == journal
