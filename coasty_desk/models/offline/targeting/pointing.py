"""Where is it? Found on a picture by reading it, as a prediction of one click."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from coasty_desk.core.actions import Click, Prediction, Verdict
from coasty_desk.core.errors import GaveUpError
from coasty_desk.core.ports import PredictRequest, PredictStream
from coasty_desk.core.scaling import Rect
from coasty_desk.core.stop import Stop
from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.language.instructions import NotUnderstoodError
from coasty_desk.models.offline.predictor import OfflinePredictor

TRIES = 12
"""So often the same picture is asked about; the predictor looks a few times before it gives up."""


class OfflinePointing:
    """A `core.ports.Predictor` that finds what the ask's task names and would click it."""

    def __init__(self, stop: Stop, *, active: Callable[[], Rect | None] = lambda: None) -> None:
        self._stop = stop
        self._active = active

    def price(self, ask: PredictRequest) -> int:  # noqa: ARG002 - the port's
        """Nothing."""
        return 0

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """A click on it. Raises GaveUpError where it is not to be seen, Aborted, UsageError where there is no engine."""
        reader = OfflinePredictor(self._stop, active=self._active)
        ask = replace(ask, task=_instruction(ask.task))
        try:
            for _ in range(TRIES):
                prediction = yield from reader.predict(ask)
                if any(isinstance(action, Click) for action in prediction.actions):
                    return prediction
                if prediction.verdict is not Verdict.CONTINUE:
                    break
        finally:
            reader.close()
        raise GaveUpError(prediction.reasoning, "Name it by a text that is on it or beside it.")

    def close(self) -> None:
        """Nothing is kept open."""


def _instruction(element: str) -> str:
    """`the Save button` as it can be said to the predictor; whatever its grammar does not know is a label."""
    said = f"click {element}"
    try:
        parse(said)
    except NotUnderstoodError:
        return 'click "{}"'.format(element.replace('"', ""))
    return said
