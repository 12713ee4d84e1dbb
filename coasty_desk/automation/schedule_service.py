"""The schedules of one service: made, changed, paused, and fired when their time has come, each time once, whatever is killed.

A time that has come is written down with the next one in one transaction, under an id made of the schedule and the time; what is
written down and not started is started, under that id, by whoever comes next. How its run ends is written in the run's own transaction.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from coasty_desk.automation.quoted_context import quoted
from coasty_desk.automation.run_service import id_of
from coasty_desk.automation.schedule_row import (
    DEEPEST_CHAIN,
    HEARD_BY,
    FireEnd,
    FireRow,
    FireStatus,
    FireTrigger,
    ScheduleRow,
)
from coasty_desk.automation.schedule_store import ScheduleStore
from coasty_desk.automation.workflow_service import workflow_run_id
from coasty_desk.schedules.asked_rule import merged, rule_of
from coasty_desk.schedules.fire_times import next_fire
from coasty_desk.schedules.missed_fires import due_fires
from coasty_desk.schedules.schedule_rule import Cadence, RuleError

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_SCHEDULES = 20_000
MOST_WAITING = 10
"""Runs of a schedule that have not ended; while there are so many, its time passes."""

AT_ONCE = 100
"""Times that are written down in one transaction."""

LOOKED = 5.0
"""Seconds after which the clock is looked at: it may have been set, and no wait counts the time that a computer sleeps."""

REFRESHED = 30.0
"""Seconds after which the store is looked into: another host may have written there."""

AGAIN = 10.0
"""Seconds until what could not be started is tried again."""

MISSED = "It was missed: the service did not run then, or the computer slept."
_MORE = " So were those after it."
_WAITING = f"{MOST_WAITING} runs of this schedule have not ended yet."
_GONE = "The schedule was deleted before it began."
_TOO_DEEP = f"More than {DEEPEST_CHAIN} schedules would have followed one another."

ONE_SHOT, ONE_SHOT_MISSED = "one_shot_complete", "one_shot_missed"
MANUAL, FAILURES, CREDITS, SENSELESS = "manual", "consecutive_failures", "insufficient_credits", "invalid_schedule"

_IDS = uuid.UUID("3f7e5f8b-52a4-4c0b-9d5e-8f3a6f0c2b11")
_log = logging.getLogger("coasty_desk.schedules")


class NoScheduleError(Exception):
    """There is no schedule of that id, or no run of it."""


class TooManySchedulesError(Exception):
    """So many there are that no more are taken."""


class ScheduleStateError(Exception):
    """What is asked for is not possible as the schedule is now."""


class NotStartedError(Exception):
    """What was to be started cannot be: `for_now`, or at all; the words say why."""

    def __init__(self, words: str, *, for_now: bool = False) -> None:
        super().__init__(words)
        self.for_now = for_now


class FireTarget(Protocol):
    """What a schedule starts. Both may be asked again and again for the same fire, and start one thing."""

    def start(self, fire: FireRow, schedule: ScheduleRow) -> None:
        """Start it under the fire's operation. Raises NotStartedError."""

    def ended(self, fire: FireRow) -> FireEnd | None:
        """How it has ended; None where it has not."""


class NewSchedule(Struct, frozen=True, kw_only=True):
    """What is asked for; `run_at` in seconds since the epoch."""

    name: str
    machine_id: str
    task_prompt: str
    cadence: Cadence = Cadence()
    run_at: float | None = None
    zone: str = "UTC"
    model: str | None = None
    metadata: dict[str, str] | None = None
    most_failures: int = 5
    key_id: str = ""
    workflow_id: str | None = None
    inputs: dict[str, Any] | None = None


class ScheduleChange(Struct, frozen=True, kw_only=True):
    """What of it is to be otherwise; the fields of `cadence` that are none stay as they are."""

    name: str | UnsetType = UNSET
    task_prompt: str | UnsetType = UNSET
    cadence: Cadence = Cadence()
    zone: str | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType | None = UNSET
    most_failures: int | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


Clock: TypeAlias = Callable[[], float]


class ScheduleService:
    """From any thread, between `begin` and `close`. `clock`: seconds since the epoch."""

    def __init__(self, store: ScheduleStore, target: FireTarget, clock: Clock = time.time) -> None:
        self.store, self._target, self._clock = store, target, clock
        self._changed = threading.Condition()
        self._is_changed = self._is_ending = self._has_heard = False
        self._seen = 0.0
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Make up for what was missed, start what was written down, and fire from now on."""
        self.catch_up()
        self._thread = threading.Thread(target=self._run, name="schedules", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Fire no more."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(5.0)

    def wake(self) -> None:
        """Something was written that is to be looked at now."""
        with self._changed:
            self._is_changed = True
            self._changed.notify_all()

    # Made and changed

    def create(self, asked: NewSchedule, operation_id: str = "") -> ScheduleRow:
        """A new one; the same one again for the same operation. Raises RuleError, TooManySchedulesError."""
        now = self._clock()
        schedule_id = str(uuid.uuid5(_IDS, operation_id) if operation_id else uuid.uuid4())
        known = self.store.get(schedule_id)
        if known is not None:
            return known
        rule = rule_of(asked.cadence, asked.zone, asked.run_at, now)
        if self.store.count() >= MOST_SCHEDULES:
            raise TooManySchedulesError
        row = self.store.insert(
            ScheduleRow(
                id=schedule_id,
                created_at=now,
                name=asked.name,
                machine_id=asked.machine_id,
                task_prompt=asked.task_prompt,
                cadence=asked.cadence,
                rule=rule,
                model=asked.model,
                metadata=asked.metadata,
                most_failures=asked.most_failures,
                next_run_at=next_fire(rule, now) if rule.run_at is None else rule.run_at,
                key_id=asked.key_id,
                workflow_id=asked.workflow_id,
                inputs=asked.inputs,
            )
        )
        self.wake()
        return row

    def get(self, schedule_id: str) -> ScheduleRow:
        """Raises NoScheduleError."""
        row = self.store.get(schedule_id)
        if row is None:
            raise NoScheduleError
        return row

    def all(self, limit: int) -> tuple[list[ScheduleRow], bool]:
        """The newest first, and whether there are more."""
        found = self.store.all(limit + 1)
        return found[:limit], len(found) > limit

    def update(self, schedule_id: str, asked: ScheduleChange) -> ScheduleRow:
        """Change it. Raises NoScheduleError, RuleError, ScheduleStateError."""
        now = self._clock()
        with self.store.storage.transaction() as connection:
            row = self._demanded(connection, schedule_id)
            plain = ("name", "task_prompt", "metadata", "most_failures")
            fields: dict[str, Any] = {name: value for name in plain if (value := getattr(asked, name)) is not UNSET}
            if asked.cadence != Cadence() or asked.zone is not UNSET:
                cadence = merged(row.cadence, asked.cadence)
                zone = row.rule.zone if isinstance(asked.zone, UnsetType) else asked.zone
                rule = rule_of(cadence, zone, row.rule.run_at if cadence.frequency is None else None, now, again=True)
                fields |= {"cadence": cadence, "rule": rule}
                row = replace(row, cadence=cadence, rule=rule)
                if row.enabled:
                    fields["next_run_at"] = self._following(connection, row, now)
            if asked.enabled is True and not row.enabled:
                fields |= self._resumed(connection, row, now)
            elif asked.enabled is False and row.enabled:
                fields |= _paused(MANUAL)
            if fields:
                self.store.change(connection, schedule_id, **fields)
            found = self._demanded(connection, schedule_id)
        self.wake()
        return found

    def pause(self, schedule_id: str) -> ScheduleRow:
        """Have it fire no more until it is resumed. Raises NoScheduleError."""
        return self.update(schedule_id, ScheduleChange(enabled=False))

    def resume(self, schedule_id: str) -> ScheduleRow:
        """Have it fire again, from now on. Raises NoScheduleError, ScheduleStateError where its one time is over."""
        return self.update(schedule_id, ScheduleChange(enabled=True))

    def delete(self, schedule_id: str) -> None:
        """It is there no more; what it has started goes on. Raises NoScheduleError."""
        with self.store.storage.transaction() as connection:
            self._demanded(connection, schedule_id)
            self.store.change(connection, schedule_id, enabled=False, next_run_at=None, deleted_at=self._clock())
            self.store.delete_triggers_of(connection, schedule_id)

    # Fired

    def run_now(self, schedule_id: str, task: str | None, context: str, operation_id: str = "") -> FireRow:
        """Fire it now, also where it is paused; the same fire again for the same operation. Raises NoScheduleError, ScheduleStateError."""
        operation = f"schedule run {operation_id or uuid.uuid4()}"
        with self.store.storage.transaction() as connection:
            row = self._demanded(connection, schedule_id)
            fire = self.fired(connection, row, operation, "manual", task=task, context=context)
        return self.started(fire)

    def fired(
        self,
        connection: Connection,
        row: ScheduleRow,
        operation: str,
        trigger: FireTrigger,
        *,
        due_at: float | None = None,
        task: str | None = None,
        context: str = "",
        depth: int = 0,
    ) -> FireRow:
        """Write down that it fires: once for the operation; gives what is written. It is started by `started`, or by the next look."""
        now = self._clock()
        fire_id = fire_id_of(row, operation)
        known = self.store.one_fire(connection, fire_id)
        if known is not None:
            return known
        full = self.store.count_unfinished(connection, row.id) >= MOST_WAITING and trigger != "manual"
        why = _TOO_DEEP if depth > DEEPEST_CHAIN else _WAITING if full else None
        fire = FireRow(
            id=fire_id,
            operation=operation,
            schedule_id=row.id,
            trigger=trigger,
            due_at=now if due_at is None else due_at,
            made_at=now,
            task_prompt=row.task_prompt if task is None else task,
            context=context if why is None else "",
            depth=depth,
            status="queued" if why is None else "skipped",
            error=why,
            finished_at=None if why is None else now,
        )
        if self.store.add_fire(connection, fire) and why is None:
            self.store.fired(connection, row.id, fire.due_at)
        return fire

    def started(self, fire: FireRow) -> FireRow:
        """Start what is written down; gives it as it is then. What cannot be started for now is left to the next look."""
        if fire.status != "queued" or fire.started:
            return fire
        schedule = self.store.get(fire.schedule_id)
        try:
            if schedule is None:
                self._end(fire, FireEnd("cancelled", self._clock(), _GONE))
            else:
                self._target.start(fire, schedule)
                with self.store.storage.transaction() as connection:
                    self.store.change_fire(connection, fire.id, ["queued"], started=True, status="running", context="")
        except NotStartedError as error:
            if not error.for_now:
                self._end(fire, FireEnd("failed", self._clock(), str(error)))
        return self.store.fire(fire.id) or fire

    def history(
        self, schedule_id: str, status: FireStatus | None, before: tuple[float, str] | None, limit: int
    ) -> tuple[list[FireRow], bool]:
        """The times that it has fired, the newest first, and whether there are more. Raises NoScheduleError."""
        self.get(schedule_id)
        found = self.store.fires(schedule_id, status, before, limit + 1)
        return found[:limit], len(found) > limit

    def one_of(self, schedule_id: str, fire_id: str) -> FireRow:
        """Raises NoScheduleError."""
        self.get(schedule_id)
        fire = self.store.fire(fire_id)
        if fire is None or fire.schedule_id != schedule_id:
            raise NoScheduleError
        return fire

    # Ended

    def settle(self, connection: Connection, fire_id: str, end: FireEnd) -> None:
        """In the transaction in which what a fire has started ends: how it ended, and what follows. Nothing for what no fire has started."""
        told = {"status": end.status, "error": end.error, "finished_at": end.at, "credits": end.credits, "context": ""}
        if not self.store.change_fire(connection, fire_id, ["queued", "running"], started=True, **told):
            return
        fire = self.store.one_fire(connection, fire_id)
        if fire is None:
            return
        failed = end.status in HEARD_BY["on_failure"]
        row = self.store.ended(connection, fire.schedule_id, failed=failed, worked=end.status == "completed")
        if row is not None and row.enabled and failed:
            if end.status == "insufficient_credits":
                self.store.change(connection, row.id, **_paused(CREDITS))
            elif row.failures >= row.most_failures:
                self.store.change(connection, row.id, **_paused(FAILURES))
        for trigger in self.store.following(connection, fire.schedule_id):
            target = self.store.one(connection, trigger.schedule_id)
            if target is not None and target.enabled and end.status in HEARD_BY[trigger.event or "on_complete"]:
                said = f"{end.status}. {end.summary or end.error or ''}".strip()
                context = quoted("the schedule that ran before this one", said) if trigger.pass_output else ""
                operation = f"chain {trigger.id} {fire.id}"
                self.fired(connection, target, operation, "triggered", context=context, depth=fire.depth + 1)
                self._has_heard = True

    def committed(self) -> None:
        """A transaction is over that may have called `settle`."""
        if self._has_heard:
            self._has_heard = False
            self.wake()

    def _end(self, fire: FireRow, end: FireEnd) -> None:
        with self.store.storage.transaction() as connection:
            self.settle(connection, fire.id, end)
        self.committed()

    # Time

    def catch_up(self) -> None:
        """After a service has ended somehow: what ended unheard, and clocks that were put back meanwhile."""
        for fire in self.store.unfinished():
            end = self._target.ended(fire)
            if end is not None:
                self._end(fire, end)
        self._realign()

    def look(self) -> float | None:
        """Write down and start all whose time has come; gives when the next one's does, None where nothing waits for any."""
        now = self._clock()
        if now < self._seen - 1:
            self._realign()
        self._seen = now
        while True:
            with self.store.storage.transaction() as connection:
                due = self.store.due(connection, now, AT_ONCE)
                for row in due:
                    self._write_down(connection, row, now)
            if len(due) < AT_ONCE:
                break
        later = None
        while waiting := self.store.to_start(AT_ONCE):
            left = [fire for fire in map(self.started, waiting) if fire.status == "queued" and not fire.started]
            if left:
                later = now + AGAIN
                break
        following = self.store.next_due()
        return min((at for at in (following, later) if at is not None), default=None)

    def _write_down(self, connection: Connection, row: ScheduleRow, now: float) -> None:
        assert row.next_run_at is not None  # noqa: S101 - for the type checker
        try:
            due = due_fires(row.rule, row.next_run_at, now)
        except RuleError:  # its zone is not there any more
            self.store.change(connection, row.id, **_paused(SENSELESS))
            return
        if row.rule.run_at is not None:
            changes = _paused(ONE_SHOT if due.start is not None else ONE_SHOT_MISSED)
        else:
            changes = {"next_run_at": self._following(connection, row, now)}
        if not self.store.change(
            connection, row.id, "next_run_at = :seen AND enabled = 1", seen=row.next_run_at, **changes
        ):
            return  # another host was first
        for number, moment in enumerate(due.skipped, 1):
            operation = _operation(row.id, moment)
            more = _MORE if due.more and number == len(due.skipped) else ""
            self.store.add_fire(
                connection,
                FireRow(
                    id=fire_id_of(row, operation),
                    operation=operation,
                    schedule_id=row.id,
                    trigger=_by_time(row),
                    due_at=moment,
                    made_at=now,
                    task_prompt=row.task_prompt,
                    status="skipped",
                    error=MISSED + more,
                    finished_at=now,
                ),
            )
        if due.start is not None:
            self.fired(connection, row, _operation(row.id, due.start), _by_time(row), due_at=due.start)

    def _realign(self) -> None:
        """The clock may have been put back: what is to come is what comes by the clock as it is now, but nothing twice."""
        now = self._clock()
        for row in self.store.enabled():
            if row.rule.run_at is not None or row.next_run_at is None or row.next_run_at <= now:
                continue
            if not self._comes_before(row, now):
                continue
            with self.store.storage.transaction() as connection:
                following = self._following(connection, row, now)
                if following is not None and following < row.next_run_at:
                    where = "next_run_at = :seen AND enabled = 1"
                    self.store.change(connection, row.id, where, seen=row.next_run_at, next_run_at=following)

    def _comes_before(self, row: ScheduleRow, now: float) -> bool:
        """Whether its rule has a time before the one that it waits for: there are many schedules, and this needs no transaction."""
        try:
            moment = next_fire(row.rule, now)
        except RuleError:
            return False
        return moment is not None and row.next_run_at is not None and moment < row.next_run_at

    def _following(self, connection: Connection, row: ScheduleRow, now: float) -> float | None:
        """The first time after now at which it has not fired yet, as it may have by a clock that went ahead."""
        try:
            moment = next_fire(row.rule, now)
            while moment is not None and self.store.is_recorded(
                connection, fire_id_of(row, _operation(row.id, moment))
            ):
                moment = next_fire(row.rule, moment)
        except RuleError:
            return None
        return moment

    def _resumed(self, connection: Connection, row: ScheduleRow, now: float) -> dict[str, Any]:
        following = self._following(connection, row, now)
        if following is None:
            message = "Its one time is over, or its clock is not known any more."
            raise ScheduleStateError(message)
        return {"enabled": True, "paused_reason": None, "failures": 0, "next_run_at": following}

    def _demanded(self, connection: Connection, schedule_id: str) -> ScheduleRow:
        row = self.store.one(connection, schedule_id)
        if row is None:
            raise NoScheduleError
        return row

    def _run(self) -> None:
        following: float | None = None
        refreshed = 0.0
        while not self._is_ending:
            now, ticked = self._clock(), time.monotonic()
            due = following is not None and following <= now
            if self._is_changed or due or now < self._seen - 1 or ticked - refreshed >= REFRESHED:
                self._is_changed = False
                refreshed = ticked
                try:
                    following = self.look()
                except Exception as error:  # noqa: BLE001 - the database's own faults pass
                    _log.error("the schedules cannot be looked at: %s", type(error).__name__)
                    following = now + 1
                now = self._clock()
            left = LOOKED if following is None else min(LOOKED, max(0.0, following - now))
            with self._changed:
                self._changed.wait_for(lambda: self._is_changed or self._is_ending, left)


def fire_id_of(row: ScheduleRow, operation: str) -> str:
    """The id of what the operation starts of this schedule."""
    return id_of(operation) if row.workflow_id is None else workflow_run_id(operation)


def _paused(reason: str) -> dict[str, Any]:
    return {"enabled": False, "paused_reason": reason, "next_run_at": None}


def _by_time(row: ScheduleRow) -> FireTrigger:
    return "cron" if row.rule.run_at is None else "run_at"


def _operation(schedule_id: str, moment: float) -> str:
    """What its run at that time is made from."""
    return f"schedule {schedule_id} at {moment:.3f}"
