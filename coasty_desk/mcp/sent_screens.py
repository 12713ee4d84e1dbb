"""Pictures as hosts take them: JPEG, small enough for each of those that are known."""

from __future__ import annotations

import io

from coasty_desk.core.scaling import Frame, Size

BOX = Size(1280, 720)
"""The largest picture that is sent."""

MOST = 700_000
"""Bytes of one: base64 makes a megabyte of less than 750 000, which is where some hosts stop."""

_QUALITIES = (85, 70, 50, 30, 10)


def jpeg(frame: Frame) -> bytes:
    """The frame's picture, masked as it is, as a JPEG of at most `MOST` bytes, as good as that allows."""
    from PIL import Image  # noqa: PLC0415 - a server must be there before it has anything to show

    with Image.open(io.BytesIO(frame.image)) as opened:
        picture = opened.convert("RGB")
    encoded = b""
    for quality in _QUALITIES:
        made = io.BytesIO()
        picture.save(made, "JPEG", quality=quality)
        encoded = made.getvalue()
        if len(encoded) <= MOST:
            break
    return encoded
