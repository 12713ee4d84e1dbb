"""Server-sent events, read as the WHATWG's HTML standard has them (§9.2.6): pieces of a stream to its frames. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from coasty_desk.core.errors import ServiceError

LARGEST = 5_000_000
"""Characters of one frame."""


class EventFrame(Struct, frozen=True):
    """One frame: its id, empty where it has none of its own, its name, and `data`: its lines, joined by newlines."""

    frame_id: str
    name: str
    data: str


def frames(pieces: Iterable[bytes]) -> Iterator[EventFrame]:
    """The frames of a stream that comes in pieces of whole lines; one that is not ended by an empty line is dropped.

    Comments, which keep the connection alive, are none, and neither is a frame without data. Raises ServiceError for one that is too large.
    """
    frame_id = name = ""
    data: list[str] = []
    size, at_start = 0, True
    for piece in pieces:
        text = piece.decode("utf-8", "replace")
        if at_start:
            text, at_start = text.removeprefix("\ufeff"), False
        for line in text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n"):
            if not line:
                if data:
                    yield EventFrame(frame_id, name or "message", "\n".join(data))
                frame_id, name, data, size = "", "", [], 0
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                size += len(value)
                if size > LARGEST:
                    message = "The service tells of an event that is too large to be one."
                    raise ServiceError(
                        message, "Try again; if it happens again, look for a newer version of coasty-desk."
                    )
                data.append(value)
            elif field == "event":
                name = value
            elif field == "id" and "\0" not in value:
                frame_id = value
