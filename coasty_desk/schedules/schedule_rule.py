"""When something is to happen: a preset, a cron expression or one moment, and the clock on which wall that is read. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

Frequency: TypeAlias = Literal[
    "every_15_minutes",
    "every_30_minutes",
    "hourly",
    "every_6_hours",
    "every_12_hours",
    "daily",
    "weekly",
    "monthly",
    "custom",
]

FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)

PRESETS: Mapping[str, str] = {
    "every_15_minutes": "*/15 * * * *",
    "every_30_minutes": "*/30 * * * *",
    "hourly": "0 * * * *",
    "every_6_hours": "0 */6 * * *",
    "every_12_hours": "0 */12 * * *",
    "daily": "0 9 * * *",
    "weekly": "0 9 * * 1",
    "monthly": "0 9 1 * *",
}
"""Each as the cron expression that it stands for (API.md §14.1)."""

OVERRIDES: Mapping[str, tuple[str, ...]] = {
    "daily": ("time",),
    "weekly": ("time", "day_of_week"),
    "monthly": ("time", "day_of_month"),
    "custom": ("cron",),
}
"""What may be said beside each preset."""

LONGEST_CRON, LONGEST_ZONE = 128, 64

_CHARACTERS = re.compile(r"[0-9A-Za-z*/,#\-]+(?:[ \t]+[0-9A-Za-z*/,#\-]+){4,5}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class ScheduleRule(Struct, frozen=True):
    """`cron` with 5 or 6 fields (the first one seconds) on the wall clock of `zone`, or once at `run_at`, in seconds since the epoch."""

    cron: str = ""
    zone: str = "UTC"
    run_at: float | None = None


class RuleError(ValueError):
    """It cannot be a schedule's rule: `field` says in which of the request's fields, the words what is wrong there."""

    def __init__(self, words: str, field: str) -> None:
        super().__init__(words)
        self.field = field


class Cadence(Struct, frozen=True, omit_defaults=True):
    """What was asked for, field by field: kept, so that a change of one field leaves the others."""

    frequency: str | None = None
    cron: str | None = None
    time: str | None = None
    day_of_week: int | None = None
    day_of_month: int | None = None


def cron_of(cadence: Cadence) -> str:
    """The expression that it stands for; whether there is such a time is another question. Raises RuleError."""
    frequency = cadence.frequency
    if frequency not in FREQUENCIES:
        words = f"it is none of {', '.join(FREQUENCIES)}"
        raise RuleError(words, "frequency")
    allowed = OVERRIDES.get(frequency, ())
    for name in ("cron", "time", "day_of_week", "day_of_month"):
        if getattr(cadence, name) is not None and name not in allowed:
            words = f"it has no meaning with the frequency {frequency}"
            raise RuleError(words, name)
    if frequency == "custom":
        if cadence.cron is None:
            words = "the frequency custom needs one"
            raise RuleError(words, "cron")
        return plain(cadence.cron)
    minute, hour, day, month, weekday = PRESETS[frequency].split()
    if cadence.time is not None:
        found = _TIME.fullmatch(cadence.time)
        if found is None:
            words = "it is no time from 00:00 to 23:59, as HH:MM"
            raise RuleError(words, "time")
        hour, minute = str(int(found[1])), str(int(found[2]))
    weekday = weekday if cadence.day_of_week is None else str(cadence.day_of_week)
    day = day if cadence.day_of_month is None else str(cadence.day_of_month)
    return f"{minute} {hour} {day} {month} {weekday}"


def plain(cron: str) -> str:
    """An expression with one space between its fields, in capitals. Raises RuleError for what cannot be one."""
    words = "it is no cron expression with 5 or 6 fields"
    if len(cron) > LONGEST_CRON:
        words = f"it has more than {LONGEST_CRON} characters"
        raise RuleError(words, "cron")
    stripped = cron.strip(" \t")
    if not _CHARACTERS.fullmatch(stripped):
        raise RuleError(words, "cron")
    return " ".join(stripped.upper().split())


@functools.lru_cache(maxsize=256)
def zone_named(name: str) -> ZoneInfo:
    """The time zone of that name. Raises RuleError where there is none."""
    words = "there is no such time zone: it is a name like Europe/Warsaw, or UTC"
    if not 0 < len(name) <= LONGEST_ZONE:
        raise RuleError(words, "timezone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError; a path is none, or a folder
        raise RuleError(words, "timezone") from error
