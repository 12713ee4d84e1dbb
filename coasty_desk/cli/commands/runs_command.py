"""`coasty-desk runs list`, `show` and `delete`: what was recorded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from coasty_desk import compose, merged_settings
from coasty_desk.automation.kept_runs import KeptRun
from coasty_desk.cli import configured
from coasty_desk.cli.commands import following, handing_over, recorded_runs, report_command
from coasty_desk.cli.commands.reaching import Remote, service
from coasty_desk.cli.terminal.columns import print_columns
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json, RunId, group
from coasty_desk.cli.view.plain_view import PlainView
from coasty_desk.client import runs_api
from coasty_desk.client.run_values import STATUSES
from coasty_desk.core.actions import in_words
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.money import dollars, from_cents
from coasty_desk.models import coasty_model
from coasty_desk.models.coasty import open_sessions
from coasty_desk.record import listing, session_runs
from coasty_desk.record.listing import Summary
from coasty_desk.record.session_runs import LeftOpen
from coasty_desk.wire.journal_codec import Began, Looked

WAITING = frozenset({"queued", "awaiting_human"})
"""What a run of the service can be besides."""

app = group("The recorded runs, and those that the service carries out.")
app.command("start", epilog=handing_over.EXAMPLE)(handing_over.start)
app.command("watch", epilog=following.WATCH_EXAMPLE)(following.watch)
app.command("answer", epilog=following.ANSWER_EXAMPLE)(following.answer)
app.command("cancel", epilog="Example:  coasty-desk runs cancel last")(following.cancel)
app.command("report", epilog="Example:  coasty-desk runs report last --output report.html")(report_command.report)


@app.command("list", epilog="Example:  coasty-desk runs list --status awaiting_human")
def list_all(
    limit: Annotated[str | None, typer.Option("--limit", "-n", metavar="N", help="The newest N.")] = None,
    status: Annotated[
        str, typer.Option(metavar="WORD", help="Only those that ended so: succeeded, failed, max_steps, interrupted, …")
    ] = "",
    task: Annotated[str, typer.Option(metavar="WORDS", help="Only those with these words in their task.")] = "",
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """List the recorded runs, and those that the service has still to do, newest first."""
    most = None if limit is None else merged_settings.number(limit, "--limit", 1)
    if remote:
        return _list_remote(most, status, task, as_json=as_json)
    statuses = listing.STATUSES | WAITING
    if status and status not in statuses:
        message = f"No run has the status {line(status, 40)}."
        raise UsageError(message, f"Choose one of {', '.join(sorted(statuses))}.")
    runs = compose.runs_folder()
    recorded = _with_those_of_the_service(runs, listing.summaries(runs))
    found = listing.chosen(recorded, status=status, words=task, limit=most)
    if as_json:
        print(json.dumps([_object(runs, summary) for summary in found], indent=2))
        return 0
    if found:
        print_columns(
            ("RUN", "ENDED", "STEPS", "COST", "TASK"),
            ((one.run_id, one.reason or one.status, one.steps, dollars(one.cost), line(one.task, 60)) for one in found),
            right=("STEPS", "COST"),
        )
    else:
        print(
            f"None of {counted(len(recorded), 'run')} is like that." if recorded else f"No run is recorded in {runs}."
        )
    return 0


@app.command(epilog="Example:  coasty-desk runs show last")
def show(run: RunId, as_json: Json = False) -> int:
    """Show what a run did, step by step."""
    folder = recorded_runs.find(run)
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


@app.command(epilog="Example:  coasty-desk runs delete last")
def delete(
    run: RunId,
    record_only: Annotated[
        bool, typer.Option("--record-only", help="Ask the service nothing, even if the run left a session open.")
    ] = False,
) -> int:
    """Remove a run's record, and close the session that it left open if it was cut off."""
    folder = listing.find(compose.runs_folder(), run)
    listing.demand_over(folder)
    left = session_runs.LeftOpen() if record_only else session_runs.left_open(folder)
    for session in _closed(left):
        print(f"Closed the session {session}.")
    listing.delete(folder)
    print(f"Deleted {folder.name}.")
    return 0


def _list_remote(most: int | None, status: str, words: str, *, as_json: bool) -> int:
    """Those of the account, the newest of them."""
    if status and status not in STATUSES:
        message = f"No run of the account has the status {line(status, 40)}."
        raise UsageError(message, f"Choose one of {', '.join(sorted(STATUSES))}.")
    with service(remote=True) as client:
        found = runs_api.listed(client, status=status)
        name = client.name
    found = tuple(run for run in found if words.lower() in run.task.lower())[:most]
    if as_json:
        print(json.dumps([run.document for run in found], indent=2))
        return 0
    if found:
        print_columns(
            ("RUN", "STATUS", "STEPS", "COST", "TASK"),
            ((run.run_id, run.status, run.steps, dollars(from_cents(run.cents)), line(run.task, 60)) for run in found),
            right=("STEPS", "COST"),
        )
    else:
        print(f"There is no such run at {line(name)}.")
    return 0


def _with_those_of_the_service(runs: Path, recorded: list[Summary]) -> list[Summary]:
    """With the runs that the service has not begun yet, and as it knows those that it has."""
    kept = {one.run_id: one for one in recorded_runs.unfinished(runs.parent)}
    known = [
        replace(one, status=kept[one.run_id].status) if one.run_id in kept and not one.reason else one
        for one in recorded
    ]
    missing = kept.keys() - {one.run_id for one in recorded}
    waiting = [_waiting(one) for name, one in kept.items() if name in missing]
    return sorted((*known, *waiting), key=lambda one: (one.started, one.run_id), reverse=True)


def _waiting(kept: KeptRun) -> Summary:
    moment = datetime.fromtimestamp(kept.created_at, UTC)
    return Summary(kept.run_id, kept.task, kept.status, "", moment, kept.steps, kept.cost)


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


def _lines(folder: Path) -> Iterator[object]:
    """The journal's lines as they stand; a torn one is left out."""
    for text in listing.lines(folder):
        with suppress(ValueError, RecursionError):
            document = json.loads(text)
            json.dumps(document, indent=2)  # what is nested too deeply to be printed is no line of ours
            yield document
