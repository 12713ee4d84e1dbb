"""Clicks, keys, wheel and drags, each with what must be seen for it to be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coasty_desk.core.actions import Action, Click, Drag, KeyCombo, Move, Point, PressKeys, Scroll
from coasty_desk.models.offline.a11y.widgets import Widget
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box
from tests.models.offline.drawn import Page


def does(page: Page, action: Action) -> None:
    """A text comes."""
    if isinstance(action, Click | KeyCombo | PressKeys):
        page.shown["It was sent"] = (300, 300)


def nothing(_page: Page, _action: Action) -> None:
    """A dead page."""


def made(answer: Callable[[Page, Action], None]) -> Page:
    """A page with a button and two things."""
    page = Page({"Send": (60, 60), "Trash": (420, 60), "Notes": (60, 200)}, answer)
    page.framed = {"Send"}
    return page


def test_a_click_is_done_once_and_shows_what_it_did() -> None:
    """In its middle."""
    page = made(does)
    assert page.carry_out('Click "Send"') is None
    assert [one for one in page.done if isinstance(one, Click)] == [Click(Point(78, 69))]
    assert page.proofs


def test_what_stood_there_before_the_click_may_be_on_its_way_out() -> None:
    """A name in a dialog that closes is not yet the one that is waited for."""

    class Closing(Page):
        looks = 0

        def seen(self) -> ReadScreen:
            if self.done:
                self.looks += 1
                self.shown["It was sent"] = (300, 300)
            if self.looks > 1:
                self.shown.pop("diploma.txt", None)
            return super().seen()

    page = Closing({"Send": (60, 60), "diploma.txt": (60, 200)}, nothing)
    end = page.carry_out('Click "Send", wait until "diploma.txt" within 2 seconds')
    assert end is not None
    assert "is not on the screen" in end.why


def test_what_is_chosen_behind_an_icon_is_clicked_once() -> None:
    """An icon that tells no state is no box."""
    page = Page({"Move to Trash": (60, 60), "Open": (60, 100)}, does)
    page.icons = {"Move to Trash"}
    assert page.carry_out('Choose "Move to Trash"') is None
    assert len([one for one in page.done if isinstance(one, Click)]) == 1


def test_an_open_list_that_is_longer_than_it_shows_is_scrolled() -> None:
    """Until the option is there, or nothing moves."""

    def answers(page: Page, action: Action) -> None:
        if isinstance(action, Scroll):
            page.shown = {"Country": (60, 60), "Norway": (60, 120), "Spain": (60, 150)}
        elif isinstance(action, Click) and action.point is not None and action.point.y > 100:
            page.shown, page.framed = {"Spain": (60, 60)}, {"Spain"}
        elif isinstance(action, Click):
            page.shown |= {"Austria": (60, 120), "Norway": (60, 150)}

    for option, there in (("Spain", True), ("Sweden", False)):
        page = Page({"Country": (60, 60)}, answers)
        page.framed = {"Country"}
        end = page.carry_out(f'Select "{option}" in the list "Country"')
        assert (end is None) is there


def test_a_hint_that_the_pointer_brings_at_once_is_no_evidence() -> None:
    """It goes with the pointer; what the click has brought beside the button stays."""

    def hints(page: Page, action: Action) -> None:
        page.shown.pop("You may not do this", None)
        if isinstance(action, Click):
            page.shown["You may not do this"] = (140, 60)

    def stays(page: Page, action: Action) -> None:
        if isinstance(action, Click):
            page.shown["It was sent"] = (140, 60)

    end = made(hints).carry_out('Click "Send"')
    assert end is not None
    assert "only lit up" in end.why
    assert made(stays).carry_out('Click "Send"') is None


def test_the_next_lines_of_a_log_beside_a_button_are_no_menu() -> None:
    """Lines that stand above what is new stay; a menu hides what it opens over."""

    def opens(page: Page, action: Action) -> None:
        if isinstance(action, Click):
            page.shown |= {
                name: (118, 44 + 24 * n) for n, name in enumerate(["2 linking the parts", "3 copying", "4 testing"])
            }

    log, menu = Page({"Send": (60, 60), "1 compiling": (118, 20)}, opens), made(opens)
    log.framed = {"Send"}
    for page, kind in ((menu, "menu"), (log, "elsewhere")):
        assert page.carry_out('Click "Send"') is None
        assert [proof.kind for proof in page.proofs] == [kind]


def test_what_is_chosen_by_its_name_in_the_tree_is_clicked_where_it_has_no_box() -> None:
    """A menu's item that only opens something."""
    page = made(does)
    page.widgets = (Widget("Send", "menu", Box(48, 52, 108, 86)),)
    assert page.carry_out('Choose "Send"') is None
    assert [one for one in page.done if isinstance(one, Click)] == [Click(Point(78, 69))]


def test_a_click_with_a_key_held_is_one_action() -> None:
    """Nothing is held between two."""
    page = made(does)
    assert page.carry_out('Ctrl-click "Send"') is None
    click = page.done[0]
    assert isinstance(click, Click)
    assert click.modifiers == ("ctrl",)


@pytest.mark.parametrize("words", ['Click "Send"', "Press Ctrl+Enter", 'Drag "Notes" to "Trash"'])
def test_what_shows_nothing_is_not_done(words: str) -> None:
    """Whatever it is."""
    end = made(nothing).carry_out(words)
    assert end is not None
    assert end.why


def test_keys_that_may_show_nothing_are_noted_and_believed() -> None:
    """To copy shows nothing anywhere."""
    page = made(nothing)
    assert page.carry_out("Press Ctrl+C") is None
    assert any("showed nothing, as it may" in note for note in page.notes)


def test_a_wheel_turns_until_the_thing_is_there_and_no_further_than_it_goes() -> None:
    """And says what it did not find."""

    def scrolls(page: Page, action: Action) -> None:
        if isinstance(action, Scroll):
            page.shown = {name: (left, top + 20 * action.notches) for name, (left, top) in page.shown.items()}
            page.shown = {name: place for name, place in page.shown.items() if place[1] > -30}
            if action.notches < 0 and len(page.done) == 2:
                page.shown["Imprint"] = (60, 150)

    page = made(scrolls)
    page.shown["a long text that goes on for some lines"] = (60, 350)
    assert page.carry_out('Scroll down until "Imprint" is visible') is None
    assert all(isinstance(one, Scroll) and one.notches < 0 for one in page.done)
    end = made(nothing).carry_out('Scroll down until "Imprint" is visible')
    assert end is not None
    assert "Imprint" in end.why


def test_a_drag_is_done_where_the_thing_has_come_to_stay() -> None:
    """It is seen at the other."""

    def drops(page: Page, action: Action) -> None:
        if isinstance(action, Drag):
            page.shown["Notes"] = (int(action.end.x) - 20, int(action.end.y) + 12)

    page = made(drops)
    assert page.carry_out('Drag "Notes" to "Trash"') is None
    assert sum(isinstance(one, Drag) for one in page.done) == 1


def test_a_pointer_that_only_lights_something_up_has_not_clicked_it() -> None:
    """Buttons do that of themselves."""

    def lights(page: Page, action: Action) -> None:
        at = action.point if isinstance(action, Click | Move) else None
        on = at is not None and 40 <= at.x <= 110 and 45 <= at.y <= 95
        page.ground = "#ddeeff" if on else "#eeeeee"

    end = made(lights).carry_out('Click "Send"')
    assert end is not None


@pytest.mark.parametrize(("place", "done"), [((300, 60), True), ((60, 300), False), (None, False)])
def test_a_slider_shows_with_the_keys_that_it_has_the_focus(place: tuple[int, int] | None, *, done: bool) -> None:
    """In its own row; a click on its name shows nothing."""

    def moves(page: Page, action: Action) -> None:
        if isinstance(action, PressKeys) and place is not None and action.keys != ("home",):
            page.shown["now 7"] = place

    page = Page({"Contrast": (60, 60), "Notes": (60, 200)}, moves)
    end = page.carry_out('Click "Contrast", press home, press right')
    assert (end is None) is done
    assert sum(isinstance(one, Click) for one in page.done) == 1


def test_a_key_that_closes_a_dialog_shows_in_the_window_that_comes_to_the_front() -> None:
    """Whatever goes on in it then."""

    def closes(page: Page, action: Action) -> None:
        if isinstance(action, PressKeys):
            page.shown, page.window = {"Letter": (60, 60)}, Box(0, 0, 500, 380)

    page = Page({"Letter": (60, 60), "Name": (220, 160)}, closes)
    page.window = Box(200, 140, 400, 240)
    assert page.carry_out("Press enter") is None
    assert [proof.kind for proof in page.proofs] == ["window"]
