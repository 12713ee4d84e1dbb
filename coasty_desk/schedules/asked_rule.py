"""From what was asked for to the rule that it means, and from a change of it to the whole. Pure."""

from __future__ import annotations

from msgspec.structs import asdict

from coasty_desk.schedules.fire_times import demand_fires
from coasty_desk.schedules.schedule_rule import OVERRIDES, Cadence, RuleError, ScheduleRule, cron_of, zone_named

PAST = 60.0
"""Seconds by which `run_at` may be over when it arrives."""


def rule_of(cadence: Cadence, zone: str, run_at: float | None, now: float, *, again: bool = False) -> ScheduleRule:
    """What was asked for means. `again`: of one that is there already. Raises RuleError."""
    zone_named(zone)
    if run_at is None:
        if cadence.frequency is None:
            words = "either frequency or run_at is needed"
            raise RuleError(words, "frequency")
        rule = ScheduleRule(cron_of(cadence), zone)
        demand_fires(rule, now)
        return rule
    if cadence != Cadence():
        named = next(name for name, value in asdict(cadence).items() if value is not None)
        words = "it has no meaning beside run_at"
        raise RuleError(words, named)
    if run_at < now - PAST and not again:
        words = "it is over"
        raise RuleError(words, "run_at")
    return ScheduleRule(zone=zone, run_at=run_at)


def merged(before: Cadence, asked: Cadence) -> Cadence:
    """As it was, but for what is asked for; what has no meaning with a new frequency is dropped."""
    frequency = asked.frequency or before.frequency
    kept = OVERRIDES.get(frequency or "", ())
    said = {name: value for name, value in asdict(before).items() if name in kept}
    said |= {name: value for name, value in asdict(asked).items() if value is not None}
    return Cadence(**said | {"frequency": frequency})
