"""From what is asked for to a rule; what has come meanwhile; who may follow whom."""

from __future__ import annotations

import pytest

from coasty_desk.schedules.asked_rule import merged, rule_of
from coasty_desk.schedules.chain_rules import longest_chain
from coasty_desk.schedules.missed_fires import MOST_TOLD, due_fires
from coasty_desk.schedules.schedule_rule import Cadence, RuleError, ScheduleRule

NOW = 1_795_737_600.0
HOUR = 3600.0


@pytest.mark.parametrize(
    ("cadence", "cron"),
    [
        (Cadence(frequency="every_15_minutes"), "*/15 * * * *"),
        (Cadence(frequency="every_30_minutes"), "*/30 * * * *"),
        (Cadence(frequency="hourly"), "0 * * * *"),
        (Cadence(frequency="every_6_hours"), "0 */6 * * *"),
        (Cadence(frequency="every_12_hours"), "0 */12 * * *"),
        (Cadence(frequency="daily"), "0 9 * * *"),
        (Cadence(frequency="daily", time="07:05"), "5 7 * * *"),
        (Cadence(frequency="weekly"), "0 9 * * 1"),
        (Cadence(frequency="weekly", time="23:59", day_of_week=0), "59 23 * * 0"),
        (Cadence(frequency="monthly"), "0 9 1 * *"),
        (Cadence(frequency="monthly", time="00:00", day_of_month=28), "0 0 28 * *"),
        (Cadence(frequency="custom", cron="  */5\t* * * mon "), "*/5 * * * MON"),
    ],
)
def test_presets_are_the_expressions_of_the_contract(cadence: Cadence, cron: str) -> None:
    """With what may be said beside each."""
    assert rule_of(cadence, "UTC", None, NOW) == ScheduleRule(cron)


@pytest.mark.parametrize(
    ("cadence", "zone", "run_at", "field"),
    [
        (Cadence(), "UTC", None, "frequency"),
        (Cadence(frequency="yearly"), "UTC", None, "frequency"),
        (Cadence(frequency="daily"), "UTC", NOW + 1, "frequency"),
        (Cadence(time="09:00"), "UTC", NOW + 1, "time"),
        (Cadence(frequency="hourly", time="09:00"), "UTC", None, "time"),
        (Cadence(frequency="daily", time="24:00"), "UTC", None, "time"),
        (Cadence(frequency="daily", day_of_week=1), "UTC", None, "day_of_week"),
        (Cadence(frequency="daily", cron="* * * * *"), "UTC", None, "cron"),
        (Cadence(frequency="custom"), "UTC", None, "cron"),
        (Cadence(frequency="custom", cron="* * * *"), "UTC", None, "cron"),
        (Cadence(frequency="custom", cron="* * * * * * *"), "UTC", None, "cron"),
        (Cadence(frequency="custom", cron="1" * 129), "UTC", None, "cron"),
        (Cadence(frequency="daily"), "Europe/Atlantis", None, "timezone"),
        (Cadence(frequency="daily"), "../../etc/passwd", None, "timezone"),
        (Cadence(frequency="daily"), "Europe", None, "timezone"),
        (Cadence(frequency="daily"), "/etc/localtime", None, "timezone"),
        (Cadence(), "UTC", NOW - 61, "run_at"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(
    cadence: Cadence, zone: str, run_at: float | None, field: str
) -> None:
    """So that whoever asked finds it."""
    with pytest.raises(RuleError) as refused:
        rule_of(cadence, zone, run_at, NOW)
    assert refused.value.field == field


def test_a_moment_may_be_a_minute_over() -> None:
    """It was still to come when it was sent."""
    assert rule_of(Cadence(), "UTC", NOW - 60, NOW) == ScheduleRule(run_at=NOW - 60)


def test_a_change_leaves_what_it_does_not_name() -> None:
    """And drops what has no meaning with a new frequency."""
    weekly = Cadence(frequency="weekly", time="10:00", day_of_week=5)
    assert merged(weekly, Cadence(time="11:00")) == Cadence(frequency="weekly", time="11:00", day_of_week=5)
    assert merged(weekly, Cadence(frequency="daily")) == Cadence(frequency="daily", time="10:00")
    assert merged(weekly, Cadence(frequency="hourly")) == Cadence(frequency="hourly")


def test_on_time_there_is_nothing_to_skip() -> None:
    """The time itself, and the next one."""
    found = due_fires(ScheduleRule("*/15 * * * *"), NOW, NOW + 3)
    assert (found.start, found.skipped, found.more, found.next) == (NOW, (), False, NOW + 900)


def test_of_what_was_missed_the_last_one_is_made_up_for() -> None:
    """Where it is less than an hour old; an hour is too old."""
    quarterly, daily = ScheduleRule("*/15 * * * *"), ScheduleRule("0 0 * * *")
    found = due_fires(quarterly, NOW, NOW + HOUR + 10)
    assert (found.start, found.skipped) == (NOW + HOUR, tuple(NOW + 900 * n for n in range(4)))
    assert due_fires(daily, NOW, NOW + HOUR - 1).start == NOW
    late = due_fires(daily, NOW, NOW + HOUR)
    assert (late.start, late.skipped, late.next) == (None, (NOW,), NOW + 86_400)
    weeks = due_fires(daily, NOW, NOW + 14 * 86_400 + 60)
    assert (weeks.start, len(weeks.skipped)) == (NOW + 14 * 86_400, 14)


def test_a_long_absence_is_told_in_short() -> None:
    """Not by half a million lines."""
    found = due_fires(ScheduleRule("* * * * *"), NOW, NOW + 365 * 86_400)
    assert (found.start, len(found.skipped), found.more) == (NOW + 365 * 86_400, MOST_TOLD, True)


def test_one_moment_is_made_up_for_or_missed() -> None:
    """As any other; there is none after it."""
    once = ScheduleRule(run_at=NOW)
    assert due_fires(once, NOW, NOW + 5) == due_fires(once, NOW, NOW + HOUR - 1)
    assert due_fires(once, NOW, NOW + 5).start == NOW
    assert due_fires(once, NOW, NOW + HOUR).skipped == (NOW,)


def test_chains_are_measured_and_circles_found() -> None:
    """Whatever the order in which they were made."""
    line = [(str(n), str(n + 1)) for n in range(5)]
    assert longest_chain([]) == 0
    assert longest_chain(line[::-1]) == 5
    assert longest_chain([*line, ("0", "9"), ("9", "4")]) == 5
    assert longest_chain([*line, ("5", "0")]) is None
    assert longest_chain([("a", "a")]) is None
