"""A row of the table of operations, and what its handler gets and gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct, field

from coasty_desk.core.stop import Stop
from coasty_desk.server.api_keys import ServiceKey
from coasty_desk.server.service import Service

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

USUAL_BODY = 1_000_000
"""Bytes of a request's body, where the operation says nothing else."""


class Call(Struct, frozen=True):
    """One request that was let in: its key may do this, its body, its query and its path are checked.

    `body` and `query` are instances of the operation's own types; `headers` have lower-case names. `operation_id` is there where
    an `Idempotency-Key` came with it: the same for every retry, now and after the service was killed, and unique to the key, the operation
    and its path. A handler whose effect must happen once gives it to whoever has the effect (a worker, a model's provider, a row of the
    database); `resumed` says that an earlier process began with this very call and did not finish: it must find out what came of it,
    and never do it again blindly. `stop` is tripped when the service ends, and where a client goes away that could not collect the answer
    later (it gave no `Idempotency-Key`): whoever waits in a handler waits on it; Aborted needs no answer. `method`, `target` (the path with its
    query) and `raw` (the body) are as they came, for who passes the request on.
    """

    service: Service
    request_id: str
    key: ServiceKey | None
    path: Mapping[str, str]
    query: Any
    body: Any
    headers: Mapping[str, str]
    operation_id: str = ""
    resumed: bool = False
    stop: Stop = field(default_factory=Stop)
    method: str = ""
    target: str = ""
    raw: bytes = b""


class CallReply(Struct, frozen=True):
    """What is answered: a Struct or a dict of the wire's shape, and what was charged for it, in cents.

    `request_id` is put into bodies whose type has such a field and leaves it empty. `stream` instead of a body is a
    text/event-stream, closed when the service ends.
    """

    body: Any = None
    charged: int = 0
    headers: Mapping[str, str] = {}
    status: int = 200
    stream: Iterator[bytes] | None = None


class Operation(Struct, frozen=True):
    """One operation of `/v1`: it routes, validates, meters, and writes itself into `openapi.json`.

    `path` is below `root`, with `{names}`. `streams`: to `Accept: text/event-stream` it is answered with keep-alive comments while the
    handler works, and then with the body as one event, `result` (or the envelope, `error`); the handler knows nothing of it. `scope` is
    what the key must have: empty for any key, None for nobody's (no key is asked for); where it depends on the request, `scopes` tells them from
    the call, and `scopes_told` what the document says of that: the published word, and every scope that it may be. `reply` is None for a stream, and `other_reply` what else a body may be. `errors` are the codes that it may answer with beside those that every operation has. `limited`: it
    counts for the key's rate, and tells of it. `billing` is the published word for what is charged; `names` are the types of the path's names that are not any
    text, `byok` that it heeds the caller's own key for a model (`X-LLM-*`), `body_rule` a JSON Schema of what the handler demands of a body beyond its
    type: for the document. Where `body` is `bytes`, it may be anything, and is handed over as it came. Handlers are plain functions and run in a
    thread of their own.
    """

    name: str
    method: Method
    path: str
    summary: str
    reply: type | None
    handler: Callable[[Call], CallReply]
    scope: str | None = ""
    scopes: Callable[[Call], frozenset[str]] | None = None
    scopes_told: tuple[str, tuple[str, ...]] = ("", ())
    body: type | None = None
    body_required: bool = True
    query: type | None = None
    errors: tuple[str, ...] = ()
    priced: bool = False
    idempotent: bool = False
    body_limit: int = USUAL_BODY
    tag: str = ""
    streams: bool = False
    root: str = "/v1"
    limited: bool = False
    billing: str | None = None
    names: Mapping[str, Any] = {}
    byok: bool = False
    body_rule: Mapping[str, Any] = {}
    other_reply: type | None = None

    @property
    def whole_path(self) -> str:
        """From the root of the server."""
        return self.root + self.path
