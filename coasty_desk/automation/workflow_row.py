"""Workflows and their runs as they are kept: what was saved, what was asked for, in which state it is, what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from coasty_desk.automation.run_row import RunFault
from coasty_desk.automation.run_states import TERMINAL, RunStatus
from coasty_desk.core.money import Money

WorkflowStatus = Literal["active", "archived"]


class WorkflowRow(Struct, frozen=True, kw_only=True):
    """A saved workflow as it is now; its runs carry the definition that they began with. Moments are seconds since the epoch.

    `definition` and `inputs_schema` are as they were sent; `made_by` is the operation that wrote this version.
    """

    id: str
    slug: str
    name: str
    definition: Mapping[str, Any]
    version: int = 1
    inputs_schema: Mapping[str, Any] | None = None
    description: str | None = None
    status: WorkflowStatus = "active"
    metadata: Mapping[str, Any] | None = None
    created_at: float
    updated_at: float
    made_by: str = ""


class WorkflowTerms(Struct, frozen=True, omit_defaults=True):
    """What was asked for with a run beside its inputs. Nothing, or 0, of `budget_cents` is no cap.

    `context` came with it from outside: each of its tasks is told it, quoted and not trusted.
    """

    budget_cents: int | None = None
    max_iterations: int | None = None
    deadline_seconds: int | None = None
    webhook_url: str | None = None
    metadata: Mapping[str, Any] | None = None
    model: str | None = None
    context: str = ""


class WorkflowQuestion(Struct, frozen=True):
    """What a person is asked: by an approval at that place, or by the run of a task there (`run_id`)."""

    at: str
    step_id: str
    reason: str
    seconds: int | None = None
    run_id: str = ""


class WorkflowRunRow(Struct, frozen=True, kw_only=True):
    """One run of a workflow. What has happened in it is a list of its own (`WorkflowStore.happened`), from which it goes on.

    `machine_id` is where its tasks are done that name none. `happened` and `told` count what has happened, and its events. `spent` is
    what its tasks have cost that are over; `asked` what a person is asked, `awaiting_since` since when. `wish`: it is to end.
    `host` is the one that carries it out, of many on one database.
    """

    id: str
    created_at: float
    definition: Mapping[str, Any]
    machine_id: str
    inputs: Mapping[str, Any] = {}
    terms: WorkflowTerms = WorkflowTerms()
    workflow_id: str | None = None
    workflow_version: int | None = None
    status: RunStatus = "queued"
    wish: Literal["", "cancel"] = ""
    asked: WorkflowQuestion | None = None
    awaiting_since: float | None = None
    spent: Money = 0
    iterations: int = 0
    happened: int = 0
    told: int = 0
    output: Mapping[str, Any] | None = None
    error: RunFault | None = None
    started_at: float | None = None
    finished_at: float | None = None
    key_id: str = ""
    request_id: str = ""
    webhook_secret: str = ""
    host: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end."""
        return self.status in TERMINAL
