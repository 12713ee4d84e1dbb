"""Where is it? A vendor's model is asked to click it, and nothing is clicked."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Click, Prediction
from coasty_desk.core.errors import GaveUpError
from coasty_desk.core.money import Money
from coasty_desk.core.ports import PredictRequest, PredictStream
from coasty_desk.models.vendor.vendor_predictor import VendorPredictor


class VendorPointing(Struct, frozen=True):
    """A `core.ports.Predictor` that finds what the ask's task names."""

    predictor: VendorPredictor

    def price(self, ask: PredictRequest) -> Money:
        """Of one look."""
        return self.predictor.price(_asking(ask))

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """A click on it. Raises GaveUpError where the model points nowhere, ServiceError, Aborted."""
        found = yield from self.predictor.predict(_asking(ask))
        click = next((one for one in found.actions if isinstance(one, Click) and one.point is not None), None)
        remedy = "Describe it in other words, as one sees it on the screen."
        if click is None:
            said = f": {found.answer or found.question or found.reasoning}"[:300].rstrip(": ")
            message = f"The model points nowhere{said.rstrip('.')}."
            raise GaveUpError(message, remedy)
        if astray := ask.frame.strays(click, found.space):
            message = f"The model points to no place on the picture: {astray}."
            raise GaveUpError(message, "`coasty-desk doctor --model` finds out how a model points.")
        return replace(found, actions=(click,))

    def close(self) -> None:
        """Nothing is open."""


def _asking(ask: PredictRequest) -> PredictRequest:
    return replace(ask, task=f"Click this once, in the middle of it, on the screen as it is now: {ask.task}")
