"""A schedule's time as a run of its machine or of its workflow, and the run's end as that of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from coasty_desk.automation.host_directory import HostLostError
from coasty_desk.automation.run_row import RunOptions, RunRow
from coasty_desk.automation.run_service import NewRun, NoRunError, RunService, TooManyRunsError
from coasty_desk.automation.schedule_row import FireEnd, FireRow, FireStatus, ScheduleRow
from coasty_desk.automation.schedule_service import NotStartedError
from coasty_desk.automation.workflow_row import WorkflowRunRow, WorkflowTerms
from coasty_desk.automation.workflow_service import (
    ArchivedWorkflowError,
    NewWorkflowRun,
    NoWorkflowError,
    NoWorkflowRunError,
    TooManyWorkflowRunsError,
    WorkflowService,
)
from coasty_desk.core.money import CENT
from coasty_desk.workflows.definition_reader import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from coasty_desk.automation.run_supervisor import Tell
    from coasty_desk.automation.workflow_supervisor import Tell as TellWorkflow

_STATUS: dict[str, FireStatus] = {
    "succeeded": "completed",
    "failed": "failed",
    "timed_out": "failed",
    "cancelled": "cancelled",
}

_NO_CREDITS = ("INSUFFICIENT_CREDITS", "WALLET_EXHAUSTED")


class FiredRuns:
    """A `schedule_service.FireTarget` of the runs and the workflows of one service. `host_of` gives the host of a machine that is not this one's."""

    def __init__(
        self, runs: RunService, workflows: WorkflowService, host_of: Callable[[str], str] = lambda _machine_id: ""
    ) -> None:
        self._runs, self._workflows, self._host_of = runs, workflows, host_of

    def start(self, fire: FireRow, schedule: ScheduleRow) -> None:
        """As the port says. A workflow's inputs are its own; what came with the fire its tasks are told, as those of a run are."""
        metadata = {**(schedule.metadata or {}), "schedule_id": schedule.id}
        if schedule.workflow_id is not None:
            self._start_workflow(fire, schedule, metadata)
            return
        options = RunOptions(metadata=metadata, model=schedule.model, context=fire.context)
        asked = NewRun(fire.task_prompt, options, schedule.machine_id, host=self._host_of(schedule.machine_id))
        try:
            self._runs.create(asked, fire.operation, schedule.key_id)
        except TooManyRunsError as error:
            words = "So many runs wait that no more are taken."
            raise NotStartedError(words, for_now=True) from error
        except HostLostError as error:
            words = "MACHINE_LOST: The host that has the machine is lost."
            raise NotStartedError(words) from error

    def _start_workflow(self, fire: FireRow, schedule: ScheduleRow, metadata: dict[str, str]) -> None:
        if self._host_of(schedule.machine_id):
            words = "The host that has the machine starts it."
            raise NotStartedError(words, for_now=True)
        asked = NewWorkflowRun(
            machine_id=schedule.machine_id,
            workflow=schedule.workflow_id,
            inputs=schedule.inputs or {},
            terms=WorkflowTerms(metadata=metadata, model=schedule.model, context=fire.context),
        )
        try:
            self._workflows.start(asked, fire.operation, schedule.key_id)
        except TooManyWorkflowRunsError as error:
            words = "So many runs of workflows wait that no more are taken."
            raise NotStartedError(words, for_now=True) from error
        except (NoWorkflowError, ArchivedWorkflowError) as error:
            words = "The workflow is not there any more, or is archived."
            raise NotStartedError(words) from error
        except DefinitionError as error:
            words = "The schedule's inputs do not fit the workflow as it is now."
            raise NotStartedError(words) from error

    def ended(self, fire: FireRow) -> FireEnd | None:
        """As the port says."""
        try:
            row = self._runs.get(fire.id)
        except NoRunError:
            return self._workflow_ended(fire)
        return end_of(row) if row.is_over else None

    def _workflow_ended(self, fire: FireRow) -> FireEnd | None:
        try:
            row = self._workflows.run(fire.id)
        except NoWorkflowRunError:
            return None
        return workflow_end_of(row) if row.is_over else None


def workflow_end_of(row: WorkflowRunRow) -> FireEnd:
    """How a workflow's run that is over has ended."""
    status = _STATUS[row.status]
    if row.error is not None and row.error.code in _NO_CREDITS:
        status = "insufficient_credits"
    said = None if row.error is None else f"{row.error.code}: {row.error.message}"
    summary = "" if row.output is None else msgspec.json.encode(row.output).decode()
    return FireEnd(status, row.finished_at or row.created_at, said, row.spent // CENT, summary)


def settling_workflows(tell: TellWorkflow, settle: Callable[[Connection, str, FireEnd], None]) -> TellWorkflow:
    """The same as `settling`, of the runs of workflows."""

    def told(connection: Connection, row: WorkflowRunRow, event: str) -> None:
        tell(connection, row, event)
        if row.is_over:
            settle(connection, row.id, workflow_end_of(row))

    return told


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
