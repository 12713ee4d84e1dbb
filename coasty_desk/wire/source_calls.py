"""What each call of pyautogui, time and pyperclip has as parameters, and what the hand does for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from coasty_desk.core.actions import BUTTONS, Button, Point
from coasty_desk.wire.canonical_actions import MAX_CLICKS, MAX_KEY_NAME, MAX_KEYS, MAX_NOTCHES, MAX_TEXT, MAX_WAIT
from coasty_desk.wire.json_fields import MAX_COORDINATE, Fields, given, unreadable
from coasty_desk.wire.source_hand import SourceHand

Doing: TypeAlias = Callable[[SourceHand, Fields], None]

_BUTTONS: dict[object, Button] = {button: button for button in BUTTONS}
_BUTTONS |= {None: "left", "primary": "left", "secondary": "right", 1: "left", 2: "middle", 3: "right"}
_NOWHERE = "it is not known where the pointer is"


def keys_of(value: object) -> tuple[str, ...]:
    """The names of keys in a string, a list of strings, or a list of one list. Raises UnreadableError."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    keys = Fields({"keys": value}).texts("keys", at_most=MAX_KEYS, each=MAX_KEY_NAME)
    if not keys:
        unreadable("there is no key")
    return keys


def _click(hand: SourceHand, fields: Fields, button: Button | None = None, count: int | None = None) -> None:
    """A click of this button so many times; None where the call's arguments say."""
    clicks = count or fields.whole("clicks", at_most=MAX_CLICKS)
    place, said = _place(hand, fields), button or _button(fields)
    hand.click(place, said, 1 if clicks is None else clicks, _seconds(fields, "interval"))


def _drag(hand: SourceHand, fields: Fields, to: Point) -> None:
    if fields.values.get("mouseDownUp") not in (None, True):
        unreadable("it drags without the button")
    hand.drag(to, _button(fields))


def _scroll(hand: SourceHand, fields: Fields, *, horizontal: bool) -> None:
    clicks = given(fields.number("clicks", at_most=MAX_NOTCHES), "clicks is missing")
    hand.scroll(int(clicks), horizontal, _place(hand, fields))


def _write(hand: SourceHand, fields: Fields) -> None:
    message = fields.values.get("message")
    if isinstance(message, list):
        hand.press(keys_of(message), 1, _seconds(fields, "interval"))
    else:
        hand.type(_text(fields, "message"))


def _press(hand: SourceHand, fields: Fields) -> None:
    times = fields.whole("presses", at_most=MAX_KEYS)
    if times is not None and times < 1:
        unreadable(f"{times} presses are none")
    hand.press(keys_of(fields.values.get("keys")), times or 1, _seconds(fields, "interval"))


def _sleep(hand: SourceHand, fields: Fields) -> None:
    name, seconds = fields.find("seconds", "secs")
    given(seconds, "seconds is missing")
    hand.wait(_seconds(fields, name))


def _place(hand: SourceHand, fields: Fields) -> Point | None:
    """The call's `x` and `y`; one alone keeps the pointer's other. Fractions of a pixel are cut off."""
    across, down = _both(fields, "x", "y")
    if across is None and down is None:
        return None
    if across is None or down is None:
        pointer = given(hand.pointer, _NOWHERE)
        across, down = pointer.x if across is None else across, pointer.y if down is None else down
    if hand.of_one:
        return Point(across, down)
    if max(abs(across), abs(down)) <= 1 and any(isinstance(one, float) and 0 < one < 1 for one in (across, down)):
        unreadable("x and y are fractions, not pixels")
    return Point(int(across), int(down))


def _place_there(hand: SourceHand, fields: Fields) -> Point:
    return given(_place(hand, fields), _NOWHERE)


def _offset(hand: SourceHand, fields: Fields) -> Point:
    """Where the pointer is, moved by the call's offsets."""
    across, down = _both(fields, "xOffset", "yOffset")
    pointer = given(hand.pointer, _NOWHERE)
    return Point(pointer.x + int(across or 0), pointer.y + int(down or 0))


def _both(fields: Fields, x: str, y: str) -> tuple[float | None, float | None]:
    """The call's two coordinates of these names; the first may be a list of both."""
    pair = fields.values.get(x)
    if isinstance(pair, list):
        if len(pair) != 2 or fields.values.get(y) is not None:
            unreadable(f"{x} is a list that is no place")
        fields = Fields({x: pair[0], y: pair[1]})
    return fields.number(x, at_most=MAX_COORDINATE), fields.number(y, at_most=MAX_COORDINATE)


def _button(fields: Fields) -> Button:
    value = fields.values.get("button")
    name = value.lower() if isinstance(value, str) else value
    return given(_BUTTONS.get(name) if isinstance(name, str | int | None) else None, "there is no such button")


def _seconds(fields: Fields, name: str) -> float:
    seconds = fields.number(name, at_most=MAX_WAIT) or 0.0
    if seconds < 0:
        unreadable(f"{name} is negative")
    return seconds


def _text(fields: Fields, name: str) -> str:
    return given(fields.text(name, at_most=MAX_TEXT), f"{name} is missing")


def _key(fields: Fields) -> str:
    return given(fields.text("key", at_most=MAX_KEY_NAME) or None, "there is no key")


_REST = "logScreenshot _pause"
_TIMED = f"duration tween {_REST}"
_DRAGGED = f"duration tween button {_REST} mouseDownUp"

_PYAUTOGUI: dict[str, tuple[str, Doing]] = {
    "click": (f"x y clicks interval button {_TIMED}", _click),
    "leftClick": (f"x y interval {_TIMED}", partial(_click, button="left")),
    "rightClick": (f"x y interval {_TIMED}", partial(_click, button="right")),
    "middleClick": (f"x y interval {_TIMED}", partial(_click, button="middle")),
    "doubleClick": (f"x y interval button {_TIMED}", partial(_click, count=2)),
    "tripleClick": (f"x y interval button {_TIMED}", partial(_click, count=3)),
    "moveTo": (f"x y {_TIMED}", lambda hand, fields: hand.move(_place_there(hand, fields))),
    "move moveRel": (f"xOffset yOffset {_TIMED}", lambda hand, fields: hand.move(_offset(hand, fields))),
    "dragTo": (f"x y {_DRAGGED}", lambda hand, fields: _drag(hand, fields, _place_there(hand, fields))),
    "drag dragRel": (f"xOffset yOffset {_DRAGGED}", lambda hand, fields: _drag(hand, fields, _offset(hand, fields))),
    "mouseDown": (f"x y button {_TIMED}", lambda hand, fields: hand.mouse_down(_place(hand, fields), _button(fields))),
    "mouseUp": (f"x y button {_TIMED}", lambda hand, fields: hand.mouse_up(_place(hand, fields), _button(fields))),
    "scroll vscroll": (f"clicks x y {_REST}", partial(_scroll, horizontal=False)),
    "hscroll": (f"clicks x y {_REST}", partial(_scroll, horizontal=True)),
    "write typewrite": (f"message interval {_REST}", _write),
    "press": (f"keys presses interval {_REST}", _press),
    "keyDown": (f"key {_REST}", lambda hand, fields: hand.key_down(_key(fields))),
    "keyUp": (f"key {_REST}", lambda hand, fields: hand.key_up(_key(fields))),
    "sleep": ("seconds", _sleep),
}
"""The names of a call, its parameters, in pyautogui's own order (0.9.54), and what it does; `hotkey` takes any number of keys."""

CALLS: dict[str, tuple[tuple[str, ...], Doing]] = {
    **{
        f"pyautogui.{name}": (tuple(parameters.split()), do)
        for names, (parameters, do) in _PYAUTOGUI.items()
        for name in names.split()
    },
    "time.sleep": (("secs",), _sleep),
    "pyperclip.copy": (("text",), lambda hand, fields: hand.copy(_text(fields, "text"))),
}
"""Each call's parameters, and what it does."""
