"""When rules fire: against cron as Debian's manual tells of it, over the odd nights of twenty zones and all the days between them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from coasty_desk.schedules.fire_times import demand_fires, fires, next_fire
from coasty_desk.schedules.schedule_rule import RuleError, ScheduleRule, plain
from tests.schedules.debian_cron import DebianCron, clock, odd_days, plain_fires, utc

ZONES = (
    *("UTC", "Europe/Warsaw", "Europe/London", "Europe/Dublin", "America/New_York", "America/Los_Angeles"),
    *(
        "America/Sao_Paulo",
        "America/Santiago",
        "America/Havana",
        "America/St_Johns",
        "Africa/Cairo",
        "Africa/Casablanca",
    ),
    *("Asia/Beirut", "Asia/Jerusalem", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Lord_Howe"),
    *("Pacific/Auckland", "Pacific/Chatham"),
)

LINES = (
    *("*/15 * * * *", "0 * * * *", "30 2 * * *", "0 0 * * *", "15,45 0-3 * * *", "*/20 0 * * 0", "*/15 2,3 * * *"),
    *("0 */6 * * *", "30 1 1-7 * 0", "0 9 1 * *", "59 23 31 12 *", "0 12 29 2 *", "5 4 * 3,11 6,7", "* 1 * * 6"),
)

SINCE, UNTIL = utc(2024), utc(2034)


DENSE = 3
"""Times a day, on the average, from which on the days in between are left to the others."""


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_of_each_zone_are_debians(zone: str) -> None:
    """Minute by minute around the nights in which the clock is moved; in between day by day, but for what comes all day long."""
    odd = [(day - timedelta(hours=12), day + timedelta(hours=36)) for day in odd_days(zone, SINCE, UNTIL)]
    clocks = [clock(zone, begins, ends) for begins, ends in odd]
    for line in LINES:
        cron, rule = DebianCron(line, zone), ScheduleRule(line, zone)
        around = [list(cron.fires(minutes)) for minutes in clocks]
        for (begins, ends), expected in zip(odd, around, strict=True):
            assert list(fires(rule, begins.timestamp() - 1, ends.timestamp() - 1)) == expected, (line, begins)
        at, found = SINCE, list[int]()
        for (begins, ends), expected in zip(odd, around, strict=True):
            found += [*plain_fires(cron, at, begins), *expected]
            at = ends
        found += plain_fires(cron, at, UNTIL)
        if len(found) < DENSE * 3650:
            assert list(fires(rule, SINCE.timestamp() - 1, UNTIL.timestamp() - 1)) == found, line


NIGHTS = [
    # spring: 02:00 becomes 03:00
    ("30 2 * * *", "2027-03-28", ["2027-03-28T03:00+02:00", "2027-03-29T02:30+02:00"]),
    ("0 3 * * *", "2027-03-28", ["2027-03-28T03:00+02:00", "2027-03-29T03:00+02:00"]),
    ("0,30 2,3 28 3 *", "2027-03-28", ["2027-03-28T03:00+02:00", "2027-03-28T03:30+02:00"]),
    (
        "*/30 * * * *",
        "2027-03-28T01:01",
        ["2027-03-28T01:30+01:00", "2027-03-28T03:00+02:00", "2027-03-28T03:30+02:00"],
    ),
    ("*/30 2 28 3 *", "2027-03-28", []),
    ("0 30 2 * * *", "2027-03-28", ["2027-03-28T03:00:00+02:00"]),
    # autumn: 03:00 becomes 02:00
    ("30 2 * * *", "2026-10-25", ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]),
    ("30 * * * *", "2026-10-25T01:00", ["2026-10-25T01:30+02:00", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"]),
    ("*/30 2 25 10 *", "2026-10-25", ["2026-10-25T02:00+02:00", "2026-10-25T02:30+02:00", "2026-10-25T02:00+01:00"]),
    ("0 30 2 25 10 *", "2026-10-25", ["2026-10-25T02:30:00+02:00"]),
]


@pytest.mark.parametrize(("line", "after", "expected"), NIGHTS)
def test_the_two_odd_nights_of_warsaw(line: str, after: str, expected: list[str]) -> None:
    """What names a time happens once in each; what does not goes by the clock."""
    zone = ZoneInfo("Europe/Warsaw")
    moment, rule = (
        datetime.fromisoformat(after).replace(tzinfo=zone).timestamp() - 1,
        ScheduleRule(line, "Europe/Warsaw"),
    )
    found: list[float] = []
    for _ in expected or [""]:
        moment = next_fire(rule, moment) or 0.0
        found.append(moment)
    if expected:
        assert found == [datetime.fromisoformat(one).timestamp() for one in expected]
    else:
        assert found[0] > datetime.fromisoformat("2027-12-01T00:00+00:00").timestamp()


def test_half_an_hour_and_midnight_are_moved_as_well() -> None:
    """Lord Howe's clock by half an hour, so that no quarter of it is left out; Santiago's at midnight, where none is made up."""
    howe = ScheduleRule("*/30 3 4 10 *", "Australia/Lord_Howe")
    assert _told(howe, "2026-10-01T00:00+00:00", 2) == ["2026-10-03T16:00", "2026-10-03T16:30"]
    back = ScheduleRule("*/15 2 5 4 *", "Australia/Lord_Howe")
    assert _told(back, "2026-04-01T00:00+00:00", 2) == ["2026-04-04T15:30", "2026-04-04T15:45"]
    santiago = ScheduleRule("*/20 0 * 9 0", "America/Santiago")
    assert _told(santiago, "2026-09-01T00:00+00:00", 1) == ["2026-09-13T03:00"]  # on the sixth there is no such hour


def _told(rule: ScheduleRule, after: str, count: int) -> list[str]:
    moment, found = datetime.fromisoformat(after).timestamp(), []
    for _ in range(count):
        moment = next_fire(rule, moment) or 0.0
        found.append(f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M}")
    return found


def test_seconds_leap_days_and_names() -> None:
    """Six fields begin with the second; the 29th of February comes in leap years; names stand for numbers."""
    assert _told(ScheduleRule("0 0 29 2 *"), "2026-01-01T00:00+00:00", 2) == ["2028-02-29T00:00", "2032-02-29T00:00"]
    assert _told(ScheduleRule("0 8 * JAN MON"), "2026-01-01T00:00+00:00", 1) == ["2026-01-05T08:00"]
    seconds = ScheduleRule("*/20 * * * * *")
    begins = utc(2026).timestamp()
    assert list(fires(seconds, begins, begins + 60)) == [begins + 20, begins + 40, begins + 60]


def test_one_moment_comes_once() -> None:
    """And a fire is never at or before the moment that was asked after, however fine that is."""
    once = ScheduleRule(run_at=100.0)
    assert (next_fire(once, 99.9), next_fire(once, 100.0)) == (100.0, None)
    minutely = ScheduleRule("* * * * *")
    assert (next_fire(minutely, 59.999), next_fire(minutely, 60.0), next_fire(minutely, 60.001)) == (60.0, 120.0, 120.0)


@pytest.mark.parametrize(
    "line",
    [
        "0 0 30 2 *",
        "0 0 31 2,4,6 *",
        "60 * * * *",
        "* 24 * * *",
        "* * * * 8",
        "* * * * *x",
        "*/0 * * * *",
        "5-1 * * * *",
    ],
)
def test_what_never_comes_or_means_nothing_is_refused(line: str) -> None:
    """Before there is a schedule of it."""
    with pytest.raises(RuleError) as refused:
        demand_fires(ScheduleRule(plain(line)), 0.0)
    assert refused.value.field == "cron"
