"""`coasty-desk usage`: what was asked of the service in a month, and what that cost."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer

from coasty_desk.cli.commands.reaching import Remote, either
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json
from coasty_desk.client import keys_api
from coasty_desk.core.errors import UsageError
from coasty_desk.core.money import dollars, from_cents
from coasty_desk.wire.json_fields import amount

EXAMPLE = "Example:  coasty-desk usage --period 2026-10"


def usage(
    period: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Which month. [this one]")] = None,
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """Show what was used in a month, at this computer's own service where it runs, else with your Coasty account.

    What your own runs cost, whoever was asked, is `coasty-desk cost --spent`.
    """
    month = period or f"{datetime.now(UTC):%Y-%m}"
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month, re.ASCII):
        message = f"--period cannot be {line(month, 40)!r}."
        raise UsageError(message, "Give it a month such as 2026-10.")
    with either(remote=remote) as client:
        told = keys_api.usage(client, month)
    if as_json:
        print(json.dumps(told, indent=2))
        return 0
    cents, requests = (
        amount(told.get("total_cost_cents", told.get("total_credits"))),
        amount(told.get("total_requests")),
    )
    print(f"{month} at {line(client.name)}: {requests or 0:g} requests, {dollars(from_cents(cents or 0))}")
    parts = told.get("breakdown")
    for name, part in parts.items() if isinstance(parts, Mapping) else ():
        if isinstance(part, Mapping):
            credits_used, many = amount(part.get("credits")) or 0, amount(part.get("requests")) or 0
            print(f"  {line(str(name), 40):<24} {many:>8g}  {dollars(from_cents(credits_used))}")
    left = amount(told.get("wallet_balance_cents", told.get("balance")))
    if left is not None and not client.here:
        print(f"left in the wallet: {dollars(from_cents(left))}")
    return 0
