"""A desktop, a model and a service that are not there: the ports' fakes, shipped so that whoever builds on the loop can test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from coasty_desk.core.actions import LookAgain, Prediction, Refusal, Verdict
from coasty_desk.core.money import Money
from coasty_desk.core.ports import Judging, PredictRequest, PredictStream, SettleResult
from coasty_desk.core.scaling import Frame, Placed, Rect, Size
from coasty_desk.desktop.input.executor import refused
from coasty_desk.models.scripted.prediction_script import PredictionScript, of_markers
from coasty_desk.models.scripted.prediction_script import read as read_script
from coasty_desk.models.scripted.script_predictor import ScriptPredictor
from coasty_desk.models.transport import transport

__all__ = [
    "AnsweringTransport",
    "OpenGate",
    "PredictionScript",
    "RecordingExecutor",
    "Reply",
    "ScriptPredictor",
    "ScriptedPredictor",
    "StillScreen",
    "of_markers",
    "read_script",
]

Reply = Prediction | BaseException | Callable[[PredictRequest], Prediction]
"""What a scripted model does when it is asked: answer, raise, or work the answer out."""


class StillScreen:
    """A `core.ports.Screen` that always shows the same picture. `captured` counts how often it was looked at."""

    def __init__(self, size: Size | None = None, *, sent: Size | None = None, image: bytes = b"a picture") -> None:
        size = size or Size(1280, 720)
        self.frame = Frame(image, "image/png", sent or size, sent or size, Rect(0, 0, size.width, size.height))
        self.captured = 0

    def capture(self) -> Frame:
        """The picture."""
        self.captured += 1
        return self.frame

    def expect(self) -> None:
        """There is nothing to remember."""

    def between(self) -> None:
        """It opens nothing."""

    def settle(self) -> SettleResult:
        """It rests at once."""
        return SettleResult(0.0, 0.0, "still")


class RecordingExecutor:
    """A `core.ports.Executor` that keeps what it was told to do.

    It refuses the text that the real one would refuse. `on_perform` is called with each action
    before it is kept, and may raise.
    """

    def __init__(self, on_perform: Callable[[Placed], None] | None = None) -> None:
        self.performed: list[Placed] = []
        self.released = 0
        self._on_perform = on_perform

    def refuses(self, placed: Placed) -> Refusal | None:
        """Why it could not be done at all: a character that no key writes."""
        return refused(placed, lambda _key: False)

    def perform(self, placed: Placed) -> None:
        """Keep it."""
        if self._on_perform is not None:
            self._on_perform(placed)
        self.performed.append(placed)

    def release(self) -> None:
        """Count that it was asked to let go."""
        self.released += 1


class ScriptedPredictor:
    """A `core.ports.Predictor` that answers from a script, then that the task is done.

    `asked` keeps what it was asked; `cost` is what it says that each answer may cost.
    """

    def __init__(self, replies: Iterable[Reply] = (), *, cost: Money = 0) -> None:
        self.asked: list[PredictRequest] = []
        self.closed = 0
        self.cost = cost
        self._replies = iter(replies)

    def price(self, ask: PredictRequest) -> Money:  # noqa: ARG002 - every answer costs the same
        """The price of any answer."""
        return self.cost

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """The next line of the script."""
        self.asked.append(ask)
        reply = next(self._replies, Prediction(Verdict.DONE))
        if isinstance(reply, BaseException):
            raise reply
        return reply if isinstance(reply, Prediction) else reply(ask)
        yield  # it is a generator that has nothing to say on its way

    def close(self) -> None:
        """Count that it was closed."""
        self.closed += 1


class OpenGate:
    """A `core.ports.Gate` that answers with `verdicts` in turn, then lets everything pass."""

    def __init__(self, verdicts: Iterable[Refusal | LookAgain | None] = ()) -> None:
        self.judged: list[Placed] = []
        self._verdicts = iter(verdicts)

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:  # noqa: ARG002 - it judges by its script
        """The next verdict."""
        self.judged.append(placed)
        return next(self._verdicts, None)
        yield


class AnsweringTransport:
    """A `models.transport.transport.Transport` without a wire: each request is `answer`'s, which may raise UnansweredError.

    `sent` keeps the requests in order; `closed` counts.
    """

    def __init__(self, answer: Callable[[transport.Outgoing], transport.Reply]) -> None:
        self.sent: list[transport.Outgoing] = []
        self.closed = 0
        self._answer = answer

    def send(self, request: transport.Outgoing, sending: transport.Sending) -> transport.Reply:
        """Its answer, unless it has been cut off before."""
        with sending.under_way(bool):
            self.sent.append(request)
            return self._answer(request)

    @contextmanager
    def stream(self, request: transport.Outgoing, sending: transport.Sending) -> Iterator[transport.Streamed]:
        """Its answer, in one piece."""
        reply = self.send(request, sending)
        yield transport.Streamed(reply, iter((reply.body,)))

    def open_ahead(self) -> None:
        """Nothing is to be opened."""

    def close(self) -> None:
        """Count that it was closed."""
        self.closed += 1
