"""The predictor that asks the service: one session a run, one purchase a step, each charged once (API.md §2.2)."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from msgspec.structs import replace

from coasty_desk.core.actions import Prediction
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import Aborted, OverBudgetError, ServiceError, UnpaidError
from coasty_desk.core.limits import too_dear
from coasty_desk.core.money import Money, from_cents
from coasty_desk.core.ports import PredictRequest, PredictStream, Retry, StepCharge
from coasty_desk.core.scaling import Size
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.coasty.outbox import Memory, Outbox, as_kept, void
from coasty_desk.models.coasty.pricing import SESSION, Tariff
from coasty_desk.models.coasty.purchase import Exchange, ServiceAnswer
from coasty_desk.models.coasty.sessions import Sessions, path_of, session_in
from coasty_desk.models.coasty.terms import NO_TERMS, Terms, first_of
from coasty_desk.wire import predictions
from coasty_desk.wire.error_envelope import Fault
from coasty_desk.wire.open_purchase import Opened, Posted

TASK_MAX = 32_000
"""Characters of an `instruction` that the service takes (API.md §2.1)."""

_GONE = ("SESSION_NOT_FOUND", "NOT_FOUND")


@dataclass(slots=True)
class CoastyPredictor:
    """A `core.ports.Predictor`.

    `terms` are what the model is told beside the task; `memory` is 1-20; of more than `max_actions` actions in an answer the rest is left out. A run that is taken up again
    gives the `outbox` that holds its open requests, the `session` that is still open and how
    many sessions it has `opened` so far.
    """

    connection: Connection
    stop: Stop
    run_id: str
    terms: Terms = NO_TERMS
    memory: int = 3
    cua_version: str = "v3"
    max_actions: int | None = None
    outbox: Outbox = field(default_factory=Memory)
    session: Opened | None = None
    opened: int = 0
    chance: Callable[[], float] = random.random
    _sessions: Sessions = field(init=False)

    def __post_init__(self) -> None:
        """Remember a session that is open already, so that it is closed at the end: at once after a stop, whatever hangs then."""
        self._sessions = Sessions(self.connection)
        self.stop.then(self._sessions.close, awaited=True)
        if self.session is not None:
            self._sessions.add(self.session.session_id)

    def price(self, ask: PredictRequest) -> Money:
        """The worst case of the next `predict`, with the session if it must be opened for it; a sandbox key pays nothing."""
        if not self.connection.key.bills:
            return 0
        tariff = self._tariff(ask.frame.sent)
        if self.session is None or self.session.size != ask.frame.sent:
            return from_cents(SESSION + tariff.step(1))
        return from_cents(tariff.step(self.session.predictions + 1))

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """The answer to one screenshot. Raises ServiceError, OverBudgetError, UnpaidError, DesktopError, Aborted."""
        body = _question(ask)
        if self.session is not None and self.session.size != ask.frame.sent:
            self._let_go(self._sessions.drop)
        kept = self.outbox.kept(ask.step, "session")
        if self.session is not None and kept is not None and kept.name == self._next_session:
            # The run was cut off while a new one was being opened in place of one that was gone.
            self._let_go(self._sessions.forget)
        opens = self.session is None
        fresh = opens and kept is None  # one whose opening was answered late may have been closed since
        if opens:
            yield from self._open(ask)
        if self.session is not None and self.session.size != ask.frame.sent:
            # It was being opened for a screen of another size when the run was cut off.
            self._afford(ask, spent=from_cents(SESSION))
            self._let_go(self._sessions.drop)
            yield from self._open(ask)
        try:
            return (yield from self._ask(ask, body))
        except ServiceError as error:
            if fresh or error.in_doubt or error.status != 404 or error.code not in _GONE:
                raise
            if ask.old:
                self._let_go(self._sessions.forget)
                void(self.outbox, ask.step, "predict")
                message = "what was asked was not paid for"
                raise UnpaidError(message) from error
            self._afford(ask, spent=from_cents(SESSION * opens))
            yield Retry(error.code, 0.0, 2)
        self._let_go(self._sessions.forget)
        yield from self._open(ask)
        return (yield from self._ask(ask, body))

    def close(self) -> tuple[str, ...]:
        """Delete the session, also one that is only just being opened; those that may be open still. Takes at most 1.5 s. Never raises."""
        self.session = None
        return self._sessions.close()

    def _ask(self, ask: PredictRequest, body: bytes) -> PredictStream[Prediction]:
        session = self.session
        assert session is not None, "`predict` opens one"  # noqa: S101 - for the reader, and for the type checker
        path = f"{path_of(session.session_id)}/predict"
        posted, doubt = as_kept(self.outbox, Posted("predict", ask.step, path, f"{self.run_id}:{ask.step}", body))
        try:
            answer = yield from self._exchange().buy(posted, ask.seconds_left, doubt=doubt)
        except ServiceError as error:
            if error.unpaid and error.code not in _GONE:
                void(self.outbox, ask.step, "predict")
            raise
        cost = from_cents(answer.cents(self._tariff(session.size).step(session.predictions + 1)))
        self.session = replace(session, predictions=session.predictions + 1)
        return (yield from charged(answer, cost, self.max_actions))

    def _open(self, ask: PredictRequest) -> PredictStream[None]:
        size = ask.frame.sent
        body: dict[str, object] = {
            "cua_version": self.cua_version,
            "screen_width": size.width,
            "screen_height": size.height,
            "max_trajectory_length": self.memory,
        }
        body |= self.terms.body()
        bought = Posted("session", ask.step, "sessions", self._next_session, json.dumps(body).encode("ascii"))
        posted, doubt = as_kept(self.outbox, bought)
        exchange = self._exchange()
        if doubt:
            self._sessions.doubt(posted.key)
        try:
            answer = yield from exchange.buy(posted, ask.seconds_left, self._sessions.opening, doubt=doubt)
        except (Aborted, ServiceError) as end:
            if isinstance(end, ServiceError) and end.unpaid:
                void(self.outbox, ask.step, "session")
            late = self._sessions.answered_late() if isinstance(end, Aborted) or end.in_doubt else None
            if late is not None:
                found = exchange.found(late.reply) if late.looked_up else exchange.read(late.reply)
                yield from self._opened(found, posted.key)
            raise
        session_id = yield from self._opened(answer, posted.key)
        if session_id is None:
            message = "The service opened a session and did not say which."
            raise ServiceError(message, "Try again; if it happens again, check COASTY_BASE_URL.")
        told = json.loads(posted.body)
        self.session = Opened(session_id, Size(told["screen_width"], told["screen_height"]))

    def _opened(self, answer: ServiceAnswer | Fault | None, key: str) -> Generator[StepCharge, None, str | None]:
        """Say what opening a session has cost, and which it is."""
        if not isinstance(answer, ServiceAnswer):
            return None
        self.opened += 1
        cents, session_id = answer.cents(SESSION), session_in(answer.document)
        if session_id is not None:
            self._sessions.add(session_id, key)  # an answer that was collected has not passed through `opening`
        if cents or session_id:
            yield StepCharge("session", from_cents(cents), session_id)
        return session_id

    def _afford(self, ask: PredictRequest, *, spent: Money = 0) -> None:
        """Raise OverBudgetError unless there is enough left for another session and its first prediction; `spent` was since."""
        price = from_cents(SESSION + self._tariff(ask.frame.sent).step(1))
        left = None if ask.money_left is None else max(ask.money_left - spent, 0)
        if self.connection.key.bills and left is not None and price > left:
            message = (
                f"the service has let the session go, a new one with "
                f"{too_dear(price, 'of what this run may cost', left)}"
            )
            raise OverBudgetError(message, cost=price, spent=spent)

    def _let_go(self, how: Callable[[str], None]) -> None:
        """The session is of no use any more: the service knows it no more, or it was told another size."""
        if self.session is not None:
            how(self.session.session_id)
        self.session = None

    @property
    def _next_session(self) -> str:
        return f"{self.run_id}:session-{self.opened + 1}"

    def _exchange(self) -> Exchange:
        return Exchange(self.connection, self.stop, self.outbox, self.chance)

    def _tariff(self, sent: Size) -> Tariff:
        return Tariff(sent, self.memory, self.cua_version, self.terms.length)


def _question(ask: PredictRequest) -> bytes:
    """The body of a session's predict, built once; the image is not copied more often than it must be."""
    image = base64.b64encode(ask.frame.image)
    return b"".join(
        (b'{"screenshot":"', image, b'","instruction":', json.dumps(instruction(ask)).encode("ascii"), b"}")
    )


def charged(answer: ServiceAnswer, cost: Money, most: int | None) -> PredictStream[Prediction]:
    """The prediction in an answer that cost so much, of which no more than `most` actions are done. Raises ServiceError where there is none in it."""
    try:
        prediction = first_of(predictions.decode(answer.document), most)
    except ServiceError:
        if cost:
            yield StepCharge("step", cost)
        raise
    return replace(
        prediction,
        request_id=prediction.request_id or answer.request_id,
        usage=replace(prediction.usage, cost=cost),
        attempts=answer.tries,
        clamps=True,
    )


def instruction(ask: PredictRequest) -> str:
    """The task, and after it what else the model must know, marked as not being the task.

    Raises ServiceError where the task is longer than the service takes; notes are cut instead.
    """
    task = ask.task
    if not 1 <= len(task) <= TASK_MAX:
        message = f"The task has {counted(len(task), 'character')}, and the service takes 1 to {TASK_MAX}."
        raise ServiceError(message, "Shorten it.", code="TASK_LENGTH")
    text = ask.whole_task
    if len(text) > TASK_MAX:
        text = task  # what is not trusted may be left out
    for form, told in ((_SAID, ask.said), (_NOTE, ask.notes)):
        words = " ".join(" ".join(told).split())
        room = TASK_MAX - len(text) - len(form.format(""))
        if words and room > 0:
            text += form.format(words[:room] if form is _NOTE else words[-room:])  # of a person's words, the last
    return text


_SAID = "\n\n[The person at the computer adds to the task, and this goes before it where they differ: {}]"
_NOTE = "\n\n[A note from the computer about your last step, not part of the task: {}]"
