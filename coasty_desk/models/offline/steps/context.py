"""What a plan sees and how it acts: the screen as it is, as it was before the last action, and looking again.

Everything that takes a step is a generator: it yields what to do and is sent the screen that
this led to.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Click, Evidence, Move, Point, TypeText, Wait, points
from coasty_desk.core.stop import Stop
from coasty_desk.models.offline.a11y.widgets import Widget
from coasty_desk.models.offline.language.instructions import Condition, Instruction, Target, Verify, WaitFor
from coasty_desk.models.offline.steps import evidence
from coasty_desk.models.offline.steps.postconditions import Claims
from coasty_desk.models.offline.targeting.locating import TITLE_BAR, Located, Missing, Suits, boxes_of, locate, named
from coasty_desk.models.offline.targeting.matching import is_said_of, nearly, trimmed
from coasty_desk.models.offline.vision import image_diff
from coasty_desk.models.offline.vision.background_motion import Stirring
from coasty_desk.models.offline.vision.boxes import BoxLook, Colour
from coasty_desk.models.offline.vision.disabled import letters
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.reader import Reader
from coasty_desk.models.offline.vision.shapes import Canvas, near_to
from coasty_desk.models.offline.vision.texts import Box

LOOKS = (0.4, 0.4, 0.4)
"""How long to wait, in seconds, before each further look for what is not there yet."""

PATIENCE = (0.4, 0.6, 1.0, 1.5, 2.0, 2.0, 2.5)
"""The same where the instruction says to wait, and for how long is not said."""

SETTLED = 0.5
"""So many seconds later, what was filled in is looked at once more: there are boxes that untick themselves."""

SETTLED_FOR_GOOD = 1.3
"""The same at the end: servers take a second to say no."""

LATE = 8.5
"""Seconds that are waited for what may still come, before it is doubted."""

SHORT = 2
"""A label of so few characters is looked for closer where it is not found."""

STALEST, MUCH = 3, 0.02
"""A step begins anew at most so often where the screen has changed since it was read, or so much of all its pixels."""

NEAR = 12
"""Pixels around a place that must look as they did for it to be the same place."""

OWN_GROUND = 0.5
"""Where a message has come with a window of its own, at least so much around its letters is other than before."""

ON_THE_WAY = 0.25
"""What was dragged is seen at least so much of the way further."""

SAME = 3
"""Engines read the same text so many pixels beside where they read it before."""


class Batch(Struct, frozen=True):
    """What to do in one step, and why."""

    actions: tuple[Action, ...]
    said: str


class CannotError(Exception):
    """A step cannot be carried out, or there is no evidence that it was. `step` are its words, once they are known."""

    def __init__(self, why: str, step: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.step = step


class HeldBackError(Exception):
    """The step's input was held back before any of it was done that may not be done twice: it begins anew."""


Doing: TypeAlias = Generator[Batch, ReadScreen, None]
Screens: TypeAlias = Generator[Batch, ReadScreen, ReadScreen]
Finding: TypeAlias = Generator[Batch, ReadScreen, Located]


class Context(Struct):
    """`seen` is the screen now, `before` as it was before the last action that was not waiting.

    `reader` reads it, or a part of it, once more; `tree` is what the accessibility tree says of it.
    `hidden` are the places that nothing may be done at.
    `pointer` is where the pointer is in frame pixels, where that is known; `left` is where it was before
    the last action, and `last` the box of what was acted on last: what pointer and focus leave looks
    different, which is no evidence of anything. `aside` is where the pointer was put to be
    out of the way: what is there lights up. `hovering`: it was put somewhere on purpose.
    `caret` is where one was last seen to blink, `caret_moved` whether the last action has moved it.
    `unproved`: what the last action did not show, which is for the next one to bear out.
    `owed` is the label of what was clicked and showed nothing, and the complaint, where keys that move a slider follow.
    `stirring` looks in between for what moves by itself; `window` is the active one before the last action.
    `proofs` is the evidence that was found and not yet told; `next` is the instruction that follows.
    `deferred`: the following condition bears the last action out, which is waited for.
    `undone`: so many of the last batch's actions were held back; `did` is what the step has done so far.
    `stale`: so often it began anew because the screen was another one than was read.
    """

    seen: ReadScreen
    active: Callable[[], Box | None] = lambda: None
    before: ReadScreen | None = None
    last: Box | None = None
    pointer: Callable[[], Point | None] = lambda: None
    reader: Reader | None = None
    tree: Callable[[ReadScreen], Sequence[Widget]] = lambda _: ()
    hidden: Callable[[], Sequence[Box]] = lambda: ()
    stirring: Stirring = field(default_factory=lambda: Stirring(Stop()))
    proofs: list[Evidence] = field(default_factory=list)
    next: Instruction | None = None
    window: Box | None = None
    deferred: bool = False
    notes: list[str] = field(default_factory=list)
    left: Point | None = None
    aside: Point | None = None
    hovering: bool = False
    unproved: str = ""
    owed: tuple[Box, str] | None = None
    undone: int = 0
    stale: int = 0
    did: tuple[Action, ...] = ()
    caret: Box | None = None
    caret_moved: bool = False
    claims: Claims = field(default_factory=Claims)
    _told: tuple[ReadScreen, Sequence[Widget]] | None = None
    _looked_closer: ReadScreen | None = None

    @property
    def canvas(self) -> Canvas:
        """The shapes on the screen now."""
        return self.seen.canvas

    def do(self, said: str, *actions: Action) -> Screens:
        """Do the actions; gives the screen before them. What is held back is done after all, where it can be.

        Raises HeldBackError where the step must begin anew, CannotError where neither is safe.
        """
        before = self.seen
        self.before, self.left = before, self.pointer()
        if not all(isinstance(one, Move | Wait) for one in actions):
            changed = self.stirring.watch(before.picture)
            if not self.did and self.stale < STALEST and self._is_stale(changed, actions):
                self.stale += 1
                yield from self.wait("looking again: the screen is another one since it was read", LOOKS[0])
                raise HeldBackError
        self.window = self._behind(actions)
        caret = self.caret
        self.seen = yield Batch(actions, said)
        while self.undone:
            actions = self._after_all(before, actions)
            self.seen = yield Batch(actions, said)
        self.did += actions
        now = self._blinking(before)
        self.caret_moved = len(now) > 1 or (caret is not None and any(not box.meets(caret) for box in now))
        return before

    def _is_stale(self, changed: Sequence[Box], actions: tuple[Action, ...]) -> bool:
        """Whether what has changed is where the actions point to, or much of the screen."""
        points = _places(actions)
        near = any(box.grown(NEAR).holds(at.x, at.y) for box in changed for at in points)
        return near or sum(box.area for box in changed) > MUCH * self.seen.whole.area

    def _behind(self, actions: tuple[Action, ...]) -> Box | None:
        """The active window; None where the actions point beside it, and so bring up another."""
        active = self.active()
        places = _places(actions)
        return None if active is None or any(not active.holds(at.x, at.y) for at in places) else active

    def _after_all(self, before: ReadScreen, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        """The actions that were held back, to be done now. Raises HeldBackError, CannotError."""
        first = max(len(actions) - self.undone, 0)
        self.did += actions[:first]
        left = actions[first:]
        pointed = all(isinstance(one, Click | Move | Wait) for one in self.did)
        if not self.did or (pointed and any(isinstance(one, TypeText) for one in left)):
            raise HeldBackError  # the keyboard may be somewhere else by now
        places = [Box(at.x, at.y, at.x + 1, at.y + 1).grown(NEAR) for at in _places(left)]
        if any(evidence.differs(before, self.seen, place) for place in places):
            raise CannotError(why="the input was held back halfway, and the screen is another one since")
        return left

    def _blinking(self, before: ReadScreen) -> list[Box]:
        """Where carets have come or gone; the last of them is remembered."""
        found = evidence.carets(before, self.seen)
        if found:
            self.caret = found[-1]
        return found

    def wait(self, said: str, seconds: float) -> Doing:
        """Look again after a while."""
        before = self.seen
        self.seen = yield Batch((Wait(seconds),), said)
        self._blinking(before)

    @property
    def widgets(self) -> Sequence[Widget]:
        """What the accessibility tree says of the screen now; empty where there is none."""
        if self._told is None or self._told[0] is not self.seen:
            self._told = (self.seen, self.tree(self.seen))
        return self._told[1]

    def look(
        self, target: Target, *, loosely: bool = False, suits: Suits = None, only: Suits = None
    ) -> Located | Missing:
        """Where the target is now: by its name in the accessibility tree, else by its text; by that alone where `only` some are meant."""
        if only is not None:
            return locate(target, self.seen, self.active(), suits=suits, only=only)
        found = named(target, self.widgets)
        if isinstance(found, Located) and self._shows_another(found):
            found = None
        if found is None or self.is_only_named(found):
            read = locate(target, self.seen, self.active(), loosely=loosely, suits=suits)
            is_sign = found is not None and len(target.label) <= SHORT  # signs are often overlooked, and stand anywhere
            found = read if found is None or (isinstance(read, Located) and not is_sign) else found
        unsure = isinstance(found, Missing) and not found.several and bool(target.label)
        if (unsure or self._is_sign_in_title(target, found)) and self._looked_closer is not self.seen:
            self._look_closer(target.label.strip())
            found = locate(target, self.seen, self.active(), loosely=loosely, suits=suits)
        return found

    def _is_sign_in_title(self, target: Target, found: Located | Missing) -> bool:
        """Whether a sign was read only in the window's title bar, where it opens a tab or closes the window."""
        if isinstance(found, Missing) or found.widget is not None or len(target.label) > SHORT:
            return False
        return found.box.bottom < (self.active() or self.seen.whole).top + TITLE_BAR

    def _look_closer(self, label: str) -> None:
        """Read once more what may be the label: everything for a short one, what is one letter off for another."""
        if len(label) <= SHORT:
            within = self.active() or self.seen.whole
            self._read_once_more(lambda reader: reader.closer(self.seen, within))
        for text in nearly(label, self.seen.texts):
            self.enlarge(text.box)
        self._looked_closer = self.seen

    def is_only_named(self, found: Located | Missing) -> bool:
        """Whether a thing to click has a name that does not stand on it: the same words on the screen come before that."""
        widget = found.widget if isinstance(found, Located) else None
        if widget is None or widget.checked is not None or widget.kind not in ("button", "icon", "menu", "tab", "link"):
            return False
        own = (text for text in self.seen.texts if widget.box.centres(text.box))
        return not any(trimmed(widget.name) in trimmed(text.text) for text in own)

    def _shows_another(self, found: Located) -> bool:
        """Whether other words than its name stand on a thing to click, of one line: a person would not call it so."""
        widget = found.widget
        if widget is None or widget.checked is not None or widget.kind not in ("button", "menu", "tab", "link"):
            return False
        own = [text for text in self.seen.texts if widget.box.centres(text.box)]
        of_one_line = bool(own) and all(text.box.same_row(own[0].box) for text in own)
        return of_one_line and not is_said_of(widget.name, " ".join(text.text for text in own))

    def look_afresh(self) -> bool:
        """Read all of the screen again; whether that was not how it was read already."""
        return self._read_once_more(lambda reader: reader.afresh(self.seen))

    def enlarge(self, where: Box) -> None:
        """Read that part of the screen once more, enlarged."""
        self._read_once_more(lambda reader: reader.larger(self.seen, where))

    def _read_once_more(self, how: Callable[[Reader], ReadScreen]) -> bool:
        """Whether the texts are others now; what the tree says of the screen is as it was."""
        told, was = self.widgets, self.seen
        if self.reader is not None:
            self.seen = how(self.reader)
            self._told = (self.seen, told)
        return self.seen is not was

    def find(self, target: Target, *, loosely: bool = False, suits: Suits = None) -> Finding:
        """The target, once it is there. Raises CannotError where it is not, or where several are."""
        return (yield from self.find_by(lambda: self.look(target, loosely=loosely, suits=suits)))

    def find_by(self, look: Callable[[], Located | Missing]) -> Finding:
        """What the look finds, now or within a few more of it. Raises CannotError where that is nothing, or several."""
        found = look()
        for turn, seconds in enumerate(LOOKS):
            if isinstance(found, Missing) and not found.several and self.look_afresh():
                found = look()
            if isinstance(found, Located):
                return found
            yield from self.look_again(found.why, turn, seconds, aside=not found.several)
            found = look()
        if isinstance(found, Missing):
            raise CannotError(found.why)
        return found

    def look_again(self, why: str, turn: int, seconds: float, *, aside: bool = True) -> Doing:
        """Look once more after a while; the second time with the pointer `aside`, which may hide what is looked for, or light it up."""
        to = self._aside() if turn == 1 and aside and not self.hovering else None
        if to is None:
            yield from self.wait(f"looking again: {why}", seconds)
        else:
            self.seen = yield Batch((Move(to),), f"looking again with the pointer aside: {why}")

    def look_aside(self, to: Point, thing: str) -> Doing:
        """Look again with the pointer elsewhere than on the thing, which it may have lit up; what was before the last action stays known."""
        known = self.before, self.left, self.window
        self.aside = to
        yield from self.do(f"looking again without the pointer on {thing}", Move(to))
        self.before, self.left, self.window = known

    def _aside(self) -> Point | None:
        """Where the pointer shows no hint that hides something: beside the active window."""
        active, whole = self.active(), self.seen.whole
        if active is None:
            return None
        places = [Point(x, y) for x in (40, whole.right - 40) for y in (40, whole.bottom - 40)]
        taken = (active.grown(8), *self.hidden())
        return next((place for place in places if not any(box.holds(place.x, place.y) for box in taken)), None)

    def box_of(self, found: Located) -> Box | None:
        """The tick box, radio button or switch of what was found; None where none can be seen."""
        if found.widget is None:
            return self.canvas.tick_box(found.label)
        if (
            found.widget.kind == "text" and found.widget.checked is None
        ):  # the cell of a list, whose box is another cell
            own = next((text.box for text in self.seen.texts if found.box.centres(text.box)), found.box)
            return self.canvas.tick_box(own)
        inner = self.canvas.tick_box(found.box)
        return inner if inner is not None and found.box.grown(3).centres(inner) else found.box

    def same_box(self, target: Target, found: Located, box: Box) -> Box | None:
        """Where the box of what was found is now: where it was, or as far from it as its label; None where it is not seen."""
        now = self.look(target, suits=lambda label: self.canvas.tick_box(label) is not None)
        if isinstance(now, Missing):
            stays = self.before is not None and not evidence.differs(self.before, self.seen, found.label)
            return box if stays else None
        moved = box
        if (now.widget is None) == (found.widget is None):  # else a name of the tree stands elsewhere than its text
            down = now.label.centre.y - found.label.centre.y
            right = min(now.label.left - found.label.left, now.label.right - found.label.right, key=abs)
            if max(abs(right), abs(down)) <= SAME:
                return box
            moved = box.moved(round(right), round(down))
        seen = self.box_of(now)
        if seen is None or max(abs(seen.width - box.width), abs(seen.height - box.height)) > SAME:
            return None
        return seen if seen.grown(SAME).holds(moved.left, moved.top) else None

    def box_look(self, found: Located, box: Box, ground: Colour | None = None) -> BoxLook:
        """What the box of what was found looks like."""
        mirrored = found.widget is None and self._goes_left(found.label, box)
        return replace(self.canvas.look(box, ground), mirrored=mirrored)

    def _goes_left(self, label: Box, box: Box) -> bool:
        """Whether the page may go from right to left: more of its rows end where this one does than begin where it begins.

        Where neither is so, a box right behind its label may be on such a page.
        """
        row, window = label.with_(box), self.active() or self.seen.whole
        others = [other for other in self.canvas.texts_in(window) if not other.meets(row)]
        begin = sum(abs(other.left - row.left) <= SAME for other in others)
        end = sum(abs(other.right - row.right) <= SAME for other in others)
        behind = 0 <= box.left - label.right <= near_to(label)
        return end > begin or (end == begin and behind)

    def borne_out(self, found: Located, *, seen: bool | None) -> bool | None:
        """The state of what was found: as it is `seen`, and as the tree tells it; None where neither tells it, or they differ."""
        if found.widget is None:
            return seen
        told = self._told_now(found.widget)
        if len(told) != 1 or told[0].checked is None:
            return seen if len(told) < 2 else None
        return told[0].checked if seen in (None, told[0].checked) else None

    def told_anew(self, found: Located) -> str:
        """Which state of what was found the tree tells otherwise than when it was found, its look being another too; empty for none."""
        was, now = found.widget, self._told_now(found.widget) if found.widget is not None else []
        looks_so = self.before is not None and evidence.differs(self.before, self.seen, found.box)
        if was is None or len(now) != 1 or not looks_so:
            return ""
        states = ("checked", "selected", "expanded")
        return next((state for state in states if getattr(now[0], state) != getattr(was, state)), "")

    def _told_now(self, widget: Widget) -> list[Widget]:
        """What the tree says now of all that are called so."""
        return [w for w in self.widgets if w.name == widget.name and w.kind == widget.kind]

    def box_state(self, found: Located) -> bool | None:
        """Whether the box of what was found is checked; None where that cannot be told."""
        box = self.box_of(found)
        return None if box is None else self.borne_out(found, seen=self.box_look(found, box).state)

    def typed_into(self, field: Box | None) -> str | None:
        """The text of what has the focus, where the tree tells it; of the field that is meant, if one is: another may have taken the focus."""
        focused = [w for w in self.widgets if w.focused and w.editable and w.text is not None]
        is_meant = len(focused) == 1 and (field is None or focused[0].box.meets(field))
        return focused[0].text if is_meant else None

    def has_arrived(self, target: Target, where: Box, goal: Point) -> bool:
        """Whether what the target names has left the place, and where it is seen since, it has come on the way to the goal.

        What has let go of it again may put it back beside where it was.
        """
        new = self._new_boxes(target)
        if not new:
            return not any(box.meets(where) for box in boxes_of(target, self.seen))
        start = where.centre
        x, y = goal.x - start.x, goal.y - start.y
        way = max((box.centre.x - start.x) * x + (box.centre.y - start.y) * y for box in new)
        return way > ON_THE_WAY * (x**2 + y**2)

    def claim(self, what: str, where: Box, holds: Callable[[], bool], kind: str = "filled in") -> None:
        """Remember what was filled in, to be looked at again."""
        self.prove_by(kind, what, where)
        self.claims.add(what, where, self.seen, holds)

    def is_promised(self) -> bool:
        """Whether the next instruction looks for something that is not so yet: that is the evidence, and its patience is waited for."""
        if not isinstance(self.next, WaitFor | Verify):
            return False
        return not self.holds(replace(self.next.condition, newly=False))

    def prove_by(self, kind: str, what: str, where: Box | None = None) -> None:
        """Keep the evidence of an instruction, to be told with the next step."""
        self.proofs.append(Evidence(kind, what, None if where is None else _rounded(where)))

    def prove(self) -> None:
        """No other action comes. Raises CannotError where there is no evidence of the last one."""
        if self.unproved:
            raise CannotError(self.unproved)

    def settle_claims(self, seconds: float = SETTLED) -> Doing:
        """Look once more, after a moment, whether everything that was filled in is still so; then forget it."""
        if self.claims:
            self.check_claims()
            yield from self.wait("looking once more at what was filled in", seconds)
            self.check_claims()
            self.claims = Claims()

    def check_claims(self) -> None:
        """Raises CannotError where something that was filled in is there no more."""
        if (lost := self.claims.lost(self.seen)) is not None:
            raise CannotError(why=f"{lost} was there, and is there no more")

    def holds(self, condition: Condition) -> bool:
        """Whether the condition holds now. Raises CannotError where a box cannot be seen."""
        found = self.look(condition.target, loosely=True)
        if condition.of == "box":
            return isinstance(found, Located) and self.box_state(found) == condition.there
        there = isinstance(found, Located) or found.several
        if isinstance(found, Located) and (
            self._is_of_another_window(found) or self._is_a_hint(found, condition.target)
        ):
            there = False
        if there and condition.newly and self.before is not None:
            return bool(self._new_boxes(condition.target))
        fields = [one.target for one in condition.target.relations if one.way == "in" and one.target.kind == "field"]
        if not there and not all(isinstance(self.look(field, loosely=True), Located) for field in fields):
            return False  # what is not found holds nothing, and of that nothing is known
        return there == condition.there

    def _is_of_another_window(self, found: Located) -> bool:
        """Whether a text has come, since the last action, in a window beside the one that was acted on; a message brings its own ground."""
        window, before = self.active(), self.before
        if window is None or before is None or window.grown(TITLE_BAR).meets(found.label):
            return False
        if before.picture.size != self.seen.picture.size or not evidence.differs(before, self.seen, found.label):
            return False
        around = found.label.grown(found.label.height / 2).within(self.seen.whole)
        return image_diff.share(before.picture, self.seen.picture, around) < OWN_GROUND

    def _is_a_hint(self, found: Located, target: Target) -> bool:
        """Whether what a field is to contain is only the hint in it: the tree tells it otherwise, or it is paler than the field's name."""
        fields = [one.target for one in target.relations if one.way == "in" and one.target.kind == "field"]
        named_so = self.look(fields[0], loosely=True) if fields else None
        if not isinstance(named_so, Located):
            return False
        told = [w.text for w in self.widgets if w.editable and w.text is not None and w.box.centres(found.label)]
        if told:
            return not any(trimmed(target.label) in trimmed(text) for text in told)
        ink, name = (letters(self.seen.picture, box) for box in (found.label, named_so.label))
        return ink is not None and name is not None and abs(ink[0] - ink[1]) <= evidence.PALER * abs(name[0] - name[1])

    def wait_for(self, condition: Condition, waits: Iterable[float]) -> Doing:
        """Look until the condition holds. Raises CannotError where it does not."""
        for turn, seconds in enumerate(waits):
            held = self.really_holds(condition, afresh=turn % 3 == 2)
            if held and self._was_there(condition):  # it may be on its way out, as what stands in a dialog that closes
                yield from self.wait(f"looking whether {condition} still", LOOKS[0])
                held = self.really_holds(condition)
            if held:
                self.prove_holding(condition)
                return
            yield from self.wait(f"waiting until {condition}", seconds)
        if not self.really_holds(condition, afresh=True):
            raise CannotError(self._why_not(condition))
        self.prove_holding(condition)

    def _was_there(self, condition: Condition) -> bool:
        """Whether what is waited for stands where it stood before the last action."""
        found = self.look(condition.target, loosely=True) if condition.there and condition.of == "screen" else None
        if self.before is None or not isinstance(found, Located):
            return False
        return any(box.meets(found.label) for box in boxes_of(condition.target, self.before))

    def prove_holding(self, condition: Condition) -> None:
        """Keep as evidence that the condition holds, and where that is seen."""
        found = self.look(condition.target, loosely=True)
        self.prove_by("condition", str(condition), found.box if isinstance(found, Located) else None)

    def really_holds(self, condition: Condition, *, afresh: bool = True) -> bool:
        """Whether it holds; what is gone, or (`afresh`) not there yet, may only have been overlooked."""
        held = self.holds(condition)
        doubtful = not condition.there if held else afresh
        return self.holds(condition) if doubtful and self.look_afresh() else held

    def changes(self, before: ReadScreen) -> list[Box]:
        """Where the screen has changed since: without what moves by itself, or lies in another window, or is left behind by pointer and focus."""
        return self._that_count(
            [*self._changed_elsewhere(before), *self.stirring.come_since(self.seen.picture)], before
        )

    def only_where_it_rested(self, before: ReadScreen) -> bool:
        """Whether all that has changed lies where something came by itself right before the input: it may do so again."""
        return bool(self.changes(before)) and not self._that_count(self._changed_elsewhere(before), before)

    def _changed_elsewhere(self, before: ReadScreen) -> list[Box]:
        return evidence.changes(before, self.seen, [*self.stirring.boxes, *self.stirring.rested])

    def _that_count(self, changed: Sequence[Box], before: ReadScreen) -> list[Box]:
        found = self.stirring.without_motion([box for box in changed if self._is_in_window(box, before)])
        return [box for box in found if not self._is_left_behind(box, before)]

    def opened_a_window(self) -> bool:
        """Whether another window is active than was before the last action; not where that was a click on what lay behind."""
        now = self.active()
        return self.window is not None and now is not None and now != self.window

    def _is_in_window(self, box: Box, before: ReadScreen) -> bool:
        """Whether most of it lies in the window that was active before, or the active one is another now, or there is none any more.

        Of one that the input itself has brought up, its title bar and what has only another colour since are no evidence.
        """
        window = self.window or self.active()
        if window is None or self.opened_a_window() or self.active() is None:
            return True
        brought_up = self.window is None
        if brought_up and (box.bottom <= window.top + TITLE_BAR or evidence.says_the_same(before, self.seen, box)):
            return False
        return 2 * box.within(window.grown(2)).area >= box.area

    def see_change(self, before: ReadScreen, what: str) -> Generator[Batch, ReadScreen, bool]:
        """Look until something has changed, for about ten seconds; whether that took a while. Raises CannotError."""
        for turn, seconds in enumerate(LOOKS):
            if self.changes(before):
                return turn > 0
            if turn == len(LOOKS) - 1:
                self.stirring.comes(self.seen.picture, LATE)
            yield from self.wait(f"{what}; looking for what changed", seconds)
        if not self.changes(before):
            raise CannotError(why=f"{what}, but nothing changed on the screen")
        return True

    def _is_left_behind(self, changed: Box, before: ReadScreen) -> bool:
        last = self.last
        if last is not None and changed.within(last.grown(10)) == changed:
            return evidence.says_the_same(before, self.seen, last)
        points = [point for point in (self.left, self.aside) if point is not None]
        at_one = any(changed.grown(10).holds(point.x, point.y) for point in points)
        return at_one and evidence.says_the_same(before, self.seen, changed)

    def _new_boxes(self, target: Target) -> list[Box]:
        """Where texts of its name are, and none was before the last action."""
        was = [] if self.before is None else boxes_of(target, self.before)
        return [box for box in boxes_of(target, self.seen) if not any(box.meets(old.grown(2)) for old in was)]

    def must_tell(self, condition: Condition) -> None:
        """Raises CannotError where the condition is the state of a box that cannot be told."""
        found = self.look(condition.target, loosely=True)
        why = self._why_no_box(found) if condition.of == "box" and isinstance(found, Located) else None
        if why is not None:
            raise CannotError(why)

    def _why_no_box(self, found: Located) -> str | None:
        if self.box_of(found) is None:
            return f"no box can be seen beside {found.said}"
        if self.box_state(found) is None:
            return f"the look of the box of {found.said} does not tell whether it is checked"
        return None

    def _why_not(self, condition: Condition) -> str:
        found = self.look(condition.target, loosely=True)
        if condition.of == "box" and isinstance(found, Located):
            return self._why_no_box(found) or f"the box of {found.said} is {'not ' if condition.there else ''}checked"
        if isinstance(found, Missing) and not found.several:
            return found.why
        if isinstance(found, Located) and self._is_of_another_window(found):
            return f"{found.said} has come in another window than the one that was acted on"
        if isinstance(found, Located) and self._is_a_hint(found, condition.target):
            return f"{found.said} is only the hint in the field"
        where = found.said if isinstance(found, Located) else found.why
        return f"{where}, but it was there before" if condition.newly else f"{where} is still there"


def _rounded(box: Box) -> tuple[int, int, int, int]:
    return (round(box.left), round(box.top), round(box.width), round(box.height))


def _places(actions: Iterable[Action]) -> list[Point]:
    """Where they press, drag or scroll; to be moved over brings up no window."""
    named = (point for action in actions if not isinstance(action, Move) for point in points(action))
    return [point for point in named if point is not None]
