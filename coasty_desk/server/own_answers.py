"""Questions on `/v1` to a model of this program: each a predictor as a run has one, asked for one prediction at a time."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import compose
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Done, NotDone, Outcome, Prediction
from coasty_desk.core.errors import UsageError
from coasty_desk.core.money import Money, cap
from coasty_desk.core.ports import Predictor, PredictRequest, PredictStream, StepCharge
from coasty_desk.core.resume_point import ResumePoint
from coasty_desk.core.scaling import Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.lifetimes import ModelRequest, ReadyModel
from coasty_desk.record.resume import ResumeState
from coasty_desk.record.spending import Metered
from coasty_desk.server.sent_pictures import SentPicture
from coasty_desk.server.whom_to_ask import Whom


class ModelQuestion(Struct, frozen=True):
    """One question: which `step` it is (from 1), what it shows, in which pixels the answer is to be.

    `said` are instructions that came after the first, `notes` what else the caller wants, `outcomes` what became of the last answer's actions.
    """

    step: int
    task: str
    picture: SentPicture
    space: Size
    notes: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


class OwnAnswer(Struct, frozen=True):
    """A prediction, its frame, and what all of it has cost: also what was paid on the way to it."""

    prediction: Prediction
    request: PredictRequest
    cost: Money


class PaidInVainError(Exception):
    """It failed with `error`, and cost something all the same."""

    def __init__(self, error: Exception, cost: Money) -> None:
        super().__init__(str(error))
        self.error = error
        self.cost = cost


class OwnConversation:
    """A predictor between its making and `close`; `name` is what its purchases are called by. Raises UsageError, ServiceError."""

    def __init__(self, whom: Whom, name: str, stop: Stop, acted: Sequence[Action] = ()) -> None:
        self._whom, self._ready = whom, _ready(whom, name, stop)
        try:
            remains = _remains(whom, name, acted) if acted else None
            predictor = self._ready.predictor(Surroundings(), None, remains)
            self._predictor = _metered(whom, predictor, name, stop)
        except BaseException:
            self._ready.close()
            raise

    def ask(self, question: ModelQuestion) -> OwnAnswer:
        """Raises ServiceError, OverBudgetError, UsageError, ApiError, Aborted, PaidInVainError."""
        frame = question.picture.frame(self._whom.model.size(self._whom.chosen), question.space)
        request = PredictRequest(
            question.step,
            question.task,
            frame,
            notes=question.notes,
            said=question.said,
            outcomes=question.outcomes,
        )
        return _heard(self._predictor.predict(request), request)

    def replay(self, earlier: Sequence[ModelQuestion], counts: Sequence[int]) -> tuple[Outcome, ...]:
        """Have it answer again what was answered before, so that it knows how far it has come; what became of the last answer's actions.

        `counts` are how many actions of each answer were done. Raises what `ask` raises.
        """
        outcomes: tuple[Outcome, ...] = ()
        for question, count in zip(earlier, counts, strict=True):
            actions = self.ask(replace(question, outcomes=outcomes)).prediction.actions
            outcomes = tuple(Done() if at < count else NotDone(_NOT_TOLD) for at in range(len(actions)))
        return outcomes

    def close(self) -> None:
        """Give back what is open."""
        self._predictor.close()
        self._ready.close()


def pointed(whom: Whom, name: str, question: ModelQuestion, stop: Stop) -> OwnAnswer:
    """Where the thing is that the question's task names, as a click. Raises what `OwnConversation.ask` raises, and GaveUpError."""
    request = ModelRequest(whom.chosen, whom.environment, stop, name)
    finder = _metered(whom, whom.model.pointing(request, lambda: None), name, stop)
    try:
        frame = question.picture.frame(whom.model.size(whom.chosen), question.space)
        asked = PredictRequest(1, question.task, frame)
        return _heard(finder.predict(asked), asked)
    finally:
        finder.close()


_NOT_TOLD = "the trajectory does not have it"


def _ready(whom: Whom, name: str, stop: Stop) -> ReadyModel:
    return whom.model.ready(ModelRequest(whom.chosen, whom.environment, stop, name))


def _remains(whom: Whom, name: str, acted: Sequence[Action]) -> ResumeState:
    """As much of a run as a model asks for that begins in its middle: what was done."""
    nothing = Rect(0, 0, 0, 0)
    started = ev.RunStarted(run_id=name, step=0, task="", provider=whom.provider, screen=nothing, sent=Size(0, 0))
    return ResumeState(started, ResumePoint(), acted=tuple(acted))


def _metered(whom: Whom, predictor: Predictor, name: str, stop: Stop) -> Predictor:
    """Within the person's cap on a day, and in the ledger of what was spent, as every run."""
    chosen = whom.chosen
    if whom.model.prices(chosen, chosen.max_size) is None:
        return predictor
    return Metered(predictor, compose.ledger(stop), name, stop, cap(chosen.daily_cents))


def _heard(stream: PredictStream[Prediction], request: PredictRequest) -> OwnAnswer:
    paid: Money = 0
    while True:
        try:
            word = next(stream)
        except StopIteration as end:
            prediction: Prediction = end.value
            return OwnAnswer(prediction, request, paid + prediction.usage.cost)
        except UsageError:
            raise
        except Exception as error:
            if paid:
                raise PaidInVainError(error, paid) from error
            raise
        if isinstance(word, StepCharge):
            paid += word.cost
