"""Where an action is drawn on its screenshot: shapes in the picture's own pixels. Pure.

An action is drawn where its input went: its real pixels, mapped back onto the picture. So a
point that was moved out of a corner is drawn where it landed, not where the model asked for it.
"""

from __future__ import annotations

import unicodedata
from typing import Literal, TypeAlias

from msgspec import Struct

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
    points,
)
from coasty_desk.core.printable import legible
from coasty_desk.core.scaling import Size
from coasty_desk.record.timeline import StepAction, Timeline
from coasty_desk.wire.journal_codec import Looked

CAPTION = 60
"""Characters of typed text that are written onto the picture."""

LETTER = 8.5
BADGE = 22
"""A label's width per letter and its height, in the picture's pixels."""


class Mark(Struct, frozen=True):
    """What is drawn for one action, by `kind`: rings around a click, a cross where the pointer was moved to, the way of a drag, a wheel.

    `keys` are text or keys that went to whatever had the focus: `at` is where the pointer was left, which is often there. `path` is a
    drag's from its start to its end, `at`. `label` is what is written behind the action's number. `known` is False where the pointer
    was only left there earlier.
    """

    kind: Literal["ring", "cross", "arrow", "wheel", "keys"]
    at: Point | None
    label: str = ""
    count: int = 1
    path: tuple[Point, ...] = ()
    known: bool = True


class StepBadge(Struct, frozen=True):
    """The label beside a mark; `corner` is its upper left one."""

    corner: Point
    width: float
    text: str


Marked: TypeAlias = tuple[tuple[StepAction, Mark | None], ...]


def of_story(story: Timeline) -> tuple[Marked, ...]:
    """For every step its deeds, each with its mark; the pointer's place is followed from one to the next."""
    pointer: Point | None = None
    steps = []
    for step in story.steps:
        marked = []
        for deed in step.deeds:
            marked.append((deed, _mark(deed.real, step.looked, pointer)))
            if deed.outcome != "refused":
                pointer = _left_at(deed.real) or pointer
        steps.append(tuple(marked))
    return tuple(steps)


def badge(mark: Mark, number: int, picture: Size) -> StepBadge:
    """The `number`-th action's label: beside the mark and inside the picture, never over the point itself."""
    text = f"{number}{mark.label}"
    width = 12 + LETTER * sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    at = mark.path[0] if mark.path else mark.at
    if at is None:
        return StepBadge(Point(8.0, max(picture.height - BADGE - 8.0, 0.0)), width, text)
    beside = 16.0 + 6 * (mark.count - 1)
    x = at.x + beside if at.x + beside + width <= picture.width else at.x - beside - width
    below = mark.kind == "keys" or at.y - BADGE - 12 < 0
    y = at.y + 10 if below and at.y + 10 + BADGE <= picture.height else at.y - BADGE - 10
    return StepBadge(Point(round(max(x, 0.0), 2), round(max(y, 0.0), 2)), round(width, 2), text)


def _on_picture(real: Point, looked: Looked) -> Point:
    """A real pixel in the picture's pixels, to a hundredth."""
    at = looked.frame().unplace(real)
    return Point(round(at.x, 2), round(at.y, 2))


def _mark(real: Action | None, looked: Looked, pointer: Point | None) -> Mark | None:
    match real:
        case Click(point, button, count) if spot := _spot(point, pointer, looked):
            count = min(count, 3)
            label = ("" if button == "left" else f" {button}") + ("" if count == 1 else f" ×{count}")  # noqa: RUF001 - the sign itself
            return Mark("ring", spot, label, count, known=point is not None)
        case Drag(start, end, via=via) if spot := _spot(start, pointer, looked):
            path = (spot, *(_on_picture(point, looked) for point in (*via, end)))
            return Mark("arrow", path[-1], " drag", path=path, known=start is not None)
        case Scroll(notches, axis, point) if spot := _spot(point, pointer, looked):
            return Mark("wheel", spot, f" scroll {_way(notches, axis)} {abs(notches)}", known=point is not None)
        case TypeText() | PressKeys() | KeyCombo():
            return Mark("keys", _spot(pointer, None, looked), f" ⌨ {_typed(real)}")
        case Move(end) | Drag(end=end):
            return Mark("cross", _on_picture(end, looked))
        case _:
            return None


def _spot(point: Point | None, pointer: Point | None, looked: Looked) -> Point | None:
    at = point or pointer
    if at is None or not looked.shows.contains(at.x, at.y):
        return None
    return _on_picture(at, looked)


def _way(notches: int, axis: str) -> Literal["↑", "↓", "←", "→"]:
    if axis == "vertical":
        return "↑" if notches > 0 else "↓"
    return "→" if notches > 0 else "←"


def _typed(action: TypeText | PressKeys | KeyCombo) -> str:
    match action:
        case TypeText(text):
            whole = text.replace("\n", "⏎").replace("\t", "⇥")
        case PressKeys(keys):
            whole = " ".join(keys)
        case HoldKeys(keys, seconds=seconds):
            whole = f"{'+'.join(keys)} {seconds:g} s"
        case KeyCombo(keys):
            whole = "+".join(keys)
    shown = legible(whole[: CAPTION + 1], CAPTION + 1)
    return shown if len(shown) <= CAPTION else f"{shown[: CAPTION - 1]}…"


def _left_at(real: Action | None) -> Point | None:
    return points(real)[-1] if real is not None and points(real) else None
