"""The prices of API.md §5, to the cent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coasty_desk.core.scaling import Size
from coasty_desk.models.coasty.pricing import FREE_SIZE, StatelessTariff, Tariff, cheapest, itemise, savings

SD, HD = Size(1280, 720), Size(1920, 1080)
TABLE = {
    1: (14, 15, 14, 14, 14, 17),
    3: (28, 34, 26, 28, 28, 37),
    5: (48, 62, 38, 50, 50, 63),
    10: (98, 132, 68, 138, 140, 128),
    25: (248, 342, 158, 438, 690, 323),
    50: (498, 692, 308, 938, 1790, 648),
}


@pytest.mark.parametrize(("steps", "row"), TABLE.items())
def test_every_row_of_the_worked_table_comes_out(steps: int, row: tuple[int, ...]) -> None:
    """Sessions of all the table's settings."""
    sessions = [
        Tariff(SD),
        Tariff(HD),
        Tariff(SD, memory=1),
        Tariff(SD, memory=8),
        Tariff(SD, memory=20),
        Tariff(SD, version="v1"),
    ]
    assert tuple(tariff.run(steps) for tariff in sessions) == row


def test_steps_of_a_session_grow_with_what_it_remembers() -> None:
    """4, 6, 8, 10, 10 without HD, and 5, 8, 11, 14, 14 with it."""
    assert [Tariff(SD).step(n) for n in range(1, 6)] == [4, 6, 8, 10, 10]
    assert [Tariff(HD).step(n) for n in range(1, 6)] == [5, 8, 11, 14, 14]


@pytest.mark.parametrize(
    ("sent", "hd"),
    [(SD, False), (Size(1281, 720), True), (Size(1280, 721), True), (Size(720, 1280), True), (Size(320, 240), False)],
)
def test_an_image_is_hd_beyond_either_side(sent: Size, *, hd: bool) -> None:
    """1280x720 itself is free; one pixel more in width or height is not."""
    assert Tariff(sent).hd is hd


@pytest.mark.parametrize(("length", "cents"), [(0, 4), (500, 4), (501, 5)])
def test_a_prompt_costs_from_its_501st_character(length: int, cents: int) -> None:
    """Exactly 500 characters are free."""
    assert Tariff(SD, prompt=length).step(1) == cents


def test_no_steps_cost_nothing() -> None:
    """A session is opened with the first step, so a run without one is free."""
    assert Tariff(SD).run(0) == 0
    assert itemise(Tariff(SD), 0) == ()


tariffs = st.builds(
    Tariff,
    st.builds(Size, st.integers(320, 3840), st.integers(240, 2160)),
    st.integers(1, 20),
    st.sampled_from(["v1", "v3", "v4", "v5"]),
    st.integers(0, 2000),
)


@given(tariffs, st.integers(0, 60))
def test_the_lines_of_a_bill_add_up(tariff: Tariff, steps: int) -> None:
    """Whatever the settings, the itemised lines are the run's price."""
    assert sum(line.cents for line in itemise(tariff, steps)) == tariff.run(steps)


@given(tariffs, st.integers(1, 60))
def test_the_cheapest_setting_keeps_the_memory_and_saves_what_is_said(tariff: Tariff, steps: int) -> None:
    """All the savings together lead to the cheapest setting's price, and none of them touches the memory."""
    best = cheapest(tariff, steps)
    assert best.memory == tariff.memory
    assert FREE_SIZE.holds(best.sent)
    assert tariff.run(steps) - sum(saving.cents for saving in savings(tariff, steps)) == best.run(steps)
    assert best.run(steps) <= tariff.run(steps)


def test_a_run_without_a_session_costs_as_the_table_says() -> None:
    """API.md §5: without any screenshot of before, and with three of them."""
    rows = {1: (5, 5), 3: (15, 21), 5: (25, 43), 10: (50, 98), 25: (125, 263), 50: (250, 538)}
    for steps, row in rows.items():
        assert (StatelessTariff(SD, memory=0).run(steps), StatelessTariff(SD, memory=3).run(steps)) == row


def test_short_runs_are_cheapest_without_a_session_and_long_ones_with_one() -> None:
    """At the memory that both have: up to nine steps, from eleven on, and at ten it is the same."""
    for steps in range(1, 10):
        assert savings(Tariff(SD), steps)[-1].change == "--stateless 3"
    assert savings(Tariff(SD), 10) == savings(StatelessTariff(SD), 10) == ()
    assert [saving.change for saving in savings(StatelessTariff(SD), 11)] == ["a session (no --stateless)"]
    assert savings(StatelessTariff(SD, memory=0), 50) == ()


def test_what_is_left_of_a_run_without_a_session_is_told_at_its_worst() -> None:
    """With as many screenshots of before as may be sent along."""
    assert StatelessTariff(SD, memory=3).rest(4, None) == 4 * 11
    assert StatelessTariff(HD, memory=1).rest(2, None) == 2 * (5 + 2 + 2)
