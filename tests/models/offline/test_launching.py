"""Which application `open NAME` means, and that it means none rather than a guess."""

from __future__ import annotations

import pytest

from coasty_desk.core.actions import Launch
from coasty_desk.core.applications import Application
from coasty_desk.models.offline.steps.context import CannotError
from coasty_desk.models.offline.targeting.launching import named

MENU = (
    Application("Ink Pot", ("Ink Pot", "Text Editor", "inkpot", "ink-pot"), ("ink-pot",), "org.ink.inkpot.desktop"),
    Application("Mousepad", ("Mousepad", "Text Editor", "mousepad", "mousepad"), ("mousepad",), "mousepad.desktop"),
    Application("Top", ("Top", "", "top", "top"), ("top",), "top.desktop", in_terminal=True),
)


@pytest.mark.parametrize("name", ["ink pot", "Ink Pot", "inkpot", "INK-POT", "pot"])
def test_it_is_found_by_each_of_its_names(name: str) -> None:
    """As the menu shows it, by its file, by its program, by a word; it goes by the menu's name and its entry."""
    assert named(name, MENU) == Launch("Ink Pot", "org.ink.inkpot.desktop")


@pytest.mark.parametrize(
    ("name", "why"), [("Text Editor", "several"), ("Paint", "no application"), ("Top", "terminal")]
)
def test_none_is_guessed(name: str, why: str) -> None:
    """Between two of a name, for a name that nothing has, and for what wants a terminal there is a reason and no start."""
    with pytest.raises(CannotError, match=why):
        named(name, MENU)


def test_without_a_menu_the_system_knows_the_name() -> None:
    """As on macOS."""
    assert named("Safari", None) == Launch("Safari")
