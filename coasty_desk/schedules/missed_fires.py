"""What is to be done about the times that have come: at which one to start, and which were missed (SERVICE.md C7). Pure."""

from __future__ import annotations

from itertools import islice

from msgspec import Struct

from coasty_desk.schedules.fire_times import fires, next_fire
from coasty_desk.schedules.schedule_rule import ScheduleRule

MADE_UP = 3600.0
"""Seconds after which a time that was missed is not made up for any more."""

MOST_TOLD = 500
"""Missed times that are recorded one by one."""


class DueFires(Struct, frozen=True):
    """`start`: the time to start for now. `skipped`: those that were missed for good, the first first; `more`: not all of them are told.

    `next`: the first one that is still to come.
    """

    start: float | None
    skipped: tuple[float, ...]
    more: bool
    next: float | None


def due_fires(rule: ScheduleRule, next_run_at: float, now: float) -> DueFires:
    """Of a schedule whose next time was `next_run_at`, at most now: the last one is made up for once if it is less than an hour old."""
    if rule.run_at is not None:
        late = now - next_run_at >= MADE_UP
        return DueFires(None if late else next_run_at, (next_run_at,) if late else (), more=False, next=None)
    last = max(fires(rule, max(now - MADE_UP, next_run_at - 1), now), default=None)
    if last is None and next_run_at > now - MADE_UP:
        last = next_run_at  # the rule says otherwise by now: a zone's law has changed
    until = now if last is None else last
    missed = (moment for moment in fires(rule, next_run_at - 1, until) if moment != last)
    told = tuple(islice(missed, MOST_TOLD + 1))
    return DueFires(last, told[:MOST_TOLD], len(told) > MOST_TOLD, next_fire(rule, now))
