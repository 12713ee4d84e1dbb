"""What was filled in is looked after until the end; a place has one claim at a time."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from coasty_desk.models.offline.steps.postconditions import Claims
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box

FIELD = Box(20, 20, 220, 50)
TICK_BOX = Box(20, 80, 38, 98)


def screen(*marked: Box) -> ReadScreen:
    """With a mark in each of these boxes."""
    picture = Image.new("RGB", (300, 200), "white")
    for box in marked:
        ImageDraw.Draw(picture).rectangle((box.left + 8, box.top + 8, box.left + 12, box.bottom - 8), "black")
    return ReadScreen(picture, (), {})


def test_a_field_that_looks_as_it_did_is_not_read_again() -> None:
    """Reading takes its time."""
    claims = Claims()
    claims.add("the name", FIELD, screen(), lambda: pytest.fail("it was read"))
    assert claims.lost(screen()) is None


@pytest.mark.parametrize("holds", [True, False])
def test_one_that_looks_otherwise_is_read(holds: bool) -> None:  # noqa: FBT001
    """What it says decides."""
    claims = Claims()
    claims.add("the name", FIELD, screen(), lambda: holds)
    assert claims.lost(screen(FIELD)) == (None if holds else "the name")


def test_a_tick_box_is_always_looked_at() -> None:
    """It is too small to be compared."""
    claims = Claims()
    claims.add("the tick", TICK_BOX, screen(), lambda: False)
    assert claims.lost(screen()) == "the tick"


def test_what_is_filled_in_again_takes_the_place_of_what_was() -> None:
    """The first text is gone on purpose."""
    claims = Claims()
    assert not claims
    claims.add("first", FIELD, screen(), lambda: False)
    claims.add("second", Box(20, 20, 200, 50), screen(), lambda: False)
    claims.add("elsewhere", TICK_BOX, screen(), lambda: True)
    assert claims.lost(screen(FIELD)) == "second"
