"""A picture as a frame: one from a file, or a screenshot that is asked about without a run."""

from __future__ import annotations

import io
from pathlib import Path

from coasty_desk import plain_files
from coasty_desk.core.errors import UsageError
from coasty_desk.core.scaling import Frame, ImageFit, Rect, Size
from coasty_desk.desktop.imaging import picture

LARGEST = 200_000_000
"""Bytes of a picture's file."""


def read(path: Path) -> bytes:
    """The picture in the file, as PNG. Raises UsageError where there is none."""
    from PIL import Image

    try:
        content = plain_files.read(path, LARGEST, pipes=True)
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Give the path of a PNG or JPEG file.") from error
    try:
        with Image.open(io.BytesIO(content)) as opened:
            encoded = io.BytesIO()
            opened.convert("RGB").save(encoded, "PNG")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        message = f"{path} is no picture that can be read."
        raise UsageError(message, "Give the path of a PNG or JPEG file.") from error
    return encoded.getvalue()


def framed(image: bytes, box: Size | ImageFit, shows: Rect | None = None) -> Frame:
    """An encoded picture as it is sent: shrunk to fit inside `box`. `shows`: what it shows, else its own pixels."""
    from PIL import Image

    with Image.open(io.BytesIO(image)) as opened:
        pixels = opened.convert("RGB")
    raw = bytearray(pixels.tobytes("raw", "BGRX"))
    return picture.framed(picture.Shot(raw, Size(*pixels.size), shows or Rect(0, 0, *pixels.size)), box)
