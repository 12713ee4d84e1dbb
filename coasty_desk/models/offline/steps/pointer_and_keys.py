"""The instructions that act, each with its evidence: what must be seen afterwards for it to be done."""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec.structs import replace

from coasty_desk.core.actions import Click, Drag, KeyCombo, Move, Point, PressKeys, Scroll
from coasty_desk.models.offline.language.instructions import (
    BOXES,
    ClickOn,
    Condition,
    DragTo,
    Hover,
    Press,
    Target,
    Turn,
    TypeIn,
)
from coasty_desk.models.offline.steps import cards, evidence
from coasty_desk.models.offline.steps.context import LATE, LOOKS, CannotError, Context, Doing, Finding
from coasty_desk.models.offline.steps.forms import at_its_value, find_field, find_list, uncover
from coasty_desk.models.offline.steps.ticking import find_tick_box
from coasty_desk.models.offline.targeting.fields import is_field
from coasty_desk.models.offline.targeting.locating import Located, Missing
from coasty_desk.models.offline.vision.disabled import is_greyed
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

SCROLLS = 40
"""Nothing is scrolled more often than this in search of something."""

JUST_IN_VIEW = 90
"""What has less room than so many pixels below it, in the way of the scrolling, is only just in view."""

KEY = 2
"""What has a name of so few characters is a key."""

SNAPPED = 1.8
"""Seconds after a drop in which what does not take it has let it snap back."""

GREYED = (0.2, 0.3, 0.5)
"""How long to wait, in seconds, before each further look at what looks greyed out: it may be of use only later."""

PAGE = 0.5
"""So much of a window changes where another page or view has come."""

HINT = 30
"""What is further from a thing, in pixels, is no hint that the pointer on it brings."""

ADJOINING = 14
OPENED = 3
"""A menu opens no further from what was clicked, in pixels, and is so many times as large."""

TRIES = 3
"""What moves by itself is left out, and something else waited for, so often."""

OWN_BOX = 1.5
"""Seconds in which a label shows whether a click on it was one on its box."""

SHOWN = 0.1
"""Seconds after which what begins to come is there."""

STAYING = 0.5
"""Seconds after which what a click has brought is no mere effect: those fade."""

VALUE_KEYS = frozenset({"left", "right", "up", "down", "home", "end", "pageup", "pagedown"})
"""They move a slider."""

SLIDER = 3
"""What keys change of one is at most so many times as high as its name: a page that is scrolled is no slider."""

NEW_LINE = ("enter",)
"""May show nothing but a caret that goes to another line."""

FRAME, SMALL = 5, 0.2
"""What has the focus has a frame, inside its edges by so many pixels at most, and of a small thing by so much of it."""


def click(sight: Context, asked: ClickOn) -> Doing:
    """Click it. Evidence: something changes that is not only the thing lighting up under the pointer."""
    if asked.target is None:
        before = yield from sight.do("clicking where the pointer is", _clicking(asked, None))
        yield from _see_it_change(sight, before, "clicked where the pointer is")
        return
    found = yield from _find_to_click(sight, asked.target)
    promised = sight.is_promised()
    before = yield from sight.do(f"found {found.said}; clicking it", _clicking(asked, found))
    box = sight.canvas.own_box(found.label) if asked == ClickOn(asked.target) else None
    if box is not None and not sight.changes(before) and not sight.stirring.comes(before.picture, OWN_BOX):
        before = yield from sight.do(f"{found.said} did nothing; clicking the box beside it", Click(box.centre))
    if promised:
        sight.deferred, sight.last = True, _shape(sight, found)
        return
    try:
        late = yield from sight.see_change(before, f"clicked {found.said}")
        if asked.target.kind not in BOXES | {"field"} and asked.button == "left":
            yield from _not_by_itself(sight, before, found, late=late)
        else:
            _prove(sight, before, "beside", f"something changed after the click on {found.said}")
    except CannotError as error:
        if asked == ClickOn(asked.target) and _sets_a_value(sight.next):
            sight.owed = (found.label, error.why)  # a slider that has the focus shows it with the keys
        elif not _is_key(asked.target.label):
            message = f"{error.why}; it looks greyed out" if _is_greyed(sight, found) else error.why
            raise CannotError(message) from error
        sight.unproved = error.why  # nor does the `+` of a calculator show anything until the next key
    sight.last = _shape(sight, found)


def hover(sight: Context, asked: Hover) -> Doing:
    """Move the pointer there."""
    found = yield from sight.find(asked.target)
    yield from sight.do(f"found {found.said}; moving to it", Move(found.point))


def press(sight: Context, asked: Press) -> Doing:
    """Press keys. Evidence: something changes; a note where nothing does after keys that need not show anything."""
    actions = tuple(PressKeys(s) if len(s) == 1 else KeyCombo(s) for s in asked.strokes) * asked.times
    names = ", ".join("+".join(stroke) for stroke in asked.strokes)
    before = yield from sight.do(f"pressing {names}", *actions)
    owed, sight.owed = sight.owed, None
    if owed is not None:
        yield from _pay(sight, before, *owed)
        return
    if sight.caret_moved and asked.pressed[-1] == NEW_LINE:
        _prove(sight, before, "beside", f"something changed after {names}")
    elif evidence.may_be_silent(asked.pressed[-1]):
        if not sight.changes(before):
            sight.notes.append(f"{names} showed nothing, as it may")
    elif _shows_with_the_next(sight, asked) and not sight.changes(before):
        sight.unproved = f"pressed {names}, but nothing changed on the screen"
    else:
        yield from _see_it_change(sight, before, f"pressed {names}")


def _pay(sight: Context, before: ReadScreen, label: Box, why: str) -> Doing:
    """See the keys change something, or move a caret, in the row of what was clicked before, which showed nothing; or leave that to more of them. Raises CannotError."""
    for seconds in (*LOOKS, None):
        beside = [box for box in sight.changes(before) if box.same_row(label) and box.height <= SLIDER * label.height]
        typing = sight.caret_moved and sight.caret is not None and sight.caret.same_row(label)
        if beside or typing:
            _prove(sight, before, "beside", "the keys have changed what was clicked before them")
            return
        if seconds is not None:
            yield from sight.wait("looking for what the keys have changed", seconds)
    if not _sets_a_value(sight.next):
        raise CannotError(why)
    sight.owed, sight.unproved = (label, why), why


def _sets_a_value(following: object) -> bool:
    """Whether keys come that move a slider."""
    return isinstance(following, Press) and all(stroke[-1] in VALUE_KEYS for stroke in following.pressed)


def _shows_with_the_next(sight: Context, asked: Press) -> bool:
    """Whether only what comes next shows it: a new line shows nothing but a caret, and cut files are seen where they are put in."""
    last = asked.pressed[-1]
    return (last == NEW_LINE and isinstance(sight.next, TypeIn)) or (last[-1:] == ("x",) and sight.next is not None)


def _see_it_change(sight: Context, before: ReadScreen, what: str) -> Doing:
    """See something change; where no step follows that would bear it out, not what changes now and then by itself. Raises CannotError."""
    for _ in range(TRIES):
        late = yield from sight.see_change(before, what)
        opened = sight.opened_a_window()  # what goes on in it, or in the one that is left, takes nothing away from that
        if not opened and (sight.next is None or sight.only_where_it_rested(before)):
            sight.stirring.again(before.picture, sight.seen.picture, late=late)
            opened = sight.opened_a_window()  # a dialog may be gone before another has the focus
        if opened or sight.changes(before):
            _prove(sight, before, "window" if opened else "beside", f"something changed: {what}")
            return
    raise CannotError(why=f"{what}, but nothing changed on the screen that does not change by itself")


def scroll(sight: Context, asked: Turn) -> Doing:
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
        else:
            _prove(sight, before, "page", "the wheel has moved what is seen")
        return
    for _ in range(SCROLLS):
        if sight.holds(asked.until):
            yield from _bring_in(sight, turn, asked.until)
            sight.prove_holding(asked.until)
            return
        before = yield from sight.do(f"scrolling until {asked.until}", turn)
        if not sight.changes(before):
            break
    if not sight.holds(asked.until):
        raise CannotError(_scrolled_in_vain(sight, asked.until))
    sight.prove_holding(asked.until)


def _bring_in(sight: Context, turn: Scroll, until: Condition) -> Doing:
    """Turn once more where what was scrolled to is only just in view: what is said beside it may be out of it."""
    found = sight.look(until.target, loosely=True)
    window = (sight.active() or sight.seen.whole).within(sight.seen.whole)
    if sight.did and isinstance(found, Located) and turn.axis == "vertical":
        room = window.bottom - found.box.bottom if turn.notches < 0 else found.box.top - window.top
        if room < JUST_IN_VIEW:
            yield from sight.do("scrolling a little further", replace(turn, notches=1 if turn.notches > 0 else -1))


def drag(sight: Context, asked: DragTo) -> Doing:
    """Drag the one to the other. Evidence: it is no longer where it was, and if it is seen, then on the way to the other."""
    start = asked.start
    grabbed = yield from sight.find(start)
    goal = yield from sight.find(asked.end)
    before = yield from sight.do(f"found {grabbed.said} and {goal.said}; dragging", Drag(grabbed.point, goal.point))
    yield from sight.see_change(before, f"dragged {grabbed.said} to {goal.said}")
    for seconds in (*LOOKS, None):
        if not start.label or sight.has_arrived(start, grabbed.label, goal.point):
            yield from sight.wait(f"looking whether {grabbed.said} stays where it is now", SNAPPED)
            if not start.label or sight.has_arrived(start, grabbed.label, goal.point):
                _prove(sight, before, "moved", f"dragged {grabbed.said} to {goal.said}")
                return
        if seconds is not None:
            yield from sight.wait(f"looking where {grabbed.said} is now", seconds)
    raise CannotError(why=f"dragged {grabbed.said} to {goal.said}, but it is where it was")


def find_to_act(sight: Context, target: Target) -> Finding:
    """The place to click: of a field or a tick box that is asked for, it and not its label."""
    if target.kind == "field" and target.label:
        return (yield from find_field(sight, target))
    if target.kind == "list" and target.label:
        return at_its_value(sight, (yield from find_list(sight, target)))
    if target.kind in BOXES and target.label:
        found, box = yield from find_tick_box(sight, target)
        return replace(found, box=box)
    return (yield from sight.find(target))


def _find_to_click(sight: Context, target: Target) -> Finding:
    """The place to click, once it does not look greyed out any more; what stays so may only be pale."""
    found = yield from find_to_act(sight, target)
    if sight.is_only_named(found):
        found = yield from uncover(sight, found, lambda: find_to_act(sight, target))
    for seconds in GREYED:
        if not _is_greyed(sight, found):
            break
        yield from sight.wait(f"{found.said} looks greyed out; looking again", seconds)
        found = yield from find_to_act(sight, target)
    return found


def _is_greyed(sight: Context, found: Located) -> bool:
    """By its letters; the hint in a field is pale, and can be clicked. The tree knows better where it was found there."""
    pale = found.widget is None and is_greyed(sight.seen.picture, found.label)
    return pale and not is_field(found.label, sight.canvas)


def _clicking(asked: ClickOn, found: Located | None) -> Click:
    return Click(None if found is None else found.point, asked.button, asked.count, asked.modifiers)


def _shape(sight: Context, found: Located) -> Box:
    return (sight.canvas.around(found.label) if found.widget is None else None) or found.box


def _not_only_lit(sight: Context, before: ReadScreen, found: Located, *, late: bool) -> Doing:
    """Where nothing but the thing itself looks different, see whether it stays so when the pointer leaves it.

    What has come `late` may be a hint that the resting pointer brings, anywhere beside it; one that comes at once is right beside it.
    """
    shape = _shape(sight, found)
    own = shape.grown(10)
    if not late and _not_in_it(sight, before, found):
        kind, beside = _kind(sight, before, found, late=False)
        if kind or len(found.text) <= KEY or not all(box.meets(own.grown(HINT)) for box in beside):
            return
    aside = own.top - 40 if own.top > 60 else min(own.bottom + 40, sight.seen.whole.bottom - 3)
    yield from sight.look_aside(Point(found.point.x, round(aside)), found.said)
    if _has_stayed(sight, before, shape) or cards.is_chosen(before, sight.seen, found.label):
        yield from sight.wait("looking whether that stays", STAYING)
    if not _has_come(sight, before, found, shape):
        yield from _wait_beside(sight, before, own, found)
    if not _has_come(sight, before, found, shape):
        raise CannotError(why=f"clicked {found.said}, but nothing came of it: it only lit up under the pointer")
    sight.aside = None


def _not_by_itself(sight: Context, before: ReadScreen, found: Located, *, late: bool) -> Doing:
    """See that what has changed is of the click, and not of what changes now and then. Raises CannotError."""
    for _ in range(TRIES):
        if told := sight.told_anew(found):
            _prove(sight, before, told, f"after the click on {found.said}")
            return
        first, at_once = sight.seen, bool(_not_in_it(sight, before, found))
        yield from _not_only_lit(sight, before, found, late=late)
        late = late or (sight.seen is not first and not at_once)  # it has come while the pointer was put aside
        kind, changed = _kind(sight, before, found, late=late)
        if not kind:
            if len(found.text) > KEY or sight.next is None:
                sight.stirring.again(before.picture, sight.seen.picture, late=late)
                changed = _not_in_it(sight, before, found)
            kind = ("page" if _is_a_page(sight, changed) else "elsewhere") if changed else ""
        if kind or _is_key(found.text):
            _prove(sight, before, kind or "elsewhere", f"after the click on {found.said}")
            return
        late = yield from sight.see_change(before, f"clicked {found.said}")
    raise CannotError(why=f"clicked {found.said}, but nothing changed on the screen that does not change by itself")


def _is_key(name: str) -> bool:
    """Whether it may show only with the next one what it has done: `+` does, a digit stands in the display at once."""
    return 0 < len(name) <= KEY and not name.isdigit()


def _kind(sight: Context, before: ReadScreen, found: Located, *, late: bool) -> tuple[str, list[Box]]:
    """Of which kind the change is where it can only be of the click; else none, and what has changed beside the thing itself.

    A page that goes on to another takes what was clicked with it, and a menu opens at once; pictures and lines that come by
    themselves may be as large.
    """
    if sight.opened_a_window():
        return "window", []
    changed = sight.changes(before)
    if changed and (told := sight.told_anew(found)):
        return told, changed
    shape = _shape(sight, found)
    beside = _not_in_it(sight, before, found)
    stays = len(found.text) <= KEY or evidence.says_the_same(before, sight.seen, found.label)
    if changed and (not beside or not stays):
        return ("page" if _is_a_page(sight, beside) else "itself"), changed
    if late:
        return "", beside
    opened = [box for box in beside if box.meets(shape.grown(ADJOINING)) and box.area > OPENED * shape.area]
    come = [_come(before, sight.seen, box) for box in opened]
    is_menu = any(len(some) > 1 and not _goes_on(before, sight.seen, some, shape) for some in come)
    return ("menu", opened) if is_menu else ("", beside)


def _is_a_page(sight: Context, changed: Sequence[Box]) -> bool:
    window = (sight.window or sight.seen.whole).within(sight.seen.whole)
    return sum(box.within(window).area for box in changed) > PAGE * window.area


def _not_in_it(sight: Context, before: ReadScreen, found: Located) -> list[Box]:
    """What has changed beside the thing itself."""
    own = _shape(sight, found).grown(10)
    return [box for box in sight.changes(before) if box.within(own) != box]


def _come(before: ReadScreen, after: ReadScreen, where: Box) -> list[Text]:
    """The texts there that were not there before."""
    was = {text.text for text in before.texts if where.meets(text.box)}
    return [text for text in after.texts if where.meets(text.box) and text.text not in was]


def _goes_on(before: ReadScreen, after: ReadScreen, come: Sequence[Text], shape: Box) -> bool:
    """Whether they are the next lines of what stands above them still, as in a log; a menu hides what it opens over."""
    was = {text.text for text in before.texts}
    still = [text.box for text in after.texts if text.text in was and not text.box.meets(shape)]
    return any(
        abs(above.left - text.box.left) < text.box.height / 2 and 0 <= text.box.top - above.bottom < text.box.height
        for text in come
        for above in still
    )


def _prove(sight: Context, before: ReadScreen, kind: str, what: str) -> None:
    sight.prove_by(kind, what, max(sight.changes(before), key=lambda box: box.area, default=None))


def _wait_beside(sight: Context, before: ReadScreen, own: Box, found: Located) -> Doing:
    """Wait for what may still come anywhere but in the thing itself, for about ten seconds."""
    until = time.monotonic() + LATE
    while (left := until - time.monotonic()) > 0:
        if not sight.stirring.comes(sight.seen.picture, left):
            return
        yield from sight.wait(f"clicked {found.said}; looking for what came of it", SHOWN)
        if any(box.within(own) != box for box in sight.changes(before)):
            return


def _has_stayed(sight: Context, before: ReadScreen, shape: Box) -> bool:
    """Whether more is different than the frame of what was clicked."""
    own, inner = shape.grown(10), shape.grown(-min(FRAME, SMALL * min(shape.width, shape.height)))
    return any(box.within(own) != box or evidence.differs(before, sight.seen, inner) for box in sight.changes(before))


def _has_come(sight: Context, before: ReadScreen, found: Located, shape: Box) -> bool:
    """Whether something that stays has come of the click: in a field, which gets the focus, anything."""
    in_field = sight.changes(before) and is_field(found.label, sight.canvas)
    return bool(in_field) or _has_stayed(sight, before, shape) or cards.is_chosen(before, sight.seen, found.label)


def _scrolled_in_vain(sight: Context, until: Condition) -> str:
    found = sight.look(until.target, loosely=True)
    return "scrolled to the end" + (f": {found.why}" if isinstance(found, Missing) else f", and not yet {until}")
