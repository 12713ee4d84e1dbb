"""Carries out the steps of an instruction in order, one screen after the other.

A plan is a generator: where it is in the instruction is where it is in the code, and every
action is looked after with the screen that follows it. `Plan.position` says it in numbers, for another process to go on there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct, field

from coasty_desk.core.actions import Launch, Wait
from coasty_desk.core.counting import counted
from coasty_desk.core.stop import Stop
from coasty_desk.models.offline.cut_plan import READ, CutPlan, is_same
from coasty_desk.models.offline.language.instructions import (
    Choose,
    ClickOn,
    Condition,
    DragTo,
    Hover,
    If,
    Instruction,
    Open,
    Pause,
    Press,
    Read,
    Repeat,
    Step,
    Target,
    Tick,
    Turn,
    TypeIn,
    Verify,
    WaitFor,
)
from coasty_desk.models.offline.steps import choosing, evidence, forms, pointer_and_keys, ticking
from coasty_desk.models.offline.steps.context import (
    LOOKS,
    MUCH,
    PATIENCE,
    SETTLED_FOR_GOOD,
    CannotError,
    Context,
    Doing,
    HeldBackError,
)
from coasty_desk.models.offline.steps.error_messages import complaint
from coasty_desk.models.offline.vision.background_motion import Stirring
from coasty_desk.models.offline.vision.read_screen import ReadScreen

OPENING = (0.5, 0.8, 1.2, 1.5, 2.0, 3.0, 3.0, 4.0)
"""How long to wait, in seconds, before each look for the window of an application that was started."""

FIRST_WAIT, LONGER, LONGEST_WAIT, SHORTEST_WAIT = 0.4, 1.4, 5.0, 0.01
"""Waits within a given time, in seconds: the first, each so many times as long as the last, the longest; less is none."""

LARGE = 4000
"""A window changes at least so many pixels of the screen."""

_UNTOLD = (
    "the run was cut off after it, and the record does not let it be told whether it was done; it was not done again"
)

_ACTS: dict[type, Callable[[Context, Any], Doing]] = {
    ClickOn: pointer_and_keys.click,
    Hover: pointer_and_keys.hover,
    TypeIn: forms.type_in,
    Press: pointer_and_keys.press,
    Turn: pointer_and_keys.scroll,
    DragTo: pointer_and_keys.drag,
    Tick: ticking.tick,
    Choose: choosing.choose,
}
"""How each instruction that acts is carried out."""


def nothing_to_open(name: str) -> Launch:
    """Where there are no applications to start. Raises CannotError."""
    raise CannotError(why=f"“{name}” cannot be started: applications cannot be started here; open it yourself")


class Plan(Struct):
    """`launch` gives the start of the application that a name means; it raises CannotError. `read_out` is what was read.

    `position` is the number of the instruction that is being carried out, from 0; within a condition that of its side (0: it holds) and of
    the instruction there, within a repetition that of the turn and of the instruction. `cut` is where another process was cut off,
    `doubted` what is to be said of the instruction there, where it was in doubt.
    """

    sight: Context
    launch: Callable[[str], Launch] = nothing_to_open
    read_out: list[str] = field(default_factory=list)
    cut: CutPlan | None = None
    position: tuple[int, ...] = ()
    doubted: str = ""
    _last: Instruction | None = None

    def whole(self, steps: Sequence[Step]) -> Doing:
        """Everything in order, and a last look at what was filled in. Raises CannotError, which names the step."""
        self.read_out += () if self.cut is None else self.cut.read_out
        if self.cut is not None and self.cut.doubted_before:
            self._doubt("an action before this was in doubt when the run was cut off: its record says which")
        yield from self.carry_out(steps, into=() if self.cut is None else self.cut.position)
        self.position = (len(steps),)
        try:
            self.sight.prove()
            yield from self.sight.settle_claims(SETTLED_FOR_GOOD)
            self._hear_complaints(steps)
        except CannotError as error:
            error.step = steps[-1].words
            raise

    def _hear_complaints(self, steps: Sequence[Step]) -> None:
        """Raises CannotError where the last action has brought an error, unless the instructions end with a look of their own."""
        before = self.sight.before
        if before is None or not isinstance(steps[-1].does, ClickOn | Press | TypeIn | Tick | Choose | DragTo):
            return
        said = complaint(before, self.sight.seen, self.sight.changes(before), " ".join(step.words for step in steps))
        if said is not None:
            raise CannotError(why=f"after it the screen says “{said}”")

    def carry_out(self, steps: Iterable[Step], at: tuple[int, ...] = (), into: tuple[int, ...] = ()) -> Doing:
        """Some steps in order, which are those `at` that position, from the one that `into` leads to. Raises CannotError, which names the step."""
        ordered = tuple(steps)
        following = (*ordered[1:], None)
        for number, (step, after) in enumerate(zip(ordered, following, strict=False)):  # there may be no step
            if into and number < into[0]:
                continue
            self.sight.next = None if after is None else after.does
            self.position = (*at, number)
            within = into[1:] if into and number == into[0] else ()
            cut = self.cut if self.cut is not None and self.position == self.cut.position else None
            try:
                yield from self._one(step.does, within) if cut is None else self._go_on(step, cut)
            except CannotError as error:
                error.step = error.step or step.words
                raise

    def _go_on(self, step: Step, cut: CutPlan) -> Doing:
        """The instruction that another process was cut off in: looked after where its input went out, begun where none did. Raises CannotError."""
        self.cut = None
        does = step.does
        if not cut.steps or (isinstance(does, TypeIn) and cut.has_only_pointed and cut.left):
            self._demand_same_screen(does, cut)
            yield from self._one(does)
            return
        if isinstance(does, Turn) and does.until is not None:  # it goes on from wherever the wheel has come to
            yield from self._one(does)
            return
        doubt = "the run was cut off while this was done, and it is not known how much of it was; nothing of it was done again"
        if cut.left or cut.may_be_half_done:
            raise CannotError(doubt)
        try:
            yield from self._look_after(does, cut)
        except CannotError as error:
            raise CannotError(f"{doubt}: {error.why}" if cut.doubt else error.why) from error
        if cut.doubt:
            shown = (
                "for what follows to show"
                if self.sight.deferred or self.sight.unproved
                else "borne out by what is seen"
            )
            self._doubt(f"the run was cut off while “{step.words}” was done, and whether it was is {shown}")

    def _doubt(self, what: str) -> None:
        self.doubted = what
        self.sight.notes.append(what)

    def _demand_same_screen(self, does: Instruction, cut: CutPlan) -> None:
        """Raise CannotError where it goes to wherever the keyboard or the pointer is, and the screen is another one since."""
        blind = isinstance(does, Press) or (isinstance(does, TypeIn) and does.field is None)
        if not blind and not (isinstance(does, ClickOn) and does.target is None):
            return
        was = None if cut.looked is None else cut.screen(cut.looked)
        if was is None or was.picture.size != self.sight.seen.picture.size:
            changed = self.sight.seen.whole.area
        else:
            changed = sum(box.area for box in evidence.changes(was, self.sight.seen))
        if changed > MUCH * self.sight.seen.whole.area:
            raise CannotError(
                why="the run was cut off before this, and the screen is another one since: it may go to another place now"
            )

    def _look_after(self, does: Instruction, cut: CutPlan) -> Doing:
        """Carry the instruction out on what was seen then, up to the input that went out, and with what is seen now from there on. Raises CannotError."""
        then = [cut.screen(step.looked) for step in cut.steps]
        now, stirring, tree = self.sight.seen, self.sight.stirring, self.sight.tree
        if any(one is None or one.picture.size != now.picture.size for one in then):
            raise CannotError(_UNTOLD)
        self.sight.stirring, self.sight.tree = Stirring(Stop()), lambda _: ()
        going = self._open(does.name) if isinstance(does, Open) else _ACTS[type(does)](self.sight, does)
        try:
            self.sight.seen = then[0] or now
            batch = next(going)
            for number, step in enumerate(cut.steps):
                if not is_same(batch.actions, step.actions):
                    raise CannotError(_UNTOLD)
                last = number + 1 == len(then)
                if last:
                    self.sight.stirring, self.sight.tree = stirring, tree
                batch = going.send(now if last else then[number + 1] or now)
            while True:
                batch = going.send((yield batch))
        except StopIteration:
            return
        except HeldBackError as error:
            raise CannotError(_UNTOLD) from error
        finally:
            going.close()

    def _one(self, does: Instruction, into: tuple[int, ...] = ()) -> Doing:
        """Carry it out, from its beginning as often as it is held back before it has done anything."""
        self.sight.stale = 0
        while True:
            self.sight.did = ()
            try:
                yield from self._once(does, into)
            except HeldBackError:
                continue
            return

    def _once(self, does: Instruction, into: tuple[int, ...]) -> Doing:
        at = self.position
        match does:
            case Pause(seconds):
                yield from self.sight.do(f"waiting {seconds:g} s", Wait(seconds))
            case WaitFor(condition, seconds):
                yield from self.sight.wait_for(condition, PATIENCE if seconds is None else waits(seconds))
            case Verify(condition):
                yield from self.sight.wait_for(condition, PATIENCE if self.sight.deferred else LOOKS)
            case Read(target):
                yield from self._read(target)
            case Open(name):
                yield from self._open(name)
            case If(condition, then, otherwise):
                if not into:
                    self.sight.must_tell(condition)
                side = into[0] if into else int(not self.sight.really_holds(condition))
                yield from self.carry_out(otherwise if side else then, (*at, side), into[1:])
            case Repeat(body, times, until):
                yield from self._repeat(body, times, until, into)
            case _:
                yield from self._act(does)

    def _act(self, does: Instruction) -> Doing:
        if isinstance(does, ClickOn) and does == self._last:
            self.sight.prove()  # the same once more proves nothing
        self.sight.unproved = ""  # this one will show whether the last one mattered that showed nothing
        self.sight.deferred = False
        self._last = does
        if isinstance(does, TypeIn | Tick | Choose) or _moves_the_focus(does):
            self.sight.check_claims()
        else:
            yield from self.sight.settle_claims()
        yield from _ACTS[type(does)](self.sight, does)
        self.sight.hovering = isinstance(does, Hover) or (self.sight.hovering and not isinstance(does, ClickOn))

    def _read(self, target: Target) -> Doing:
        found = yield from self.sight.find(target, loosely=True)
        line = next((t for t in self.sight.seen.texts if t.box.meets(found.box)), None)
        row = [t for t in self.sight.seen.texts if line and t.box.same_row(line.box) and t.box.left >= line.box.left]
        said = " ".join(t.text for t in sorted(row, key=lambda t: t.box.left)) if target.label else found.text
        self.read_out.append(f"“{said or found.text}”")
        self.sight.prove_by(READ, self.read_out[-1], found.box)

    def _open(self, name: str) -> Doing:
        launch = self.launch(name)
        before = yield from self.sight.do(f"opening {launch.name}", launch)
        for seconds in OPENING:
            if self._has_a_window(before):
                self.sight.prove_by("window", f"a window of {launch.name} came")
                return
            yield from self.sight.wait(f"opened {launch.name}; waiting for its window", seconds)
        if not self._has_a_window(before):
            raise CannotError(why=f"opened {launch.name}, but no window of it can be seen")

    def _has_a_window(self, before: ReadScreen) -> bool:
        """Whatever changes by so much counts: starting an application moves no pointer that could leave something behind."""
        return sum(box.area for box in evidence.changes(before, self.sight.seen)) > LARGE

    def _repeat(self, body: tuple[Step, ...], times: int, until: Condition | None, into: tuple[int, ...]) -> Doing:
        at = self.position
        for turn in range(into[0] if into else 0, times):
            within = into[1:] if into and turn == into[0] else ()
            if until is not None and not within and self.sight.holds(until):
                return
            yield from self.carry_out(body, (*at, turn), within)
        if until is not None and not self.sight.holds(until):
            raise CannotError(why=f"it was repeated {counted(times, 'time')}, and not yet {until}")


def _moves_the_focus(does: Instruction) -> bool:
    """Whether it does nothing but go to another field: what was filled in must outlive that."""
    match does:
        case ClickOn(target=Target(kind="field")):
            return True
        case Press():
            return set(does.pressed) == {("tab",)}
    return False


def waits(seconds: float) -> list[float]:
    """Waits that take so many seconds together, longer and longer."""
    made, left, each = [], seconds, FIRST_WAIT
    while left > SHORTEST_WAIT:
        made.append(min(each, left))
        left -= made[-1]
        each = min(each * LONGER, LONGEST_WAIT)
    return made
