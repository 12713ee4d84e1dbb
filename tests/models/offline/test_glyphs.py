"""The keys of a calculator, drawn and read."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from coasty_desk.models.offline.vision.engines import FasterPaddle
from coasty_desk.models.offline.vision.glyphs import closer
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

KEYS = "7894561230"
FACE = ImageFont.load_default(15)


def _keypad() -> tuple[Image.Image, dict[str, Box]]:
    picture = Image.new("RGB", (400, 300), "#f2f1f0")
    draw = ImageDraw.Draw(picture)
    places = {}
    for index, key in enumerate(KEYS):
        left, top = 20 + index % 3 * 70, 20 + index // 3 * 45
        draw.rounded_rectangle((left, top, left + 60, top + 35), 5, fill="#fcfcfb", outline="#d0ccc8")
        draw.text((left + 30, top + 17), key, "#202020", FACE, anchor="mm")
        places[key] = Box(left, top, left + 60, top + 35)
    return picture, places


def test_keys_that_were_not_read_are_read_closer() -> None:
    """Every digit is found on its own key."""
    picture, places = _keypad()
    found = closer(FasterPaddle(), ReadScreen(picture, (), {}), Box(0, 0, 400, 300))
    assert {text.text for text in found} >= set(KEYS)
    for text in found:
        assert places[text.text].holds(text.box.centre.x, text.box.centre.y)


def test_what_was_read_is_not_read_again() -> None:
    """A text that is there already is left alone."""
    picture, places = _keypad()
    known = tuple(Text(key, box) for key, box in places.items())
    assert closer(FasterPaddle(), ReadScreen(picture, known, {}), Box(0, 0, 400, 300)) == ()


def test_a_picture_is_not_taken_for_keys() -> None:
    """Hundreds of specks are no characters."""
    picture = Image.effect_noise((400, 300), 90).convert("RGB")
    assert closer(FasterPaddle(), ReadScreen(picture, (), {}), Box(0, 0, 400, 300)) == ()
