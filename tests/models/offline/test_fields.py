"""Which field a label names, and whether a field holds what was typed and nothing beside it."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.language.instructions import Target, Verify
from coasty_desk.models.offline.steps.context import Context
from coasty_desk.models.offline.steps.evidence import of_emptying, of_more
from coasty_desk.models.offline.steps.forms import locate_field
from coasty_desk.models.offline.targeting.fields import field_of
from coasty_desk.models.offline.targeting.locating import Located
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.shapes import Canvas
from coasty_desk.models.offline.vision.texts import Box, Text

FONT = ImageFont.load_default(15)
FIELD = Box(40, 60, 340, 96)


class Page:
    """A picture, with what is written on it as texts."""

    def __init__(self, ground: str = "white") -> None:
        self.picture = Image.new("RGB", (700, 300), ground)
        self.draw = ImageDraw.Draw(self.picture)
        self.texts: list[Text] = []

    def write(self, text: str, x: float, y: float, colour: str = "black") -> Box:
        """A text that begins there; its box is as an engine draws it."""
        self.draw.text((x, y), text, fill=colour, font=FONT)
        marks = tuple(x + self.draw.textlength(text[:n], font=FONT) for n in range(len(text)))
        box = Box(x - 1, y - 1, x + self.draw.textlength(text, font=FONT) + 1, y + 20)
        self.texts.append(Text(text, box, 1.0, marks))
        return box

    def field(self, left: float, top: float, right: float, *, high: float = 36, radius: float = 0) -> None:
        """A field with an outline."""
        self.draw.rounded_rectangle((left, top, right, top + high), radius, fill="white", outline="#888888")

    def line(self, left: float, right: float, y: float) -> None:
        """A line to write on."""
        self.draw.line([(left, y), (right, y)], fill="#888888")

    def seen(self) -> ReadScreen:
        """As it was read."""
        return ReadScreen(self.picture, tuple(self.texts), {text: [text] for text in self.texts})


def _holds(found: Box | None, x: float, y: float) -> bool:
    return found is not None and found.holds(x, y) and found.height < 60


@pytest.mark.parametrize("value", ["", "Ada"])
@pytest.mark.parametrize("look", ["under", "beside", "row"])
def test_a_line_to_write_on_is_a_field(look: str, value: str) -> None:
    """Under its label, beside it, or under both: as forms in the material style, and mails, have them."""
    page = Page()
    label = page.write("Subject", 40, 40)
    line = {"under": (40, 340, 92), "beside": (180, 480, 62), "row": (34, 600, 64)}[look]
    page.line(*line)
    x, y = (line[0] + 150, line[2] - 10)
    if value:
        page.write(value, {"under": 42, "beside": 182, "row": 110}[look], line[2] - 23)
    page.line(line[0], line[1], line[2] + 70)  # the next one's
    found = field_of(label, Canvas(page.picture, page.texts))
    assert _holds(found, x, y)


def test_the_edge_of_a_shape_is_no_line_to_write_on() -> None:
    """A card begins under the label: its upper side has sides going down from its ends."""
    page = Page()
    label = page.write("Subject", 40, 40)
    page.draw.rectangle((40, 76, 440, 280), outline="#888888")
    page.write("Some words", 60, 100)
    page.write("and others", 60, 140)
    assert Canvas(page.picture, page.texts).line_of(label) is None


@pytest.mark.parametrize("value", ["", "Ada"])
def test_a_field_with_half_circles_for_sides_is_found(value: str) -> None:
    """No column of its sides is straight."""
    page = Page()
    label = page.write("Name", 40, 36)
    page.field(40, 60, 340, radius=18)
    if value:
        page.write(value, 58, 68)
    assert _holds(field_of(label, Canvas(page.picture, page.texts)), 200, 78)


def test_the_room_between_two_fields_is_none() -> None:
    """In a narrow window, fields that reach nearly to its edges are the walls of what lies between them."""
    page = Page("#3a6ea5")
    page.draw.rectangle((30, 10, 344, 290), fill="#d9d9d9")
    page.field(40, 20, 334, high=20)
    label = page.write("Name", 41, 56)
    page.field(40, 88, 334, high=20)
    assert _holds(field_of(label, Canvas(page.picture, page.texts)), 200, 98)


def test_a_label_is_of_the_field_that_it_is_clearly_nearer_to() -> None:
    """A caption under its field, and a label above its own."""
    page = Page()
    page.field(40, 20, 340)
    caption = page.write("First", 40, 58)
    page.field(40, 110, 340)
    assert _holds(field_of(caption, Canvas(page.picture, page.texts)), 200, 38)
    page = Page()
    page.field(40, 20, 340)
    label = page.write("Second", 40, 86)
    page.field(40, 110, 340)
    assert _holds(field_of(label, Canvas(page.picture, page.texts)), 200, 128)


def test_a_label_inside_of_its_field_stands_above_what_the_field_holds() -> None:
    """Small, on the field's own ground."""
    page = Page()
    page.draw.rectangle((40, 60, 340, 112), fill="#eeeeee")
    label = page.write("Last name", 52, 64)
    page.write("Lovelace", 52, 86)
    found = field_of(label, Canvas(page.picture, page.texts))
    assert found is not None
    assert found.holds(200, 100)
    assert found.holds(200, 70)


def test_a_hint_that_fills_its_field_is_not_the_label_of_the_field_below() -> None:
    """It is the hint of the field that it stands in."""
    page = Page()
    hint = page.write("Enter your full name", 50, 48, "#777777")
    page.field(40, 40, hint.right + 8)
    page.write("Enter your full name", 50, 48, "#777777")
    page.field(40, 86, 240)
    assert _holds(field_of(hint, Canvas(page.picture, page.texts[:1])), 100, 58)


def test_a_label_comes_before_the_same_words_as_a_hint_in_another_field() -> None:
    """The hint of the first field is the name of the second."""
    page = Page()
    page.write("Name", 40, 20)
    page.field(40, 44, 340)
    page.write("Email", 52, 52, "#777777")
    page.write("Email", 40, 100)
    page.field(40, 124, 340)
    found = locate_field(Context(page.seen()), Target("Email"))
    assert isinstance(found, Located)
    assert _holds(found.box, 200, 142)


def _filled(*said: tuple[str, float]) -> ReadScreen:
    page = Page()
    page.field(40, 60, 340)
    for text, x in said:
        page.write(text, x, 68)
    return page.seen()


@pytest.mark.parametrize("read", ["xHopper", "Hopperx", "HHopper", "Hopper.", "Mr Hopper", "Hopper 2", "Hoppper"])
def test_a_field_that_holds_one_letter_more_is_doubted(read: str) -> None:
    """Before, behind and within the text, whatever its length."""
    assert of_more("Hopper", _filled(), _filled((read, 50)), FIELD) is not None


@pytest.mark.parametrize("read", [(("Hopper", 50),), (("@", 46), ("Hopper", 80)), (("Hopper", 50), ("6/100", 290)), (("Hopper", 50), ("x", 320))])  # fmt: skip
def test_what_a_field_has_beside_its_text_is_no_text(read: tuple[tuple[str, float], ...]) -> None:
    """A sign before it, a count of its characters, what empties it."""
    assert of_more("Hopper", _filled(("@", 46)), _filled(*read), FIELD) is None


def test_what_stood_there_and_still_does_is_more_where_it_adjoins() -> None:
    """A unit with room between is none."""
    assert of_more("Hopper", _filled(("Ada", 50)), _filled(("AdaHopper", 50)), FIELD) is not None
    assert of_more("Hopper", _filled(("EUR", 300)), _filled(("Hopper", 50), ("EUR", 300)), FIELD) is None


@pytest.mark.parametrize(("high", "holds"), [(24, True), (8, False)])
def test_a_caret_may_be_read_as_a_letter(high: int, *, holds: bool) -> None:
    """It is narrow, and higher than all letters together; an `l` is not."""
    page = Page()
    page.field(40, 60, 340)
    end = page.write("Hopper", 50, 68).right + 1
    page.draw.line([(end, 66), (end, 66 + high)], fill="black")
    read = page.texts.pop()
    page.texts.append(Text("Hopperl", Box(49, 67, end + 3, 88), 1.0, (*read.marks, end - 1)))
    assert (of_more("Hopper", _filled(), page.seen(), FIELD) is None) is holds


def test_a_point_that_was_read_as_a_part_of_the_caret_is_more() -> None:
    """Engines take the two for one letter."""
    page = Page()
    page.field(40, 60, 340)
    end = page.write("Hopper.", 50, 68).right
    page.draw.line([(end, 64), (end, 90)], fill="black")
    page.texts = [Text("Hopperl", page.texts[0].box)]
    assert of_more("Hopper", _filled(), page.seen(), FIELD) is not None


def test_a_sign_that_a_field_has_beside_what_it_held_is_not_left_of_it() -> None:
    """It was there before, and is as it was."""
    sign = ("Q", 312)
    assert of_emptying(_filled(("Lovelace", 50), sign), _filled(sign), FIELD, "Name") is None
    unit = ("EUR", 300)
    assert of_emptying(_filled(("1200", 50), unit), _filled(unit), FIELD, "Name") is None


def test_the_beginning_of_what_a_field_held_is_left_of_it() -> None:
    """Only its last word was taken away: what stands there looks as it did."""
    assert of_emptying(_filled(("0170 555 21", 50)), _filled(("0170 555", 50)), FIELD, "Name") is not None


def test_a_field_is_empty_when_nothing_is_left_but_a_paler_hint() -> None:
    """What is as dark as what was there is what is left of it."""
    before = _filled(("Lovelace", 50))
    hint = Page()
    hint.field(40, 60, 340)
    hint.write("Your name", 50, 68, "#999999")
    assert of_emptying(before, _filled(), FIELD, "Name") is None
    assert of_emptying(before, hint.seen(), FIELD, "Name") is None
    assert of_emptying(before, _filled(("e", 50)), FIELD, "Name") is not None
    assert of_emptying(before, before, FIELD, "Name") is not None
    unread = _filled(("x", 50))
    label = Text("Name", Box(45, 30, 90, 50))
    assert of_emptying(before, ReadScreen(unread.picture, (label,), {}), FIELD, "Name") is not None


@pytest.mark.parametrize(
    ("label", "text", "holds"), [("City", "Rome", True), ("City", "Oslo", False), ("Town", "Rome", False)]
)
def test_of_a_field_that_is_not_there_nothing_is_known(label: str, text: str, *, holds: bool) -> None:
    """`the field "Town" does not contain "Rome"` is no success where there is no such field."""
    page = Page()
    page.write("City", 40, 36)
    page.field(40, 60, 340)
    page.write("Oslo", 50, 68)
    (step,) = parse(f'make sure the field "{label}" does not contain "{text}"')
    assert isinstance(step.does, Verify)
    assert Context(page.seen()).holds(step.does.condition) is holds
