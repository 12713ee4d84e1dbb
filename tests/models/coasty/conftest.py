"""A client, and the service that it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.client import CoastyPredictor
from coasty_desk.models.coasty.http import Connection
from tests.stub_service import KEY, Service, serving

RUN = "20261122-051530-1a2b3c"


@pytest.fixture
def service() -> Service:
    """The stand-in and its books."""
    return Service()


@pytest.fixture
def url(service: Service) -> Iterator[str]:
    """Where the stand-in listens."""
    with serving(service) as address:
        yield address


@pytest.fixture
def client(url: str) -> Callable[..., CoastyPredictor]:
    """Makes a client that draws no pauses."""

    def make(stop: Stop | None = None, **options: object) -> CoastyPredictor:
        connection = Connection(url, ApiKey(KEY))
        return CoastyPredictor(connection, stop or Stop(), RUN, **({"chance": lambda: 0.0} | options))  # type: ignore[arg-type]  # a test's options

    return make


def ask(step: int = 1, size: Size = Size(1280, 720), **fields: object) -> PredictRequest:  # noqa: B008 - a frozen value
    """A step's question."""
    frame = Frame(b"\x89PNG" + bytes([step]) * 90, "image/png", size, size, Rect(0, 0, size.width, size.height))
    return PredictRequest(step, "open the calculator", frame, **fields)  # type: ignore[arg-type]  # a test's fields
