"""The operations on machines (API.md §13): rows whose handlers ask the registry, and say in `/v1`'s words what it answers."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.errors import CoastyDeskError
from coasty_desk.machines import commands
from coasty_desk.machines.command import named
from coasty_desk.machines.machine_errors import (
    MachineBusyError,
    MachineStateError,
    MissingPartError,
    NoMachineError,
    TooManyMachinesError,
    WorkerGoneError,
)
from coasty_desk.machines.machine_record import DESKTOP_ALIAS, MachineRecord
from coasty_desk.machines.registry import NewMachine
from coasty_desk.machines.worker_protocol import CommandStep, StepResult
from coasty_desk.server import request_values
from coasty_desk.server.access_operations import Health
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.joined_hosts import elsewhere, owner, through_its_host
from coasty_desk.server.operation import Call, CallReply, Operation
from coasty_desk.server.served_machines import machines
from coasty_desk.server.timestamps import iso, iso_or_none
from coasty_desk.wire import machine_resources as wire

if TYPE_CHECKING:
    from coasty_desk.automation.host_directory import Host

USUAL_SECONDS = 30.0
FILE_SECONDS = 120.0

FILE_BODY = 70_000_000
"""Bytes: 50 MB of a file in base64, and what is around it."""

BATCH_BODY = 8_000_000

FILE_OPS: Mapping[str, str] = {
    "read": "file_read",
    "exists": "file_exists",
    "list": "directory_list",
    "list-directory": "directory_list",
    "download": "file_download",
    "list-downloads": "file_list_downloads",
    "write": "file_write",
    "edit": "file_edit",
    "append": "file_append",
    "delete": "file_delete",
    "delete-directory": "directory_delete",
}

_STATE_ERRORS = (
    "MACHINE_NOT_FOUND",
    "INVALID_STATE",
    "FEATURE_NOT_AVAILABLE",
    "UPSTREAM_ERROR",
    "UPSTREAM_UNAVAILABLE",
)
_ACT_ERRORS = (*_STATE_ERRORS, "CONFLICT", "VALIDATION_ERROR")


# Machines


def _create(call: Call) -> CallReply:
    asked: wire.ProvisionRequest = call.body
    if asked.os_type != "linux":
        message = "Only Linux machines can be made here."
        raise ApiError("FEATURE_NOT_AVAILABLE", message, 'Ask for `"os_type": "linux"`.')
    wanted = NewMachine(
        asked.display_name,
        asked.cpu_cores,
        asked.memory_gb,
        asked.storage_gb,
        asked.ttl_minutes,
        asked.metadata,
        asked.snapshot_id or ("latest" if asked.restore_from_snapshot else ""),
    )
    with _told(snapshot=bool(wanted.restores)):
        made = _resource(call, machines(call.service).create(wanted, call.operation_id))
    if call.service.hosts is not None:
        call.service.hosts.look_now()
    return CallReply(wire.MachineMade(machine=made, **_fields(made)))


def _list(call: Call) -> CallReply:
    asked: wire.MachineListQuery = call.query
    every = [_resource(call, record) for record in machines(call.service).every()]
    every += [_resource(call, record, host) for host, record in elsewhere(call.service)]
    return CallReply(wire.ListMachinesResponse(every[: asked.limit], has_more=len(every) > asked.limit))


def _show(call: Call) -> CallReply:
    other = owner(call, call.path["machine_id"])  # of a host that is lost it is said here what is known
    found = _resource(call, _machine(call)) if other is None else _resource(call, other[1], other[0])
    return CallReply(wire.MachineShown(machine=found, **_fields(found)))


def _update(call: Call) -> CallReply:
    asked: wire.UpdateMachineRequest = call.body
    if 0 < asked.ttl_minutes < wire.SHORTEST_TTL:
        raise request_values.refused(["body", "ttl_minutes"], f"it is neither 0 nor at least {wire.SHORTEST_TTL}")
    with _told():
        record = machines(call.service).lease(call.path["machine_id"], asked.ttl_minutes or None)
    return CallReply(wire.UpdateMachineResponse(record.id, record.ttl_minutes, iso_or_none(record.ends_at)))


def _lifecycle(change: Callable[[Call], MachineRecord], message: str) -> Callable[[Call], CallReply]:
    def handler(call: Call) -> CallReply:
        with _told():
            record = change(call)
        return CallReply(wire.LifecycleResponse(record.id, record.status, message))

    return handler


def _snapshot(call: Call) -> CallReply:
    with _told():
        made = machines(call.service).snapshot(call.path["machine_id"], call.operation_id)
    message = "Its home is kept; what its programs had in memory is not."
    return CallReply(wire.SnapshotResponse(made.machine_id, made.id, made.name, iso(made.at), 0, message))


def _pricing(_call: Call) -> CallReply:
    rates = {name: {"running_credits_per_hour": 0, "stopped_credits_per_hour": 0} for name in ("linux", "windows")}
    ttl = {"min_minutes": 5, "max_minutes": 10_080}
    pricing = {"currency": "credits", "cents_per_credit": 1, "runtime": rates, "snapshot_credits": 0, "ttl": ttl}
    return CallReply(
        wire.MachinePricingResponse({**pricing, "note": "These machines are this computer's own: nothing is charged."})
    )


def _screenshot(call: Call) -> CallReply:
    asked: wire.ScreenshotQuery = call.query
    accepts = call.headers.get("accept", "")
    png = asked.format == "png" or (asked.format is None and "image/png" in accepts and "image/jpeg" not in accepts)
    with _told():
        record = _machine(call)
        picture = machines(call.service).look(record.id, "png" if png else "jpeg")
    return CallReply(
        wire.ScreenshotResponse(
            *(record.id, picture.image, picture.media_type, picture.width, picture.height, iso(picture.taken))
        ),
        headers={"Cache-Control": "no-store"},
    )


def _connection(call: Call) -> CallReply:
    record = _machine(call)
    width, height = record.screen or (None, None)
    return CallReply(
        wire.ConnectionDetails(record.id, screen_width=width, screen_height=height),
        headers={"Cache-Control": "no-store"},
    )


# Commands


def _act(call: Call) -> CallReply:
    asked: wire.ActionRequest = call.body
    return _one(call, asked.command, asked.parameters, _seconds(asked.timeout_ms), ["body", "parameters"])


def _batch(call: Call) -> CallReply:
    asked: wire.BatchActionRequest = call.body
    steps = [
        _step(one.command, one.parameters, _seconds(one.timeout_ms), ["body", "steps", at, "parameters"])
        for at, one in enumerate(asked.steps)
    ]
    record, results, aborted = _carried_out(call, steps, stop_on_error=asked.stop_on_error)
    said = [_result(record, result, call.request_id) for result in results]
    done = sum(result.success for result in results)
    return CallReply(wire.BatchActionResponse(record.id, said, done, len(said) - done, aborted))


def _browser(call: Call) -> CallReply:
    asked: wire.BrowserOpRequest = call.body
    from coasty_desk.machines.browser_commands import BROWSER_OPERATIONS

    command = _op(call, BROWSER_OPERATIONS)
    return _one(call, command, asked.parameters, _seconds(asked.timeout_ms), ["body", "parameters"])


def _terminal(call: Call) -> CallReply:
    asked: wire.TerminalRequest = call.body
    said = {"command": asked.command, "session_id": asked.session_id, "cwd": asked.cwd}
    given = {name: value for name, value in said.items() if value is not None}
    return _one(call, "terminal_execute", given, asked.timeout_ms / 1000, ["body"])


def _files(call: Call) -> CallReply:
    asked: wire.FilesOpRequest = call.body
    return _one(call, _op(call, FILE_OPS), asked.parameters, FILE_SECONDS, ["body", "parameters"])


def _one(call: Call, command: str, parameters: dict[str, Any], seconds: float, where: list[str | int]) -> CallReply:
    record, results, _ = _carried_out(call, [_step(command, parameters, seconds, where)])
    return CallReply(_result(record, results[0], ""))


def _step(command: str, parameters: dict[str, Any], seconds: float, where: list[str | int]) -> CommandStep:
    """The command, its parameters checked here, before anything is done. Raises ApiError."""
    known = commands.known().get(command)
    if known is None:
        message = f"The command {command} is not there on this service."
        raise ApiError("FEATURE_NOT_AVAILABLE", message, "Install a newer coasty-desk.")
    given = named(known.command, parameters)
    try:
        msgspec.convert(given, known.command.parameters, strict=True)
    except msgspec.ValidationError as error:
        raise request_values.misfit(where, given, known.command.parameters, error) from error
    return CommandStep(command, parameters, seconds)


def _carried_out(
    call: Call, steps: list[CommandStep], *, stop_on_error: bool = True
) -> tuple[MachineRecord, tuple[StepResult, ...], bool]:
    with _told():
        record = _machine(call)
        _demand_scopes(call, record, steps)
        answer = machines(call.service).act(record.id, steps, operation=call.operation_id, stop_on_error=stop_on_error)
    return record, answer.results, answer.aborted


def _demand_scopes(call: Call, record: MachineRecord, steps: list[CommandStep]) -> None:
    """On this desktop a key needs more: its own files and shells are the user's."""
    known, key = commands.known(), call.key
    if record.kind != "desktop" or key is None:
        return
    for step in steps:
        scope = known[step.command].command.scope
        if not key.may(scope, on_desktop=True):
            message = f"This key may not use {scope} on this desktop, only on virtual machines."
            remedy = "Make a key for it with `coasty-desk keys create --this-desktop`."
            if key.relayed_by:
                message = f"Through another host no key may use {scope} on a desktop, only on virtual machines."
                remedy = "Ask the desktop's own host, with a key that was made there with --this-desktop."
            raise ApiError(
                "INSUFFICIENT_SCOPE", message, remedy, required_scope=scope, current_scopes=sorted(key.scopes)
            )


def _scope_of(call: Call) -> frozenset[str]:
    return _scopes([call.body.command])


def _scopes_of_batch(call: Call) -> frozenset[str]:
    return _scopes([step.command for step in call.body.steps])


def _scope_of_op(ops: Mapping[str, str]) -> Callable[[Call], frozenset[str]]:
    return lambda call: _scopes([ops.get(call.path["op"], next(iter(ops.values())))])


def _scopes(names: list[str]) -> frozenset[str]:
    known = commands.known()
    return frozenset(known[name].command.scope for name in names if name in known)


def _op(call: Call, ops: Mapping[str, str]) -> str:
    op = call.path["op"]
    if op not in ops:
        raise request_values.refused(["path", "op"], f"it is none of {', '.join(ops)}")
    return ops[op]


def _result(record: MachineRecord, result: StepResult, request_id: str) -> wire.ActionResultResponse:
    picture = None
    if result.screenshot is not None:
        kind = "png" if result.screenshot.startswith(b"\x89PNG") else "jpeg"
        picture = f"data:image/{kind};base64,{b64encode(result.screenshot).decode('ascii')}"
    found = None if result.result is None else dict(result.result)
    return wire.ActionResultResponse(
        *(record.id, result.command, result.success, result.duration_ms, found, result.error, picture, request_id)
    )


def _machine(call: Call) -> MachineRecord:
    with _told():
        return machines(call.service).find(call.path["machine_id"])


def _resource(call: Call, record: MachineRecord, host: Host | None = None) -> wire.MachineResource:
    """`host`: the other one that has it."""
    membership = call.service.hosts
    has = host or (None if membership is None else membership.host)
    if host is not None and host.state == "lost":
        record = replace(record, status="error", reason=f"Its host {host.name} is lost: nothing is heard of it.")
    if host is not None and record.kind == "desktop":
        record = replace(record, display_name=f"Desktop of {host.name}")
    width, height = record.screen or (None, None)
    ends = iso_or_none(record.ends_at)
    return wire.MachineResource(
        id=record.id,
        display_name=record.display_name,
        status=record.status,
        cpu_cores=record.cpu_cores or wire.CPU_CORES,
        memory_gb=record.memory_gb or wire.MEMORY_GB,
        storage_gb=record.storage_gb or wire.STORAGE_GB,
        created_at=iso(record.created_at),
        started_at=iso_or_none(record.started_at),
        auto_destroy_at=ends,
        ttl_minutes=record.ttl_minutes,
        metadata=dict(record.metadata),
        billing=wire.MachineBilling(auto_destroy_at=ends, ttl_minutes=record.ttl_minutes),
        kind=record.kind,
        alias=DESKTOP_ALIAS if record.kind == "desktop" and host is None else None,
        host_id=None if has is None else has.id,
        host_name=None if has is None else has.name,
        reason=record.reason or None,
        notes=list(record.notes),
        screen_width=width,
        screen_height=height,
    )


@contextmanager
def _told(*, snapshot: bool = False) -> Iterator[None]:
    """Within the block, what is wrong with a machine is said in `/v1`'s words."""
    try:
        yield
    except NoMachineError as error:
        if snapshot:
            message = "There is no such snapshot."
            raise ApiError("NOT_FOUND", message, "Make one first: POST /v1/machines/{machine_id}/snapshot.") from error
        message = "There is no such machine."
        raise ApiError("MACHINE_NOT_FOUND", message) from error
    except MachineStateError as error:
        raise ApiError(
            "INVALID_STATE", str(error), current_state=error.state, allowed_from=list(error.allowed)
        ) from error
    except MachineBusyError as error:
        when = "once it is free" if error.seconds is None else f"in {error.seconds} s"
        remedy = f"Look at the machine anew {when}, and go on from there. `coasty-desk stop` ends what drives it."
        # no Retry-After: what was meant for the screen as it was is not to be sent again by itself
        raise ApiError("CONFLICT", str(error), remedy) from error
    except TooManyMachinesError as error:
        remedy = "Terminate one that is done with: DELETE /v1/machines/{machine_id}."
        raise ApiError("CONFLICT", str(error), remedy) from error
    except MissingPartError as error:
        raise ApiError("FEATURE_NOT_AVAILABLE", str(error), error.remedy) from error
    except (CoastyDeskError, OSError) as error:
        message = error.message if isinstance(error, CoastyDeskError) else f"The disk refuses: {error.strerror}."
        remedy = error.remedy if isinstance(error, CoastyDeskError) else "See that there is room."
        raise ApiError("UPSTREAM_ERROR", message, remedy) from error
    except WorkerGoneError as error:
        raise ApiError("UPSTREAM_UNAVAILABLE", str(error), retry_after=1) from error


def _fields(body: Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(body)


def _seconds(milliseconds: int | None) -> float:
    return USUAL_SECONDS if milliseconds is None else milliseconds / 1000


def _health(_call: Call) -> CallReply:
    return CallReply(Health("ok", "machines", "v1"))


# fmt: off
BrowserOp = Literal[
    "open", "navigate", "click", "type", "dom", "clickables", "state", "info", "scroll", "close", "screenshot", "wait",
    "list-tabs", "open-tab", "close-tab", "switch-tab",
]
# fmt: on
"""As `browser_commands.BROWSER_OPERATIONS` has them, which is loaded when one is asked for."""

_ONE = "/machines/{machine_id}"

_OF_COMMANDS = ("actions:exec", "terminal:exec", "files:read", "files:write", "browser:execute")
"""The scopes that a command may need."""


def _row(
    name: str, method: Any, path: str, summary: str, reply: type, handler: Callable[[Call], CallReply], **more: Any
) -> Operation:
    errors = more.pop("errors", ("MACHINE_NOT_FOUND",))
    if path.startswith(_ONE):
        handler, errors = (
            through_its_host(handler, known=name == "getMachine"),
            (*errors, "MACHINE_UNREACHABLE", "OUTCOME_UNKNOWN"),
        )
    return Operation(name, method, path, summary, reply, handler, errors=errors, tag="machines", **more)


def _change(name: str, path: str, summary: str, change: Callable[[Call], MachineRecord], message: str) -> Operation:
    return _row(
        *(name, "POST", f"{_ONE}/{path}", summary, wire.LifecycleResponse, _lifecycle(change, message)),
        scope="machines:write",
        body=wire.NothingRequest,
        body_required=False,
        errors=_STATE_ERRORS,
    )


OPERATIONS: tuple[Operation, ...] = (
    _row(
        "machinesHealth",
        "GET",
        "/machines/health",
        "Whether machines can be asked for",
        Health,
        _health,
        scope=None,
        errors=(),
    ),
    _row(
        *(
            "provisionMachine",
            "POST",
            "/machines",
            "Make a virtual machine; it runs when this answers",
            wire.MachineMade,
            _create,
        ),
        scope="machines:write",
        body=wire.ProvisionRequest,
        errors=("FEATURE_NOT_AVAILABLE", "NOT_FOUND", "CONFLICT", "UPSTREAM_ERROR", "UPSTREAM_UNAVAILABLE"),
        idempotent=True,
    ),
    _row(
        *(
            "listMachines",
            "GET",
            "/machines",
            "List the machines, this desktop first",
            wire.ListMachinesResponse,
            _list,
        ),
        scope="machines:read",
        query=wire.MachineListQuery,
        errors=(),
    ),
    _row(
        *("getMachinePricing", "GET", "/machines/pricing", "What machines cost", wire.MachinePricingResponse, _pricing),
        scope="machines:read",
        errors=(),
    ),
    _row("getMachine", "GET", _ONE, "Show a machine", wire.MachineShown, _show, scope="machines:read"),
    _row(
        *("updateMachine", "PATCH", _ONE, "Set when it is terminated", wire.UpdateMachineResponse, _update),
        scope="machines:write",
        body=wire.UpdateMachineRequest,
        body_rule={"properties": {"ttl_minutes": {"not": {"enum": [1, 2, 3, 4]}}}},
        errors=_STATE_ERRORS,
    ),
    _row(
        *("terminateMachine", "DELETE", _ONE, "Take a machine away, with its home", wire.LifecycleResponse),
        _lifecycle(lambda call: machines(call.service).terminate(call.path["machine_id"]), "The machine is gone."),
        scope="machines:write",
        errors=_STATE_ERRORS,
    ),
    _change(
        *("startMachine", "start", "Start a machine that is stopped"),
        lambda call: machines(call.service).start(call.path["machine_id"]),
        "The machine runs.",
    ),
    _change(
        *("stopMachine", "stop", "Stop a machine; its home is kept"),
        lambda call: machines(call.service).stop(call.path["machine_id"]),
        "The machine is stopped.",
    ),
    _change(
        *("restartMachine", "restart", "Stop a machine and start it again"),
        lambda call: machines(call.service).restart(call.path["machine_id"]),
        "The machine runs again.",
    ),
    _row(
        *(
            "snapshotMachine",
            "POST",
            f"{_ONE}/snapshot",
            "Keep its home as it is now",
            wire.SnapshotResponse,
            _snapshot,
        ),
        scope="snapshots:write",
        body=wire.NothingRequest,
        body_required=False,
        errors=_STATE_ERRORS,
        idempotent=True,
    ),
    _row(
        *("getScreenshot", "GET", f"{_ONE}/screenshot", "Look at its screen", wire.ScreenshotResponse, _screenshot),
        scope="machines:read",
        query=wire.ScreenshotQuery,
        errors=_STATE_ERRORS,
    ),
    _row(
        *(
            "getConnectionDetails",
            "GET",
            f"{_ONE}/connection",
            "How it is reached",
            wire.ConnectionDetails,
            _connection,
        ),
        scope="connection:read",
    ),
    _row(
        *("executeAction", "POST", f"{_ONE}/actions", "Carry out a command", wire.ActionResultResponse, _act),
        scopes=_scope_of,
        scopes_told=("per-command", _OF_COMMANDS),
        body=wire.ActionRequest,
        errors=_ACT_ERRORS,
        idempotent=True,
    ),
    _row(
        *(
            "executeBatch",
            "POST",
            f"{_ONE}/actions/batch",
            "Carry out commands in turn",
            wire.BatchActionResponse,
            _batch,
        ),
        scopes=_scopes_of_batch,
        scopes_told=("union-of-command-scopes", _OF_COMMANDS),
        body=wire.BatchActionRequest,
        body_limit=BATCH_BODY,
        errors=_ACT_ERRORS,
        idempotent=True,
    ),
    _row(
        *("browserOp", "POST", f"{_ONE}/browser/{{op}}", "Use its browser", wire.ActionResultResponse, _browser),
        scope="actions:exec",
        names={"op": BrowserOp},
        body=wire.BrowserOpRequest,
        errors=_ACT_ERRORS,
        idempotent=True,
    ),
    _row(
        *(
            "terminalExec",
            "POST",
            f"{_ONE}/terminal",
            "Run a command line in its shell",
            wire.ActionResultResponse,
            _terminal,
        ),
        scope="terminal:exec",
        body=wire.TerminalRequest,
        errors=_ACT_ERRORS,
        idempotent=True,
    ),
    _row(
        *("filesOp", "POST", f"{_ONE}/files/{{op}}", "Read and write its files", wire.ActionResultResponse, _files),
        scopes=_scope_of_op(FILE_OPS),
        scopes_told=("files:read-or-files:write", ("files:read", "files:write")),
        names={"op": Literal[tuple(FILE_OPS)]},
        body=wire.FilesOpRequest,
        body_limit=FILE_BODY,
        errors=_ACT_ERRORS,
        idempotent=True,
    ),
)
