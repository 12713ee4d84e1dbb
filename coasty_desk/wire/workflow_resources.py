"""Workflows and their runs as `/v1` has them (API.md §12): what is sent and what is answered, each defined once."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from coasty_desk.wire.inference_resources import CuaVersion, LlmConfig, ModelName
from coasty_desk.wire.machine_resources import Moment
from coasty_desk.wire.run_resources import (
    Instructions,
    Metadata,
    OnAwaitingHuman,
    RunError,
    RunStatus,
    Seconds,
    Steps,
    SystemPrompt,
    WebhookUrl,
)

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"\S")]
Slug: TypeAlias = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]
Description: TypeAlias = Annotated[str, Meta(max_length=2000)]
Inputs: TypeAlias = Annotated[dict[str, Any], Meta(max_length=200)]
WorkflowStatus: TypeAlias = Literal["active", "archived"]


class CreateWorkflowRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workflow to be saved; of a slug that there is already, its next version. Without one it is made of the name.

    `steps`, `version` and `output` beside the name are the shape of the articles: a definition that stands by itself.
    """

    name: Name
    slug: Slug | None = None
    definition: dict[str, Any] | None = None
    steps: list[Any] | None = None
    output: dict[str, Any] | None = None
    version: str | int | None = None
    inputs_schema: dict[str, Any] | None = None
    description: Description | None = None
    metadata: Metadata | None = None


class UpdateWorkflowRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, at least one of these; it makes the next version."""

    name: Name | UnsetType = UNSET
    definition: dict[str, Any] | UnsetType = UNSET
    inputs_schema: dict[str, Any] | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET
    status: WorkflowStatus | UnsetType = UNSET
    metadata: Metadata | UnsetType | None = UNSET


class WorkflowResource(Struct, frozen=True, kw_only=True):
    """A saved workflow as it is now. `warnings` say what in it is understood, and may mean something else than was meant."""

    id: str
    object: Literal["workflow"] = "workflow"
    name: str
    slug: str
    version: int
    dsl_version: str
    definition: dict[str, Any]
    inputs_schema: dict[str, Any] | None
    description: str | None
    status: WorkflowStatus
    metadata: dict[str, Any] | None
    created_at: Moment
    updated_at: Moment
    warnings: list[str]
    deleted: bool = False
    request_id: str = ""


class WorkflowListQuery(Struct, frozen=True):
    """Which workflows."""

    status: WorkflowStatus = "active"
    limit: Annotated[int, Meta(ge=1, le=200)] = 20


class ListWorkflowsResponse(Struct, frozen=True):
    """The newest first."""

    data: list[WorkflowResource]
    has_more: bool = False
    object: Literal["list"] = "list"
    request_id: str = ""


class StartWorkflowRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run of a saved workflow. Tasks that name no machine are done on `machine_id`, this desktop where there is none.

    `task`, `cua_version`, `instructions`, `system_prompt`, `max_steps` and `on_awaiting_human` are what the articles send besides:
    they become inputs of these names.
    """

    inputs: Inputs | None = None
    machine_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    budget_cents: Annotated[int, Meta(ge=0, le=10_000_000)] | None = None
    max_iterations: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    deadline_seconds: Seconds | None = None
    webhook_url: WebhookUrl | None = None
    metadata: Metadata | None = None
    model: ModelName | None = None
    llm: LlmConfig | None = None
    task: Annotated[str, Meta(min_length=1, max_length=16_000)] | None = None
    cua_version: CuaVersion | None = None
    instructions: Instructions | None = None
    system_prompt: SystemPrompt | None = None
    max_steps: Steps | None = None
    on_awaiting_human: OnAwaitingHuman | None = None


class StartAdhocWorkflowRequest(StartWorkflowRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run of a workflow that is not saved."""

    definition: dict[str, Any]
    inputs_schema: dict[str, Any] | None = None


class WorkflowRunResource(Struct, frozen=True, kw_only=True):
    """A run of a workflow. `webhook_secret` is told once, when it is created."""

    id: str
    object: Literal["workflow.run"] = "workflow.run"
    status: RunStatus
    workflow_id: str | None
    workflow_version: int | None
    machine_id: str
    inputs: dict[str, Any]
    output: dict[str, Any] | None
    error: RunError | None
    awaiting_human_reason: str | None
    awaiting_human_since: Moment | None
    awaiting_step_id: str | None
    iterations_used: int
    spent_cents: int
    budget_cents: int | None
    max_iterations: int | None
    deadline_seconds: int | None
    model: str | None
    webhook_url: str | None
    webhook_secret: str | None
    metadata: dict[str, Any] | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    request_id: str = ""


class WorkflowRunListQuery(Struct, frozen=True):
    """Which runs: of one workflow, by its id or slug, and in one state."""

    workflow_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    status: RunStatus | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 20


class ListWorkflowRunsResponse(Struct, frozen=True):
    """The newest first."""

    data: list[WorkflowRunResource]
    has_more: bool = False
    object: Literal["list"] = "list"
    request_id: str = ""


class ResumeWorkflowRunRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A person's answer: not `approved` fails the approval, or refuses what the run of a task has asked for."""

    approved: bool = True
    note: Annotated[str, Meta(max_length=2000)] | None = None
