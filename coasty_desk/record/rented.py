"""What a rented screen costs beside the model: by the minute, with each step, so that budget, events and ledger have it."""

from __future__ import annotations

import time
from collections.abc import Callable

from coasty_desk.core.actions import Prediction
from coasty_desk.core.money import Money
from coasty_desk.core.ports import Predictor, PredictRequest, PredictStream, StepCharge

MINUTES_A_STEP = 1
"""What a run is reckoned to take where it has no deadline, and an hour at least."""

_MINUTE = 60.0


class Rented:
    """A `core.ports.Predictor` that says with each answer what the screen has cost since the last one. `hourly` is for an hour."""

    def __init__(self, predictor: Predictor, hourly: Money, clock: Callable[[], float] = time.monotonic) -> None:
        self._predictor, self._hourly, self._clock = predictor, hourly, clock
        self._began, self._told = clock(), 0

    def price(self, ask: PredictRequest) -> Money:
        """The other's, with the minutes that are not told yet, and one more."""
        return self._predictor.price(ask) + self._due() + self._hourly // 60

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """The other's answer, and what the screen has cost until then."""
        answer = yield from self._predictor.predict(ask)
        due = self.settle()
        if due:
            yield StepCharge("machine", due)
        return answer

    def close(self) -> tuple[str, ...] | None:
        """Close the other."""
        return self._predictor.close()

    def settle(self) -> Money:
        """What is owed for whole minutes and was not told yet; it is from now on."""
        due = self._due()
        self._told += due
        return due

    def _due(self) -> Money:
        return int((self._clock() - self._began) // _MINUTE) * self._hourly // 60 - self._told


def at_worst(hourly: Money, steps: int, deadline: float | None) -> Money:
    """What it is reckoned to cost: until the deadline, else a minute a step and an hour at least."""
    minutes = max(steps * MINUTES_A_STEP, 60) if deadline is None else -(-deadline // _MINUTE)
    return int(minutes * hourly) // 60
