"""`coasty-desk runs list`, `show` and `delete`: what was recorded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from coasty_desk import compose
from coasty_desk.cli import configured
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.view.plain_view import PlainView
from coasty_desk.core.actions import in_words
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.money import dollars
from coasty_desk.models import coasty_model
from coasty_desk.models.coasty import open_sessions
from coasty_desk.record import listing, session_runs
from coasty_desk.record.listing import Summary
from coasty_desk.record.session_runs import LeftOpen
from coasty_desk.wire.journal_codec import Began, Looked


def list_all(*, as_json: bool, limit: int | None = None, status: str = "", words: str = "") -> int:
    """A line for each run, newest first; those that were asked for. Raises UsageError for a status that there is not."""
    if status and status not in listing.STATUSES:
        message = f"No run has the status {line(status, 40)}."
        raise UsageError(message, f"Choose one of {', '.join(sorted(listing.STATUSES))}.")
    runs = compose.runs_folder()
    recorded = listing.summaries(runs)
    found = listing.chosen(recorded, status=status, words=words, limit=limit)
    if as_json:
        print(json.dumps([_object(runs, summary) for summary in found], indent=2))
        return 0
    if found:
        print(_row("RUN", "ENDED", "STEPS", "COST", "TASK"))
    for summary in found:
        print(_line(summary))
    if not found:
        print(
            f"None of {counted(len(recorded), 'run')} is like that." if recorded else f"No run is recorded in {runs}."
        )
    return 0


def show(name: str, *, as_json: bool) -> int:
    """What a run did, event by event."""
    folder = listing.find(compose.runs_folder(), name)
    events = list(listing.events(folder))
    if as_json:
        summary = listing.summarise(folder)
        head = {} if summary is None else _object(folder.parent, summary)
        print(json.dumps({"run_id": folder.name, **head, "events": list(_lines(folder))}, indent=2))
        return 0
    view = PlainView(dry_run=False)
    for event in events:
        match event:
            case Looked(step=step):
                print(f"step {step}")
            case Began(real=real):
                print(f"  > {line(in_words(real))}")
            case _:
                view.show(event)
    print(f"record: {folder}")
    return 0


def delete(name: str, *, record_only: bool) -> int:
    """Remove a run's record, after what it left open at the service is closed. Raises UsageError, ServiceError, DesktopError."""
    folder = listing.find(compose.runs_folder(), name)
    listing.demand_over(folder)
    left = session_runs.LeftOpen() if record_only else session_runs.left_open(folder)
    for session in _closed(left):
        print(f"Closed the session {session}.")
    listing.delete(folder)
    print(f"Deleted {folder.name}.")
    return 0


def _closed(left: LeftOpen) -> Iterator[str]:
    """Those that were open still."""
    if not left:
        return
    try:
        with closing(coasty_model.connection(configured.own(), os.environ)) as connection:
            late = [open_sessions.opened_by(connection, key) for key in left.requests]
            for session in dict.fromkeys((*left.sessions, *filter(None, late))):
                if open_sessions.close(connection, session):
                    yield session
    except ServiceError as error:
        message = f"The run may have left a session open, so its record was kept: {error.message}"
        remedy = (
            f"{error.remedy} --record-only deletes the record alone; an open session ends two hours after its last use."
        )
        raise ServiceError(message, remedy, code=error.code, status=error.status) from error


def _object(runs: Path, summary: Summary) -> dict[str, object]:
    return {**summary.to_json(), "folder": str(runs / summary.run_id)}


def _line(summary: Summary) -> str:
    outcome = summary.reason or summary.status
    return _row(summary.run_id, outcome, str(summary.steps), dollars(summary.cost), line(summary.task, 60))


def _row(run: str, ended: str, steps: str, cost: str, task: str) -> str:
    return f"{run:<22}  {ended:<13} {steps:>5}  {cost:>7}  {task}"


def _lines(folder: Path) -> Iterator[object]:
    """The journal's lines as they stand; a torn one is left out."""
    for text in listing.lines(folder):
        with suppress(ValueError, RecursionError):
            document = json.loads(text)
            json.dumps(document, indent=2)  # what is nested too deeply to be printed is no line of ours
            yield document
