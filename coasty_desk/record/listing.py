"""The recorded runs: listing, finding, reading and deleting them. A folder that is no run's breaks nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from coasty_desk.core import events as ev
from coasty_desk.core.errors import UsageError
from coasty_desk.record import alive, files
from coasty_desk.record.journal import JOURNAL
from coasty_desk.wire import records


class Summary(Struct, frozen=True):
    """A run in a line. `status` is its ending's, or `running`, or `interrupted` where it was cut off; then `reason` is empty."""

    run_id: str
    task: str
    status: str
    reason: str
    started: datetime
    steps: int
    cost_cents: int

    def to_json(self) -> dict[str, object]:
        """The object of `runs list --json`."""
        return {
            "run_id": self.run_id,
            "task": self.task,
            "status": self.status,
            "reason": self.reason,
            "started": self.started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "steps": self.steps,
            "cost_cents": self.cost_cents,
        }


def summaries(runs: Path) -> list[Summary]:
    """All runs under the folder, newest first."""
    found = [summary for folder in _folders(runs) if (summary := summarise(folder)) is not None]
    return sorted(found, key=lambda summary: (summary.started, summary.run_id), reverse=True)


def summarise(folder: Path) -> Summary | None:
    """The run in the folder, or None where its journal does not say how it began."""
    started: ev.RunStarted | None = None
    ended: ev.RunEnded | None = None
    steps = cents = 0
    for event in events(folder):
        match event:
            case ev.RunStarted():
                started, ended = started or event, None
            case ev.Predicted(total_cents=total):
                steps, cents = max(steps, event.step), total
            case ev.Charged(total_cents=total):
                cents = total
            case ev.RunEnded():
                ended, cents = event, event.cost_cents
    if started is None:
        return None
    status, reason = ended.ending.value if ended else ("running" if alive.held(folder) else "interrupted", "")
    return Summary(folder.name, started.task, status, reason, started.time, steps, cents)


def events(folder: Path) -> Iterator[ev.Event]:
    """The journal's events in order; a torn or foreign line is read past, a journal that is not there has none."""
    try:
        with (folder / JOURNAL).open("rb") as lines:
            yield from records.read(lines)
    except OSError:
        return


def find(runs: Path, name: str) -> Path:
    """The folder of the run with this id, or with the only id that begins like it; `last` is the newest.

    Raises UsageError where there is none, or more than one.
    """
    remedy = "List what is recorded with `coasty-desk runs list`."
    if name == "last":
        newest = summaries(runs)
        if not newest:
            message = "There is no recorded run."
            raise UsageError(message, 'Make one: coasty-desk run "Open the settings".')
        return runs / newest[0].run_id
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        message = "This is no run's id."
        raise UsageError(message, remedy)
    fitting = [folder for folder in _folders(runs) if folder.name.startswith(name)]
    exact = [folder for folder in fitting if folder.name == name]
    if len(exact or fitting) != 1:
        message = f"{'More than one' if fitting else 'No'} recorded run has the id {name}."
        raise UsageError(message, remedy)
    return (exact or fitting)[0]


def demand_over(folder: Path) -> None:
    """Raise UsageError where the run is still going on."""
    if alive.held(folder):
        message = f"The run {folder.name} is still going on."
        raise UsageError(message, "Stop it first, with `coasty-desk stop`.")


def delete(folder: Path) -> None:
    """Remove a run's record. Raises UsageError where it is still going on, DesktopError where the disk refuses."""
    demand_over(folder)
    with files.said():
        shutil.rmtree(folder)


def _folders(runs: Path) -> Iterator[Path]:
    try:
        yield from (path for path in runs.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return
