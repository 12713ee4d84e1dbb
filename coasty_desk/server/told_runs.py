"""A run as it is told: to who asks, and to the receiver of its webhooks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from coasty_desk.core.money import CENT
from coasty_desk.server.timestamps import iso, iso_or_none
from coasty_desk.wire import run_resources as wire

if TYPE_CHECKING:
    from coasty_desk.automation.run_row import OwnMachine, RunRow


def run_resource(row: RunRow, *, secret: str | None = None) -> wire.RunResource:
    """As it is shown; `secret` is told once."""
    options, cents = row.options, row.cost // CENT
    result = None if row.result is None else wire.RunOutcome(row.result.passed, row.result.status, row.result.summary)
    return wire.RunResource(
        id=row.id,
        status=row.status,
        machine_id=row.machine_id or None,
        task=row.task,
        cua_version=options.cua_version,
        instructions=options.instructions,
        max_steps=options.max_steps,
        deadline_seconds=options.deadline_seconds,
        budget_cents=options.budget_cents,
        on_awaiting_human=options.on_awaiting_human,
        awaiting_human_timeout_seconds=options.awaiting_human_timeout_seconds,
        steps_completed=row.steps,
        step_count=row.steps,
        credits_charged=cents,
        cost_cents=cents,
        usage=wire.RunUsage(cents, cents),
        result=result,
        error=None if row.error is None else wire.RunError(row.error.code, row.error.message),
        awaiting_human_reason=(row.question or _HAND) if row.status == "awaiting_human" else None,
        awaiting_human_since=iso_or_none(row.awaiting_since),
        metadata=None if options.metadata is None else dict(options.metadata),
        model=options.model,
        llm=None,
        webhook_url=options.webhook_url,
        webhook_secret=secret,
        created_at=iso(row.created_at),
        started_at=iso_or_none(row.started_at),
        finished_at=iso_or_none(row.finished_at),
        machine=_own_machine(row.machine),
    )


_HAND = "A person's hand is on the machine."


def _own_machine(own: OwnMachine | None) -> wire.RunMachine | None:
    return (
        None if own is None else wire.RunMachine("automatic", own.status, own.machine_id, "always", own.cleanup_status)
    )


def told_outside(row: RunRow, event: str) -> bytes:
    """What a receiver is sent of it: in all the shapes that receivers read (API.md §11), as JSON."""
    run = run_resource(row)
    said = {
        "event": event,
        "run_id": row.id,
        "status": run.status,
        "reason": run.awaiting_human_reason,
        "awaiting_human_reason": run.awaiting_human_reason,
        "result": run.result,
        "output": run.result,
        "error": run.error,
        "run": run,
        "created_at": iso(time.time()),
    }
    return msgspec.json.encode(said)
