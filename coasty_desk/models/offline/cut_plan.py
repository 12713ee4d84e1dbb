"""Where in its instructions a run was cut off: read from its record, so that another process goes on there and does nothing a second time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Click, Drag, Look, Move, Point, Refusal, Scroll, TypeText, Verdict, Wait
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.wire.journal_codec import Began, Looked

READ = "read"
"""The kind of the evidence that is a text which was to be read out."""

NEAR = 12
"""Pixels between two places that are the same one, found twice on one picture."""


class ActedStep(Struct):
    """A step in which input went out: what was seen, what was to be done of it, how much of that was begun."""

    looked: Looked
    actions: tuple[Action | Refusal, ...]
    begun: int = 0

    @property
    def left(self) -> tuple[Action | Refusal, ...]:
        """What was not begun of it."""
        return self.actions[self.begun :]


class CutPlan(Struct, frozen=True):
    """`position` is that of the instruction that the run was cut off in (`Plan.position`), `steps` those of it in which input went out.

    `doubt`: whether the last of that input went out is not known. `refusal` is why an action was refused as the last thing that happened.
    `read_out` is what was read before, `doubted_before` whether input of an earlier one was in doubt. `looked` is the last look, `screen` reads the picture of one, None where it is gone.
    """

    position: tuple[int, ...]
    steps: tuple[ActedStep, ...] = ()
    doubt: bool = False
    refusal: str = ""
    looked: Looked | None = None
    read_out: tuple[str, ...] = ()
    doubted_before: bool = False
    screen: Callable[[Looked], ReadScreen | None] = lambda _: None

    @property
    def left(self) -> tuple[Action | Refusal, ...]:
        """What of the last step's actions was not begun."""
        return self.steps[-1].left if self.steps else ()

    @property
    def may_be_half_done(self) -> bool:
        """Whether a part of the input that is in doubt may have gone out, which looks like the whole: of a text, or of several clicks."""
        last = self.steps[-1].actions[self.steps[-1].begun - 1] if self.doubt and self.steps else None
        return isinstance(last, TypeText) or (isinstance(last, Click) and last.count > 1)

    @property
    def has_only_pointed(self) -> bool:
        """Whether nothing was typed or pressed in that instruction."""
        return all(isinstance(one, Click | Move | Wait) for step in self.steps for one in step.actions[: step.begun])


def cut_plan(events: Iterable[ev.Event]) -> CutPlan | None:
    """The place; None where the instructions are at their beginning. Raises LookupError where the record does not say."""
    trail = _PlanTrail()
    for event in events:
        trail.follow(event)
    if trail.position is None:
        return None
    if not trail.position:
        raise LookupError
    acted = tuple(step for step in trail.steps if any(map(is_input, step.actions[: step.begun])))
    doubt = trail.doubt or bool(trail.open)
    return CutPlan(
        *(trail.position, acted, doubt, trail.refusal, trail.looked, tuple(trail.read_out)),
        doubted_before=trail.doubted,
    )


def is_input(action: Action | Refusal) -> bool:
    """Whether doing it twice may be something else than doing it once."""
    return not isinstance(action, Move | Wait | Look | Refusal)


def is_same(said: tuple[Action, ...], recorded: tuple[Action | Refusal, ...]) -> bool:
    """Whether both are the same input, at the same places."""
    return len(said) == len(recorded) and all(map(_is_alike, said, recorded))


def _is_alike(one: Action, other: Action | Refusal) -> bool:
    match one, other:
        case Click(), Click():
            return _is_near(one.point, other.point) and replace(one, point=None) == replace(other, point=None)
        case Scroll(), Scroll():
            return _is_near(one.point, other.point) and replace(one, point=None) == replace(other, point=None)
        case Drag(), Drag():
            return _is_near(one.start, other.start) and _is_near(one.end, other.end)
        case Move(), Move():
            return _is_near(one.point, other.point)
    return one == other


def _is_near(one: Point | None, other: Point | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one.x - other.x) <= NEAR and abs(one.y - other.y) <= NEAR


class _PlanTrail(Struct):
    """Follows a journal; `position` is None as long as nothing was answered to the instructions that hold now."""

    position: tuple[int, ...] | None = None
    steps: list[ActedStep] = field(default_factory=list)
    open: list[int] = field(default_factory=list)
    doubt: bool = False
    doubted: bool = False
    refusal: str = ""
    looked: Looked | None = None
    read_out: list[str] = field(default_factory=list)

    def follow(self, event: ev.Event) -> None:
        match event:
            case ev.RunStarted(note=note) | ev.Answered(note=note) if note:
                self.position, self.read_out, self.doubted = (
                    None,
                    [],
                    False,
                )  # a person's words take the place of the instructions
            case ev.RunStarted():
                self.doubt = self.doubt or bool(self.open)
            case Looked():
                self.looked = event
            case ev.Predicted(verdict=Verdict.CONTINUE):
                self._take(event)
            case Began(index=index, sent=sent) if self.steps:
                self.steps[-1].begun = index + 1
                self.open += [index] if is_input(sent) else []
            case ev.Acted(index=index):
                self.open = [one for one in self.open if one > index]
            case ev.Refused(refusal=refusal):
                self.refusal = f"“{refusal.action}” was refused: {refusal.why}"

    def _take(self, answered: ev.Predicted) -> None:
        if answered.position != self.position:
            self.steps, self.doubt, self.doubted = [], False, self.doubted or self.doubt
        self.read_out += [one.what for one in answered.evidence if one.kind == READ]
        self.position, self.open, self.refusal = answered.position, [], ""
        if self.looked is not None:
            self.steps.append(ActedStep(self.looked, answered.actions))
