"""Recorded screenshots made small enough to travel: re-encoded, no bigger than they need to be."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

ENOUGH = 90_000
"""Bytes up to which a picture is kept exact; a dozen of them are well under 2 MB."""

MOST = 300_000
"""Bytes that a picture may have; a dozen of them are under 5 MB as base64."""

MOST_PIXELS = 40_000_000
"""Of a recorded screenshot: the largest screens have 33 million."""

QUALITIES = (85, 70, 55, 35)
"""WebP qualities tried from the best; at 85 small type on a screenshot is still sharp."""

WIDEST = 1920
"""Pixels; wider pictures are shrunk for the report. The recorded ones stay as they are."""


def opened(image: bytes) -> Image | None:
    """A recorded screenshot, decoded; None for what is none, or has more pixels than any screen."""
    from PIL import Image as Pillow  # noqa: PLC0415 - importing this module must not load a library

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # it is judged here
            with Pillow.open(io.BytesIO(image), formats=("PNG", "JPEG")) as picture:
                return picture.convert("RGB") if picture.width * picture.height <= MOST_PIXELS else None
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
        return None


def small(image: bytes) -> bytes | None:
    """The picture as WebP: exact where that is small, else as good as `MOST` bytes allow. None for what is no picture."""
    picture = opened(image)
    if picture is None:
        return None
    if picture.width > WIDEST:
        picture = picture.resize((WIDEST, max(1, round(picture.height * WIDEST / picture.width))))
    exact = _webp(picture, lossless=True, quality=50, method=2)
    if len(exact) <= ENOUGH:
        return exact
    for quality in QUALITIES:
        lossy = _webp(picture, quality=quality, method=4)
        if len(lossy) <= MOST:
            break
    return min(exact, lossy, key=len)


def _webp(picture: Image, **options: int | bool) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "WEBP", **options)
    return encoded.getvalue()
