"""Streams of events, and handlers that wait: what ends them, and that nobody is kept by one."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec import Struct

from coasty_desk.core.errors import Aborted, DesktopError, ServiceError
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.operation import Call, CallReply, Operation
from tests.server.served import Client, Served, served


class Ask(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to come of it."""

    end: str = "done"


class Stage:
    """Handlers that wait until they are told to go on, and remember how they ended."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.ended: list[str] = []
        self.over = threading.Semaphore(0)

    def wait(self, call: Call) -> CallReply:
        """Wait as somebody who asks a model does."""
        self.begun.release()
        try:
            while not self.go_on.is_set():
                call.stop.pause(0.02)
        except Aborted:
            self.ended.append(call.stop.why)
            self.over.release()
            raise
        if call.body is not None and call.body.end == "fail":
            raise ApiError("PREDICTION_FAILED", "It failed.")
        self.ended.append("done")
        self.over.release()
        return CallReply({"request_id": "", "said": "a\nb"}, charged=2)

    def events(self, call: Call) -> CallReply:
        """Two events, and then comments for ever."""
        return CallReply(stream=self._events(call))

    def _events(self, call: Call) -> Iterator[bytes]:
        try:
            yield b"id: 1\nevent: status\ndata: {}\n\n"
            yield b"id: 2\nevent: step\ndata: {}\n\n"
            self.begun.release()
            while not self.go_on.wait(0.02):
                yield b": still there\n\n"
            yield b"event: done\ndata: {}\n\n"
        finally:
            self.ended.append("closed")
            self.over.release()


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Whoever waits on it is let go in the end."""
    found = Stage()
    yield found
    found.go_on.set()


def _rows(stage: Stage) -> tuple[Operation, ...]:
    def failing(error: Exception) -> Callable[[Call], CallReply]:
        def handler(_call: Call) -> CallReply:
            raise error

        return handler

    return (
        Operation(
            *("ask", "POST", "/ask", "", dict, stage.wait),
            "predict",
            body=Ask,
            streams=True,
            idempotent=True,
            priced=True,
        ),
        Operation("events", "GET", "/events", "", None, stage.events, "runs:read"),
        Operation("desktop", "GET", "/desktop", "", dict, failing(DesktopError("No display.", "Start one."))),
        Operation("service", "GET", "/service", "", dict, failing(ServiceError("Nobody answers.", "Ask again."))),
        Operation("fault", "GET", "/fault", "", dict, failing(ValueError("sk-ant-a-secret-that-is-nobodys-business"))),
    )


@pytest.fixture
def playing(tmp_path: Path, stage: Stage) -> Iterator[Served]:
    """A service of these rows."""
    with served(tmp_path, _rows(stage)) as found:
        yield found


def _opened(client: Client, path: str, body: str | None = None, more: str = "") -> socket.socket:
    """A request that was sent, and whose answer is still to come."""
    connection = socket.create_connection(("127.0.0.1", client.port), timeout=20)
    method = "GET" if body is None else "POST"
    length = "" if body is None else f"Content-Length: {len(body)}\r\n"
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {client.key}\r\n{length}{more}\r\n{body or ''}"
    connection.sendall(head.encode())
    return connection


def _until(connection: socket.socket, wanted: bytes) -> bytes:
    found = b""
    while wanted not in found and (piece := connection.recv(65536)):
        found += piece
    return found


def test_events_come_as_they_happen_and_the_stream_ends_with_them(playing: Served, stage: Stage) -> None:
    """Each is there before the next one is."""
    with _opened(playing.client, "/v1/events") as connection:
        found = _until(connection, b"still there")
        assert b"text/event-stream" in found
        assert b"id: 2\nevent: step" in found
        stage.go_on.set()
        assert b"event: done" in _until(connection, b"event: done")
        assert connection.recv(100) in (b"0\r\n\r\n", b"\r\n0\r\n\r\n", b"")
    assert stage.ended == ["closed"]


def test_who_goes_away_ends_its_stream(playing: Served, stage: Stage) -> None:
    """The generator is closed, in the thread that it ran in."""
    with _opened(playing.client, "/v1/events") as connection:
        _until(connection, b"still there")
    assert stage.over.acquire(timeout=10)
    assert stage.ended == ["closed"]


def test_the_service_ends_with_streams_and_handlers_open(tmp_path: Path, stage: Stage) -> None:
    """Each is closed, each handler is told, and `served` itself checks that the server has ended."""
    with served(tmp_path, _rows(stage)) as found:
        held = [_opened(found.client, "/v1/events") for _ in range(5)]
        for each in held:
            _until(each, b"still there")
        asking = _opened(found.client, "/v1/ask", "{}")
        streaming = _opened(found.client, "/v1/ask", "{}", "Accept: text/event-stream\r\n")
        for _ in range(7):
            assert stage.begun.acquire(timeout=10)
        _until(streaming, b"still at work")
        began = time.monotonic()
    assert time.monotonic() - began < 8
    for _ in range(7):
        assert stage.over.acquire(timeout=10)
    assert sorted(stage.ended) == ["closed"] * 5 + ["the service ends"] * 2
    for each in (*held, asking, streaming):
        each.close()


def test_who_goes_away_and_could_not_ask_again_has_the_handler_stopped(playing: Served, stage: Stage) -> None:
    """With an idempotency key it is done to its end, and its answer can be collected."""
    with _opened(playing.client, "/v1/ask", "{}"):
        assert stage.begun.acquire(timeout=10)
        time.sleep(0.3)  # until it is looked after
    assert stage.over.acquire(timeout=10)
    assert stage.ended == ["whoever asked has gone away"]
    with _opened(playing.client, "/v1/ask", "{}", "Idempotency-Key: k\r\n"):
        assert stage.begun.acquire(timeout=10)
        time.sleep(0.3)
    time.sleep(0.2)
    stage.go_on.set()
    assert stage.over.acquire(timeout=10)
    assert stage.ended[1:] == ["done"]
    again = playing.client("POST", "/v1/ask", {}, Idempotency_Key="k")
    assert (again.json["said"], again.headers["x-coasty-idempotent-replay"]) == ("a\nb", "true")


def test_who_asks_for_a_stream_is_kept_waiting_by_comments(playing: Served, stage: Stage) -> None:
    """And then has the body as the one event."""
    with _opened(playing.client, "/v1/ask", "{}", "Accept: text/event-stream\r\n") as connection:
        assert b": still at work\n\n" in _until(connection, b"still at work")
        stage.go_on.set()
        found = _until(connection, b"event: result\ndata: ")
        found += _until(connection, b"}")
    told = json.loads(found.partition(b"data: ")[2].partition(b"\n")[0])
    assert told["said"] == "a\nb"
    assert told["request_id"].startswith("req_")


def test_a_failure_within_a_stream_is_its_event_and_before_it_has_its_status(playing: Served, stage: Stage) -> None:
    """What is known at once is an answer as any."""
    with _opened(playing.client, "/v1/ask", '{"end": "fail"}', "Accept: text/event-stream\r\n") as connection:
        _until(connection, b"still at work")
        stage.go_on.set()
        found = _until(connection, b"PREDICTION_FAILED")
    assert b"event: error" in found
    refused = playing.client("POST", "/v1/ask", {"end": "fail"}, Accept="text/event-stream")
    assert (refused.status, refused.code) == (500, "PREDICTION_FAILED")
    assert playing.client("POST", "/v1/ask", {"end": 1}, Accept="text/event-stream").status == 422


def test_what_goes_wrong_inside_is_told_without_what_it_was_about(
    playing: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """The person at the terminal reads where, whoever asked a request id, and nobody a secret."""
    answer = playing.client("GET", "/v1/fault")
    assert (answer.status, answer.code) == (500, "INTERNAL_ERROR")
    said = capsys.readouterr().err
    assert answer.json["error"]["request_id"] in said
    assert "ValueError in fault" in said
    assert "sk-ant" not in said + answer.body.decode()
    assert "Traceback" not in said
    answer = playing.client("GET", "/v1/desktop")
    assert (answer.status, answer.json["error"]["message"]) == (500, "No display.")
    assert playing.client("GET", "/v1/service").code == "UPSTREAM_ERROR"


def test_fifty_at_once_are_all_answered(playing: Served, stage: Stage) -> None:
    """Also while as many wait for a model."""
    waiting = [_opened(playing.client, "/v1/ask", "{}") for _ in range(40)]
    for _ in waiting:
        assert stage.begun.acquire(timeout=20)

    def ask(_: int) -> set[int]:
        return {playing.client("GET", "/v1/desktop").status for _ in range(10)}

    with ThreadPoolExecutor(50) as threads:
        assert set.union(*threads.map(ask, range(50))) == {500}
    stage.go_on.set()
    for each in waiting:
        assert b"200 OK" in _until(each, b"a\\nb")
        each.close()
