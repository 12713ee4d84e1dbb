"""A model that is not believed at once: where it says that the task is done, it is asked once more, with a fresh look."""

from __future__ import annotations

from msgspec.structs import replace

from coasty_desk.core.actions import Look, Prediction, Verdict
from coasty_desk.core.money import Money
from coasty_desk.core.ports import Predictor, PredictRequest, PredictStream

DOUBT = (
    "You have said that the task is done. Look at this new screenshot: if everything that the task asks for can be seen to be done, say again "
    "that it is done. If anything is missing or cannot be seen, go on with it."
)
CLAIM = "It says that the task is done, and is asked once more"


class Verifying:
    """A `core.ports.Predictor` around another one. Where a sitting ends between the two questions, the next one asks both again."""

    def __init__(self, model: Predictor) -> None:
        self._model = model
        self._claimed = 0
        """The step in which it said so last."""

    def price(self, ask: PredictRequest) -> Money:
        """As the model's."""
        return self._model.price(self._asked(ask))

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """As the model's; done is a wish to look again, until it is said in two steps that follow one another."""
        found = yield from self._model.predict(self._asked(ask))
        if found.verdict is not Verdict.DONE or (self._doubted(ask) and not found.actions):
            return found
        self._claimed = ask.step
        because = found.answer or found.reasoning
        return replace(
            found,
            verdict=Verdict.CONTINUE,
            actions=found.actions or (Look(),),
            reasoning=f"{CLAIM}{f': {because}' if because else '.'}",
            answer="",
        )

    def close(self) -> tuple[str, ...] | None:
        """As the model's."""
        return self._model.close()

    def _doubted(self, ask: PredictRequest) -> bool:
        return self._claimed > 0 and ask.step == self._claimed + 1

    def _asked(self, ask: PredictRequest) -> PredictRequest:
        return replace(ask, notes=(*ask.notes, DOUBT)) if self._doubted(ask) else ask
