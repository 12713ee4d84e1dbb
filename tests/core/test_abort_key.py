"""The abort key: what pynput's syntax means, and which chords would be it."""

from __future__ import annotations

import pytest

from coasty_desk.core.abort import abort_key
from coasty_desk.core.errors import UsageError
from coasty_desk.core.keys.chords import stroke


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("<ctrl>+<shift>+<f12>", ("ctrl", "shift", "f12")),
        ("<CTRL>+<Alt>+<Esc>", ("ctrl", "alt", "esc")),
        ("<ctrl>+Q", ("ctrl", "q")),
        ("<ctrl>++", ("ctrl", "+")),
        ("<cmd_r>+<page_up>", ("cmd_r", "page_up")),
        ("<65300>", ("#65300",)),
        (" <pause> ", ("pause",)),
        ("<ctrl>+<pgup>", ("ctrl", "pgup")),
    ],
)
def test_pynputs_syntax_is_read(text: str, parts: tuple[str, ...]) -> None:
    """Keys joined by +, names in angle brackets, characters bare."""
    assert abort_key.parse(text).parts == parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<ctrl>+",
        "ctrl+shift+f12",
        "<ctrl>+<nope>",
        "<ctrl>+<ctrl>",
        "F12",
        "<>",
        "<ctrl>+<f99>",
        "<a>",
        "<control>+<f9>",
    ],
)
def test_what_is_no_key_is_a_usage_error(text: str) -> None:
    """A typo in the abort key is found before anything is started, with the way to write it."""
    with pytest.raises(UsageError) as caught:
        abort_key.parse(text)
    assert abort_key.DEFAULT in caught.value.remedy


def test_a_forgotten_bracket_is_named() -> None:
    """`f12` for `<f12>` is the likeliest mistake."""
    with pytest.raises(UsageError, match="did you mean <f12>"):
        abort_key.parse("<ctrl>+f12")


def test_a_letter_gets_a_warning_that_names_the_layout() -> None:
    """Safety sentence: a letter in the abort key moves with the keyboard layout, and the person is told."""
    assert "layout" in abort_key.parse("<ctrl>+<alt>+q").warning
    assert abort_key.parse(abort_key.DEFAULT).warning == ""
    assert "AltGr" in abort_key.parse("<alt_gr>+<f12>").warning
    assert "modifiers alone" in abort_key.parse("<ctrl>+<shift>").warning


@pytest.mark.parametrize(
    "chord",
    [
        ("ctrl", "shift", "f12"),
        ("shift", "ctrlright", "f12"),
        ("ctrl", "alt", "shift", "F12"),
        ("ctrlleft", "shiftright", "f12"),
    ],
)
def test_a_chord_that_holds_all_its_keys_is_the_abort_key(chord: tuple[str, ...]) -> None:
    """Order, sides and further keys do not matter."""
    assert abort_key.parse(abort_key.DEFAULT).within(stroke(chord))


@pytest.mark.parametrize("chord", [("ctrl", "f12"), ("shift", "f12"), ("ctrl", "shift", "f11"), ("ctrl", "shift"), ()])
def test_a_chord_that_lacks_one_of_its_keys_is_not(chord: tuple[str, ...]) -> None:
    """What merely resembles the abort key goes through."""
    assert not abort_key.parse(abort_key.DEFAULT).within(stroke(chord))


def test_the_packages_own_key_names_are_understood() -> None:
    """`win`, `altright` and `escape` are pynput's `cmd`, `alt_gr` and `esc`."""
    assert abort_key.parse("<cmd>+<esc>").within(stroke(["win", "escape"]))
    assert abort_key.parse("<alt_gr>+<page_down>").within(stroke(["altright", "pagedown"]))
