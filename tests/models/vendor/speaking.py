"""A predictor that speaks with a strict stand-in over real HTTP, and what it is shown."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from PIL import Image

from coasty_desk.core.actions import Outcome, Prediction
from coasty_desk.core.ports import PredictRequest, Retry, StepCharge
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.core.token_prices import TokenPrice
from coasty_desk.models.transport.http_transport import HttpTransport
from coasty_desk.models.vendor.endpoint import Endpoint
from coasty_desk.models.vendor.vendor_predictor import VendorPredictor
from coasty_desk.models.vendor.vendor_wire import VendorWire
from coasty_desk.testing.vendor_stub import VendorStub

KEY = "sk-vendor-0123456789abcdef"
PRICE = TokenPrice(2.0, 10.0, 0.2, 2.5)


def frame(width: int = 1280, height: int = 720) -> Frame:
    """A picture of that size."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "PNG")
    size = Size(width, height)
    return Frame(out.getvalue(), "image/png", size, size, Rect(0, 0, 1920, 1080))


class Speaker:
    """One run with a model. `said` are the words on the way."""

    def __init__(self, wire: VendorWire, url: str, headers: dict[str, str], price: TokenPrice | None = PRICE) -> None:
        self.stop = Stop()
        self.wire = wire
        endpoint = Endpoint(url, KEY, headers, self.stop, HttpTransport(url, lambda _size, _seconds: None))
        self.predictor = VendorPredictor(wire, endpoint, "a-model", price)
        self.said: list[Retry | StepCharge] = []
        self.step = 0

    def ask(
        self, outcomes: Sequence[Outcome] = (), *, task: str = "do it", said: tuple[str, ...] = (), **more: Any
    ) -> Prediction:
        """The next step's answer."""
        self.step += 1
        asking = self.predictor.predict(
            PredictRequest(self.step, task, frame(), outcomes=tuple(outcomes), said=said, **more)
        )
        while True:
            try:
                self.said.append(next(asking))
            except StopIteration as end:
                answer: Prediction = end.value
                return answer


@contextmanager
def speaking(
    wire: VendorWire, stub: VendorStub, headers: dict[str, str], price: TokenPrice | None = PRICE
) -> Iterator[Speaker]:
    """With the stand-in there; what the documents forbid must not have come."""
    with stub.serving() as url:
        speaker = Speaker(wire, url, headers, price)
        yield speaker
        speaker.predictor.close()
