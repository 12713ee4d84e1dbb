"""Every name that models give keys is one key, or is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from coasty_desk.core.actions import Click, KeyCombo, Move, Point, PressKeys, strokes_of
from coasty_desk.core.keys import chords, key_names


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Return", "enter"),
        ("KP_Enter", "enter"),
        ("\n", "enter"),
        ("ESC", "esc"),
        ("ARROWLEFT", "left"),
        ("downarrow", "down"),
        ("Page_Down", "pagedown"),
        ("page-down", "pagedown"),
        ("PageUp", "pageup"),
        ("Prior", "pageup"),
        ("super", "win"),
        ("Super_L", "win"),
        ("meta", "win"),
        ("OPTION", "alt"),
        ("ISO_Level3_Shift", "altright"),
        ("AltGr", "altright"),
        ("left ctrl", "ctrl"),
        ("shift_r", "shiftright"),
        ("menu", "apps"),
        ("PrtScn", "printscreen"),
        ("KP_7", "num7"),
        ("XF86AudioMute", "volumemute"),
        ("F24", "f24"),
        ("Key.enter", "enter"),
        ("VK_ESCAPE", "esc"),
        ("{TAB}", "tab"),
        ("<f12>", "f12"),
        ("plus", "+"),
        ("bracketleft", "["),
        ("KeyA", "a"),
        ("Digit1", "1"),
        ("é", "é"),
        ("A", "A"),
        ("-", "-"),
        ("⌘", "win"),
        (" ", "space"),
    ],
)
def test_a_spelling_is_its_key(name: str, key: str) -> None:
    """Models' own spellings reach the key that they mean."""
    assert chords.canonical(name) == key


@pytest.mark.parametrize(
    ("name", "stroke"),
    [
        ("ctrl+c", ("ctrl", "c")),
        ("ctrl-c", ("ctrl", "c")),
        ("ctrl c", ("ctrl", "c")),
        ("Ctrl + Shift + T", ("ctrl", "shift", "t")),
        ("ctrl++", ("ctrl", "+")),
        ("ctrl+-", ("ctrl", "-")),
        ("ctrl--", ("ctrl", "-")),
        ("ctrl+plus", ("ctrl", "+")),
        ("Control+A", ("ctrl", "a")),
        ("alt+F4", ("alt", "f4")),
        ("alt-right", ("alt", "right")),
        ("shift tab", ("shift", "tab")),
        ("<ctrl>+<alt>+h", ("ctrl", "alt", "h")),
        ("<Primary><Shift>s", ("ctrl", "shift", "s")),
        ("⌘⇧T", ("win", "shift", "t")),
        ("ctrl+page-down", ("ctrl", "pagedown")),
    ],
)
def test_a_chord_may_be_one_string(name: str, stroke: chords.Stroke) -> None:
    """A chord in one string is the chord, whatever joins its keys."""
    assert KeyCombo((name,)).strokes == (stroke,)
    assert PressKeys((name,)).strokes == (stroke,)


def test_modifiers_come_first_and_each_key_once() -> None:
    """However the model orders them, modifiers are held around the rest."""
    assert KeyCombo(("c", "ctrl", "Control")).strokes == (("ctrl", "c"),)


def test_a_capital_in_a_chord_holds_no_shift() -> None:
    """`ctrl+A` is ctrl and a; a capital alone stays a capital."""
    assert KeyCombo(("ctrl", "A")).strokes == (("ctrl", "a"),)
    assert PressKeys(("A",)).strokes == (("A",),)


def test_one_name_may_be_several_strokes() -> None:
    """`ctrl+k ctrl+s` is pressed as an editor wants it: one after the other."""
    assert KeyCombo(("ctrl+k ctrl+s",)).strokes == (("ctrl", "k"), ("ctrl", "s"))
    assert PressKeys(("Tab Tab",)).strokes == (("tab",), ("tab",))


@pytest.mark.parametrize(
    ("name", "near"), [("entr", "enter"), ("pgdwn", "pagedown"), ("ctrl+escpe", "esc"), ("f25", "f5")]
)
def test_an_unknown_key_is_refused_with_the_nearest(name: str, near: str) -> None:
    """The model is told which key it may have meant."""
    with pytest.raises(chords.UnknownKey) as refused:
        KeyCombo((name,))
    assert refused.value.nearest == near


@pytest.mark.parametrize(
    "name", ["", "hello", "abc", "C-c", "ctrl+", "and then", "ctrl+a b", "not a key", "\x00", "+ +"]
)
def test_what_is_no_key_is_refused(name: str) -> None:
    """Nothing is guessed: what is no key presses nothing."""
    with pytest.raises(chords.UnknownKey):
        PressKeys((name,))


def test_nothing_named_is_refused() -> None:
    """An action without keys is refused too."""
    for kind in (PressKeys, KeyCombo):
        with pytest.raises(chords.UnknownKey):
            kind(())


def test_only_modifiers_are_held_around_the_pointer() -> None:
    """A click may hold ctrl, not a letter; a move holds nothing."""
    point = Point(1, 1)
    assert Click(point, modifiers=("Control_L", "shift")).modifiers == ("ctrl", "shift")
    assert strokes_of(Move(point)) == ()
    with pytest.raises(chords.UnknownKey):
        Click(point, modifiers=("a",))


def test_a_key_by_hand_is_read_as_it_is_made() -> None:
    """What stands in an action is what is pressed; a bad name is a ValueError that says it."""
    assert Click(Point(1, 1), modifiers=("Control_L",)) == Click(Point(1, 1), modifiers=("ctrl",))
    assert replace(KeyCombo(("ctrl", "a")), keys=("Cmd", "B")).strokes == (("win", "b"),)
    for make in (PressKeys, KeyCombo, lambda keys: Click(None, modifiers=keys)):
        with pytest.raises(ValueError, match="no key 'flurb'"):
            make(("flurb",))


def test_mod_is_the_key_that_the_desktop_says() -> None:
    """Ctrl, and Command where that is what shortcuts have."""
    chords.shortcut_key("win")
    try:
        assert KeyCombo(("CmdOrCtrl", "C")).strokes == PressKeys(("mod+c",)).strokes == (("win", "c"),)
    finally:
        chords.shortcut_key("ctrl")
    assert KeyCombo(("CmdOrCtrl", "C")).strokes == PressKeys(("mod+c",)).strokes == (("ctrl", "c"),)


NAMED = {spelling: key for spelling, key in key_names.spellings().items() if len(key) > 1}
"""Every spelling of a key that is no character."""


@given(st.sampled_from(sorted(NAMED)), st.sampled_from(["", "_", "-", " "]))
def test_every_listed_spelling_is_known_in_any_case(spelling: str, gap: str) -> None:
    """The table and the parser agree, in any case."""
    assert chords.canonical(spelling.upper()) in NAMED.values()
    assert chords.canonical(NAMED[spelling] + gap.strip(" -")) == NAMED[spelling]


@given(st.text(max_size=12))
def test_any_text_is_strokes_or_a_refusal(name: str) -> None:
    """Whatever a model writes, the answer is canonical keys or a refusal, never a crash."""
    try:
        pressed = PressKeys((name,)).strokes
    except chords.UnknownKey:
        return
    for stroke in pressed:
        assert all(key in NAMED.values() or len(key) == 1 for key in stroke)
        assert chords.stroke(stroke) == stroke
