"""The embedded predictor beside things that move by themselves, on a real window: what is done carries its evidence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import Shell
from tests.desktop.targets import APPS, App
from tests.desktop.xvfb import xvfb

OFFLINE = ("run", "--provider", "offline", "--json", "--yes")


@pytest.fixture(scope="module")
def desk() -> Iterator[str]:
    """A display with a window manager."""
    with xvfb(1280, 800) as name:
        yield name


@contextmanager
def moving(desk: str, what: str, late: int = 0) -> Iterator[App]:
    """The window with something that moves; its other button's effect comes so many milliseconds late."""
    app = App(desk, [sys.executable, str(APPS / "moving_app.py"), what, str(late)])
    try:
        yield app
    finally:
        app.close()


@pytest.mark.parametrize("what", ["spinner", "clock", "carousel"])
def test_what_moves_by_itself_is_no_evidence_of_a_click(shell: Shell, desk: str, what: str) -> None:
    """The button does nothing: whatever else goes on in its window, it is not said to be done."""
    with moving(desk, what):
        result = shell(*OFFLINE, 'click "Subscribe"', DISPLAY=desk)
    assert result.code == 1
    assert len([event for event in result.of("acting") if event["words"].startswith("click")]) == 1


@pytest.mark.parametrize("then", ["", ', then make sure "Thank you" is there'], ids=["alone", "waited-for"])
@pytest.mark.parametrize("what", ["nothing", "spinner"])
def test_an_effect_that_comes_late_is_waited_for_and_nothing_is_pressed_twice(
    shell: Shell, desk: str, what: str, then: str
) -> None:
    """Who presses again buys twice. What was seen is told with the event, and where."""
    with moving(desk, what, late=2500) as app:
        result = shell(*OFFLINE, f'click "Order now"{then}', DISPLAY=desk)
        assert (result.code, app.ask("tell")["presses"]) == (0, 1)
    [evidence] = [one for event in result.of("predicted") for one in event.get("evidence", [])]
    assert evidence["kind"] == ("condition" if then else "elsewhere")
    assert evidence["where"]["width"] > 0


def test_a_drop_that_is_taken_back_a_good_second_later_is_not_done(shell: Shell, desk: str) -> None:
    """A server's answer, and then a movement of the page, take that long."""
    with moving(desk, "nothing", late=1200):
        result = shell(*OFFLINE, 'drag "Paper" to "Shelf"', DISPLAY=desk)
    assert result.code == 1
