"""What becomes of a lost host's runs: each has failed, once, by whichever host finds it out first, and nothing of it is done elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from coasty_desk.automation.host_directory import Host
from coasty_desk.automation.run_row import RunFault, RunRow
from coasty_desk.automation.run_states import UNFINISHED
from coasty_desk.automation.run_store import RunStore
from coasty_desk.automation.run_supervisor import TOLD, Tell
from coasty_desk.automation.webhook_outbox import WebhookOutbox
from coasty_desk.automation.workflow_row import WorkflowRunRow
from coasty_desk.automation.workflow_store import WorkflowStore
from coasty_desk.automation.workflow_supervisor import Tell as WorkflowTell
from coasty_desk.automation.workflow_supervisor import ending

if TYPE_CHECKING:
    from sqlalchemy import Connection

MACHINE_LOST = "MACHINE_LOST"
"""The code of a run whose host is lost."""


def failing(
    store: RunStore, outbox: WebhookOutbox, tell: Tell, changed: Callable[[str], None]
) -> Callable[[Connection, Host], None]:
    """What is to be done in the transaction in which a host is declared lost: its runs fail, and what it has not sent is sent from here."""

    def fail(connection: Connection, host: Host) -> None:
        outbox.take_over(connection, host.id)
        failed = {"status": "failed", "error": _fault(host), "finished_at": time.time()}
        unasked = {"question": None, "awaiting_since": None, "answer": None}

        def also(connection: Connection, row: RunRow) -> None:
            tell(connection, row, f"{TOLD}failed")

        for row in store.end_all(connection, host.id, failed | unasked, also):
            changed(row.id)

    return fail


def failing_workflows(
    store: WorkflowStore, tell: WorkflowTell, changed: Callable[[str], None]
) -> Callable[[Connection, Host], None]:
    """The same for the runs of workflows that it carried out."""

    def fail(connection: Connection, host: Host) -> None:
        def also(connection: Connection, row: WorkflowRunRow) -> None:
            tell(connection, row, f"{TOLD}failed")

        for row in store.unfinished_within(connection, host.id):
            fields, events = ending(row, "failed", _fault(host), time.time())
            store.change_within(connection, row.id, UNFINISHED, fields, events=events, also=also)
            changed(row.id)

    return fail


def _fault(host: Host) -> RunFault:
    message = f"The host {host.name}, which carried it out, is lost: it was not heard of for {host.silent:.0f} seconds."
    return RunFault(MACHINE_LOST, message)
