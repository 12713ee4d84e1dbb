"""Questions on `/v1` that are passed on to the published API, within the person's cap on a day, and written into the ledger."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, convert, json, to_builtins
from msgspec import ValidationError as Invalid
from msgspec.structs import replace

from coasty_desk import compose
from coasty_desk.core.errors import OverBudgetError, ServiceError
from coasty_desk.core.limits import too_dear
from coasty_desk.core.money import cap, from_cents, in_cents
from coasty_desk.core.relay import Relay, Relayed
from coasty_desk.core.stop import Stop
from coasty_desk.record.spending import Entry, today
from coasty_desk.server import price_list
from coasty_desk.server.answer_log import AnswerLog
from coasty_desk.server.whom_to_ask import Whom
from coasty_desk.wire.inference_resources import CostLine


class RelayedPurchase(Struct, frozen=True):
    """A request to be passed on: its path, its body, what its key is made of, and the lines of its price as far as we know them."""

    path: str
    body: dict[str, Any]
    name: str
    lines: tuple[CostLine, ...]
    operation_id: str = ""
    generation: int = 1


def bought(relay: Relay, whom: Whom, asked: RelayedPurchase, stop: Stop, log: AnswerLog) -> Relayed:
    """The API's answer. Raises ServiceError, OverBudgetError, Aborted."""
    price = price_list.total(list(asked.lines)) if relay.bills else 0

    def renewed(generation: int) -> None:
        if asked.operation_id:
            log.asking(asked.operation_id, generation)

    ledger = compose.ledger(stop) if price else None
    entry = Entry(today(), asked.name, asked.path[:100], from_cents(price), in_doubt=True)
    if ledger is not None:
        daily = cap(whom.chosen.daily_cents)
        if daily is None:
            ledger.add(entry)
        elif (left := ledger.reserve(entry, daily)) < entry.cost:
            message = too_dear(entry.cost, f"of today's {in_cents(daily):g}", left)
            raise OverBudgetError(message, "Wait for tomorrow, or raise daily_cents under [limits].")
    try:
        relayed = relay.buy(
            asked.path,
            json.encode(asked.body),
            asked.name,
            stop,
            price=price,
            generation=asked.generation,
            renewed=renewed,
            headers=whom.headers,
        )
    except ServiceError as error:
        if ledger is not None and not error.in_doubt:
            ledger.add(replace(entry, cost=0, in_doubt=False))
        raise
    if ledger is not None:
        ledger.add(replace(entry, cost=from_cents(relayed.cents), in_doubt=False))
    return relayed


def passed_on(body: Struct, *left_out: str) -> dict[str, Any]:
    """A request's fields as they go on: what the caller has not said is not said, but for the version, whose default is ours."""
    fields: dict[str, Any] = to_builtins(body)
    return {name: value for name, value in fields.items() if value not in (None, []) and name not in left_out}


def breakdown(document: object, charged: int, lines: tuple[CostLine, ...]) -> list[CostLine] | None:
    """The API's own lines where they add up to what it charged, else ours where those do, else one line; None where nothing was charged."""
    if not charged:
        return None
    usage = document.get("usage") if isinstance(document, dict) else None
    said = usage.get("breakdown") if isinstance(usage, dict) else None
    try:
        theirs = convert(said or [], list[CostLine])
    except Invalid:
        theirs = []
    for found in (theirs, list(lines)):
        if found and price_list.total(found) == charged:
            return found
    return [CostLine("base", charged)]
