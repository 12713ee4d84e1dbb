"""The way through a proxy: taken where one is set, to this machine itself never, and by TLS whoever the proxy is."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from coasty_desk.models.coasty import ApiKey, Connection
from coasty_desk.models.coasty.proxied import has_proxy
from coasty_desk.models.coasty.retry import NO_ANSWER, UNREACHABLE
from coasty_desk.models.coasty.transport_errors import REDIRECTED, TOO_LARGE, UnansweredError
from tests.models.coasty.certificates import make_certificate
from tests.stub_service import KEY

BEYOND = "https://service.example/v1"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Proxy(ThreadingHTTPServer):
    """A proxy at whose end a stand-in for the service is, which remembers what it was asked."""

    def __init__(self, certificate: Path) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.lets = True
        self.tunnels: list[str] = []
        self.asked: list[tuple[str, str, str, bytes]] = []
        self.answer = 200, {"Content-Type": "application/json"}, b'{"key": "' + KEY.encode() + b'"}'
        super().__init__(("127.0.0.1", 0), _Asked)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of one who reads no further."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Asked(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"
    beyond = ""

    def do_CONNECT(self) -> None:
        """Be the service from here on, for whoever believes its certificate."""
        self.server.tunnels.append(self.path)
        self.send_response(200 if self.server.lets else 403)
        self.end_headers()
        self.close_connection = not self.server.lets
        if self.close_connection:
            return
        self.beyond = f"https://{self.path.removesuffix(':443')}"
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def _reply(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, f"{self.beyond}{self.path}", self.headers.get("X-API-Key", ""), body))
        status, headers, said = self.server.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_DELETE = _reply  # noqa: N815 - the library's names

    def finish(self) -> None:
        """Close what the library does not know of."""
        super().finish()
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """One that is set for every address, and a service behind it that is believed."""
    certificate = make_certificate(tmp_path, "DNS:service.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with Proxy(certificate) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("http_proxy", server.url)
        monkeypatch.setenv("https_proxy", server.url)
        yield server
        server.shutdown()


def test_what_goes_through_it_is_what_goes_straight(proxy: Proxy) -> None:
    """The same headers and the same body; and in what comes back the key is blacked out."""
    connection = Connection(BEYOND, ApiKey(KEY))
    connection.warm()
    reply = connection.post("sessions", b'{"a": 1}', "run:1")
    assert (reply.status, json.loads(reply.body)) == (200, {"key": "[the key]"})
    connection.get("models")
    connection.delete("sessions/s1", timeout=5)
    connection.close()
    assert proxy.asked == [
        ("POST", f"{BEYOND}/sessions", KEY, b'{"a": 1}'),
        ("GET", f"{BEYOND}/models", KEY, b""),
        ("DELETE", f"{BEYOND}/sessions/s1", KEY, b""),
    ]
    assert proxy.tunnels == ["service.example:443"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((302, {"Location": "http://elsewhere.example/"}, b""), REDIRECTED),
        ((200, {}, b"x" * 6_000_000), TOO_LARGE),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip"), NO_ANSWER),
    ],
    ids=["a redirect", "too much", "no gzip"],
)
def test_what_is_not_believed_straight_is_not_believed_through_it(
    proxy: Proxy, answer: tuple[int, dict[str, str], bytes], code: str
) -> None:
    """A redirect is not followed, an endless answer not read."""
    proxy.answer = answer
    connection = Connection(BEYOND, ApiKey(KEY))
    with pytest.raises(UnansweredError) as caught:
        connection.get("models")
    connection.close()
    assert caught.value.fault.code == code
    assert len(proxy.asked) == 1


def test_one_that_is_not_there_is_said(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the proxy that cannot be reached, and one that does not let us through is no better."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = server.getsockname()[1]
    proxy.lets = False
    for url in (proxy.url, f"http://127.0.0.1:{gone}"):
        monkeypatch.setenv("https_proxy", url)
        connection = Connection(BEYOND, ApiKey(KEY))
        with pytest.raises(UnansweredError, match="proxy") as caught:
            connection.get("models")
        connection.close()
        assert caught.value.fault.code == UNREACHABLE
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("variables", "url", "through"),
    [
        ({}, BEYOND, False),
        ({"https_proxy": "http://p:1"}, BEYOND, True),
        ({"HTTPS_PROXY": "http://p:1"}, BEYOND, True),
        ({"all_proxy": "socks5://p:1"}, BEYOND, True),
        ({"http_proxy": "http://p:1"}, BEYOND, False),
        ({"http_proxy": "http://p:1"}, "http://127.0.0.1:8000/v1", False),
        ({"http_proxy": "http://p:1"}, "http://127.8.9.10/v1", False),
        ({"http_proxy": "http://p:1"}, "http://[::1]/v1", False),
        ({"http_proxy": "http://p:1"}, "http://LOCALHOST/v1", False),
        ({"all_proxy": "http://p:1", "https_proxy": "http://p:1"}, "https://127.0.0.1/v1", False),
        ({"no_proxy": "*"}, BEYOND, False),
    ],
)
def test_where_one_is_set_for_the_address(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], url: str, *, through: bool
) -> None:
    """As every program reads it from the environment."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert has_proxy(url) is through
