"""A stand-in for the service's `/v1` that keeps its own books: what was charged, which keys and bodies arrived.

`Service` answers requests without any I/O; `serving` puts it on 127.0.0.1 behind a real HTTP
server. Predictions come from a script, one entry for each one that is paid for; faults are
planned a route at a time and are used up in order, `None` standing for none.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

KEY = "sk-coasty-live-" + "5a" * 24
"""The key that the stand-in takes."""

SANDBOX_KEY = "sk-coasty-test-" + "7c" * 24
"""Another one, which is charged nothing."""

STATELESS = "/v1/predict"

Json: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    peer: object = None

    @property
    def key(self) -> str:
        """The Idempotency-Key."""
        return self.headers.get("idempotency-key", "")

    @property
    def route(self) -> str:
        """`session`, `predict`, or the method with the path."""
        if self.method == "POST" and self.path == "/v1/sessions":
            return "session"
        return "predict" if self.method == "POST" and self.path.endswith("/predict") else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back: a status, the body (whole, or in pieces that may never end), headers; after `hold` seconds."""

    status: int
    body: bytes | Callable[[], Iterator[bytes]]
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: float = 0.0


class DroppedError(Exception):
    """The connection is closed without an answer."""


Fault: TypeAlias = Callable[[Request, Callable[[Request], Response]], Response]
"""Gets the request and what would answer it; answers in its place, or raises DroppedError."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A line of the books; a refund is a line with negative cents."""

    what: str
    key: str
    cents: int


@dataclass
class Session:
    """An open session, as it was asked for."""

    body: Json
    predictions: int = 0


class Service:
    """Answers requests, and remembers all of them."""

    def __init__(self, script: list[Json] | None = None) -> None:
        self.script = script or [done()]
        self.scopes = {"predict", "session", "ground", "parse"}
        self.wallet = 1234
        self.requests: list[Request] = []
        self.charges: list[Charge] = []
        self.sessions: dict[str, Session] = {}
        self.deleted: list[str] = []
        self.reused: list[str] = []
        self.paid_for = 0
        self.predicted: dict[str, int] = {}
        self._free = False
        self._answers: dict[str, tuple[str, bytes, Response]] = {}
        self._dead: set[str] = set()
        self._plans: dict[str, deque[Fault | None]] = {}
        self._lock = threading.RLock()
        self.arrived = threading.Condition()
        self.release = threading.Event()
        """Set it, and no answer is held any longer."""

    def plan(self, route: str, *faults: Fault | None) -> None:
        """Let the next requests of a route run into these."""
        self._plans.setdefault(route, deque()).extend(faults)

    @property
    def charged(self) -> int:
        """The cents that are owed."""
        return sum(charge.cents for charge in self.charges)

    def posts(self, route: str) -> list[Request]:
        """The requests of a route."""
        return [request for request in self.requests if request.route == route]

    def answer(self, request: Request) -> Response:
        """The response to a request. Raises DroppedError."""
        with self._lock:
            self.requests.append(request)
            plan = self._plans.get(request.route)
            fault = plan.popleft() if plan else None
        with self.arrived:
            self.arrived.notify_all()
        return self._proceed(request) if fault is None else fault(request, self._proceed)

    def refund(self, request: Request) -> Response:
        """Charge, fail, give the money back: the key is dead afterwards. One that was answered is answered again."""
        with self._lock:
            there = request.path == STATELESS or request.path.split("/")[3] in self.sessions
            if request.key in self._answers or request.key in self._dead or not there:
                return self._proceed(request)
            cents = self._price(request)
            self.charges += [Charge(request.route, request.key, cents), Charge("refund", request.key, -cents)]
            self._dead.add(request.key)
        return error(500, "PREDICTION_FAILED", headers={"X-Credits-Refunded": str(cents)})

    def _proceed(self, request: Request) -> Response:
        with self._lock:
            self._free = request.headers.get("x-api-key") == SANDBOX_KEY
            if request.headers.get("x-api-key") not in (KEY, SANDBOX_KEY):
                return error(401, "INVALID_API_KEY")
            scope = "session" if request.path.startswith("/v1/sessions") else "usage" if "usage" in request.path else ""
            if scope and scope not in self.scopes:
                return error(403, "INSUFFICIENT_SCOPE", required_scope=scope, current_scopes=sorted(self.scopes))
            if request.route in ("session", "predict"):
                return self._keyed(request)
            if request.method == "GET" and scope:
                return self._looked(request.path)
            if request.method == "DELETE" and request.path.startswith("/v1/sessions/"):
                return self._delete(request.path.rsplit("/", 1)[1])
            if request.method == "GET" and request.path.startswith("/v1/idempotency/"):
                return self._lookup(request.path.rsplit("/", 1)[1])
            if (request.method, request.path) == ("GET", "/v1/models"):
                return reply({"models": [], "cua_versions": [{"id": "v3"}]}, {"X-Coasty-Key-Kind": "live"})
            return error(404, "NOT_FOUND")

    def _keyed(self, request: Request) -> Response:
        known = self._answers.get(request.key)
        if known is not None:
            if known[:2] != (request.path, request.body):
                self.reused.append(request.key)
                return error(409, "IDEMPOTENCY_KEY_REUSED")
            return _replay(known[2])
        if request.key in self._dead:
            return error(409, "IDEMPOTENCY_ALREADY_REFUNDED")
        answer = self._open(request) if request.route == "session" else self._predict(request)
        if answer.status == 200:
            self._answers[request.key] = (request.path, request.body, answer)
        return answer

    def _open(self, request: Request) -> Response:
        session_id = f"ses_{sum(charge.what == 'session' for charge in self.charges) + 1}"
        self.sessions[session_id] = Session(json.loads(request.body))
        cents = 0 if self._free else 10
        self.charges.append(Charge("session", request.key, cents))
        return reply({"session_id": session_id, "usage": {"credits_charged": cents}}, {"X-Credits-Charged": str(cents)})

    def _predict(self, request: Request) -> Response:
        if request.path != STATELESS:
            session = self.sessions.get(request.path.split("/")[3])
            if session is None:
                return error(404, "SESSION_NOT_FOUND")
        cents = 0 if self._free else self._price(request)
        if request.path != STATELESS:
            self.sessions[request.path.split("/")[3]].predictions += 1
        self.charges.append(Charge("predict", request.key, cents))
        entry = self.script[min(self.paid_for, len(self.script) - 1)]
        self.predicted[request.key] = self.paid_for
        self.paid_for += 1
        usage: Json = {"input_tokens": 1, "output_tokens": 1, "credits_charged": cents, "cost_cents": cents}
        body = {"request_id": f"req_{self.paid_for}", "reasoning": "", **entry, "usage": usage}
        return reply(body, {"X-Credits-Charged": str(cents)})

    def _price(self, request: Request) -> int:
        if request.path == STATELESS:
            asked = json.loads(request.body)
            past, hd = len(asked.get("trajectory", ())), asked["screen_width"] > 1280 or asked["screen_height"] > 720
            prompt = len(asked.get("instructions", "")) + len(asked.get("system_prompt", ""))
            return int(5 + 2 * past + hd * (1 + past) + 3 * (asked["cua_version"] == "v1") + (prompt > 500))
        session = self.sessions[request.path.split("/")[3]]
        memory, width = session.body["max_trajectory_length"], session.body["screen_width"]
        height = session.body["screen_height"]
        assert isinstance(memory, int)
        assert isinstance(width, int)
        assert isinstance(height, int)
        remembered, hd = min(session.predictions, memory), width > 1280 or height > 720
        long = len(f"{session.body.get('instructions', '')}{session.body.get('system_prompt', '')}") > 500
        return 4 + 2 * remembered + hd * (1 + remembered) + 3 * (session.body["cua_version"] == "v1") + long

    def _delete(self, session_id: str) -> Response:
        if self.sessions.pop(session_id, None) is None:
            return error(404, "SESSION_NOT_FOUND")
        self.deleted.append(session_id)
        return reply({"status": "ok", "session_id": session_id})

    def _looked(self, path: str) -> Response:
        if path.startswith("/v1/usage"):
            return reply({"period": path[-7:], "balance": self.wallet, "wallet_balance_cents": self.wallet})
        if path == "/v1/sessions":
            return reply({"sessions": [self._told(session_id) for session_id in self.sessions]})
        session_id = path.rsplit("/", 1)[1]
        return reply(self._told(session_id)) if session_id in self.sessions else error(404, "SESSION_NOT_FOUND")

    def _told(self, session_id: str) -> Json:
        session = self.sessions[session_id]
        return {
            "session_id": session_id,
            "cua_version": session.body.get("cua_version"),
            "screen_size": "1280x720",
            "step_count": session.predictions,
            "created_at": "2026-11-26T04:00:00Z",
            "expires_at": "2026-11-26T06:00:00Z",
            "total_credits_used": 10 + 4 * session.predictions,
        }

    def _lookup(self, key: str) -> Response:
        known = self._answers.get(key.replace("%3A", ":"))
        if known is None:
            return error(404, "NOT_FOUND")
        assert isinstance(known[2].body, bytes)
        result = json.loads(_replay(known[2]).body)  # type: ignore[arg-type]  # a replay's body is whole
        return reply({"status": "completed", "request_id": "req_1", "original_status": 200, "result": result})


def reply(body: Json, headers: Mapping[str, str] | None = None) -> Response:
    """A good answer."""
    return Response(200, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})


def error(status: int, code: str, headers: Mapping[str, str] | None = None, **context: object) -> Response:
    """The service's error envelope."""
    envelope = {"code": code, "message": f"It was {code}.", "type": "x", "request_id": "req_e", **context}
    return Response(
        status, json.dumps({"error": envelope}).encode(), {"Content-Type": "application/json", **(headers or {})}
    )


def _replay(original: Response) -> Response:
    assert isinstance(original.body, bytes)
    body = json.loads(original.body)
    if isinstance(body.get("usage"), dict):
        body["usage"] |= {"credits_charged": 0, "cost_cents": 0, "billed": False}
    return reply(body, {"X-Credits-Charged": "0", "X-Coasty-Idempotent-Replay": "true"})


def click(x: int, y: int) -> Json:
    """An entry of `actions`."""
    return {"action_type": "click", "params": {"x": x, "y": y}}


def go(*actions: object) -> Json:
    """A prediction that goes on."""
    return {"status": "continue", "actions": list(actions)}


def done(*actions: object) -> Json:
    """A prediction that is the last."""
    return {"status": "done", "actions": [*actions, {"action_type": "done", "params": {}}]}


def saying(response: Response) -> Fault:
    """Answer with this instead, nothing charged."""
    return lambda _request, _proceed: response


def dropped(_request: Request, _proceed: Callable[[Request], Response]) -> Response:
    """The connection breaks before the request is worked on."""
    raise DroppedError


def lost(request: Request, proceed: Callable[[Request], Response]) -> Response:
    """The request is worked on and charged, then the connection breaks."""
    proceed(request)
    raise DroppedError


def expired(request: Request, proceed: Callable[[Request], Response]) -> Response:
    """The service has let the session go."""
    del request, proceed
    return error(404, "SESSION_NOT_FOUND")


HTML = Response(502, b"<html><h1>Bad gateway</h1></html>", {"Content-Type": "text/html"})


def garbled(request: Request, proceed: Callable[[Request], Response]) -> Response:
    """The request is worked on and charged, and a gateway puts a page of its own in the answer's place."""
    proceed(request)
    return Response(200, b"<html>please wait</html>", {"Content-Type": "text/html"})


def held(seconds: float) -> Fault:
    """The answer comes late."""

    def late(request: Request, proceed: Callable[[Request], Response]) -> Response:
        answer = proceed(request)
        return Response(answer.status, answer.body, answer.headers, seconds)

    return late


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """The base URL of the stand-in, while the block lasts."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                response = service.answer(Request(self.command, self.path, headers, body, self.client_address))
            except DroppedError:
                self.close_connection = True
                return
            service.release.wait(response.hold)
            self.respond(response)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's names

        def respond(self, response: Response) -> None:
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            if isinstance(response.body, bytes):
                self.send_header("Content-Length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)
                return
            self.send_header("Connection", "close")
            self.end_headers()
            for piece in response.body():
                if over.is_set():
                    break
                self.wfile.write(piece)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that has gone is no error."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        over.set()
        service.release.set()
        server.shutdown()
        server.server_close()
        thread.join()


def drip(seconds: float) -> Callable[[], Iterator[bytes]]:
    """A body that comes a byte at a time and has no end."""

    def pieces() -> Iterator[bytes]:
        while True:
            yield b"{"
            time.sleep(seconds)

    return pieces
