"""The operations on workflows and their runs (API.md §12): rows whose handlers ask the workflow service, and say in `/v1`'s words what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from coasty_desk.machines.machine_record import DESKTOP_ALIAS
from coasty_desk.server import request_values, run_terms
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.operation import Call, CallReply, Operation
from coasty_desk.server.served_runs import workflows
from coasty_desk.server.told_workflows import workflow_resource, workflow_run_resource
from coasty_desk.wire import workflow_resources as wire
from coasty_desk.wire.machine_resources import NothingRequest
from coasty_desk.wire.run_resources import RunEventsQuery
from coasty_desk.workflows.advice import advice
from coasty_desk.workflows.article_shape import normalised
from coasty_desk.workflows.definition_reader import DefinitionError, read

if TYPE_CHECKING:
    from coasty_desk.automation.workflow_row import WorkflowRow, WorkflowTerms

_AS_INPUTS = ("task", "cua_version", "instructions", "system_prompt", "max_steps", "on_awaiting_human")


def _create(call: Call) -> CallReply:
    asked: wire.CreateWorkflowRequest = call.body
    said: Any = asked.definition
    if said is None:
        if asked.steps is None:
            raise request_values.refused(["body", "definition"], "it is required", "missing")
        said = {"steps": asked.steps} | ({} if asked.output is None else {"output": asked.output})
    elif asked.steps is not None or asked.output is not None:
        raise request_values.refused(["body", "steps"], "steps and output are in the definition already")
    if asked.slug == "runs":
        raise request_values.refused(["body", "slug"], "it is taken: /v1/workflows/runs has the runs")
    run_terms.demand_small(asked.metadata)
    _demand_schema(asked.inputs_schema)
    definition, warnings = normalised(said)
    if asked.definition is None:
        warnings.insert(0, "`steps` beside the name are taken for `definition.steps`.")
    where = "definition" if asked.definition is not None else ""
    with _told(where):
        row = workflows(call.service).save(
            asked.name,
            definition,
            slug=asked.slug or "",
            inputs_schema=asked.inputs_schema,
            description=asked.description,
            metadata=asked.metadata,
            operation_id=call.operation_id,
        )
    return CallReply(_shown(row, warnings))


def _list(call: Call) -> CallReply:
    asked: wire.WorkflowListQuery = call.query
    found, more = workflows(call.service).workflows(asked.status, asked.limit)
    return CallReply(wire.ListWorkflowsResponse([_shown(row) for row in found], has_more=more))


def _show(call: Call) -> CallReply:
    with _told():
        return CallReply(_shown(workflows(call.service).workflow(call.path["workflow_id"])))


def _update(call: Call) -> CallReply:
    asked: wire.UpdateWorkflowRequest = call.body
    fields = {name: value for name in asked.__struct_fields__ if (value := getattr(asked, name)) is not msgspec.UNSET}
    if not fields:
        message = "The request changes nothing."
        raise ApiError("EMPTY_UPDATE", message)
    run_terms.demand_small(fields.get("metadata"))
    _demand_schema(fields.get("inputs_schema"))
    warnings: list[str] = []
    if "definition" in fields:
        fields["definition"], warnings = normalised(fields["definition"])
    with _told("definition"):
        return CallReply(_shown(workflows(call.service).update(call.path["workflow_id"], fields), warnings))


def _delete(call: Call) -> CallReply:
    with _told():
        row = workflows(call.service).archive(call.path["workflow_id"])
    return CallReply(workflow_resource(row, deleted=True))


def _start(call: Call) -> CallReply:
    return _started(call, {"workflow": call.path["workflow_id"]})


def _start_adhoc(call: Call) -> CallReply:
    asked: wire.StartAdhocWorkflowRequest = call.body
    _demand_schema(asked.inputs_schema)
    definition, _ = normalised(asked.definition)
    return _started(call, {"definition": definition, "inputs_schema": asked.inputs_schema})


def _started(call: Call, of: Mapping[str, Any]) -> CallReply:
    from coasty_desk.automation.workflow_service import NewWorkflowRun

    asked: wire.StartWorkflowRequest = call.body or wire.StartWorkflowRequest()
    beside = {name: value for name in _AS_INPUTS if (value := getattr(asked, name)) is not None}
    inputs = {**beside, **(asked.inputs or {})}
    machine = run_terms.machine(call, asked.machine_id or DESKTOP_ALIAS)
    new = NewWorkflowRun(machine_id=machine, inputs=inputs, terms=_terms(call, asked), **of)
    key_id = "" if call.key is None else call.key.key_id
    with _told("definition"):
        row = workflows(call.service).start(new, call.operation_id, key_id, call.request_id)
    queued = msgspec.structs.replace(row, status="queued", output=None, error=None, started_at=None, finished_at=None)
    return CallReply(workflow_run_resource(queued, secret=row.webhook_secret or None))


def _terms(call: Call, asked: wire.StartWorkflowRequest) -> WorkflowTerms:
    from coasty_desk.automation.workflow_row import WorkflowTerms

    run_terms.demand_own_model(call, asked.llm)
    run_terms.demand_small(asked.metadata)
    if asked.webhook_url is not None:
        run_terms.demand_receiver(call, asked.webhook_url)
    return WorkflowTerms(
        budget_cents=asked.budget_cents,
        max_iterations=asked.max_iterations,
        deadline_seconds=asked.deadline_seconds,
        webhook_url=asked.webhook_url,
        metadata=asked.metadata,
        model=asked.model or (None if asked.llm is None else asked.llm.model),
    )


def _list_runs(call: Call) -> CallReply:
    asked: wire.WorkflowRunListQuery = call.query
    found, more = workflows(call.service).all_runs(asked.workflow_id, asked.status, asked.limit)
    return CallReply(wire.ListWorkflowRunsResponse([workflow_run_resource(row) for row in found], has_more=more))


def show_run(call: Call) -> CallReply:
    """As it is now."""
    with _told():
        return CallReply(workflow_run_resource(workflows(call.service).run(call.path["run_id"])))


def cancel_run(call: Call) -> CallReply:
    """End it."""
    with _told():
        return CallReply(workflow_run_resource(workflows(call.service).cancel(call.path["run_id"])))


def resume_run(call: Call) -> CallReply:
    """Answer it."""
    asked = call.body or wire.ResumeWorkflowRunRequest()  # or a ResumeRunRequest, which has the same
    with _told():
        row = workflows(call.service).resume(call.path["run_id"], approved=asked.approved, note=asked.note or "")
    return CallReply(workflow_run_resource(row))


def run_events(call: Call) -> CallReply:
    """What happens in it."""
    with _told():
        events = workflows(call.service).events(call.path["run_id"], run_terms.after(call), run_terms.KEEP_ALIVE)
    return CallReply(stream=run_terms.frames(events))


def _shown(row: WorkflowRow, warnings: list[str] | None = None) -> wire.WorkflowResource:
    properties = (row.inputs_schema or {}).get("properties")
    names = list(properties) if isinstance(properties, dict) else None
    more = [f"{one.where}: {one.what}" for one in advice(read(row.definition), names)]
    return workflow_resource(row, warnings=[*(warnings or []), *more][:50])


def _demand_schema(schema: Any) -> None:
    """Of an object alone is understood what is demanded of inputs. Raises ApiError."""
    if isinstance(schema, dict) and schema.get("type", "object") != "object":
        raise request_values.refused(["body", "inputs_schema", "type"], "it must be object: inputs have names")


@contextmanager
def _told(where: str = "") -> Iterator[None]:
    """Within the block, what cannot be done is said in `/v1`'s words; `where` in the body the definition is."""
    from coasty_desk.automation import workflow_service as flows
    from coasty_desk.workflows.inputs_schema import InputsError

    try:
        yield
    except DefinitionError as error:
        at = "inputs" if isinstance(error, InputsError) else where
        details = [(["body", *filter(None, (at,)), *one.place], one.what, one.kind) for one in error.mistakes]
        raise request_values.refused_all(details) from error
    except flows.NoWorkflowError as error:
        message = "There is no such workflow."
        raise ApiError("WORKFLOW_NOT_FOUND", message, "GET /v1/workflows has them.") from error
    except flows.NoWorkflowRunError as error:
        message = "There is no such workflow run."
        raise ApiError("RUN_NOT_FOUND", message, "GET /v1/workflows/runs has them.") from error
    except flows.ArchivedWorkflowError as error:
        message = "The workflow is archived, and starts no runs."
        remedy = 'Make it active again: PUT /v1/workflows/{id} with {"status": "active"}.'
        raise ApiError("INVALID_STATE", message, remedy, current_state="archived", allowed_from=["active"]) from error
    except flows.TooManyWorkflowRunsError as error:
        message = "So many workflow runs have not ended yet that no more are taken."
        raise ApiError("TOO_MANY_RUNS", message, retry_after=60) from error
    except flows.WorkflowRunStateError as error:
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
    scope: Literal["workflows:read", "workflows:write"] = "workflows:read" if method == "GET" else "workflows:write"
    unknown = {"{run_id}": "RUN_NOT_FOUND", "{workflow_id}": "WORKFLOW_NOT_FOUND"}
    errors = (*more.pop("errors", ()), *(code for part, code in unknown.items() if part in path))
    return Operation(
        *(name, method, path, summary, reply, handler),
        errors=(*errors, "FEATURE_NOT_AVAILABLE"),
        tag="workflows",
        scope=scope,
        **more,
    )


_ONE, _RUNS = "/workflows/{workflow_id}", "/workflows/runs"
_RUN = f"{_RUNS}/{{run_id}}"
_STARTED = ("MACHINE_NOT_FOUND", "TOO_MANY_RUNS", "UPSTREAM_ERROR")

# fmt: off
OPERATIONS: tuple[Operation, ...] = (
    _row("startAdhocWorkflowRun", "POST", _RUNS, "Run a workflow that is not saved", wire.WorkflowRunResource, _start_adhoc,
         body=wire.StartAdhocWorkflowRequest, errors=_STARTED, idempotent=True),
    _row("listWorkflowRuns", "GET", _RUNS, "List the runs of workflows, the newest first", wire.ListWorkflowRunsResponse,
         _list_runs, query=wire.WorkflowRunListQuery),
    _row("getWorkflowRun", "GET", _RUN, "Show a run of a workflow", wire.WorkflowRunResource, show_run),
    _row("cancelWorkflowRun", "POST", f"{_RUN}/cancel", "End a run of a workflow, and those of its tasks",
         wire.WorkflowRunResource, cancel_run, body=NothingRequest, body_required=False, errors=("INVALID_STATE",)),
    _row("resumeWorkflowRun", "POST", f"{_RUN}/resume", "Answer a run of a workflow that waits for a person",
         wire.WorkflowRunResource, resume_run, body=wire.ResumeWorkflowRunRequest, body_required=False,
         errors=("NOT_AWAITING_HUMAN", "RESUME_CONFLICT")),
    _row("streamWorkflowRunEvents", "GET", f"{_RUN}/events", "What happens in a run of a workflow, as it happens", None,
         run_events, query=RunEventsQuery),
    _row("createWorkflow", "POST", "/workflows", "Save a workflow, or its next version", wire.WorkflowResource, _create,
         body=wire.CreateWorkflowRequest, idempotent=True),
    _row("listWorkflows", "GET", "/workflows", "List the saved workflows, the newest first", wire.ListWorkflowsResponse, _list,
         query=wire.WorkflowListQuery),
    _row("getWorkflow", "GET", _ONE, "Show a workflow", wire.WorkflowResource, _show),
    _row("updateWorkflow", "PUT", _ONE, "Change a workflow: its next version", wire.WorkflowResource, _update,
         body=wire.UpdateWorkflowRequest, errors=("EMPTY_UPDATE",)),
    _row("deleteWorkflow", "DELETE", _ONE, "Archive a workflow: it starts no more runs", wire.WorkflowResource, _delete),
    _row("startWorkflowRun", "POST", f"{_ONE}/runs", "Run a workflow", wire.WorkflowRunResource, _start,
         body=wire.StartWorkflowRequest, body_required=False, errors=(*_STARTED, "INVALID_STATE"), idempotent=True),
)
# fmt: on
