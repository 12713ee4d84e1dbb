"""The runs of a service: started, found, followed, cancelled, answered (API.md §10)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping

from coasty_desk.client.event_stream import frames
from coasty_desk.client.local_service import NOT_RUNNING
from coasty_desk.client.resource_ids import id_in_path, senseless
from coasty_desk.client.run_values import LAST_EVENTS, HeardEvent, RemoteRun, event_of, run_in, run_of
from coasty_desk.client.service_client import Inquiry, ServiceClient, minted
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.models.transport.transport import NO_ANSWER, UNREACHABLE, Sending

MOST_LISTED = 200

ENDING = 60.0
"""Seconds in which a run that is cancelled is to let go of everything."""

SILENCE = 45.0
"""Seconds without even a comment after which a stream is taken for broken off."""

PATIENCE = 120.0
"""Seconds without anything new, and with no connection that lasts, after which a service is given up; what is new begins them anew."""

LASTING = 20.0
"""Seconds after which a connection was one that lasts."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two connections; each is twice the last, until something new has come."""

NO_RUN = "`coasty-desk runs list` has those of this computer, and with --remote those of your Coasty account."

LEAVING = 2.0
"""Seconds after `terminal` in which `done` may still come: services have the one, the other or both (API.md §10.4)."""

_PASSING = (NOT_RUNNING, NO_ANSWER, UNREACHABLE)

Reach = Callable[[], ServiceClient]
"""Who speaks with the service; where it was started anew, at its new address."""


def started(client: ServiceClient, body: Mapping[str, object], key: str = "") -> RemoteRun:
    """A new run, which waits for its turn; the same one for the same `key`. Raises ServiceError."""
    return run_of(client.ask(Inquiry("POST", "runs", body, key=key or minted("run"))).document)


def started_alone(client: ServiceClient, body: Mapping[str, object], key: str = "") -> RemoteRun:
    """The same, on a machine that is made for it and taken away after it. Raises ServiceError."""
    return run_of(client.ask(Inquiry("POST", "tasks", body, key=key or minted("task"))).document)


def shown(client: ServiceClient, run_id: str, of: str = "runs") -> RemoteRun:
    """This one. Raises ServiceError, UsageError for what is no id."""
    return run_of(client.get(f"{of}/{id_in_path(run_id, 'run')}").document)


def listed(client: ServiceClient, limit: int = MOST_LISTED, status: str = "") -> tuple[RemoteRun, ...]:
    """The newest, of this status where one is named. Raises ServiceError."""
    document = client.get(f"runs?limit={min(limit, MOST_LISTED)}" + (f"&status={status}" if status else "")).document
    entries = document.get("data", document.get("runs")) if isinstance(document, dict) else document
    if not isinstance(entries, list):
        senseless("list of runs")
    return tuple(run for entry in entries if (run := run_in(entry)) is not None)


def found(client: ServiceClient, named: str) -> RemoteRun:
    """The one of this id, the one whose id begins so, or the `last`. Raises ServiceError RUN_NOT_FOUND, UsageError where several begin so."""
    if named != "last":
        id_in_path(named, "run")
    runs = listed(client, 1 if named == "last" else MOST_LISTED)
    many = runs if named == "last" else [run for run in runs if run.run_id.startswith(named)]
    many = [run for run in many if run.run_id == named] or many
    if len(many) > 1:
        message = f"{len(many)} runs have an id that begins with {named[:40]}."
        raise UsageError(message, "Give more of it.")
    if many:
        return many[0]
    if named != "last":
        try:
            return shown(client, named)  # one beyond the list
        except ServiceError as error:
            if error.status != 404:
                raise
    message = (
        f"There is no run {named[:64]} at {client.name}." if named != "last" else f"There is no run at {client.name}."
    )
    raise ServiceError(message, NO_RUN, code="RUN_NOT_FOUND", status=404)


def cancelled(client: ServiceClient, run_id: str) -> RemoteRun:
    """End it, whatever it does; as it is then. Raises ServiceError INVALID_STATE where it has ended otherwise."""
    inquiry = Inquiry("POST", f"runs/{id_in_path(run_id, 'run')}/cancel", {}, timeout=ENDING, repeats=True)
    try:
        document = client.ask(inquiry).document
    except ServiceError as error:
        if error.code != "INVALID_STATE":
            raise
        run = shown(client, run_id)
        if run.status == "cancelled":
            return run  # by a request whose answer was lost, or by somebody else: it is what was wanted
        message = f"The run is over: it has {run.status.replace('_', ' ')}."
        raise ServiceError(message, "There is nothing to end.", code=error.code, status=error.status) from error
    return run_in(document) or shown(client, run_id)


def answered(client: ServiceClient, run_id: str, *, approved: bool, note: str) -> RemoteRun:
    """Answer what it waits for; Coasty knows no `approved`, and is told a no in the note. Raises ServiceError."""
    body: dict[str, object] = {"note": note} if note else {}
    if client.here:
        body["approved"] = approved
    elif not approved:
        body["note"] = f"No, do not do that. {note}".strip()
    return run_of(client.ask(Inquiry("POST", f"runs/{id_in_path(run_id, 'run')}/resume", body)).document)


def followed(
    reach: Reach,
    run_id: str,
    *,
    of: str = "runs",
    pause: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[HeardEvent]:
    """What happens in a run from its beginning to its end, each event once, over as many connections as it takes.

    `of` is the path that runs of its kind are at. Raises ServiceError where it is refused, or where nothing new has come for `PATIENCE` seconds over connections that do not last.
    """
    heard, since, delay = _Heard(run_id, of), clock(), FIRST_PAUSE
    while True:
        began, before = clock(), heard.count
        failed: ServiceError | None = None
        try:
            client = reach()
            yield from heard.events(client)
            if heard.is_over or (heard.count == before and shown(client, run_id, of).is_over):
                return  # also where a service has no last event, or was asked behind it
        except ServiceError as error:
            if heard.is_over:
                return
            if not _passes(error):
                raise
            failed = error
        if heard.count > before or clock() - began >= LASTING:
            since, delay = clock(), FIRST_PAUSE
        elif clock() - since >= PATIENCE:
            message = f"The run is not heard of any more: {failed.message if failed else 'its events end at once.'}"
            remedy = "It may go on all the same: `coasty-desk runs watch` looks again."
            raise ServiceError(message, remedy, code=failed.code if failed else "NO_EVENTS") from failed
        pause(delay)
        delay = min(2 * delay, LONGEST_PAUSE)


class _Heard:
    """What was heard of a run: how many events, up to which, and whether the last of them."""

    def __init__(self, run_id: str, of: str) -> None:
        self._path = f"{of}/{id_in_path(run_id, 'run')}/events"
        self._last_id, self._last_number = "", -1
        self.count = 0
        self.is_over = False

    def events(self, client: ServiceClient) -> Iterator[HeardEvent]:
        """Those of one connection that are new. Raises ServiceError."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self._last_id} if self._last_id else {})
        sending = Sending()
        leaving = threading.Timer(LEAVING, sending.cut)
        leaving.daemon = True
        try:
            with client.stream(self._path, headers, SILENCE, sending) as pieces:
                for event in map(event_of, frames(pieces)):
                    if not self._is_new(event):
                        continue
                    yield event
                    if event.name == "done":
                        return
                    if event.name == "terminal":
                        leaving.start()
        finally:
            leaving.cancel()

    def _is_new(self, event: HeardEvent) -> bool:
        number = event.number
        if number is not None and number <= self._last_number:
            return False
        self._last_number = self._last_number if number is None else number
        self._last_id = event.event_id or self._last_id
        self.count += 1
        self.is_over = self.is_over or event.name in LAST_EVENTS
        return True


def _passes(error: ServiceError) -> bool:
    """Whether it may be otherwise the next time: the service is not there, is too busy, or the connection broke off."""
    status = error.status or 0
    return error.code in _PASSING or status in (408, 425, 429) or status >= 500
