"""The caps of a run, and the one question: is one of them reached? Pure."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Point, Prediction, Refusal, Scroll, Verdict, Wait, moved
from coasty_desk.core.counting import be, counted
from coasty_desk.core.events import Ending

IDLE_STEPS = 3
"""So many steps in a row without an action, while the task goes on, are a stall."""

REPEATS = 6
"""So many steps in a row with the same actions are a stall; the last of them is not carried out."""

GRID = 8
"""Two points in the same cell of this many sent pixels are the same place to the repeat check."""

REFUSALS = 3
"""So many steps in a row with a refused action end the run."""


class Limits(Struct, frozen=True):
    """What the run may use: predictions, seconds of wall clock, cents; `None` is no cap.

    `promised_cents` is what the person was told that the run costs at most.
    """

    max_steps: int = 25
    deadline: float | None = None
    budget_cents: int | None = None
    promised_cents: int | None = None


class Progress(Struct, frozen=True):
    """What the run has used so far, over all its sittings."""

    steps: int = 0
    cents: int = 0
    seconds: float = 0.0
    idle: int = 0
    repeats: int = 0
    last: tuple[Action, ...] = ()
    refusals: int = 0

    def after(self, prediction: Prediction) -> Progress:
        """With one more prediction counted, before its actions are carried out."""
        actions = tuple(_on_grid(a) for a in prediction.actions if not isinstance(a, Refusal))
        paid = replace(self, steps=self.steps + 1, cents=self.cents + prediction.usage.cents)
        if prediction.actions and all(isinstance(a, Scroll | Wait) for a in prediction.actions):
            return paid
        if prediction.verdict is Verdict.ASK and not prediction.actions:
            return paid
        if not prediction.actions:
            return replace(paid, idle=self.idle + 1, repeats=0, last=())
        same = bool(actions) and actions == self.last
        return replace(paid, idle=0, repeats=self.repeats + 1 if same else 1, last=actions)


def spent(limits: Limits, progress: Progress, price: int) -> tuple[Ending, str] | None:
    """Whether the next prediction, costing at worst `price` cents, is out of reach."""
    if progress.steps >= limits.max_steps:
        return Ending.MAX_STEPS, f"the limit of {counted(limits.max_steps, 'step')} is reached"
    if limits.deadline is not None and progress.seconds >= limits.deadline:
        return Ending.DEADLINE, f"the deadline of {limits.deadline:g} s has passed"
    left = cents_left(limits, progress)
    if left is None or price <= left:
        return None
    budget = limits.budget_cents
    cap = (
        f"budget of {budget}" if budget is not None and left == budget - progress.cents else f"{limits.promised_cents}"
    )
    whose = "" if cap.startswith("budget") else " that this run costs at most"
    return Ending.BUDGET, (
        f"the next step may cost {counted(price, 'cent')}, and of the {cap}{whose} only {left} {be(left)} left"
    )


def cents_left(limits: Limits, progress: Progress) -> int | None:
    """What the run may still spend; None is no cap."""
    caps = [cents for cents in (limits.budget_cents, limits.promised_cents) if cents is not None]
    return min(caps) - progress.cents if caps else None


def renewed(limits: Limits, size: Limits, used: Progress, ending: Ending) -> Limits:
    """The caps of a sitting after an ending: what is used up begins anew, `size` more of it, and the rest goes on."""
    steps, deadline, budget = limits.max_steps, limits.deadline, limits.budget_cents
    if used.steps >= steps:
        steps = used.steps + size.max_steps
    if deadline is not None and (ending is Ending.DEADLINE or used.seconds >= deadline):
        deadline = used.seconds + (size.deadline or deadline)
    if budget is not None and ending is Ending.BUDGET:
        budget = used.cents + (budget if size.budget_cents is None else size.budget_cents)
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
