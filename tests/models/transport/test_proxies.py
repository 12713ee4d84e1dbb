"""The way through a proxy: taken where one is set, to this machine itself never, and by TLS whoever the proxy is."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.transport.http_transport import TIMED, HttpTransport
from coasty_desk.models.transport.transport import (
    BAD_SETUP,
    NO_ANSWER,
    REDIRECTED,
    TOO_LARGE,
    UNREACHABLE,
    Sending,
    UnansweredError,
)
from tests.models.transport.certificates import make_certificate
from tests.stub_service import KEY

BEYOND = "https://service.example/v1"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Proxy(ThreadingHTTPServer):
    """A proxy at whose end a stand-in for the service is, which remembers what it was asked."""

    def __init__(self, certificate: Path) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.lets, self.hold = True, threading.Event()
        self.hold.set()
        self.tunnels: list[str] = []
        self.credentials: list[str | None] = []
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
        self.server.credentials.append(self.headers.get("Proxy-Authorization"))
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
        self.server.hold.wait(10)
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
    certificate = make_certificate(tmp_path, "DNS:service.example,IP:127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with Proxy(certificate) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
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


def test_the_tunnel_is_there_before_the_first_request(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the name and the password that the proxy wants; and how long an upload takes is told as it is without one."""
    monkeypatch.setenv("https_proxy", proxy.url.replace("//", "//me:p%40ss@"))
    told: list[int] = []
    connection = Connection(BEYOND, ApiKey(KEY), lambda size, _seconds: told.append(size))
    connection.warm()
    assert connection._warming is not None
    connection._warming.join(10)
    assert (proxy.tunnels, proxy.asked) == (["service.example:443"], [])
    connection.post("predict", b"x" * TIMED, "run:1")
    connection.close()
    assert (len(proxy.tunnels), told) == (1, [TIMED])
    assert proxy.credentials == ["Basic " + base64.b64encode(b"me:p@ss").decode()]


def test_a_proxy_that_is_spoken_to_by_tls(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """One encryption within the other; and a request in it can be cut off."""
    with socket.create_server(("127.0.0.1", 0)) as plain, proxy.context.wrap_socket(plain, server_side=True) as front:
        threading.Thread(target=_relay, args=(front, proxy.server_address[1]), daemon=True).start()
        monkeypatch.setenv("https_proxy", f"https://127.0.0.1:{front.getsockname()[1]}")
        connection, sending = Connection(BEYOND, ApiKey(KEY)), Sending()
        assert connection.get("models").status == 200
        proxy.hold.clear()
        threading.Timer(0.1, sending.cut).start()
        with pytest.raises(UnansweredError) as caught:
            connection.post("predict", b"{}", "run:1", sending)
        proxy.hold.set()
        connection.close()
    assert caught.value.fault.code == NO_ANSWER


def _relay(front: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            outer, _ = front.accept()
            inner = socket.create_connection(("127.0.0.1", port))
            for here, there in ((outer, inner), (inner, outer)):
                threading.Thread(target=_pump, args=(here, there), daemon=True).start()


def _pump(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while piece := here.recv(65536):
            there.sendall(piece)
        there.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("url", ["http://[::1", "ftp://p:1", "socks5://p:1"])
def test_an_address_of_a_proxy_that_is_of_no_use_is_said(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """Nothing is sent, and nothing is tried again; SOCKS needs a package that is not asked for."""
    monkeypatch.setenv("https_proxy", url)
    monkeypatch.setattr("coasty_desk.models.transport.proxies.find_spec", lambda _name: None)
    with pytest.raises(UnansweredError, match="proxy") as caught:
        Connection(BEYOND, ApiKey(KEY)).get("models")
    assert caught.value.fault.code == BAD_SETUP
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
        ({"https_proxy": "p:1", "no_proxy": "*"}, BEYOND, False),
        ({"https_proxy": "p:1", "no_proxy": "a.b, .example"}, BEYOND, False),
        ({"https_proxy": "p:1", "no_proxy": "service.example:443"}, BEYOND, False),
        ({"https_proxy": "p:1", "no_proxy": "service.example:444"}, BEYOND, True),
        ({"https_proxy": "p:1", "no_proxy": "10.0.0.0/8"}, "https://10.1.2.3/v1", False),
        ({"https_proxy": "p:1", "no_proxy": "10.0.0.0/8"}, "https://11.1.2.3/v1", True),
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
    connection = Connection(url, ApiKey(KEY))
    way = connection._transport
    assert isinstance(way, HttpTransport)
    assert (way._proxy is not None) is through
