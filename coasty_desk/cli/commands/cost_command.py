"""`coasty-desk cost`: what a run would cost at worst, itemised, and what was spent so far."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated

import typer
from msgspec.structs import asdict

from coasty_desk import compose, lifetimes, merged_settings
from coasty_desk.cli import configured
from coasty_desk.cli.setting_options import Options, with_settings
from coasty_desk.cli.typer_groups import Json
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.money import Money, dollars, from_cents, in_cents
from coasty_desk.models.coasty.api_key import ApiKey
from coasty_desk.models.coasty.pricing import cheapest, itemise, savings
from coasty_desk.models.coasty_model import MODEL, api_key
from coasty_desk.settings import Settings

EXAMPLE = "Example:  coasty-desk cost --steps 25 --memory 8"


@with_settings(
    "provider",
    "model",
    "base_url",
    "profile",
    "max_size",
    "memory",
    "cua_version",
    "preset",
    "system_prompt",
    "stateless",
)
def cost(
    options: Options,
    many: Annotated[str | None, typer.Option("--steps", metavar="N", help="How many. [the run's cap]")] = None,
    spent: Annotated[bool, typer.Option("--spent", help="What was really charged, by month and day.")] = False,
    as_json: Json = False,
) -> int:
    """Show what N steps cost at these settings, at worst, line by line."""
    if spent:
        return _spent(as_json=as_json)
    steps = None if many is None else merged_settings.number(many, "--steps", 0, 100_000)
    chosen, _ = configured.load(options)
    steps = chosen.steps if steps is None else steps
    if chosen.provider != Settings().provider:
        return _of_tokens(chosen, steps, as_json=as_json)
    prices = MODEL.prices(chosen, chosen.max_size)
    items, saved = itemise(prices, steps), savings(prices, steps)
    total, least = prices.run(steps), cheapest(prices, steps).run(steps)
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
        if not ApiKey(api_key(os.environ)).bills and not MODEL.bills(chosen, os.environ):
            print("  The API key in use is a sandbox key, which is charged nothing.")
    for saving in saved:
        print(f"  {saving.change} would save {counted(saving.cents, 'cent')}.")
    if not saved:
        print(f"  There is no cheaper setting that remembers {counted(prices.memory, 'screenshot')}.")
    return 0


def _of_tokens(chosen: Settings, steps: int, *, as_json: bool) -> int:
    """The worst case of a model that has no service's tariff. Raises UsageError where its price is not known."""
    model = lifetimes.model(chosen.provider)
    prices = model.prices(chosen, chosen.max_size)
    if prices is None and model.bills(chosen, os.environ):
        message = f"Nothing is known of what {chosen.model or f'the model of {chosen.provider}'} costs."
        raise UsageError(message, "Write its price into the configuration: see `coasty-desk help money`.")
    cents = 0 if prices is None else prices.run(steps)
    if as_json:
        print(json.dumps({"steps": steps, "total_cents": cents}, indent=2))
    else:
        print(f"A run of {counted(steps, 'step')} costs at worst {dollars(from_cents(cents))}.")
    return 0


def _spent(*, as_json: bool) -> int:
    """Print what was spent by day and by month, the newest first."""
    ledger = compose.ledger()
    days, months, reserved = ledger.by_day(), ledger.by_month(), ledger.reserved()
    if as_json:
        told = {"by_day": _in_cents(days), "by_month": _in_cents(months), "reserved_cents": in_cents(reserved)}
        print(json.dumps(told, indent=2))
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
