"""From the pixels of a screenshot to the image that is sent: masked, shrunk, encoded, each pixel touched as seldom as can be."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import asdict

from coasty_desk.core.scaling import Frame, ImageFit, Rect, Size, sizes_sent
from coasty_desk.desktop.imaging.png import png
from coasty_desk.desktop.imaging.visible_area import common

if TYPE_CHECKING:
    import mss
    from PIL.Image import Image

Format = Literal["png", "jpeg"]

JPEG_QUALITY = 85
"""As many words are legible to an OCR as in the PNG, in less than half of its bytes; 75 begins to lose some."""


class Shot(Struct, frozen=True):
    """A screenshot as it came: `raw` are its pixels (4 bytes each: blue, green, red, unused), `shows` their real rectangle.

    `size` is its size in pixels, which is that of `shows` on every system known to us.
    """

    raw: bytearray
    size: Size
    shows: Rect


def grabbed(opened: mss.MSS, shows: Rect) -> Shot:
    """What the screen shows in a real rectangle. Raises what mss raises, and OSError."""
    taken = opened.grab(asdict(shows))
    return Shot(taken.raw, Size(taken.size.width, taken.size.height), shows)


def picture(shot: Shot, content: Size, masks: Sequence[Rect] = ()) -> Image:
    """The shot at `content`'s size, `masks` (real rectangles) black to the pixel, and no trace of them beside."""
    hidden = _in_pixels(masks, shot)
    raw = shot.raw
    if hidden:
        raw = bytearray(raw)
        _blacken(raw, shot.size, hidden)
    if content == shot.size:
        return _from_raw(raw, shot.size)
    image = shrunk(raw, shot.size, content)
    for rect in hidden:  # once more: at its edge a sent pixel is a mixture, and it too is hidden
        sent = _scaled(rect, shot.size, content)
        image.paste((0, 0, 0), (sent.left, sent.top, sent.left + sent.width, sent.top + sent.height))
    return image


def blackened(shot: Shot, hidden: Iterable[Rect]) -> Shot:
    """The same shot, its pixels in these real rectangles black from now on."""
    _blacken(shot.raw, shot.size, _in_pixels(hidden, shot))
    return shot


def framed(shot: Shot, max_size: Size | ImageFit, masks: Sequence[Rect] = (), kind: Format = "png") -> Frame:
    """The shot as it is sent: within `max_size`, encoded, black added where whoever is asked wants more than the screen has."""
    content, sent = sizes_sent(shot.shows.size, max_size)
    image = picture(shot, content, masks)
    if sent != content:
        image = image.crop((0, 0, sent.width, sent.height))  # what lies outside is black
    return Frame(encoded(image, kind), f"image/{kind}", sent, content, shot.shows, tuple(masks))


def shrunk(raw: bytes | bytearray, size: Size, to: Size) -> Image:
    """The pixels (4 bytes each, as of a Shot) as a smaller picture, by Pillow's BICUBIC but for a rounding of one shade.

    It keeps as many words legible to an OCR as any filter, but for LANCZOS with a tenth more bytes: at a third
    of the size a quarter more of them than HAMMING.
    """
    from PIL.Image import Resampling

    try:
        import cykooz_resizer as fast
    except ImportError:  # no wheel for this platform: the same, in four times the time
        return _from_raw(raw, size).resize((to.width, to.height), Resampling.BICUBIC)
    resizer = fast.Resizer()
    bicubic = fast.ResizeOptions(fast.ResizeAlg.convolution(fast.FilterType.catmull_rom), use_alpha=False)
    pixels = fast.ImageData(size.width, size.height, fast.PixelType.U8x4, bytes(raw))
    for next_size in (Size(to.width, size.height), to):  # in Pillow's order, and with its rounding between the two
        smaller = fast.ImageData(next_size.width, next_size.height, fast.PixelType.U8x4)
        resizer.resize(pixels, smaller, bicubic)
        pixels = smaller
    return _from_raw(pixels.get_buffer(), to)


def _from_raw(raw: bytes | bytearray, size: Size) -> Image:
    from PIL import Image

    return Image.frombuffer("RGB", (size.width, size.height), raw, "raw", "BGRX", 0, 1)


def encoded(image: Image, kind: Format) -> bytes:
    """The bytes of an image of `picture`'s kind; PNG loses nothing."""
    if kind == "png":
        return png(image.tobytes(), Size(*image.size))
    written = io.BytesIO()  # colours whole: text may be coloured
    image.save(written, "JPEG", quality=JPEG_QUALITY, subsampling=0, optimize=True)
    return written.getvalue()


def _blacken(raw: bytearray, size: Size, hidden: Iterable[Rect]) -> None:
    for rect in hidden:
        black = bytes(4 * rect.width)
        for row in range(rect.top, rect.top + rect.height):
            start = 4 * (row * size.width + rect.left)
            raw[start : start + len(black)] = black


def _in_pixels(rects: Iterable[Rect], shot: Shot) -> list[Rect]:
    """Real rectangles in the shot's own pixels, cut to it."""
    shows = shot.shows
    parts = (common(rect, shows) for rect in rects)
    inside = (Rect(part.left - shows.left, part.top - shows.top, part.width, part.height) for part in parts)
    return [_scaled(rect, shows.size, shot.size) for rect in inside]


def _scaled(rect: Rect, of: Size, to: Size) -> Rect:
    """The pixels that a rectangle touches, however little of them, in an image of another size."""
    if not rect.width or not rect.height:
        return Rect(0, 0, 0, 0)
    left, top = rect.left * to.width // of.width, rect.top * to.height // of.height
    right = -(-(rect.left + rect.width) * to.width // of.width)
    bottom = -(-(rect.top + rect.height) * to.height // of.height)
    return Rect(left, top, right - left, bottom - top)
