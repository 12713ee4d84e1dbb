"""The instructions that act, each with its evidence: what must be seen afterwards for it to be done."""

from __future__ import annotations

from collections.abc import Generator

from coasty_desk.core.actions import Click, Drag, KeyCombo, Move, Point, PressKeys, Scroll
from coasty_desk.core.scaling import Size
from coasty_desk.offline import evidence
from coasty_desk.offline.fields import is_field
from coasty_desk.offline.filling import at_its_value, find_field, find_list, find_tick_box
from coasty_desk.offline.greyed import is_greyed
from coasty_desk.offline.language import ClickOn, Condition, Press, Target, Turn
from coasty_desk.offline.locating import Found, Missing, put
from coasty_desk.offline.reading import Seen
from coasty_desk.offline.sight import LOOKS, Batch, CannotError, Doing, Sight
from coasty_desk.offline.texts import Box

SCROLLS = 40
"""Nothing is scrolled more often than this in search of something."""


KEY = 2
"""What has a name of so few characters is a key, which may show only with the next one what it has done."""

GREYED = (0.2, 0.3, 0.5)
"""How long to wait, in seconds, before each further look at what looks greyed out: it may be of use only later."""

STAYING = 0.5
"""Seconds after which what a click has brought is no mere effect: those fade."""

NEW_LINE = {("enter",), ("return",)}
"""May show nothing but a caret that goes to another line."""

FRAME = 5
"""What has the focus has a frame, inside its edges by so many pixels at most."""


def click(sight: Sight, asked: ClickOn) -> Doing:
    """Click it. Evidence: something changes that is not only the thing lighting up under the pointer."""
    if asked.target is None:
        before = yield from sight.do("clicking where the pointer is", _clicking(asked, None))
        yield from sight.see_change(before, "clicked where the pointer is")
        return
    found = yield from _find_to_click(sight, asked.target)
    before = yield from sight.do(f"found {found.said}; clicking it", _clicking(asked, found))
    box = sight.canvas.own_box(found.label) if asked == ClickOn(asked.target) else None
    if box is not None and not sight.changes(before):
        before = yield from sight.do(f"{found.said} did nothing; clicking the box beside it", Click(box.centre))
    try:
        late = yield from sight.see_change(before, f"clicked {found.said}")
        if asked.target.kind not in ("field", "checkbox", "radio") and asked.button == "left":
            yield from _not_only_lit(sight, before, found, late=late)
    except CannotError as error:
        if not 0 < len(asked.target.label) <= KEY:
            if _is_greyed(sight, found):
                message = f"{error.why}; it looks greyed out"
                raise CannotError(message) from error
            raise
        sight.unproved = error.why  # the `+` of a calculator shows nothing until the next key
    sight.last = _shape(sight, found)


def hover(sight: Sight, target: Target) -> Doing:
    """Move the pointer there."""
    found = yield from sight.find(target)
    yield from sight.do(f"found {found.said}; moving to it", Move(found.point))
    sight.hovering = True


def press(sight: Sight, asked: Press) -> Doing:
    """Press keys. Evidence: something changes; a note where nothing does after keys that need not show anything."""
    actions = tuple(PressKeys(s) if len(s) == 1 else KeyCombo(s) for s in asked.strokes) * asked.times
    names = ", ".join("+".join(stroke) for stroke in asked.strokes)
    before = yield from sight.do(f"pressing {names}", *actions)
    if sight.changes(before) or (sight.caret_moved and asked.strokes[-1] in NEW_LINE):
        return
    if evidence.may_be_silent(asked.strokes[-1]):
        sight.notes.append(f"{names} showed nothing, as it may")
    else:
        yield from sight.see_change(before, f"pressed {names}")


def scroll(sight: Sight, asked: Turn) -> Doing:
    """Turn the wheel, until the condition holds. Evidence: the screen moves, or that which is looked for is seen."""
    if asked.at is not None:
        at = (yield from sight.find(asked.at)).point
    else:
        at = (sight.active() or sight.seen.whole).within(sight.seen.whole).centre
    turn = Scroll(asked.notches, asked.axis, at)
    if asked.until is None:
        before = yield from sight.do("scrolling", turn)
        if not sight.changes(before):
            sight.unproved = "nothing moved when scrolling"
        return
    for _ in range(SCROLLS):
        if sight.holds(asked.until):
            return
        before = yield from sight.do(f"scrolling until {asked.until}", turn)
        if not sight.changes(before):
            break
    if not sight.holds(asked.until):
        raise CannotError(_scrolled_in_vain(sight, asked.until))


def drag(sight: Sight, start: Target, end: Target) -> Doing:
    """Drag the one to the other. Evidence: it is no longer where it was, or it is somewhere else as well."""
    grabbed = yield from sight.find(start)
    goal = yield from sight.find(end)
    before = yield from sight.do(f"found {grabbed.said} and {goal.said}; dragging", Drag(grabbed.point, goal.point))
    yield from sight.see_change(before, f"dragged {grabbed.said} to {goal.said}")
    for seconds in (*LOOKS, None):
        if not start.label or sight.has_moved(start, grabbed.label):
            return
        if seconds is not None:
            yield from sight.wait(f"looking where {grabbed.said} is now", seconds)
    message = f"dragged {grabbed.said} to {goal.said}, but it is where it was"
    raise CannotError(message)


def find_to_act(sight: Sight, target: Target) -> Generator[Batch, Seen, Found]:
    """The place to click: of a field or a tick box that is asked for, it and not its label."""
    if target.kind == "field" and target.label:
        return (yield from find_field(sight, target))
    if target.kind == "list" and target.label:
        return at_its_value(sight, (yield from find_list(sight, target)))
    if target.kind in ("checkbox", "radio") and target.label:
        found, box = yield from find_tick_box(sight, target)
        return put(found, box)
    return (yield from sight.find(target))


def _find_to_click(sight: Sight, target: Target) -> Generator[Batch, Seen, Found]:
    """The place to click, once it does not look greyed out any more; what stays so may only be pale."""
    found = yield from find_to_act(sight, target)
    for seconds in GREYED:
        if not _is_greyed(sight, found):
            break
        yield from sight.wait(f"{found.said} looks greyed out; looking again", seconds)
        found = yield from find_to_act(sight, target)
    return found


def _is_greyed(sight: Sight, found: Found) -> bool:
    """By its letters; the hint in a field is pale, and can be clicked. The tree knows better where it was found there."""
    return (
        found.widget is None and is_greyed(sight.seen.picture, found.label) and not is_field(found.label, sight.canvas)
    )


def _clicking(asked: ClickOn, found: Found | None) -> Click:
    return Click(None if found is None else found.point, asked.button, asked.count, asked.modifiers)


def _shape(sight: Sight, found: Found) -> Box:
    return sight.canvas.around(found.label) or found.box


def _not_only_lit(sight: Sight, before: Seen, found: Found, *, late: bool) -> Doing:
    """Where nothing but the thing itself looks different, see whether it stays so when the pointer leaves it.

    What has come `late` may be a hint that the resting pointer brings, anywhere beside it.
    """
    shape = _shape(sight, found)
    own = shape.grown(10)
    if not late and any(box.within(own) != box for box in sight.changes(before)):
        return
    size = Size(round(sight.seen.whole.right), round(sight.seen.whole.bottom))
    aside = own.top - 40 if own.top > 60 else min(own.bottom + 40, size.height - 3)
    first, left = sight.before, sight.left
    sight.aside = _beside(found, aside)
    yield from sight.do(f"looking again without the pointer on {found.said}", Move(sight.aside))
    sight.before, sight.left = first, left
    if _has_stayed(sight, before, shape):
        yield from sight.wait("looking whether that stays", STAYING)
    if not _has_stayed(sight, before, shape) and not (sight.changes(before) and is_field(found.label, sight.canvas)):
        message = f"clicked {found.said}, but nothing came of it: it only lit up under the pointer"
        raise CannotError(message)
    sight.aside = None


def _has_stayed(sight: Sight, before: Seen, shape: Box) -> bool:
    """Whether more is different than the frame of what was clicked."""
    own, inner = shape.grown(10), shape.grown(-FRAME)
    return any(box.within(own) != box or evidence.differs(before, sight.seen, inner) for box in sight.changes(before))


def _beside(found: Found, y: float) -> Point:
    return Point(found.point.x, round(y))


def _scrolled_in_vain(sight: Sight, until: Condition) -> str:
    found = sight.look(until.target, loosely=True)
    return "scrolled to the end" + (f": {found.why}" if isinstance(found, Missing) else f", and not yet {until}")
