"""What a look at the service's store tells of its runs, without a service and without what one loads: for the command line, and before it is loaded."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec import Struct

STORE = "automation.sqlite3"
"""Beside the service's database."""

BUSY = 2.0
"""Seconds that whoever writes it is waited for."""

CHARGED = """
    SELECT machine IS NOT NULL, SUM(cost / 10000) FROM runs WHERE created_at >= :since AND created_at < :until GROUP BY machine IS NOT NULL
"""
"""Whether a machine was made for them, and the cents that runs of some time have cost: of each run the whole ones, as it is told."""

_UNFINISHED = "status IN ('queued', 'running', 'awaiting_human')"

_WORKFLOWS = f"SELECT id FROM workflow_runs WHERE {_UNFINISHED}"  # noqa: S608 - of our own words

_SCHEDULES = "SELECT 1 FROM schedules WHERE deleted_at IS NULL AND enabled = 1 LIMIT 1"


class KeptRun(Struct, frozen=True):
    """A run that has not come to its end; `created_at` are seconds since the epoch, `cost` micro-dollars."""

    run_id: str
    status: str
    task: str
    created_at: float
    steps: int
    cost: int


def unfinished(folder: Path) -> list[KeptRun]:
    """Those of the service that keeps its runs in this folder, the newest first. None can be read: none."""
    query = f"SELECT id, status, task, created_at, steps, cost FROM runs WHERE {_UNFINISHED} ORDER BY created_at DESC, id DESC"  # noqa: S608 - of our own words
    return [KeptRun(*row) for row in _asked(folder, query)]


def is_anything_left(folder: Path) -> bool:
    """Whether there is anything to go on with: a run, a machine that was made for one, a workflow, a schedule, or what a receiver is to be told."""
    runs = f"SELECT 1 FROM runs WHERE {_UNFINISHED} OR machine LIKE '%pending%' LIMIT 1"  # noqa: S608 - as above
    told = "SELECT 1 FROM deliveries WHERE state IN ('waiting', 'sending') LIMIT 1"
    return any(_asked(folder, query) for query in (runs, _WORKFLOWS, _SCHEDULES, told))


def unfinished_workflows(folder: Path) -> int:
    """How many runs of workflows have not come to their end."""
    return len(_asked(folder, _WORKFLOWS))


def charged(folder: Path, since: float, until: float) -> dict[bool, int]:
    """Cents that runs have cost which were asked for then, those without a machine of their own and those with one."""
    return {bool(own): int(cents) for own, cents in _asked(folder, CHARGED, {"since": since, "until": until})}


def _asked(folder: Path, query: str, values: Mapping[str, float] | None = None) -> list[Any]:
    path = folder / STORE
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY)) as store:
            return store.execute(query, values or {}).fetchall()
    except sqlite3.Error:
        return []
