"""Runs as `/v1` has them (API.md §10): what is sent and what is answered, each defined once."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from coasty_desk.wire.inference_resources import CuaVersion, LlmConfig, ModelName
from coasty_desk.wire.machine_resources import Moment

LARGEST_METADATA = 50
"""Keys."""

RunStatus: TypeAlias = Literal["queued", "running", "awaiting_human", "succeeded", "failed", "cancelled", "timed_out"]
OnAwaitingHuman: TypeAlias = Literal["pause", "fail", "cancel"]

Task: TypeAlias = Annotated[str, Meta(min_length=1, max_length=16_000)]
Instructions: TypeAlias = Annotated[str, Meta(max_length=16_000)]
SystemPrompt: TypeAlias = Annotated[str, Meta(max_length=32_000)]
Steps: TypeAlias = Annotated[int, Meta(ge=1, le=1000)]
Seconds: TypeAlias = Annotated[int, Meta(ge=1, le=86_400)]
WebhookUrl: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2048)]
Metadata: TypeAlias = Annotated[dict[str, Any], Meta(max_length=LARGEST_METADATA)]
Names: TypeAlias = Annotated[list[Annotated[str, Meta(min_length=1, max_length=128)]], Meta(max_length=128)]


class CoordinateBounds(Struct, frozen=True, forbid_unknown_fields=True):
    """Inclusive, in the pixels of the picture that the model sees."""

    min_x: Annotated[int, Meta(ge=0, le=100_000)]
    min_y: Annotated[int, Meta(ge=0, le=100_000)]
    max_x: Annotated[int, Meta(ge=0, le=100_000)]
    max_y: Annotated[int, Meta(ge=0, le=100_000)]


class ActionPolicy(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the run may do, beside what the person's own policies say."""

    allowed_actions: Annotated[Names, Meta(min_length=1)] | None = None
    blocked_actions: Names | None = None
    blocked_keys: Names | None = None
    block_window_close: bool | None = None
    max_actions: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    coordinate_bounds: CoordinateBounds | None = None


class RunTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked for with a run on any machine."""

    task: Task
    cua_version: CuaVersion = "v3"
    instructions: Instructions | None = None
    system_prompt: SystemPrompt | None = None
    model: ModelName | None = None
    llm: LlmConfig | None = None
    max_steps: Steps = 50
    deadline_seconds: Seconds | None = None
    budget_cents: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    action_policy: ActionPolicy | None = None
    webhook_url: WebhookUrl | None = None
    metadata: Metadata | None = None


class CreateRunRequest(RunTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task for a machine: `desktop`, or the id of one."""

    machine_id: Annotated[str, Meta(min_length=1, max_length=128)]
    on_awaiting_human: OnAwaitingHuman = "pause"
    awaiting_human_timeout_seconds: Seconds | None = None


class TaskMachine(Struct, frozen=True, forbid_unknown_fields=True):
    """The machine to make for a task."""

    provider: Literal["auto", "aws", "daytona", "azure"] = "auto"
    os_type: Literal["linux", "windows"] = "linux"
    desktop_enabled: bool = True
    cpu_cores: Annotated[int, Meta(ge=1, le=16)] | None = None
    memory_gb: Annotated[int, Meta(ge=1, le=64)] | None = None
    storage_gb: Annotated[int, Meta(ge=8, le=500)] | None = None
    restore_from_snapshot: bool | None = None


class TaskRequest(RunTerms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task for a machine that is made for it, and taken away after it."""

    max_steps: Steps = 150
    machine: TaskMachine | None = None


class ResumeRunRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A person's answer. The model is told the note; not `approved` refuses what was asked for."""

    note: Annotated[str, Meta(max_length=2000)] | None = None
    approved: bool = True


class RunUsage(Struct, frozen=True):
    """What was charged."""

    credits_charged: int
    cost_cents: int


class RunOutcome(Struct, frozen=True):
    """What it came to; `passed` is the model's verdict."""

    passed: bool | None
    status: str
    summary: str


class RunError(Struct, frozen=True):
    """Why it did not succeed."""

    code: str
    message: str


class RunMachine(Struct, frozen=True):
    """The machine that was made for the run."""

    mode: Literal["automatic"]
    status: str
    id: str | None
    cleanup: Literal["always"]
    cleanup_status: Literal["pending", "done", "failed"]


class RunResource(Struct, frozen=True, kw_only=True):
    """A run. `webhook_secret` is told once, when it is created; `machine` where one was made for it."""

    id: str
    object: Literal["agent.run"] = "agent.run"
    status: RunStatus
    machine_id: str | None
    task: str
    cua_version: str
    instructions: str | None
    max_steps: int
    deadline_seconds: int | None
    budget_cents: int | None
    on_awaiting_human: OnAwaitingHuman
    awaiting_human_timeout_seconds: int | None
    steps_completed: int
    step_count: int
    credits_charged: int
    cost_cents: int
    usage: RunUsage
    result: RunOutcome | None
    error: RunError | None
    awaiting_human_reason: str | None
    awaiting_human_since: Moment | None
    metadata: dict[str, Any] | None
    model: str | None
    llm: dict[str, Any] | None
    webhook_url: str | None
    webhook_secret: str | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    machine: RunMachine | None
    request_id: str = ""


class RunListQuery(Struct, frozen=True):
    """Which runs."""

    status: RunStatus | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 20


class ListRunsResponse(Struct, frozen=True):
    """The newest first."""

    data: list[RunResource]
    has_more: bool = False
    object: Literal["list"] = "list"
    request_id: str = ""


class RunEventsQuery(Struct, frozen=True):
    """The number of the last event that the reader has."""

    after: Annotated[int, Meta(ge=0, le=2**53)] | None = None


class RunScreenshotsQuery(Struct, frozen=True):
    """Which pictures, and whether with their content: then ten at most."""

    after_index: Annotated[int, Meta(ge=-1, le=2**31)] = -1
    limit: Annotated[int, Meta(ge=1, le=200)] = 20
    include_image: bool = False


class RunScreenshot(Struct, frozen=True, omit_defaults=True):
    """What the model saw in a step, masks and all. `sha256` is that of the picture's bytes; `image_unavailable` says why there is none."""

    index: int
    attempt: int
    step: int
    taken_at: Moment
    width: int
    height: int
    mime_type: str
    size_bytes: int
    sha256: str | None
    degraded: bool
    encrypted_at_rest: bool
    image_b64: str | None = None
    image_unavailable: str | None = None


class RunScreenshots(Struct, frozen=True):
    """In their order."""

    run_id: str
    frames: list[RunScreenshot]
    has_more: bool
    object: Literal["list"] = "list"
    request_id: str = ""
