"""What was spent, by day and month, and the cap on a day: kept beside the runs, and longer than they are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import plain_files
from coasty_desk.core.actions import Prediction
from coasty_desk.core.counting import be, counted
from coasty_desk.core.errors import Aborted, DesktopError, OverBudgetError
from coasty_desk.core.ports import Answering, Ask, Charged, Predictor
from coasty_desk.record import files
from coasty_desk.wire.fields import Fields, UnreadableError, parse_json

LEDGER = "spending.jsonl"

LARGEST = 100_000_000
"""Bytes: a million purchases."""


class Entry(Struct, frozen=True):
    """A purchase: on which day (this computer's), for which run, which of its purchases (`what`), for how many cents.

    `in_doubt`: the run was stopped before the answer, so it may have cost nothing.
    """

    day: date
    run_id: str
    what: str
    cents: int
    in_doubt: bool = False


class Ledger:
    """A file with a line for each purchase. A purchase written twice counts once, the last line of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, entry: Entry) -> None:
        """Have it on the disk before this returns. Raises DesktopError."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "day": entry.day.isoformat(),
            "run_id": entry.run_id,
            "what": entry.what,
            "cents": entry.cents,
            **({"in_doubt": True} if entry.in_doubt else {}),
        }
        with files.said():
            plain_files.folder(self._path.parent)
            descriptor = plain_files.made(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                plain_files.write_all(descriptor, json.dumps(line).encode("ascii") + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def ready(self) -> None:
        """Raise DesktopError where nothing could be written, before money is spent."""
        with files.said():
            plain_files.folder(self._path.parent)
            os.close(plain_files.made(self._path, os.O_WRONLY | os.O_APPEND))

    def entries(self) -> list[Entry]:
        """All purchases, each once, in the order in which they were made; torn and foreign lines are read past."""
        try:
            lines = plain_files.read(self._path, LARGEST).splitlines()
        except OSError:
            return []
        return list({(entry.run_id, entry.what): entry for entry in _read(lines)}.values())

    def spent_on(self, day: date) -> int:
        """The cents of a day."""
        return sum(entry.cents for entry in self.entries() if entry.day == day)

    def by_day(self) -> dict[str, int]:
        """Cents by day (`2026-11-22`), the newest first."""
        return self._by("%Y-%m-%d")

    def by_month(self) -> dict[str, int]:
        """Cents by month (`2026-11`), the newest first."""
        return self._by("%Y-%m")

    def _by(self, form: str) -> dict[str, int]:
        sums: dict[str, int] = {}
        for entry in self.entries():
            period = entry.day.strftime(form)
            sums[period] = sums.get(period, 0) + entry.cents
        return dict(sorted(sums.items(), reverse=True))


class Metered(Struct, frozen=True):
    """A `core.ports.Predictor` that writes down what another one costs, and asks it nothing beyond `daily_cents`."""

    predictor: Predictor
    ledger: Ledger
    run_id: str
    daily_cents: int | None = None

    def price(self, ask: Ask) -> int:
        """The other's price."""
        return self.predictor.price(ask)

    def predict(self, ask: Ask) -> Answering[Prediction]:
        """The other's answer. Raises OverBudgetError where the day has not enough left for it."""
        price = self.price(ask)
        if self.daily_cents is not None and price:
            left = max(self.daily_cents - self.ledger.spent_on(today()), 0)
            if price > left:
                message = (
                    f"the next step may cost {counted(price, 'cent')}, and of today's {self.daily_cents} "
                    f"only {left} {be(left)} left"
                )
                raise OverBudgetError(message, "Wait for tomorrow, or raise daily_cents under [limits].")
            # a session that is gone is opened anew within the day's cap as well
            ask = replace(ask, cents_left=left if ask.cents_left is None else min(left, ask.cents_left))
        if price:
            self.ledger.ready()
        return (yield from self._noted(ask.step, price, self.predictor.predict(ask)))

    def close(self) -> None:
        """Close the other."""
        self.predictor.close()

    def _noted(self, step: int, price: int, answering: Answering[Prediction]) -> Answering[Prediction]:
        open_cents = price
        while True:
            try:
                word = next(answering)
            except StopIteration as end:
                prediction: Prediction = end.value
                break
            except Aborted:
                self._note(f"{step}", open_cents, in_doubt=True)
                raise
            if isinstance(word, Charged):
                open_cents = max(open_cents - word.cents, 0)
                self._note(word.session_id or f"{step}", word.cents)
            yield word
        try:
            self._note(f"{step}", prediction.usage.cents)
        except DesktopError:
            yield Charged("step", prediction.usage.cents)  # it was paid, though the disk does not take it down
            raise
        return prediction

    def _note(self, what: str, cents: int, *, in_doubt: bool = False) -> None:
        if cents:
            self.ledger.add(Entry(today(), self.run_id, what, cents, in_doubt))


def today() -> date:
    """This computer's day: what a person calls today."""
    return datetime.now(UTC).astimezone().date()


def _read(lines: list[bytes]) -> Iterator[Entry]:
    for line in lines:
        try:
            fields = Fields.of(parse_json(line), "the entry")
            day = date.fromisoformat(str(fields.values.get("day")))
            run_id, what = (fields.text(name, at_most=200) for name in ("run_id", "what"))
            cents = fields.whole("cents", at_most=10**9)
        except (UnreadableError, ValueError):
            continue
        if run_id is not None and what is not None and cents is not None:
            yield Entry(day, run_id, what, cents, fields.values.get("in_doubt") is True)
