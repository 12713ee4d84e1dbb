"""Actions as source, and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    HoldKeys,
    KeyCombo,
    Launch,
    Look,
    Move,
    Point,
    PressKeys,
    Scroll,
    TypeText,
    Wait,
)
from coasty_desk.core.keys.key_names import MODIFIERS
from coasty_desk.wire.pyautogui_source import parse
from coasty_desk.wire.pyautogui_writer import to_pyautogui

POINTS = st.builds(Point, st.integers(0, 5000), st.integers(0, 5000))
BUTTONS = st.sampled_from(["left", "right", "middle"])
KEYS = st.sampled_from(["a", "7", "+", "'", "\\", "enter", "pagedown", "f12", "left", "esc", "delete", "num5"])
HELD = st.sampled_from([(), ("ctrl",), ("ctrl", "shift"), ("alt",)])
TEXTS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("\n\t'\"\\"), min_size=1, max_size=40
)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(Click, st.none() | POINTS, BUTTONS, st.integers(1, 3), HELD),
    st.builds(Move, POINTS),
    st.builds(Drag, st.none() | POINTS, POINTS, BUTTONS, HELD),
    st.builds(Scroll, st.integers(-50, 50), st.sampled_from(["vertical", "horizontal"]), st.none() | POINTS, HELD),
    st.builds(TypeText, TEXTS),
    st.builds(PressKeys, st.lists(KEYS, min_size=1, max_size=5).map(tuple)),
    st.builds(KeyCombo, st.tuples(st.sampled_from(MODIFIERS[::2]), KEYS)),
    st.builds(HoldKeys, st.tuples(KEYS), seconds=st.floats(0.6, 50)),
    st.builds(Wait, st.floats(0, 50)),
)


@given(ACTIONS)
@settings(max_examples=300)
def test_what_is_written_is_read_as_the_same_action(action: Action) -> None:
    """The one the inverse of the other; but a drag to where it begins, which is a click."""
    if isinstance(action, Drag) and (action.start == action.end):
        return
    assert parse(to_pyautogui(action), whole=True).actions == (action,)


def test_a_bent_drag_keeps_its_way() -> None:
    """Over each of its points."""
    drag = Drag(Point(10, 10), Point(900, 10), "left", (), (Point(500, 600), Point(700, 20)))
    assert parse(to_pyautogui(drag), whole=True).actions == (drag,)


@pytest.mark.parametrize("action", [Look(), Launch("editor")])
def test_what_pyautogui_has_not_is_said(action: Action) -> None:
    """Instead of doing something else."""
    with pytest.raises(ValueError, match="pyautogui has nothing"):
        to_pyautogui(action)
