"""Which place an instruction means: by how it lies to what is named, and by nothing that only looks alike."""

from __future__ import annotations

import pytest

from coasty_desk.models.offline.language.instructions import LAST, Kind, Relation, Target, Way
from coasty_desk.models.offline.targeting.locating import Located, Missing, locate
from coasty_desk.models.offline.vision.texts import Box, Text
from tests.models.offline.test_fields import FONT, Page


def _point(found: Located | Missing) -> tuple[float, float] | None:
    return (found.point.x, found.point.y) if isinstance(found, Located) else None


@pytest.mark.parametrize(("way", "top"), [("below", 150), ("above", None), ("right of", 100)])
def test_a_field_is_looked_for_on_the_side_that_is_said(way: Way, top: float | None) -> None:
    """The field right of a name is the name's own; the one below it is another, and above there is none."""
    page = Page()
    page.write("Street", 40, 104)
    page.field(150, 100, 400, high=28)
    page.field(40, 150, 400, high=28)
    found = locate(Target("", "field", 0, (Relation(way, Target("Street")),)), page.seen())
    assert (None if isinstance(found, Missing) else round(found.box.top) - 1) == top


def test_a_number_that_heads_a_row_is_not_preferred_to_one_in_a_cell() -> None:
    """It looks like a button, and the other is as likely meant."""
    page = Page()
    page.draw.rectangle((40, 94, 90, 130), "#dddddd", "#888888")
    page.write("15", 57, 102)
    page.write("15", 300, 202)
    assert isinstance(locate(Target("15"), page.seen()), Missing)
    assert isinstance(locate(Target("15", "button"), page.seen()), Located)


def test_the_box_of_what_is_meant_by_a_part_is_before_its_whole_label() -> None:
    """And the part is what is clicked."""
    page = Page()
    whole = page.write("I have read the terms and accept them", 80, 104)
    found = locate(Target("the terms", part=True), page.seen())
    assert isinstance(found, Located)
    assert found.label == whole
    assert found.box.left > whole.left + 40


def test_a_tick_box_on_the_other_side_is_not_meant() -> None:
    """It stands before its label."""
    page = Page()
    page.write("News", 80, 104)
    page.draw.rectangle((50, 104, 66, 120), outline="black")
    after, before = (
        locate(Target("", "checkbox", 0, (Relation(way, Target("News")),)), page.seen())
        for way in ("right of", "left of")
    )
    assert isinstance(after, Missing)
    assert isinstance(before, Located)


@pytest.mark.parametrize(("kind", "left"), [("checkbox", 50), ("switch", 420)])
def test_the_box_and_the_switch_of_a_row_stand_anywhere_in_it(kind: Kind, left: int) -> None:
    """As in tables, whose columns are wide."""
    page = Page()
    for top in (40, 90, 140):
        page.write(f"Name {top}", 220, top)
        page.write("Editor", 330, top)
        page.draw.rectangle((50, top + 2, 63, top + 15), outline="#666666")
        page.draw.rounded_rectangle((420, top - 2, 464, top + 20), 11, fill="#9a9a9a")
        page.draw.ellipse((423, top + 1, 440, top + 17), fill="white")
    target = Target("", kind, 0, (Relation("in the row of", Target("Name 90")),))
    found = locate(target, page.seen())
    assert isinstance(found, Located), found
    assert abs(found.box.left - left) <= 1
    assert abs(found.box.centre.y - 99) <= 1


def test_of_two_boxes_in_a_row_none_is_taken() -> None:
    """Which is meant is not said."""
    page = Page()
    page.write("Name", 220, 40)
    for left in (50, 420):
        page.draw.rectangle((left, 42, left + 13, 55), outline="#666666")
    found = locate(Target("", "checkbox", 0, (Relation("in the row of", Target("Name")),)), page.seen())
    assert isinstance(found, Missing)
    assert found.several


def test_the_second_line_of_a_row_tells_its_button_too() -> None:
    """The button stands at the middle of both lines."""
    page = Page()
    for top in (40, 120):
        page.write("Report", 40, top)
        page.draw.rounded_rectangle((400, top + 2, 490, top + 42), 6, fill="#dddddd", outline="#444444")
        page.write("Open", 425, top + 12)
    page.write("Each Monday", 40, 62)
    page.write("Each month", 40, 142)
    found = locate(Target("Open", "", 0, (Relation("in the row of", Target("Each month")),)), page.seen())
    assert _point(found) == pytest.approx(((424 + page.texts[3].box.right) / 2, 141.5), abs=2)


def test_of_several_none_is_chosen_that_is_not_said() -> None:
    """By number, by the window in front, or not at all."""
    page = Page()
    boxes = [page.write("Edit", 40, top) for top in (20, 120, 220)]
    scene = page.seen()
    unclear = locate(Target("Edit"), scene)
    assert isinstance(unclear, Missing)
    assert unclear.several
    assert _point(locate(Target("Edit", ordinal=2), scene)) == (boxes[1].centre.x, boxes[1].centre.y)
    assert _point(locate(Target("Edit", ordinal=LAST), scene)) == (boxes[2].centre.x, boxes[2].centre.y)
    assert isinstance(locate(Target("Edit", ordinal=4), scene), Missing)
    front = Box(0, 100, 300, 160)
    assert _point(locate(Target("Edit"), page.seen(), front)) == (boxes[1].centre.x, boxes[1].centre.y)


def test_things_of_one_row_are_counted_from_the_left_however_they_were_read() -> None:
    """A pixel higher or lower, and with a space or a letter less: the last one is the last that is seen."""
    page = Page()
    tops = ((100, 101, 99), (200, 201, 199))
    boxes = [
        page.write("Add to basket", left, top) for row in tops for left, top in zip((40, 240, 440), row, strict=True)
    ]
    page.texts[5] = Text("Add tobasket", page.texts[5].box, 0.8)
    for ordinal, box in ((1, 0), (2, 1), (3, 2), (4, 3), (5, 4), (LAST, 5)):
        found = locate(Target("Add to basket", ordinal=ordinal), page.seen())
        assert _point(found) == (boxes[box].centre.x, boxes[box].centre.y)


def test_a_grey_part_of_an_address_is_no_link() -> None:
    """Words of a colour of their own are one where they are whole."""
    page = Page()
    for line, top in (("site.example/list?case=country", 20), ("Choose your country here", 80)):
        first, last = line.index("country"), line.index("country") + 7
        box = page.write(line, 40, top)
        marks = page.texts[-1].marks
        page.draw.rectangle(
            (marks[first], top, marks[last] if last < len(line) else box.right, box.bottom), fill="white"
        )
        page.draw.text((marks[first], top), "country", fill="#3366ff", font=FONT)
    found = locate(Target("country"), page.seen())
    assert isinstance(found, Located)
    assert found.box.top > 60


def test_a_word_of_a_title_is_no_link() -> None:
    """A title bar has shades of its own; in a line of a page what has another colour is one."""
    for active, found in ((Box(0, 90, 600, 300), Missing), (Box(0, 0, 600, 300), Located)):
        page = Page()
        whole = page.write("Sort and Replace", 80, 100)
        part = Text("Sort and Replace", whole).part(9, 16).box
        page.draw.rectangle((part.left - 2, whole.top, whole.right + 2, whole.bottom), "white")
        page.draw.text((part.left, 100), "Replace", fill="#0044ee", font=FONT)
        assert isinstance(locate(Target("Replace"), page.seen(), active), found)
