"""The service as an ASGI application: from a request to its answer, in an order in which nothing happens before it may.

Host and origin (421, 403), path and method (404, 405), size (413), key and scope (401, 403), the body as it is read (413), its values (422), and only
then the handler, in a thread. Every answer has a request id, every refusal is the envelope. No CORS headers: no page of another address is
answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import sqlite3
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Literal, TypeAlias, cast

import msgspec
from msgspec import Struct

from coasty_desk.automation import storage
from coasty_desk.core.errors import Aborted, CoastyDeskError, ServiceError
from coasty_desk.core.stop import Stop
from coasty_desk.server import api_errors, idempotency, relay_signature, request_values
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.api_keys import ServiceKey
from coasty_desk.server.handler_threads import HandlerThreads
from coasty_desk.server.host_guard import HostGuard, sole
from coasty_desk.server.idempotency import Answer, Begun, InFlight
from coasty_desk.server.operation import Call, CallReply, Operation
from coasty_desk.server.relay_signature import NoPassError, RelayPass
from coasty_desk.server.route_table import Route, RouteTable
from coasty_desk.server.service import BALANCE, Service

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Any]
Send: TypeAlias = Callable[[Message], Any]

THREADS = 96
"""Handlers at a time."""

IN_FLIGHT = 25.0
"""Seconds that a request waits for another one of the same idempotency key."""

UNWANTED_BODY = 65_536
"""Bytes of a body where none is wanted."""

BODIES = 256_000_000
"""Bytes of all the bodies that are being read or worked on: one for which there is no room is told to come again."""

BODY_PAUSE = 20.0
"""Seconds between two parts of a body."""

SENDING = 60.0
"""Seconds in which somebody must take what is sent."""

KEEP_ALIVE = 10.0
"""Seconds between two comments to whoever waits for a reply as a stream."""

WATCHED_AFTER = 0.2
"""Seconds after which it is looked whether whoever waits for an answer is still there."""

LINGER = 1.0
"""Seconds for which what was not read of a body is thrown away, so that the answer arrives before the connection is closed."""

RATE = 600_000
"""Requests a minute of one key."""

_KEY = re.compile(r"[A-Za-z0-9_\-:]{1,128}")

RELAYED = ("machines", "runs")
"""What one host asks another one for."""

_SECRET_HEADERS = ("authorization", "x-api-key", "cookie", "proxy-authorization", "x-coasty-relay")
"""Not for handlers."""


class GoneError(Exception):
    """Whoever asked has closed the connection."""


class ServerRequest(Struct):
    """A request that has come as far as its operation."""

    request_id: str
    route: Route
    headers: Mapping[str, str]
    query: bytes
    stop: Stop
    raw: bytes = b""
    key: ServiceKey | None = None
    path: str = ""
    passed: RelayPass | None = None

    @property
    def target(self) -> str:
        """The path with its query."""
        return f"{self.path}?{self.query.decode('latin-1')}" if self.query else self.path

    @property
    def idempotency_key(self) -> str | None:
        """Where its operation heeds one."""
        return self.headers.get("idempotency-key") if self.route.operation.idempotent else None


class ServerAnswer(Struct):
    """What goes out: a whole body, or a stream of events instead."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    chunks: AsyncIterator[bytes] | None = None


class ServiceApplication:
    """An ASGI application over a table of operations. `complain` is told, in a sentence, what went wrong inside."""

    def __init__(
        self,
        service: Service,
        operations: Iterable[Operation],
        guard: HostGuard,
        complain: Callable[[str], None] = lambda said: print(said, file=sys.stderr, flush=True),  # noqa: T201 - where nobody else listens
    ) -> None:
        self._service = service
        self._routes = RouteTable(operations)
        self._guard = guard
        self._complain = complain
        self._threads = HandlerThreads(THREADS)
        self._rate: dict[str, tuple[int, int]] = {}
        self._ended = asyncio.Event()
        self._stops: set[Stop] = set()
        self._bodies = BodyRoom()

    def end(self) -> None:
        """Close every stream of events, and have handlers that wait for long stop: within the loop that serves."""
        self._ended.set()
        for stop in list(self._stops):
            stop.trip("stop", "the service ends")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id = f"req_{secrets.token_hex(12)}"
        incoming = Incoming(scope, receive, self._bodies)
        try:
            answered = await self._answered(scope, incoming, request_id)
        except GoneError:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered with the envelope
            answered = self._refusal(error, request_id, "", keyed=False)
        finally:
            incoming.forget()
        answered.headers["X-Coasty-Request-Id"] = request_id
        if answered.chunks is not None:
            await self._stream(answered, incoming, send, is_head=scope["method"] == "HEAD")
        else:
            await _send_whole(answered, incoming, send)

    async def _answered(self, scope: Scope, incoming: Incoming, request_id: str) -> ServerAnswer:
        if scope["http_version"] not in ("1.0", "1.1"):
            message = "This is not HTTP/1.1."
            raise ApiError("BAD_REQUEST", message)
        headers = sole(scope["headers"])
        arrived_at = (scope.get("server") or ("",))[0]
        path = self._guard.check(headers, scope["raw_path"].decode("latin-1"), arrived_at)
        route = self._routes.find(scope["method"], path)
        operation = route.operation
        asked = ServerRequest(request_id, route, headers, scope["query_string"], Stop(), path=path)
        try:
            if operation.body is not None or not incoming.is_read:
                limit = UNWANTED_BODY if operation.body is None else operation.body_limit  # some send `{}` to anything
                incoming.demand_small(limit)
                asked.key = await self._threads.run(lambda: self._admitted(asked))
                asked.raw = await incoming.body(limit)
            return await self._performed(asked, incoming)
        except GoneError:
            raise
        except (Exception, Aborted) as error:  # noqa: BLE001 - as above
            keyed = asked.idempotency_key is not None
            answered = self._refusal(error, request_id, operation.name, keyed=keyed)
            if asked.key is not None:
                answered.headers |= _key_headers()
            return answered

    def _admitted(self, asked: ServerRequest) -> ServiceKey | None:
        """Who asks, where they may; None where anybody may. Raises ApiError."""
        operation = asked.route.operation
        if operation.scope is None:
            return None
        if relay_signature.HEADER.lower() in asked.headers:
            key: ServiceKey | None = self._relayed(asked)
        else:
            said = _key_in(asked.headers)
            key = self._service.keys.of(said)
        if key is None:
            message = "This is no key of this service." if said else "A key is needed."
            raise ApiError("INVALID_API_KEY", message)
        _demand_scopes(key, {operation.scope} - {""})
        return key

    def _relayed(self, asked: ServerRequest) -> ServiceKey:
        """The key of another host, in whose name that asks for one machine or run here. Raises ApiError."""
        operation, passes = asked.route.operation, self._service.passes
        message = "No host of this service's has signed this request."
        if passes is None or operation.tag not in RELAYED or "{" not in operation.path:
            raise ApiError("INVALID_API_KEY", message)
        try:
            value = asked.headers[relay_signature.HEADER.lower()]
            said = asked.passed = passes.checked(value, operation.method, asked.target, asked.headers)
        except NoPassError as error:
            raise ApiError("INVALID_API_KEY", message) from error
        return self._service.keys.relayed(said.key_id, said.scopes, said.by)

    async def _performed(self, asked: ServerRequest, incoming: Incoming) -> ServerAnswer:
        """The answer, or the stream that it will be the end of. Whoever goes away and could not ask for it again has it stopped."""
        work = asyncio.ensure_future(self._settled(asked))
        self._stops.add(asked.stop)
        work.add_done_callback(_seen)
        work.add_done_callback(lambda _: self._stops.discard(asked.stop))
        if self._ended.is_set():
            asked.stop.trip("stop", "the service ends")
        await asyncio.wait({work}, timeout=WATCHED_AFTER)
        if work.done():
            work.result()  # what it raises has its own status: nothing was sent yet
        if asked.route.operation.streams and "text/event-stream" in asked.headers.get("accept", ""):
            return ServerAnswer(200, _key_headers(), chunks=self._kept_waiting(work, asked))
        if not work.done() and incoming.is_read:
            await self._watched(work, asked, incoming)
        return await work

    async def _watched(self, work: asyncio.Future[ServerAnswer], asked: ServerRequest, incoming: Incoming) -> None:
        gone = asyncio.ensure_future(incoming.gone())
        either: set[asyncio.Future[Any]] = {work, gone}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if gone.done() and asked.idempotency_key is None:
                asked.stop.trip("stop", "whoever asked has gone away")
            await asyncio.wait({work})
        finally:
            gone.cancel()

    async def _kept_waiting(self, work: asyncio.Future[ServerAnswer], asked: ServerRequest) -> AsyncIterator[bytes]:
        try:
            while not work.done():
                yield b": still at work\n\n"
                await asyncio.wait({work}, timeout=KEEP_ALIVE)
            name, body = b"result", work.result().body
        except (Exception, Aborted) as error:  # noqa: BLE001 - as above
            keyed = asked.idempotency_key is not None
            name, body = b"error", self._refusal(error, asked.request_id, asked.route.operation.name, keyed=keyed).body
        finally:
            if not work.done() and asked.idempotency_key is None:
                asked.stop.trip("stop", "whoever asked has gone away")
        yield b"event: " + name + b"\ndata: " + body + b"\n\n"

    async def _settled(self, asked: ServerRequest) -> ServerAnswer:
        """The answer, once no other request of the same idempotency key is at work."""
        until = time.monotonic() + IN_FLIGHT
        while True:
            found = await self._threads.run(lambda: self._carried_out(asked))
            if isinstance(found, ServerAnswer):
                return found
            left = until - time.monotonic()
            if left <= 0:
                message = "The first request with this Idempotency-Key is still at work."
                raise ApiError("IDEMPOTENCY_IN_FLIGHT", message, retry_after=2)
            await asyncio.wait({asyncio.wrap_future(found.over)}, timeout=left)

    def _carried_out(self, asked: ServerRequest) -> ServerAnswer | InFlight:
        """In a thread: who asks, what, and the handler's answer."""
        operation = asked.route.operation
        if asked.key is None:
            asked.key = self._admitted(asked)
        if asked.passed is not None and hashlib.sha256(asked.raw).hexdigest() != asked.passed.body:
            message = "The body is not the one that another host has signed."
            raise ApiError("INVALID_API_KEY", message)
        is_raw = operation.body is bytes
        value = request_values.json_body(asked.raw) if operation.body is not None and not is_raw else None
        call = Call(
            self._service,
            asked.request_id,
            asked.key,
            asked.route.path,
            request_values.query(asked.query, operation.query),
            asked.raw if is_raw else request_values.body(value, operation.body, required=operation.body_required),
            {name: said for name, said in asked.headers.items() if name not in _SECRET_HEADERS},
            stop=asked.stop,
            method=operation.method,
            target=asked.target,
            raw=asked.raw,
        )
        limits = self._demand_rate(asked) if operation.limited and asked.key is not None else {}
        if operation.scopes is not None and asked.key is not None:
            _demand_scopes(asked.key, operation.scopes(call))
        if asked.idempotency_key is None or asked.key is None:
            answered = _answer(operation.handler(call), call, operation)
            if asked.key is not None:
                charged = int(answered.headers.get("X-Credits-Charged", "0"))
                self._service.usage.count(operation.name, charged, asked.key.key_id)
        else:
            kept = self._once(asked, asked.key, call, value)
            if isinstance(kept, InFlight):
                return kept
            answered = kept
        if asked.key is not None:
            answered.headers |= _key_headers() | limits
        return answered

    def _once(self, asked: ServerRequest, key: ServiceKey, call: Call, value: Any) -> ServerAnswer | InFlight:
        """Carry it out, or repeat what was answered."""
        operation, name = asked.route.operation, asked.idempotency_key or ""
        if not _KEY.fullmatch(name):
            raise request_values.refused(["header", "Idempotency-Key"], "it is not 1 to 128 of A-Z a-z 0-9 _ - :")
        path = msgspec.json.encode(list(asked.route.path.values())).decode()
        place = (key.key_id, name, f"{operation.method} {operation.whole_path} {path}")
        found = self._service.idempotency.begin(place, key, idempotency.body_hash(value), asked.request_id)
        if isinstance(found, InFlight):
            return found
        if isinstance(found, Answer):
            self._service.usage.count(operation.name, 0, key.key_id)
            return _repeated(found, operation)
        return self._first(found, call, operation)

    def _first(self, begun: Begun, call: Call, operation: Operation) -> ServerAnswer:
        records = self._service.idempotency
        call = msgspec.structs.replace(call, operation_id=begun.operation_id, resumed=begun.resumed)
        try:
            answered = _answer(operation.handler(call), call, operation)
        except ApiError as error:
            if not api_errors.may_have_happened(error):
                # of one that an earlier process began with, a refusal says nothing: it may have been done
                (records.leave_open if begun.resumed else records.forget)(begun)
            elif api_errors.CODES.get(error.code) is None or (known := api_errors.CODES[error.code]).same_key:
                records.leave_open(begun)
            else:
                refusal = self._refusal(error, call.request_id, operation.name, keyed=True)
                state: Literal["refunded", "completed"] = "refunded" if known.retryable else "completed"
                records.finish(begun, Answer(refusal.status, {}, refusal.body), 0, operation.name, state)
            raise
        except BaseException:
            records.leave_open(begun)
            raise
        kept = Answer(
            answered.status, {name: said for name, said in answered.headers.items() if name in _KEPT}, answered.body
        )
        try:
            records.finish(begun, kept, int(answered.headers.get("X-Credits-Charged", "0")), operation.name)
        except BaseException:
            records.leave_open(begun)  # the handler is asked again, and knows
            raise
        answered.headers["Idempotency-Status"] = "completed"
        return answered

    def _demand_rate(self, asked: ServerRequest) -> dict[str, str]:
        """Count the request for its key; gives the headers that tell of it. Raises ApiError where there were too many."""
        key_id = cast("ServiceKey", asked.key).key_id
        minute = int(time.time()) // 60
        at, count = self._rate.get(key_id, (minute, 0))
        count = count + 1 if at == minute else 1
        if key_id not in self._rate and len(self._rate) > 1000:
            self._rate.clear()
        self._rate[key_id] = (minute, count)
        reset = (minute + 1) * 60
        if count > RATE:
            message = "There were too many requests with this key within a minute."
            raise ApiError("RATE_LIMITED", message, retry_after=max(1, reset - int(time.time())))
        told = {"Limit": RATE, "Remaining": RATE - count, "Reset": reset}
        return {
            f"{start}{name}": str(value) for name, value in told.items() for start in ("X-RateLimit-", "RateLimit-")
        }

    def _refusal(self, error: BaseException, request_id: str, name: str, *, keyed: bool) -> ServerAnswer:
        match error:
            case ApiError():
                refused = error
            case Aborted():
                refused = ApiError("SERVICE_UNAVAILABLE", "The service ends.", retry_after=2)
            case ServiceError():
                refused = ApiError("UPSTREAM_ERROR", error.message, error.remedy)
            case CoastyDeskError():
                refused = ApiError("INTERNAL_ERROR", error.message, error.remedy)
            case sqlite3.Error():
                self._tell_of(error, request_id, name)
                full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
                why = "has no room left on its disk" if full else "does not answer"
                remedy = "Make room on that disk, and ask again." if full else ""
                refused = ApiError("DB_UNAVAILABLE", f"The service's database {why}.", remedy, retry_after=1)
            case _ if storage.is_fault(error):
                self._tell_of(error, request_id, name)
                refused = ApiError(
                    "DB_UNAVAILABLE", "The database of the service's runs does not answer.", retry_after=1
                )
            case _:
                self._tell_of(error, request_id, name)
                refused = ApiError("INTERNAL_ERROR", "Something went wrong inside the service.")
        body = msgspec.json.encode(api_errors.envelope(refused, request_id, keyed=keyed))
        return ServerAnswer(api_errors.status_of(refused), api_errors.headers_of(refused), body)

    def _tell_of(self, error: BaseException, request_id: str, name: str) -> None:
        """What went wrong, and where in the program; not what it was about, which may be anybody's secret."""
        places = traceback.extract_tb(error.__traceback__)[-3:]
        where = " < ".join(f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}" for place in reversed(places))
        self._complain(f"coasty-desk: {type(error).__name__} in {name or 'a request'} ({request_id}), at {where}")

    async def _stream(self, answered: ServerAnswer, incoming: Incoming, send: Send, *, is_head: bool) -> None:
        """Send the events as they come, until they end, the service does, or nobody listens any more."""
        answered.headers |= {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        await send(_start(answered, close=True))
        chunks = cast("AsyncIterator[bytes]", answered.chunks)
        over = {asyncio.ensure_future(incoming.gone()), asyncio.ensure_future(self._ended.wait())}
        try:
            while not is_head:
                following = asyncio.ensure_future(_next(chunks))
                await asyncio.wait({following, *over}, return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    following.cancel()
                    await asyncio.wait({following})
                    break
                chunk = following.result()
                if chunk is None:
                    break
                async with asyncio.timeout(SENDING):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except TimeoutError:
            return  # somebody has opened it, and reads nothing
        finally:
            for each in over:
                each.cancel()
            close = getattr(chunks, "aclose", None)
            if close is not None:
                with suppress(Exception):
                    await close()
        await send({"type": "http.response.body", "body": b""})


class BodyRoom:
    """How many bytes of bodies are held, of all requests together."""

    def __init__(self) -> None:
        self.held = 0

    def take(self, count: int) -> None:
        """Hold so many more. Raises ApiError where there is no room."""
        if self.held + count > BODIES:
            message = "Too many large bodies are being sent at the same time."
            raise ApiError("SERVICE_UNAVAILABLE", message, retry_after=2)
        self.held += count


class Incoming:
    """What comes in of one request: its body, once, and that its sender has gone."""

    def __init__(self, scope: Scope, receive: Receive, room: BodyRoom) -> None:
        self._receive = receive
        self._room, self._held = room, 0
        names = {name.lower(): value for name, value in scope["headers"]}
        self._length = names.get(b"content-length", b"")
        self.is_read = self._length in (b"", b"0") and b"transfer-encoding" not in names
        """Whether nothing of the body is to come any more."""

    def demand_small(self, limit: int) -> None:
        """Raise ApiError where the body is said to be larger, before any of it is read."""
        if self._length and (not self._length.isdigit() or int(self._length[:20]) > limit):
            raise _too_large(limit)

    async def body(self, limit: int) -> bytes:
        """All of it. Raises ApiError where it is larger, or does not come; GoneError."""
        pieces = bytearray()
        while not self.is_read:
            try:
                async with asyncio.timeout(BODY_PAUSE):
                    message = await self._receive()
            except TimeoutError as error:
                message = "The rest of the body did not come."
                raise ApiError("REQUEST_TIMEOUT", message) from error
            self._demand_there(message)
            piece = message.get("body", b"")
            self.is_read = not message.get("more_body", False)
            if len(pieces) + len(piece) > limit:
                raise _too_large(limit)
            self._room.take(len(piece))
            self._held += len(piece)
            pieces += piece
        return bytes(pieces)

    def forget(self) -> None:
        """Nobody holds the body any more."""
        self._room.held -= self._held
        self._held = 0

    async def throw_away(self) -> None:
        """What is still to come, for a moment."""
        with suppress(TimeoutError, GoneError):
            async with asyncio.timeout(LINGER):
                while not self.is_read:
                    message = await self._receive()
                    self._demand_there(message)
                    self.is_read = not message.get("more_body", False)

    async def gone(self) -> None:
        """Return once the connection is closed."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _demand_there(self, message: Message) -> None:
        if message["type"] == "http.disconnect":
            raise GoneError


_KEPT = frozenset({"X-Credits-Charged", "X-Credits-Remaining"})
"""Of an answer's headers, those that belong to it and not to its connection."""


def _answer(reply: CallReply, call: Call, operation: Operation) -> ServerAnswer:
    headers = dict(reply.headers)
    if operation.priced:
        headers = {"X-Credits-Charged": str(reply.charged), "X-Credits-Remaining": str(BALANCE), **headers}
    if reply.stream is not None:
        return ServerAnswer(reply.status, headers, chunks=_from_thread(reply.stream))
    body = reply.body
    if isinstance(body, dict) and body.get("request_id") == "":
        body = {**body, "request_id": call.request_id}
    elif isinstance(body, Struct) and getattr(body, "request_id", None) == "":
        body = msgspec.structs.replace(body, request_id=call.request_id)
    return ServerAnswer(reply.status, headers, msgspec.json.encode(body))


def _repeated(answer: Answer, operation: Operation) -> ServerAnswer:
    body = idempotency.replayed(answer) if operation.priced else None
    headers = {**answer.headers, "X-Coasty-Idempotent-Replay": "true", "Idempotency-Replayed": "true"}
    headers["Idempotency-Status"] = "completed"
    if operation.priced:
        headers["X-Credits-Charged"] = "0"
    return ServerAnswer(answer.status, headers, answer.body if body is None else msgspec.json.encode(body))


async def _from_thread(stream: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A stream whose parts are waited for in a thread of its own."""
    thread = HandlerThreads(1)
    try:
        while (chunk := await thread.run(lambda: next(stream, None))) is not None:
            yield chunk
    finally:
        thread.end(getattr(stream, "close", lambda: None))


def _seen(work: asyncio.Future[Any]) -> None:
    """Whoever waited for it may be gone: what it raised is no news then."""
    if not work.cancelled():
        work.exception()


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)


def _key_in(headers: Mapping[str, str]) -> str:
    """The key that a request names, in either header. Raises ApiError where it names two."""
    own = headers.get("x-api-key", "").strip()
    kind, _, bearer = headers.get("authorization", "").strip().partition(" ")
    bearer = bearer.strip() if kind.lower() == "bearer" else ""
    if own and bearer and own != bearer:
        message = "The request names two keys."
        raise ApiError("INVALID_API_KEY", message, "Send one of X-API-Key and Authorization.")
    return own or bearer


def _demand_scopes(key: ServiceKey, wanted: frozenset[str] | set[str]) -> None:
    missing = sorted(wanted - key.scopes)
    if missing:
        message = f"This key has not the scope {missing[0]}."
        raise ApiError("INSUFFICIENT_SCOPE", message, required_scope=missing[0], current_scopes=sorted(key.scopes))


def _key_headers() -> dict[str, str]:
    """Every key of this service is one that bills nothing."""
    return {"X-Coasty-Key-Kind": "test", "X-Coasty-Test-Mode": "true"}


def _too_large(limit: int) -> ApiError:
    return ApiError("PAYLOAD_TOO_LARGE", f"The body has more than {limit} bytes.", max_bytes=limit)


def _start(answered: ServerAnswer, *, close: bool) -> Message:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    headers |= answered.headers | ({"Connection": "close"} if close else {})
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": answered.status, "headers": raw}


async def _send_whole(answered: ServerAnswer, incoming: Incoming, send: Send) -> None:
    """Send it; where the body was not read to its end, the connection is closed after that."""
    answered.headers["Content-Length"] = str(len(answered.body))
    close = not incoming.is_read
    with suppress(TimeoutError):  # who does not take it has had the time
        async with asyncio.timeout(SENDING):
            await send(_start(answered, close=close))
            await send({"type": "http.response.body", "body": answered.body, "more_body": close})
            if close:
                await incoming.throw_away()
                await send({"type": "http.response.body", "body": b""})
