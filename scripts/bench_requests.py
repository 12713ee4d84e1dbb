"""A step's request beside the guide's: 20 of them by TLS, with the service here and 40 ms away."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bench_guide as guide
from bench_service import Service, make_certificate, serving

from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.client import CoastyPredictor
from coasty_desk.models.coasty.http import Connection

STEPS = 20
SIZE = Size(1280, 720)
FRAME = Frame(os.urandom(480_000), "image/png", SIZE, SIZE, Rect(0, 0, 1280, 720))
"""As large as a page of text with pictures is."""

KEY = "sk-coasty-test-" + "5a" * 24


def ours(service: Service) -> Callable[[int], object]:
    connection = Connection(service.url, ApiKey(KEY))
    connection.warm()
    predictor = CoastyPredictor(connection, Stop(), "bench")

    def step(number: int) -> object:
        answering = predictor.predict(PredictRequest(number, "do it", FRAME))
        try:
            while True:
                next(answering)
        except StopIteration as end:
            return end.value

    return step


def theirs(service: Service) -> Callable[[int], object]:
    return lambda _number: guide.post(f"{service.url}/sessions/sess_bench/predict", guide.body(FRAME.image), KEY)


def table() -> list[dict[str, object]]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        certificate = make_certificate(Path(folder))
        os.environ["REQUESTS_CA_BUNDLE"] = str(certificate)
        for round_trip in (0, 40):
            row: dict[str, object] = {"round_trip_ms": round_trip}
            for name, make in (("ours", ours), ("guide", theirs)):
                with serving(STEPS + 2, round_trip, certificate) as service:
                    step = make(service)
                    step(0)  # opens the session
                    taken = []
                    for number in range(1, STEPS + 1):
                        began = time.perf_counter()
                        step(number)
                        taken.append((time.perf_counter() - began) * 1000)
                    for _ in range(STEPS + 1):
                        service.next("predict")
                    row[name] = {"ms": round(statistics.median(taken), 1), "connections": len(service.connections)}
            rows.append(row | _compared(row, round_trip))
        del os.environ["REQUESTS_CA_BUNDLE"]
    return rows


def _compared(row: dict[str, object], round_trip: int) -> dict[str, float]:
    """Of the whole, and of what goes beyond the one round trip that any request takes."""
    (mine, my_connections), (his, his_connections) = (row[who].values() for who in ("ours", "guide"))  # type: ignore[attr-defined]
    found = {"ratio": round(mine / his, 2), "overhead_ratio": round((mine - round_trip) / (his - round_trip), 2)}
    print(f"a request {round_trip:2} ms away: guide {his} ms over {his_connections} connections, "
          f"ours {mine} ms over {my_connections}, ratio {found['ratio']:.2f}, "
          f"beyond the round trip {found['overhead_ratio']:.2f}", flush=True)  # fmt: skip
    return found
