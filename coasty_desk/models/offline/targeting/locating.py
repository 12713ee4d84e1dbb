"""Which place on a screen an instruction means: one, or the reason why there is none. Pure.

A target is found by its text. Where several texts fit, the instruction's own words tell them
apart (`the 2nd`, `next to`, `in the row of`), then what lies in front, then what looks like
the kind of thing that is asked for. Between two that are left over, nobody guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from msgspec import Struct

from coasty_desk.core.actions import Point
from coasty_desk.models.offline.a11y.widgets import Widget
from coasty_desk.models.offline.language.instructions import BOXES, LAST, Kind, Target, Way
from coasty_desk.models.offline.targeting.fields import field_of, is_button, next_field
from coasty_desk.models.offline.targeting.matching import Match, best, every, in_reading_order, nearest, trimmed
from coasty_desk.models.offline.vision.coloured_words import stands_out
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.shapes import Canvas, is_square
from coasty_desk.models.offline.vision.texts import Box, Text

AT_ONE_HEIGHT = 0.25
"""What has so much of its height beside a line stands in the same row, which has two lines."""

NUMBER = 2
"""A number of so many digits is no key of a calculator."""

TITLE_BAR = 34
"""So many pixels from the top of the active window may be its title, which is no thing to click."""


Suits: TypeAlias = Callable[[Box], bool] | None
"""Whether a text's box can be meant, where several fit."""


class Located(Struct, frozen=True):
    """Where a target is, and the words for it.

    `label` is the box of its text, `line` of all that was read with it, `box` of what it names;
    `widget` is what the accessibility tree says of it, where it was found there.
    """

    box: Box
    said: str
    label: Box
    line: Box
    text: str = ""
    widget: Widget | None = None

    @property
    def point(self) -> Point:
        """Where to click it."""
        return self.box.centre


class Missing(Struct, frozen=True):
    """Why a target could not be told; `several`: because more than one fits."""

    why: str
    several: bool = False


def locate(
    target: Target,
    seen: ReadScreen,
    active: Box | None = None,
    *,
    loosely: bool = False,
    suits: Suits = None,
    only: Suits = None,
) -> Located | Missing:
    """The one place that the target means, on a screen whose `active` window is there, where that is known.

    Only a whole label is, unless `loosely`, or the target is meant by a part of it; loosely, a line that denies it has it not, nor has a web address. `suits` says of a text's box whether it can be
    meant, where several fit, and `only` whether it can be at all.
    """
    if not target.label:
        return _by_relation(target, seen, active)
    wholly = not (loosely or target.part)

    def fitting(texts: Sequence[Text]) -> list[Match]:
        return [m for m in every(target.label, texts) if not (loosely and (m.is_denied or m.is_in_an_address))]

    def is_a_link(match: Match) -> bool:
        """By a colour of its own in its line; a title bar has shades, and no links."""
        in_title = active is not None and match.text.box.bottom < active.top + TITLE_BAR
        return not in_title and stands_out(seen.picture, match.text, match.line)

    whole = [m for m in fitting(seen.texts) if not wholly or m.stands_alone or is_a_link(m)]
    candidates = whole or [m for m in fitting(seen.phrases) if not wholly or m.stands_alone]
    anchor = None
    for relation in target.relations:
        beside = locate(relation.target, seen, active, loosely=True)
        if isinstance(beside, Missing):
            return beside
        anchor = beside.label
        if relation.way == "in" and relation.target.kind == "field":
            field = field_of(anchor, seen.canvas)
            candidates = [m for m in candidates if field is not None and field.centres(m.text.box)]
        others = [m for m in candidates if m.text.box != anchor]
        candidates = [m for m in others if _LIES[relation.way](m.text.box, anchor)]
        if relation.way == "in the row of" and not candidates:  # the middle of a row of two lines lies between them
            candidates = [m for m in others if _reaches_into(m.text.box, anchor)]
        if relation.way == "next to":
            candidates = [m for m in candidates if m.text.box.same_row(anchor)] or candidates
    if only is not None:
        candidates = [m for m in candidates if only(m.text.box)]
    front = [m for m in candidates if active is not None and active.centres(m.text.box)]
    # one that was read a little otherwise is counted, too
    counted = target.ordinal and wholly
    matches: Sequence[Match] = in_reading_order(front or candidates) if counted else best(front or candidates)
    if suits is not None and len(matches) > 1:
        matches = [m for m in matches if suits(m.text.box)] or matches
    if not target.ordinal and len(matches) > 1:
        matches = _told_apart(target, matches, anchor, seen.canvas, active)
    return _chosen(target, matches, seen)


def named(target: Target, widgets: Sequence[Widget]) -> Located | Missing | None:
    """The one thing of that name in the accessibility tree; None where it says nothing of one, or of several."""
    if not target.label or target.ordinal or target.relations:
        return None
    called = [w for w in widgets if w.name and trimmed(w.name) == trimmed(target.label)]
    same = [w for w in called if w.kind not in ("", "window", "row") and _can_be(target.kind, w)]
    things = [w for w in same if w.kind != "text"] or same
    if len(things) != 1:
        return None
    widget = things[0]
    said = f"the {widget.kind} “{widget.name}” at {_place(widget.box)}, by its name"
    if not widget.enabled:
        return Missing(f"found {said}, but it is disabled")
    return Located(widget.box, said, widget.box, widget.box, widget.name, widget)


def _can_be(asked: Kind, widget: Widget) -> bool:
    """Whether it may be meant by what the instruction calls it."""
    kind = widget.kind
    if asked in ("", "text", "icon") or (
        asked in ("checkbox", "switch") and widget.checked is not None and kind != "radio"
    ):
        return True
    return kind == asked or (asked, kind) in _TAKEN_FOR


_TAKEN_FOR = frozenset({("field", "list"), ("list", "field"), ("menu", "button"), ("tab", "radio")})


def boxes_of(target: Target, seen: ReadScreen) -> list[Box]:
    """Where texts of the target's label are, all of the best fit."""
    fitting = (match for match in every(target.label, [*seen.texts, *seen.phrases]) if not match.is_in_an_address)
    return [match.text.box for match in best(fitting)]


def _chosen(target: Target, matches: Sequence[Match], seen: ReadScreen) -> Located | Missing:
    if not matches:
        return Missing(_not_there(target, seen.texts))
    if target.ordinal:
        matches = _of_kind(target, matches, seen.canvas)
        index = len(matches) - 1 if target.ordinal == LAST else target.ordinal - 1
        if index >= len(matches):
            return Missing(f"there are only {len(matches)} of “{target.label}”: {_places(matches)}")
        return _as_found(target, matches[index])
    if len(matches) == 1:
        return _as_found(target, matches[0])
    return Missing(f"{target} is ambiguous, there are {len(matches)}: {_places(matches)}", several=True)


def _told_apart(
    target: Target, matches: Sequence[Match], anchor: Box | None, canvas: Canvas, active: Box | None
) -> Sequence[Match]:
    """Those that are left when kind, nearness and the title bar are looked at."""
    matches = _of_kind(target, matches, canvas)
    if anchor is not None and target.relations[-1].way != "in the row of":
        near = sorted(matches, key=lambda match: distance(match.text.box, anchor))
        if len(near) > 1 and distance(near[0].text.box, anchor) + 4 < distance(near[1].text.box, anchor):
            return near[:1]
    below = [m for m in matches if active is not None and m.text.box.centre.y > active.top + TITLE_BAR]
    return below or matches


def _of_kind(target: Target, matches: Sequence[Match], canvas: Canvas) -> Sequence[Match]:
    """Those that look like what is asked for; all of them where none does, or where it cannot be seen.

    A number may be the head of a row as well as what stands in a cell: its look tells nothing where no kind is said.
    """
    if len(matches) < 2 or target.kind not in ("", "button", "text", "link"):
        return matches
    if not target.kind and len(target.label) >= NUMBER and target.label.isdigit():
        return matches
    wanted = target.kind in ("", "button")
    return [m for m in matches if is_button(m.text.box, canvas) == wanted] or matches


def _by_relation(target: Target, seen: ReadScreen, active: Box | None) -> Located | Missing:
    """A thing without a text of its own: the field, the box or the text that lies so to what is named."""
    if not target.relations:
        return Missing(f"which {target.kind or 'thing'} is meant cannot be told by reading: say a text in or beside it")
    relation = target.relations[0]
    anchor = locate(relation.target, seen, active, loosely=True)
    if isinstance(anchor, Missing):
        return anchor
    if target.kind in BOXES and relation.way == "in the row of":
        return _box_in_row(target, anchor, seen, active)
    if target.kind in BOXES | {"field", "list"}:
        box = _control_lying(relation.way, anchor.label, seen.canvas, field=target.kind in ("field", "list"))
        if box is None:
            return Missing(f"no {target.kind} can be seen {relation.way} {anchor.said}")
        return Located(box, f"the {target.kind} {relation.way} {anchor.said}", anchor.label, anchor.label)
    lying = [t for t in seen.texts if not t.box.meets(anchor.label) and _LIES[relation.way](t.box, anchor.label)]
    if target.kind == "button":
        lying = [t for t in lying if is_button(t.box, seen.canvas)]
    lying.sort(key=lambda text: _order(relation.way, text.box, anchor.label))
    if not lying:
        return Missing(f"there is nothing {relation.way} {anchor.said}")
    text = lying[min(max(target.ordinal, 1), len(lying)) - 1]
    return Located(text.box, f"“{text.text}” at {_place(text.box)}", text.box, text.box, text.text)


def _box_in_row(target: Target, anchor: Located, seen: ReadScreen, active: Box | None) -> Located | Missing:
    """The box of the text, or else the one that stands anywhere in its row, as in a table: a switch is no tick box there."""
    own = None if target.kind == "switch" else seen.canvas.own_box(anchor.label)
    row = (active or seen.whole).within(seen.whole)
    found = [own] if own is not None else seen.canvas.boxes_in_row(anchor.label, row.left, row.right)
    square = [box for box in found if is_square(box)]
    fitting = [box for box in found if box not in square] if target.kind == "switch" else square or found
    if not found and (beside := seen.canvas.tick_box(anchor.label)) is not None and beside.same_row(anchor.label):
        fitting = [beside]
    if len(fitting) == 1:
        return Located(fitting[0], f"the {target.kind} in the row of {anchor.said}", anchor.label, anchor.label)
    if fitting:
        return Missing(f"there are {len(fitting)} of such boxes in the row of {anchor.said}", several=True)
    return Missing(f"no {target.kind} can be seen in the row of {anchor.said}")


def _control_lying(way: Way, label: Box, canvas: Canvas, *, field: bool) -> Box | None:
    """The field or tick box of the label where it lies that way; else the next field that does."""
    found = field_of(label, canvas) if field else canvas.tick_box(label)
    if field and (found is None or not _LIES[way](found, label)):
        found = next_field(way, label, canvas)
    return found if found is not None and _LIES[way](found, label) else None


def _as_found(target: Target, match: Match) -> Located:
    """What is meant by a part of its label has that whole: the box that belongs to it stands before its line."""
    label = match.line if target.part and not match.stands_alone else match.text
    return Located(match.text.box, match.said, label.box, match.line.box, match.text.text)


def _reaches_into(box: Box, line: Box) -> bool:
    """Whether the two are at one height for a good part of it: those of rows that follow each other closely hardly are."""
    both = min(box.bottom, line.bottom) - max(box.top, line.top)
    return both >= AT_ONE_HEIGHT * min(box.height, line.height)


def distance(one: Box, other: Box) -> float:
    """The pixels between two boxes; 0 where they meet."""
    across = max(other.left - one.right, one.left - other.right, 0.0)
    down = max(other.top - one.bottom, one.top - other.bottom, 0.0)
    return float((across**2 + down**2) ** 0.5)


def _order(way: str, box: Box, anchor: Box) -> tuple[bool, bool, float]:
    """What is next to a thing is on its row, and rather at its right, before what is nearer above or below."""
    beside = way == "next to"
    return (beside and not box.same_row(anchor), beside and box.left < anchor.left, distance(box, anchor))


_LIES: dict[str, Callable[[Box, Box], bool]] = {
    "in the row of": lambda box, anchor: box.same_row(anchor),
    "right of": lambda box, anchor: box.same_row(anchor) and box.left >= anchor.centre.x,
    "left of": lambda box, anchor: box.same_row(anchor) and box.right <= anchor.centre.x,
    "below": lambda box, anchor: box.top >= anchor.centre.y and box.grown(2 * anchor.height, 0).same_column(anchor),
    "above": lambda box, anchor: box.bottom <= anchor.centre.y and box.grown(2 * anchor.height, 0).same_column(anchor),
    "next to": lambda box, anchor: distance(box, anchor) <= 12 * anchor.height or box.same_row(anchor),
    "in": lambda box, anchor: box.top >= anchor.top - anchor.height,
}


def _place(box: Box) -> str:
    return f"({box.centre.x:g}, {box.centre.y:g})"


def _places(matches: Sequence[Match]) -> str:
    return ", ".join(_place(m.text.box) for m in matches[:6])


def _not_there(target: Target, texts: Sequence[Text]) -> str:
    near = nearest(target.label, texts)
    seen = ", ".join(f"“{t.text}” at {_place(t.box)}" for t in near)
    return f"{target} is not on the screen; " + (f"the nearest texts are {seen}" if seen else "nothing like it is")
