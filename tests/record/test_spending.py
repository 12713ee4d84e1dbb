"""What was spent, and the cap on a day."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from datetime import date, timedelta
from pathlib import Path

import pytest

from coasty_desk import file_lock
from coasty_desk.core.actions import Prediction, Usage, Verdict
from coasty_desk.core.errors import Aborted, DesktopError, OverBudgetError, ServiceError
from coasty_desk.core.money import CENT
from coasty_desk.core.ports import PredictRequest, PredictStream, Retry, StepCharge
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.record.spending import LEDGER, Entry, Metered, SpendingLedger, today

STOPPED = "hotkey"
MONDAY = date(2026, 11, 30)


class Shop:
    """A predictor that opens a session for 10 cents and asks 4 a step; stopped at the step `stops`."""

    def __init__(self, stops: int = 0) -> None:
        self.open = False
        self.stops = stops
        self.closed = False

    def price(self, ask: PredictRequest) -> int:
        """What the next step costs."""
        return (4 if self.open else 14) * CENT

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """A step."""
        yield Retry("NO_ANSWER", 0.0, 2)
        if not self.open:
            self.open = True
            yield StepCharge("session", 10 * CENT, "ses_1")
        if ask.step == self.stops:
            raise Aborted(STOPPED)
        return Prediction(Verdict.CONTINUE, usage=Usage(4 * CENT))

    def close(self) -> None:
        """It is closed."""
        self.closed = True


def ask(step: int) -> PredictRequest:
    """A step's question."""
    size = Size(1280, 720)
    return PredictRequest(step, "task", Frame(b"", "image/png", size, size, Rect(0, 0, 1280, 720)))


def heard(answering: PredictStream[Prediction]) -> int:
    """The cents of the answer."""

    def to_its_end() -> Generator[object, None, None]:
        cents.append((yield from answering).usage.cost)

    cents: list[int] = []
    assert list(to_its_end()) is not None
    return cents[0]


def _spent_on(ledger: SpendingLedger, day: date) -> int:
    return ledger.by_day().get(day.isoformat(), 0)


def test_spending_adds_up_by_day_and_month(tmp_path: Path) -> None:
    """The newest first, whatever the order in which it was written."""
    ledger = SpendingLedger(tmp_path / LEDGER)
    for day, cents in ((MONDAY, 10), (MONDAY + timedelta(1), 5), (MONDAY, 4)):
        ledger.add(Entry(day, "run", f"{day}{cents}", cents))
    assert ledger.by_day() == {"2026-12-01": 5, "2026-11-30": 14}
    assert ledger.by_month() == {"2026-12": 5, "2026-11": 14}
    assert _spent_on(ledger, MONDAY) == 14


def test_a_purchase_that_is_written_twice_counts_once(tmp_path: Path) -> None:
    """A run that was cut off between the answer and the journal asks again and writes again."""
    ledger = SpendingLedger(tmp_path / LEDGER)
    for run, cents in (("a", 4), ("b", 4), ("a", 4)):
        ledger.add(Entry(MONDAY, run, "1", cents))
    assert _spent_on(ledger, MONDAY) == 8


def test_torn_and_foreign_lines_are_read_past(tmp_path: Path) -> None:
    """What is legible counts."""
    ledger = SpendingLedger(tmp_path / LEDGER)
    ledger.add(Entry(MONDAY, "a", "1", 4))
    with (tmp_path / LEDGER).open("ab") as file:
        file.write(b'\xff\n[]\n{"day": "soon"}\n{"day": "2026-11-30", "run_id": "a", "wh')
    assert _spent_on(ledger, MONDAY) == 4


def test_there_is_nothing_spent_where_there_is_no_ledger(tmp_path: Path) -> None:
    """A new user's is empty."""
    assert SpendingLedger(tmp_path / "nowhere" / LEDGER).entries() == []


def test_the_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    """Mode 0600."""
    SpendingLedger(tmp_path / LEDGER).add(Entry(MONDAY, "a", "1", 4))
    assert (tmp_path / LEDGER).stat().st_mode & 0o777 == 0o600


def test_every_charge_of_a_run_is_written_down(tmp_path: Path) -> None:
    """The session and each step, as they are paid."""
    ledger = SpendingLedger(tmp_path / LEDGER)
    metered = Metered(Shop(), ledger, "run", Stop())
    for step in (1, 2):
        heard(metered.predict(ask(step)))
    assert {entry.what: entry.cost for entry in ledger.entries()} == {"ses_1": 10 * CENT, "1": 4 * CENT, "2": 4 * CENT}
    assert ledger.reserved() == 0


def test_a_day_has_no_more_than_its_cap(tmp_path: Path) -> None:
    """The step that would go beyond it is not asked for, over all runs of the day."""
    ledger = SpendingLedger(tmp_path / LEDGER)
    ledger.add(Entry(today() - timedelta(1), "yesterday's", "1", 99 * CENT))
    ledger.add(Entry(today(), "an earlier one", "1", 5 * CENT))
    metered = Metered(Shop(), ledger, "run", Stop(), daily=23 * CENT)
    heard(metered.predict(ask(1)))
    heard(metered.predict(ask(2)))
    with pytest.raises(OverBudgetError, match="of today's 23 only 0 are left"):
        heard(metered.predict(ask(3)))
    assert _spent_on(ledger, today()) == 23 * CENT


def test_a_step_that_was_stopped_is_in_doubt(tmp_path: Path) -> None:
    """It may have been charged, so it counts, and is marked; if the answer comes after all, that stands."""
    ledger = SpendingLedger(tmp_path / LEDGER)
    metered = Metered(Shop(stops=1), ledger, "run", Stop())
    with pytest.raises(Aborted):
        heard(metered.predict(ask(1)))
    assert {(entry.cost, entry.in_doubt) for entry in ledger.entries()} == {(10 * CENT, False), (4 * CENT, True)}
    metered.close()
    assert isinstance(metered.predictor, Shop)
    assert metered.predictor.closed


def test_what_is_reserved_counts_until_it_is_settled(tmp_path: Path) -> None:
    """Safety sentence: a run that is killed while it waits for an answer has spent the step's worst case until it is taken up."""
    ledger, day = SpendingLedger(tmp_path / LEDGER), today()
    killed = Metered(Shop(), ledger, "killed", Stop(), daily=20 * CENT).predict(ask(1))
    next(killed)  # its request is on its way, and no more is heard of it
    assert (_spent_on(ledger, day), ledger.reserved()) == (14 * CENT, 14 * CENT)
    with pytest.raises(OverBudgetError, match="of today's 20 only 6 are left"):
        heard(Metered(Shop(), ledger, "another", Stop(), daily=20 * CENT).predict(ask(1)))
    heard(Metered(Shop(), ledger, "killed", Stop(), daily=20 * CENT).predict(ask(1)))  # taken up: paid for once
    assert (_spent_on(ledger, day), ledger.reserved()) == (14 * CENT, 0)


@pytest.mark.parametrize(("in_doubt", "left"), [(False, 0), (True, 14)])
def test_what_was_refused_costs_nothing(tmp_path: Path, *, in_doubt: bool, left: int) -> None:
    """The reservation is given back where it is known that nothing was charged, and only there."""

    class Closed(Shop):
        def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
            yield Retry("NO_ANSWER", 0.0, 2)
            message = f"no, says step {ask.step}"
            raise ServiceError(message, in_doubt=in_doubt)

    ledger = SpendingLedger(tmp_path / LEDGER)
    with pytest.raises(ServiceError):
        heard(Metered(Closed(), ledger, "run", Stop()).predict(ask(1)))
    assert _spent_on(ledger, today()) == ledger.reserved() == left * CENT


def test_nothing_is_lost_after_a_torn_line(tmp_path: Path) -> None:
    """A process or a power cut left half a line: the next purchase begins a new one."""
    ledger = SpendingLedger(tmp_path / LEDGER)
    ledger.add(Entry(MONDAY, "a", "1", 4))
    with (tmp_path / LEDGER).open("ab") as file:
        file.write(b'{"day": "2026-11-30", "run_id": "b", "wh')
    ledger.add(Entry(MONDAY, "c", "1", 5))
    assert ledger.reserve(Entry(MONDAY, "d", "1", 6), 100) == 91
    assert _spent_on(ledger, MONDAY) == 15


BUYER = """
import sys
from datetime import date
from pathlib import Path
from coasty_desk.record.spending import Entry, SpendingLedger
ledger, who = SpendingLedger(Path(sys.argv[1])), sys.argv[2]
sys.stdin.read(1)
for step in range(40):
    entry = Entry(date(2026, 11, 30), who, str(step), 3, in_doubt=True)
    if ledger.reserve(entry, 200) >= 3:
        ledger.add(Entry(entry.day, who, entry.what, 2))
"""


def test_eight_processes_at_once_stay_within_the_cap(tmp_path: Path) -> None:
    """Safety sentence: none spends what another has reserved, no line is torn, and what is left is spent to the last step."""
    path = tmp_path / LEDGER
    command = [sys.executable, "-c", BUYER, str(path)]
    buyers = [subprocess.Popen([*command, f"run-{n}"], stdin=subprocess.PIPE) for n in range(8)]
    for buyer in buyers:
        buyer.communicate(b".", timeout=120)
        assert buyer.returncode == 0
    spent = _spent_on(SpendingLedger(path), MONDAY)
    assert 200 - 2 <= spent <= 200
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


def test_a_ledger_that_another_process_keeps_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be suspended with the lock; nothing is spent unbooked, a stop ends the waiting, and who is in the way is said."""
    monkeypatch.setattr("coasty_desk.record.spending.PATIENCE", 0.05)
    with (tmp_path / "spending.lock").open("wb") as file:
        assert file_lock.take(file.fileno())
        with pytest.raises(DesktopError, match="another process keeps"):
            SpendingLedger(tmp_path / LEDGER).add(Entry(MONDAY, "a", "1", 4))
        stop = Stop()
        stop.trip("stop")
        with pytest.raises(Aborted):
            SpendingLedger(tmp_path / LEDGER, stop.pause).add(Entry(MONDAY, "a", "1", 4))
    SpendingLedger(tmp_path / LEDGER).add(Entry(MONDAY, "a", "1", 4))
