"""What a run has going with the service: the session that is open, and the purchase that is kept until it is answered."""

from __future__ import annotations

import json
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.scaling import Size
from coasty_desk.wire.json_fields import Fields, UnreadableError, parse_json

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


def to_bytes(posted: Posted) -> bytes:
    """The purchase as a JSON document."""
    document = {
        "what": posted.what,
        "step": posted.step,
        "path": posted.path,
        "name": posted.name,
        "generation": posted.generation,
        "key": posted.key,
        "body": posted.body.decode("ascii"),
    }
    return json.dumps(document, separators=(",", ":")).encode("ascii")


def from_bytes(document: bytes) -> Posted:
    """The purchase that `to_bytes` wrote. Raises UnreadableError for anything else."""
    fields = Fields.of(parse_json(document), "the request")
    what = next((known for known in WHATS if known == fields.values.get("what")), None)
    texts = [fields.values.get(name) for name in ("path", "name", "body")]
    numbers = [fields.whole(name, at_most=10**9) for name in ("step", "generation")]
    path, name, body = (text if isinstance(text, str) and text.isascii() else None for text in texts)
    step, generation = numbers
    if what is None or path is None or name is None or body is None or step is None or generation is None:
        msg = "it is no request that was kept"
        raise UnreadableError(msg)
    return Posted(what, step, path, name, body.encode("ascii"), generation)
