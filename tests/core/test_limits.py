"""The caps of a run, as pure questions."""

from __future__ import annotations

import pytest

from coasty_desk.core.actions import (
    Action,
    Click,
    KeyCombo,
    Look,
    Point,
    Prediction,
    Refusal,
    Scroll,
    TypeText,
    Usage,
    Verdict,
    Wait,
)
from coasty_desk.core.events import Ending
from coasty_desk.core.limits import IDLE_STEPS, LOOKS, REPEATS, Limits, Progress, renewed, spent, stalled
from coasty_desk.core.money import CENT


def _after(*batches: tuple[Action | Refusal, ...]) -> Progress:
    progress = Progress()
    for actions in batches:
        progress = progress.after(Prediction(Verdict.CONTINUE, actions, usage=Usage(4 * CENT)))
    return progress


def _ending(progress: Progress) -> Ending | None:
    found = stalled(progress, Verdict.CONTINUE)
    return None if found is None else found[0]


def test_each_prediction_counts_a_step_and_its_cost() -> None:
    """Steps are predictions; cents are what was charged."""
    progress = _after((), (Wait(1),))
    assert (progress.steps, progress.spent) == (2, 8 * CENT)


@pytest.mark.parametrize(
    ("limits", "progress", "price", "ending"),
    [
        (Limits(max_steps=2), Progress(steps=2), 0, Ending.MAX_STEPS),
        (Limits(max_steps=2), Progress(steps=1), 99 * CENT, None),
        (Limits(deadline=5), Progress(seconds=5), 0, Ending.DEADLINE),
        (Limits(budget=13 * CENT), Progress(), 14 * CENT, Ending.BUDGET),
        (Limits(budget=14 * CENT), Progress(), 14 * CENT, None),
        (Limits(budget=20 * CENT), Progress(spent=14 * CENT), 6 * CENT, None),
        (Limits(budget=0 * CENT), Progress(), 0 * CENT, None),
        (Limits(promised=38 * CENT), Progress(spent=28 * CENT), 10 * CENT, None),
        (Limits(promised=38 * CENT), Progress(spent=28 * CENT), 14 * CENT, Ending.BUDGET),
        (Limits(promised=38 * CENT, budget=20 * CENT), Progress(spent=14 * CENT), 10 * CENT, Ending.BUDGET),
        (Limits(promised=20 * CENT, budget=38 * CENT), Progress(spent=14 * CENT), 10 * CENT, Ending.BUDGET),
    ],
)
def test_a_cap_is_asked_before_the_money_is_spent(
    limits: Limits, progress: Progress, price: int, ending: Ending | None
) -> None:
    """What the next step may cost at worst counts already."""
    found = spent(limits, progress, price)
    assert (None if found is None else found[0]) == ending


def test_doing_nothing_three_times_is_a_stall() -> None:
    """Idle steps in a row; one action between them starts the count again."""
    assert _ending(_after(*[()] * (IDLE_STEPS - 1))) is None
    assert _ending(_after(*[()] * IDLE_STEPS)) is Ending.STALLED
    assert _ending(_after((), (), (TypeText("x"),), ())) is None


def test_the_same_click_six_times_is_a_stall_even_if_it_trembles() -> None:
    """Points within the same 8-pixel cell are the same place."""
    trembling = [(Click(Point(400 + n % 3, 301)),) for n in range(REPEATS)]
    assert _ending(_after(*trembling[:-1])) is None
    assert _ending(_after(*trembling)) is Ending.STALLED
    assert _ending(_after(*[(Click(Point(400 + 8 * n, 301)),) for n in range(REPEATS)])) is None


def test_scrolling_and_waiting_are_no_stall() -> None:
    """A long page and a slow one take as long as they take."""
    assert _ending(_after(*[(Scroll(-3), Wait(1))] * 20)) is None
    assert _ending(_after(*[(Scroll(-3, point=Point(5, 5)),)] * 20)) is None


def test_waiting_between_does_not_hide_a_circle() -> None:
    """Steps that only wait are left out of the count, they do not restart it."""
    same: tuple[Action, ...] = (KeyCombo(("ctrl", "r")),)
    assert _ending(_after(*[same, (Wait(1),)] * REPEATS)) is Ending.STALLED


def test_a_verdict_is_no_stall() -> None:
    """Done three times over is still done."""
    assert stalled(_after(*[()] * 5), Verdict.DONE) is None


@pytest.mark.parametrize(
    ("used", "ending", "expected"),
    [
        (Progress(steps=9), Ending.MAX_STEPS, Limits(18, 60.0, 50 * CENT)),
        (Progress(steps=4), Ending.STOP, Limits(9, 60.0, 50 * CENT)),
        (Progress(steps=4, seconds=61.0), Ending.DEADLINE, Limits(9, 121.0, 50 * CENT)),
        (Progress(steps=4, spent=48 * CENT), Ending.BUDGET, Limits(9, 60.0, 98 * CENT)),
        (Progress(steps=9, seconds=70.0, spent=50 * CENT), Ending.SERVICE_ERROR, Limits(18, 130.0, 50 * CENT)),
    ],
)
def test_what_was_used_up_begins_anew(used: Progress, ending: Ending, expected: Limits) -> None:
    """Of the same size; what is left goes on."""
    assert renewed(Limits(9, 60.0, 50 * CENT), Limits(9, 60.0, 50 * CENT), used, ending) == expected
    assert renewed(Limits(9), Limits(4), used, ending).max_steps == (used.steps + 4 if used.steps == 9 else 9)


def test_looking_again_is_no_idleness_for_a_while() -> None:
    """Five times in a row; what is more is idle, and ends as that does. Input begins the count anew."""
    look, progress = Prediction(Verdict.CONTINUE, (Look(),)), Progress()
    for _ in range(LOOKS):
        progress = progress.after(look)
    assert (progress.idle, stalled(progress, Verdict.CONTINUE)) == (0, None)
    assert progress.after(Prediction(Verdict.CONTINUE, (Click(None),))).looks == 0
    for _ in range(IDLE_STEPS):
        progress = progress.after(look)
    assert stalled(progress, Verdict.CONTINUE) is not None
