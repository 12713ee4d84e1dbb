"""The workflows of a service and their runs: saved, listed, found, started, answered (API.md §12)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from msgspec import Struct

from coasty_desk.client import runs_api
from coasty_desk.client.resource_ids import id_in_path, senseless
from coasty_desk.client.run_values import RemoteRun, run_in, run_of
from coasty_desk.client.service_client import Inquiry, ServiceClient, minted
from coasty_desk.core.errors import ServiceError
from coasty_desk.wire.json_fields import count_of, line_of

RUNS = "workflows/runs"
"""The path that they are at."""

MOST_LISTED = 200


class RemoteWorkflow(Struct, frozen=True):
    """A saved workflow as its service tells of it."""

    workflow_id: str
    slug: str
    name: str
    version: int
    status: str
    document: Mapping[str, object]

    @property
    def definition(self) -> object:
        """As it was sent."""
        return self.document.get("definition")


def saved(client: ServiceClient, body: Mapping[str, object], key: str = "") -> RemoteWorkflow:
    """Keep it; of a slug that there is, as its next version. Raises ServiceError."""
    return _of(client.ask(Inquiry("POST", "workflows", body, key=key or minted("workflow"))).document)


def listed(client: ServiceClient) -> tuple[RemoteWorkflow, ...]:
    """The newest that are active. Raises ServiceError."""
    document = client.get(f"workflows?limit={MOST_LISTED}").document
    entries = document.get("data") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        senseless("list of workflows")
    return tuple(one for entry in entries if (one := _in(entry)) is not None and one.status != "archived")


def found(client: ServiceClient, named: str) -> RemoteWorkflow:
    """The one of this id, slug or name. Raises ServiceError WORKFLOW_NOT_FOUND."""
    for one in listed(client):
        if named in (one.workflow_id, one.slug) or named.lower() == one.name.lower():
            return one
    try:
        return _of(client.get(f"workflows/{id_in_path(named, 'workflow')}").document)
    except ServiceError as error:
        if error.status != 404:
            raise
        message = f"There is no workflow {named[:64]} at {client.name}."
        remedy = "`coasty-desk workflows list` has them; a file is named with its ending, such as ./daily.json."
        raise ServiceError(message, remedy, code="WORKFLOW_NOT_FOUND", status=404) from error


def archived(client: ServiceClient, workflow_id: str) -> None:
    """It starts no more runs. Raises ServiceError."""
    client.ask(Inquiry("DELETE", f"workflows/{id_in_path(workflow_id, 'workflow')}"))


def started(client: ServiceClient, workflow_id: str | None, body: Mapping[str, object], key: str = "") -> RemoteRun:
    """A run of it, or of the definition in the body for None. Raises ServiceError."""
    path = RUNS if workflow_id is None else f"workflows/{id_in_path(workflow_id, 'workflow')}/runs"
    return run_of(client.ask(Inquiry("POST", path, body, key=key or minted("workflow-run"))).document)


def runs(client: ServiceClient, workflow_id: str | None = None) -> tuple[RemoteRun, ...]:
    """The newest, of one workflow or of all. Raises ServiceError."""
    of = "" if workflow_id is None else f"&workflow_id={quote(workflow_id, safe='')}"
    document = client.get(f"{RUNS}?limit={MOST_LISTED}{of}").document
    entries = document.get("data") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        senseless("list of workflow runs")
    return tuple(run for entry in entries if (run := run_in(entry)) is not None)


def shown(client: ServiceClient, run_id: str) -> RemoteRun:
    """A run as it is now. Raises ServiceError."""
    return runs_api.shown(client, run_id, RUNS)


def answered(client: ServiceClient, run_id: str, *, approved: bool, note: str = "") -> RemoteRun:
    """Answer what it waits for. Raises ServiceError."""
    body: dict[str, object] = {"approved": approved} | ({"note": note} if note else {})
    return run_of(client.ask(Inquiry("POST", f"{RUNS}/{id_in_path(run_id, 'run')}/resume", body)).document)


def _of(document: object) -> RemoteWorkflow:
    entry = _in(document)
    if entry is None:
        senseless("workflow")
    return entry


def _in(document: object) -> RemoteWorkflow | None:
    entry = document.get("workflow", document) if isinstance(document, dict) else None
    if not isinstance(entry, dict) or not line_of(entry.get("id"), 128):
        return None
    said = {name: line_of(entry.get(name), 200) for name in ("slug", "name", "status")}
    return RemoteWorkflow(
        line_of(entry.get("id"), 128),
        said["slug"],
        said["name"],
        count_of(entry.get("version")) or 0,
        said["status"],
        entry,
    )
