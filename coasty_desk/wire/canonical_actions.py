"""The canonical form of an action on the wire (API.md §3): `{"action_type", "params"}`, and the caps on what is read."""

from __future__ import annotations

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
from coasty_desk.wire.json_fields import glimpse, unreadable

MAX_CLICKS = 100
MAX_NOTCHES = 10_000
MAX_WAIT = 3600.0
MAX_TEXT = 50_000
MAX_KEYS = 1000
MAX_HELD = 8
MAX_KEY_NAME = 64
MAX_CONTROLS = 1000
"""Tabs, backspaces and the like in one text."""
MAX_LINES = 2000
"""Lines in one text."""
MAX_CODE = 50_000
"""Caps where a person at the desk would otherwise watch a runaway for minutes; API.md names none of them,
but the last, which is its own for pyautogui source (API.md §2.4)."""


def encode(action: Action) -> dict[str, object]:
    """The canonical `{"action_type", "params"}` of API.md §3; whole numbers as integers.

    Beyond it: `modifiers`, where keys are held meanwhile, a click without `x` and `y` for one
    where the pointer is, a drag's `via`, and `hold_keys`, `look` and `launch`, which the service has not.
    """
    match action:
        case Click(point, button, count, modifiers):
            params = {**_at(point), "button": button, "clicks": count, **_held(modifiers)}
            return _entry("click", params)
        case Move(point):
            return _entry("move", _at(point))
        case Drag(start, end, button, modifiers, via):
            params = {**_at(start, "x1", "y1"), **_at(end, "x2", "y2"), "button": button, **_held(modifiers)}
            return _entry("drag", {**params, "via": [_at(point) for point in via]} if via else params)
        case Scroll(notches, axis, point, modifiers):
            return _entry("scroll", {"clicks": notches, "direction": axis, **_at(point), **_held(modifiers)})
        case TypeText(text):
            return _entry("type_text", {"text": text})
        case PressKeys(keys):
            return _entry("key_press", {"keys": list(keys)})
        case HoldKeys(keys, seconds=seconds):
            return _entry("hold_keys", {"keys": list(keys), "seconds": _number(seconds)})
        case KeyCombo(keys):
            return _entry("key_combo", {"keys": list(keys)})
        case Wait(seconds):
            return _entry("wait", {"seconds": _number(seconds)})
        case Look():
            return _entry("look", {})
        case Launch(name, entry):
            return _entry("launch", {"name": name, "entry": entry})


def check_text(text: str) -> str:
    """The text, where it is one that a person could watch being typed. Raises UnreadableError."""
    lines = text.count("\n") + text.count("\r")
    controls = sum(map(text.count, "\t\b\x1b\x7f"))
    for many, most, what in ((lines, MAX_LINES, "lines"), (controls, MAX_CONTROLS, "tabs and other keys in it")):
        if many > most:
            unreadable(f"the text has {many} {what}, more than {most}")
    return text


def split_keys(text: str) -> tuple[str, ...]:
    """`ctrl+c` -> ("ctrl", "c"); a lone or trailing `+` is the plus key (API.md §3). Raises UnreadableError."""
    if text == "+":
        return ("+",)
    trailing = text.endswith("+")
    parts = [part.strip() or part for part in text.removesuffix("+").removesuffix("+").split("+")]
    if not all(parts):
        unreadable(f"{glimpse(text, 40)} is no combination of keys")
    return (*parts, *(["+"] if trailing else []))


def _entry(action_type: str, params: dict[str, object]) -> dict[str, object]:
    return {"action_type": action_type, "params": params}


def _at(point: Point | None, x: str = "x", y: str = "y") -> dict[str, object]:
    return {} if point is None else {x: _number(point.x), y: _number(point.y)}


def _held(modifiers: tuple[str, ...]) -> dict[str, object]:
    return {"modifiers": list(modifiers)} if modifiers else {}


def _number(value: float) -> float:
    return int(value) if value == int(value) else value
