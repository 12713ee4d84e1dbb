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
    split_keys,
)
from coasty_desk.wire.json_fields import Fields, UnreadableError, given, glimpse, short, text_of, unreadable


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
        name = given(fields.text("action_type", at_most=MAX_KEY_NAME), "it has no action_type")
        said = fields.values.get("params")
        if name in _VERDICTS:
            reason = said.get("reason") if isinstance(said, dict) else None
            return Decoded(verdict=_VERDICTS[name], reason=text_of(reason, MAX_TEXT))
        params = Fields.of(said, "params")
        if name == "raw":  # code is read, where every statement of it is understood, and never executed
            parsed = pyautogui_source.parse(given(params.text("code", at_most=MAX_CODE), "code is missing"))
            return Decoded(parsed.actions, parsed.verdict)
        action = given(_READERS.get(name), _NO_TYPE)(params)
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
    reader = given(_OURS.get(fields.text("action_type", at_most=MAX_KEY_NAME) or ""), _NO_TYPE)
    return reader(Fields.of(fields.values.get("params"), "params"))


_NO_TYPE = "there is no such type of action"


def _refused(item: object, why: str, by: str = "wire") -> Decoded:
    words, shown = "an action", item
    if isinstance(item, dict) and isinstance(item.get("action_type"), str):
        words, shown = glimpse(item["action_type"], 40).strip("'\""), item.get("params")
    return Decoded((Refusal(f"{words} {glimpse(shown)}" if shown else words, by, why),))


def _click(params: Fields) -> Action:
    count = max(1, params.whole("clicks", at_most=MAX_CLICKS) or 1)
    return Click(params.point(), _button(params), count, _modifiers(params))


def _drag(params: Fields) -> Drag:
    start = params.point(("x1", "from_x"), ("y1", "from_y"))
    end = given(params.point(("x2", "to_x"), ("y2", "to_y")), "x2 and y2 are missing")
    return Drag(start, end, _button(params), _modifiers(params))


_WAYS = {"up": ("vertical", 1), "down": ("vertical", -1), "right": ("horizontal", 1), "left": ("horizontal", -1)}


def _scroll(params: Fields) -> Action:
    point, held = params.point(), _modifiers(params)
    direction = params.text("direction", at_most=MAX_KEY_NAME)
    clicks = params.whole("clicks", at_most=MAX_NOTCHES)
    amount = params.whole("amount", at_most=MAX_NOTCHES)
    if clicks is not None and direction in (None, "vertical", "horizontal"):
        return Scroll(clicks, "horizontal" if direction == "horizontal" else "vertical", point, held)
    if direction is None and amount is not None:
        direction = "down"
    if direction is None:
        unreadable("clicks is missing")
    if direction in ("vertical", "horizontal"):
        unreadable(f"direction is {direction}, and there are no signed clicks that say which way")
    if direction not in _WAYS:
        unreadable(f"direction is {glimpse(direction, 30)}, which is none")
    axis, sign = _WAYS[direction]
    magnitude = abs(next(n for n in (clicks, amount, 1) if n is not None))
    return Scroll(sign * magnitude, "horizontal" if axis == "horizontal" else "vertical", point, held)


def _type_text(params: Fields) -> Action:
    return TypeText(check_text(given(params.text("text", at_most=MAX_TEXT), "text is missing")))


def _key_combo(params: Fields) -> Action:
    keys = tuple(key for name in _keys(params, MAX_HELD) for key in split_keys(name))
    if len(keys) > MAX_HELD:
        unreadable(f"{len(keys)} keys at once are more than {MAX_HELD}")
    return KeyCombo(keys)


def _wait(params: Fields) -> Action:
    seconds = params.number("seconds", at_most=MAX_WAIT)
    if seconds is None:
        milliseconds = params.number("ms", at_most=MAX_WAIT * 1000)
        seconds = 1.0 if milliseconds is None else milliseconds / 1000
    if seconds < 0:
        unreadable(f"{seconds:g} seconds cannot be waited")
    return Wait(seconds)


def _our_drag(params: Fields) -> Action:
    drag, way = _drag(params), params.values.get("via", [])
    if not isinstance(way, list):
        unreadable("via is no list")
    places = (Fields.of(place, "via").point() for place in way)
    return replace(drag, via=tuple(given(place, "via's x and y are missing") for place in places))


def _hold_keys(params: Fields) -> Action:
    seconds = params.number("seconds", at_most=MAX_WAIT)
    if seconds is None or seconds < 0:
        unreadable("there are no seconds to hold the keys for")
    return HoldKeys(_keys(params, MAX_HELD), seconds=seconds)


def _launch(params: Fields) -> Action:
    name = params.text("name", at_most=MAX_TEXT)
    if not name:
        unreadable("name is missing")
    return Launch(name, params.text("entry", at_most=MAX_TEXT) or "")


def _button(params: Fields) -> Button:
    said = (params.text("button", at_most=MAX_KEY_NAME) or "").strip().lower()
    # An unknown button is the left one (API.md §3); spelling in capitals is not unknown.
    return next((button for button in BUTTONS if button == said), "left")


def _modifiers(params: Fields) -> tuple[str, ...]:
    return params.texts("modifiers", at_most=MAX_HELD, each=MAX_KEY_NAME) or ()


def _keys(params: Fields, at_most: int) -> tuple[str, ...]:
    keys = given(params.texts("keys", "key", at_most=at_most, each=MAX_KEY_NAME), "keys is missing")
    if not keys:
        unreadable("keys is empty")
    return keys


_READERS: dict[str, Callable[[Fields], Action]] = {
    "click": _click,
    "move": lambda params: Move(given(params.point(), "x and y are missing")),
    "drag": _drag,
    "scroll": _scroll,
    "type_text": _type_text,
    "type": _type_text,
    "key_press": lambda params: PressKeys(_keys(params, MAX_KEYS)),
    "key_combo": _key_combo,
    "wait": _wait,
}
_OURS = {**_READERS, "drag": _our_drag, "hold_keys": _hold_keys, "look": lambda _params: Look(), "launch": _launch}
"""What our own journal may say besides: no answer of the service starts a program."""

_VERDICTS = {"done": Verdict.DONE, "fail": Verdict.FAIL}
