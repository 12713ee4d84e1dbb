"""Workflows and their runs as they are told: to who asks, and to the receiver of a run's webhooks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from coasty_desk.core.money import CENT
from coasty_desk.server.timestamps import iso, iso_or_none
from coasty_desk.wire import workflow_resources as wire
from coasty_desk.wire.run_resources import RunError
from coasty_desk.workflows.definition import DSL_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coasty_desk.automation.workflow_row import WorkflowRow, WorkflowRunRow


def workflow_resource(
    row: WorkflowRow, *, warnings: Sequence[str] = (), deleted: bool = False
) -> wire.WorkflowResource:
    """As it is shown."""
    return wire.WorkflowResource(
        id=row.id,
        name=row.name,
        slug=row.slug,
        version=row.version,
        dsl_version=DSL_VERSION,
        definition=dict(row.definition),
        inputs_schema=_object(row.inputs_schema),
        description=row.description,
        status=row.status,
        metadata=_object(row.metadata),
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
        warnings=list(warnings),
        deleted=deleted,
    )


def workflow_run_resource(row: WorkflowRunRow, *, secret: str | None = None) -> wire.WorkflowRunResource:
    """As it is shown; `secret` is told once."""
    terms, asked = row.terms, row.asked if row.status == "awaiting_human" else None
    return wire.WorkflowRunResource(
        id=row.id,
        status=row.status,
        workflow_id=row.workflow_id,
        workflow_version=row.workflow_version,
        machine_id=row.machine_id,
        inputs=dict(row.inputs),
        output=_object(row.output),
        error=None if row.error is None else RunError(row.error.code, row.error.message),
        awaiting_human_reason=None if asked is None else asked.reason,
        awaiting_human_since=iso_or_none(row.awaiting_since),
        awaiting_step_id=None if asked is None else asked.step_id,
        iterations_used=row.iterations,
        spent_cents=row.spent // CENT,
        budget_cents=terms.budget_cents,
        max_iterations=terms.max_iterations,
        deadline_seconds=terms.deadline_seconds,
        model=terms.model,
        webhook_url=terms.webhook_url,
        webhook_secret=secret,
        metadata=_object(terms.metadata),
        created_at=iso(row.created_at),
        started_at=iso_or_none(row.started_at),
        finished_at=iso_or_none(row.finished_at),
    )


def workflow_told_outside(row: WorkflowRunRow, event: str) -> bytes:
    """What a receiver is sent of it: in all the shapes that receivers read (API.md §11), as JSON."""
    run = workflow_run_resource(row)
    said = {
        "event": event,
        "run_id": row.id,
        "workflow_run_id": row.id,
        "workflow_id": row.workflow_id,
        "status": run.status,
        "reason": run.awaiting_human_reason,
        "awaiting_human_reason": run.awaiting_human_reason,
        "awaiting_step_id": run.awaiting_step_id,
        "result": run.output,
        "output": run.output,
        "error": run.error,
        "run": run,
        "created_at": iso(time.time()),
    }
    return msgspec.json.encode(said)


def _object(said: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if said is None else dict(said)
