"""The predictor without a session: each step takes the last screenshots along, which are kept here (API.md §2.1)."""

from __future__ import annotations

import base64
import json
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from msgspec import Struct

from coasty_desk.core.actions import Action, Look, Prediction, Refusal
from coasty_desk.core.errors import ServiceError, UnpaidError
from coasty_desk.core.money import Money, from_cents
from coasty_desk.core.ports import PredictRequest, PredictStream
from coasty_desk.core.scaling import Size
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.client import charged, instruction
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.coasty.outbox import Memory, Outbox, as_kept, void
from coasty_desk.models.coasty.pricing import StatelessTariff
from coasty_desk.models.coasty.purchase import Exchange, ServiceAnswer
from coasty_desk.models.coasty.terms import NO_TERMS, Terms
from coasty_desk.wire import canonical_actions
from coasty_desk.wire.json_fields import UnreadableError, parse_json
from coasty_desk.wire.open_purchase import Posted

MOST_BYTES = 24_000_000
"""Of pictures that are sent along, before they are written as text: a request of more is kept on no disk and taken by no service."""

_MOST_ACTIONS, _MOST_REASONING = 10, 16_000
"""Of a step that is sent along (API.md §2.1)."""

_TYPES = frozenset({"click", "move", "type_text", "key_press", "key_combo", "scroll", "drag", "wait"})


class PastStep(Struct, frozen=True):
    """A step that was: the picture as it was sent and its size, the actions of its answer in sent pixels, and why."""

    image: bytes
    size: Size
    actions: tuple[Action, ...] = ()
    reasoning: str = ""

    def entry(self) -> bytes:
        """As the service takes it."""
        encoded = [canonical_actions.encode(one) for one in self.actions if not isinstance(one, Look)]
        actions = [one for one in encoded if one["action_type"] in _TYPES][:_MOST_ACTIONS]
        told = {"actions": actions, "reasoning": self.reasoning[:_MOST_REASONING]}
        rest = json.dumps({name: value for name, value in told.items() if value})[1:].encode("ascii")
        comma = b"," if rest != b"}" else b""
        return b"".join((b'{"screenshot":"', base64.b64encode(self.image), b'"', comma, rest))


@dataclass(slots=True)
class StatelessPredictor:
    """A `core.ports.Predictor` that opens nothing at the service.

    `keep` (0-20) earlier steps go along with each, at most; `past` are those of earlier sittings, the last of all. Of
    more than `max_actions` actions in an answer the rest is left out.
    """

    connection: Connection
    stop: Stop
    run_id: str
    terms: Terms = NO_TERMS
    keep: int = 3
    cua_version: str = "v3"
    max_actions: int | None = None
    outbox: Outbox = field(default_factory=Memory)
    past: Iterable[PastStep] = ()
    chance: Callable[[], float] = random.random
    _past: deque[PastStep] = field(init=False)

    def __post_init__(self) -> None:
        self._past = deque(self.past, self.keep)

    def price(self, ask: PredictRequest) -> Money:
        """Of the next `predict`; a sandbox key pays nothing."""
        return from_cents(self._cents(ask)) if self.connection.key.bills else 0

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """The answer to one screenshot. Raises ServiceError, UnpaidError, DesktopError, Aborted."""
        posted, doubt = as_kept(
            self.outbox, Posted("predict", ask.step, "predict", f"{self.run_id}:{ask.step}", self._body(ask))
        )
        exchange = Exchange(self.connection, self.stop, self.outbox, self.chance)
        answer = exchange.collect(posted) if ask.old and doubt else None
        if ask.old and (not doubt or answer is None):
            void(self.outbox, ask.step, "predict")
            message = "what was asked was not paid for"
            raise UnpaidError(message)
        if not isinstance(answer, ServiceAnswer):
            try:
                answer = yield from exchange.buy(posted, ask.seconds_left, doubt=doubt)
            except ServiceError as error:
                if error.unpaid:
                    void(self.outbox, ask.step, "predict")
                raise
        cost = from_cents(answer.cents(self._cents(ask)))
        prediction = yield from charged(answer, cost, self.max_actions)
        image = ask.frame.image or _image_in(posted)
        acted = tuple(action for action in prediction.actions if not isinstance(action, Refusal))
        self._past.append(PastStep(image, ask.frame.sent, acted, prediction.reasoning))
        return prediction

    def close(self) -> tuple[str, ...]:
        """Nothing is open at the service."""
        self.connection.close()
        return ()

    def _along(self, sent: Size) -> list[PastStep]:
        """The last steps, as many as may be sent: their places are read as those of this picture."""
        left, taken = MOST_BYTES, list[PastStep]()
        for step in reversed(self._past):
            left -= len(step.image)
            if left < 0 or step.size != sent:
                break
            taken.insert(0, step)
        return taken

    def _cents(self, ask: PredictRequest) -> int:
        tariff = StatelessTariff(ask.frame.sent, self.keep, self.cua_version, self.terms.length)
        return tariff.beside(len(self._along(ask.frame.sent)))

    def _body(self, ask: PredictRequest) -> bytes:
        fields: dict[str, object] = {
            "instruction": instruction(ask),
            "cua_version": self.cua_version,
            "screen_width": ask.frame.sent.width,
            "screen_height": ask.frame.sent.height,
            **({} if self.max_actions is None else {"max_actions": self.max_actions}),
            **self.terms.body(),
        }
        image = base64.b64encode(ask.frame.image)
        past = b",".join(step.entry() for step in self._along(ask.frame.sent))
        trajectory = b',"trajectory":[' + past + b"]" if past else b""
        return b"".join((b'{"screenshot":"', image, b'",', json.dumps(fields)[1:-1].encode("ascii"), trajectory, b"}"))


def _image_in(posted: Posted) -> bytes:
    """The picture of a request that was kept."""
    try:
        document = parse_json(posted.body)
        text = document.get("screenshot") if isinstance(document, dict) else None
        return base64.b64decode(text) if isinstance(text, str) else b""
    except (UnreadableError, ValueError):
        return b""
