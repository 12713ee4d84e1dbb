"""A schedule as it is kept, each time that it has fired, and what else has it fire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

from msgspec import Struct

from coasty_desk.schedules.schedule_rule import Cadence, ScheduleRule

FireStatus: TypeAlias = Literal[
    "queued", "running", "completed", "failed", "skipped", "cancelled", "insufficient_credits"
]
FIRE_STATUSES: tuple[FireStatus, ...] = get_args(FireStatus)

FireTrigger: TypeAlias = Literal["cron", "manual", "triggered", "webhook", "email", "run_at"]
ChainEvent: TypeAlias = Literal["on_complete", "on_failure", "on_any"]
TriggerKind: TypeAlias = Literal["webhook", "chain", "email"]

DEEPEST_CHAIN = 5
"""Schedules that follow one another, beside the first."""

HEARD_BY: Mapping[ChainEvent, frozenset[FireStatus]] = {
    "on_complete": frozenset({"completed"}),
    "on_failure": frozenset({"failed", "insufficient_credits"}),
    "on_any": frozenset({"completed", "failed", "insufficient_credits", "cancelled"}),
}
"""What each event of a chain is."""


class ScheduleRow(Struct, frozen=True, kw_only=True):
    """One schedule. Moments are seconds since the epoch.

    `cadence` is what was asked for, `rule` what that means. `next_run_at` is when it fires next; None where it will not by itself.
    It starts runs of the task, or of the workflow `workflow_id` where there is one, with these `inputs`. `model` answers its runs, the service's own where none is named. `failures` are those in a row up to now.
    """

    id: str
    created_at: float
    name: str
    machine_id: str
    task_prompt: str
    cadence: Cadence
    rule: ScheduleRule
    model: str | None = None
    metadata: Mapping[str, str] | None = None
    most_failures: int = 5
    enabled: bool = True
    paused_reason: str | None = None
    next_run_at: float | None = None
    last_run_at: float | None = None
    run_count: int = 0
    failures: int = 0
    key_id: str = ""
    deleted_at: float | None = None
    workflow_id: str | None = None
    inputs: Mapping[str, Any] | None = None


class FireRow(Struct, frozen=True, kw_only=True):
    """One time that a schedule fired, or should have. `id` is the run's that it started, also where none was.

    `due_at` is the moment that it was for. `task_prompt` is what was to be done, `context` what came with it from outside: not trusted,
    quoted already. `operation` is what the id is made from, so that it starts once. `depth` is how many schedules fired before it in a chain.
    """

    id: str
    operation: str
    schedule_id: str
    trigger: FireTrigger
    due_at: float
    made_at: float
    task_prompt: str
    context: str = ""
    depth: int = 0
    status: FireStatus = "queued"
    started: bool = False
    error: str | None = None
    finished_at: float | None = None
    credits: int | None = None


class TriggerRow(Struct, frozen=True, kw_only=True):
    """What has a schedule fire besides time. `secret` is sealed; `rate` are calls a minute. `address` is the word that mails for it are sent to."""

    id: str
    schedule_id: str
    kind: TriggerKind
    created_at: float
    enabled: bool = True
    rate: int = 60
    webhook_id: str | None = None
    secret: str = ""
    source_schedule_id: str | None = None
    event: ChainEvent | None = None
    pass_output: bool = True
    address: str | None = None


class MailboxRow(Struct, frozen=True):
    """How far a mailbox was read: to the mail of that number, of those numbers that are valid now. `looked_at` in seconds since the epoch."""

    name: str
    validity: int
    last_uid: int
    looked_at: float


class FireEnd(Struct, frozen=True):
    """How what a fire has started has ended. `summary` is what the model says of it."""

    status: FireStatus
    at: float
    error: str | None = None
    credits: int = 0
    summary: str = ""
