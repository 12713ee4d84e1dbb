"""What has been typed so far, as text: over several actions, with the edits in between. Pure.

A text may be typed in pieces, key by key, or first wrongly and then put right; who judges
typed text judges what stands there in the end. What a key does is followed as a shell takes it.
Where another toolkit may take it otherwise, the caret may be anywhere from then on (`pieces`);
where a terminal may bring in text that nobody typed, the line is unknown (`lost`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Click, Drag, KeyCombo, PressKeys, TypeText
from coasty_desk.core.keys.chords import Stroke
from coasty_desk.core.keys.key_names import CONTROL, MODIFIERS
from coasty_desk.core.typed_text.editing_keys import Does, of_stroke, writes

KEPT = 4000
"""So many characters of what was typed are remembered."""

MUCH = 1000
"""Characters that a key may take away which takes away a word, or what is selected: as many as there are."""

Step: TypeAlias = str | Stroke | Click | Drag
"""Text that is written in one go, a stroke of one key with what is held, or a gesture that may move the caret."""

_CONTROL_CHARACTER = re.compile(f"([{re.escape(''.join(CONTROL))}])")
_RECALLS = re.compile(r"!(?![\s=\"]|$)|^\^|\bfc(?![\w-])")
"""What a shell takes a line of its history for: `!!`, `!rm`, `^a^b`, `fc`."""


class Typed(Struct, frozen=True):
    """`said` is all that was typed in order, edits left out; `before` and `after` the cursor is what that left standing.

    `pieces`: what was typed, cut wherever the caret may have been moved to another place; empty
    while it is followed exactly. `erased`: so many characters may have been taken away since, no
    matter where; `shuffled`: what stands there may have changed its order. `lost`: the key, or what else happened, after
    which a terminal's line is unknown, `away`: since then it may be another window's. `quoted`: what is pressed next
    may be text to it.
    """

    said: str = ""
    before: str = ""
    after: str = ""
    pieces: tuple[str, ...] = ()
    erased: int = 0
    shuffled: bool = False
    selected: bool = False
    lost: str = ""
    away: bool = False
    quoted: bool = False

    @property
    def readings(self) -> tuple[str, ...]:
        """What the text may be: as it stands, and as it was typed."""
        return (self.before + self.after, self.said)

    @property
    def line(self) -> str:
        """The line that the cursor is in; just after Enter, the one that was sent."""
        head = (self.before if self.after else self.before.removesuffix("\n")).replace("\\\n", "")
        return head[head.rfind("\n") + 1 :] + self.after.split("\n")[0]

    def unknown_sent(self, step: Step) -> str:
        """What has made the line unknown that a terminal would be sent by this step; empty where it sends none, or a known one."""
        if not isinstance(step, tuple):
            return ""
        # Ctrl+X Ctrl+E has it edited, and run when the editor ends
        edits = len(step) > 1 and step[-1] == "e" and self.lost in ("ctrl+x", "ctrlright+x")
        if not (of_stroke(step).commits or edits):
            return ""
        line = self.before[self.before.rfind("\n") + 1 :] + self.after.split("\n")[0]
        recalls = _RECALLS.search(line)
        return self.lost or (recalls[0] if recalls else "")

    def then(self, action: Action, terminal: bool | None = None) -> Typed:  # noqa: FBT001 - three answers
        """With one more action done; `terminal`: whether it goes to one, None where that cannot be told."""
        typed = self
        for step in steps(action):
            typed = typed.step(step, terminal)
        return typed

    def step(self, step: Step, terminal: bool | None = None) -> Typed:  # noqa: FBT001 - three answers
        """With one more step of an action done."""
        if isinstance(step, str):
            return _written(self, step)
        if isinstance(step, Click | Drag):
            return _gesture(self, step, terminal)
        does = of_stroke(step)
        typed = _moved(self) if does.moves else self
        typed = _edited(typed, does)
        # at the line's end some shells take what they propose for the rest of it
        takes = does.follow in ("right", "end") and not self.after
        if (does.loses or takes) and terminal is not False:
            lost = step[-1] if len(step) == 1 else "+".join(step)
            typed = replace(typed, lost=lost, away=False, quoted=typed.quoted or does.quotes)
        if does.abandons and terminal and not (typed.away or typed.quoted):
            typed = replace(typed, before=typed.before + typed.after + "\n", after="", lost="")
        if does.leaves:
            typed = replace(typed, away=True)
        return typed

    def elsewhere(self, since: str) -> Typed:
        """With the caret wherever it may be, and a terminal's line unknown: somebody else may have typed. `since` is what happened."""
        return replace(_moved(self), lost=since, away=False)

    def recent(self) -> Typed:
        """As much of it as is worth remembering."""
        pieces, left = [], KEPT
        for piece in reversed(self.pieces):
            if left > 0:
                pieces.append(piece[-left:])
                left -= len(piece) + 1
        return replace(
            self,
            said=self.said[-KEPT:],
            before=self.before[-KEPT:],
            after=self.after[:KEPT],
            pieces=tuple(reversed(pieces)),
        )


def steps(action: Action) -> Iterator[Step]:
    """What the action does to a text, one after the other; nothing for one that does nothing to it."""
    match action:
        case TypeText(text):
            for piece in pieces(text):
                yield (CONTROL[piece],) if piece in CONTROL else piece
        case PressKeys(strokes=strokes) | KeyCombo(strokes=strokes):
            yield from _merged(one for stroke in strokes for one in apart(stroke))
        case Click() | Drag():
            yield action


def brings(action: Action) -> str:
    """What a gesture is called that puts text where it ends which nobody typed; empty for another action."""
    if isinstance(action, Click | Drag) and action.button == "middle":
        return "a middle click"
    return "a drag" if isinstance(action, Drag) else ""


def apart(stroke: Stroke) -> Iterator[Stroke]:
    """Keys that are held together, as what each of them does: `s+u+d+o` writes four letters, `ctrl+k+u` is Ctrl+K and Ctrl+U."""
    held = tuple(key for key in stroke if key in MODIFIERS)
    keys = [key for key in stroke if key not in MODIFIERS]
    yield from ((*held, key) for key in keys)
    if not keys:
        yield held


def pieces(text: str) -> Iterator[str]:
    """The text in pieces: each control character, and what lies between them."""
    return filter(None, _CONTROL_CHARACTER.split(text))


def _merged(strokes: Iterator[Stroke]) -> Iterator[Step]:
    """Letters that are pressed one after the other are a text."""
    for written, row in groupby(strokes, lambda stroke: bool(writes(stroke))):
        together = list(row)
        yield from ["".join(map(writes, together))] if written else together


def _gesture(typed: Typed, gesture: Click | Drag, terminal: bool | None) -> Typed:  # noqa: FBT001 - three answers
    typed = replace(_moved(typed), away=True)
    if brings(gesture) and terminal is not False:
        typed = replace(typed, lost=brings(gesture))
    if isinstance(gesture, Drag):
        # what is selected may be dragged to another place
        return replace(typed, selected=True, shuffled=typed.shuffled or typed.selected)
    selects = gesture.count > 1 or not {"shift", "shiftright"}.isdisjoint(gesture.modifiers)
    return replace(typed, selected=selects)


def _moved(typed: Typed) -> Typed:
    """The caret may be anywhere: what is written next is a piece of its own."""
    if not typed.pieces:
        standing = typed.before + typed.after
        return replace(typed, pieces=(standing, "") if standing else ("",), erased=0)
    return typed if not typed.pieces[-1] else replace(typed, pieces=(*typed.pieces, ""))


def _edited(typed: Typed, does: Does) -> Typed:
    if does.writes:
        typed = _written(typed, does.writes)
    typed = replace(typed, selected=typed.selected or does.selects, shuffled=typed.shuffled or does.shuffles)
    if does.erases:
        typed = _erased(typed, does)
    return _followed(typed, does.follow)


def _erased(typed: Typed, does: Does) -> Typed:
    """What is taken away may have stood between two pieces."""
    much = does.erases > 1 or typed.selected
    typed = replace(typed, selected=False)
    if not typed.pieces:
        beside = typed.before if does.follow == "backspace" else typed.after
        if beside and not beside.endswith("\n") and not much:
            return typed  # it is followed exactly
        if does.follow in ("backspace", "delete") and not much and not (typed.before or typed.after):
            return typed
        typed = _moved(typed)
    if not any(typed.pieces):
        return typed  # nothing of ours can be meant
    return replace(typed, erased=typed.erased + (MUCH if much else 1))


def _followed(typed: Typed, what: str) -> Typed:
    """As a shell does it."""
    before, after = typed.before, typed.after
    match what:
        case "enter":
            # Enter sends the whole line, wherever the cursor is in it
            typed = _written(replace(typed, before=before + after, after=""), "\n")
            return replace(typed, lost="", away=False, quoted=False)
        case "backspace":
            # in a shell a line that was sent is no more: whatever else has it is judged by its pieces
            return typed if before.endswith("\n") else replace(typed, before=before[:-1])
        case "delete":
            return replace(typed, after=after[1:])
        case "tab":
            return replace(typed, said=typed.said + "\t", before=before + "\t")
        case "left":
            if not before or before.endswith("\n"):
                return _moved(typed)
            return replace(typed, before=before[:-1], after=before[-1:] + after)
        case "right":
            moved = typed if after else _moved(typed)
            return replace(moved, before=before + after[:1], after=after[1:])
        case "home":
            start = before.rfind("\n") + 1
            return replace(typed, before=before[:start], after=before[start:] + after)
        case "end":
            return replace(typed, before=before + after, after="")
        case "kill word":
            kept = before.rstrip(" ")
            return replace(typed, before=kept[: max(kept.rfind(" "), kept.rfind("\n")) + 1])
        case "kill before":
            return replace(typed, before=before[: before.rfind("\n") + 1])
        case "kill after":
            return replace(typed, after=after[after.find("\n") :] if "\n" in after else "")
        case "swap":
            at = before if after else before[:-1]
            next_, rest = (after[:1], after[1:]) if after else (before[-1:], "")
            if not at or at.endswith("\n"):
                return typed
            return replace(typed, before=at[:-1] + next_ + at[-1:], after=rest)
    return typed


def _written(typed: Typed, text: str) -> Typed:
    pieces = (*typed.pieces[:-1], typed.pieces[-1] + text) if typed.pieces else ()
    said, before = typed.said[-KEPT:] + text, typed.before[-KEPT:] + text
    return replace(typed, said=said, before=before, pieces=pieces, selected=False)
