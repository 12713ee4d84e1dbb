"""The operations on schedules and triggers (API.md §14): rows whose handlers ask their services, and say in `/v1`'s words what they answer."""

from __future__ import annotations

import binascii
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from coasty_desk.core.mail_places import new_word
from coasty_desk.schedules.schedule_rule import Cadence, RuleError
from coasty_desk.server import request_values, run_terms, served_mails
from coasty_desk.server.access_operations import Health
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.operation import Call, CallReply, Operation
from coasty_desk.server.served_mails import ServedMails
from coasty_desk.server.served_runs import mails, schedules, triggers, workflows
from coasty_desk.server.timestamps import iso_or_none
from coasty_desk.server.told_schedules import fire_record, listed_trigger, made_trigger, schedule_resource
from coasty_desk.wire import schedule_resources as wire
from coasty_desk.wire.machine_resources import NothingRequest

if TYPE_CHECKING:
    from coasty_desk.automation.schedule_row import FireRow, ScheduleRow

_CADENCE = Cadence.__struct_fields__

SIGNATURES = ("coasty-signature", "x-coasty-signature")
"""The header that a call is signed in, and its other name: one of them is sent."""


def _create(call: Call) -> CallReply:
    from coasty_desk.automation.schedule_service import NewSchedule, TooManySchedulesError

    asked: wire.ScheduleCreateRequest = call.body
    run_terms.demand_own_model(call, asked.llm)
    run_terms.demand_small(asked.metadata)
    new = NewSchedule(
        name=asked.name,
        machine_id=run_terms.machine_of_any(call, asked.machine_id)[0],
        task_prompt=asked.task_prompt,
        cadence=Cadence(**{name: getattr(asked, name) for name in _CADENCE}),
        run_at=None if asked.run_at is None else _moment(asked.run_at),
        zone=asked.timezone,
        model=None if asked.llm is None else asked.llm.model,
        metadata=asked.metadata,
        most_failures=asked.max_consecutive_failures,
        key_id="" if call.key is None else call.key.key_id,
        workflow_id=_workflow(call, asked),
        inputs=asked.inputs,
    )
    try:
        with _told():
            return CallReply(schedule_resource(schedules(call.service).create(new, call.operation_id)))
    except TooManySchedulesError as error:
        message = "There are so many schedules that no more are taken."
        raise ApiError("RATE_LIMITED", message, "Delete one first.", retry_after=60) from error


def _workflow(call: Call, asked: wire.ScheduleCreateRequest) -> str | None:
    """Its own id. Raises ApiError where there is none, or where its inputs do not fit it."""
    from coasty_desk.automation.workflow_service import NoWorkflowError
    from coasty_desk.workflows.inputs_schema import InputsError, checked

    if asked.workflow_id is None:
        if asked.inputs is not None:
            raise request_values.refused(["body", "inputs"], "they have a meaning for a workflow alone")
        return None
    if call.key is not None and "workflows:write" not in call.key.scopes:
        message = "To start a workflow by the clock needs the scope workflows:write."
        raise ApiError(
            "INSUFFICIENT_SCOPE", message, required_scope="workflows:write", current_scopes=sorted(call.key.scopes)
        )
    run_terms.demand_small(asked.inputs)
    try:
        found = workflows(call.service).workflow(asked.workflow_id)
        checked(asked.inputs or {}, found.inputs_schema)
    except NoWorkflowError as error:
        message = "There is no such workflow."
        raise ApiError("WORKFLOW_NOT_FOUND", message) from error
    except InputsError as error:
        raise request_values.refused(["body", "inputs"], "they do not fit the workflow's schema") from error
    return found.id


def _moment(said: str) -> float:
    """ISO 8601, in UTC where it names no other zone. Raises ApiError."""
    try:
        moment = datetime.fromisoformat(said)
        found = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        found = math.inf
    if not ("T" in said.upper() or " " in said) or not 0 < found < 2**37:
        raise request_values.refused(["body", "run_at"], "it is no time as 2026-07-18T09:30:00Z")
    return found


def _list(call: Call) -> CallReply:
    found, more = schedules(call.service).all(call.query.limit)
    return CallReply(wire.ListSchedulesResponse([schedule_resource(row) for row in found], has_more=more))


def _show(call: Call) -> CallReply:
    return _of(call, lambda: schedules(call.service).get(_schedule(call)))


def _update(call: Call) -> CallReply:
    from coasty_desk.automation.schedule_service import ScheduleChange

    asked: wire.ScheduleUpdateRequest = call.body
    said = {name: value for name in asked.__struct_fields__ if (value := getattr(asked, name)) is not UNSET}
    if not said:
        message = "Nothing is to be changed."
        raise ApiError("EMPTY_UPDATE", message)
    run_terms.demand_small(said.get("metadata"))
    cadence = Cadence(**{name: said.pop(name) for name in _CADENCE if name in said})
    renamed = {"timezone": "zone", "max_consecutive_failures": "most_failures"}
    change = ScheduleChange(cadence=cadence, **{renamed.get(name, name): value for name, value in said.items()})
    return _of(call, lambda: schedules(call.service).update(_schedule(call), change))


def _pause(call: Call) -> CallReply:
    return _of(call, lambda: schedules(call.service).pause(_schedule(call)))


def _resume(call: Call) -> CallReply:
    return _of(call, lambda: schedules(call.service).resume(_schedule(call)))


def _delete(call: Call) -> CallReply:
    with _told():
        schedules(call.service).delete(_schedule(call))
    return CallReply(wire.ScheduleDeleted(deleted=True, schedule_id=_schedule(call)))


def _run_now(call: Call) -> CallReply:
    from coasty_desk.automation.quoted_context import quoted

    asked: wire.RunScheduleRequest = call.body or wire.RunScheduleRequest()
    context = ""
    if asked.triggered_context is not None:
        said = msgspec.json.encode(asked.triggered_context)
        if len(said) > wire.LARGEST_CONTEXT:
            message = f"triggered_context has more than {wire.LARGEST_CONTEXT} bytes."
            raise ApiError("PAYLOAD_TOO_LARGE", message, max_bytes=wire.LARGEST_CONTEXT)
        context = quoted("whoever started the schedule", said.decode())
    with _told():
        fire = schedules(call.service).run_now(_schedule(call), asked.task_prompt_override, context, call.operation_id)
    status, message = _answer(fire)
    return CallReply(wire.ScheduleRunStarted(fire.schedule_id, fire.id, status, message))


def _answer(fire: FireRow) -> tuple[Any, str]:
    match fire.status:
        case "queued":
            return "queued", "The run is written down, and begins as soon as it can."
        case "running":
            return "running", "The run was started; it waits for its turn on the machine."
        case "completed":
            return "completed", "The run has ended."
        case _:
            return "skipped", fire.error or "Nothing was started."


def _runs(call: Call) -> CallReply:
    asked: wire.ScheduleRunQuery = call.query
    with _told():
        found, more = schedules(call.service).history(_schedule(call), asked.status, _before(asked.cursor), asked.limit)
    cursor = _cursor(found[-1]) if more else None
    return CallReply(wire.ListScheduleRunsResponse([fire_record(fire) for fire in found], cursor, more))


def _cursor(fire: FireRow) -> str:
    return urlsafe_b64encode(f"{fire.due_at!r} {fire.id}".encode()).decode().rstrip("=")


def _before(cursor: str | None) -> tuple[float, str] | None:
    """Raises ApiError for what was never given out."""
    if cursor is None:
        return None
    try:
        moment, _, fire_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        found = (float(moment), fire_id)
    except (ValueError, binascii.Error) as error:
        raise request_values.refused(["query", "cursor"], "it is no answer's next_cursor") from error
    if not math.isfinite(found[0]) or "\0" in fire_id:
        raise request_values.refused(["query", "cursor"], "it is no answer's next_cursor")
    return found


def _run(call: Call) -> CallReply:
    with _told():
        return CallReply(fire_record(schedules(call.service).one_of(_schedule(call), call.path["run_id"])))


def _add_trigger(call: Call) -> CallReply:
    from coasty_desk.automation.trigger_service import NewTrigger, TooManyTriggersError

    asked: wire.TriggerCreateRequest = call.body
    if asked.kind != "chain" and asked.source_schedule_id is not None:
        raise request_values.refused(["body", "source_schedule_id"], "it has a meaning for a chain alone")
    if asked.kind != "email" and asked.email_label is not None:
        raise request_values.refused(["body", "email_label"], "it has a meaning for email alone")
    new = NewTrigger(
        label=_label(call, asked),
        kind=asked.kind,
        enabled=asked.enabled,
        rate=asked.rate_limit_per_minute,
        source_schedule_id=asked.source_schedule_id,
        event=asked.event,
        pass_output=asked.pass_output,
    )
    try:
        with _told():
            row, secret = triggers(call.service).add(_schedule(call), new, call.operation_id)
    except TooManyTriggersError as error:
        message = "The schedule has so many triggers that no more are taken."
        raise ApiError("RATE_LIMITED", message, "Delete one first.", retry_after=60) from error
    return CallReply(made_trigger(row, secret, _root(call), served_mails.address_of(call.service.settings)))


def _label(call: Call, asked: wire.TriggerCreateRequest) -> str:
    """Of its address, where it is one for mails. Raises ApiError where none can be had."""
    if asked.kind != "email":
        return ""
    address = served_mails.address_of(call.service.settings)
    if address is None:
        message = "This service has no mailbox for triggers."
        remedy = "Start it with --mailbox or --mail-listen, or have a mail filter call a trigger of the kind webhook."
        raise ApiError("FEATURE_NOT_AVAILABLE", message, remedy)
    label = asked.email_label or "mail"
    if not address.fits(new_word(label)):
        raise request_values.refused(
            ["body", "email_label"], "the address would have more than 64 letters before its @"
        )
    return label


def _list_triggers(call: Call) -> CallReply:
    with _told():
        found = triggers(call.service).all(_schedule(call))
    address = served_mails.address_of(call.service.settings)
    return CallReply(wire.ListTriggersResponse([listed_trigger(row, _root(call), address) for row in found]))


def _mailbox(call: Call) -> CallReply:
    """Told without bringing anything up, where there are no mails."""
    chosen = call.service.settings
    found = mails(call.service) if chosen.takes_mails else ServedMails()
    state = None if found.poller is None else found.poller.state
    told = wire.EmailMailbox(
        enabled=chosen.takes_mails,
        address=None if found.address is None else f"{found.address.local}@{found.address.domain}",
        mailbox=chosen.mailbox,
        last_polled_at=None if state is None else iso_or_none(state.looked_at),
        error=None if state is None else state.error,
        listens_at=chosen.mail_listen,
    )
    return CallReply(told)


def _delete_trigger(call: Call) -> CallReply:
    trigger_id = call.path["trigger_id"]
    with _told():
        triggers(call.service).delete(_schedule(call), trigger_id)
    return CallReply(wire.TriggerDeleted(deleted=True, trigger_id=trigger_id))


def _fire_webhook(call: Call) -> CallReply:
    from coasty_desk.automation.trigger_service import NoTriggerError, TooOftenError, UnsignedError

    said = [call.headers[name] for name in SIGNATURES if name in call.headers]
    try:
        came = triggers(call.service).called(call.path["webhook_id"], said[0] if len(said) == 1 else "", call.body)
    except NoTriggerError as error:
        message = "There is no such webhook."
        raise ApiError("NOT_FOUND", message) from error
    except UnsignedError as error:
        message = "The call is not signed with the webhook's secret, or not within 300 seconds from now."
        raise ApiError("INVALID_SIGNATURE", message) from error
    except TooOftenError as error:
        message = "The webhook was called too often within a minute."
        raise ApiError("RATE_LIMITED", message, retry_after=max(1, math.ceil(error.seconds))) from error
    message = came.why or "The same call came a moment ago: it was started then."
    if came.fire is not None and not came.deduplicated:
        _, message = _answer(came.fire)
    fired = wire.WebhookFired(
        received=True,
        schedule_id=came.schedule_id,
        run_id=None if came.fire is None or came.fire.status == "skipped" else came.fire.id,
        deduplicated=came.deduplicated,
        message=message,
    )
    return CallReply(fired, headers={"X-Coasty-Webhook-Deduplicated": "true" if came.deduplicated else "false"})


def _schedules_health(_call: Call) -> CallReply:
    return CallReply(Health("ok", "schedules", "v1"))


def _triggers_health(_call: Call) -> CallReply:
    return CallReply(Health("ok", "triggers", "v1"))


def _schedule(call: Call) -> str:
    return call.path["schedule_id"]


def _root(call: Call) -> str:
    """By which name whoever asks has reached us."""
    return f"http://{call.headers.get('host', '127.0.0.1')}/v1"


def _of(call: Call, ask: Callable[[], ScheduleRow]) -> CallReply:
    del call
    with _told():
        return CallReply(schedule_resource(ask()))


@contextmanager
def _told() -> Iterator[None]:
    """Within the block, what cannot be done with a schedule is said in `/v1`'s words."""
    from coasty_desk.automation.schedule_service import NoScheduleError, ScheduleStateError
    from coasty_desk.automation.trigger_service import NoTriggerError

    try:
        yield
    except NoScheduleError as error:
        message = "There is no such schedule, or no such run of it."
        raise ApiError("NOT_FOUND", message, "GET /v1/schedules has them.") from error
    except NoTriggerError as error:
        message = "There is no such trigger of this schedule."
        raise ApiError("NOT_FOUND", message, "GET /v1/schedules/{schedule_id}/triggers has them.") from error
    except ScheduleStateError as error:
        raise ApiError("INVALID_STATE", str(error), current_state="paused", allowed_from=[]) from error
    except RuleError as error:
        raise request_values.refused(["body", error.field], str(error)) from error


def _row(
    name: str,
    method: Any,
    path: str,
    summary: str,
    reply: type,
    handler: Callable[[Call], CallReply],
    *,
    tag: str = "schedules",
    **more: Any,
) -> Operation:
    usual = "schedules:read" if method == "GET" else "schedules:write"
    scope = more.pop("scope", usual)
    errors = (*more.pop("errors", ()), *(() if scope is None else ("FEATURE_NOT_AVAILABLE",)))
    return Operation(name, method, path, summary, reply, handler, errors=errors, tag=tag, scope=scope, **more)


_ALL, _ONE = "/schedules", "/schedules/{schedule_id}"
_EMPTY: dict[str, Any] = {"body": NothingRequest, "body_required": False}

OPERATIONS: tuple[Operation, ...] = (
    _row(
        *("schedulesHealth", "GET", f"{_ALL}/health", "Whether schedules can be asked for", Health, _schedules_health),
        scope=None,
    ),
    _row(
        *(
            "createSchedule",
            "POST",
            _ALL,
            "Have a task done again and again, or once later",
            wire.ScheduleResource,
            _create,
        ),
        body=wire.ScheduleCreateRequest,
        errors=("MACHINE_NOT_FOUND", "WORKFLOW_NOT_FOUND", "RATE_LIMITED"),
        idempotent=True,
    ),
    _row(
        *("listSchedules", "GET", _ALL, "List the schedules, the newest first", wire.ListSchedulesResponse, _list),
        query=wire.ScheduleListQuery,
    ),
    _row("getSchedule", "GET", _ONE, "Show a schedule", wire.ScheduleResource, _show),
    _row(
        *("updateSchedule", "PATCH", _ONE, "Change a schedule", wire.ScheduleResource, _update),
        body=wire.ScheduleUpdateRequest,
        body_rule={"minProperties": 1},
        errors=("EMPTY_UPDATE", "INVALID_STATE"),
    ),
    _row("deleteSchedule", "DELETE", _ONE, "Delete a schedule", wire.ScheduleDeleted, _delete),
    _row(
        *("pauseSchedule", "POST", f"{_ONE}/pause", "Have it fire no more", wire.ScheduleResource, _pause),
        **_EMPTY,
        errors=("INVALID_STATE",),
    ),
    _row(
        *("resumeSchedule", "POST", f"{_ONE}/resume", "Have it fire again", wire.ScheduleResource, _resume),
        **_EMPTY,
        errors=("INVALID_STATE",),
    ),
    _row(
        *("runScheduleNow", "POST", f"{_ONE}/run", "Fire it now", wire.ScheduleRunStarted, _run_now),
        body=wire.RunScheduleRequest,
        body_required=False,
        body_limit=wire.LARGEST_CONTEXT + 200_000,
        idempotent=True,
    ),
    _row(
        *(
            "listScheduleRuns",
            "GET",
            f"{_ONE}/runs",
            "When it fired, the newest first",
            wire.ListScheduleRunsResponse,
            _runs,
        ),
        query=wire.ScheduleRunQuery,
    ),
    _row("getScheduleRun", "GET", f"{_ONE}/runs/{{run_id}}", "Show one of its runs", wire.ScheduleRunRecord, _run),
    _row(
        *("addTrigger", "POST", f"{_ONE}/triggers", "Have it fire by something else", wire.TriggerMade, _add_trigger),
        body=wire.TriggerCreateRequest,
        errors=("RATE_LIMITED",),
        scope="triggers:write",
        idempotent=True,
        tag="triggers",
    ),
    _row(
        *("listTriggers", "GET", f"{_ONE}/triggers", "List its triggers", wire.ListTriggersResponse, _list_triggers),
        tag="triggers",
    ),
    _row(
        *("removeTrigger", "DELETE", f"{_ONE}/triggers/{{trigger_id}}", "Delete a trigger"),
        *(wire.TriggerDeleted, _delete_trigger),
        scope="triggers:write",
        tag="triggers",
    ),
    _row(
        *("triggersHealth", "GET", "/triggers/health", "Whether triggers can be asked for", Health, _triggers_health),
        scope=None,
        tag="triggers",
    ),
    _row(
        *("getEmailMailbox", "GET", "/triggers/email-mailbox", "Where mails for triggers come to"),
        *(wire.EmailMailbox, _mailbox),
        tag="triggers",
    ),
    _row(
        *("fireWebhook", "POST", "/triggers/webhook/{webhook_id}", "Fire a schedule by a signed call"),
        *(wire.WebhookFired, _fire_webhook),
        scope=None,
        body=bytes,
        body_limit=wire.LARGEST_CONTEXT,
        errors=("INVALID_SIGNATURE", "RATE_LIMITED", "FEATURE_NOT_AVAILABLE"),
        tag="triggers",
    ),
)
