"""Money is counted finely and said plainly."""

from __future__ import annotations

import pytest

from coasty_desk.core.limits import Limits, Progress, spent
from coasty_desk.core.money import CENT, Money, dollars, from_cents, in_cents, said_in_cents, whole_cents


@pytest.mark.parametrize(
    ("amount", "cents", "up", "shown", "said"),
    [
        (0, 0, 0, "$0.00", "0 cents"),
        (CENT, 1, 1, "$0.01", "1 cent"),
        (14 * CENT, 14, 14, "$0.14", "14 cents"),
        (500, 0.05, 1, "$0.0005", "0.05 cents"),
        (123_456_789, 12345.6789, 12346, "$123.456789", "12345.7 cents"),
        (250 * CENT, 250, 250, "$2.50", "250 cents"),
    ],
)
def test_an_amount_is_the_same_in_every_form(amount: Money, cents: float, up: int, shown: str, said: str) -> None:
    """Whole cents are whole in JSON, a part of one is not lost, and a worst case is rounded up."""
    assert (in_cents(amount), type(in_cents(amount))) == (cents, type(cents))
    assert from_cents(in_cents(amount)) == amount
    assert (whole_cents(amount), dollars(amount), said_in_cents(amount)) == (up, shown, said)


def test_a_small_models_steps_add_up_to_the_budget() -> None:
    """Twenty steps of a twentieth of a cent are a cent, and the next one is too dear."""
    limits, step = Limits(max_steps=99, budget=CENT), from_cents(0.05)
    assert spent(limits, Progress(spent=19 * step), step) is None
    reached = spent(limits, Progress(spent=20 * step), step)
    assert reached is not None
    assert "may cost 0.05 cents, and of the budget of 1 only 0 are left" in reached[1]
