"""The schedules of a service, when they fired, and what else has them fire (API.md §14)."""

from __future__ import annotations

from collections.abc import Mapping

from coasty_desk.client.resource_ids import id_in_path, senseless
from coasty_desk.client.service_client import Inquiry, ServiceClient, minted
from coasty_desk.core.errors import ServiceError, UsageError

MOST_LISTED = 200

Document = Mapping[str, object]


def schedule_made(client: ServiceClient, body: Document) -> Document:
    """A new one. Raises ServiceError."""
    return _object(client.ask(Inquiry("POST", "schedules", body, key=minted("schedule"))).document, "new schedule")


def schedules_listed(client: ServiceClient) -> list[Document]:
    """The newest first. Raises ServiceError."""
    return _entries(client.get(f"schedules?limit={MOST_LISTED}").document, "list of schedules")


def schedule_found(client: ServiceClient, named: str) -> Document:
    """The one of this id, the one whose id begins so, or the only one of this name. Raises ServiceError, UsageError."""
    known = schedules_listed(client)
    for fits in (
        lambda one: one.get("id") == named,
        lambda one: one.get("name") == named,
        lambda one: _begins(one, named),
    ):
        many = [one for one in known if fits(one)]
        if len(many) > 1:
            message = f"{len(many)} schedules are called {named[:64]}, or have an id that begins so."
            raise UsageError(message, "Give the id of one; `coasty-desk schedules list` has them.")
        if many:
            return many[0]
    if len(known) == MOST_LISTED:
        return _object(client.get(f"schedules/{id_in_path(named, 'schedule')}").document, "schedule")
    message = f"There is no schedule {named[:64]} at {client.name}."
    raise ServiceError(message, "`coasty-desk schedules list` has them.", code="NOT_FOUND", status=404)


def _begins(one: Document, named: str) -> bool:
    return bool(named) and str(one.get("id", "")).startswith(named)


def schedule_changed(client: ServiceClient, schedule_id: str, how: str) -> Document:
    """`pause` it or `resume` it; as it is then. Raises ServiceError."""
    path = f"schedules/{id_in_path(schedule_id, 'schedule')}/{how}"
    return _object(client.ask(Inquiry("POST", path, {}, repeats=True)).document, "schedule")


def schedule_deleted(client: ServiceClient, schedule_id: str) -> None:
    """It is there no more. Raises ServiceError."""
    client.ask(Inquiry("DELETE", f"schedules/{id_in_path(schedule_id, 'schedule')}"))


def schedule_started(client: ServiceClient, schedule_id: str, body: Document) -> Document:
    """Fire it now; what it has started. Raises ServiceError."""
    path = f"schedules/{id_in_path(schedule_id, 'schedule')}/run"
    return _object(client.ask(Inquiry("POST", path, body, key=minted("fire"))).document, "started schedule")


def schedule_runs(client: ServiceClient, schedule_id: str, limit: int) -> list[Document]:
    """When it fired, the newest first. Raises ServiceError."""
    path = f"schedules/{id_in_path(schedule_id, 'schedule')}/runs"
    found: list[Document] = []
    cursor = ""
    while len(found) < limit:
        count = min(limit - len(found), MOST_LISTED)
        document = client.get(f"{path}?limit={count}" + (f"&cursor={cursor}" if cursor else "")).document
        found += _entries(document, "list of runs")
        following = document.get("next_cursor") if isinstance(document, dict) else None
        if not isinstance(following, str) or not following or not following.isascii() or "&" in following:
            break
        cursor = following
    return found


def trigger_made(client: ServiceClient, schedule_id: str, body: Document) -> Document:
    """A new one, with its secret, which is told once. Raises ServiceError."""
    path = f"schedules/{id_in_path(schedule_id, 'schedule')}/triggers"
    return _object(client.ask(Inquiry("POST", path, body, key=minted("trigger"))).document, "new trigger")


def triggers_listed(client: ServiceClient, schedule_id: str) -> list[Document]:
    """Those of a schedule, without their secrets. Raises ServiceError."""
    path = f"schedules/{id_in_path(schedule_id, 'schedule')}/triggers"
    return _entries(client.get(path).document, "list of triggers")


def trigger_deleted(client: ServiceClient, schedule_id: str, trigger_id: str) -> None:
    """It is there no more. Raises ServiceError."""
    path = f"schedules/{id_in_path(schedule_id, 'schedule')}/triggers/{id_in_path(trigger_id, 'trigger')}"
    client.ask(Inquiry("DELETE", path))


def mailbox(client: ServiceClient) -> Document:
    """Where mails for triggers come to. Raises ServiceError."""
    return _object(client.get("triggers/email-mailbox").document, "mailbox")


def _object(document: object, what: str) -> Document:
    if not isinstance(document, dict):
        senseless(what)
    return document


def _entries(document: object, what: str) -> list[Document]:
    found = document.get("data") if isinstance(document, dict) else document
    if not isinstance(found, list):
        senseless(what)
    return [entry for entry in found if isinstance(entry, dict)]
