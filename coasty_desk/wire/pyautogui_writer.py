"""Actions as pyautogui source: the inverse of `pyautogui_source.parse`, for harnesses that run such source on a machine of their own."""

from __future__ import annotations

from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    HoldKeys,
    KeyCombo,
    Move,
    Point,
    PressKeys,
    Scroll,
    TypeText,
    Wait,
)
from coasty_desk.core.keys.chords import Stroke


def to_pyautogui(action: Action) -> str:
    """Source that does the action, whose places are whole pixels; its lines want `pyautogui`, `time` and `pyperclip`.

    `parse(to_pyautogui(action), whole=True)` is the action, its keys by their canonical names; a chord of one key is
    a press of it. Raises ValueError for what pyautogui cannot do.
    """
    match action:
        case Click(point, button, count, modifiers):
            at = "" if point is None else f"{_at(point)}, "
            return _held(modifiers, f"pyautogui.click({at}clicks={count}, button={button!r})")
        case Move(point):
            return f"pyautogui.moveTo({_at(point)})"
        case Drag():
            return _held(action.modifiers, _drag(action))
        case Scroll(notches, axis, point, modifiers):
            name = "scroll" if axis == "vertical" else "hscroll"
            at = "" if point is None else f", {_at(point)}"
            return _held(modifiers, f"pyautogui.{name}({notches}{at})")
        case TypeText(text):
            return _typed(text)
        case PressKeys(strokes=strokes) if all(len(stroke) == 1 for stroke in strokes):
            return f"pyautogui.press({[stroke[0] for stroke in strokes]!r})"
        case HoldKeys(strokes=strokes, seconds=seconds):
            return _held(strokes[0], f"time.sleep({seconds!r})")
        case PressKeys(strokes=strokes) | KeyCombo(strokes=strokes):
            return "\n".join(f"pyautogui.hotkey({', '.join(map(repr, stroke))})" for stroke in strokes)
        case Wait(seconds):
            return f"time.sleep({seconds!r})"
        case _:
            msg = f"pyautogui has nothing for {type(action).__name__}"
            raise ValueError(msg)


def _at(point: Point) -> str:
    return f"x={round(point.x)}, y={round(point.y)}"


def _held(keys: Stroke, source: str) -> str:
    """With the keys down meanwhile."""
    down = [f"pyautogui.keyDown({key!r})" for key in keys]
    up = [f"pyautogui.keyUp({key!r})" for key in reversed(keys)]
    return "\n".join([*down, source, *up])


def _drag(drag: Drag) -> str:
    to_start = [] if drag.start is None else [f"pyautogui.moveTo({_at(drag.start)})"]
    if not drag.via:
        return "\n".join([*to_start, f"pyautogui.dragTo({_at(drag.end)}, button={drag.button!r})"])
    way = [f"pyautogui.moveTo({_at(point)})" for point in (*drag.via, drag.end)]
    down, up = (f"pyautogui.mouse{what}(button={drag.button!r})" for what in ("Down", "Up"))
    return "\n".join([*to_start, down, *way, up])


def _typed(text: str) -> str:
    """Its own typing knows the keys of ASCII alone, and leaves the rest out without a word: that goes by the clipboard."""
    if text.isascii():
        return f"pyautogui.write({text!r})"
    return f"pyperclip.copy({text!r})\npyautogui.hotkey('ctrl', 'v')"
