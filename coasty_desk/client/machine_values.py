"""Machines and what comes of their commands, read from either shape that services have (API.md §13, §17 rows 54-57)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from msgspec import Struct

from coasty_desk.client.resource_ids import is_id, senseless
from coasty_desk.wire.json_fields import count_of, line_of, text_of

LINUX, WINDOWS = 5, 9
"""Cents for an hour of a machine that runs (API.md §5)."""


class RemoteMachine(Struct, frozen=True):
    """A machine as the service tells of it; empty or None where it does not say. `hourly` is in cents, while it runs."""

    machine_id: str
    name: str = ""
    status: str = ""
    os_type: str = "linux"
    created_at: str = ""
    auto_destroy_at: str = ""
    hourly: int | None = None
    document: Mapping[str, object] = {}

    @property
    def runs(self) -> bool:
        """Whether it can be driven now."""
        return self.status == "running"

    @property
    def is_there(self) -> bool:
        """Whether it is one that could be driven again."""
        return self.status not in ("deleting", "terminated", "error")

    def cents_an_hour(self) -> int:
        """What it costs while it runs, by what the service says, else by its price list."""
        return self.hourly if self.hourly is not None else WINDOWS if self.os_type == "windows" else LINUX


class CommandOutcome(Struct, frozen=True):
    """What came of a command: whether it was done, what it found, why not; `output` is its text, where it has one."""

    command: str
    success: bool
    result: Mapping[str, object] = {}
    error: str = ""
    output: str = ""
    document: Mapping[str, object] = {}


class RemotePicture(Struct, frozen=True):
    """How a machine's screen looks: the encoded picture, of the type that its own bytes say."""

    image: bytes
    media_type: str


def machine_of(document: object) -> RemoteMachine:
    """The machine of an answer, bare or under `machine`. Raises ServiceError where there is none in it."""
    found = machine_in(document)
    if found is None:
        senseless("machine")
    return found


def machine_in(document: object) -> RemoteMachine | None:
    """The same; None where there is none."""
    entry = document.get("machine", document) if isinstance(document, dict) else None
    if not isinstance(entry, dict):
        return None
    machine_id = entry.get("id", entry.get("machine_id"))
    if not is_id(machine_id):
        return None
    billing = entry.get("billing")
    hourly = count_of(billing.get("running_credits_per_hour")) if isinstance(billing, dict) else None
    return RemoteMachine(
        machine_id,
        name=line_of(entry.get("display_name"), 100),
        status=line_of(entry.get("status"), 40),
        os_type=line_of(entry.get("os_type"), 40) or "linux",
        created_at=line_of(entry.get("created_at"), 60),
        auto_destroy_at=line_of(entry.get("auto_destroy_at"), 60),
        hourly=hourly,
        document=entry,
    )


def outcome_of(document: object) -> CommandOutcome:
    """What an answer says of a command. Raises ServiceError where it makes no sense."""
    if not isinstance(document, dict) or not isinstance(document.get("success"), bool):
        senseless("answer to a command")
    result = document.get("result")
    fields: Mapping[str, object] = result if isinstance(result, dict) else {}
    texts = (place.get(name) for place in (fields, document) for name in ("output", "content", "stdout"))
    output = next((text for text in texts if isinstance(text, str)), "")
    error = document.get("error")
    if isinstance(error, dict):
        error = error.get("message")
    return CommandOutcome(
        line_of(document.get("command"), 60),
        document["success"],
        fields,
        line_of(error, 500),
        text_of(output, len(output)),  # whole, as a file is; the transport bounds an answer
        document,
    )


def picture_of(document: object) -> RemotePicture:
    """The picture of an answer, with a `data:` before it or without. Raises ServiceError where there is none."""
    text = document.get("image_b64", document.get("screenshot")) if isinstance(document, dict) else None
    if isinstance(text, str) and text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        image = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        image = b""
    kinds = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))
    media_type = next((kind for begins, kind in kinds if image.startswith(begins)), "")
    if not media_type:
        senseless("picture of the screen")
    return RemotePicture(image, media_type)
