"""What a run's receiver is told goes into the outbox in the very transaction that makes it so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from coasty_desk.automation.run_row import RunRow
from coasty_desk.automation.webhook_outbox import WebhookOutbox
from coasty_desk.automation.workflow_row import WorkflowRunRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from coasty_desk.automation import workflow_supervisor
    from coasty_desk.automation.run_supervisor import Tell


def telling(outbox: WebhookOutbox, body: Callable[[RunRow, str], bytes]) -> Tell:
    """Whom a supervisor tells; `body` is what a receiver is sent of a run and an event, as JSON."""

    def tell(connection: Connection, row: RunRow, event: str) -> None:
        if row.options.webhook_url is not None:
            _add(outbox, connection, row, event, row.options.webhook_url, body(row, event))

    return tell


def telling_workflows(outbox: WebhookOutbox, body: Callable[[WorkflowRunRow, str], bytes]) -> workflow_supervisor.Tell:
    """The same of the runs of workflows."""

    def tell(connection: Connection, row: WorkflowRunRow, event: str) -> None:
        if row.terms.webhook_url is not None:
            _add(outbox, connection, row, event, row.terms.webhook_url, body(row, event))

    return tell


def _add(
    outbox: WebhookOutbox, connection: Connection, row: RunRow | WorkflowRunRow, event: str, url: str, body: bytes
) -> None:
    occurrence = 1 if row.awaiting_since is None else int(1000 * row.awaiting_since)  # it may wait more than once
    said = {"run_id": row.id, "event": event, "url": url, "secret": row.webhook_secret}
    outbox.add(connection, **said, body=body, occurrence=occurrence)
