"""`coasty-desk cost`: what a run would cost at worst, itemised, and what was spent so far."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

from msgspec.structs import asdict

from coasty_desk import compose, presets
from coasty_desk.cli import configured
from coasty_desk.cli.prompts import read_line, there
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.stop import Stop
from coasty_desk.service.key import ApiKey
from coasty_desk.service.pricing import cheapest, itemise, savings
from coasty_desk.settings import Settings

PATIENCE = 120.0
"""Seconds after which no answer means no."""


def agree(chosen: Settings) -> None:
    """Before the first run that can cost money: ask, unless it is capped or agreed to beforehand, or the key never bills.

    Raises UsageError for a no, and where nobody can answer.
    """
    capped = chosen.budget is not None and not chosen.capped_by_project
    if chosen.provider == "offline" or chosen.yes or capped or not _bills() or _has_paid():
        return
    cents = compose.tariff(chosen, presets.load(chosen.preset), chosen.max_size).run(chosen.steps)
    price = f"${cents / 100:.2f}"
    remedy = "Say --yes, or set a cap with --budget CENTS; `coasty-desk cost` says what a run costs."
    if not there():
        message = f"This run may cost up to {price}, and there is no terminal to ask at."
        raise UsageError(message, remedy)
    print(f"This run may cost up to {price}. Go on? [y]es, [n]o: ", end="", file=sys.stderr, flush=True)
    said = read_line(sys.stdin, Stop(), PATIENCE) or ""
    if said.strip().lower() not in {"y", "yes"}:
        message = f"The run was not started: it may cost up to {price}, and nobody agreed to that."
        raise UsageError(message, remedy)


def _bills() -> bool:
    try:
        return ApiKey(compose.api_key(os.environ)).kind in {"live", "legacy"}
    except ServiceError:
        return False  # the run itself says what is wrong with the key


def _has_paid() -> bool:
    try:
        return bool(compose.ledger().entries())
    except UsageError:
        return False  # no home, no record of it


def cost(steps: int | None, options: Mapping[str, object], *, as_json: bool) -> int:
    """Print the worst case of a run of so many steps, line by line, and how the same memory is cheaper."""
    chosen, _ = configured.load(options)
    tariff = compose.tariff(chosen, presets.load(chosen.preset), chosen.max_size)
    steps = chosen.steps if steps is None else steps
    items, saved = itemise(tariff, steps), savings(tariff, steps)
    total, least = tariff.run(steps), cheapest(tariff).run(steps)
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
    print(f"  {'total, in cents':<42} {'':>9} {total:>7}  (${total / 100:.2f})")
    for saving in saved:
        print(f"  {saving.change} would save {counted(saving.cents, 'cent')}.")
    if not saved:
        print(f"  There is no cheaper setting that remembers {counted(chosen.memory, 'screenshot')}.")
    return 0


def spent(*, as_json: bool) -> int:
    """Print what was spent by day and by month, the newest first."""
    ledger = compose.ledger()
    days, months = ledger.by_day(), ledger.by_month()
    if as_json:
        print(json.dumps({"by_day": days, "by_month": months}, indent=2))
        return 0
    for title, sums in (("by month", months), ("by day", days)):
        print(title)
        for period, cents in sums.items():
            print(f"  {period:<12} ${cents / 100:.2f}")
    if not days:
        print("Nothing was spent so far.")
    return 0
