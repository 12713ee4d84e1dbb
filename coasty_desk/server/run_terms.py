"""What runs and the runs of workflows have in common at the edge: the machine, the receiver, the model, and the stream of their events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from coasty_desk.machines.machine_errors import NoMachineError
from coasty_desk.server import account_machines, request_values
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.joined_hosts import owner
from coasty_desk.server.operation import Call
from coasty_desk.server.served_machines import machines
from coasty_desk.wire.inference_resources import LlmConfig

if TYPE_CHECKING:
    from coasty_desk.automation.run_events import RunEvent
    from coasty_desk.automation.run_service import RunStateError
    from coasty_desk.automation.workflow_service import WorkflowRunStateError

KEEP_ALIVE = 10.0
"""Seconds between two comments to whoever reads events while none come."""

LARGEST_METADATA = 16_384
"""Bytes, as JSON."""


def after(call: Call) -> int:
    """The number of the last event that the reader has, by the header or the query, whichever is larger; -1 for none."""
    header = call.headers.get("last-event-id", "").strip()
    last = int(header) if header.isascii() and header.isdigit() and len(header) < 16 else -1
    return last if call.query.after is None else max(last, call.query.after)


def state_refused(error: RunStateError | WorkflowRunStateError) -> ApiError:
    """That a run is not in a state in which this could be done with it."""
    waits = error.allowed == {"awaiting_human"}
    code = "RESUME_CONFLICT" if error.is_race else "NOT_AWAITING_HUMAN" if waits else "INVALID_STATE"
    return ApiError(code, str(error), current_state=error.row.status, allowed_from=sorted(error.allowed))


def frames(events: Iterator[RunEvent | None]) -> Iterator[bytes]:
    """As a stream has them."""
    yield b": the events of a run\n\n"
    for event in events:
        yield b": nothing new\n\n" if event is None else framed(event)


def framed(event: RunEvent) -> bytes:
    """One of them."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.id, event.name.encode(), msgspec.json.encode(event.data))


def demand_own_model(call: Call, llm: LlmConfig | None) -> None:
    """Raise ApiError where another model than the service's own is asked for."""
    byok = next((name for name in call.headers if name.startswith("x-llm-")), None)
    if byok is not None or (llm is not None and llm.provider != "managed"):
        message = "A run is asked of the service's own model, and not with a caller's key."
        raise ApiError("FEATURE_NOT_AVAILABLE", message, "Start the service with --provider, and leave `llm` out.")


def demand_small(metadata: Mapping[str, Any] | None) -> None:
    """Raise ApiError for metadata that is too large to be kept."""
    if metadata is not None and len(msgspec.json.encode(metadata)) > LARGEST_METADATA:
        raise request_values.refused(["body", "metadata"], f"it has more than {LARGEST_METADATA} bytes")


def demand_receiver(call: Call, url: str) -> None:
    """Raise ApiError where nothing may be sent there; where its name leads to is looked at when something is."""
    from coasty_desk.automation.public_address import ReceiverError, demand_no_private_figures, receiver

    private = call.service.settings.webhook_allow_private
    try:
        demand_no_private_figures(receiver(url, private=private), private=private)
    except ReceiverError as error:
        raise request_values.refused(["body", "webhook_url"], str(error)) from error


def machine_of_any(call: Call, name: str) -> tuple[str, str]:
    """A machine's own id, and the id of the host that has it where that is another one. Raises ApiError."""
    other = owner(call, name)
    return (machine(call, name), "") if other is None else (other[1].id, other[0].id)


def machine(call: Call, name: str) -> str:
    """The id of the machine of that name, of this service or of its account, or of the desktop. Raises ApiError."""
    if account_machines.is_accounts(name):
        account_machines.demand(call.service, name, call.stop)
        return name
    try:
        found = machines(call.service).find(name)
    except NoMachineError as error:
        message = "There is no such machine."
        raise ApiError("MACHINE_NOT_FOUND", message) from error
    if found.status == "terminated":
        message = "The machine is terminated."
        raise ApiError("MACHINE_NOT_FOUND", message)
    return found.id
