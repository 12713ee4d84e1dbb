"""What was filled in must still be there."""

from __future__ import annotations

from PIL import Image, ImageDraw

from coasty_desk.models.offline.steps.postconditions import Claims
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box

FIELD, TICK = Box(20, 20, 180, 50), Box(20, 60, 36, 76)


def _seen(*dark: Box) -> ReadScreen:
    picture = Image.new("RGB", (200, 100), "white")
    for box in dark:
        ImageDraw.Draw(picture).rectangle((box.left, box.top, box.right, box.bottom), fill="black")
    return ReadScreen(picture, (), {})


def test_a_field_that_looks_as_it_did_is_not_read_again() -> None:
    """A reading may err; a picture that is the same does not."""
    claims = Claims()
    claims.add("the name", FIELD, _seen(), lambda: False)
    assert claims.lost(_seen()) is None
    assert claims.lost(_seen(Box(60, 28, 90, 40))) == "the name"


def test_a_tick_box_is_asked_each_time() -> None:
    """It is too small to tell a tick from the focus by its picture."""
    claims = Claims()
    claims.add("the box", TICK, _seen(), lambda: False)
    assert claims.lost(_seen()) == "the box"


def test_what_is_filled_in_again_takes_the_place_of_what_was() -> None:
    """Only the last counts for a place."""
    claims = Claims()
    claims.add("the first", TICK, _seen(), lambda: False)
    claims.add("the second", TICK, _seen(), lambda: True)
    assert claims
    assert claims.lost(_seen()) is None
