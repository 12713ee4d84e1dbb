"""Schedules, the times that they have fired, and their triggers as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coasty_desk.server.timestamps import iso, iso_or_none
from coasty_desk.wire import schedule_resources as wire

if TYPE_CHECKING:
    from coasty_desk.automation.schedule_row import FireRow, ScheduleRow, TriggerRow
    from coasty_desk.core.mail_places import MailAddress

ONCE = "once"
"""The frequency of what fires at one moment."""


def schedule_resource(row: ScheduleRow) -> wire.ScheduleResource:
    """As it is shown."""
    cadence, rule = row.cadence, row.rule
    return wire.ScheduleResource(
        id=row.id,
        name=row.name,
        machine_id=row.machine_id,
        task_prompt=row.task_prompt,
        enabled=row.enabled,
        frequency=cadence.frequency or ONCE,
        cron=rule.cron,
        timezone=rule.zone,
        time=cadence.time,
        day_of_week=cadence.day_of_week,
        day_of_month=cadence.day_of_month,
        run_at=iso_or_none(rule.run_at),
        next_run_at=iso_or_none(row.next_run_at),
        last_run_at=iso_or_none(row.last_run_at),
        run_count=row.run_count,
        consecutive_failures=row.failures,
        max_consecutive_failures=row.most_failures,
        paused_reason=row.paused_reason,
        is_test=True,
        created_at=iso(row.created_at),
        metadata=dict(row.metadata or {}),
        workflow_id=row.workflow_id,
        inputs=None if row.inputs is None else dict(row.inputs),
    )


def fire_record(row: FireRow) -> wire.ScheduleRunRecord:
    """As it is shown."""
    was_run = row.status != "skipped"
    return wire.ScheduleRunRecord(
        id=row.id,
        schedule_id=row.schedule_id,
        status=row.status,
        trigger=row.trigger,
        duration_seconds=int(max(0.0, row.finished_at - row.made_at)) if was_run and row.finished_at else None,
        credits_charged=row.credits,
        error=row.error,
        executed_at=iso(row.made_at if was_run else row.due_at),
        scheduled_for=iso(row.due_at),
    )


def listed_trigger(row: TriggerRow, root: str, address: MailAddress | None) -> wire.TriggerListed:
    """Without its secret; `root` is where whoever asks has reached this service."""
    return wire.TriggerListed(**_trigger(row, root, address))  # type: ignore[arg-type]  # each by its name


def made_trigger(row: TriggerRow, secret: str, root: str, address: MailAddress | None) -> wire.TriggerMade:
    """With it, this once."""
    return wire.TriggerMade(**_trigger(row, root, address), webhook_secret=secret or None)  # type: ignore[arg-type]  # as above


def _trigger(row: TriggerRow, root: str, address: MailAddress | None) -> dict[str, object]:
    return {
        "id": row.id,
        "schedule_id": row.schedule_id,
        "kind": row.kind,
        "enabled": row.enabled,
        "rate_limit_per_minute": row.rate,
        "created_at": iso(row.created_at),
        "webhook_url": None if row.webhook_id is None else f"{root}/triggers/webhook/{row.webhook_id}",
        "email_address": None if row.address is None or address is None else address.of(row.address),
        "source_schedule_id": row.source_schedule_id,
        "event": row.event,
        "pass_output": row.pass_output if row.kind == "chain" else None,
    }
