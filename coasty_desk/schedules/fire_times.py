"""The moments at which a rule fires: with Debian cron's rules for the two nights in which clocks are put on and back. Pure.

What names a minute and an hour (neither field begins with `*`) happens once in each of these nights: where its time is left out, as soon
as the clock has been put on; where it comes twice, the first time. All else goes by the clock on the wall, as it then shows the time: a
`*/15 * * * *` comes every quarter of an hour, through both. Days of the month and days of the week are joined as cron joins them: by "or"
where neither begins with `*`.

What a field means is cronsim's to say; it walks a clock without a zone. From that clock to moments is done here: with a zone the
library skips times in zones whose clocks are moved by half an hour, and invents one where they are moved at midnight.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from coasty_desk.schedules.schedule_rule import RuleError, ScheduleRule, zone_named

if TYPE_CHECKING:
    from cronsim import CronSim

LAST = datetime(9990, 1, 1, tzinfo=UTC).timestamp()
"""No clock shows more."""

_DAY = 86_400
_SECOND = timedelta(seconds=1)


def demand_fires(rule: ScheduleRule, now: float) -> None:
    """Raise RuleError where it never does from now on, or makes no sense."""
    if next_fire(rule, now) is None:
        field, words = ("cron", "there is no such day") if rule.cron else ("run_at", "it is over")
        raise RuleError(words, field)


def next_fire(rule: ScheduleRule, after: float) -> float | None:
    """The first moment after that one, in seconds since the epoch; None where there is none any more. Raises RuleError."""
    if rule.run_at is not None:
        return rule.run_at if rule.run_at > after else None
    zone = zone_named(rule.zone)
    return _wildcard(rule.cron, zone, after) if _is_wildcard(rule.cron) else _fixed(rule.cron, zone, after)


def fires(rule: ScheduleRule, after: float, until: float) -> Iterator[float]:
    """All of those after the one moment and not after the other, in their order. Raises RuleError."""
    moment = next_fire(rule, after)
    while moment is not None and moment <= until:
        yield moment
        moment = next_fire(rule, moment)


def _is_wildcard(cron: str) -> bool:
    *_, minute, hour, _day, _month, _weekday = cron.split()
    return minute.startswith("*") or hour.startswith("*")


def _fixed(cron: str, zone: ZoneInfo, after: float) -> float | None:
    walk = _walk(cron, _shown(zone, after))
    while (shown := _following(walk)) is not None:
        moment = _first_moment(zone, shown)
        if moment > after:
            return moment
    return None


def _wildcard(cron: str, zone: ZoneInfo, after: float) -> float | None:
    """Stretch by stretch, in each of which the clock is not moved."""
    while after < LAST:
        offset = _offset(zone, after)
        shown = _following(_walk(cron, _shown(zone, after)))
        if shown is None:
            return None
        moment = shown.replace(tzinfo=UTC).timestamp() - offset
        moved = _moved_within(zone, after, moment)
        if moved is None:
            return moment
        shown = _following(_walk(cron, _shown(zone, moved) - _SECOND))
        if shown is not None and shown == _shown(zone, moved):
            return moved
        after = moved
    return None


def _moved_within(zone: ZoneInfo, after: float, until: float) -> float | None:
    """The first second in (after, until] that has another offset than the one before it; None where the clock is not moved."""
    offset, begins = _offset(zone, after), after
    while begins < until:
        ends = min(begins + _DAY, until)
        if _offset(zone, ends) != offset:
            low, high = int(begins), int(ends) + (ends > int(ends))
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            return float(high)
        begins = ends
    return None


def _first_moment(zone: ZoneInfo, shown: datetime) -> float:
    """When the clock shows that for the first time; where it never does, when it has been put on beyond it."""
    moment = shown.replace(tzinfo=zone).timestamp()
    if _shown(zone, moment) == shown:
        return moment
    moved = _moved_within(zone, moment - _DAY, moment + _DAY)
    return moment if moved is None else moved


def _shown(zone: ZoneInfo, moment: float) -> datetime:
    """What the clock shows, to the second."""
    return datetime.fromtimestamp(int(moment // 1), zone).replace(tzinfo=None, fold=0)


def _offset(zone: ZoneInfo, moment: float) -> float:
    found = datetime.fromtimestamp(int(moment // 1), zone).utcoffset()
    return 0.0 if found is None else found.total_seconds()


def _walk(cron: str, shown: datetime) -> CronSim:
    from copy import copy  # noqa: PLC0415 - as below

    walk = copy(_read(cron))
    walk.dt = shown
    return walk


@functools.lru_cache(maxsize=1024)
def _read(cron: str) -> CronSim:
    """What the library makes of it. Raises RuleError."""
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - it is a service's, and not a run's

    try:
        return CronSim(cron, datetime(2000, 1, 1))  # noqa: DTZ001 - a clock on a wall knows no zone
    except (CronSimError, ValueError, AssertionError, TypeError) as error:
        what = str(error).removeprefix("Bad ") if isinstance(error, CronSimError) else ""
        words = f"its field for the {what} makes no sense" if what and " " not in what else "it makes no sense"
        raise RuleError(words, "cron") from error


def _following(walk: CronSim) -> datetime | None:
    try:
        return next(walk)
    except (StopIteration, OverflowError, ValueError):  # none within fifty years; the calendar's end
        return None
