"""What a plan sees: what the tree tells anew, which way a page goes, and labels that are looked at closer."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from coasty_desk.core.actions import Point
from coasty_desk.models.offline.a11y.widgets import Widget
from coasty_desk.models.offline.language.instructions import Target
from coasty_desk.models.offline.steps.context import Context
from coasty_desk.models.offline.targeting.locating import Located
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

SWITCH = Box(200, 40, 240, 60)


def _sight(picture: Image.Image, *texts: Text) -> Context:
    return Context(ReadScreen(picture, texts, {text: [text] for text in texts}))


def _switch(*, right: bool) -> Image.Image:
    """Without a colour, the knob at one of its ends."""
    picture = Image.new("RGB", (500, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((200, 40, 239, 59), 10, fill="#bbbbbb")
    left = 221 if right else 202
    draw.ellipse((left, 42, left + 16, 58), fill="white")
    return picture


def _aligned(*, left: float | None = None, right: float | None = None) -> list[Text]:
    lines = []
    for n, width in enumerate((80, 120, 100)):
        start = left if left is not None else (right or 0) - width
        lines.append(Text("a line", Box(start, 100 + 40 * n, start + width, 116 + 40 * n)))
    return lines


def test_what_another_field_holds_is_not_what_was_typed() -> None:
    """A window that came up may have taken the focus, and the text with it."""
    sight = _sight(Image.new("RGB", (500, 300), "white"))
    asked, other = Box(40, 40, 240, 70), Box(250, 150, 450, 180)
    sight.tree = lambda _: (Widget("", "field", other, focused=True, editable=True, text="Meyer"),)
    assert sight.typed_into(asked) is None
    assert sight.typed_into(other) == "Meyer"
    assert sight.typed_into(None) == "Meyer"


def test_the_box_of_a_cell_is_another_cell() -> None:
    """Before its text; the cell itself is none."""
    picture = Image.new("RGB", (500, 300), "white")
    ImageDraw.Draw(picture).rectangle((40, 42, 56, 58), outline="black")
    sight = _sight(picture, Text("Olives", Box(80, 40, 130, 60)))
    cell = Box(70, 36, 400, 64)
    box = sight.box_of(Located(cell, "“Olives”", cell, cell, "Olives", Widget("Olives", "text", cell)))
    assert box is not None
    assert box.right < cell.left


def test_what_goes_with_the_last_window_has_changed() -> None:
    """A question that was answered takes the window behind it along."""
    before, after = Image.new("RGB", (500, 300), "white"), Image.new("RGB", (500, 300), "blue")
    question = Box(200, 100, 300, 160)
    front = [question]
    sight = _sight(after)
    sight.active, sight.window = (lambda: front[0] if front else None), question
    assert sight.changes(ReadScreen(before, (), {})) == []
    front.clear()
    assert sight.changes(ReadScreen(before, (), {})) == [Box(0, 0, 500, 300)]


@pytest.mark.parametrize("on", [True, False])
def test_a_switch_without_a_colour_is_doubted_where_the_page_may_go_from_right_to_left(on: bool) -> None:  # noqa: FBT001
    """By where its rows begin and end; a switch right behind its label tells nothing by itself."""
    before, behind = (Text("Quiet", Box(left, 40, left + 50, 60)) for left in (260, 140))
    for label, others, state in (
        (before, _aligned(left=200), on),
        (before, _aligned(right=310), None),
        (before, [], on),
        (behind, _aligned(left=140), on),
        (behind, _aligned(right=240), None),
        (behind, [], None),
    ):
        sight = _sight(_switch(right=on), label, *others)
        found = sight.look(Target("Quiet"))
        assert isinstance(found, Located)
        assert sight.box_look(found, SWITCH).state == state


def test_a_state_that_the_tree_tells_anew_counts_where_the_thing_looks_otherwise_too() -> None:
    """A tab that is selected now, a branch that lies open."""
    box = Box(20, 20, 60, 50)
    plain, lit = Image.new("RGB", (200, 100), "white"), Image.new("RGB", (200, 100), "white")
    ImageDraw.Draw(lit).rectangle((20, 20, 59, 49), fill="#aaccee")
    found = Located(box, "the tab", box, box, "Log", Widget("Log", "tab", box, expanded=False))
    for told, picture, state in (
        (Widget("Log", "tab", box, selected=True, expanded=False), lit, "selected"),
        (Widget("Log", "tab", box, expanded=True), lit, "expanded"),
        (Widget("Log", "tab", box, selected=True, expanded=False), plain, ""),
        (Widget("Log", "tab", box, expanded=False), lit, ""),
    ):
        sight = _sight(picture)
        sight._told = (sight.seen, (told,))
        sight.before = ReadScreen(plain, (), {})
        assert sight.told_anew(found) == state


def test_the_title_bar_of_a_window_that_a_click_brings_up_is_no_evidence() -> None:
    """It has another colour then, and its signs may be read otherwise; what changes below it counts."""
    window = Box(20, 20, 380, 280)
    dull = Image.new("RGB", (400, 300), "white")
    bright, more = dull.copy(), dull.copy()
    ImageDraw.Draw(bright).rectangle((300, 26, 370, 44), fill="#3366cc")
    ImageDraw.Draw(more).rectangle((60, 120, 200, 140), fill="#3366cc")
    signs = Text("o x", Box(300, 26, 370, 44))
    sent = Text("Sent", Box(60, 120, 200, 140))
    for picture, text, counts in ((bright, signs, 0), (more, sent, 1)):
        sight = _sight(picture, text)
        sight.active = lambda: window
        assert len(sight.changes(ReadScreen(dull, (), {}))) == counts


def test_a_label_that_is_one_letter_off_is_read_again() -> None:
    """Engines overlook a thin letter at an end."""

    class Reader:
        def larger(self, seen: ReadScreen, _where: Box) -> ReadScreen:
            text = Text("Email", Box(20, 20, 61, 36))
            return ReadScreen(seen.picture, (text,), {text: [text]})

    sight = _sight(Image.new("RGB", (200, 100), "white"), Text("Emai", Box(20, 20, 60, 36)))
    sight.reader = Reader()  # type: ignore[assignment]
    assert isinstance(sight.look(Target("Email")), Located)


@pytest.mark.parametrize(("to", "arrived"), [((300, 40), True), ((20, 90), False), (None, True), ((20, 20), False)])
def test_what_was_dragged_must_be_seen_on_the_way_to_its_goal(to: tuple[float, float] | None, arrived: bool) -> None:  # noqa: FBT001
    """One that is put back lower in its own list has not arrived; what is seen no more was taken in."""
    card, picture = Box(20, 20, 70, 36), Image.new("RGB", (500, 300), "white")
    there = () if to is None else (Text("Early", card.moved(to[0] - 20, to[1] - 20)),)
    sight = _sight(picture, *there)
    sight.before = _sight(picture, Text("Early", card)).seen
    assert sight.has_arrived(Target("Early"), card, Point(300, 20)) == arrived
