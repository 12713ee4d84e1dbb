"""Debian's cron once more, minute by minute, as its manual tells: what the rules here are held to.

It knows nothing of the code that it checks, and nothing of the library that reads fields there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = 60, 3600, 86_400


class DebianCron:
    """One line of a crontab, on the clock of a zone: a daemon that wakes each minute and looks how far the clock has moved."""

    def __init__(self, line: str, zone: str) -> None:
        fields = line.split()
        ranges = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
        minute, hour, day, month, weekday = (
            _numbers(text, low, high) for text, (low, high) in zip(fields, ranges, strict=True)
        )
        self.minute, self.hour, self.day, self.month = minute, hour, day, month
        self.weekday = {number % 7 for number in weekday}
        self.joined_by_and = fields[2].startswith("*") or fields[4].startswith("*")
        self.is_wildcard = fields[0].startswith("*") or fields[1].startswith("*")
        self.zone = ZoneInfo(zone)

    def matches(self, shown: datetime) -> bool:
        """Whether the line means what the clock shows."""
        if shown.minute not in self.minute or shown.hour not in self.hour or shown.month not in self.month:
            return False
        day, weekday = shown.day in self.day, shown.isoweekday() % 7 in self.weekday
        return (day and weekday) if self.joined_by_and else (day or weekday)

    def fires(self, clock: Sequence[tuple[int, datetime]]) -> Iterator[int]:
        """In these minutes, as `clock` gives them: seconds since the epoch.

        When the clock jumps forward, the minutes that it left out are gone through at once for lines that name their time; when it
        goes back, such lines wait until it shows again what it showed before.
        """
        reached = clock[0][1] - timedelta(minutes=1)
        for moment, shown in clock:
            if self.is_wildcard:
                hit = self.matches(shown)
            else:
                hit = False
                while reached < shown:
                    reached += timedelta(minutes=1)
                    hit = self.matches(reached) or hit
            if hit:
                yield moment


def clock(zone: str, since: datetime, until: datetime) -> list[tuple[int, datetime]]:
    """Each minute in [since, until), and what the clock shows then."""
    info, begins = ZoneInfo(zone), int(since.timestamp())
    return [
        (at, datetime.fromtimestamp(at, info).replace(tzinfo=None, fold=0))
        for at in range(begins, int(until.timestamp()), MINUTE)
    ]


def odd_days(zone: str, since: datetime, until: datetime) -> list[datetime]:
    """The UTC midnights of the days on which the clock is moved."""
    found, day, info = [], since, ZoneInfo(zone)
    while day < until:
        following = day + timedelta(days=1)
        if day.astimezone(info).utcoffset() != following.astimezone(info).utcoffset():
            found.append(day)
        day = following
    return found


def plain_fires(cron: DebianCron, since: datetime, until: datetime) -> list[int]:
    """The same in days without a moved clock, of which the offset is that of `since`: each minute of the clock once."""
    offset = int((since.astimezone(cron.zone).utcoffset() or timedelta()).total_seconds())
    begins, ends = int(since.timestamp()), int(until.timestamp())
    times = [hour * HOUR + minute * MINUTE for hour in sorted(cron.hour) for minute in sorted(cron.minute)]
    found: list[int] = []
    for day in range((begins + offset) // DAY * DAY, ends + offset, DAY):
        shown = datetime.fromtimestamp(day, UTC).replace(tzinfo=None)
        if cron.matches(shown.replace(hour=min(cron.hour), minute=min(cron.minute))):
            midnight = day - offset
            found += [midnight + time for time in times if begins <= midnight + time < ends]
    return found


def _numbers(text: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begins = low if first == "*" else int(first)
        ends = high if first == "*" else int(last or first)
        found |= set(range(begins, ends + 1, int(step or 1)))
    return found


def utc(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0) -> datetime:
    """A moment."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)
