"""The order of steps: each has its evidence before the next begins, and an end names the step that it came to."""

from __future__ import annotations

import pytest

from coasty_desk.core.actions import Action, Click, Launch
from coasty_desk.models.offline.interpreter import waits
from tests.models.offline.drawn import Page


def counting(page: Page, action: Action) -> None:
    """`Add` counts, `Reset` begins anew, and nothing else does anything."""
    count = next(int(name.removeprefix("Sum: ")) for name in page.shown if name.startswith("Sum: "))
    if isinstance(action, Click) and action.point is not None:
        on = next(
            (
                name
                for name, (left, top) in page.shown.items()
                if left - 12 <= action.point.x <= left + 60 and top - 8 <= action.point.y <= top + 26
            ),
            "",
        )
        new = {"Add": count + 1, "Reset": 0}.get(on, count)
        del page.shown[f"Sum: {count}"]
        page.shown[f"Sum: {new}"] = (300, 300)


def page() -> Page:
    """A page with a sum, two buttons that change it and one that does nothing."""
    made = Page({"Add": (60, 60), "Reset": (60, 120), "Dead": (60, 180), "Sum: 0": (300, 300)}, counting)
    made.framed = {"Add", "Reset", "Dead"}
    return made


def test_steps_are_carried_out_in_their_order() -> None:
    """Each once."""
    made = page()
    assert made.carry_out('Click "Add", click "Add", click "Reset" and click "Add"') is None
    assert "Sum: 1" in made.shown
    assert len(made.done) == 4


def test_an_end_names_the_step_and_nothing_behind_it_is_begun() -> None:
    """What follows rests on it."""
    made = page()
    end = made.carry_out('Click "Add", click "Elsewhere", click "Add"')
    assert end is not None
    assert "Elsewhere" in end.step
    assert "Sum: 1" in made.shown


def test_a_button_that_does_nothing_is_not_done() -> None:
    """Nothing on the screen says that it was."""
    made = page()
    end = made.carry_out('Click "Dead"')
    assert end is not None
    assert "Dead" in end.why


def test_a_condition_chooses_what_is_carried_out() -> None:
    """Where it does not hold and there is no other side, nothing is, and the rest goes on."""
    made = page()
    assert made.carry_out('If "Sum: 0" is visible, click "Add"') is None
    assert made.carry_out('If "Sum: 0" is visible, click "Reset"') is None
    assert "Sum: 1" in made.shown
    assert len(made.done) == 1


def test_a_repeat_ends_as_soon_as_its_condition_holds_and_says_where_it_never_did() -> None:
    """It is asked before each round."""
    made = page()
    assert made.carry_out('Repeat until "Sum: 3" is visible: click "Add"') is None
    assert len(made.done) == 3
    end = page().carry_out('Repeat until "Total" is visible: click "Add"')
    assert end is not None
    assert "repeated" in end.why


def test_what_cannot_be_started_is_said() -> None:
    """Where there are no applications."""
    end = page().carry_out("Open Mousepad")
    assert end is not None
    assert "cannot be started" in end.why


def test_an_application_is_open_once_its_window_is_there() -> None:
    """Starting it is no evidence."""

    def opens(made: Page, action: Action) -> None:
        assert action == Launch("Mousepad")
        made.shown = {f"line {n} of the new window, which is large": (10, 20 + 30 * n) for n in range(10)}

    made = Page({"Desktop": (10, 10)}, opens)
    assert made.carry_out("Open Mousepad", Launch) is None
    assert [proof.kind for proof in made.proofs] == ["window"]


@pytest.mark.parametrize("seconds", [0.3, 1.0, 7.0, 60.0])
def test_waits_add_up_and_none_of_them_is_long(seconds: float) -> None:
    """A look at least every five seconds."""
    each = waits(seconds)
    assert sum(each) == pytest.approx(seconds, abs=0.02)
    assert max(each) <= 5.0
