"""Marks drawn onto pictures, for those that are no page: the animation, and the answer to `ground`."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from coasty_desk.core.actions import Point
from coasty_desk.core.scaling import Size
from coasty_desk.record import action_annotations
from coasty_desk.record.action_annotations import Mark

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

INK, HALO = (229, 0, 76), (255, 255, 255)
REFUSED_INK = (107, 114, 128)
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf")


def pointed_out(image: bytes, at: Point) -> bytes:
    """The encoded picture as PNG, with a ring around a place in its pixels."""
    from PIL import Image  # noqa: PLC0415 - importing this module must not load a library
    from PIL.ImageDraw import Draw  # noqa: PLC0415

    with Image.open(io.BytesIO(image)) as opened:
        picture = opened.convert("RGB")
    draw_mark(Draw(picture), Mark("ring", at), 1, Size(*picture.size), INK)
    encoded = io.BytesIO()
    picture.save(encoded, "PNG")
    return encoded.getvalue()


def draw_mark(draw: ImageDraw, mark: Mark, number: int, size: Size, ink: tuple[int, int, int]) -> None:
    """Draw the mark of the `number`-th action onto a picture of this size."""
    for colour, width in ((HALO, 6), (ink, 3)):
        match mark:
            case Mark("ring", Point(x, y), count=count):
                for n in range(count):
                    draw.circle((x, y), 14 + 6 * n, outline=colour, width=width)
            case Mark("cross", Point(x, y)):
                draw.line((x - 12, y, x + 12, y), fill=colour, width=width)
                draw.line((x, y - 12, x, y + 12), fill=colour, width=width)
            case Mark("arrow", Point(x, y), path=path):
                draw.line([(point.x, point.y) for point in path], fill=colour, width=width)
                draw.circle((path[0].x, path[0].y), 7, outline=colour, width=width)
                draw.regular_polygon((x, y, 5 + width / 2), 3, fill=colour)
            case Mark("wheel", Point(x, y)):
                draw.circle((x, y), 12, outline=colour, width=width)
    label = action_annotations.badge(mark, number, size)
    x, y = label.corner.x, label.corner.y
    draw.rounded_rectangle((x, y, x + label.width, y + action_annotations.BADGE), 5, fill=ink, outline=HALO)
    draw.text((x + 6, y + 3), label.text.translate(_PLAIN), fill=HALO, font=font(14))


@cache
def font(size: int) -> FreeTypeFont | ImageFont:
    """One of the system's that knows many letters; Pillow's own knows the English ones."""
    from PIL.ImageFont import load_default, truetype  # noqa: PLC0415 - see above

    for name in FONTS:
        with suppress(OSError):
            return truetype(name, size)
    return load_default(size)


_PLAIN = str.maketrans({"⌨": "", "⏎": "/", "⇥": " ", "↑": "up", "↓": "down", "←": "left", "→": "right", "×": "x"})  # noqa: RUF001 - the sign itself
"""Signs that few fonts have, in letters."""
