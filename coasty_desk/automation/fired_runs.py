"""A schedule's time as a run of its machine, and the run's end as that of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coasty_desk.automation.run_row import RunOptions, RunRow
from coasty_desk.automation.run_service import NewRun, NoRunError, RunService, TooManyRunsError
from coasty_desk.automation.schedule_row import FireEnd, FireRow, FireStatus, ScheduleRow
from coasty_desk.automation.schedule_service import NotStartedError
from coasty_desk.core.money import CENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from coasty_desk.automation.run_supervisor import Tell

_STATUS: dict[str, FireStatus] = {
    "succeeded": "completed",
    "failed": "failed",
    "timed_out": "failed",
    "cancelled": "cancelled",
}

_NO_CREDITS = ("INSUFFICIENT_CREDITS", "WALLET_EXHAUSTED")


class FiredRuns:
    """A `schedule_service.FireTarget` of the runs of one service."""

    def __init__(self, runs: RunService) -> None:
        self._runs = runs

    def start(self, fire: FireRow, schedule: ScheduleRow) -> None:
        """As the port says."""
        metadata = {**(schedule.metadata or {}), "schedule_id": schedule.id}
        options = RunOptions(metadata=metadata, model=schedule.model, context=fire.context)
        try:
            self._runs.create(NewRun(fire.task_prompt, options, schedule.machine_id), fire.operation, schedule.key_id)
        except TooManyRunsError as error:
            words = "So many runs wait that no more are taken."
            raise NotStartedError(words, for_now=True) from error

    def ended(self, fire: FireRow) -> FireEnd | None:
        """As the port says."""
        try:
            row = self._runs.get(fire.id)
        except NoRunError:
            return None
        return end_of(row) if row.is_over else None


def end_of(row: RunRow) -> FireEnd:
    """How a run that is over has ended."""
    status = _STATUS[row.status]
    if row.error is not None and row.error.code in _NO_CREDITS:
        status = "insufficient_credits"
    said = None if row.error is None else f"{row.error.code}: {row.error.message}"
    at = row.finished_at or row.created_at
    return FireEnd(status, at, said, row.cost // CENT, "" if row.result is None else row.result.summary)


def settling(tell: Tell, settle: Callable[[Connection, str, FireEnd], None]) -> Tell:
    """Whom a supervisor tells, where schedules are told as well."""

    def told(connection: Connection, row: RunRow, event: str) -> None:
        tell(connection, row, event)
        if row.is_over:
            settle(connection, row.id, end_of(row))

    return told
