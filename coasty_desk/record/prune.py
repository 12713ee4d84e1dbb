"""Old runs make room: by age, then by what all of them take together. One that is going on never does."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from coasty_desk.record import listing, run_lock
from coasty_desk.record.journal import JOURNAL

DAY = 86_400
MB = 1_000_000


class _RunFolder(Struct, frozen=True):
    folder: Path
    last: float
    size: int


def prune(runs: Path, *, keep_days: float, keep_mb: float, spare: str | None = None) -> list[str]:
    """Remove runs whose last line is older than `keep_days`, then the oldest until all take at most `keep_mb` (1 MB = 10^6 bytes).

    `spare` is the id of a run that stays in any case. Returns the ids of those removed. What
    cannot be removed stays; this never raises for it.
    """
    oldest_first = sorted(
        (run for folder in listing.folders(runs) if (run := _measured(folder))), key=lambda run: run.last
    )
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
