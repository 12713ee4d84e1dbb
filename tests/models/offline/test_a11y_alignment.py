"""The places of widgets, believed only where the screen agrees."""

from __future__ import annotations

from PIL import Image, ImageDraw

from coasty_desk.core.scaling import Rect
from coasty_desk.models.offline.a11y import atspi
from coasty_desk.models.offline.a11y.a11y_alignment import aligned
from coasty_desk.models.offline.a11y.widgets import Front, Top, Widget, frames, the_one
from coasty_desk.models.offline.language.instructions import Target
from coasty_desk.models.offline.steps.context import Context
from coasty_desk.models.offline.targeting.locating import Located
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

NAMES = ("File", "Edit", "View", "Help")
WIDGETS = tuple(Widget(name, "menu", Box(60 * n, 0, 60 * n + 50, 24)) for n, name in enumerate(NAMES))


def _moved(text: Text, right: float, down: float) -> Text:
    return Text(text.text, text.box.moved(right, down))


def _texts(right: float, down: float, names: tuple[str, ...] = NAMES) -> list[Text]:
    """The names as they are read inside the widgets, moved."""
    return [Text(name, Box(60 * n + 10, 5, 60 * n + 40, 19).moved(right, down)) for n, name in enumerate(names)]


def test_widgets_whose_names_stand_in_them_are_left_where_they_are() -> None:
    """A toolkit that tells the truth is believed."""
    assert aligned(WIDGETS, _texts(0, 0)) == WIDGETS


def test_widgets_that_count_from_their_window_are_moved_to_where_their_names_are() -> None:
    """GTK 4 does not know where its window is."""
    icon = Widget("", "button", Box(300, 0, 320, 24))
    moved = aligned((*WIDGETS, icon), _texts(700, 310))
    assert [widget.box for widget in moved] == [widget.box.moved(700, 310) for widget in (*WIDGETS, icon)]


def test_widgets_that_each_stand_elsewhere_are_not_believed() -> None:
    """Where the texts agree on no way, nothing is known."""
    scattered = [_moved(text, 137 * n, 71 * n * n + 40) for n, text in enumerate(_texts(0, 0))]
    assert aligned(WIDGETS, scattered) == ()


def test_widgets_without_a_text_on_the_screen_are_not_believed() -> None:
    """A tree of which nothing can be seen may be that of a window behind."""
    assert aligned(WIDGETS, _texts(0, 0, ("Cut", "Copy", "Paste", "Find"))) == ()


ICONS = (
    Widget("Icons", "window", Box(100, 120, 400, 300)),
    Widget("Save", "button", Box(110, 130, 140, 160)),
    Widget("Print", "button", Box(150, 130, 180, 160)),
)
WINDOW = Box(99, 100, 401, 305)


def _drawn(*boxes: Box) -> Image.Image:
    picture = Image.new("RGB", (600, 400), "#dddddd")
    for box in boxes:
        ImageDraw.Draw(picture).ellipse((box.left + 8, box.top + 8, box.right - 8, box.bottom - 8), fill="#223355")
    return picture


def test_icons_alone_are_believed_where_their_window_is_and_something_is_drawn_in_them() -> None:
    """There is no text to compare; the display knows where the window is."""
    icons = [widget.box for widget in ICONS[1:]]
    assert aligned(ICONS, [], window=WINDOW, picture=_drawn(*icons)) == ICONS
    assert aligned(ICONS, [], window=WINDOW, picture=_drawn()) == ()
    assert aligned(ICONS, [], window=WINDOW.moved(200, 0), picture=_drawn(*icons)) == ()
    assert aligned(ICONS, [], picture=_drawn(*icons)) == ()


def test_a_switch_is_meant_by_its_name_though_the_words_stand_elsewhere() -> None:
    """Its label is at the other end of the row."""
    text = Text("Night mode", Box(20, 40, 110, 58))
    sight = Context(ReadScreen(Image.new("RGB", (900, 100), "white"), (text,), {text: [text]}))
    sight.tree = lambda _: (Widget("Night mode", "button", Box(800, 42, 840, 58), checked=False),)
    found = sight.look(Target("Night mode"))
    assert isinstance(found, Located)
    assert found.box.left == 800


def test_words_on_the_screen_come_before_a_name_that_is_not_seen() -> None:
    """“Close” on a picture is meant, and not the cross of the window, which is called so."""
    written = Text("Close", Box(300, 200, 340, 220))
    cross = Widget("Close", "button", Box(560, 0, 590, 30))
    picture = Image.new("RGB", (600, 400))
    found = [
        Context(ReadScreen(picture, texts, {text: [text] for text in texts}), tree=lambda _: (cross,)).look(
            Target("Close")
        )
        for texts in ((written,), ())
    ]
    assert [isinstance(one, Located) and one.box for one in found] == [written.box, cross.box]


def _top(name: str, left: int = 0, *, active: bool = False) -> Top:
    states = [1 << atspi.VISIBLE | active << atspi.ACTIVE, 0]
    return Top((name, f"/{name}/{left}/{active}"), name, Box(left, 20, left + 300, 220), states)


def test_the_window_in_front_is_the_one_that_the_display_says() -> None:
    """A browser never says that it is active; what says so may lie behind a window that tells nothing."""
    behind, browser, twin = _top("Letter", 10, active=True), _top("Shop", 500), _top("Shop", 0)
    menu = _top("", 520)
    families = [[behind], [browser, twin, menu]]
    assert frames(families, Front("Shop", Rect(499, 0, 302, 222), (Rect(520, 20, 300, 200),))) == [
        browser.node,
        menu.node,
    ]
    assert frames(families, Front("xterm", Rect(400, 300, 80, 60))) == []
    assert frames(families, None) == [behind.node]


def test_of_two_windows_that_look_the_same_the_active_one_is_meant_or_none() -> None:
    """Of one title and at one place."""
    same = [_top("Letter"), _top("Letter")]
    frame = Rect(0, 0, 300, 220)
    assert the_one([same], "Letter", frame) is None
    assert the_one([[*same, active := _top("Letter", active=True)]], "Letter", frame) == active


def test_two_texts_are_not_enough_to_move_everything() -> None:
    """Two names may stand anywhere by chance."""
    assert aligned(WIDGETS[:2], _texts(300, 300)[:2]) == ()


def test_tick_boxes_that_are_told_without_their_label_agree_with_the_label_beside_them() -> None:
    """Browsers tell of the small box alone; its name stands right of it, left of it, or at the row's other end."""
    boxes = [Widget(name, "checkbox", Box(100, 30 * n, 113, 30 * n + 14)) for n, name in enumerate(NAMES)]
    beside = [Text(name, Box(120, 30 * n, 170, 30 * n + 14)) for n, name in enumerate(NAMES)]
    assert aligned(boxes, beside) == tuple(boxes)
    assert aligned(boxes, [_moved(text, -75, 0) for text in beside]) == tuple(boxes)
    assert aligned((*WIDGETS, *boxes), [*_texts(0, 0), *(_moved(text, 500, 200) for text in beside)]) == ()
    assert aligned(boxes, [_moved(text, 300, 0) for text in beside]) == ()


def test_a_box_found_by_its_label_is_the_same_when_the_tree_tells_of_it_later() -> None:
    """The name's place in the tree is the box itself, and no label that has moved."""
    picture = Image.new("RGB", (300, 100), "white")
    box, label = Box(20, 20, 34, 34), Text("News", Box(42, 19, 90, 35))
    ImageDraw.Draw(picture).rectangle((box.left, box.top, box.right - 1, box.bottom - 1), outline="black")
    told = (Widget("News", "checkbox", box, checked=False),)
    sight = Context(ReadScreen(picture, (label,), {label: [label]}))
    found = sight.look(Target("News"))
    assert isinstance(found, Located)
    assert found.widget is None
    sight.tree, sight._told = lambda _: told, None
    assert sight.same_box(Target("News"), found, box) == box
    assert sight.same_box(Target("News"), found, box.moved(60, 0)) is None


def test_a_page_is_believed_by_its_plain_texts_where_its_switches_stand_far_from_their_names() -> None:
    """Browsers tell a switch by a name that stands at the other end of its row, and the text itself beside it."""
    texts = _texts(0, 0)
    said = [Widget(text.text, "", text.box) for text in texts]
    switches = [Widget(text.text, "button", text.box.moved(900, 0), checked=False) for text in texts[:2]]
    assert aligned([*said, *switches], texts) == (*said, *switches)
    page = Widget("File", "", Box(0, 40, 800, 600))  # called as its tab is, above it
    assert aligned([page, *WIDGETS], texts) == (page, *WIDGETS)
    assert aligned([page], texts) == ()


def test_a_box_that_was_read_with_its_label_agrees_with_it() -> None:
    """Some engines take the box for a part of the text."""
    box = Widget("News", "checkbox", Box(100, 30, 113, 44), checked=False)
    assert aligned([box], [Text("News", Box(100, 28, 160, 46))]) == (box,)
