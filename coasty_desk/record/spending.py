"""What was spent, by day and month, the cap on a day, and what was agreed to: kept beside the runs, and longer than they are."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import file_lock, plain_files
from coasty_desk.core.actions import Prediction
from coasty_desk.core.errors import DesktopError, OverBudgetError, ServiceError, UnpaidError
from coasty_desk.core.limits import too_dear
from coasty_desk.core.money import Money, from_cents, in_cents
from coasty_desk.core.ports import Predictor, PredictRequest, PredictStream, StepCharge
from coasty_desk.core.stop import Stop
from coasty_desk.record import disk_errors
from coasty_desk.wire.json_fields import Fields, UnreadableError, parse_json

LEDGER = "spending.jsonl"
AGREED = "agreed.json"

BEFORE = 248
"""Cents that a run of the usual size costs at most: what somebody has agreed to who has paid before this was kept."""

LARGEST = 100_000_000
"""Bytes: a million purchases."""

PATIENCE = 5.0
"""Seconds that another process may keep the ledger: it takes milliseconds, but may be stopped just then."""


class Entry(Struct, frozen=True):
    """A purchase: on which day (this computer's), for which run, which of its purchases (`what`), for how much.

    `in_doubt`: it is reserved. It counts, and its answer is still to come: another line then says what it came to.
    """

    day: date
    run_id: str
    what: str
    cost: Money
    in_doubt: bool = False


class SpendingLedger:
    """A file with a line for each purchase. A purchase written twice counts once, the last line of it.

    Processes write it one after the other, by a lock beside it; `pause` waits for that, and may raise Aborted.
    """

    def __init__(self, path: Path, pause: Callable[[float], None] = time.sleep) -> None:
        self._path = path
        self._pause = pause

    def add(self, *entries: Entry) -> None:
        """Have them on the disk before this returns, all or none. Raises DesktopError."""
        with disk_errors.disk_errors(), file_lock.alone(self._lock(), PATIENCE, self._pause):
            self._append(entries)

    def reserve(self, entry: Entry, cap: Money) -> Money:
        """Write it down, unless the day then has more than `cap`; what is left for it.

        No other process spends in between. Nothing is written where `left` is too little. Raises DesktopError.
        """
        with disk_errors.disk_errors(), file_lock.alone(self._lock(), PATIENCE, self._pause):
            day = entry.day.isoformat().encode("ascii")
            there = {(one.run_id, one.what): one for one in _read(line for line in self._lines() if day in line)}
            there.pop((entry.run_id, entry.what), None)
            left = max(cap - sum(one.cost for one in there.values() if one.day == entry.day), 0)
            if entry.cost <= left:
                self._append((entry,))
        return left

    def entries(self) -> list[Entry]:
        """All purchases, each once, in the order in which they were made; torn and foreign lines are read past."""
        try:
            lines = self._lines()
        except OSError:
            return []
        return list({(entry.run_id, entry.what): entry for entry in _read(lines)}.values())

    def reserved(self) -> Money:
        """All purchases that are in doubt."""
        return sum(entry.cost for entry in self.entries() if entry.in_doubt)

    def _lock(self) -> Path:
        plain_files.folder(self._path.parent)
        return self._path.with_suffix(".lock")

    def _lines(self) -> list[bytes]:
        try:
            return plain_files.read(self._path, LARGEST).splitlines()
        except FileNotFoundError:
            return []

    def _append(self, entries: Sequence[Entry]) -> None:
        descriptor = plain_files.made(self._path, os.O_RDWR | os.O_APPEND)
        try:
            plain_files.append(descriptor, b"".join(map(_line, entries)))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def by_day(self) -> dict[str, Money]:
        """By day (`2026-11-22`), the newest first."""
        return self._by("%Y-%m-%d")

    def by_month(self) -> dict[str, Money]:
        """By month (`2026-11`), the newest first."""
        return self._by("%Y-%m")

    def _by(self, form: str) -> dict[str, Money]:
        sums: dict[str, Money] = {}
        for entry in self.entries():
            period = entry.day.strftime(form)
            sums[period] = sums.get(period, 0) + entry.cost
        return dict(sorted(sums.items(), reverse=True))


class Metered(Struct, frozen=True):
    """A `core.ports.Predictor` that writes down what another one costs, and asks it nothing beyond `daily`.

    The worst case of a step is reserved before the request goes out, and settled when it is answered: several
    runs at once, and runs that are killed, stay within the cap.
    """

    predictor: Predictor
    ledger: SpendingLedger
    run_id: str
    stop: Stop
    daily: Money | None = None

    def price(self, ask: PredictRequest) -> Money:
        """The other's price."""
        return self.predictor.price(ask)

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """The other's answer. Raises OverBudgetError where the day has not enough left for it."""
        reserved = self._reserve(ask.step, self.price(ask))
        try:
            return (yield from self._noted(self._capped(ask, reserved), reserved))
        except OverBudgetError as error:
            own = None if ask.money_left is None else ask.money_left - error.spent
            if reserved is None or not error.cost or (own is not None and error.cost > own):
                raise
            reserved = self._reserve(ask.step, error.cost)  # what must be opened anew was not reserved
        return (yield from self._noted(self._capped(replace(ask, money_left=own), reserved), reserved))

    def close(self) -> tuple[str, ...] | None:
        """Close the other."""
        return self.predictor.close()

    def _reserve(self, step: int, cost: Money) -> Entry | None:
        """What is written down for the step before it is asked for; None where it costs nothing."""
        if not cost:
            return None
        entry = Entry(today(), self.run_id, f"{step}", cost, in_doubt=True)
        if self.daily is None:
            self.ledger.add(entry)
            return entry
        left = self.ledger.reserve(entry, self.daily)
        if cost > left:
            message = too_dear(cost, f"of today's {in_cents(self.daily):g}", left)
            raise OverBudgetError(message, "Wait for tomorrow, or raise daily_cents under [limits].")
        return entry

    def _capped(self, ask: PredictRequest, reserved: Entry | None) -> PredictRequest:
        """A session that is gone is opened anew within the day's cap as well."""
        if reserved is None or self.daily is None:
            return ask
        return replace(ask, money_left=reserved.cost if ask.money_left is None else min(reserved.cost, ask.money_left))

    def _noted(self, ask: PredictRequest, reserved: Entry | None) -> PredictStream[Prediction]:
        step = reserved or Entry(today(), self.run_id, f"{ask.step}", 0)
        answering = self.predictor.predict(ask)
        while True:
            try:
                word = next(answering)
            except StopIteration as end:
                prediction: Prediction = end.value
                break
            except (ServiceError, OverBudgetError, UnpaidError) as error:
                if not (isinstance(error, ServiceError) and error.in_doubt):
                    self._settle(step, 0)  # it is known that nothing was charged for it
                raise
            if isinstance(word, StepCharge):
                step = self._charged(ask, step, word)
            yield word
        try:
            self._settle(step, prediction.usage.cost)
        except DesktopError:
            yield StepCharge("step", prediction.usage.cost)  # it was paid, though the disk does not take it down
            raise
        return prediction

    def _charged(self, ask: PredictRequest, step: Entry, word: StepCharge) -> Entry:
        """Write it down; what the step itself is down for now."""
        if word.what == "machine":
            self.ledger.add(Entry(step.day, self.run_id, f"machine-{ask.step}", word.cost))
            return step
        if word.what == "step":
            return self._settle(step, word.cost)
        session = Entry(step.day, self.run_id, word.session_id or f"{step.what}-session", word.cost)
        still_to_pay = 0 if self.stop.is_set() else self.price(ask)  # after a stop no step is asked for
        rest = replace(step, cost=still_to_pay, in_doubt=still_to_pay > 0)
        if word.cost or step.cost:
            self.ledger.add(session, rest)
        return rest

    def _settle(self, step: Entry, cost: Money) -> Entry:
        """Write down what it came to, once."""
        settled = replace(step, cost=cost, in_doubt=False)
        if not step.in_doubt and settled.cost <= step.cost:
            return step
        self.ledger.add(settled)
        return settled


class Agreed:
    """A file with one amount in cents: what a person has agreed that a run may cost. A dearer one is asked about again."""

    def __init__(self, path: Path, ledger: SpendingLedger) -> None:
        self._path = path
        self._ledger = ledger

    def cents(self) -> int:
        """The dearest run that was agreed to; 0 where none was."""
        try:
            found = Fields.of(parse_json(plain_files.read(self._path, 10_000)), "the file").whole(
                "cents", at_most=10**9
            )
        except (OSError, UnreadableError):
            found = None
        if found is None:
            return BEFORE if self._ledger.entries() else 0
        return max(found, 0)

    def add(self, cents: int) -> None:
        """A run that may cost so much was agreed to. Raises DesktopError."""
        if self._path.exists() and cents <= self.cents():
            return
        with disk_errors.disk_errors():
            plain_files.folder(self._path.parent)
            plain_files.write(self._path, json.dumps({"cents": max(cents, self.cents())}).encode("ascii"))


def _line(entry: Entry) -> bytes:
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "day": entry.day.isoformat(),
        "run_id": entry.run_id,
        "what": entry.what,
        "cents": in_cents(entry.cost),
        **({"in_doubt": True} if entry.in_doubt else {}),
    }
    return json.dumps(line).encode("ascii") + b"\n"


def today() -> date:
    """This computer's day: what a person calls today."""
    return datetime.now(UTC).astimezone().date()


def _read(lines: Iterable[bytes]) -> Iterator[Entry]:
    for line in lines:
        try:
            fields = Fields.of(parse_json(line), "the entry")
            day = date.fromisoformat(str(fields.values.get("day")))
            run_id, what = (fields.text(name, at_most=200) for name in ("run_id", "what"))
            cents = fields.number("cents", at_most=10**9)
        except (UnreadableError, ValueError):
            continue
        if run_id is not None and what is not None and cents is not None:
            yield Entry(day, run_id, what, from_cents(cents), fields.values.get("in_doubt") is True)
