"""Bringing a box into a state. Evidence: the same box is seen in it, before and after, and still is a moment later."""

from __future__ import annotations

from collections.abc import Generator

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Click, Point
from coasty_desk.models.offline.language.instructions import Target, Tick
from coasty_desk.models.offline.steps import evidence
from coasty_desk.models.offline.steps.context import LOOKS, Batch, CannotError, Context, Doing
from coasty_desk.models.offline.targeting.locating import Located, Missing
from coasty_desk.models.offline.vision import boxes
from coasty_desk.models.offline.vision.boxes import BoxLook
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box

TURNING = (0.4, 0.4, 0.4, 0.8, 1.5, 2.5)
"""How long to wait, in seconds, before each further look: some boxes turn slowly, some when a server has agreed."""

ASIDE = 40
"""So many pixels from a box, a pointer lights it up no more."""


class Ticked(Struct):
    """A box that was found, and what it looked like before it was clicked last."""

    target: Target
    found: Located
    box: Box
    before: BoxLook

    def place(self, sight: Context) -> Box | None:
        """Where it is now; None where it is not seen."""
        return sight.same_box(self.target, self.found, self.box)

    def now(self, sight: Context) -> BoxLook | None:
        """What it looks like now; None where it is not there."""
        place = self.place(sight)
        return None if place is None else sight.box_look(self.found, place, self.before.ground)

    def state(self, sight: Context) -> bool | None:
        """Its state now; None where that cannot be told."""
        now = self.now(sight)
        return None if now is None else sight.borne_out(self.found, seen=boxes.told(self.before, now))


def tick(sight: Context, asked: Tick) -> Doing:
    """Bring a box into a state. What its look does not tell may show when it is clicked; the wrong way is gone back."""
    found, box = yield from find_tick_box(sight, asked.target)
    state = "checked" if asked.on else "not checked"
    claimed = f"the box of {found.said} {state}"
    ticked = Ticked(asked.target, found, box, sight.box_look(found, box))
    was = ticked.state(sight)
    if was == asked.on:
        sight.notes.append(f"the box of {found.said} was {state} already")
        sight.claim(claimed, box, lambda: _is_still(sight, ticked, on=asked.on), "already so")
        return
    now = yield from _clicked(sight, ticked, was=was, on=asked.on)
    back = now == (not asked.on)
    if was is None and back:
        first, ticked = ticked.before, _from_now_on(sight, ticked)
        now = yield from _clicked(sight, ticked, was=now, on=asked.on)
        last = ticked.now(sight)
        if last is None or (last.state is None and boxes.differ(first, last)):
            now = None  # clicked twice, it should look as it did
    if now == asked.on:
        sight.claim(claimed, ticked.box, lambda: _is_still(sight, ticked, on=asked.on))
        return
    if now is not None:
        raise CannotError(why=f"clicked the box of {found.said}, but it is still {'not ' if asked.on else ''}checked")
    look = ticked.now(sight)
    if look is not None and boxes.differ(ticked.before, look) and not back:
        place = ticked.place(sight) or ticked.box
        yield from sight.do(f"clicking the box of {found.said} once more, to leave it as it was", Click(place.centre))
    raise CannotError(why=f"clicked the box of {found.said}, but its look does not tell whether it is checked")


def find_tick_box(sight: Context, target: Target) -> Generator[Batch, ReadScreen, tuple[Located, Box]]:
    """The label, and its box. Raises CannotError."""

    def has_box(label: Box) -> bool:
        return sight.canvas.tick_box(label) is not None

    for turn, seconds in enumerate((*LOOKS, None)):
        found = yield from sight.find(target, suits=has_box)
        box = sight.box_of(found) if target.label else found.box
        if box is not None:
            return found, box
        if seconds is not None:
            yield from sight.look_again(f"no box is seen beside {found.said}", turn, seconds)
    raise CannotError(why=f"found {found.said}, but no box beside it")


def _clicked(
    sight: Context, ticked: Ticked, *, was: bool | None, on: bool
) -> Generator[Batch, ReadScreen, bool | None]:
    """Click the box and look until it is as asked for, or has turned the other way; its state then."""
    at = ticked.box.centre
    yield from sight.do(f"found {ticked.found.said} and its box at ({at.x:g}, {at.y:g}); clicking the box", Click(at))
    sight.last = ticked.box
    turned = 0
    for seconds in (*TURNING, None):
        look, state = ticked.now(sight), ticked.state(sight)
        if look is not None and look.state is None and state == on:
            state = ticked.state(sight) if (yield from _rests_aside(sight, ticked)) else None
        if state == on:
            return on
        turned += look is not None and was is None and boxes.differ(ticked.before, look)
        if turned > (1 if state is not None else len(LOOKS)):
            break
        if seconds is not None:
            yield from sight.wait(f"looking whether the box is {'checked' if on else 'not checked'}", seconds)
    return state


def _rests_aside(sight: Context, ticked: Ticked) -> Generator[Batch, ReadScreen, bool]:
    """Look again without the pointer on the box, which may have coloured it; whether nothing moves there, such as a sign of waiting."""
    at = ticked.box.centre
    aside = Point(at.x, at.y - ASIDE if at.y > 2 * ASIDE else at.y + ASIDE)
    yield from sight.look_aside(aside, f"the box of {ticked.found.said}")
    last = sight.seen
    yield from sight.wait("looking whether that stays", LOOKS[0])
    return not evidence.differs(last, sight.seen, ticked.box)


def _from_now_on(sight: Context, ticked: Ticked) -> Ticked:
    """The same box, as it is now."""
    box = ticked.place(sight) or ticked.box
    way = (box.left - ticked.box.left, box.top - ticked.box.top)
    found = replace(ticked.found, label=ticked.found.label.moved(*way))
    return Ticked(ticked.target, found, box, sight.box_look(found, box, ticked.before.ground))


def _is_still(sight: Context, ticked: Ticked, *, on: bool) -> bool:
    """Whether it is in that state; what is out of sight is not known to have left it."""
    return ticked.state(sight) == on or isinstance(sight.look(ticked.target), Missing)
