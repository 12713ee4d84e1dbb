"""What a run has going with the service: the session that is open, and the purchase that is kept until it is answered."""

from __future__ import annotations

from typing import Literal, get_args

from msgspec import DecodeError, Struct, json
from msgspec.structs import replace

from coasty_desk.core.scaling import Size
from coasty_desk.wire.json_fields import unreadable

What = Literal["session", "predict"]
WHATS: tuple[What, ...] = get_args(What)


class Posted(Struct, frozen=True):
    """A request that may have been sent: to be sent again byte for byte, with the same key, or not at all.

    `name` with `generation` make the key; a new generation is a new purchase and is taken only
    where the last one was certainly not paid for. `path` lies under the base URL, `body`
    is ASCII JSON, and empty where nothing has been sent by this key yet. The API key is no part of it.
    """

    what: What
    step: int
    path: str
    name: str
    body: bytes
    generation: int = 1

    @property
    def key(self) -> str:
        """The Idempotency-Key: at most 128 of `[A-Za-z0-9_-:]` (API.md §6)."""
        return f"{self.name}:{self.generation}"

    def renewed(self) -> Posted:
        """The same purchase made anew."""
        return replace(self, generation=self.generation + 1)

    def void(self) -> Posted:
        """Nothing but the number of the next one: this purchase came to nothing."""
        return replace(self.renewed(), body=b"")


class Opened(Struct, frozen=True):
    """A session that is open: the size in sent pixels that it was told, and how many predictions it has answered."""

    session_id: str
    size: Size
    predictions: int = 0


class _Document(Struct):
    what: What
    step: int
    path: str
    name: str
    generation: int
    key: str
    body: str


def to_bytes(posted: Posted) -> bytes:
    """The purchase as a JSON document."""
    body = posted.body.decode("ascii")
    document = (posted.what, posted.step, posted.path, posted.name, posted.generation, posted.key, body)
    return json.encode(_Document(*document))


def from_bytes(document: bytes) -> Posted:
    """The purchase that `to_bytes` wrote. Raises UnreadableError for anything else."""
    try:
        kept = json.decode(document, type=_Document)
    except (DecodeError, ValueError, RecursionError):
        kept = None
    if kept is None or not f"{kept.path}{kept.name}{kept.body}".isascii():
        unreadable("it is no request that was kept")
    return Posted(kept.what, kept.step, kept.path, kept.name, kept.body.encode("ascii"), kept.generation)
