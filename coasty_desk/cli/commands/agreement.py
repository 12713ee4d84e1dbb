"""Before a run that may cost more than the person has agreed to: they are asked."""

from __future__ import annotations

import os

from coasty_desk import compose, lifetimes
from coasty_desk.cli.terminal import prompts
from coasty_desk.core.errors import UsageError
from coasty_desk.core.money import dollars, from_cents
from coasty_desk.record.spending import Agreed
from coasty_desk.settings import Settings


def agree(chosen: Settings, cents: int | None = None) -> None:
    """Before a run that may cost more than was ever agreed to: ask, unless it is capped or agreed to with it.

    `cents` is what it costs at worst, without one that of a new run. A key that never bills is not asked about.
    Raises UsageError for a no, and where nobody can answer.
    """
    model = lifetimes.model(chosen.provider)
    prices = model.prices(chosen, chosen.max_size)
    if not model.bills(chosen, os.environ):
        return
    if prices is None:
        if not chosen.yes:
            _ask_blindly(chosen)
        return
    if cents is None:
        cents = prices.run(chosen.steps)
    agreed = _agreed()
    before = 0 if agreed is None else agreed.cents()
    if chosen.budget is not None:
        cents = min(chosen.budget, cents) if chosen.capped_by_project else chosen.budget
    said = chosen.yes or (chosen.budget is not None and not chosen.capped_by_project)
    if not said and cents > before:
        _ask(cents, before)
    if agreed is not None and not chosen.no_record:
        agreed.add(cents)


def _agreed() -> Agreed | None:
    try:
        return compose.agreed()
    except UsageError:
        return None  # no home, no record of it


def _ask(cents: int, before: int) -> None:
    remedy = "Say --yes, or set a cap with --budget CENTS; `coasty-desk cost` says what a run costs."
    more = f", more than the {dollars(from_cents(before))} agreed to before" if before else ""
    amount = dollars(from_cents(cents))
    _demand_yes(f"This run may cost up to {amount}{more}", f"it may cost up to {amount}", remedy)


def _ask_blindly(chosen: Settings) -> None:
    """Where nobody knows how much it costs: each time, as no amount could be agreed to."""
    costs = f"costs what {chosen.provider} charges"
    remedy = "Say --yes; or write what the model costs into the configuration (`coasty-desk help money`)."
    _demand_yes(f"This run {costs}; how much is not known here", f"it {costs}", remedy)


def _demand_yes(message: str, why: str, remedy: str) -> None:
    if not prompts.there():
        message = f"{message}, and there is no terminal to ask at."
        raise UsageError(message, remedy)
    if not prompts.agreed(f"{message}. Go on?"):
        message = f"The run was not started: {why}, and nobody agreed to that."
        raise UsageError(message, remedy)
