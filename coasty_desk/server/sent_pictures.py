"""The screenshots that requests bring: base64 that is a whole PNG or JPEG of a bearable size, or the refusal that says why not."""

from __future__ import annotations

import base64
import binascii
import io
import re
import warnings
from typing import NoReturn

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.scaling import Frame, ImageFit, Rect, Size, sizes_sent
from coasty_desk.server.api_errors import ApiError
from coasty_desk.wire.inference_resources import MAX_PICTURE

LEAST = 100
"""Characters of base64: no picture has fewer."""

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 16_384
"""Of what is decoded at all: a small file may say that it is a huge picture."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_MEDIA = {"PNG": "image/png", "JPEG": "image/jpeg"}
_EXAMPLES = {"min_base64_chars": LEAST, "max_base64_bytes": MAX_PICTURE, "formats": ["png", "jpeg"]}


class SentPicture(Struct, frozen=True):
    """A picture as it came, and its size in pixels as it says itself."""

    content: bytes
    media_type: str
    size: Size

    def frame(self, box: Size | ImageFit, space: Size) -> Frame:
        """As whoever is asked wants it; what is answered is placed into a `space` of that size. Raises ApiError where it cannot be decoded."""
        from PIL import Image

        from coasty_desk.desktop.imaging import image_file

        shows = Rect(0, 0, space.width, space.height)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a size that is known by now
                with Image.open(io.BytesIO(self.content), formats=tuple(_MEDIA)) as opened:
                    if opened.mode == "RGB" and sizes_sent(self.size, box) == (self.size, self.size):
                        opened.load()  # to its end
                        return Frame(self.content, self.media_type, self.size, self.size, shows, inset=0)
                made = image_file.framed(self.content, box)
        except (OSError, ValueError, SyntaxError, EOFError):
            _unusable("the picture is damaged")
        return replace(made, shows=shows, inset=0)


def picture(text: str) -> SentPicture:
    """The picture in the base64. Raises ApiError: INVALID_SCREENSHOT, PAYLOAD_TOO_LARGE."""
    if len(text) > MAX_PICTURE:
        message = f"The screenshot has {len(text)} characters of base64, more than {MAX_PICTURE}."
        raise ApiError("PAYLOAD_TOO_LARGE", message, "Send a smaller one, or a JPEG.", examples=_EXAMPLES)
    if text.startswith("data:"):
        _unusable("it begins with data:, which is no part of the picture")
    if len(text) < LEAST:
        _unusable(f"it has fewer than {LEAST} characters")
    if not _BASE64.fullmatch(text):
        _unusable("it has characters that are not of the standard base64 alphabet, such as white space")
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        _unusable("it is not whole base64")
    return _measured(content)


def _measured(content: bytes) -> SentPicture:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a size that is looked at below
            with Image.open(io.BytesIO(content), formats=tuple(_MEDIA)) as opened:
                kind, (width, height) = opened.format or "", opened.size
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        _unusable("it is neither a PNG nor a JPEG")
    if not 0 < width * height <= MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        _unusable(f"its {width}x{height} pixels are more than can be looked at")
    return SentPicture(content, _MEDIA[kind], Size(width, height))


def _unusable(why: str) -> NoReturn:
    raise ApiError("INVALID_SCREENSHOT", f"The screenshot cannot be used: {why}.", examples=_EXAMPLES)
