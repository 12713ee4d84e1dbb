"""Schedules and triggers as `/v1` has them (API.md §14): what is sent and what is answered, each defined once."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from coasty_desk.wire.inference_resources import LlmConfig
from coasty_desk.wire.machine_resources import Moment

LARGEST_CONTEXT = 1_000_000
"""Bytes of what comes with a fire, as JSON or as it is."""

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
TaskPrompt: TypeAlias = Annotated[str, Meta(min_length=1, max_length=8000)]
Frequency: TypeAlias = Literal[
    "every_15_minutes",
    "every_30_minutes",
    "hourly",
    "every_6_hours",
    "every_12_hours",
    "daily",
    "weekly",
    "monthly",
    "custom",
]
Cron: TypeAlias = Annotated[str, Meta(max_length=128)]
Timezone: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
TimeOfDay: TypeAlias = Annotated[str, Meta(max_length=5, pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
DayOfWeek: TypeAlias = Annotated[int, Meta(ge=0, le=6, description="0 is Sunday.")]
DayOfMonth: TypeAlias = Annotated[int, Meta(ge=1, le=28)]
Failures: TypeAlias = Annotated[int, Meta(ge=1, le=50)]
ScheduleMetadata: TypeAlias = Annotated[dict[str, Annotated[str, Meta(max_length=2000)]], Meta(max_length=50)]
ScheduleRunStatus: TypeAlias = Literal[
    "queued", "running", "completed", "failed", "skipped", "cancelled", "insufficient_credits"
]
FireSource: TypeAlias = Literal["cron", "manual", "triggered", "webhook", "email", "run_at"]


class ScheduleCreateRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task, its machine, and when: either `frequency`, with what belongs to it, or `run_at`.

    Where a saved workflow is named, by its id or slug, that is started with these inputs, and the task says what it is for.
    """

    name: Name
    machine_id: Annotated[str, Meta(min_length=1, max_length=64)]
    task_prompt: TaskPrompt
    frequency: Frequency | None = None
    cron: Cron | None = None
    timezone: Timezone = "UTC"
    time: TimeOfDay | None = None
    day_of_week: DayOfWeek | None = None
    day_of_month: DayOfMonth | None = None
    run_at: Annotated[str, Meta(max_length=40, extra_json_schema={"format": "date-time"})] | None = None
    max_consecutive_failures: Failures = 5
    metadata: ScheduleMetadata | None = None
    llm: LlmConfig | None = None
    workflow_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    inputs: dict[str, Any] | None = None


class ScheduleUpdateRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of it is to be otherwise."""

    name: Name | UnsetType = UNSET
    task_prompt: TaskPrompt | UnsetType = UNSET
    frequency: Frequency | UnsetType = UNSET
    cron: Cron | UnsetType = UNSET
    timezone: Timezone | UnsetType = UNSET
    time: TimeOfDay | UnsetType = UNSET
    day_of_week: DayOfWeek | UnsetType = UNSET
    day_of_month: DayOfMonth | UnsetType = UNSET
    max_consecutive_failures: Failures | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    metadata: ScheduleMetadata | UnsetType = UNSET


class ScheduleResource(Struct, frozen=True, kw_only=True):
    """A schedule. `cron` is what its frequency means; empty for one that fires once, whose `frequency` is `once`."""

    id: str
    object: Literal["schedule"] = "schedule"
    name: str
    machine_id: str
    task_prompt: str
    enabled: bool
    frequency: str
    cron: str
    timezone: str
    time: str | None
    day_of_week: int | None
    day_of_month: int | None
    run_at: Moment | None
    next_run_at: Moment | None
    last_run_at: Moment | None
    run_count: int
    consecutive_failures: int
    max_consecutive_failures: int
    paused_reason: str | None
    is_test: bool
    created_at: Moment
    metadata: dict[str, str]
    workflow_id: str | None
    inputs: dict[str, Any] | None
    request_id: str = ""


class ScheduleListQuery(Struct, frozen=True):
    """How many."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class ListSchedulesResponse(Struct, frozen=True):
    """The newest first."""

    data: list[ScheduleResource]
    has_more: bool = False
    object: Literal["list"] = "list"
    request_id: str = ""


class ScheduleDeleted(Struct, frozen=True):
    """It is there no more."""

    deleted: Literal[True]
    schedule_id: str
    request_id: str = ""


class RunScheduleRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Another task for this once, and what the task is about: the model is told of it as of something that is not trusted."""

    task_prompt_override: TaskPrompt | None = None
    triggered_context: dict[str, Any] | None = None


class ScheduleRunStarted(Struct, frozen=True):
    """It fires."""

    schedule_id: str
    run_id: str
    status: Literal["running", "queued", "skipped", "completed"]
    message: str
    request_id: str = ""


class ScheduleRunQuery(Struct, frozen=True):
    """Which of its runs; `cursor` is the last answer's `next_cursor`."""

    cursor: Annotated[str, Meta(max_length=200)] | None = None
    status: ScheduleRunStatus | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class ScheduleRunRecord(Struct, frozen=True, kw_only=True):
    """One time that a schedule fired, or should have. `id` is the run's, where it started one."""

    id: str
    schedule_id: str
    status: ScheduleRunStatus
    trigger: FireSource
    duration_seconds: int | None
    credits_charged: int | None
    error: str | None
    executed_at: Moment
    scheduled_for: Moment
    request_id: str = ""


class ListScheduleRunsResponse(Struct, frozen=True):
    """The newest first."""

    data: list[ScheduleRunRecord]
    next_cursor: str | None
    has_more: bool
    object: Literal["list"] = "list"
    request_id: str = ""


class TriggerCreateRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to have the schedule fire: a signed call, a mail, or another schedule that has ended."""

    kind: Literal["webhook", "chain", "email"]
    rate_limit_per_minute: Annotated[int, Meta(ge=1, le=600)] = 60
    enabled: bool = True
    source_schedule_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    event: Literal["on_complete", "on_failure", "on_any"] = "on_complete"
    pass_output: bool = True
    email_label: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,32}[a-z0-9]$")] | None = None


class EmailMailbox(Struct, frozen=True, kw_only=True):
    """Where mails for triggers come to: each trigger has an address of its own there. `error`: why the last look into it came to nothing."""

    object: Literal["email_mailbox"] = "email_mailbox"
    enabled: bool
    address: str | None
    mailbox: str | None
    last_polled_at: Moment | None
    error: str | None
    listens_at: str | None
    request_id: str = ""


class TriggerListed(Struct, frozen=True, kw_only=True):
    """A trigger, without its secret."""

    id: str
    schedule_id: str
    kind: str
    enabled: bool
    rate_limit_per_minute: int
    created_at: Moment
    webhook_url: str | None
    email_address: str | None
    source_schedule_id: str | None
    event: str | None
    pass_output: bool | None


class TriggerMade(TriggerListed, frozen=True, kw_only=True):
    """A trigger that was made: `webhook_secret` is told here and never again."""

    webhook_secret: str | None
    request_id: str = ""


class ListTriggersResponse(Struct, frozen=True):
    """The oldest first."""

    data: list[TriggerListed]
    has_more: bool = False
    object: Literal["list"] = "list"
    request_id: str = ""


class TriggerDeleted(Struct, frozen=True):
    """It is there no more."""

    deleted: Literal[True]
    trigger_id: str
    request_id: str = ""


class WebhookFired(Struct, frozen=True):
    """The call was heard. `run_id`: what it has started; None where the schedule does not fire now."""

    received: Literal[True]
    schedule_id: str
    run_id: str | None
    deduplicated: bool
    message: str
    request_id: str = ""
