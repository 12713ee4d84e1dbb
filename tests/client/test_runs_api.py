"""A run is followed over as many connections as it takes: each event once, none missed, and no longer than there is hope."""

from __future__ import annotations

import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from coasty_desk.client import runs_api
from coasty_desk.client.run_values import run_in
from coasty_desk.client.service_client import ServiceClient
from coasty_desk.core.errors import ServiceError
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.http import Connection
from tests.stub_service import KEY

RUN = "6a1f2f0e-0000-4000-8000-000000000001"

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers each connection to the events by the next of the script, the last one ever after."""

    script: Sequence[Answer] = ()
    asked: list[str]
    status = "running"

    def do_GET(self) -> None:
        """The events, or the run."""
        if not self.path.endswith("/events"):
            body = json.dumps({"id": RUN, "status": type(self).status, "task": "x"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.asked.append(self.headers.get("Last-Event-ID", ""))
        self.close_connection = True
        self.script[min(len(self.asked), len(self.script)) - 1](self)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def stream(text: str, *, then: str = "end", over: str = "") -> Answer:
    """A good answer with that body, which then ends, or keeps still until the reader leaves; the run is `over` with it."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        handler.wfile.write(text.encode())
        handler.wfile.flush()
        if over:
            Handler.status = over
        if then == "wait":
            handler.connection.settimeout(20)
            handler.connection.recv(1)
        if then == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return answer


def refusal(status: int, code: str = "") -> Answer:
    """An answer that is none."""

    def answer(handler: Handler) -> None:
        body = json.dumps({"error": {"code": code or f"E{status}", "message": "no", "type": "t"}}).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def frame(number: int, name: str = "step", **data: object) -> str:
    """One frame."""
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n"


@contextmanager
def told(*script: Answer) -> Iterator[tuple[ServiceClient, list[str]]]:
    """A client of a service that answers so, and the Last-Event-IDs that it was asked with."""
    Handler.script, Handler.asked, Handler.status = script, [], "running"
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/v1"
        with closing(ServiceClient(Connection(url, ApiKey(KEY)), here=True)) as client:
            yield client, Handler.asked
    finally:
        server.shutdown()
        server.server_close()


def heard(client: ServiceClient, **more: object) -> list[tuple[str, str]]:
    """The ids and names of all that is heard; nothing is waited for between two connections."""
    found = runs_api.followed(lambda: client, RUN, pause=lambda _: None, **more)  # type: ignore[arg-type]  # a test's
    return [(event.event_id, event.name) for event in found]


def test_each_event_is_heard_once_over_broken_connections() -> None:
    """A frame that was cut in the middle is read whole from the next connection, and what comes again is not heard again."""
    script = (
        stream(frame(0) + frame(1) + "id: 2\nevent: te", then="reset"),
        refusal(503),
        stream(": alive\n\n" + frame(1) + frame(2) + frame(4)),
        stream(frame(5, "terminal") + frame(6, "done")),
    )
    with told(*script) as (client, asked):
        found = heard(client)
    assert [one for one, _ in found] == ["0", "1", "2", "4", "5", "6"]
    assert asked == ["", "1", "1", "4"]


@pytest.mark.parametrize(
    ("last", "names"), [(["done"], ["step", "done"]), (["terminal"], ["step", "terminal"]), ([], ["step"])]
)
def test_services_end_a_stream_in_their_own_ways(last: list[str], names: list[str]) -> None:
    """With `done`, with `terminal` alone and the connection left open, or with none of it and a run that is over."""
    text = frame(1) + "".join(frame(2 + number, name) for number, name in enumerate(last))
    script = (stream(text, then="wait" if last else "end", over="succeeded"), stream(""))
    with told(*script) as (client, asked):
        assert [name for _, name in heard(client)] == names
    assert len(asked) == (1 if last else 2)


def test_a_refusal_is_said_at_once_and_a_service_that_is_away_is_waited_for_until_there_is_no_hope() -> None:
    """News begins the patience anew."""
    with told(refusal(404, "RUN_NOT_FOUND")) as (client, asked), pytest.raises(ServiceError) as refused:
        heard(client)
    assert (refused.value.status, len(asked)) == (404, 1)
    ticks = itertools.count()
    away = [refusal(503)] * 60
    script = (*away, stream(frame(1)), *away, stream(frame(2)), refusal(503))
    with told(*script) as (client, asked):
        found = runs_api.followed(lambda: client, RUN, pause=lambda _: None, clock=lambda: next(ticks) / 2)
        assert [next(found).event_id for _ in range(2)] == ["1", "2"]
        with pytest.raises(ServiceError, match="not heard of any more"):
            list(found)
    assert len(asked) > len(script)


def test_the_key_shows_in_no_event() -> None:
    """However the pieces are cut."""
    with told(stream(frame(1, "text", text=f"it is {KEY}") + frame(2, "done"))) as (client, _):
        found = list(runs_api.followed(lambda: client, RUN))
    assert found[0].data == {"text": "it is [the key]"}


def test_a_run_is_read_from_every_shape_that_services_have() -> None:
    """The union of API.md §10.2."""
    new = {
        "id": RUN,
        "status": "failed",
        "steps_completed": 3,
        "cost_cents": 15,
        "error": {"code": "A", "message": "b"},
    }
    old = {"run_id": RUN, "status": "failed", "step_count": 3, "usage": {"cost_cents": 15}, "error": {"code": "A"}}
    for document in (new, {"run": new}, old):
        run = run_in(document)
        assert run is not None
        assert (run.run_id, run.steps, run.cents, run.code, run.is_over) == (RUN, 3, 15, "A", True)
    assert run_in({"id": "../x"}) is None
    assert run_in([]) is None
