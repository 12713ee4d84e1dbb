"""The runs recorded on this computer, and what its service knows of those that have no record here, or none yet."""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from coasty_desk import compose
from coasty_desk.automation import kept_runs
from coasty_desk.automation.kept_runs import KeptRun
from coasty_desk.cli.commands.reaching import here
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.client import runs_api
from coasty_desk.client.run_values import RemoteRun
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.money import from_cents
from coasty_desk.record import listing

UNFINISHED = ("queued", "running", "awaiting_human")


def find(named: str) -> Path:
    """The record of that run, as `listing.find`. Raises UsageError, which says where it is, if the service knows a run whose record is not here."""
    try:
        return listing.find(compose.runs_folder(), named)
    except UsageError:
        run = _known(named)
        if run is None:
            raise
    where = "has no record yet" if run.status == "queued" else "has no record on this computer"
    message = f"The run {run.run_id} is {line(run.status, 40)} and {where}."
    remedy = f"The service tells of it: coasty-desk runs watch {run.run_id}"
    raise UsageError(message, remedy)


def unfinished(folder: Path) -> list[KeptRun]:
    """Those of the service that have not come to their end: as it tells where it runs, else as its file in this folder has them."""
    client = here()
    if client is not None:
        with suppress(ServiceError), closing(client):
            found = [run for status in UNFINISHED for run in runs_api.listed(client, status=status)]
            return [_kept(run) for run in {run.run_id: run for run in found}.values()]
    return kept_runs.unfinished(folder)


def _known(named: str) -> RemoteRun | None:
    client = here()
    if client is None:
        return None
    with suppress(ServiceError, UsageError), closing(client):
        return runs_api.found(client, named)
    return None


def _kept(run: RemoteRun) -> KeptRun:
    try:
        made = datetime.fromisoformat(run.created_at).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        made = 0.0
    return KeptRun(run.run_id, run.status, run.task, made, run.steps, from_cents(run.cents))
