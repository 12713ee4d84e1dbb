"""Runs of a service and what happens in them, read from any shape that services have (API.md §10)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec import Struct

from coasty_desk.client.event_stream import EventFrame
from coasty_desk.client.resource_ids import is_id, senseless
from coasty_desk.wire.json_fields import count_of, line_of, text_of

OVER = frozenset({"succeeded", "failed", "cancelled", "timed_out"})
"""The states that a run stays in."""

STATUSES = OVER | {"queued", "running", "awaiting_human"}

LAST_EVENTS = frozenset({"terminal", "done"})


class RemoteRun(Struct, frozen=True):
    """A run as its service tells of it; empty or None where it does not say. `cents` is what it has cost, `why` what it waits for."""

    run_id: str
    status: str
    task: str = ""
    machine_id: str = ""
    steps: int = 0
    most_steps: int = 0
    cents: int = 0
    why: str = ""
    summary: str = ""
    code: str = ""
    message: str = ""
    created_at: str = ""
    document: Mapping[str, object] = {}

    @property
    def is_over(self) -> bool:
        """Whether nothing of it changes any more."""
        return self.status in OVER


class HeardEvent(Struct, frozen=True):
    """What happened in a run: `data` is empty where it is no object, `event_id` where the service gives none."""

    event_id: str
    name: str
    data: Mapping[str, object]

    @property
    def number(self) -> int | None:
        """The id, where it is a number, by which what was heard before is known again."""
        found = self.event_id
        return int(found) if found.isascii() and found.isdigit() and len(found) < 16 else None


def run_of(document: object) -> RemoteRun:
    """The run of an answer, bare or under `run`. Raises ServiceError where there is none in it."""
    found = run_in(document)
    if found is None:
        senseless("run")
    return found


def run_in(document: object) -> RemoteRun | None:
    """The same; None where there is none."""
    entry = document.get("run", document) if isinstance(document, dict) else None
    run_id = _first(entry, "id", "run_id") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not is_id(run_id):
        return None
    usage, result, error = (_object(entry.get(name)) for name in ("usage", "result", "error"))
    return RemoteRun(
        run_id,
        status=line_of(entry.get("status"), 40),
        task=text_of(entry.get("task"), 16_000),
        machine_id=line_of(entry.get("machine_id"), 128),
        steps=count_of(_first(entry, "steps_completed", "step_count")) or 0,
        most_steps=count_of(entry.get("max_steps")) or 0,
        cents=count_of(_first(entry, "cost_cents", "credits_charged")) or count_of(usage.get("cost_cents")) or 0,
        why=line_of(entry.get("awaiting_human_reason"), 2000),
        summary=line_of(result.get("summary"), 1000),
        code=line_of(error.get("code"), 60),
        message=line_of(error.get("message"), 1000),
        created_at=line_of(entry.get("created_at"), 60),
        document=entry,
    )


def event_of(frame: EventFrame) -> HeardEvent:
    """What a frame says."""
    try:
        data = json.loads(frame.data)
    except (ValueError, RecursionError):
        data = None
    return HeardEvent(frame.frame_id[:200], frame.name[:60], _object(data))


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _first(entry: Mapping[str, object], *names: str) -> object:
    return next((entry[name] for name in names if entry.get(name) is not None), None)
