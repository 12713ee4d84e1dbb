"""What each call means, in whichever family's words: the one table from a name and its arguments to what the hand does."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn, TypeAlias

from msgspec import Struct

from coasty_desk.core.actions import Button, Point, Verdict
from coasty_desk.models.readers.written_calls import WrittenCall
from coasty_desk.wire.canonical_actions import MAX_HELD, MAX_KEY_NAME, MAX_NOTCHES, MAX_TEXT
from coasty_desk.wire.json_fields import MAX_COORDINATE, UnreadableError, glimpse
from coasty_desk.wire.source_hand import SourceHand

SCROLLED = 5
"""Notches of a scroll that names none: what UI-TARS' own executor turns."""

WAITED = 5.0
"""Seconds of a wait that names none, as in UI-TARS' and OpenCUA's own executors."""

LONGEST = 60.0
"""Seconds that a model may wait in one action: more is a slip."""

MOST_PLACES = 500
"""Of the path of one drag."""

MOST_REPEATS = 100
"""Presses of one key in one call."""


class CallWords(Struct):
    """What the calls say besides their input: how the task stands, what is asked, what the answer is."""

    verdict: Verdict = Verdict.CONTINUE
    question: str | None = None
    answer: str | None = None


Meaning: TypeAlias = Callable[[SourceHand, CallWords, Mapping[str, object]], None]


def carry_out(call: WrittenCall, hand: SourceHand, told: CallWords) -> None:
    """Have the hand do what the call means, or note what it tells. Raises UnreadableError for what has no meaning here."""
    meaning = MEANINGS.get(call.name.lower().rpartition(".")[2])
    if meaning is None:
        msg = f"there is no action {glimpse(call.name, 40)}"
        raise UnreadableError(msg)
    meaning(hand, told, call.arguments)


_TOKENS = re.compile(r"<[|/]?(?:box_start|box_end|bbox|point|box)\w*\|?>")
_NUMBERS = re.compile(r"[\s(\[,;]*(-?\d+(?:\.\d+)?)((?:[\s,;]+-?\d+(?:\.\d+)?)+)[\s)\],;]*")
_CORNERS = re.compile(r"\)[\s,;]*\(|\][\s,;]*\[")
_PLACES = (
    "start_box",
    "start_point",
    "point",
    "coordinate",
    "coordinates",
    "position",
    "point_2d",
    "box",
    "bbox",
    "bbox_2d",
    "0",
)
_ENDS = ("end_box", "end_point", "target", "to", "1")


def place_in(value: object) -> Point | None:
    """The place that a value names: two numbers, or four, which are a box and mean its centre; None for nothing at all.

    Raises UnreadableError for anything else.
    """
    if value is None:
        return None
    if isinstance(value, str):
        found = _NUMBERS.fullmatch(_CORNERS.sub(" ", _TOKENS.sub(" ", value[:400])))
        if found is None or len(value) > 400:
            _refuse(f"{glimpse(value, 40)} is no place")
        value = [float(number) for number in re.split(r"[\s,;]+", f"{found[1]} {found[2]}".strip())]
    if isinstance(value, list) and len(value) == 1:
        return place_in(value[0])
    if isinstance(value, list) and len(value) == 2 and all(isinstance(one, list) for one in value):
        value = [*value[0], *value[1]]
    if not isinstance(value, list) or len(value) not in (2, 4):
        _refuse(f"{glimpse(value, 40)} is no place")
    numbers = [_number(one) for one in value]
    half = len(numbers) // 2
    pairs = [numbers[axis::2] for axis in (0, 1)] if half == 2 else [[one] for one in numbers]
    x, y = (sum(ones) / len(ones) for ones in pairs)
    return Point(x, y)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        _refuse(f"{glimpse(value, 40)} is no number")
    try:
        number = float(value)
    except ValueError:
        _refuse(f"{glimpse(value, 40)} is no number")
    except OverflowError:
        _refuse("a number is too large")
    if not math.isfinite(number) or abs(number) > MAX_COORDINATE:
        _refuse(f"{glimpse(value, 40)} is too large")
    return number


def _place(
    given: Mapping[str, object], names: tuple[str, ...] = _PLACES, axes: tuple[str, str] = ("x", "y")
) -> Point | None:
    x, y = (given.get(axis) for axis in axes)
    if x is not None and y is not None:
        return Point(_number(x), _number(y))
    if (
        names is _PLACES
        and isinstance(given.get("0"), str | int | float)
        and given.get("1") is not None
        and "2" not in given
    ):
        first, second = given["0"], given["1"]
        if all(not isinstance(one, str) or re.fullmatch(r"-?\d+(\.\d+)?", one) for one in (first, second)):
            return Point(_number(first), _number(second))
    for name in names:
        if given.get(name) is not None:
            return place_in(given[name])
    return None


def _there(given: Mapping[str, object], names: tuple[str, ...] = _PLACES) -> Point:
    place = _place(given, names)
    if place is None:
        _refuse("there is no place")
    return place


def _text(given: Mapping[str, object], *names: str) -> str | None:
    for name in names:
        value = given.get(name)
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                _refuse(f"its text has {len(value)} characters, more than {MAX_TEXT}")
            return value.encode("utf-8", "replace").decode()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return None


def _clicking(button: Button, count: int) -> Meaning:
    def click(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
        place = None if given.get("at_pointer") is True else _there(given)
        said = _text(given, "button")
        with _held(hand, given):
            hand.click(place, button if said is None else _button(said), _whole(given, ("num_clicks", "clicks"), count))

    return click


@contextmanager
def _held(hand: SourceHand, given: Mapping[str, object]) -> Iterator[None]:
    """With the keys down that the call wants held meanwhile."""
    keys = _named_keys({"keys": given["modifiers"]}) if given.get("modifiers") else ()
    for key in keys:
        hand.key_down(key)
    yield
    for key in reversed(keys):
        hand.key_up(key)


def _button(said: str) -> Button:
    known: dict[str, Button] = {"left": "left", "right": "right", "middle": "middle", "wheel": "middle"}
    if said.lower() not in known:
        _refuse(f"there is no button {glimpse(said, 40)}")
    return known[said.lower()]


def _whole(given: Mapping[str, object], names: tuple[str, ...], default: int) -> int:
    for name in names:
        if given.get(name) is not None:
            return int(_number(given[name]))
    return default


def _move(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
    hand.move(_there(given))


def _drag(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
    """From a place to another, or along a path; with one place alone, from where the pointer is."""
    path = given.get("path")
    if isinstance(path, list) and len(path) > 1:
        first, *rest = [
            _there({"point": [one.get("x"), one.get("y")] if isinstance(one, dict) else one})
            for one in path[:MOST_PLACES]
        ]
        with _held(hand, given):
            hand.mouse_down(first, "left")
            for place in rest:
                hand.move(place)
            hand.mouse_up(None, "left")
        return
    end = _place(given, _ENDS, ("end_x", "end_y"))
    if end is None:
        start, end = _place(given, ("start_coordinate",)), _there(given)
    else:
        start = _place(given, ("start_coordinate", *_PLACES), ("start_x", "start_y"))
    with _held(hand, given):
        hand.press_and_move(start, end, _button(_text(given, "button") or "left"))


def _down(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
    hand.mouse_down(_place(given), _button(_text(given, "button") or "left"))


def _up(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
    hand.mouse_up(_place(given), _button(_text(given, "button") or "left"))


_WAYS = {"up": (1, False), "down": (-1, False), "right": (1, True), "left": (-1, True)}


def _scrolling(*, horizontal: bool) -> Meaning:
    def scroll(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
        place = _place(given, tuple(name for name in _PLACES if name != "0"))
        direction = _text(given, "direction", "scroll_direction")
        turned = _whole(given, ("pixels", "amount", "step", "steps", "clicks", "notches", "scroll_amount"), SCROLLED)
        if abs(turned) > MAX_NOTCHES:
            _refuse(f"{turned} notches are more than {MAX_NOTCHES}")
        if direction is None:
            if "pixels" not in given and "clicks" not in given and "amount" not in given:
                _refuse("it does not say which way")
            with _held(hand, given):
                hand.scroll(turned, horizontal, place)
            return
        if direction.lower() not in _WAYS:
            _refuse(f"there is no direction {glimpse(direction, 40)}")
        sign, across = _WAYS[direction.lower()]
        with _held(hand, given):
            hand.scroll(sign * abs(turned), across, place)

    return scroll


def _type(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
    text = _text(given, "content", "text", "value", "message", "0")
    if not text:
        _refuse("there is no text")
    if place := _place(given, tuple(name for name in _PLACES if name != "0")):
        hand.click(place, "left")
    if given.get("clear") in (True, "true", "True"):
        hand.combo(("ctrl", "a"))
        hand.press(("delete",))
    hand.type(text.replace("\r\n", "\n"))
    if given.get("press_enter") in (True, "true", "True"):
        hand.press(("enter",))


def _keys(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
    keys = _named_keys(given)
    for _ in range(min(max(_whole(given, ("repeat", "presses"), 1), 1), MOST_REPEATS)):
        hand.combo(keys)


def _key_down(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
    for key in _named_keys(given):
        hand.key_down(key)


def _key_up(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
    for key in reversed(_named_keys(given)):
        hand.key_up(key)


_LISTED = re.compile(r"(?:keys? ?= ?)?\[? ?(?:(['\"])([^'\"]*)\1|(?<=[=\[ ])([^'\"\[\]=]+))\]?")
"""A list, or a part of one, that was written into an entry of the list that it is: `keys=['ctrl'`."""


def _named_keys(given: Mapping[str, object]) -> tuple[str, ...]:
    """The keys that are held together: a list of them, or one text that joins them with spaces or `+`."""
    value = next((given[name] for name in ("keys", "key", "text", "content", "0") if given.get(name) is not None), None)
    several = value if isinstance(value, list) else [value]
    keys: list[str] = []
    for one in several:
        if not isinstance(one, str) or not one.strip() or len(one) > MAX_KEY_NAME:
            _refuse("there is no key")
        listed = _LISTED.fullmatch(one.strip())
        if listed is None and one.strip() == "]" and _LISTED.fullmatch(str(several[0]).strip()):
            continue
        keys.extend(_parted(one.strip() if listed is None else (listed[2] or listed[3] or "").strip()))
    if len(keys) > MAX_HELD:
        _refuse(f"{len(keys)} keys at once are more than {MAX_HELD}")
    return tuple(keys)


def _parted(text: str) -> list[str]:
    if len(text) < 2:
        return [text]
    parts = [part for part in re.split(r"\s*\+\s*|\s+", text) if part]
    return [*parts, "+"] if text.endswith("+") and len(text) > 1 else parts


def _hold(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
    seconds = _number(given.get("duration", 1))
    hand.hold(_named_keys(given), min(max(seconds, 0.0), LONGEST))


def _wait(hand: SourceHand, _told: CallWords, given: Mapping[str, object]) -> None:
    value = next((given[name] for name in ("seconds", "time", "duration", "0") if given.get(name) is not None), WAITED)
    seconds = _number(value)
    if seconds < 0:
        _refuse("a wait cannot be negative")
    hand.wait(min(seconds, LONGEST))


def _done(_hand: SourceHand, told: CallWords, given: Mapping[str, object]) -> None:
    told.verdict = Verdict.DONE
    told.answer = _text(given, "content", "answer", "text", "0") or told.answer


def _fail(_hand: SourceHand, told: CallWords, given: Mapping[str, object]) -> None:
    told.verdict = Verdict.FAIL
    told.answer = _text(given, "content", "answer", "text", "reason", "0") or told.answer


def _finish(hand: SourceHand, told: CallWords, given: Mapping[str, object]) -> None:
    """`finish(status="done"|"fail")` of our own functions, and `finished()` without."""
    _terminate(hand, told, given if "status" in given else {**given, "status": "done"})


def _terminate(hand: SourceHand, told: CallWords, given: Mapping[str, object]) -> None:
    status = (_text(given, "status", "0") or "success").strip().lower()
    if status in ("success", "succeeded", "done", "complete", "completed"):
        _done(hand, told, {name: value for name, value in given.items() if name != "0"})
    elif status in ("failure", "failed", "fail", "infeasible"):
        _fail(hand, told, {name: value for name, value in given.items() if name != "0"})
    else:
        _refuse(f"there is no status {glimpse(status, 40)}")


def _answer(_hand: SourceHand, told: CallWords, given: Mapping[str, object]) -> None:
    """What the model has found out; the end comes by itself."""
    told.answer = _text(given, "text", "answer", "content", "0")


def _ask(_hand: SourceHand, told: CallWords, given: Mapping[str, object]) -> None:
    told.verdict = Verdict.ASK
    told.question = _text(given, "question", "content", "text", "message", "0") or ""


def _look(hand: SourceHand, _told: CallWords, _given: Mapping[str, object]) -> None:
    hand.look()


MEANINGS: dict[str, Meaning] = {
    **dict.fromkeys(
        ("click", "left_click", "left_single", "click_absolute", "click_element", "tap"), _clicking("left", 1)
    ),
    **dict.fromkeys(("left_double", "double_click", "left_double_click", "doubleclick"), _clicking("left", 2)),
    **dict.fromkeys(("triple_click", "left_triple", "tripleclick"), _clicking("left", 3)),
    **dict.fromkeys(("right_single", "right_click", "rightclick"), _clicking("right", 1)),
    **dict.fromkeys(("middle_click", "middle_single", "middleclick"), _clicking("middle", 1)),
    **dict.fromkeys(("hover", "move", "move_to", "mouse_move", "moveto"), _move),
    **dict.fromkeys(("drag", "select", "left_click_drag", "left_drag", "drag_and_drop"), _drag),
    **dict.fromkeys(("mouse_down", "left_mouse_down", "mousedown"), _down),
    **dict.fromkeys(("mouse_up", "left_mouse_up", "mouseup"), _up),
    "scroll": _scrolling(horizontal=False),
    "hscroll": _scrolling(horizontal=True),
    **dict.fromkeys(("type", "write", "input_text", "type_text", "type_text_at"), _type),
    **dict.fromkeys(("hotkey", "key", "keypress", "press_key", "key_press", "key_combination"), _keys),
    **dict.fromkeys(("press", "keydown", "key_down"), _key_down),
    **dict.fromkeys(("release", "keyup", "key_up"), _key_up),
    "hold_key": _hold,
    **dict.fromkeys(("wait", "sleep"), _wait),
    **dict.fromkeys(("finished", "done"), _done),
    "finish": _finish,
    **dict.fromkeys(("fail", "infeasible", "error_env"), _fail),
    "terminate": _terminate,
    "answer": _answer,
    **dict.fromkeys(("call_user", "ask_user"), _ask),
    **dict.fromkeys(("screenshot", "take_screenshot", "cursor_position"), _look),
}
"""The families' names, in small letters; what is not here is refused."""


def _refuse(why: str) -> NoReturn:
    raise UnreadableError(why)
