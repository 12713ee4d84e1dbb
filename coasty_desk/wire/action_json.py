"""Actions as the service writes them (API.md §3) to the closed union of `core.actions`, and back.

Both published dialects are read; the canonical one is written. What cannot be read without a
guess becomes a `Refusal` that says why.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import (
    BUTTONS,
    Action,
    Button,
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
from coasty_desk.core.keys.chords import UnknownKey
from coasty_desk.wire import pyautogui_source
from coasty_desk.wire.canonical_actions import (
    MAX_CLICKS,
    MAX_CODE,
    MAX_HELD,
    MAX_KEY_NAME,
    MAX_KEYS,
    MAX_NOTCHES,
    MAX_TEXT,
    MAX_WAIT,
    check_text,
    encode,
    encode_verdict,
    split_keys,
)
from coasty_desk.wire.json_fields import Fields, UnreadableError, glimpse, short, sound

__all__ = ["Decoded", "decode", "encode", "encode_verdict", "recall", "split_keys"]


class Decoded(Struct, frozen=True):
    """What one entry of an answer's `actions` says.

    `actions` are to be carried out in order, a `Refusal` standing for what could not be read;
    then `verdict` holds (`done` and `fail` are verdicts). `reason` is what a `fail` gave as its.
    """

    actions: tuple[Action | Refusal, ...] = ()
    verdict: Verdict = Verdict.CONTINUE
    reason: str = ""


def decode(item: object) -> Decoded:
    """Read one `{"action_type", "params"}` entry, JSON of any shape. Never raises."""
    try:
        fields = Fields.of(item, "the action")
        name = fields.text("action_type", at_most=MAX_KEY_NAME)
        if name is None:
            return _refused(item, "it has no action_type")
        if name in _VERDICTS:
            return Decoded(verdict=_VERDICTS[name], reason=_reason(fields.values.get("params")))
        params = Fields.of(fields.values.get("params"), "params")
        if name == "raw":
            return _raw(params)
        reader = _READERS.get(name)
        if reader is None:
            return _refused(item, "there is no such type of action")
        action = reader(params)
    except pyautogui_source.SourceRefused as error:
        return _refused(item, str(error), error.by)
    except UnknownKey as unknown:
        return _refused(item, short(str(unknown), 200), "keys")
    except UnreadableError as error:
        return _refused(item, str(error))
    if isinstance(action, Click) and action.point is None:
        return _refused(item, "x and y are missing")
    return Decoded((action,))


def recall(item: object) -> Action:
    """The action that `encode` wrote. Raises UnreadableError for anything else, UnknownKey for one that an earlier version took."""
    fields = Fields.of(item, "the action")
    reader = _OURS.get(fields.text("action_type", at_most=MAX_KEY_NAME) or "")
    if reader is None:
        msg = "there is no such type of action"
        raise UnreadableError(msg)
    return reader(Fields.of(fields.values.get("params"), "params"))


def _refused(item: object, why: str, by: str = "wire") -> Decoded:
    named = isinstance(item, dict) and isinstance(item.get("action_type"), str)
    words = glimpse(item["action_type"], 40).strip("'\"") if isinstance(item, dict) and named else "an action"
    given = item.get("params") if isinstance(item, dict) and named else item
    if given:
        words = f"{words} {glimpse(given)}"
    return Decoded((Refusal(words, by, why),))


def _reason(params: object) -> str:
    reason = params.get("reason") if isinstance(params, dict) else None
    return sound(reason[:MAX_TEXT]) if isinstance(reason, str) else ""


def _raw(params: Fields) -> Decoded:
    """Code is read, where every statement of it is understood, and never executed."""
    code = params.text("code", at_most=MAX_CODE)
    if code is None:
        msg = "code is missing"
        raise UnreadableError(msg)
    parsed = pyautogui_source.parse(code)
    return Decoded(parsed.actions, parsed.verdict)


def _click(params: Fields) -> Action:
    point = params.point(("x",), ("y",))
    return Click(point, _button(params), _count(params), _modifiers(params))


def _move(params: Fields) -> Action:
    return Move(_there(params.point(("x",), ("y",)), "x and y"))


def _drag(params: Fields) -> Action:
    start = params.point(("x1", "from_x"), ("y1", "from_y"))
    end = _there(params.point(("x2", "to_x"), ("y2", "to_y")), "x2 and y2")
    return Drag(start, end, _button(params), _modifiers(params))


_WAYS = {"up": ("vertical", 1), "down": ("vertical", -1), "right": ("horizontal", 1), "left": ("horizontal", -1)}


def _scroll(params: Fields) -> Action:
    point, held = params.point(("x",), ("y",)), _modifiers(params)
    direction = params.text("direction", at_most=MAX_KEY_NAME)
    clicks = params.whole("clicks", at_most=MAX_NOTCHES)
    amount = params.whole("amount", at_most=MAX_NOTCHES)
    if clicks is not None and direction in (None, "vertical", "horizontal"):
        return Scroll(clicks, "horizontal" if direction == "horizontal" else "vertical", point, held)
    if direction is None and amount is not None:
        direction = "down"
    if direction is None:
        msg = "clicks is missing"
        raise UnreadableError(msg)
    if direction in ("vertical", "horizontal"):
        msg = f"direction is {direction}, and there are no signed clicks that say which way"
        raise UnreadableError(msg)
    if direction not in _WAYS:
        msg = f"direction is {glimpse(direction, 30)}, which is none"
        raise UnreadableError(msg)
    axis, sign = _WAYS[direction]
    magnitude = abs(next(n for n in (clicks, amount, 1) if n is not None))
    return Scroll(sign * magnitude, "horizontal" if axis == "horizontal" else "vertical", point, held)


def _type_text(params: Fields) -> Action:
    text = params.text("text", at_most=MAX_TEXT)
    if text is None:
        msg = "text is missing"
        raise UnreadableError(msg)
    return TypeText(check_text(text))


def _key_press(params: Fields) -> Action:
    return PressKeys(_keys(params, MAX_KEYS))


def _key_combo(params: Fields) -> Action:
    keys = tuple(key for name in _keys(params, MAX_HELD) for key in split_keys(name))
    if len(keys) > MAX_HELD:
        msg = f"{len(keys)} keys at once are more than {MAX_HELD}"
        raise UnreadableError(msg)
    return KeyCombo(keys)


def _wait(params: Fields) -> Action:
    seconds = params.number("seconds", at_most=MAX_WAIT)
    if seconds is None:
        milliseconds = params.number("ms", at_most=MAX_WAIT * 1000)
        seconds = 1.0 if milliseconds is None else milliseconds / 1000
    if seconds < 0:
        msg = f"{seconds:g} seconds cannot be waited"
        raise UnreadableError(msg)
    return Wait(seconds)


def _our_drag(params: Fields) -> Action:
    drag, way = _drag(params), params.values.get("via", [])
    if not isinstance(way, list):
        msg = "via is no list"
        raise UnreadableError(msg)
    places = (Fields.of(place, "via").point(("x",), ("y",)) for place in way)
    return replace(drag, via=tuple(_there(place, "via's x and y") for place in places))


def _hold_keys(params: Fields) -> Action:
    seconds = params.number("seconds", at_most=MAX_WAIT)
    if seconds is None or seconds < 0:
        msg = "there are no seconds to hold the keys for"
        raise UnreadableError(msg)
    return HoldKeys(_keys(params, MAX_HELD), seconds=seconds)


def _launch(params: Fields) -> Action:
    name = params.text("name", at_most=MAX_TEXT)
    if not name:
        msg = "name is missing"
        raise UnreadableError(msg)
    return Launch(name, params.text("entry", at_most=MAX_TEXT) or "")


def _there(point: Point | None, names: str) -> Point:
    if point is None:
        msg = f"{names} are missing"
        raise UnreadableError(msg)
    return point


def _button(params: Fields) -> Button:
    said = params.text("button", at_most=MAX_KEY_NAME)
    # An unknown button is the left one (API.md §3); spelling in capitals is not unknown.
    return next((button for button in BUTTONS if said is not None and said.strip().lower() == button), "left")


def _count(params: Fields) -> int:
    count = params.whole("clicks", at_most=MAX_CLICKS)
    return 1 if count is None else max(1, count)


def _modifiers(params: Fields) -> tuple[str, ...]:
    return params.texts("modifiers", at_most=MAX_HELD, each=MAX_KEY_NAME) or ()


def _keys(params: Fields, at_most: int) -> tuple[str, ...]:
    keys = params.texts("keys", "key", at_most=at_most, each=MAX_KEY_NAME)
    if keys is None:
        msg = "keys is missing"
        raise UnreadableError(msg)
    if not keys:
        msg = "keys is empty"
        raise UnreadableError(msg)
    return keys


_READERS: dict[str, Callable[[Fields], Action]] = {
    "click": _click,
    "move": _move,
    "drag": _drag,
    "scroll": _scroll,
    "type_text": _type_text,
    "type": _type_text,
    "key_press": _key_press,
    "key_combo": _key_combo,
    "wait": _wait,
}
_OURS = {**_READERS, "drag": _our_drag, "hold_keys": _hold_keys, "look": lambda _params: Look(), "launch": _launch}
"""What our own journal may say besides: no answer of the service starts a program."""

_VERDICTS = {"done": Verdict.DONE, "fail": Verdict.FAIL}
