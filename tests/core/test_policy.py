"""A policy refuses exactly what it says, however the action is spelled."""

from __future__ import annotations

import pytest

from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    HoldKeys,
    KeyCombo,
    Launch,
    Move,
    Point,
    PressKeys,
    Scroll,
    TypeText,
    Wait,
)
from coasty_desk.core.errors import UsageError
from coasty_desk.core.gates.policy import Bounds, Policy, Situation, chords, forbids
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.typed_text.typed_line import Typed
from coasty_desk.wire.regular_expressions import pattern

HERE = Click(Point(5, 5))
EVERY: dict[str, Action] = {
    "click": HERE,
    "type_text": TypeText("hello"),
    "key_press": PressKeys(("f5",)),
    "key_combo": KeyCombo(("ctrl", "s")),
    "scroll": Scroll(-3),
    "drag": Drag(Point(1, 1), Point(9, 9)),
    "move": Move(Point(3, 3)),
    "wait": Wait(1),
    "launch": Launch("Ink Pot", "ink.desktop"),
}


def why(policy: Policy, action: Action, situation: Situation | None = None) -> str:
    """What the policy has against the action."""
    return forbids(policy, action, situation or Situation())


def typing(*texts: str) -> Policy:
    """A policy that denies typing these."""
    return Policy(typed_text_denied=tuple(map(pattern, texts)))


def blocking(*keys: str) -> Policy:
    """A policy that blocks these keys."""
    return Policy(blocked_keys=chords(keys))


def test_no_refusal_names_a_window() -> None:
    """Safety sentence: neither its title nor the pattern goes to the model, by which it would learn of it."""
    for policy in (Policy(windows_denied=(pattern("*Bank*"),)), Policy(windows_allowed=(pattern("Notes"),))):
        bank = NamedWindow("My Bank")
        for windows in ((bank,), (bank, NamedWindow("x", also=("My Bank",)))):
            said = why(policy, HERE, Situation(windows=windows))
            assert "windows_" in said
            assert "Bank" not in said
            assert "Notes" not in said


def test_an_empty_policy_allows_everything() -> None:
    """No rule, no refusal."""
    assert not any(why(Policy(), action) for action in EVERY.values())


@pytest.mark.parametrize("name", EVERY)
def test_allowed_actions_lets_through_those_alone(name: str) -> None:
    """Safety sentence: with `allowed_actions`, what is not in it is not done."""
    policy = Policy(allowed_actions=frozenset({name}))
    assert [other for other, action in EVERY.items() if not why(policy, action)] == [name]


@pytest.mark.parametrize("name", EVERY)
def test_blocked_actions_holds_back_those_alone(name: str) -> None:
    """Safety sentence: what is in `blocked_actions` is not done, and all else is."""
    policy = Policy(blocked_actions=frozenset({name}))
    assert [other for other, action in EVERY.items() if why(policy, action)] == [name]


def test_a_chord_spelled_as_a_key_is_still_a_chord() -> None:
    """`key_press ctrl+w` does not slip past a block of `key_combo`, nor `key_combo enter` past one of `key_press`."""
    assert why(Policy(blocked_actions=frozenset({"key_combo"})), PressKeys(("ctrl+w",)))
    assert why(Policy(allowed_actions=frozenset({"key_press"})), PressKeys(("ctrl+w",)))
    assert why(Policy(blocked_actions=frozenset({"key_press"})), KeyCombo(("enter",)))
    assert not why(Policy(allowed_actions=frozenset({"key_combo"})), KeyCombo(("enter",)))


def test_a_drag_that_goes_nowhere_is_a_click() -> None:
    """Pressing and releasing in one place is a click by another name."""
    assert why(Policy(blocked_actions=frozenset({"click"})), Drag(Point(5, 5), Point(5, 5)))


@pytest.mark.parametrize(
    "action",
    [
        PressKeys(("esc",)),
        PressKeys(("Escape",)),
        PressKeys(("tab", "ESC")),
        KeyCombo(("ctrl", "shift", "escape")),
        TypeText("a\x1bb"),
        KeyCombo(("ctrl", "[")),
    ],
)
def test_a_blocked_key_is_not_pressed_by_any_name(action: Action) -> None:
    """Safety sentence: `escape` in `blocked_keys` blocks Esc by every name, in chords and in typed text."""
    assert why(blocking("escape"), action)


@pytest.mark.parametrize(
    ("key", "chord"), [("esc", "ctrl+3"), ("esc", "ctrl+["), ("backspace", "ctrl+8"), ("backspace", "ctrl+?")]
)
def test_a_blocked_key_is_blocked_as_terminals_have_it(key: str, chord: str) -> None:
    """By the codes of an old keyboard."""
    assert why(blocking(key), PressKeys((chord,)))


@pytest.mark.parametrize(
    "action", [TypeText("ls\n"), TypeText("ls\r"), KeyCombo(("ctrl", "m")), PressKeys(("kp_enter",))]
)
def test_a_newline_is_the_enter_key(action: Action) -> None:
    """Whoever blocks Enter blocks it in a typed text too."""
    assert why(blocking("Return"), action)


def test_a_blocked_modifier_holds_for_clicks_and_both_sides() -> None:
    """Control held around a click is Control pressed."""
    assert why(blocking("ctrl"), Click(Point(1, 1), modifiers=("ctrl",)))
    assert why(blocking("ctrl"), KeyCombo(("ctrlright", "c")))
    assert not why(blocking("ctrl"), Click(Point(1, 1), modifiers=("shift",)))


def test_a_blocked_chord_blocks_that_chord_and_more_of_it() -> None:
    """`ctrl+w` blocks it with Shift held as well, and leaves w and Control alone."""
    policy = blocking("ctrl+w")
    assert why(policy, KeyCombo(("w", "ctrl")))
    assert why(policy, PressKeys(("ctrl+shift+w",)))
    assert not why(policy, TypeText("w"))
    assert not why(policy, KeyCombo(("ctrl", "s")))


def test_a_blocked_character_is_not_typed_either() -> None:
    """The key q is the key q, as a capital and on the number pad too."""
    assert why(blocking("q"), TypeText("Quit"))
    assert why(blocking("1"), PressKeys(("kp_1",)))
    assert why(blocking(","), PressKeys(("KP_Separator",)))
    assert not why(blocking("q"), TypeText("hello"))


def test_a_blocked_key_that_is_none_is_a_usage_error() -> None:
    """A typo in `blocked_keys` would block nothing."""
    with pytest.raises(UsageError, match="blocked_keys has 'entr'"):
        blocking("entr")


@pytest.mark.parametrize(
    "action",
    [KeyCombo(("alt", "F4")), KeyCombo(("ctrl", "w")), PressKeys(("ctrl+q",)), KeyCombo(("ctrl", "shift", "w"))],
)
def test_window_close_chords_are_blocked(action: Action) -> None:
    """Safety sentence: `block_window_close` holds back the chords that close a window."""
    assert why(Policy(block_window_close=True), action)
    assert not why(Policy(block_window_close=True), KeyCombo(("ctrl", "s")))


def test_max_actions_counts_what_was_done() -> None:
    """Safety sentence: after `max_actions` no further action is done."""
    policy = Policy(max_actions=3)
    assert not why(policy, HERE, Situation(done=2))
    assert why(policy, HERE, Situation(done=3))
    assert why(policy, Wait(1), Situation(done=3))


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        (Point(10, 20), True),
        (Point(100, 200), True),
        (Point(9, 20), False),
        (Point(100.5, 200), False),
        (Point(10, 201), False),
        (Point(10, 19.9), False),
    ],
)
def test_bounds_are_inclusive_sent_pixels(point: Point, *, inside: bool) -> None:
    """Safety sentence: no point outside `coordinate_bounds` is touched; its edges are inside."""
    policy = Policy(coordinate_bounds=Bounds(10, 20, 100, 200))
    assert bool(why(policy, Click(point), Situation(points=(point,)))) is not inside


def test_both_ends_of_a_drag_are_bounded() -> None:
    """A drag out of the bounds is refused as one into them is."""
    policy = Policy(coordinate_bounds=Bounds(0, 0, 100, 100))
    inner, outer = Point(5, 5), Point(101, 5)
    assert why(policy, Drag(inner, outer), Situation(points=(inner, outer)))
    assert why(policy, Drag(outer, inner), Situation(points=(outer, inner)))


def test_a_point_that_cannot_be_told_is_refused_under_bounds() -> None:
    """A click where the pointer happens to be may be anywhere."""
    assert why(Policy(coordinate_bounds=Bounds(0, 0, 9, 9)), Click(None), Situation(points=(None,)))


@pytest.mark.parametrize("said", ["rm -rf", r"rm\s+-rf", "*rm -rf*", "RM -RF"])
def test_denied_text_is_not_typed(said: str) -> None:
    """Safety sentence: text that matches `typed_text_denied` is not typed; plain words, expressions and globs all work."""
    assert why(typing(said), TypeText("sudo rm -rf /"))
    assert not why(typing(said), TypeText("rm file"))


@pytest.mark.parametrize(
    ("before", "last"),
    [
        ((TypeText("rm -r"),), TypeText("f /")),
        ((TypeText("rm -r"), Click(Point(1, 1))), TypeText("f /")),
        ((TypeText("rm -r"),), PressKeys(("f",))),
        ((TypeText("m -rf /"), PressKeys(("home",))), TypeText("r")),
        ((TypeText("rm -rx"), PressKeys(("backspace",))), TypeText("f")),
        ((), TypeText("rm -rf\b\b\b")),
        ((), TypeText("x" * 9000 + "rm -rf" + "x" * 9000)),
    ],
)
def test_denied_text_is_judged_across_actions(before: tuple[Action, ...], last: Action) -> None:
    """Safety sentence: typed text is judged across several actions, and with what is corrected in between."""
    typed = Typed()
    for action in before:
        assert not why(typing("rm -rf"), action, Situation(typed=typed))
        typed = typed.then(action)
    assert why(typing("rm -rf"), last, Situation(typed=typed))


def test_a_pattern_may_ask_for_the_enter_that_follows() -> None:
    """`shutdown` may be typed, but not sent."""
    policy = typing(r"shutdown.*\n")
    assert not why(policy, TypeText("shutdown now"))
    typed = Typed().then(TypeText("shutdown now"))
    assert why(policy, PressKeys(("enter",)), Situation(typed=typed))
    assert why(policy, TypeText("\n"), Situation(typed=typed))


def test_windows_are_judged_by_their_titles() -> None:
    """Safety sentence: nothing is sent to a window that `windows_denied` names or `windows_allowed` does not."""
    denied = Policy(windows_denied=(pattern("*Terminal*"),))
    assert why(denied, HERE, Situation(windows=(NamedWindow("root - Terminal 1"),)))
    assert not why(denied, HERE, Situation(windows=(NamedWindow("Notes"),)))
    allowed = Policy(windows_allowed=(pattern("Notes"),))
    assert not why(allowed, TypeText("x"), Situation(windows=(NamedWindow("My Notes"),)))
    assert why(allowed, TypeText("x"), Situation(windows=(NamedWindow(""),)))
    assert not why(allowed, Wait(1), Situation(windows=(NamedWindow(""),)))


def test_a_window_that_cannot_be_told_is_refused() -> None:
    """A rule about windows fails closed."""
    assert why(Policy(windows_denied=(pattern("Terminal"),)), HERE, Situation(windows=None))


def test_what_holds_for_a_chord_holds_for_one_that_is_held() -> None:
    """Its keys, its kind, and text that it writes: how often it repeats, nobody can tell."""
    held = HoldKeys(("ctrl", "w"), seconds=2)
    assert why(blocking("ctrl+w"), held)
    assert why(Policy(blocked_actions=frozenset({"key_combo"})), held)
    assert why(Policy(block_window_close=True), held)
    assert "repeats" in why(typing("sudo"), HoldKeys(("a",), seconds=2))
    assert not why(typing("sudo"), HoldKeys(("shift",), seconds=2))
