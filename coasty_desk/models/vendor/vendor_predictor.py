"""A predictor that asks a vendor's model for one step at a time, keeps the conversation, and counts what each answer cost."""

from __future__ import annotations

from msgspec.structs import replace

from coasty_desk.core.actions import Prediction, Usage
from coasty_desk.core.errors import OverBudgetError, ServiceError
from coasty_desk.core.limits import too_dear
from coasty_desk.core.money import Money
from coasty_desk.core.ports import PredictRequest, PredictStream, Retry, StepCharge
from coasty_desk.core.token_prices import TokenPrice
from coasty_desk.models.vendor.endpoint import Endpoint, VendorRefusal
from coasty_desk.models.vendor.token_tariff import MOST_OUT
from coasty_desk.models.vendor.vendor_errors import as_error
from coasty_desk.models.vendor.vendor_wire import Heard, VendorWire
from coasty_desk.wire.json_fields import UnreadableError, short


class VendorPredictor:
    """A `core.ports.Predictor`. `price` is None where nobody has said what the model costs."""

    def __init__(self, wire: VendorWire, endpoint: Endpoint, model: str, price: TokenPrice | None) -> None:
        self._wire, self._endpoint, self._model, self._price = wire, endpoint, model, price

    def price(self, ask: PredictRequest) -> Money:
        """Micro-dollars of the next answer at worst: all that the conversation holds read anew, and as long an answer as may be."""
        return 0 if self._price is None else self._price.at_most(self._wire.at_most(ask), MOST_OUT)

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """The answer to one screenshot; one that cannot be read is asked for once more. Raises ServiceError, OverBudgetError, Aborted."""
        held = self._wire.held(ask)
        if held is not None:
            return _prediction(held, 0, 1)
        self._wire.show(ask)
        heard, tries = yield from self._ask(ask)
        cost = self._cost(heard)
        left = None if ask.money_left is None else ask.money_left - cost
        if heard.reading.is_unreadable and self._has(left, ask) and self._wire.mend(heard.reading.why):
            if cost:
                yield StepCharge("step", cost)
            heard, more = yield from self._ask(replace(ask, money_left=left))
            tries, cost = tries + more, self._cost(heard)
        return _prediction(heard, cost, tries)

    def close(self) -> None:
        """Nothing is kept at a vendor's."""

    def _ask(self, ask: PredictRequest) -> PredictStream[tuple[Heard, int]]:
        """One answer, and how many requests it took. What was lost on its way is booked as if it had been paid."""
        wire, left, tries = self._wire, ask.money_left, 1
        lost: list[Money] = []
        while True:
            asking = self._endpoint.ask(
                wire.path, wire.headers(), wire.body(), ask.seconds_left, lambda: lost.append(self.price(ask))
            )
            try:
                while True:
                    try:
                        word = next(asking)
                    except StopIteration as end:
                        return wire.heard(end.value), tries
                    left = yield from self._book(lost, left)
                    if not self._has(left, ask):
                        message = (
                            f"an answer was lost, {too_dear(self.price(ask), 'of what this run may cost', left or 0)}"
                        )
                        raise OverBudgetError(message)
                    tries += 1
                    yield word
            except VendorRefusal as refusal:
                left = yield from self._book(lost, left)
                if not wire.step_down(refusal.fault):
                    raise self._error(refusal) from refusal
                tries += 1
                yield Retry(refusal.code, 0.0, tries)
            except UnreadableError as error:
                yield from self._book([self.price(ask)], left)
                message = f"The answer of {self._endpoint.host} makes no sense: {error}."
                raise ServiceError(message, "Check --base-url, then try again.", code="BAD_ANSWER") from error

    def _book(self, lost: list[Money], left: Money | None) -> PredictStream[Money | None]:
        """Book what was lost, and forget it; what is left then."""
        for cost in lost:
            if cost:
                yield StepCharge("step", cost)
            left = None if left is None else left - cost
        lost.clear()
        return left

    def _has(self, left: Money | None, ask: PredictRequest) -> bool:
        """Whether there is enough left for another answer."""
        return left is None or self.price(ask) <= left

    def _error(self, refusal: VendorRefusal) -> ServiceError:
        there = models_there(self._endpoint) if refusal.fault.kind == "no model" else ()
        wire = self._wire
        return as_error(refusal, wire.vendor, self._endpoint.host, self._model, wire.variable, there)

    def _cost(self, heard: Heard) -> Money:
        if heard.charged is not None:
            return heard.charged
        return 0 if self._price is None else self._price.of(heard.tokens)


def _prediction(heard: Heard, cost: Money, tries: int) -> Prediction:
    reading = heard.reading
    return Prediction(
        reading.verdict,
        reading.actions,
        reading.thought,
        heard.request_id,
        Usage(cost, heard.tokens.read, heard.tokens.out),
        heard.space,
        tries,
        question=reading.question or "",
        answer=reading.answer or "",
    )


def models_there(endpoint: Endpoint) -> tuple[str, ...]:
    """The models that a server says it has; none where it does not say."""
    found = endpoint.get("models")
    entries = found.get("data") if isinstance(found, dict) else None
    names = [one.get("id") for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return tuple(short(name, 80) for name in names if isinstance(name, str))
