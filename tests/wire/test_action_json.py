"""Actions in both dialects, the bad ones, and the way back."""

from __future__ import annotations

import json
import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from coasty_desk.core.actions import (
    BUTTONS,
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
    Refusal,
    Scroll,
    TypeText,
    Verdict,
    Wait,
)
from coasty_desk.core.keys.key_names import MODIFIERS, spellings
from coasty_desk.wire.action_json import Decoded, decode, recall
from coasty_desk.wire.canonical_actions import encode, split_keys
from coasty_desk.wire.json_fields import UnreadableError

AT = Point(10, 20)
XY: dict[str, object] = {"x": 10, "y": 20}

READ: list[tuple[str, dict[str, object], Action]] = [
    ("click", {**XY, "button": "left", "clicks": 1}, Click(AT)),
    ("click", XY, Click(AT)),
    ("click", {"x": 0, "y": 0}, Click(Point(0, 0))),
    ("click", {"x": 10.0, "y": 20.0, "clicks": 2.0}, Click(AT, count=2)),
    ("click", {"x": 10.5, "y": -3}, Click(Point(10.5, -3))),
    ("click", {**XY, "button": "right"}, Click(AT, "right")),
    ("click", {**XY, "button": "MIDDLE"}, Click(AT, "middle")),
    ("click", {**XY, "button": "side"}, Click(AT, "left")),
    ("click", {**XY, "button": None, "clicks": None}, Click(AT)),
    ("click", {**XY, "clicks": 0}, Click(AT)),
    ("click", {**XY, "clicks": -4}, Click(AT)),
    ("click", {**XY, "modifiers": ["ctrl", "shift"]}, Click(AT, modifiers=("ctrl", "shift"))),
    ("click", {**XY, "modifiers": "ctrl+shift"}, Click(AT, modifiers=("ctrl", "shift"))),
    ("click", {**XY, "unheard_of": [1]}, Click(AT)),
    ("move", XY, Move(AT)),
    ("type_text", {"text": "Grüße,\n中文 😀"}, TypeText("Grüße,\n中文 😀")),
    ("type_text", {"text": ""}, TypeText("")),
    ("type", {"text": "x"}, TypeText("x")),
    ("key_press", {"keys": ["tab", "enter"]}, PressKeys(("tab", "enter"))),
    ("key_press", {"keys": "enter"}, PressKeys(("enter",))),
    ("key_press", {"key": "enter"}, PressKeys(("enter",))),
    ("key_press", {"key": ["a", "b"]}, PressKeys(("a", "b"))),
    ("key_press", {"keys": ["a"], "key": "b"}, PressKeys(("a",))),
    ("key_press", {"keys": None, "key": "b"}, PressKeys(("b",))),
    ("key_press", {"keys": [" "]}, PressKeys((" ",))),
    ("key_combo", {"keys": ["ctrl", "c"]}, KeyCombo(("ctrl", "c"))),
    ("key_combo", {"keys": "ctrl+shift+t"}, KeyCombo(("ctrl", "shift", "t"))),
    ("key_combo", {"keys": "ctrl + c"}, KeyCombo(("ctrl", "c"))),
    ("key_combo", {"key": "ctrl++"}, KeyCombo(("ctrl", "+"))),
    ("key_combo", {"keys": ["ctrl", "+"]}, KeyCombo(("ctrl", "+"))),
    ("key_combo", {"keys": ["ctrl+c"]}, KeyCombo(("ctrl", "c"))),
    ("key_combo", {"keys": "+"}, KeyCombo(("+",))),
    ("scroll", {"clicks": 3, "direction": "vertical", **XY}, Scroll(3, point=AT)),
    ("scroll", {"clicks": -3}, Scroll(-3)),
    ("scroll", {"clicks": -3, "direction": "horizontal"}, Scroll(-3, "horizontal")),
    ("scroll", {"clicks": 3, "direction": "horizontal"}, Scroll(3, "horizontal")),
    ("scroll", {"direction": "up", "amount": 4}, Scroll(4)),
    ("scroll", {"direction": "down", "amount": 4}, Scroll(-4)),
    ("scroll", {"direction": "left", "amount": 4}, Scroll(-4, "horizontal")),
    ("scroll", {"direction": "right", "amount": 4}, Scroll(4, "horizontal")),
    ("scroll", {"direction": "down", "clicks": 5}, Scroll(-5)),
    ("scroll", {"direction": "up", "clicks": -5}, Scroll(5)),
    ("scroll", {"direction": "left", "clicks": 2, "amount": 9}, Scroll(-2, "horizontal")),
    ("scroll", {"amount": 4}, Scroll(-4)),
    ("scroll", {"direction": "right"}, Scroll(1, "horizontal")),
    ("scroll", {"direction": "down"}, Scroll(-1)),
    ("scroll", {"clicks": 0}, Scroll(0)),
    ("drag", {"x1": 1, "y1": 2, "x2": 3, "y2": 4}, Drag(Point(1, 2), Point(3, 4))),
    ("drag", {"x1": 1, "y1": 2, "x2": 3, "y2": 4, "button": "right"}, Drag(Point(1, 2), Point(3, 4), "right")),
    ("drag", {"from_x": 1, "from_y": 2, "to_x": 3, "to_y": 4}, Drag(Point(1, 2), Point(3, 4))),
    ("drag", {"x1": 1, "y1": 2, "x2": 3, "y2": 4, "from_x": 8, "to_y": 9}, Drag(Point(1, 2), Point(3, 4))),
    ("drag", {"x2": 3, "y2": 4}, Drag(None, Point(3, 4))),
    ("wait", {"seconds": 0.5}, Wait(0.5)),
    ("wait", {"ms": 500}, Wait(0.5)),
    ("wait", {"seconds": 2, "ms": 500}, Wait(2)),
    ("wait", {}, Wait(1.0)),
]

REFUSED: list[tuple[str, object, str]] = [
    ("click", {"x": True, "y": 2}, "boolean"),
    ("click", {"x": "10", "y": 2}, "string"),
    ("click", {"x": math.nan, "y": 2}, "finite"),
    ("click", {"x": 1, "y": math.inf}, "finite"),
    ("click", {"x": 1, "y": 1e308}, "beyond"),
    ("click", {"x": 10**5000, "y": 1}, "beyond"),
    ("click", {"x": 1}, "y is missing"),
    ("click", {"y": 1}, "x is missing"),
    ("click", {}, "x and y are missing"),
    ("click", None, "x and y are missing"),
    ("click", {"x": [1, 2]}, "a list"),
    ("click", [1, 2], "params is a list"),
    ("click", "here", "params is a string"),
    ("click", {**XY, "button": 1}, "button is a number"),
    ("click", {**XY, "clicks": 1.5}, "whole"),
    ("click", {**XY, "clicks": "2"}, "clicks is a string"),
    ("click", {**XY, "clicks": False}, "boolean"),
    ("click", {**XY, "clicks": 1000}, "beyond"),
    ("click", {**XY, "modifiers": [1]}, "modifiers is a number"),
    ("move", {"x": 1, "y": None}, "y is missing"),
    ("type_text", {}, "text is missing"),
    ("type_text", {"text": 5}, "text is a number"),
    ("type_text", {"text": ["a"]}, "text is a list"),
    ("type_text", {"text": "\ud83d"}, "Unicode"),
    ("type_text", {"text": "x" * 50_001}, "more than"),
    ("key_press", {}, "keys is missing"),
    ("key_press", {"keys": []}, "keys is empty"),
    ("key_press", {"keys": [], "key": "enter"}, "keys is empty"),
    ("key_press", {"keys": ""}, "empty entry"),
    ("key_press", {"keys": [""]}, "empty entry"),
    ("key_press", {"keys": ["a", 1]}, "keys is a number"),
    ("key_press", {"keys": {"a": 1}}, "keys is an object"),
    ("key_press", {"keys": ["k" * 65]}, "characters"),
    ("key_press", {"keys": ["a"] * 1001}, "entries"),
    ("key_combo", {"keys": "+c"}, "no combination"),
    ("key_combo", {"keys": "ctrl+++"}, "no combination"),
    ("key_combo", {"keys": ["a+b+c", "d+e+f", "g+h+i"]}, "at once"),
    ("key_combo", {"keys": []}, "keys is empty"),
    ("scroll", {}, "clicks is missing"),
    ("scroll", {"direction": "vertical"}, "which way"),
    ("scroll", {"direction": "horizontal", "amount": 3}, "which way"),
    ("scroll", {"direction": "sideways", "clicks": 3}, "sideways"),
    ("scroll", {"direction": 1, "clicks": 3}, "direction is a number"),
    ("scroll", {"clicks": 2.5}, "whole"),
    ("scroll", {"clicks": 10**9}, "beyond"),
    ("scroll", {"clicks": 1, "x": 5}, "y is missing"),
    ("drag", {"x1": 1, "y1": 2}, "x2 and y2 are missing"),
    ("drag", {"x1": 1, "x2": 3, "y2": 4}, "y1 is missing"),
    ("drag", {"x1": 1, "y1": 2, "x2": 3}, "y2 is missing"),
    ("wait", {"seconds": -1}, "cannot be waited"),
    ("wait", {"seconds": "2"}, "seconds is a string"),
    ("wait", {"seconds": math.nan}, "finite"),
    ("wait", {"seconds": 1e9}, "beyond"),
    ("wait", {"ms": True}, "boolean"),
    ("launch", {"name": "xterm"}, "no such type"),
    ("teleport", XY, "no such type"),
    ("Click", XY, "no such type"),
    ("", XY, "no such type"),
    ("__class__", {}, "no such type"),
]


@pytest.mark.parametrize(("name", "params", "expected"), READ)
def test_both_dialects_are_read(name: str, params: dict[str, object], expected: Action) -> None:
    """Every action of API.md §3 says the same in either dialect."""
    assert decode({"action_type": name, "params": params}) == Decoded((expected,))


@pytest.mark.parametrize(("name", "params", "why"), REFUSED)
def test_what_cannot_be_read_is_refused_with_its_reason(name: str, params: object, why: str) -> None:
    """A bad field refuses its action in a few words and is never guessed."""
    refusal = _refusal(decode({"action_type": name, "params": params}))
    assert why in refusal.why
    assert len(refusal.action) < 200
    assert len(refusal.why) < 200


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("key_press", {"keys": ["tab", "flurb"]}),
        ("key_combo", {"keys": "ctrl+flurb"}),
        ("click", {**XY, "modifiers": ["flurb"]}),
        ("drag", {"x2": 3, "y2": 4, "modifiers": ["flurb"]}),
        ("scroll", {"clicks": 1, "modifiers": "flurb"}),
        ("raw", {"code": "pyautogui.press('tab'); pyautogui.press('flurb')"}),
    ],
)
def test_a_key_that_there_is_not_is_refused_where_it_is_read(name: str, params: dict[str, object]) -> None:
    """Its action is no action: `keys` refuses it, with the name."""
    (refusal,) = decode({"action_type": name, "params": params}).actions
    assert isinstance(refusal, Refusal)
    assert refusal.by == "keys"
    assert "there is no key 'flurb'" in refusal.why


@pytest.mark.parametrize(
    "item", [None, 1, True, "click", [], {}, {"action_type": None}, {"action_type": 7}, {"type": "click"}]
)
def test_what_is_no_action_at_all_is_refused(item: object) -> None:
    """An entry without a readable type is a refusal."""
    assert _refusal(decode(item)).by == "wire"


def test_done_and_fail_are_verdicts_whatever_their_params() -> None:
    """`done` and `fail` ignore params, but for the reason of a fail."""
    assert decode({"action_type": "done", "params": [1]}) == Decoded(verdict=Verdict.DONE)
    assert decode({"action_type": "fail"}) == Decoded(verdict=Verdict.FAIL)
    said = decode({"action_type": "fail", "params": {"reason": "no window"}})
    assert said == Decoded(verdict=Verdict.FAIL, reason="no window")


def test_a_refusal_shows_no_control_character_and_no_megabytes() -> None:
    """What the model sent appears shortened and harmless."""
    refusal = _refusal(decode({"action_type": "\x1b[2J" + "a" * 30, "params": {"t": "\x07" * 10_000_000}}))
    assert (refusal.action + refusal.why).isprintable()
    assert len(refusal.action) < 200


def test_absurd_nesting_is_refused() -> None:
    """Nesting as deep as the JSON parser lets through does not overflow the reader."""
    deep: object = []
    for _ in range(100_000):
        deep = [deep]
    assert _refusal(decode({"action_type": "click", "params": {"x": deep, "y": 1}}))
    assert _refusal(decode(deep))


def test_whole_numbers_are_written_as_integers() -> None:
    """The canonical shape has 10, not 10.0."""
    assert json.dumps(encode(Click(Point(10.0, 20.5)))) == (
        '{"action_type": "click", "params": {"x": 10, "y": 20.5, "button": "left", "clicks": 1}}'
    )


def test_a_click_at_the_pointer_is_recalled_from_our_own_record_only() -> None:
    """Our record may say a click without a place; the service may not."""
    entry = encode(Click(None))
    assert recall(entry) == Click(None)
    assert _refusal(decode(entry))
    with pytest.raises(UnreadableError):
        recall({"action_type": "done", "params": {}})


@pytest.mark.parametrize(
    ("text", "keys"), [("a", ("a",)), ("ctrl+", ("ctrl", "+")), ("+", ("+",)), ("ctrl+ ", ("ctrl", " "))]
)
def test_combinations_are_split_at_plus(text: str, keys: tuple[str, ...]) -> None:
    """A lone or trailing plus is the plus key."""
    assert split_keys(text) == keys


def _refusal(decoded: Decoded) -> Refusal:
    (refusal,) = decoded.actions
    assert isinstance(refusal, Refusal)
    assert refusal.by == "wire"
    assert decoded.verdict is Verdict.CONTINUE
    return refusal


_coordinates = st.integers(-1_000_000, 1_000_000) | st.floats(-1e6, 1e6)
_points = st.builds(Point, _coordinates, _coordinates)
_buttons = st.sampled_from(BUTTONS)
_key = st.sampled_from(sorted({*spellings(), *string.ascii_letters, *"-=é字", " ", "\n", "ctrl-c"}))
_held = st.lists(st.sampled_from(MODIFIERS), max_size=4).map(tuple)
_keys = st.lists(_key, min_size=1, max_size=8).map(tuple)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(Click, _points, _buttons, st.integers(1, 100), _held),
    st.builds(Move, _points),
    st.builds(Drag, st.none() | _points, _points, _buttons, _held),
    st.builds(
        Scroll, st.integers(-10_000, 10_000), st.sampled_from(["vertical", "horizontal"]), st.none() | _points, _held
    ),
    st.builds(TypeText, st.text(st.characters(codec="utf-8"))),
    st.builds(PressKeys, _keys),
    st.builds(KeyCombo, _keys),
    st.builds(Wait, st.floats(0, 3600)),
)
OWN_ACTIONS = st.one_of(
    st.builds(
        Drag, st.none() | _points, _points, _buttons, _held, st.lists(_points, min_size=1, max_size=4).map(tuple)
    ),
    st.builds(HoldKeys, st.just(("ctrl", "a")), seconds=st.floats(0, 3600)),
    st.just(Look()),
)
JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_NAMES = [
    "click",
    "move",
    "drag",
    "scroll",
    "type_text",
    "type",
    "key_press",
    "key_combo",
    "wait",
    "done",
    "fail",
    "raw",
]
_PARAMS = [
    "x",
    "y",
    "x1",
    "y1",
    "x2",
    "y2",
    "from_x",
    "to_y",
    "button",
    "clicks",
    "amount",
    "direction",
    "text",
    "keys",
    "key",
    "seconds",
    "ms",
    "code",
    "modifiers",
]
ENTRIES = st.fixed_dictionaries(
    {"action_type": st.sampled_from(_NAMES) | JSON},
    optional={"params": st.dictionaries(st.sampled_from(_PARAMS), JSON, max_size=5) | JSON},
)


@given(ACTIONS)
def test_what_is_written_reads_back_the_same(action: Action) -> None:
    """Encode and decode are each other's inverse, also through JSON text."""
    entry = json.loads(json.dumps(encode(action)))
    assert decode(entry) == Decoded((action,))
    assert recall(entry) == action


@given(OWN_ACTIONS)
def test_what_the_service_has_not_is_read_in_our_own_record_alone(action: Action) -> None:
    """A bent drag is a straight one in its answers, and what it does not name is refused there."""
    entry = json.loads(json.dumps(encode(action)))
    assert recall(entry) == action
    if isinstance(action, Drag):
        assert decode(entry) == Decoded((replace(action, via=()),))
    else:
        assert _refusal(decode(entry)).why == "there is no such type of action"


def test_only_our_own_record_starts_an_application() -> None:
    """Safety sentence: no answer of the service starts a program, not even in the words of our journal."""
    launch = Launch("Ink Pot", "ink.desktop")
    assert recall(json.loads(json.dumps(encode(launch)))) == launch
    assert _refusal(decode(encode(launch))).why == "there is no such type of action"
    with pytest.raises(UnreadableError):
        recall({"action_type": "launch", "params": {}})


@given(JSON | ENTRIES)
def test_no_json_breaks_the_reader(item: object) -> None:
    """Whatever the JSON, the answer is actions, refusals or a verdict, and it can be written down."""
    for action in decode(item).actions:
        if isinstance(action, Refusal):
            assert f"{action.action}{action.why}".isprintable()
            assert len(f"{action.action}{action.why}") < 400
        else:
            json.dumps(encode(action), allow_nan=False)
