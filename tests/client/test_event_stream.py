"""Server-sent events, as the standard has them."""

from __future__ import annotations

import pytest

from coasty_desk.client.event_stream import LARGEST, EventFrame, frames
from coasty_desk.core.errors import ServiceError


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (b"id: 3\nevent: step\ndata: {}\n\n", [("3", "step", "{}")]),
        (b"id:3\nevent:step\ndata:{}\n\n", [("3", "step", "{}")]),
        (b"id: 3\r\nevent: step\r\ndata: {}\r\n\r\n", [("3", "step", "{}")]),
        (b"data: a\ndata:\ndata:  b\n\n", [("", "message", "a\n\n b")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("", "message", "a")]),
        (b": alive\n\n: alive\n\ndata: a\n: in the middle\n\n", [("", "message", "a")]),
        (b"event: step\nid: 4\n\ndata: a\n\n", [("", "message", "a")]),
        (b"id: 1\ndata: a\n\ndata: b\n\n", [("1", "message", "a"), ("", "message", "b")]),
        (b"retry: 10\nunknown: x\ndata\ndata: a\n\n", [("", "message", "\na")]),
        (b"data: whole\n\ndata: cut off\n", [("", "message", "whole")]),
        (b"data: a\xe2\x80\xa8b\x0bc\n\n", [("", "message", "a\u2028b\x0bc")]),
        (b"id: a\0b\ndata: a\n\n", [("", "message", "a")]),
    ],
)
def test_a_stream_is_read_as_the_standard_has_it(said: bytes, read: list[tuple[str, str, str]]) -> None:
    """However its lines are dealt over the pieces."""
    expected = [EventFrame(*one) for one in read]
    assert list(frames([said])) == expected
    assert list(frames(said.splitlines(keepends=True) if b"\x0b" not in said else [said])) == expected


def test_a_frame_without_end_is_no_frame() -> None:
    """It does not fill the memory."""
    with pytest.raises(ServiceError, match="too large"):
        list(frames(b"data: " + b"a" * 1_000_000 + b"\n" for _ in range(LARGEST // 1_000_000 + 2)))
