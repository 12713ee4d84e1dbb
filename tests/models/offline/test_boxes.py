"""What boxes look like, drawn as toolkits and pages draw them: on, off, or not to be told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from coasty_desk.models.offline.vision import boxes
from coasty_desk.models.offline.vision.boxes import BoxLook
from coasty_desk.models.offline.vision.texts import Box

BOX = (40, 40, 59, 59)
"""As ImageDraw counts: the last pixel is in it."""

PILL = (40, 40, 83, 61)
Draw = ImageDraw.ImageDraw
Look_ = Callable[[Draw], None]


def look(*drawn: Look_, ground: str = "white", box: tuple[int, int, int, int] = BOX) -> BoxLook:
    """The box with these things drawn in it, one over the other, four times as large and then made smaller, for soft edges."""
    picture = Image.new("RGB", (120, 100), ground).resize((480, 400))
    for one in drawn:
        one(ImageDraw.Draw(picture))
    picture = picture.resize((120, 100), Image.Resampling.BOX)
    return boxes.look(picture, Box(box[0], box[1], box[2] + 1, box[3] + 1))


def square(fill: str, line: str = "", *, radius: int = 3, box: tuple[int, int, int, int] = BOX) -> Look_:
    """A box with round corners."""
    edges = (4 * box[0], 4 * box[1], 4 * box[2] + 3, 4 * box[3] + 3)
    return lambda draw: draw.rounded_rectangle(edges, 4 * radius, fill, line or fill, 6)


def shaded(first: int, last: int) -> Look_:
    """A square that runs from one grey to another, with a dark edge."""

    def draw(on: Draw) -> None:
        for y in range(160, 240):
            grey = first + (last - first) * (y - 160) // 80
            on.line([(160, y), (239, y)], fill=(grey, grey, grey))
        on.rectangle((160, 160, 239, 239), outline="#777777", width=5)

    return draw


def line(colour: str, *points: tuple[float, float]) -> Look_:
    """A stroke through points of the box, from 0 to 1."""
    return lambda draw: draw.line([(160 + 80 * x, 160 + 80 * y) for x, y in points], fill=colour, width=10)


def tick(colour: str = "white") -> Look_:
    """A tick in the box."""
    return line(colour, (0.25, 0.52), (0.43, 0.7), (0.76, 0.28))


def disc(colour: str, left: float, top: float, right: float, bottom: float) -> Look_:
    """A disc by its edges."""
    return lambda draw: draw.ellipse((4 * left, 4 * top, 4 * right, 4 * bottom), fill=colour)


EMPTY = square("white", "#767676")
DARK = "#1d2025"
ROUND = square("white", "#767676", radius=10)


@pytest.mark.parametrize(
    ("drawn", "ground", "on"),
    [
        ([EMPTY], "white", False),
        ([EMPTY, tick("#222222")], "white", True),
        ([square("#0a70e8"), tick()], "white", True),
        ([square("#d32f2f"), tick()], "white", True),
        ([square("#f7c6d9", "#e08fb0"), tick("#5a1030")], "white", True),
        ([square("#3b3b3b", "#858585")], DARK, False),
        ([square("#3b3b3b", "#858585"), tick("#eeeeee")], DARK, True),
        ([EMPTY], DARK, False),
        ([shaded(255, 180)], "white", False),
        ([shaded(255, 180), tick("#222222")], "white", True),
        ([shaded(150, 240)], "white", False),
        ([ROUND], "white", False),
        ([ROUND, disc("#0a70e8", 45, 45, 55, 55)], "white", True),
        (
            [EMPTY, line("#222222", (0.28, 0.28), (0.72, 0.72)), line("#222222", (0.72, 0.28), (0.28, 0.72))],
            "white",
            True,
        ),
        # what may be either
        ([square("#0a70e8")], "white", None),
        ([square("#8c939d"), tick()], "white", None),
        ([EMPTY, tick("#d0d0d0")], "white", None),
        ([square("#0a70e8"), line("white", (0.25, 0.5), (0.75, 0.5))], "white", None),
        ([EMPTY, disc("#0a70e8", 45, 45, 55, 55)], "white", None),
        (
            [square("#d32f2f"), line("white", (0.28, 0.28), (0.72, 0.72)), line("white", (0.72, 0.28), (0.28, 0.72))],
            "white",
            None,
        ),
        ([square("#0a70e8"), line("white", (0.3, 0.35), (0.5, 0.6), (0.7, 0.35))], "white", None),
    ],
)
def test_the_state_of_a_box(drawn: list[Look_], ground: str, on: bool | None) -> None:  # noqa: FBT001
    """By its mark and its fill; an icon, a dash or a colour alone does not tell it."""
    assert look(*drawn, ground=ground).state is on


def pill(track: str, knob: str, *, right: bool, line: str = "") -> BoxLook:
    """A switch."""
    at = 64.5 if right else 43.5
    return look(square(track, line, radius=11, box=PILL), disc(knob, at, 43, at + 16, 59), box=PILL)


@pytest.mark.parametrize(("track", "knob", "line"), [("#a8adb5", "white", ""), ("white", "#79747e", "#79747e")])
def test_a_switch_without_a_colour_is_on_where_its_knob_is_at_the_right(track: str, knob: str, line: str) -> None:
    """With or without a line around it."""
    assert pill(track, knob, line=line, right=True).state is True
    assert pill(track, knob, line=line, right=False).state is False


def test_a_coloured_switch_with_its_knob_at_the_left_may_be_either_and_two_looks_tell_which() -> None:
    """As on pages whose script goes from right to left, or whose switches always have a colour."""
    left, right, grey = (
        pill("#2f7de1", "white", right=False),
        pill("#2f7de1", "white", right=True),
        pill("#a8adb5", "white", right=True),
    )
    assert left.state is None
    assert boxes.told(right, left) is False
    assert boxes.told(grey, left) is True


@pytest.mark.parametrize(
    ("off", "on"),
    [
        ([EMPTY], [square("#0a70e8")]),
        ([EMPTY], [square("#333333")]),
        ([square("#8c939d")], [square("#0a70e8")]),
        ([square("#c9302c")], [square("#2e9e44")]),
        ([square("#8c939d"), tick()], [square("#2e9e44"), tick()]),
        ([EMPTY, tick("#d0d0d0")], [square("#2e9e44"), tick()]),
        ([EMPTY], [EMPTY, disc("#0a70e8", 45, 45, 55, 55)]),
    ],
)
def test_what_one_look_does_not_tell_two_looks_at_the_same_box_may(off: list[Look_], on: list[Look_]) -> None:
    """Which of them has more in it."""
    assert boxes.told(look(*off), look(*on)) is True
    assert boxes.told(look(*on), look(*off)) is False


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([EMPTY], [square("#cfe3fb", "#2f7de1")]),
        ([square("#0a70e8")], [square("#0b62c8")]),
        ([square("#0a70e8"), line("white", (0.25, 0.5), (0.75, 0.5))], [square("#0a70e8")]),
    ],
)
def test_a_light_on_a_box_is_no_turn(before: list[Look_], after: list[Look_]) -> None:
    """Under the pointer a box may get another shade; and what a dash turns into may be either."""
    assert boxes.told(look(*before), look(*after)) is not (look(*before).state is False)
