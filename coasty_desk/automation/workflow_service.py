"""Workflows that are saved, and their runs, for whoever asks for them: a program over HTTP, a schedule, a trigger, a page.

To start one is `start`: a saved workflow by its id or slug, or a definition. With an `operation_id` it starts once, whoever asks and how
often, whatever is killed meanwhile.
"""

from __future__ import annotations

import secrets
import time
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.automation.engine import Engine, Work
from coasty_desk.automation.run_events import RunEvent
from coasty_desk.automation.run_service import ELSEWHERE, NoRunError, RunFeed, RunService, RunStateError
from coasty_desk.automation.run_states import UNFINISHED, RunStatus
from coasty_desk.automation.workflow_row import WorkflowRow, WorkflowRunRow, WorkflowStatus, WorkflowTerms
from coasty_desk.automation.workflow_store import WorkflowEvent, WorkflowStore
from coasty_desk.automation.workflow_supervisor import WorkflowSupervisor
from coasty_desk.workflows.definition_reader import read
from coasty_desk.workflows.happenings import PersonSaid
from coasty_desk.workflows.inputs_schema import checked

KIND = "workflow run"
"""Of the engine's work."""

MOST_UNFINISHED = 500
"""Workflow runs at a time that have not ended: each has a thread that waits."""

CANCEL_PATIENCE = 10.0
"""Seconds in which a run that is cancelled has ended, else it is told as it is."""

RESERVED = ("runs",)
"""No slugs: something else has these names in the API's paths."""

_SPACE = uuid.UUID("3b7a5c1e-9d42-4e58-8f0b-6c2f1a9d7e34")
_AWAITING: frozenset[RunStatus] = frozenset({"awaiting_human"})


def workflow_run_id(operation_id: str) -> str:
    """The id of the run that this operation makes, whenever it does."""
    return str(uuid.uuid5(_SPACE, operation_id))


class NoWorkflowError(Exception):
    """There is no workflow of that id or slug."""


class NoWorkflowRunError(Exception):
    """There is no workflow run of that id."""


class ArchivedWorkflowError(Exception):
    """It is archived, and starts no runs."""


class TooManyWorkflowRunsError(Exception):
    """So many have not ended yet that no more are taken."""


class WorkflowRunStateError(Exception):
    """What is asked for is not possible as the run is now. `is_race`: somebody else was first."""

    def __init__(
        self, message: str, row: WorkflowRunRow, allowed: frozenset[RunStatus], *, is_race: bool = False
    ) -> None:
        super().__init__(message)
        self.row, self.allowed, self.is_race = row, allowed, is_race


class NewWorkflowRun(Struct, frozen=True, kw_only=True):
    """What is asked for: a saved `workflow`, by its id or slug, or a `definition` as JSON has it.

    `machine_id` is the own id of the machine for tasks that name none. `inputs` have to fit the workflow's own schema, or
    `inputs_schema` where a definition is given.
    """

    machine_id: str
    workflow: str | None = None
    definition: Mapping[str, Any] | None = None
    inputs_schema: Mapping[str, Any] | None = None
    inputs: Mapping[str, Any] = {}
    terms: WorkflowTerms = WorkflowTerms()


class WorkflowService:
    """From any thread, between `begin` and `close`."""

    def __init__(
        self,
        store: WorkflowStore,
        engine: Engine,
        supervisor: WorkflowSupervisor,
        runs: RunService,
        feed: RunFeed,
        clock: Callable[[], float] = time.time,
        *,
        host: str = "",
    ) -> None:
        """`host`: this one, of many on one database."""
        self.store, self.engine, self.supervisor, self.runs, self.feed = store, engine, supervisor, runs, feed
        self.host = host
        self._stirrings: dict[str, tuple[str, str, int]] = {}
        self._clock = clock

    def begin(self) -> None:
        """Go on with what was cut off, and submit what was kept and not submitted yet; after the engine has begun."""
        for run_id in self.store.unfinished(self.host):
            self._submit(run_id)

    def attend(self) -> None:
        """Have this host's runs look at what other hosts have asked of them. Again and again."""
        now, before = self.store.stirrings(self.host), self._stirrings
        self._stirrings = now
        for run_id in [one for one, stirring in now.items() if before.get(one) != stirring]:
            self._changed(run_id)

    def close(self) -> None:
        """Let go of what waits: the next service goes on with it. After the engine was closed."""
        self.feed.end()
        self.supervisor.end()

    # Saved workflows

    def save(
        self,
        name: str,
        definition: Mapping[str, Any],
        *,
        slug: str = "",
        inputs_schema: Mapping[str, Any] | None = None,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        operation_id: str = "",
    ) -> WorkflowRow:
        """Keep a workflow; where there is one of that slug, as its next version. Raises definition_reader.DefinitionError."""
        read(definition)
        slug = slug or slug_of(name)
        now = self._clock()
        while True:
            before = self.store.workflow(slug)
            if before is not None and before.slug != slug:
                before = None
            if before is not None and operation_id and before.made_by == operation_id:
                return before
            row = WorkflowRow(
                id=str(uuid.uuid4()) if before is None else before.id,
                slug=slug,
                name=name,
                definition=definition,
                version=1 if before is None else before.version + 1,
                inputs_schema=inputs_schema,
                description=description,
                metadata=metadata,
                created_at=now if before is None else before.created_at,
                updated_at=now,
                made_by=operation_id,
            )
            saved = self.store.save(row, of_version=None if before is None else before.version)
            if saved is not None:
                return saved

    def update(self, name: str, fields: Mapping[str, Any]) -> WorkflowRow:
        """Its next version, with these fields changed. Raises NoWorkflowError, definition_reader.DefinitionError."""
        if "definition" in fields:
            read(fields["definition"])
        while True:
            before = self.workflow(name)
            row = replace(before, **fields, version=before.version + 1, updated_at=self._clock(), made_by="")
            saved = self.store.save(row, of_version=before.version)
            if saved is not None:
                return saved

    def archive(self, name: str) -> WorkflowRow:
        """It starts no more runs; once more changes nothing. Raises NoWorkflowError."""
        found = self.workflow(name)
        return found if found.status == "archived" else self.update(found.id, {"status": "archived"})

    def workflow(self, name: str) -> WorkflowRow:
        """By its id or slug. Raises NoWorkflowError."""
        found = self.store.workflow(name)
        if found is None:
            raise NoWorkflowError
        return found

    def workflows(self, status: WorkflowStatus, limit: int) -> tuple[list[WorkflowRow], bool]:
        """The newest first, and whether there are more."""
        found = self.store.workflows(status, limit + 1)
        return found[:limit], len(found) > limit

    # Their runs

    def start(
        self, asked: NewWorkflowRun, operation_id: str = "", key_id: str = "", request_id: str = ""
    ) -> WorkflowRunRow:
        """A new run, which is queued; the same one again for the same operation, whatever has become of it.

        Raises NoWorkflowError, ArchivedWorkflowError, TooManyWorkflowRunsError, definition_reader.DefinitionError, and of those
        inputs_schema.InputsError.
        """
        run_id = workflow_run_id(operation_id) if operation_id else str(uuid.uuid4())
        row = self.store.run(run_id) if operation_id else None
        if row is None:
            saved = None if asked.workflow is None else self.workflow(asked.workflow)
            if saved is not None and saved.status == "archived":
                raise ArchivedWorkflowError
            definition = asked.definition if saved is None else saved.definition
            schema = asked.inputs_schema if saved is None else saved.inputs_schema
            read(definition)
            inputs = checked(asked.inputs, schema)
            if len(self.store.unfinished(self.host)) >= MOST_UNFINISHED:
                raise TooManyWorkflowRunsError
            new = WorkflowRunRow(
                id=run_id,
                created_at=self._clock(),
                definition=definition or {},
                machine_id=asked.machine_id,
                inputs=inputs,
                terms=asked.terms,
                workflow_id=None if saved is None else saved.id,
                workflow_version=None if saved is None else saved.version,
                key_id=key_id,
                request_id=request_id,
                webhook_secret=f"whsec_{secrets.token_hex(32)}" if asked.terms.webhook_url else "",
                host=self.host,
            )
            queued = {"status": "queued", "machine_id": asked.machine_id or None}
            row = self.store.insert(new, [WorkflowEvent("status queued", "status", queued)])
        if not row.is_over and row.host == self.host:
            self._submit(run_id)
        self.feed.changed(run_id)
        return row

    def run(self, run_id: str) -> WorkflowRunRow:
        """Raises NoWorkflowRunError."""
        row = self.store.run(run_id)
        if row is None:
            raise NoWorkflowRunError
        return row

    def all_runs(self, workflow: str | None, status: RunStatus | None, limit: int) -> tuple[list[WorkflowRunRow], bool]:
        """The newest first, of one workflow by its id or slug, or of all; and whether there are more."""
        saved = None if workflow is None else self.store.workflow(workflow)
        of = workflow if saved is None else saved.id
        found = self.store.runs(of, status, limit + 1)
        return found[:limit], len(found) > limit

    def cancel(self, run_id: str) -> WorkflowRunRow:
        """End it, and the runs of its tasks; gives it as it is once it has ended. Raises NoWorkflowRunError, WorkflowRunStateError."""
        row = self.run(run_id)
        if row.is_over:
            raise _over(row)
        self.store.change(run_id, UNFINISHED, {"wish": "cancel"}, where={"wish": ""})
        self._changed(run_id)
        until = time.monotonic() + CANCEL_PATIENCE
        while True:
            seen = self.feed.at(run_id)
            row, left = self.run(run_id), until - time.monotonic()
            if row.is_over or left <= 0 or self.feed.has_ended:
                break
            self.feed.wait(run_id, seen, left if row.host == self.host else min(left, ELSEWHERE))
        if row.is_over and row.status != "cancelled":
            raise _over(row)
        return row

    def resume(self, run_id: str, *, approved: bool, note: str) -> WorkflowRunRow:
        """Answer what it waits for: an approval, or the question of the run of a task. Raises NoWorkflowRunError, WorkflowRunStateError."""
        row = self.run(run_id)
        asked = row.asked
        if row.status != "awaiting_human" or asked is None or row.wish:
            raise _not_awaiting(row)
        if asked.run_id:
            try:
                self.runs.resume(asked.run_id, approved=approved, note=note)
            except (RunStateError, NoRunError) as error:
                raise _not_awaiting(self.run(run_id), is_race=True) from error
        data = {"step_id": asked.step_id, "approved": approved, "note": note}
        told = self.store.change(
            *(run_id, _AWAITING, {"status": "running", "asked": None, "awaiting_since": None}),
            where={"asked": asked, "wish": "", "awaiting_since": row.awaiting_since},
            happening=None if asked.run_id else PersonSaid(asked.at, approved, note),
            events=[WorkflowEvent(f"resumed {asked.at} {row.told}", "resumed", data)],
        )
        if told is None and not asked.run_id:
            raise _not_awaiting(self.run(run_id), is_race=True)
        self._changed(run_id)
        return told or self.run(run_id)

    def events(self, run_id: str, after: int, keep_alive: float) -> Iterator[RunEvent | None]:
        """All that happens with a number above `after`, as it does; None where nothing did for so many seconds.

        It ends after the last one, or with the service. Raises NoWorkflowRunError at once.
        """
        row = self.run(run_id)
        return self._events(run_id, after, keep_alive if row.host == self.host else min(keep_alive, 5 * ELSEWHERE))

    def _events(self, run_id: str, after: int, keep_alive: float) -> Iterator[RunEvent | None]:
        while True:
            seen = self.feed.at(run_id)
            is_over = self.run(run_id).is_over  # before its events: those of a run which is over are whole
            while found := self.store.events(run_id, after):
                yield from found
                after = found[-1].id
            if is_over:
                last = self.run(run_id).told
                if after > last:  # who has a number that never was is told the end
                    yield from self.store.events(run_id, last - 2)
                return
            if not self.feed.wait(run_id, seen, keep_alive):
                yield None
            if self.feed.has_ended:
                return

    def going_on(self) -> int:
        """How many have not come to their end; none where the database cannot be asked any more."""
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - as in storage.py

        try:
            return len(self.store.unfinished(self.host))
        except SQLAlchemyError:
            return 0

    def _submit(self, run_id: str) -> None:
        self.engine.submit(Work(work_id=run_id, kind=KIND, queue=run_id))

    def _changed(self, run_id: str) -> None:
        self.supervisor.wake(run_id)
        self.feed.changed(run_id)


def slug_of(name: str) -> str:
    """What a workflow of that name is called where nobody says it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(character if character.isalnum() else " " for character in plain).split()
    found = "-".join(words)[:54].rstrip("-") or uuid.uuid5(_SPACE, name).hex[:12]
    return f"workflow-{found}" if found in RESERVED or not words else found


def _over(row: WorkflowRunRow) -> WorkflowRunStateError:
    return WorkflowRunStateError(f"The run has ended: it is {row.status}.", row, UNFINISHED)


def _not_awaiting(row: WorkflowRunRow, *, is_race: bool = False) -> WorkflowRunStateError:
    if is_race and not row.is_over:
        message = "The run was answered by somebody else just now."
        return WorkflowRunStateError(message, row, _AWAITING, is_race=True)
    return WorkflowRunStateError(f"The run is {row.status}, and waits for nobody.", row, _AWAITING)
