"""The operations on runs (API.md §10): rows whose handlers ask the run service, and say in `/v1`'s words what it answers."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from coasty_desk import plain_files
from coasty_desk.core.errors import UsageError
from coasty_desk.server import request_values, run_terms, runs_elsewhere, workflow_operations
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.host_relay import demand_reachable
from coasty_desk.server.operation import Call, CallReply, Operation
from coasty_desk.server.served_runs import runs, workflows
from coasty_desk.server.timestamps import iso
from coasty_desk.server.told_runs import run_resource
from coasty_desk.wire import run_resources as wire
from coasty_desk.wire.machine_resources import NothingRequest
from coasty_desk.wire.workflow_resources import WorkflowRunResource

if TYPE_CHECKING:
    from coasty_desk.automation.run_row import RunOptions
    from coasty_desk.automation.run_service import RunPicture

LARGEST_PICTURE = 30_000_000
MOST_IMAGES = 10
"""Pictures with their content in one answer."""

_FIRST_STARTED = "Start one first: POST /v1/runs."


def _create(call: Call) -> CallReply:
    from coasty_desk.automation.run_service import NewRun

    asked: wire.CreateRunRequest = call.body
    options = _options(
        call,
        asked,
        on_awaiting_human=asked.on_awaiting_human,
        awaiting_human_timeout_seconds=asked.awaiting_human_timeout_seconds,
    )
    machine_id, host = run_terms.machine_of_any(call, asked.machine_id)
    return _made(call, NewRun(asked.task, options, machine_id, host=host))


def _create_task(call: Call) -> CallReply:
    from coasty_desk.automation.run_row import OwnMachine
    from coasty_desk.automation.run_service import NewRun

    asked: wire.TaskRequest = call.body
    machine = asked.machine or wire.TaskMachine()
    if machine.os_type != "linux":
        message = "Only Linux machines can be made here."
        raise ApiError("FEATURE_NOT_AVAILABLE", message, 'Ask for `"os_type": "linux"`.')
    wish = {
        "cpu_cores": machine.cpu_cores,
        "memory_gb": machine.memory_gb,
        "storage_gb": machine.storage_gb,
        "restores": "latest" if machine.restore_from_snapshot else "",
    }
    options = _options(call, asked, on_awaiting_human="fail")
    return _made(call, NewRun(asked.task, options, machine=OwnMachine(wish=wish)))


def _made(call: Call, asked: Any) -> CallReply:
    from coasty_desk.automation.host_directory import HostLostError
    from coasty_desk.automation.run_service import TooManyRunsError

    try:
        row = runs(call.service).create(
            asked, call.operation_id, "" if call.key is None else call.key.key_id, call.request_id
        )
    except TooManyRunsError as error:
        message = "So many runs wait already that no more are taken."
        raise ApiError("TOO_MANY_RUNS", message, retry_after=60) from error
    except HostLostError as error:
        demand_reachable(error.host)
        message = "The host of this machine was lost just now."
        raise ApiError("MACHINE_UNREACHABLE", message, retry_after=5) from error
    queued = msgspec.structs.replace(row, status="queued", machine=asked.machine)
    return CallReply(run_resource(queued, secret=row.webhook_secret or None))


def _list(call: Call) -> CallReply:
    asked: wire.RunListQuery = call.query
    found, more = runs(call.service).all(asked.status, asked.limit)
    return CallReply(wire.ListRunsResponse([run_resource(row) for row in found], has_more=more))


def _show(call: Call) -> CallReply:
    if _is_of_workflow(call):
        return workflow_operations.show_run(call)
    with _told():
        return CallReply(run_resource(runs(call.service).get(call.path["run_id"])))


def _cancel(call: Call) -> CallReply:
    if _is_of_workflow(call):
        return workflow_operations.cancel_run(call)
    with _told():
        return CallReply(run_resource(runs(call.service).cancel(call.path["run_id"])))


def _resume(call: Call) -> CallReply:
    if _is_of_workflow(call):
        return workflow_operations.resume_run(call)
    asked: wire.ResumeRunRequest = call.body or wire.ResumeRunRequest()
    with _told():
        row = runs(call.service).resume(call.path["run_id"], approved=asked.approved, note=asked.note or "")
    return CallReply(run_resource(row))


def _events(call: Call) -> CallReply:
    if _is_of_workflow(call):
        return workflow_operations.run_events(call)
    with _told():
        row = runs(call.service).get(call.path["run_id"])
        if runs_elsewhere.is_elsewhere(call, row):
            return CallReply(stream=runs_elsewhere.events(call, row, run_terms.after(call)))
        events = runs(call.service).events(row.id, run_terms.after(call), run_terms.KEEP_ALIVE)
    return CallReply(stream=run_terms.frames(events))


def _is_of_workflow(call: Call) -> bool:
    """Whether it is the run of a workflow that is meant: some look for theirs among all others (API.md §17, row 45)."""
    run_id = call.path["run_id"]
    if runs(call.service).store.get(run_id) is not None:
        return False
    return workflows(call.service).store.run(run_id) is not None


def _screenshots(call: Call) -> CallReply:
    asked: wire.RunScreenshotsQuery = call.query
    limit = min(asked.limit, MOST_IMAGES) if asked.include_image else asked.limit
    with _told():
        row = runs(call.service).get(call.path["run_id"])
        if runs_elsewhere.is_elsewhere(call, row):
            return runs_elsewhere.pictures(call, row)
        found, more = runs(call.service).pictures(call.path["run_id"], asked.after_index, limit)
    frames = [_screenshot(picture, with_image=asked.include_image) for picture in found]
    return CallReply(wire.RunScreenshots(call.path["run_id"], frames, more), headers={"Cache-Control": "no-store"})


def _screenshot(picture: RunPicture, *, with_image: bool) -> wire.RunScreenshot:
    looked, content = picture.looked, None
    if picture.path is not None:
        try:
            content = plain_files.read(picture.path, LARGEST_PICTURE, links=False)
        except OSError:
            content = None
    return wire.RunScreenshot(
        index=picture.index,
        attempt=picture.sitting,
        step=looked.step,
        taken_at=iso(looked.time.timestamp()),
        width=looked.sent.width,
        height=looked.sent.height,
        mime_type=looked.media_type,
        size_bytes=looked.length,
        sha256=None if content is None else hashlib.sha256(content).hexdigest(),
        degraded=False,
        encrypted_at_rest=False,
        image_b64=b64encode(content).decode("ascii") if with_image and content is not None else None,
        image_unavailable="the picture is not kept any more" if with_image and content is None else None,
    )


def _options(call: Call, asked: wire.RunTerms, **more: Any) -> RunOptions:
    """What of the request is kept as it is. Raises ApiError for what no type can say."""
    from coasty_desk.automation.run_row import RunOptions

    run_terms.demand_own_model(call, asked.llm)
    run_terms.demand_small(asked.metadata)
    policy = None if asked.action_policy is None else msgspec.to_builtins(asked.action_policy)
    if policy is not None:
        from coasty_desk.wire import policy_file

        try:
            policy_file.parsed(policy)
        except UsageError as error:
            raise request_values.refused(["body", "action_policy"], error.message.rstrip(".")) from error
    if asked.webhook_url is not None:
        run_terms.demand_receiver(call, asked.webhook_url)
    return RunOptions(
        cua_version=asked.cua_version,
        instructions=asked.instructions,
        system_prompt=asked.system_prompt,
        max_steps=asked.max_steps,
        deadline_seconds=asked.deadline_seconds,
        budget_cents=asked.budget_cents,
        action_policy=policy,
        webhook_url=asked.webhook_url,
        metadata=asked.metadata,
        model=asked.model or (None if asked.llm is None else asked.llm.model),
        **more,
    )


@contextmanager
def _told() -> Iterator[None]:
    """Within the block, what cannot be done with a run is said in `/v1`'s words."""
    from coasty_desk.automation.run_service import NoRunError, RunStateError

    try:
        yield
    except NoRunError as error:
        message = "There is no such run."
        raise ApiError("RUN_NOT_FOUND", message, f"GET /v1/runs has them. {_FIRST_STARTED}") from error
    except RunStateError as error:
        raise run_terms.state_refused(error) from error


def _row(
    name: str,
    method: Any,
    path: str,
    summary: str,
    reply: type | None,
    handler: Callable[[Call], CallReply],
    **more: Any,
) -> Operation:
    scope: Literal["runs:read", "runs:write"] = "runs:read" if method == "GET" else "runs:write"
    errors = (*more.pop("errors", ()), *(("RUN_NOT_FOUND", "MACHINE_UNREACHABLE") if "{" in path else ()))
    return Operation(
        name,
        method,
        path,
        summary,
        reply,
        handler,
        errors=(*errors, "FEATURE_NOT_AVAILABLE"),
        tag="runs",
        scope=scope,
        **more,
    )


_ONE = "/runs/{run_id}"
_STARTED = ("TOO_MANY_RUNS", "UPSTREAM_ERROR")

OPERATIONS: tuple[Operation, ...] = (
    _row(
        *(
            "createRun",
            "POST",
            "/runs",
            "Have a task done on a machine; it waits for its turn",
            wire.RunResource,
            _create,
        ),
        body=wire.CreateRunRequest,
        errors=("MACHINE_NOT_FOUND", "MACHINE_UNREACHABLE", *_STARTED),
        idempotent=True,
    ),
    _row(
        *("listRuns", "GET", "/runs", "List the runs, the newest first", wire.ListRunsResponse, _list),
        query=wire.RunListQuery,
    ),
    _row("getRun", "GET", _ONE, "Show a run", wire.RunResource, _show, other_reply=WorkflowRunResource),
    _row(
        *("cancelRun", "POST", f"{_ONE}/cancel", "End a run, whatever it does", wire.RunResource, _cancel),
        body=NothingRequest,
        body_required=False,
        errors=("INVALID_STATE",),
        other_reply=WorkflowRunResource,
    ),
    _row(
        *("resumeRun", "POST", f"{_ONE}/resume", "Answer a run that waits for a person", wire.RunResource, _resume),
        body=wire.ResumeRunRequest,
        body_required=False,
        errors=("NOT_AWAITING_HUMAN", "RESUME_CONFLICT"),
        other_reply=WorkflowRunResource,
    ),
    _row(
        *("streamRunEvents", "GET", f"{_ONE}/events", "What happens in a run, as it happens", None, _events),
        query=wire.RunEventsQuery,
    ),
    _row(
        *("listRunScreenshots", "GET", f"{_ONE}/screenshots", "What the model saw", wire.RunScreenshots, _screenshots),
        query=wire.RunScreenshotsQuery,
    ),
    _row(
        *(
            "createTask",
            "POST",
            "/tasks",
            "Have a task done on a machine that is made for it, and taken away after it",
            wire.RunResource,
            _create_task,
        ),
        body=wire.TaskRequest,
        errors=_STARTED,
        idempotent=True,
    ),
)
