"""The badge: seen by the person, not by the model, and in nobody's way."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image, ImageChops

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click, Point
from coasty_desk.core.scaling import Frame, Rect
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.screen.capture import MonitorScreen
from coasty_desk.desktop.screen.overlay import GROUND, Badge, NoBadgeError
from coasty_desk.desktop.x11 import window_list
from tests.desktop.conftest import SCREEN
from tests.desktop.targets import App, closing, tk
from tests.desktop.xvfb import xvfb

WHOLE = Rect(0, 0, SCREEN.width, SCREEN.height)
MIDDLE_OF_THE_BADGE = Point(WHOLE.width // 2, 6)


@pytest.fixture
def window(display: str) -> Iterator[App]:
    """A white canvas over all of the display."""
    with closing(tk(display, "canvas", f"{WHOLE.width}x{WHOLE.height}+0+0")) as app:
        yield app


def _seen(image: bytes) -> Image.Image:
    with Image.open(io.BytesIO(image)) as opened:
        return opened.convert("RGB")


def test_the_person_sees_it_and_the_model_does_not(window: App, frame: Frame) -> None:
    """With the badge on the screen, every look that is `uncovered` is the screen as it was without, to the pixel."""
    screen = MonitorScreen(Stop(), max_size=SCREEN)
    without = _seen(screen.capture().image)
    badge = Badge(WHOLE, "press F12 to stop")
    uncovered = MonitorScreen(Stop(), max_size=SCREEN)
    uncovered.uncovered = badge.away
    try:
        for step in range(1, 6):
            badge.tell(ev.Observed(run_id="r", step=step, frame=frame))
            on_the_screen = _seen(screen.capture().image)
            assert on_the_screen.getpixel((int(MIDDLE_OF_THE_BADGE.x) - 60, 2)) == GROUND
            changed = ImageChops.difference(without, on_the_screen).getbbox()
            assert changed is not None
            assert changed[3] <= 24
            assert ImageChops.difference(without, _seen(uncovered.capture().image)).getbbox() is None
            part = _seen(uncovered.picture(Rect(600, 0, 200, 30)))
            assert ImageChops.difference(without.crop((600, 0, 800, 30)), part).getbbox() is None
    finally:
        badge.close()
    assert ImageChops.difference(without, _seen(screen.capture().image)).getbbox() is None
    screen.close()
    uncovered.close()


def test_a_click_goes_through_it_and_the_focus_stays(window: App, executor: DesktopExecutor, frame: Frame) -> None:
    """What lies under it is hit on the very pixel, with the badge on the screen all the while."""
    focused = window_list.focused()
    badge = Badge(WHOLE, "press F12 to stop")
    try:
        executor.perform(frame.place(Click(MIDDLE_OF_THE_BADGE)))
        pressed = window.wait_for("press", 1)
        assert (pressed[0]["x"], pressed[0]["y"]) == (MIDDLE_OF_THE_BADGE.x, MIDDLE_OF_THE_BADGE.y)
        assert window_list.focused() == focused
    finally:
        badge.close()


def test_it_is_in_no_list_of_windows(window: App) -> None:
    """A policy that asks which window a click hits is told the one beneath."""
    badge = Badge(WHOLE, "press F12 to stop")
    try:
        hit = window_list.pixel_reaches(MIDDLE_OF_THE_BADGE)
        assert hit is not None
        assert hit.window.title == "coasty-desk canvas"
        assert not any("badge" in one.kind for one in window_list.windows())
    finally:
        badge.close()


def test_where_it_could_not_be_kept_out_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that keeps no picture of what lies under it is told by what it lacks."""
    with xvfb(800, 600, "-extension", "Composite") as display:
        monkeypatch.setenv("DISPLAY", display)
        with pytest.raises(NoBadgeError, match="no Composite extension"):
            Badge(WHOLE, "press F12 to stop")


def test_a_display_that_goes_away_takes_it_along(monkeypatch: pytest.MonkeyPatch, frame: Frame) -> None:
    """Nothing is raised but by those who look."""
    with xvfb(800, 600) as display:
        monkeypatch.setenv("DISPLAY", display)
        badge = Badge(WHOLE, "press F12 to stop")
    badge.tell(ev.Observed(run_id="r", step=1, frame=frame))
    with badge.away():
        pass
    badge.close()
