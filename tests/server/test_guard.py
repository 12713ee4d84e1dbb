"""Who is not answered, over raw sockets: before a key is looked at, and before anything is done."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.served import Served, served

GOOD = "GET /v1/keys HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\n{more}Connection: close\r\n\r\n"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all: each test leaves it as it is."""
    with served(tmp_path_factory.mktemp("guard"), allowed=["desk.home.arpa"]) as found:
        yield found


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def _asked(here: Served, host: str | None = None, more: str = "") -> bytes:
    host = f"127.0.0.1:{here.client.port}" if host is None else host
    return here.client.raw(GOOD.format(host=host, key=here.client.key, more=more).encode("latin-1"))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST:8417", "[::1]:8417", "127.0.0.1:1", "desk.home.arpa", "Desk.Home.Arpa:80"],
)
def test_our_own_names_are_answered(here: Served, host: str) -> None:
    """Our own names are answered."""
    assert _status(_asked(here, host)) == 200


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "localhost.evil.example",
            "evil.example:8417",
            "127.0.0.1.evil.example",
            "localhost.",
            "0.0.0.0",
        ),
        *(
            "127.0.0.2",
            "10.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "[::]",
            "[::ffff:127.0.0.1]",
            "localhost:8417:80",
        ),
        *(
            "user@localhost",
            "localhost/",
            "localhost, evil.example",
            "localhost evil.example",
            "localhost:",
            "localhost:x",
        ),
        *("", ":8417", "ｌocalhost", "desk.home.arpa.evil.example", "xn--localhost", "*"),
    ],
)
def test_any_other_host_is_a_misdirected_request(here: Served, host: str) -> None:
    """421 with the envelope, whatever key comes with it; 400 where it is no header at all."""
    answer = _asked(here, host.encode("utf-8").decode("latin-1"))
    assert _status(answer) in (400, 421), answer
    assert b"key_" not in answer
    if _status(answer) == 421:
        assert b"MISDIRECTED_REQUEST" in answer


@pytest.mark.parametrize(
    ("request_line_and_headers", "status"),
    [
        ("GET /v1/keys HTTP/1.1\r\n", 400),  # no host
        ("GET /v1/keys HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", 400),
        ("GET /v1/keys HTTP/1.1\r\nHost: localhost\r\nX-API-Key: nobody\r\n", 400),  # twice
        ("GET http://evil.example/v1/keys HTTP/1.1\r\nHost: localhost\r\n", 421),
        ("GET http://localhost/v1/keys HTTP/1.1\r\nHost: evil.example\r\n", 421),
        ("GET http://localhost/v1/keys HTTP/1.1\r\nHost: localhost\r\n", 200),
        ("GET ftp://localhost/v1/keys HTTP/1.1\r\nHost: localhost\r\n", 421),
        ("GET http:/v1/keys HTTP/1.1\r\nHost: localhost\r\n", 421),
        ("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n", 400),
        ("CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n", 400),
        ("GET //evil.example/v1/keys HTTP/1.1\r\nHost: localhost\r\n", 404),
        ("GET /v1/keys HTTP/1.1\r\nHost: localhost\r\n folded: yes\r\n", 421),
        ("GET /v1/keys HTTP/1.1\r\nHost: localhost\r\nX-A : b\r\n", 400),
        ("GET /v1/keys HTTP/1.1\r\nHost: localhost\r\nX-A: b\x00c\r\n", 400),
        ("GET /v1/keys HTTP/1.1\r\nHost: localhost\r\nX-A: " + "b" * 700_000 + "\r\n", 400),
        ("GET /v1/keys HTTP/9.9\r\nHost: localhost\r\n", 400),
        ("GARBAGE\r\n", 400),
        ("POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n", 400),
        ("POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, gzip\r\n", 501),
        (
            "GET /v1/keys HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            400,
        ),
        (
            "POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            400,
        ),
        ("GET /v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n", 413),
        ("DELETE /v1/keys/key_x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n", 413),
        ("GET /v1/keys HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", 421),
        (
            "GET /v1/keys HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
            200,
        ),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n", 400),
    ],
)
def test_requests_that_are_none_of_ours(here: Served, request_line_and_headers: str, status: int) -> None:
    """Requests that are none of ours."""
    sent = request_line_and_headers + f"X-API-Key: {here.client.key}\r\nConnection: close\r\n\r\n"
    answer = here.client.raw(sent.encode("latin-1"))
    assert _status(answer) in ((400, 501) if status == 501 else (status,)), answer[:300]


@pytest.mark.parametrize(
    "more",
    [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://localhost:3000\r\n",
        "Origin: https://127.0.0.1\r\n",
        "Origin: file://\r\n",
        "Origin: http://127.0.0.1:{port}.evil.example\r\n",
        "Origin: http://127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: nonsense\r\n",
    ],
)
def test_a_page_of_another_address_is_not_answered_even_with_a_key(here: Served, more: str) -> None:
    """A page of another address is not answered even with a key."""
    answer = _asked(here, more=more.replace("{port}", str(here.client.port)))
    assert _status(answer) in (403, 400)
    assert b"key_" not in answer
    assert b"access-control" not in answer.lower()


def test_our_own_page_is(here: Served) -> None:
    """Our own page is."""
    port = here.client.port
    assert _status(_asked(here, more=f"Origin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n")) == 200
    assert _status(_asked(here, "desk.home.arpa", "Origin: https://desk.home.arpa\r\n")) == 200


def test_a_body_that_is_said_to_be_too_large_is_refused_before_it_comes(here: Served) -> None:
    """A body that is said to be too large is refused before it comes."""
    head = (
        f"POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {here.client.key}\r\nContent-Length: 10000000000\r\n"
    )
    began = time.monotonic()
    assert _status(here.client.raw((head + "\r\n").encode())) == 413
    expecting = here.client.raw((head + "Expect: 100-continue\r\n\r\n").encode())
    assert expecting.startswith(b"HTTP/1.1 413")
    assert b"PAYLOAD_TOO_LARGE" in expecting
    assert time.monotonic() - began < 9  # it was not waited for


def test_a_body_in_pieces_is_read_only_as_far_as_it_may_be(here: Served) -> None:
    """Ten gigabytes in chunks: the answer is there after the first megabyte, and the rest is not taken in."""
    head = f"POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {here.client.key}\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", here.client.port), timeout=10) as connection:
        connection.sendall(head.encode())
        try:
            for _ in range(10_000):
                connection.sendall(piece)
                sent += 1
        except OSError:
            pass
    assert sent < 9000


def test_a_large_body_gets_its_answer_and_not_a_reset(here: Served) -> None:
    """A large body gets its answer and not a reset."""
    answer = here.client("POST", "/v1/keys", b"x" * 3_000_000)
    assert (answer.status, answer.code) == (413, "PAYLOAD_TOO_LARGE")
    assert answer.json["error"]["max_bytes"] == 1_000_000


def test_nobodys_body_is_read(here: Served) -> None:
    """Nobodys body is read."""
    for asked in (b"POST /v1/keys", b"GET /v1/keys", b"DELETE /v1/keys/key_x"):
        answer = here.client.raw(asked + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
        assert _status(answer) == 401


def test_bodies_that_come_at_the_same_time_take_so_much_memory_and_no_more(
    here: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for which there is no room is told to come again; once another one is gone there is."""
    monkeypatch.setattr("coasty_desk.server.application.BODIES", 900_000)
    key = here.client.key
    head = f"POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Length: 800000\r\n\r\n".encode()
    until = time.monotonic() + 60
    while True:
        half = socket.create_connection(("127.0.0.1", here.client.port), timeout=10)
        half.sendall(head + b" " * 700_000)
        if here.client("POST", "/v1/keys", b" " * 300_000).status == 503:
            break
        half.close()  # it came second, and there was no room for it
        assert time.monotonic() < until
    with half:
        assert here.client("GET", "/v1/keys").status == 200
        refused = here.client("POST", "/v1/keys", b" " * 300_000)
        assert (refused.code, refused.headers["retry-after"]) == ("SERVICE_UNAVAILABLE", "2")
    until = time.monotonic() + 60
    while here.client("POST", "/v1/keys", b" " * 300_000).status != 422:
        assert time.monotonic() < until


def test_who_never_ends_a_request_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No first line, a header a second, a body that stops: each connection ends, and others are answered meanwhile."""
    monkeypatch.setattr("coasty_desk.server.serving.HEADERS", 1.0)
    monkeypatch.setattr("coasty_desk.server.application.BODY_PAUSE", 0.5)
    with served(tmp_path) as found:
        assert _status(found.client.raw(b"")) == 408
        assert _status(found.client.raw(b"GET /v1/keys HTTP/1.1\r\nHost: loc")) == 408
        with socket.create_connection(("127.0.0.1", found.client.port), timeout=10) as connection:
            connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while not answer.endswith(b'"v1"}'):
                answer += connection.recv(65536)
            connection.sendall(b"GET /v1/he")  # the second request of the connection never ends
            assert _status(connection.recv(65536)) == 408
        head = f"POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {found.client.key}\r\nContent-Length: 10\r\n\r\n123"
        answer = found.client.raw(head.encode())
        assert _status(answer) == 408
        assert b"REQUEST_TIMEOUT" in answer
        slow = [socket.create_connection(("127.0.0.1", found.client.port)) for _ in range(50)]
        assert found.client("GET", "/v1/health").status == 200
        for each in slow:
            each.close()


def test_more_connections_than_there_may_be_are_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More connections than there may be are closed."""
    monkeypatch.setattr("coasty_desk.server.serving.MOST_CONNECTIONS", 5)
    with served(tmp_path) as found:
        held = [socket.create_connection(("127.0.0.1", found.client.port)) for _ in range(5)]
        for each in held:
            each.settimeout(5)
        time.sleep(0.3)
        assert found.client.raw(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""
        for each in held:
            each.close()
        until = time.monotonic() + 60
        while not found.client.raw(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"):
            assert time.monotonic() < until


def test_requests_in_one_connection_are_answered_in_their_order(here: Served) -> None:
    """Requests in one connection are answered in their order."""
    one = f"GET /v1/{{}} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {here.client.key}\r\n{{}}\r\n"
    sent = one.format("health", "") + one.format("nothing", "") + one.format("keys", "Connection: close\r\n")
    answer = here.client.raw(sent.encode())
    assert [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] == [200, 404, 200]
