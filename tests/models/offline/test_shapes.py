"""Fields, tick boxes and switches, found by their edges beside a label."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from coasty_desk.models.offline.targeting.fields import field_of
from coasty_desk.models.offline.vision.shapes import Canvas
from coasty_desk.models.offline.vision.texts import Box, Text

LABEL = Box(90, 40, 170, 58)


def _canvas(picture: Image.Image, *texts: Text) -> Canvas:
    return Canvas(picture, texts or (Text("Dark mode", LABEL),))


def _blank(ground: str = "white") -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (700, 300), ground)
    draw = ImageDraw.Draw(picture)
    for x in range(int(LABEL.left), int(LABEL.right), 9):
        draw.rectangle((x, LABEL.top + 4, x + 5, LABEL.bottom - 4), outline="#777777")
    return picture, draw


@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
@pytest.mark.parametrize("left", [36, 500], ids=["before", "far right"])
@pytest.mark.parametrize("ground", ["white", "#202020"])
@pytest.mark.parametrize("outlined", [False, True], ids=["full", "outlined"])
def test_the_state_of_a_switch_is_where_its_knob_is(left: int, ground: str, *, on: bool, outlined: bool) -> None:
    """Whatever its colours, and with lines between its row and the next."""
    picture, draw = _blank(ground)
    for y in (26, 70):
        draw.line([(0, y), (700, y)], fill="#808080")
    pill, knob = (left, 38, left + 44, 60), left + (24 if on else 4)
    if outlined:
        draw.rounded_rectangle(pill, 11, fill=ground, outline="#7a7a7a", width=2)
        draw.ellipse((knob, 41, knob + 16, 57), fill="#7a7a7a")
    else:
        draw.rounded_rectangle(pill, 11, fill="#33aa77" if on else "#9a9a9a")
        draw.ellipse((knob, 41, knob + 16, 57), fill="white")
    canvas = _canvas(picture)
    box = canvas.tick_box(LABEL)
    assert box is not None
    assert box.holds(left + 22, 49)
    assert canvas.look(box).state is on


def test_a_button_beside_a_label_is_no_switch() -> None:
    """It has a word in it, and no knob."""
    picture, draw = _blank()
    draw.rounded_rectangle((500, 36, 550, 62), 8, fill="#33aa77")
    draw.line([(512, 49), (538, 49)], fill="white", width=6)
    assert _canvas(picture).tick_box(LABEL) is None


@pytest.mark.parametrize("offset", [0, 9], ids=["beside it", "between it and a second line"])
def test_a_tick_box_beside_one_line_of_two_is_found(offset: int) -> None:
    """Its middle may lie between the lines."""
    picture, draw = _blank()
    draw.rectangle((60, 41 + offset, 75, 56 + offset), outline="#555555")
    box = _canvas(picture).tick_box(LABEL)
    assert box is not None
    assert box.holds(67, 49 + offset)


def test_a_label_in_a_cell_of_its_own_names_the_field_in_the_next_cell() -> None:
    """And not the cell below it."""
    picture, draw = _blank()
    for row in (30, 74):
        draw.rectangle((80, row, 200, row + 40), outline="#888888")
        draw.rectangle((204, row, 480, row + 40), outline="#888888")
        draw.rectangle((212, row + 8, 460, row + 30), fill="#fafafa", outline="#222222")
    found = field_of(LABEL, _canvas(picture))
    assert found is not None
    assert (found.left, found.right) == (213, 460)
    assert found.bottom < 74


def test_a_label_on_the_upper_side_of_a_field_names_it() -> None:
    """As in forms whose labels float up when something is filled in."""
    picture, draw = _blank()
    draw.rounded_rectangle((78, 49, 360, 96), 4, outline="#777777")
    draw.rectangle((86, 40, 174, 58), fill="white")
    found = field_of(LABEL, _canvas(picture))
    assert found is not None
    assert found.holds(220, 74)


@pytest.mark.parametrize("icon", ["envelope", "tick"])
def test_an_icon_before_a_label_is_not_its_box_where_a_switch_stands_at_the_end_of_the_row(icon: str) -> None:
    """A tick may be an icon, or a box that is on: then neither is taken."""
    picture, draw = _blank()
    draw.rounded_rectangle((54, 38, 77, 61), 6, fill="#0a84ff")
    if icon == "tick":
        draw.line([(60, 50), (64, 54), (72, 44)], fill="white", width=2)
    else:
        draw.rectangle((60, 45, 71, 54), fill="white")
    draw.rounded_rectangle((500, 38, 543, 60), 11, fill="#9a9a9a")
    draw.ellipse((504, 41, 520, 57), fill="white")
    box = _canvas(picture).tick_box(LABEL)
    assert (None if box is None else box.left) == (500 if icon == "envelope" else None)


def test_a_box_below_its_label_is_found_and_one_that_has_a_label_of_its_own_is_not() -> None:
    """As in narrow forms."""
    picture, draw = _blank()
    draw.rectangle((90, 64, 107, 81), outline="#555555")
    box = _canvas(picture).tick_box(LABEL)
    assert box is not None
    assert box.top == 64
    other = Text("Other", Box(115, 64, 160, 82))
    assert _canvas(picture, Text("Dark mode", LABEL), other).tick_box(LABEL) is None


def test_a_field_that_reaches_over_the_screens_edge_has_no_dots() -> None:
    """Half of it is seen: what it holds cannot be counted."""
    assert _canvas(Image.new("RGB", (400, 100), "white")).dots(Box(20, 80, 300, 140)) == (0, False)


def test_a_switch_in_the_middle_of_two_lines_is_found_where_only_its_knob_is_at_the_labels_height() -> None:
    """The knob is higher than the track, and far from the label."""
    picture, draw = _blank()
    draw.rounded_rectangle((502, 50, 542, 66), 8, fill="#80cbc4")
    draw.ellipse((522, 44, 549, 71), fill="#00796b")
    found = _canvas(picture).tick_box(LABEL)
    assert found is not None
    assert abs(found.left - 502) < 4
    assert abs(found.right - 549) < 4


def test_a_switch_that_was_read_as_the_end_of_its_label_is_found() -> None:
    """As some other sign, a little narrower than it is."""
    picture, draw = _blank()
    draw.rounded_rectangle((176, 38, 220, 60), 11, fill="#9a9a9a")
    draw.ellipse((180, 41, 196, 57), fill="white")
    whole = Box(LABEL.left, LABEL.top, 214, LABEL.bottom)
    found = _canvas(picture, Text("Dark mode ©", whole)).tick_box(whole)
    assert found is not None
    assert abs(found.left - 176) <= 1
