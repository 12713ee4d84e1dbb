"""Typed text is followed over pieces, keys and edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from coasty_desk.core.actions import Action, Click, KeyCombo, Point, PressKeys, TypeText
from coasty_desk.core.keys.chords import stroke
from coasty_desk.core.typed_text import editing_keys
from coasty_desk.core.typed_text.typed_line import Typed
from coasty_desk.core.word_file import entries


def after(*actions: Action) -> Typed:
    """What has been typed after all of them."""
    typed = Typed()
    for action in actions:
        typed = typed.then(action)
    return typed


@pytest.mark.parametrize(
    "actions",
    [
        (TypeText("rm -rf x"),),
        (TypeText("rm "), TypeText("-rf x")),
        (TypeText("rm"), PressKeys(("space",)), TypeText("-rf x")),
        (PressKeys(("r", "m", "space", "-", "r", "f", "space", "x")),),
        (TypeText("rn"), PressKeys(("BackSpace",)), TypeText("m -rf x")),
        (TypeText("rn\bm -rf x"),),
        (TypeText("m -rf x"), PressKeys(("Home",)), TypeText("r")),
        (TypeText("m -rf x"), KeyCombo(("ctrl", "a")), TypeText("r")),
        (TypeText("rm -rf"), Click(Point(5, 5)), TypeText(" x")),
        (TypeText("rm rf x"), PressKeys(("left",) * 4), TypeText("-")),
        (TypeText("zz"), KeyCombo(("ctrl", "u")), TypeText("rm -rf x")),
        (TypeText("rm -rf zz"), KeyCombo(("ctrl", "w")), TypeText("x")),
        (TypeText("rm -rf xz"), PressKeys(("left", "delete"))),
        (TypeText("rm -rf xzz"), PressKeys(("left", "left")), KeyCombo(("ctrl", "k"))),
    ],
)
def test_what_stands_there_does_not_depend_on_how_it_was_typed(actions: tuple[Action, ...]) -> None:
    """Pieces, single keys and corrections end in the same line."""
    assert after(*actions).line == "rm -rf x"


@pytest.mark.parametrize("enter", [PressKeys(("Return",)), TypeText("\n"), TypeText("\r"), KeyCombo(("ctrl", "m"))])
def test_enter_sends_the_line_whichever_way_it_is_pressed(enter: Action) -> None:
    """After it, the line is still the one that was sent, with a newline behind it."""
    typed = after(TypeText("ls /"), PressKeys(("home",)), enter)
    assert typed.before == "ls /\n"
    assert typed.line == "ls /"


def test_all_that_was_typed_is_remembered_besides() -> None:
    """What was taken back was typed all the same."""
    assert after(TypeText("abc\b\bd")).readings == ("ad", "abcd")


def test_shift_writes_the_capital() -> None:
    """A chord of Shift and a letter types it."""
    assert after(KeyCombo(("shift", "a")), PressKeys(("b",))).line == "Ab"


def test_other_chords_type_nothing() -> None:
    """A shortcut leaves the line as it is."""
    assert after(TypeText("a"), KeyCombo(("alt", "f4")), KeyCombo(("ctrl", "s")), PressKeys(("f5",))).line == "a"


def test_every_line_of_the_keys_is_of_keys_that_there_are_and_says_what_is_followed() -> None:
    """A file that others can add to: a word that is misspelled would be something that no shell does."""
    marks = {*editing_keys.Does.__struct_fields__, "erases-one", "nothing"} - {"follow", "writes"}
    follow = {"enter", "tab", "backspace", "delete", "left", "right", "home", "end"}
    follow |= {"kill-word", "kill-before", "kill-after", "swap"}
    for keys, does in entries(Path(editing_keys.__file__).with_suffix(".txt")):
        held, *named = keys.split()
        assert held in {"alone", "shift", "ctrl", "ctrl+shift", "alt"}
        assert named == [stroke((key,))[0] for key in named]
        assert set(does.split()) <= marks | follow
