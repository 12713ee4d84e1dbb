"""The machines of a service: listed, found, made, started, looked at, driven (API.md §13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from coasty_desk.client.machine_values import (
    CommandOutcome,
    RemoteMachine,
    RemotePicture,
    machine_in,
    machine_of,
    outcome_of,
    picture_of,
)
from coasty_desk.client.resource_ids import id_in_path, senseless
from coasty_desk.client.service_client import GRACE, Inquiry, ServiceClient, minted
from coasty_desk.core.errors import ServiceError, UsageError

LARGEST_PICTURE = 60_000_000
LARGEST_FILE = 80_000_000
"""Bytes of an answer with a picture, and with a file's content (50 MB as base64)."""

MOST_WRITTEN = 50_000_000
"""Bytes of a file that is sent."""

MOST_LISTED = 200

SLOW = 150.0
"""Seconds for what makes, starts or stops a machine."""

Change = Literal["start", "stop", "restart"]


def listed(client: ServiceClient) -> tuple[RemoteMachine, ...]:
    """All that there are. Raises ServiceError."""
    document = client.get(f"machines?limit={MOST_LISTED}").document
    entries = document.get("data", document.get("machines")) if isinstance(document, dict) else document
    if not isinstance(entries, list):
        senseless("list of machines")
    return tuple(machine for entry in entries if (machine := machine_in(entry)) is not None)


def shown(client: ServiceClient, machine_id: str) -> RemoteMachine:
    """This one. Raises ServiceError, UsageError for what is no id."""
    return machine_of(client.get(f"machines/{id_in_path(machine_id, 'machine')}").document)


def found(client: ServiceClient, named: str) -> RemoteMachine:
    """The one of this id or this name. Raises ServiceError MACHINE_NOT_FOUND, UsageError where several have the name."""
    machines = [machine for machine in listed(client) if machine.is_there]
    exact = [machine for machine in machines if machine.machine_id == named]
    many = exact or [machine for machine in machines if machine.name == named]
    if len(many) > 1:
        ids = ", ".join(machine.machine_id for machine in many[:5])
        message = f"{len(many)} machines have the name {named[:64]!r}: {ids}."
        raise UsageError(message, "Name one by its id.")
    if many:
        return many[0]
    if not exact and _may_be_id(named):
        try:
            return shown(client, named)  # an alias, or one beyond the list
        except ServiceError as error:
            if error.status != 404:
                raise
    message = f"There is no machine {named[:64]!r} at {client.name}."
    remedy = "List them with `coasty-desk machines list`; --remote lists those of your Coasty account."
    raise ServiceError(message, remedy, code="MACHINE_NOT_FOUND", status=404)


def created(client: ServiceClient, body: Mapping[str, object]) -> RemoteMachine:
    """A new one. Raises ServiceError."""
    return machine_of(client.ask(Inquiry("POST", "machines", body, key=minted("machine"), timeout=SLOW)).document)


def changed(client: ServiceClient, machine_id: str, change: Change) -> str:
    """Start, stop or restart it; the state that it then has. Raises ServiceError."""
    path = f"machines/{id_in_path(machine_id, 'machine')}/{change}"
    return _status(client.ask(Inquiry("POST", path, {}, timeout=SLOW)).document)


def ended(client: ServiceClient, machine_id: str) -> bool:
    """Terminate it for good; whether it was there. Raises ServiceError."""
    try:
        client.ask(Inquiry("DELETE", f"machines/{id_in_path(machine_id, 'machine')}", timeout=SLOW))
    except ServiceError as error:
        if error.status == 404:
            return False
        raise
    return True


def snapshot(client: ServiceClient, machine_id: str) -> Mapping[str, object]:
    """Keep how it is now; what the service says of the snapshot. Raises ServiceError."""
    path = f"machines/{id_in_path(machine_id, 'machine')}/snapshot"
    document = client.ask(Inquiry("POST", path, {}, key=minted("snapshot"), timeout=600.0)).document
    if not isinstance(document, dict):
        senseless("answer to a snapshot")
    return document


def lives(client: ServiceClient, machine_id: str, minutes: int) -> Mapping[str, object]:
    """Let it be terminated after so many minutes from now; 0: never. Raises ServiceError."""
    path = f"machines/{id_in_path(machine_id, 'machine')}"
    document = client.ask(Inquiry("PATCH", path, {"ttl_minutes": minutes}, repeats=True)).document
    return document if isinstance(document, dict) else {}


def looked_at(client: ServiceClient, machine_id: str, *, lossless: bool = False) -> RemotePicture:
    """How its screen looks now; `lossless`: as a PNG, where the service has a choice. Raises ServiceError."""
    path = f"machines/{id_in_path(machine_id, 'machine')}/screenshot" + "?format=png" * lossless
    return picture_of(client.get(path, most=LARGEST_PICTURE).document)


def acted(
    client: ServiceClient,
    machine_id: str,
    command: str,
    parameters: Mapping[str, object],
    *,
    key: str = "",
    seconds: float | None = None,
) -> CommandOutcome:
    """Carry out a command once, by this `key` however often it is asked for. Raises ServiceError."""
    body: dict[str, object] = {"command": command, "parameters": dict(parameters)}
    if seconds is not None:
        body["timeout_ms"] = round(seconds * 1000)
    return _outcome(client, machine_id, "actions", body, key or minted("act"), seconds or 60.0)


def acted_in_turn(
    client: ServiceClient, machine_id: str, steps: Sequence[tuple[str, Mapping[str, object]]], *, key: str = ""
) -> list[CommandOutcome]:
    """Carry out several, one after the other, until one fails; what came of each until then. Raises ServiceError."""
    if len(steps) == 1:
        return [acted(client, machine_id, *steps[0], key=key)]
    body = {
        "steps": [{"command": command, "parameters": dict(parameters)} for command, parameters in steps],
        "stop_on_error": True,
    }
    path = f"machines/{id_in_path(machine_id, 'machine')}/actions/batch"
    document = client.ask(Inquiry("POST", path, body, key=key or minted("batch"), timeout=120.0)).document
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, list) or not results:
        senseless("answer to a batch")
    outcomes = [outcome_of(one) for one in results]
    if len(outcomes) > len(steps) or (len(outcomes) < len(steps) and outcomes[-1].success):
        senseless("answer to a batch")
    return outcomes


def typed(client: ServiceClient, machine_id: str, body: Mapping[str, object], seconds: float) -> CommandOutcome:
    """Carry out a line of its shell. Raises ServiceError."""
    return _outcome(client, machine_id, "terminal", body, minted("terminal"), seconds)


def filed(client: ServiceClient, machine_id: str, operation: str, parameters: Mapping[str, object]) -> CommandOutcome:
    """Read, write or list its files. Raises ServiceError."""
    return _outcome(client, machine_id, f"files/{operation}", {"parameters": dict(parameters)}, minted("file"), 110.0)


def _outcome(
    client: ServiceClient, machine_id: str, what: str, body: Mapping[str, object], key: str, seconds: float
) -> CommandOutcome:
    path = f"machines/{id_in_path(machine_id, 'machine')}/{what}"
    return outcome_of(
        client.ask(Inquiry("POST", path, body, key=key, timeout=seconds + GRACE, most=LARGEST_FILE)).document
    )


def _status(document: object) -> str:
    status = document.get("status") if isinstance(document, dict) else None
    if isinstance(status, str):
        return status[:40]
    machine = machine_in(document)
    return "" if machine is None else machine.status


def _may_be_id(named: str) -> bool:
    return named.replace("-", "").replace("_", "").isalnum() and named.isascii() and len(named) <= 128
