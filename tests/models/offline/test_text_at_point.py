"""The text under the pointer is the label that a click there would hit."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from coasty_desk.core.actions import Point
from coasty_desk.core.errors import UsageError
from coasty_desk.core.scaling import Rect
from coasty_desk.models.offline.targeting.text_at_point import TextAtPoint
from coasty_desk.models.offline.vision.engines import ReadingEngine

SHOWS = Rect(0, 0, 800, 600)


@pytest.fixture(scope="module")
def under() -> TextAtPoint:
    """A screen with two buttons beside each other."""
    screen = Image.new("RGB", (SHOWS.width, SHOWS.height), "#eeeeee")
    draw = ImageDraw.Draw(screen)
    for label, left in (("Delete", 300), ("Cancel", 420)):
        draw.rectangle((left, 280, left + 100, 316), fill="white", outline="#888888")
        draw.text((left + 50, 298), label, fill="black", font=ImageFont.load_default(18), anchor="mm")

    def picture(area: Rect) -> bytes:
        encoded = io.BytesIO()
        screen.crop((area.left, area.top, area.left + area.width, area.top + area.height)).save(encoded, "PNG")
        return encoded.getvalue()

    return TextAtPoint(picture, lambda: SHOWS)


@pytest.mark.parametrize(
    ("point", "text"),
    [
        (Point(350, 298), "Delete"),
        (Point(308, 290), "Delete"),
        (Point(470, 300), "Cancel"),
        (Point(100, 100), ""),
        (Point(350, 400), ""),
    ],
)
def test_the_label_of_the_button_is_read(under: TextAtPoint, point: Point, text: str) -> None:
    """On the text, on the button's rim, on its neighbour, and beside them all."""
    assert under(point) == text


def test_without_an_engine_the_text_is_not_known() -> None:
    """And nothing fails for it."""

    def missing() -> ReadingEngine:
        message = "not installed"
        raise UsageError(message)

    assert TextAtPoint(lambda _area: b"", lambda: SHOWS, missing)(Point(5, 5)) == ""
