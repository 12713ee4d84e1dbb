"""Receivers of webhooks: servers that answer as they are told, and the checks that receivers in use make of a signature."""

from __future__ import annotations

import hashlib
import hmac
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

from msgspec import Struct

from tests.automation.engines import PATIENCE


class Got(Struct):
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiving:
    """What a receiver was sent. `answers`: what to do of each request in turn, the last for all that follow."""

    def __init__(self, *answers: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.got: list[Got] = []
        self.port = 0
        self.ending = threading.Event()
        self._answers = list(answers) or [status(200)]
        self._changed = threading.Condition()

    def take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        with self._changed:
            self.got.append(Got(request.path, dict(request.headers), body))
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            self._changed.notify_all()
        answer(request)

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.got) >= count, PATIENCE), self.got


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer so."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()

    return answer


def silent(receiving: Receiving) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer nothing until the test is over."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        receiving.ending.wait(PATIENCE)

    return answer


def drip(receiving: Receiving) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer a byte at a time, and never come to an end."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        try:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not receiving.ending.wait(0.02):
                request.wfile.write(b"x")
                request.wfile.flush()
        except OSError:
            pass

    return answer


@contextmanager
def receiving(server: Receiving, certificate: Path | None = None) -> Iterator[Receiving]:
    """It listens on 127.0.0.1, with that certificate and its key where it has one."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.take(self)

        def log_message(self, *args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    with Quiet(("127.0.0.1", 0), Taking) as listening:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            listening.socket = context.wrap_socket(listening.socket, server_side=True)
        server.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ending.set()
            listening.shutdown()
            thread.join()


def checked_by_parts(body: bytes, header: str, secret: str, now: float) -> bool:
    """As the published examples check it: all parts into a table, the newest five minutes alone."""
    parts = dict(part.split("=", 1) for part in header.split(","))
    expected = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts["v1"]) and abs(now - int(parts["t"])) <= 300


def checked_by_place(body: bytes, header: str, secret: str, now: float) -> bool:
    """As some check it that take the time for the first part, and what is behind it for the signature."""
    first, second = header.split(",")
    if first[:2] != "t=" or second[:3] != "v1=":
        return False
    expected = hmac.new(secret.encode("ascii"), b".".join((first[2:].encode(), body)), "sha256").hexdigest()
    return expected == second[3:] and now - 300 <= float(first[2:]) <= now + 300


def checked_as_text(body: bytes, header: str, secret: str, now: float) -> bool:
    """As those do that sign the text, since their framework gave them no bytes."""
    found = {name.strip(): value for name, _, value in (part.partition("=") for part in header.split(","))}
    text = f"{found['t']}.{body.decode()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest() == bytes.fromhex(found["v1"])


def checked_by_stripe(body: bytes, header: str, secret: str, now: float) -> bool:
    """As the library of a service does whose signatures have the same form: nothing of it is ours."""
    del now  # it looks at the clock itself
    library = import_module("stripe")  # by its name: its types are thousands, and none is of interest here
    try:
        return bool(library.WebhookSignature.verify_header(body.decode(), header, secret, tolerance=300))
    except library.SignatureVerificationError:
        return False
