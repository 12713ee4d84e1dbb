"""What each call of pyautogui, time and pyperclip has as parameters, and what the hand does for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from coasty_desk.core.actions import Button, Point
from coasty_desk.wire.canonical_actions import MAX_CLICKS, MAX_KEY_NAME, MAX_KEYS, MAX_NOTCHES, MAX_TEXT, MAX_WAIT
from coasty_desk.wire.json_fields import MAX_COORDINATE, Fields, UnreadableError
from coasty_desk.wire.source_hand import SourceHand

Doing: TypeAlias = Callable[[SourceHand, Fields], None]

_BUTTONS: dict[object, Button] = {
    "left": "left",
    "middle": "middle",
    "right": "right",
    "primary": "left",
    "secondary": "right",
    1: "left",
    2: "middle",
    3: "right",
}


def keys_of(value: object) -> tuple[str, ...]:
    """The names of keys in a string, a list of strings, or a list of one list. Raises UnreadableError."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    keys = Fields({"keys": value}).texts("keys", at_most=MAX_KEYS, each=MAX_KEY_NAME)
    if not keys:
        msg = "there is no key"
        raise UnreadableError(msg)
    return keys


def _clicking(button: Button | None, count: int | None) -> Doing:
    """A click of this button so many times; None where the call's arguments say."""

    def click(hand: SourceHand, fields: Fields) -> None:
        clicks = fields.whole("clicks", at_most=MAX_CLICKS) if count is None else count
        said = _button(fields) if button is None else button
        hand.click(_place(hand, fields), said, 1 if clicks is None else clicks, _seconds(fields, "interval"))

    return click


def _move_to(hand: SourceHand, fields: Fields) -> None:
    hand.move(_known(_place(hand, fields)))


def _move_by(hand: SourceHand, fields: Fields) -> None:
    hand.move(_offset(hand, fields))


def _drag_to(hand: SourceHand, fields: Fields) -> None:
    _one_stroke(fields)
    hand.drag(_known(_place(hand, fields)), _button(fields))


def _drag_by(hand: SourceHand, fields: Fields) -> None:
    _one_stroke(fields)
    hand.drag(_offset(hand, fields), _button(fields))


def _mouse_down(hand: SourceHand, fields: Fields) -> None:
    hand.mouse_down(_place(hand, fields), _button(fields))


def _mouse_up(hand: SourceHand, fields: Fields) -> None:
    hand.mouse_up(_place(hand, fields), _button(fields))


def _scrolling(*, horizontal: bool) -> Doing:
    def scroll(hand: SourceHand, fields: Fields) -> None:
        clicks = fields.number("clicks", at_most=MAX_NOTCHES)
        if clicks is None:
            msg = "clicks is missing"
            raise UnreadableError(msg)
        hand.scroll(int(clicks), horizontal, _place(hand, fields))

    return scroll


def _write(hand: SourceHand, fields: Fields) -> None:
    message = fields.values.get("message")
    if isinstance(message, list):
        hand.press(keys_of(message), 1, _seconds(fields, "interval"))
    else:
        hand.type(_text(fields, "message"))


def _press(hand: SourceHand, fields: Fields) -> None:
    times = fields.whole("presses", at_most=MAX_KEYS)
    if times is not None and times < 1:
        msg = f"{times} presses are none"
        raise UnreadableError(msg)
    hand.press(keys_of(fields.values.get("keys")), times or 1, _seconds(fields, "interval"))


def _key_down(hand: SourceHand, fields: Fields) -> None:
    hand.key_down(_key(fields))


def _key_up(hand: SourceHand, fields: Fields) -> None:
    hand.key_up(_key(fields))


def _sleep(hand: SourceHand, fields: Fields) -> None:
    name = "secs" if "secs" in fields.values else "seconds"
    if fields.values.get(name) is None:
        msg = "seconds is missing"
        raise UnreadableError(msg)
    hand.wait(_seconds(fields, name))


def _copy(hand: SourceHand, fields: Fields) -> None:
    hand.copy(_text(fields, "text"))


def _place(hand: SourceHand, fields: Fields) -> Point | None:
    """The call's `x` and `y`, or both in `x`; one alone keeps the pointer's other. Fractions of a pixel are cut off."""
    x = fields.values.get("x")
    if isinstance(x, list):
        if len(x) != 2 or fields.values.get("y") is not None:
            msg = "x is a list that is no place"
            raise UnreadableError(msg)
        fields = Fields({"x": x[0], "y": x[1]})
    across, down = (fields.number(axis, at_most=MAX_COORDINATE) for axis in ("x", "y"))
    if across is None and down is None:
        return None
    if across is None or down is None:
        pointer = _known(hand.pointer)
        across, down = pointer.x if across is None else across, pointer.y if down is None else down
    if _fraction(across) and _fraction(down):
        msg = "x and y are fractions, not pixels"
        raise UnreadableError(msg)
    return Point(int(across), int(down))


def _fraction(value: float) -> bool:
    return isinstance(value, float) and 0 < value < 1


def _offset(hand: SourceHand, fields: Fields) -> Point:
    """Where the pointer is, moved by the call's offsets."""
    x, y = fields.values.get("xOffset"), fields.values.get("yOffset")
    if isinstance(x, list) and len(x) == 2 and y is None:
        fields = Fields({"xOffset": x[0], "yOffset": x[1]})
    across, down = (fields.number(axis, at_most=MAX_COORDINATE) or 0 for axis in ("xOffset", "yOffset"))
    pointer = _known(hand.pointer)
    return Point(pointer.x + int(across), pointer.y + int(down))


def _known(point: Point | None) -> Point:
    if point is None:
        msg = "it is not known where the pointer is"
        raise UnreadableError(msg)
    return point


def _button(fields: Fields) -> Button:
    value = fields.values.get("button")
    if value is None:
        return "left"
    name = value.lower() if isinstance(value, str) else value
    if not isinstance(name, str | int) or name not in _BUTTONS:
        msg = "there is no such button"
        raise UnreadableError(msg)
    return _BUTTONS[name]


def _one_stroke(fields: Fields) -> None:
    if fields.values.get("mouseDownUp") not in (None, True):
        msg = "it drags without the button"
        raise UnreadableError(msg)


def _seconds(fields: Fields, name: str) -> float:
    seconds = fields.number(name, at_most=MAX_WAIT) or 0.0
    if seconds < 0:
        msg = f"{name} is negative"
        raise UnreadableError(msg)
    return seconds


def _text(fields: Fields, name: str) -> str:
    text = fields.text(name, at_most=MAX_TEXT)
    if text is None:
        msg = f"{name} is missing"
        raise UnreadableError(msg)
    return text


def _key(fields: Fields) -> str:
    key = fields.text("key", at_most=MAX_KEY_NAME)
    if not key:
        msg = "there is no key"
        raise UnreadableError(msg)
    return key


_REST = ("logScreenshot", "_pause")
_TIMED = ("duration", "tween", *_REST)
_CLICKED = ("x", "y", "interval", *_TIMED)
_CLICKED_WITH = ("x", "y", "interval", "button", *_TIMED)
_HELD = ("x", "y", "button", *_TIMED)
_MOVED_BY = ("xOffset", "yOffset", *_TIMED)
_DRAGGED = ("duration", "tween", "button", *_REST, "mouseDownUp")
_TYPED = ("message", "interval", *_REST)
_TURNED = ("clicks", "x", "y", *_REST)

CALLS: dict[str, tuple[tuple[str, ...], Doing]] = {
    "pyautogui.click": (("x", "y", "clicks", "interval", "button", *_TIMED), _clicking(None, None)),
    "pyautogui.leftClick": (_CLICKED, _clicking("left", 1)),
    "pyautogui.rightClick": (_CLICKED, _clicking("right", 1)),
    "pyautogui.middleClick": (_CLICKED, _clicking("middle", 1)),
    "pyautogui.doubleClick": (_CLICKED_WITH, _clicking(None, 2)),
    "pyautogui.tripleClick": (_CLICKED_WITH, _clicking(None, 3)),
    "pyautogui.moveTo": (("x", "y", *_TIMED), _move_to),
    "pyautogui.move": (_MOVED_BY, _move_by),
    "pyautogui.moveRel": (_MOVED_BY, _move_by),
    "pyautogui.dragTo": (("x", "y", *_DRAGGED), _drag_to),
    "pyautogui.drag": (("xOffset", "yOffset", *_DRAGGED), _drag_by),
    "pyautogui.dragRel": (("xOffset", "yOffset", *_DRAGGED), _drag_by),
    "pyautogui.mouseDown": (_HELD, _mouse_down),
    "pyautogui.mouseUp": (_HELD, _mouse_up),
    "pyautogui.scroll": (_TURNED, _scrolling(horizontal=False)),
    "pyautogui.vscroll": (_TURNED, _scrolling(horizontal=False)),
    "pyautogui.hscroll": (_TURNED, _scrolling(horizontal=True)),
    "pyautogui.write": (_TYPED, _write),
    "pyautogui.typewrite": (_TYPED, _write),
    "pyautogui.press": (("keys", "presses", "interval", *_REST), _press),
    "pyautogui.keyDown": (("key", *_REST), _key_down),
    "pyautogui.keyUp": (("key", *_REST), _key_up),
    "pyautogui.sleep": (("seconds",), _sleep),
    "time.sleep": (("secs",), _sleep),
    "pyperclip.copy": (("text",), _copy),
}
"""Each call's parameters, in pyautogui's own order (0.9.54), and what it does; `hotkey` takes any number of keys."""
