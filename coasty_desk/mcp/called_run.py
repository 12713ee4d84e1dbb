"""A run whose next step is whatever is called: the loop of `coasty-desk run`, with a program that calls in the model's place.

Between two calls the run waits in its predictor: it is locked, recorded, and can be stopped by every way that stops a run.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from contextlib import ExitStack

from msgspec import Struct

from coasty_desk import compose
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Outcome, Prediction, Refusal, Verdict
from coasty_desk.core.errors import Aborted, CoastyDeskError
from coasty_desk.core.gates.confirm import Scripted
from coasty_desk.core.ports import PredictRequest, PredictStream
from coasty_desk.core.run import how_stopped, never_started
from coasty_desk.core.scaling import Frame
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input import release
from coasty_desk.record.journal import new_run_id
from coasty_desk.settings import Settings

PROVIDER = "mcp"
"""What such a run's record says has predicted."""

TASK = "what an assistant does by its calls"

GIVEN_BACK = "nothing was called for a while, and the desktop was given back"


class Seen(Struct, frozen=True):
    """The screen after a call, and what became of each of its actions; `notes` are for whoever has called."""

    run_id: str
    frame: Frame
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = ()


class CalledRun:
    """One run, in a thread of its own, from its beginning on; from any other thread, one call at a time.

    `idle` are the seconds without a call after which it ends and gives the desktop back.
    """

    def __init__(self, chosen: Settings, environment: Mapping[str, str], idle: float) -> None:
        self.stop = Stop()
        self.run_id = new_run_id()
        self.by_caller = False
        self._chosen, self._environment, self._idle = chosen, environment, idle
        self._asks: queue.SimpleQueue[PredictRequest | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Prediction | None] = queue.SimpleQueue()
        self._passing = threading.Lock()
        self._given_back = False
        self._ended: ev.RunEnded | None = None
        self._error: CoastyDeskError | None = None
        self.stop.then(lambda: self._answers.put(None))
        self._thread = threading.Thread(target=self._carry_out, name="coasty-desk called run", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether it takes nothing any more."""
        return self._given_back or self.stop.is_set() or not self._thread.is_alive()

    @property
    def ended(self) -> ev.RunEnded | None:
        """How it ended, once it has."""
        return self._ended

    def give(self, prediction: Prediction) -> bool:
        """Have it done; False where nothing is taken any more. What comes of it is for `seen`."""
        with self._passing:
            if self.over:
                return False
            self._answers.put(prediction)
            return True

    def seen(self, seconds: float) -> Seen | None:
        """What came of the last call, once it is done; None where the run has ended instead.

        Raises TimeoutError where it takes longer, CoastyDeskError where the run could not begin.
        """
        try:
            ask = self._asks.get(timeout=seconds)
        except queue.Empty:
            message = "it is still going on"
            raise TimeoutError(message) from None
        if ask is not None:
            return Seen(self.run_id, ask.frame, ask.outcomes, (*ask.notes, *ask.said))
        self._asks.put(None)  # for whoever asks again
        self._thread.join()
        if self._error is not None:
            raise self._error
        return None

    def call_off(self, why: str) -> None:
        """End it at once, in the middle of whatever it does, for whoever calls. From any thread; never raises."""
        self.stop.trip("stop", why)
        self.by_caller = self.by_caller or (
            self.stop.reason == "stop" and self.stop.why == why
        )  # else a person came first

    def await_end(self, seconds: float) -> bool:
        """Wait so long for a run that takes nothing any more to let go of everything; whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def price(self, _ask: PredictRequest) -> int:
        """As a predictor: whoever calls pays for its own thoughts."""
        return 0

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """As a predictor: what is called next. Raises Aborted."""
        yield from ()
        self._asks.put(ask)
        try:
            answer = self._answers.get(timeout=self._idle)
        except queue.Empty:
            with self._passing:
                answer = None if self._answers.empty() else self._answers.get()
                self._given_back = answer is None
        self.stop.check()
        return answer or Prediction(Verdict.DONE, answer=GIVEN_BACK)

    def close(self) -> None:
        """As a predictor: nothing is open."""

    def _carry_out(self) -> None:
        try:
            with ExitStack() as stack:
                script = compose.Script(PROVIDER, lambda _model, _aim: self, patient=True)
                asked = (TASK, self._chosen, self.run_id, self._environment, Scripted(), self.stop)
                ready = compose.start(compose.RunRequest(*asked, script=script), stack)
                if ready.target.surroundings.hands and release.stuck(self.stop):
                    release.release()  # what a killed process held down would be mixed with every key of ours
                with ready.events() as events:
                    for event in events:
                        if isinstance(event, ev.RunEnded):
                            self._ended = event
        except Aborted:
            self._ended = self._ended or never_started(self.run_id, *how_stopped(self.stop))
        except CoastyDeskError as error:
            self._error = error
        finally:
            self._asks.put(None)


def doing(actions: tuple[Action | Refusal, ...]) -> Prediction:
    """What a call asks for, as the answer of a model."""
    return Prediction(Verdict.CONTINUE, actions)
