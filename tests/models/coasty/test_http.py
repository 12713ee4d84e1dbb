"""What a request can run into below the service itself."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coasty_desk.core.errors import ServiceError
from coasty_desk.models.coasty.account import check
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.transport.transport import BAD_CERTIFICATE, BAD_SETUP, NO_ANSWER, UNREACHABLE, UnansweredError
from tests.models.transport.certificates import make_certificate
from tests.stub_service import HTML, KEY, Response, Service, error, saying, serving


@contextmanager
def listening(answer: Callable[[socket.socket], None], wrap: ssl.SSLContext | None = None) -> Iterator[int]:
    """A port where each connection gets this answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                try:
                    with connection if wrap is None else wrap.wrap_socket(connection, server_side=True) as wrapped:
                        answer(wrapped)
                except OSError:
                    continue

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def raw(text: bytes) -> Callable[[socket.socket], None]:
    """Read the request, say this, hang up."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(text)

    return answer


def fault(url: str) -> tuple[str, str]:
    """What asking there comes to: the code and the words."""
    with pytest.raises(UnansweredError) as caught:
        Connection(url, ApiKey(KEY)).get("models", timeout=5)
    assert KEY not in str(caught.value)
    return caught.value.fault.code, caught.value.fault.message


ANSWERS = {
    "nothing": (b"", "broke off"),
    "no HTTP": (b"hello?\r\n\r\n", "broke off"),
    "less than promised": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "broke off"),
    "half a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{", "broke off"),
    "a broken gzip": (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", "broke off"),
    "headers without end": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000, "broke off"),
}


@pytest.mark.parametrize(("text", "words"), ANSWERS.values(), ids=ANSWERS)
def test_a_broken_answer_is_none(text: bytes, words: str) -> None:
    """Whatever it breaks at; it may be tried again."""
    with listening(raw(text)) as port:
        code, said = fault(f"http://127.0.0.1:{port}")
    assert code == NO_ANSWER
    assert words in said


TRICKLES = {
    "heads": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "a header": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize(("start", "rest"), TRICKLES.values(), ids=TRICKLES)
def test_what_trickles_is_not_waited_for(start: bytes, rest: bytes) -> None:
    """Also where every read has something to read."""
    cut = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(start)
        for _ in range(1000):
            try:
                connection.sendall(rest)
            except OSError:
                cut.set()
                raise
            time.sleep(0.01)

    with listening(answer) as port:
        with pytest.raises(UnansweredError):
            Connection(f"http://127.0.0.1:{port}/v1", ApiKey(KEY)).get("models", timeout=0.2)
        assert cut.wait(5)


def test_nobody_there_is_said(free_port: int) -> None:
    """A port that nobody listens at, and a name that nobody has."""
    assert fault(f"http://127.0.0.1:{free_port}") == (UNREACHABLE, "the connection was refused")
    assert fault("https://nobody.invalid") == (UNREACHABLE, "its name is not known here")


@pytest.fixture
def free_port() -> int:
    """A port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key in one file, for a name that this is not, signed by nobody."""
    return make_certificate(tmp_path_factory.mktemp("certificate"), "DNS:elsewhere.example")


@pytest.mark.parametrize("known", [False, True])
def test_a_certificate_that_does_not_fit_is_said(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    """Signed by nobody, or by one who is trusted, but for another name: nothing is sent, nothing is tried again."""
    if known:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    heard: list[bytes] = []
    with listening(lambda connection: heard.append(connection.recv(1)), context) as port:
        code, _ = fault(f"https://127.0.0.1:{port}")
    assert code == BAD_CERTIFICATE
    assert heard == []


def test_a_list_of_authorities_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is this computer's set-up, not the service."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    code, said = fault("https://127.0.0.1:9")
    assert code == BAD_SETUP
    assert "/nowhere/ca.pem" in said


def test_https_to_a_plain_port_is_not_reached() -> None:
    """There is nothing to agree on encryption with, and so nothing was sent."""
    with listening(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert fault(f"https://127.0.0.1:{port}") == (UNREACHABLE, "no encrypted connection could be agreed on")


def test_a_compressed_bomb_is_let_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    """We ask for no compression, and count what comes out of it, not what goes in."""
    import gzip  # noqa: PLC0415 - for this one

    bomb = gzip.compress(b" " * 50_000_000, 9)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with listening(raw(head + bomb)) as port:
        assert fault(f"http://127.0.0.1:{port}")[0] == "TOO_LARGE"


@pytest.fixture
def service() -> Service:
    """The stand-in."""
    return Service()


def test_a_look_at_the_account_costs_nothing(service: Service) -> None:
    """It says whether the service is there and takes the key."""
    with serving(service) as url:
        account = check(KEY, url)
    assert (account.kind, account.bills) == ("live", True)
    assert account.host == "127.0.0.1"
    assert service.charged == 0


@pytest.mark.parametrize(
    ("response", "code"),
    [(error(401, "INVALID_API_KEY"), "INVALID_API_KEY"), (HTML, "UPSTREAM_ERROR"), (Response(200, b"<p>"), "NOT_JSON")],
)
def test_an_account_that_cannot_be_looked_at_says_why(service: Service, response: Response, code: str) -> None:
    """With the service's code."""
    service.plan("GET /v1/models", saying(response))
    with serving(service) as url, pytest.raises(ServiceError) as caught:
        check(KEY, url)
    assert caught.value.code == code


def test_an_account_nobody_answers_for(free_port: int) -> None:
    """The host is named, and what to check."""
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1 cannot be reached: the connection was refused\.") as caught:
        check(KEY, f"http://127.0.0.1:{free_port}")
    assert "COASTY_BASE_URL" in caught.value.remedy
