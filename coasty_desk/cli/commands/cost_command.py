"""`coasty-desk cost`: what a run would cost at worst, itemised, and what was spent so far."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress

from msgspec.structs import asdict

from coasty_desk import compose, lifetimes
from coasty_desk.cli import configured
from coasty_desk.cli.terminal.prompts import read_line, there
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.money import Money, dollars, from_cents, in_cents
from coasty_desk.core.stop import Stop
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.pricing import cheapest, itemise, savings
from coasty_desk.models.coasty_model import MODEL, api_key
from coasty_desk.record.spending import Agreed
from coasty_desk.settings import Settings

PATIENCE = 120.0
"""Seconds after which no answer means no."""


def agree(chosen: Settings, cents: int | None = None) -> None:
    """Before a run that may cost more than was ever agreed to: ask, unless it is capped or agreed to with it.

    `cents` is what it costs at worst, without one that of a new run. A key that never bills is not asked about.
    Raises UsageError for a no, and where nobody can answer.
    """
    model = lifetimes.model(chosen.provider)
    prices = model.prices(chosen, chosen.max_size)
    if prices is None or not model.bills(os.environ):
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
    if not there():
        message = f"This run may cost up to {dollars(from_cents(cents))}{more}, and there is no terminal to ask at."
        raise UsageError(message, remedy)
    print(
        f"This run may cost up to {dollars(from_cents(cents))}{more}. Go on? [y]es, [n]o: ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    said = read_line(sys.stdin, Stop(), PATIENCE) or ""
    if said.strip().lower() not in {"y", "yes"}:
        message = f"The run was not started: it may cost up to {dollars(from_cents(cents))}, and nobody agreed to that."
        raise UsageError(message, remedy)


def cost(steps: int | None, options: Mapping[str, object], *, as_json: bool) -> int:
    """Print the worst case of a run of so many steps, line by line, and how the same memory is cheaper."""
    chosen, _ = configured.load(options)
    prices = MODEL.prices(chosen, chosen.max_size)
    steps = chosen.steps if steps is None else steps
    items, saved = itemise(prices, steps), savings(prices, steps)
    total, least = prices.run(steps), cheapest(prices).run(steps)
    if as_json:
        told = {
            "steps": steps,
            "items": [{**asdict(item), "cents": item.cents} for item in items],
            "total_cents": total,
            "cheapest_cents": least,
            "savings": [asdict(saving) for saving in saved],
        }
        print(json.dumps(told, indent=2))
        return 0
    print(f"A run of {counted(steps, 'step')} costs at worst:")
    for item in items:
        print(f"  {item.name:<42} {item.count:>4} x {item.each:>2} = {item.cents:>5}")
    print(f"  {'total, in cents':<42} {'':>9} {total:>7}  ({dollars(from_cents(total))})")
    with suppress(ServiceError):  # no key, or one that the run will refuse
        if not ApiKey(api_key(os.environ)).bills:
            print("  The API key in use is a sandbox key, which is charged nothing.")
    for saving in saved:
        print(f"  {saving.change} would save {counted(saving.cents, 'cent')}.")
    if not saved:
        print(f"  There is no cheaper setting that remembers {counted(chosen.memory, 'screenshot')}.")
    return 0


def spent(*, as_json: bool) -> int:
    """Print what was spent by day and by month, the newest first."""
    ledger = compose.ledger()
    days, months, reserved = ledger.by_day(), ledger.by_month(), ledger.reserved()
    if as_json:
        print(
            json.dumps(
                {"by_day": _in_cents(days), "by_month": _in_cents(months), "reserved_cents": in_cents(reserved)},
                indent=2,
            )
        )
        return 0
    for title, sums in (("by month", months), ("by day", days)) if days else ():
        print(title)
        for period, amount in sums.items():
            print(f"  {period:<12} {dollars(amount)}")
    if reserved:
        print(f"{dollars(reserved)} of it is reserved: asked for, and not answered yet, or not any more.")
    if not days:
        print("Nothing was spent so far.")
    return 0


def _in_cents(sums: Mapping[str, Money]) -> dict[str, float]:
    return {period: in_cents(amount) for period, amount in sums.items()}
