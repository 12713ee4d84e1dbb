"""The connection straight to the service: opened ahead and then used, and timed while it sends."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.coasty.uploads import SLOW, VERY_SLOW, Uploads
from coasty_desk.models.transport.transport import NO_ANSWER, NOT_SENT, UNREACHABLE, Sending, UnansweredError
from tests.models.transport.certificates import make_certificate
from tests.stub_service import KEY, Service, serving

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Door:
    """A port that counts who comes in; each connection is served by `serve` in a thread of its own."""

    def __init__(self, serve: Callable[[socket.socket], None], wrap: ssl.SSLContext | None) -> None:
        self.came = 0
        self.inside = threading.Semaphore(0)
        self._serve, self._wrap = serve, wrap
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        self.port: int = self._server.getsockname()[1]

    def all_gone(self) -> None:
        """Wait until every connection so far is closed from here."""
        for thread in self._threads[1:]:
            thread.join(5)

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.came += 1
            self._threads.append(threading.Thread(target=self._one, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _one(self, plain: socket.socket) -> None:
        with plain if self._wrap is None else self._wrap.wrap_socket(plain, server_side=True) as connection:
            self.inside.release()
            self._serve(connection)


@contextmanager
def door(serve: Callable[[socket.socket], None], wrap: ssl.SSLContext | None = None) -> Iterator[Door]:
    """One, while the block lasts."""
    opened = Door(serve, wrap)
    try:
        yield opened
    finally:
        opened.close()


def politely(connection: socket.socket) -> None:
    """Answer every request, until the other side has had enough."""
    while connection.recv(65536):
        connection.sendall(ANSWER)


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server shows that is trusted here."""
    certificate = make_certificate(tmp_path, "IP:127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_warmed_connection_is_the_one_that_is_used(scheme: str, trusted: ssl.SSLContext) -> None:
    """It is open before there is a request, and all requests go over it, also where TLS has sent its tickets meanwhile."""
    with door(politely, trusted if scheme == "https" else None) as opened:
        connection = Connection(f"{scheme}://127.0.0.1:{opened.port}", ApiKey(KEY))
        connection.warm()
        assert opened.inside.acquire(timeout=10)
        connection.warm()
        for _ in range(3):
            assert connection.get("models").body == b"{}"
        connection.close()
        assert opened.came == 1


def test_warming_asks_for_nothing() -> None:
    """What comes in over it first is the first request."""
    service = Service()
    with serving(service) as url:
        connection = Connection(url, ApiKey(KEY))
        connection.warm()
        connection.get("models")
        connection.close()
    assert [request.route for request in service.requests] == ["GET /v1/models"]


def test_a_warmed_connection_that_was_closed_meanwhile_is_made_anew(trusted: ssl.SSLContext) -> None:
    """The server did not want to wait; nobody notices."""
    served: list[Callable[[socket.socket], None]] = [politely, lambda _connection: None]

    def serve(connection: socket.socket) -> None:
        served.pop()(connection)

    with door(serve, trusted) as opened:
        connection = Connection(f"https://127.0.0.1:{opened.port}", ApiKey(KEY))
        connection.warm()
        assert opened.inside.acquire(timeout=10)
        opened.all_gone()
        assert connection.get("models").body == b"{}"
        connection.close()
        assert opened.came == 2


def test_a_warming_that_fails_leaves_it_to_the_request_to_say() -> None:
    """Once, in the request's words."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    connection = Connection(f"http://127.0.0.1:{port}", ApiKey(KEY))
    connection.warm()
    with pytest.raises(UnansweredError) as caught:
        connection.get("models")
    assert caught.value.fault.code == UNREACHABLE


HANGS: dict[str, tuple[Callable[[socket.socket], object], int]] = {
    "no answer": (lambda connection: connection.recv(65536), 2),
    "headers that do not end": (lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nX: "), 2),
    "a body that does not end": (lambda connection: connection.sendall(ANSWER[:-1]), 2),
    "nobody reads": (lambda _connection: None, 50_000_000),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(("hang", "size"), HANGS.values(), ids=HANGS)
def test_a_request_can_be_cut_off_wherever_it_hangs(
    scheme: str, hang: Callable[[socket.socket], object], size: int, trusted: ssl.SSLContext
) -> None:
    """By another thread: whoever waits hears so at once, and the server sees its end."""
    seen_end, failed = threading.Event(), list[UnansweredError]()

    def serve(connection: socket.socket) -> None:
        hang(connection)
        at_it.set()
        cut.wait(10)
        with suppress(OSError):
            while connection.recv(1 << 20):
                pass
        seen_end.set()

    def post() -> None:
        try:
            connection.post("predict", b"x" * size, "a-key", sending)
        except UnansweredError as none:
            failed.append(none)

    at_it, cut, sending = threading.Event(), threading.Event(), Sending()
    with door(serve, trusted if scheme == "https" else None) as opened:
        connection = Connection(f"{scheme}://127.0.0.1:{opened.port}", ApiKey(KEY))
        posting = threading.Thread(target=post, daemon=True)
        posting.start()
        assert at_it.wait(10)
        posting.join(0.05)
        assert posting.is_alive()
        sending.cut()
        posting.join(10)
        cut.set()
        assert not posting.is_alive()
        assert seen_end.wait(10)
    assert [none.fault.code for none in failed] == [NO_ANSWER]


def test_a_request_that_was_cut_off_before_it_began_does_not_go_out() -> None:
    """It is certainly not sent, and the next one is not held up."""
    service, sending = Service(), Sending()
    sending.cut()
    with serving(service) as url:
        connection = Connection(url, ApiKey(KEY))
        with pytest.raises(UnansweredError) as caught:
            connection.post("sessions", b"{}", "a-key", sending)
        connection.get("models")
        connection.close()
    assert caught.value.fault.code in NOT_SENT
    assert [request.route for request in service.requests] == ["GET /v1/models"]


def test_a_body_is_sent_when_the_other_side_has_it() -> None:
    """Not when the system has taken it: that has room for more than a screenshot."""
    body, read_on, told = b"x" * 8_000_000, threading.Event(), list[int]()

    def late(connection: socket.socket) -> None:
        connection.recv(1024)
        early.append(len(told))
        read_on.wait(10)
        left = len(body)
        while left > 0:
            left -= len(connection.recv(1 << 20))
            if left < 1000:
                break
        connection.sendall(ANSWER)

    early: list[int] = []
    with door(late) as opened:
        connection = Connection(
            f"http://127.0.0.1:{opened.port}", ApiKey(KEY), lambda size, _seconds: told.append(size)
        )
        asking = threading.Thread(target=connection.post, args=("predict", body, "a-key"))
        asking.start()
        assert opened.inside.acquire(timeout=10)
        asking.join(0.1)
        assert told == []
        read_on.set()
        asking.join(10)
        connection.close()
    assert (early, told) == ([0], [len(body)])


@pytest.mark.parametrize(
    ("seconds", "format_"),
    [
        ([], "png"),
        ([SLOW / 2] * 9, "png"),
        ([SLOW, SLOW / 2, SLOW], "png"),
        ([SLOW, SLOW], "jpeg"),
        ([VERY_SLOW], "jpeg"),
        ([SLOW, SLOW, 0.01], "jpeg"),
    ],
)
def test_pictures_stay_lossless_until_sending_them_is_what_takes_the_time(seconds: list[float], format_: str) -> None:
    """One slow upload may be a hiccup; two are the line."""
    uploads = Uploads()
    for each in seconds:
        uploads.sent(600_000, each)
    assert uploads.format == format_
