"""What has been typed so far, as text: over several actions, with the edits in between. Pure.

A text may be typed in pieces, key by key, or first wrongly and then put right; who judges
typed text judges what stands there in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Click, Drag, KeyCombo, PressKeys, Scroll, TypeText

KEPT = 4000
"""So many characters of what was typed are remembered."""

Strokes: TypeAlias = Callable[[PressKeys | KeyCombo], tuple[tuple[str, ...], ...]]
"""Reads an action's key names into canonical ones: what is pressed together, one after the other. Raises ValueError."""

CONTROL: dict[str, str] = {
    "\n": "enter",
    "\r": "enter",
    "\t": "tab",
    "\b": "backspace",
    "\x1b": "esc",
    "\x7f": "delete",
}
"""The keys that control characters in a typed text are."""

_WRITES = {"enter": "\n", "tab": "\t", "space": " ", "add": "+", "subtract": "-", "multiply": "*", "divide": "/"} | {
    "decimal": ".",
    **{f"num{n}": str(n) for n in range(10)},
}
_SHIFT = {"shift", "shiftright"}
_CTRL = {"ctrl", "ctrlright"}
_IN_A_SHELL = {
    "j": "enter",
    "m": "enter",
    "h": "backspace",
    "i": "tab",
    "a": "home",
    "e": "end",
    "b": "left",
    "f": "right",
    "d": "delete",
    "[": "esc",
}
"""What Control and a letter are where a shell reads the keys."""


class Typed(Struct, frozen=True):
    """`said` is all that was typed in order, edits left out; `before` and `after` the cursor is what that left standing."""

    said: str = ""
    before: str = ""
    after: str = ""

    @property
    def readings(self) -> tuple[str, ...]:
        """What the text may be: as it stands, and as it was typed."""
        return (self.before + self.after, self.said)

    @property
    def line(self) -> str:
        """The line that the cursor is in; just after Enter, the one that was sent."""
        head = self.before if self.after else self.before.removesuffix("\n")
        return head[head.rfind("\n") + 1 :] + self.after.split("\n")[0]

    def then(self, action: Action, strokes: Strokes) -> Typed:
        """With one more action done; an action that types nothing changes nothing."""
        typed = self
        match action:
            case TypeText(text):
                for piece in pieces(text):
                    typed = _pressed(typed, CONTROL[piece]) if piece in CONTROL else _written(typed, piece)
            case PressKeys() | KeyCombo():
                for stroke in strokes(action):
                    typed = _stroke(typed, stroke)
            case _:
                return self
        return typed

    def recent(self) -> Typed:
        """As much of it as is worth remembering."""
        return Typed(self.said[-KEPT:], self.before[-KEPT:], self.after[:KEPT])


def strokes_of(action: Action, strokes: Strokes) -> tuple[tuple[str, ...], ...]:
    """Every stroke of keys that the action makes; of a typed text the keys that are no characters. Raises ValueError."""
    match action:
        case PressKeys() | KeyCombo():
            return strokes(action)
        case Click(modifiers=held) | Drag(modifiers=held) | Scroll(modifiers=held):
            return strokes(KeyCombo(held)) if held else ()
        case TypeText(text):
            return tuple((CONTROL[character],) for character in text if character in CONTROL)
        case _:
            return ()


def pieces(text: str) -> Iterator[str]:
    """The text in pieces: each control character, and what lies between them."""
    start = 0
    for index, character in enumerate(text):
        if character in CONTROL:
            if index > start:
                yield text[start:index]
            yield character
            start = index + 1
    if start < len(text):
        yield text[start:]


def _stroke(typed: Typed, stroke: tuple[str, ...]) -> Typed:
    key, held = stroke[-1], set(stroke[:-1])
    if not held:
        return _pressed(typed, key)
    if held <= _SHIFT:
        return _pressed(typed, key.upper() if len(key) == 1 else key)
    if held <= _CTRL:
        return _in_a_shell(typed, key)
    return typed


def _in_a_shell(typed: Typed, key: str) -> Typed:
    if key in ("w", "backspace"):
        kept = typed.before.rstrip(" ")
        return replace(typed, before=kept[: max(kept.rfind(" "), kept.rfind("\n")) + 1])
    if key == "u":
        return replace(typed, before=typed.before[: typed.before.rfind("\n") + 1])
    if key == "k":
        return replace(typed, after=typed.after[typed.after.find("\n") :] if "\n" in typed.after else "")
    return _pressed(typed, _IN_A_SHELL.get(key, ""))


def _pressed(typed: Typed, key: str) -> Typed:
    before, after = typed.before, typed.after
    match key:
        case "enter":
            # Enter sends the whole line, wherever the cursor is in it
            return Typed(typed.said + "\n", before + after + "\n")
        case "backspace":
            return replace(typed, before=before[:-1])
        case "delete":
            return replace(typed, after=after[1:])
        case "left":
            return replace(typed, before=before[:-1], after=before[-1:] + after)
        case "right":
            return replace(typed, before=before + after[:1], after=after[1:])
        case "home":
            start = before.rfind("\n") + 1
            return replace(typed, before=before[:start], after=before[start:] + after)
        case "end":
            return replace(typed, before=before + after, after="")
    character = _WRITES.get(key, key)
    return _written(typed, character) if len(character) == 1 else typed


def _written(typed: Typed, text: str) -> Typed:
    return Typed(typed.said + text, typed.before + text, typed.after)
