"""The recorded runs: listing, finding, reading and deleting them, old ones too. A folder that is no run's breaks nothing."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path

from msgspec import Struct, field

from coasty_desk import plain_files
from coasty_desk.core import events as ev
from coasty_desk.core.errors import DesktopError, UsageError
from coasty_desk.core.money import Money, in_cents
from coasty_desk.record import run_lock
from coasty_desk.record.journal import JOURNAL
from coasty_desk.wire import journal_codec

LONGEST_LINE = 16_000_000
"""Bytes of one event: an answer of the service has a third of it at most."""

DAY = 86_400
MB = 1_000_000

LARGEST_JOURNAL = 200_000_000
MOST_EVENTS = 200_000
"""What is read of a journal: runs of 500 steps have a hundredth of it."""


class Summary(Struct, frozen=True):
    """A run in a line. `status` is its ending's, or `running`, or `interrupted` where it was cut off; then `reason` is empty."""

    run_id: str
    task: str
    status: str
    reason: str
    started: datetime
    steps: int
    cost: Money

    def to_json(self) -> dict[str, object]:
        """The object of `runs list --json`."""
        return {
            "run_id": self.run_id,
            "task": self.task,
            "status": self.status,
            "reason": self.reason,
            "started": self.started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "steps": self.steps,
            "cost_cents": in_cents(self.cost),
        }


def summaries(runs: Path) -> list[Summary]:
    """All runs under the folder, newest first. Raises UsageError where nobody may look."""
    found = [summary for folder in folders(runs) if (summary := summarise(folder)) is not None]
    return sorted(found, key=lambda summary: (summary.started, summary.run_id), reverse=True)


STATUSES = frozenset({*(word for ending in ev.Ending for word in ending.value), "running", "interrupted"})
"""What a run can be found by: how it ended, as its `status` and as its `reason` say it, or that it has not."""


def chosen(found: Iterable[Summary], *, status: str = "", words: str = "", limit: int | None = None) -> list[Summary]:
    """Those of this status or reason, with these words in their task, and of them the first `limit`."""
    fitting = (
        summary
        for summary in found
        if status in ("", summary.status, summary.reason) and words.casefold() in summary.task.casefold()
    )
    return list(islice(fitting, limit))


class Course(Struct):
    """What became of a run: how each of its `sittings` began, how the last ended if it has, what it came to. For whoever follows its events."""

    sittings: list[ev.RunStarted] = field(default_factory=list)
    ended: ev.RunEnded | None = None
    steps: int = 0
    cost: Money = 0

    def follow(self, event: ev.Event) -> None:
        """Take in one more event."""
        match event:
            case ev.RunStarted():
                self.sittings.append(event)
                self.ended = None
            case ev.Predicted(total=total):
                self.steps, self.cost = max(self.steps, event.step), total
            case ev.Charged(total=total):
                self.cost = total
            case ev.RunEnded():
                self.ended, self.cost = event, event.cost


def summarise(folder: Path) -> Summary | None:
    """The run in the folder, or None where its journal does not say how it began."""
    course = Course()
    for event in events(folder):
        course.follow(event)
    if not course.sittings:
        return None
    first, ended = course.sittings[0], course.ended
    status, reason = ended.ending.value if ended else ("running" if run_lock.held(folder) else "interrupted", "")
    return Summary(folder.name, first.task, status, reason, first.time, course.steps, course.cost)


def events(folder: Path) -> Iterator[ev.Event]:
    """The journal's events in order; a torn or foreign line is read past, a journal that is not there has none."""
    yield from islice(journal_codec.read(lines(folder)), MOST_EVENTS)


def lines(folder: Path) -> Iterator[bytes]:
    """The journal's lines as they stand, as far as it is a plain file; what is too long to be one of ours is left out."""
    try:
        descriptor = plain_files.opened(folder / JOURNAL, links=False)
    except OSError:
        return
    with suppress(OSError), os.fdopen(descriptor, "rb") as journal:
        left, torn = LARGEST_JOURNAL, False
        while left > 0 and (line := journal.readline(min(LONGEST_LINE, left))):
            left -= len(line)
            whole = line.endswith(b"\n") or len(line) < LONGEST_LINE
            if whole and not torn:
                yield line
            torn = not whole


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
    if not _NAME.fullmatch(name):
        message = "This is no run's id."
        raise UsageError(message, remedy)
    fitting = [folder for folder in folders(runs) if folder.name.startswith(name)]
    exact = [folder for folder in fitting if folder.name == name]
    if len(exact or fitting) != 1:
        message = f"{'More than one' if fitting else 'No'} recorded run has the id {name}."
        raise UsageError(message, remedy)
    return (exact or fitting)[0]


def demand_over(folder: Path) -> None:
    """Raise UsageError where the run is still going on."""
    if run_lock.held(folder):
        message = f"The run {folder.name} is still going on."
        raise UsageError(message, "Stop it first, with `coasty-desk stop`.")


def delete(folder: Path) -> None:
    """Remove a run's record. Raises UsageError where it is still going on, DesktopError where the disk refuses."""
    demand_over(folder)
    try:
        shutil.rmtree(folder)
    except OSError as error:
        message = f"The record {folder} cannot be deleted: {error.strerror or error}."
        raise DesktopError(message, "Give write permission to your user data folder.") from error
    except RecursionError as error:
        message = f"The record {folder} has folders in folders without end, which no run has made."
        raise DesktopError(message, "Delete it with the system's own means.") from error


class _RunFolder(Struct, frozen=True):
    folder: Path
    last: float
    size: int


def prune(runs: Path, *, keep_days: float, keep_mb: float, spare: str | None = None) -> list[str]:
    """Remove runs whose last line is older than `keep_days`, then the oldest until all take at most `keep_mb` (1 MB = 10^6 bytes).

    `spare` is the id of a run that stays in any case, as does one that is going on. Returns the ids of those removed. What
    cannot be removed stays; this never raises for it.
    """
    oldest_first = sorted((run for folder in folders(runs) if (run := _measured(folder))), key=lambda run: run.last)
    total, expired = sum(run.size for run in oldest_first), time.time() - keep_days * DAY
    removed = []
    for run in oldest_first:
        if run.last >= expired and total <= keep_mb * MB:
            continue
        if run.folder.name == spare or run_lock.held(run.folder):
            continue
        with suppress(OSError, RecursionError):
            shutil.rmtree(run.folder)
            total -= run.size
            removed.append(run.folder.name)
    return removed


def _measured(folder: Path) -> _RunFolder | None:
    """The run in the folder, if it is one."""
    try:
        last = (folder / JOURNAL).lstat().st_mtime
        size = sum(path.lstat().st_size for path in folder.rglob("*"))
    except (OSError, RecursionError):
        return None
    return _RunFolder(folder, last, size)


def folders(runs: Path) -> list[Path]:
    """Those that may be a run's: no link, and no name that no run has. Raises UsageError where nobody may look."""
    try:
        return [
            path for path in runs.iterdir() if _NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
        ]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        message = f"The records in {runs} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Give yourself the right to read them, or set HOME to your own folder.") from error


_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
