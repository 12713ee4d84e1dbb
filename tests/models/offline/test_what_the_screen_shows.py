"""Clicks and evidence count where the screen agrees: not by a name alone, a hint, or what another window says."""

from __future__ import annotations

import pytest

from coasty_desk.core.actions import Action, Click, KeyCombo, PressKeys, TypeText
from coasty_desk.models.offline.a11y.widgets import Widget
from coasty_desk.models.offline.targeting.matching import is_said_of
from coasty_desk.models.offline.vision.texts import Box
from tests.models.offline.drawn import SIZE, Page


def _sends(page: Page, action: Action) -> None:
    if isinstance(action, Click):
        page.shown["Received"] = (60, 260)


@pytest.mark.parametrize(
    ("name", "shown", "agree"),
    [
        ("Accept offer", "Reject offer", False),
        ("Subscribe", "Unsubscribe", False),
        ("Account menu", "Ada Byron", False),
        ("Delete row 4", "Delete", True),
        ("Inbox", "Inbox 3", True),
        ("Save document (Ctrl+S)", "Save", True),
        ("Settings", "Settlngs", True),
        ("Close", "x", True),
        ("Rename the folder", "Rename the fold…", True),
    ],
)
def test_which_names_go_together_with_what_stands_there(name: str, shown: str, *, agree: bool) -> None:
    """The words of the one are among those of the other."""
    assert is_said_of(name, shown) is agree


@pytest.mark.parametrize(("shown", "clicked"), [("Reject offer", False), ("Accept offer", True), ("Accept", True)])
def test_a_thing_that_shows_other_words_is_not_clicked_by_its_name(shown: str, *, clicked: bool) -> None:
    """A person would not call it so."""
    page = Page({shown: (60, 60)}, _sends)
    page.framed = {shown}
    page.widgets = (Widget("Accept offer", "button", Box(48, 52, 72 + 9 * len(shown), 86)),)
    assert (page.carry_out('Click "Accept offer"') is None) is clicked
    assert any(isinstance(one, Click) for one in page.done) is clicked


@pytest.mark.parametrize("counts", [True, False])
def test_what_comes_in_another_window_does_not_bear_a_click_out(*, counts: bool) -> None:
    """A line there may come at any time; in its own window it is of the click."""

    def answers(page: Page, action: Action) -> None:
        if isinstance(action, Click):
            page.shown["It was booked"] = (60, 140) if counts else (420, 140)

    page = Page({"Book": (60, 60)}, answers)
    page.framed, page.window = {"Book"}, Box(0, 0, 300, SIZE[1])
    end = page.carry_out('Click "Book" and make sure "It was booked" is visible')
    assert (end is None) is counts
    if end is not None:
        assert "another window" in end.why


def test_a_message_with_a_ground_of_its_own_bears_a_click_out() -> None:
    """A notification beside the window has come as a whole."""

    def answers(page: Page, action: Action) -> None:
        if isinstance(action, Click):
            page.shown["It was booked"] = (420, 340)
            page.framed.add("It was booked")

    page = Page({"Book": (60, 60)}, answers)
    page.framed, page.window, page.ground = {"Book"}, Box(0, 0, 300, 300), "#bbbbbb"
    assert page.carry_out('Click "Book" and make sure "It was booked" is visible') is None


@pytest.mark.parametrize(("pale", "told"), [(True, None), (False, None), (True, ""), (False, "WINTER8")])
def test_a_hint_is_not_what_a_field_contains(told: str | None, *, pale: bool) -> None:
    """By the tree, or else by its ink."""
    page = Page({"Voucher": (60, 60), "WINTER8": (60, 96)}, _sends)
    page.fields = (Box(52, 86, 330, 124),)
    page.pale = {"WINTER8"} if pale else set()
    if told is not None:
        page.widgets = (Widget("Voucher", "field", Box(52, 86, 330, 124), editable=True, text=told),)
    end = page.carry_out('Make sure the field "Voucher" contains "WINTER8"')
    assert (end is None) is not pale


@pytest.mark.parametrize("white", [False, True])
def test_a_list_over_the_next_field_is_left_before_that_is_filled_in(*, white: bool) -> None:
    """It opens under the field that was typed into, and goes with the focus; an empty one may be as white as the field."""
    fields = {"Town": Box(150, 40, 330, 70), "Street": Box(150, 80, 330, 110)}
    held, typed = {"Town": "", "Street": ""}, {"into": "", "open": ""}

    def answers(page: Page, action: Action) -> None:
        if isinstance(action, Click) and action.point is not None and not typed["open"]:
            typed["into"] = next(name for name, box in fields.items() if box.holds(action.point.x, action.point.y))
        elif isinstance(action, Click):
            typed["open"] = ""  # it swallows the click
        elif isinstance(action, PressKeys) and action.keys == ("tab",):
            typed["into"], typed["open"] = "Street", ""
        elif isinstance(action, TypeText):
            held[typed["into"]] += action.text
            typed["open"] = "Nova Gorica" if typed["into"] == "Town" else ""
        elif isinstance(action, KeyCombo):
            held[typed["into"]] = ""
        page.shown = {"Town": (60, 46), "Street": (60, 86)}
        page.shown |= {text: (160, round(fields[name].top) + 6) for name, text in held.items() if text}
        page.shown |= {typed["open"]: (160, 86)} if typed["open"] and not white else {}
        page.framed = {typed["open"]} - {""}
        page.fields = tuple(box for name, box in fields.items() if not (white and typed["open"] and name == "Street"))
        page.widgets = tuple(
            Widget(n, "field", b, focused=typed["into"] == n, editable=True, text=held[n]) for n, b in fields.items()
        )

    page = Page({"Town": (60, 46), "Street": (60, 86)}, answers)
    page.fields = tuple(fields.values())
    page.widgets = tuple(Widget(n, "field", b, editable=True, text="") for n, b in fields.items())
    assert page.carry_out('Type "Nova" into "Town" and "Trg 5" into "Street"') is None
    assert held == {"Town": "Nova", "Street": "Trg 5"}
