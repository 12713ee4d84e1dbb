"""Single words: what they are, and what they are not taken for."""

from __future__ import annotations

import pytest
from lark import Token

from coasty_desk.models.offline.language import vocabulary
from coasty_desk.models.offline.language.instructions import LAST


def token(text: str) -> Token:
    """As the grammar gives it."""
    return Token("WORD", text)


@pytest.mark.parametrize(("said", "meant"), [("3", 3), ("1,5", 1.5), ("twice", 2), ("Ten", 10), ("half  a", 0.5)])
def test_numbers(said: str, meant: float) -> None:
    """In digits and words."""
    assert vocabulary.number(said) == meant


@pytest.mark.parametrize(
    ("much", "unit", "seconds"),
    [("2", "minutes", 120), ("500", "ms", 0.5), ("500", "milliseconds", 0.5), ("a", "second", 1)],
)
def test_times(much: str, unit: str, seconds: float) -> None:
    """In seconds."""
    assert vocabulary.seconds(token(much), token(unit)) == pytest.approx(seconds)


@pytest.mark.parametrize(("said", "meant"), [("2nd", 2), ("third", 3), ("last", LAST), ("10th", 10)])
def test_ordinals(said: str, meant: int) -> None:
    """In digits and words; none is 0."""
    assert vocabulary.ordinal(token(said)) == meant
    assert vocabulary.ordinal(None) == 0


@pytest.mark.parametrize(
    ("said", "typed"),
    [(r'"a\nb"', "a\nb"), (r'"a\\b"', r"a\b"), (r'"C:\new"', r"C:\new"), (r'"\d+\n"', r"\d+\n"), ("« oui »", "oui")],
)
def test_a_backslash_means_something_only_where_all_of_them_do(said: str, typed: str) -> None:
    """A path is typed as it stands."""
    assert vocabulary.to_type(token(said)) == typed


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("ctrl+a", (("ctrl", "a"),)),
        ("page down", (("pagedown",),)),
        ("tab tab", (("tab",), ("tab",))),
        ("ctrl + +", (("ctrl", "+"),)),
    ],
)
def test_keys_of_a_press(said: str, keys: tuple[tuple[str, ...], ...]) -> None:
    """One stroke after the other."""
    assert vocabulary.strokes(said) == keys


@pytest.mark.parametrize(("said", "is_one"), [("Save", True), ("Enter", False), ("Ctrl+S", False), ("F5", False)])
def test_a_name_that_is_no_key_is_a_button(said: str, is_one: bool) -> None:  # noqa: FBT001
    """A name begins with a capital."""
    assert vocabulary.is_label(said) is is_one
