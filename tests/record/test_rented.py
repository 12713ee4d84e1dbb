"""A screen that costs by the hour: what is said with each step, what is left for the end, and what is on the books."""

from __future__ import annotations

from pathlib import Path

from coasty_desk.core.actions import Prediction, Usage, Verdict
from coasty_desk.core.money import CENT
from coasty_desk.core.ports import PredictRequest, StepCharge
from coasty_desk.core.stop import Stop
from coasty_desk.record.rented import Rented, at_worst
from coasty_desk.record.spending import Metered, SpendingLedger
from coasty_desk.testing import ScriptedPredictor, StillScreen

HOURLY = 6 * CENT


def test_whole_minutes_are_told_with_the_answer_that_they_led_to(tmp_path: Path) -> None:
    """Beside the model's own cost, once each, in the events and in the ledger; a part of a minute is not charged."""
    now = [0.0]
    answer = Prediction(Verdict.CONTINUE, usage=Usage(4 * CENT))
    rented = Rented(ScriptedPredictor([answer, answer], cost=4 * CENT), HOURLY, lambda: now[0])
    ledger = SpendingLedger(tmp_path / "spending.jsonl")
    metered = Metered(rented, ledger, "run", Stop())
    told = []
    for step, minutes in ((1, 2.5), (2, 3.2)):
        ask = PredictRequest(step, "x", StillScreen().frame)
        answering = metered.predict(ask)
        now[0] = minutes * 60
        told.append([word for word in answering if isinstance(word, StepCharge)])
    tenth = CENT // 10
    assert told == [[StepCharge("machine", 2 * tenth)], [StepCharge("machine", tenth)]]
    assert {(entry.what, entry.cost, entry.in_doubt) for entry in ledger.entries()} == {
        *(("1", 4 * CENT, False), ("machine-1", 2 * tenth, False)),
        *(("2", 4 * CENT, False), ("machine-2", tenth, False)),
    }
    now[0] = 6 * 60
    assert rented.settle() == 3 * tenth
    assert rented.settle() == 0


def test_the_price_of_a_step_has_the_minutes_in_it() -> None:
    """Those that are owed, and the one that is begun: a budget is kept before they are spent."""
    now = [0.0]
    rented = Rented(ScriptedPredictor(cost=CENT), HOURLY, lambda: now[0])
    ask = PredictRequest(1, "x", StillScreen().frame)
    assert rented.price(ask) == CENT + CENT // 10
    now[0] = 125.0
    assert rented.price(ask) == CENT + 3 * CENT // 10


def test_a_run_is_reckoned_by_its_deadline_or_by_the_hour() -> None:
    """A minute a step, an hour at least; a deadline is what it says."""
    assert at_worst(HOURLY, 25, None) == HOURLY
    assert at_worst(HOURLY, 90, None) == HOURLY * 3 // 2
    assert at_worst(HOURLY, 25, 90.0) == 2 * HOURLY // 60
    assert at_worst(0, 25, None) == 0
