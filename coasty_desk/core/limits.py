"""The caps of a run, and the one question: is one of them reached? Pure."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Look, Point, Prediction, Refusal, Scroll, Verdict, Wait, moved
from coasty_desk.core.counting import counted
from coasty_desk.core.events import Ending
from coasty_desk.core.money import Money, in_cents, said_in_cents

IDLE_STEPS = 3
"""So many steps in a row without an action, while the task goes on, are a stall."""

LOOKS = 5
"""So many steps in a row that only look again are neither idle nor input; each one more is idle."""

REPEATS = 6
"""So many steps in a row with the same actions are a stall; the last of them is not carried out."""

GRID = 8
"""Two points in the same cell of this many sent pixels are the same place to the repeat check."""

REFUSALS = 3
"""So many steps in a row with a refused action end the run."""


class Limits(Struct, frozen=True):
    """What the run may use: predictions, seconds of wall clock, money; `None` is no cap.

    `promised` is what the person was told that the run costs at most. `patient`: to go round in circles is no end.
    """

    max_steps: int = 25
    deadline: float | None = None
    budget: Money | None = None
    promised: Money | None = None
    patient: bool = False


class Progress(Struct, frozen=True):
    """What the run has used so far, over all its sittings."""

    steps: int = 0
    spent: Money = 0
    seconds: float = 0.0
    idle: int = 0
    looks: int = 0
    repeats: int = 0
    last: tuple[Action, ...] = ()
    refusals: int = 0

    def after(self, prediction: Prediction) -> Progress:
        """With one more prediction counted, before its actions are carried out."""
        actions = tuple(_on_grid(a) for a in prediction.actions if not isinstance(a, Refusal))
        paid = replace(self, steps=self.steps + 1, spent=self.spent + prediction.usage.cost)
        looks = self.looks + 1 if prediction.actions and all(isinstance(a, Look) for a in prediction.actions) else 0
        paid = replace(paid, looks=looks)
        if 0 < looks <= LOOKS or (prediction.actions and all(isinstance(a, Scroll | Wait) for a in prediction.actions)):
            return paid
        if prediction.verdict is Verdict.ASK and not prediction.actions:
            return paid
        if not prediction.actions or looks:
            return replace(paid, idle=self.idle + 1, repeats=0, last=())
        same = bool(actions) and actions == self.last
        return replace(paid, idle=0, repeats=self.repeats + 1 if same else 1, last=actions)


def spent(limits: Limits, progress: Progress, price: Money) -> tuple[Ending, str] | None:
    """Whether the next prediction, costing at worst `price`, is out of reach."""
    if progress.steps >= limits.max_steps:
        return Ending.MAX_STEPS, f"the limit of {counted(limits.max_steps, 'step')} is reached"
    if limits.deadline is not None and progress.seconds >= limits.deadline:
        return Ending.DEADLINE, f"the deadline of {limits.deadline:g} s has passed"
    left = money_left(limits, progress)
    if left is None or price <= left:
        return None
    cap = min(amount for amount in (limits.budget, limits.promised) if amount is not None)
    which = (
        f"the budget of {in_cents(cap):g}"
        if cap == limits.budget
        else f"the {in_cents(cap):g} that this run costs at most"
    )
    return Ending.BUDGET, too_dear(price, f"of {which}", left)


def too_dear(price: Money, of: str, left: Money) -> str:
    """That the next step may cost more than is left `of` something."""
    cents = in_cents(left)
    return (
        f"the next step may cost {said_in_cents(price)}, and {of} only {cents:g} {'is' if cents == 1 else 'are'} left"
    )


def money_left(limits: Limits, progress: Progress) -> Money | None:
    """What the run may still spend; None is no cap."""
    caps = [amount for amount in (limits.budget, limits.promised) if amount is not None]
    return min(caps) - progress.spent if caps else None


def renewed(limits: Limits, size: Limits, used: Progress, ending: Ending) -> Limits:
    """The caps of a sitting after an ending: what is used up begins anew, `size` more of it, and the rest goes on."""
    steps, deadline, budget = limits.max_steps, limits.deadline, limits.budget
    if used.steps >= steps:
        steps = used.steps + size.max_steps
    if deadline is not None and (ending is Ending.DEADLINE or used.seconds >= deadline):
        deadline = used.seconds + (size.deadline or deadline)
    if budget is not None and ending is Ending.BUDGET:
        budget = used.spent + (budget if size.budget is None else size.budget)
    return Limits(steps, deadline, budget)


def stalled(progress: Progress, verdict: Verdict) -> tuple[Ending, str] | None:
    """Whether the model goes round in circles; asked before its actions are carried out."""
    if verdict is not Verdict.CONTINUE:
        return None
    if progress.idle >= IDLE_STEPS:
        return Ending.STALLED, f"the model did nothing {IDLE_STEPS} times in a row"
    if progress.repeats >= REPEATS:
        return Ending.STALLED, f"the model asked for the same action {REPEATS} times in a row"
    return None


def _on_grid(action: Action) -> Action:
    return moved(action, lambda point: Point(point.x // GRID, point.y // GRID))
