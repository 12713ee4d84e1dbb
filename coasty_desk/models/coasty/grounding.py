"""Where is it? The service's answer to a picture and a few words, as a prediction of one click (API.md §2.3)."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable

from msgspec import Struct, field

from coasty_desk.core.actions import Click, Point, Prediction, Usage, Verdict
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import GaveUpError, ServiceError
from coasty_desk.core.money import Money, from_cents, whole_cents
from coasty_desk.core.ports import PredictRequest, PredictStream
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.coasty.outbox import Memory
from coasty_desk.models.coasty.pricing import HD, Tariff
from coasty_desk.models.coasty.purchase import Exchange
from coasty_desk.models.coasty.remedies import sentences
from coasty_desk.wire.json_fields import Fields, UnreadableError, given
from coasty_desk.wire.open_purchase import Posted

GROUND = 3
"""Cents for a look; `HD` more for a picture above 1280x720 (API.md §5)."""

NOT_FOUND = "GROUNDING_FAILED"

_MAX_ELEMENT = 32_000


class Grounding(Struct, frozen=True):
    """A `core.ports.Predictor` that finds what the ask's task names and would click it. `name` makes the purchase's key."""

    connection: Connection
    stop: Stop
    name: str
    chance: Callable[[], float] = field(default=random.random)

    def price(self, ask: PredictRequest) -> Money:
        """Of one look at this picture; a sandbox key pays nothing."""
        return from_cents(GROUND + HD * Tariff(ask.frame.sent).hd) if self.connection.key.bills else 0

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """A click on it. Raises GaveUpError where it is not to be seen, ServiceError, Aborted."""
        if not 1 <= len(ask.task) <= _MAX_ELEMENT:
            message = (
                f"The element has {counted(len(ask.task), 'character')}, and the service takes 1 to {_MAX_ELEMENT}."
            )
            raise ServiceError(message, "Describe it in fewer words.", code="ELEMENT_LENGTH")
        posted = Posted("predict", ask.step, "ground", f"{self.name}:{ask.step}", _body(ask))
        exchange = Exchange(self.connection, self.stop, Memory(), self.chance)
        try:
            answer = yield from exchange.buy(posted, ask.seconds_left)
        except ServiceError as error:
            if error.code == NOT_FOUND:
                raise GaveUpError(error.message, "Describe it in other words, as one sees it on the screen.") from error
            raise _of_a_look(error) from error
        try:
            point, space = _place(answer.document)
        except UnreadableError as error:
            message = f"The service's answer makes no sense: {error}."
            raise ServiceError(message, "Try again in a while.", request_id=answer.request_id) from None
        return Prediction(
            Verdict.CONTINUE,
            (Click(point),),
            request_id=answer.request_id,
            usage=Usage(from_cents(answer.cents(whole_cents(self.price(ask))))),
            space=space,
            attempts=answer.tries,
        )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _of_a_look(error: ServiceError) -> ServiceError:
    """The same of a look, which has no steps, no session and no instructions to change."""
    message = error.message.replace("this step", "this look").replace("the step may", "the look may")
    looks, anew = sentences()["looks"], sentences()["phrases"]["anew"]
    remedy = looks.get(error.code) or (looks["again"] if error.remedy == anew else error.remedy)
    return ServiceError(
        *(message, remedy), code=error.code, status=error.status, request_id=error.request_id, in_doubt=error.in_doubt
    )


def _body(ask: PredictRequest) -> bytes:
    document = {
        "screenshot": base64.b64encode(ask.frame.image).decode("ascii"),
        "element": ask.task,
        "screen_width": ask.frame.sent.width,
        "screen_height": ask.frame.sent.height,
    }
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def _place(document: object) -> tuple[Point, tuple[int, int] | None]:
    """The place and, where the answer says it, the (width, height) that it is in."""
    fields = Fields.of(document, "the answer")
    point = given(fields.point(), "it has no place")
    width, height = (fields.whole(name, at_most=100_000) for name in ("screen_width", "screen_height"))
    return point, (width, height) if width and height else None
