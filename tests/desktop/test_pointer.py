"""Clicks land on the pixel that was meant, drags drag, and the corner belongs to the person."""

from __future__ import annotations

import subprocess
import threading

import pytest

from coasty_desk.core.actions import Click, Drag, Move, Point, Scroll
from coasty_desk.core.errors import Aborted
from coasty_desk.core.scaling import Frame
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input.executor import DesktopExecutor
from tests.desktop import targets
from tests.desktop.xvfb import pointer_at, pointer_to


def test_clicks_are_counted_as_the_model_counts(executor: DesktopExecutor, frame: Frame, tk_area: targets.App) -> None:
    """A double click is one, a triple click is one, and two single clicks at one place are none."""
    place = Point(200, 100)
    executor.perform(frame.place(Click(place)))
    executor.perform(frame.place(Click(place)))
    tk_area.wait_for("release", 2)
    assert tk_area.of_kind("multiple") == []
    executor.perform(frame.place(Click(Point(300, 150), count=2)))
    assert tk_area.wait_for("multiple", 1)[-1]["count"] == 2
    executor.perform(frame.place(Click(Point(400, 200), count=3)))
    assert tk_area.wait_for("multiple", 3)[-1]["count"] == 3


@pytest.mark.parametrize(("button", "number"), [("left", 1), ("middle", 2), ("right", 3)])
def test_the_button_is_the_one_asked_for(
    button: str, number: int, executor: DesktopExecutor, frame: Frame, tk_area: targets.App
) -> None:
    """Each button is itself."""
    executor.perform(frame.place(Click(Point(250, 300), button=button)))  # type: ignore[arg-type]
    assert tk_area.wait_for("release", 1)[0]["button"] == number


def test_a_left_handed_pointer_is_no_matter(
    display: str, executor: DesktopExecutor, frame: Frame, tk_area: targets.App
) -> None:
    """With the buttons swapped, a left click is still what applications take for one."""
    subprocess.run(["xmodmap", "-display", display, "-e", "pointer = 3 2 1 5 4"], check=True)
    try:
        executor.perform(frame.place(Click(Point(250, 300))))
        executor.perform(frame.place(Scroll(1, point=Point(250, 300))))
        assert [event["button"] for event in tk_area.wait_for("press", 2)] == [1, 4]
    finally:
        subprocess.run(["xmodmap", "-display", display, "-e", "pointer = default"], check=True)


@pytest.mark.parametrize(
    ("scroll", "button"),
    [(Scroll(3), 4), (Scroll(-2), 5), (Scroll(2, "horizontal"), 7), (Scroll(-3, "horizontal"), 6)],
)
def test_the_wheel_turns_in_notches(
    scroll: Scroll, button: int, executor: DesktopExecutor, frame: Frame, tk_area: targets.App
) -> None:
    """Up, down, right and left, as many notches as asked, where asked."""
    at = Scroll(scroll.notches, scroll.axis, Point(350, 220))
    executor.perform(frame.place(at))
    seen = tk_area.wait_for("press", abs(scroll.notches))
    shifted = {6: (4, 1), 7: (5, 1)}.get(button, (button, 0))  # Tk shows the horizontal wheel as the other, with Shift
    assert [(event["button"], event["state"] & 1) for event in seen] == [shifted] * abs(scroll.notches)
    assert {(event["x"], event["y"]) for event in seen} == {(350, 220)}


def test_a_drag_takes_things_along(display: str, executor: DesktopExecutor, frame: Frame) -> None:
    """A square on a canvas is where it was dragged, to the pixel."""
    with targets.closing(targets.tk(display, "canvas")) as canvas:
        at = canvas.ask("where")
        x, y = (at["origin"][axis] + at["where"][axis] + 20 for axis in (0, 1))
        executor.perform(frame.place(Drag(Point(x, y), Point(x + 217, y + 143))))
        moved = canvas.ask("where")["where"]
        assert [moved[axis] - at["where"][axis] for axis in (0, 1)] == [217, 143]


def test_a_slider_is_dragged(display: str, executor: DesktopExecutor, frame: Frame) -> None:
    """A GTK slider's knob follows."""
    with targets.closing(targets.gtk(display, "scale")) as scale:
        before = scale.ask("where")
        executor.perform(frame.place(Drag(Point(*before["knob"]), Point(before["knob"][0] + 300, before["knob"][1]))))
        assert abs(scale.ask("where")["knob"][0] - before["knob"][0] - 300) <= 6


def test_a_page_takes_drops_and_selections(display: str, executor: DesktopExecutor, frame: Frame) -> None:
    """An HTML5 drag and drop, a text selection and a range input in Chromium."""
    with targets.closing(targets.Chromium(display)) as page:
        box = {name: page.ask(where=name)["where"] for name in ("source", "target", "words", "slider")}
        (x, y, *_), (to_x, to_y, *_) = box["source"], box["target"]
        executor.perform(frame.place(Drag(Point(x + 30, y + 20), Point(to_x + 40, to_y + 30))))
        x, y, width, _ = box["words"]
        executor.perform(frame.place(Drag(Point(x + 1, y + 10), Point(x + width * 13 / 33, y + 12))))
        selected = page.state("selection", "one two three")
        x, y, width, height = box["slider"]
        executor.perform(frame.place(Drag(Point(x + 8, y + height / 2), Point(x + width / 2, y + height / 2))))
        assert selected
        assert page.state("slider", 50)
        assert page.state("drops", 1)


def test_a_corner_is_the_persons(display: str, executor: DesktopExecutor, stop: Stop, frame: Frame) -> None:
    """The pointer in a corner stops the next action, and the stop says why."""
    executor.perform(frame.place(Move(Point(500, 500))))
    pointer_to(display, 0, 0)
    with pytest.raises(Aborted) as stopped:
        executor.perform(frame.place(Click(Point(500, 500))))
    assert stopped.value.reason == "corner"
    assert stop.reason == "corner"


def test_a_pointer_that_rested_in_a_corner_stops_nothing(display: str, stop: Stop, frame: Frame) -> None:
    """Where the pointer was before the run is no wish of a person's."""
    pointer_to(display, frame.sent.width - 1, frame.sent.height - 1)
    executor = DesktopExecutor(stop)
    executor.perform(frame.place(Click(None)))
    executor.perform(frame.place(Move(Point(10, 10))))
    executor.release()
    assert not stop.is_set()


def test_our_own_clicks_at_the_corners_stop_nothing(
    display: str, executor: DesktopExecutor, stop: Stop, frame: Frame
) -> None:
    """A click that the model wants in a corner lands two pixels inside it, and the run goes on."""
    right, bottom = frame.sent.width - 1, frame.sent.height - 1
    for x, y in ((0, 0), (right, 0), (0, bottom), (right, bottom)):
        executor.perform(frame.place(Click(Point(x, y))))
        at = pointer_at(display)
        assert (abs(at[0] - x), abs(at[1] - y)) == (2, 2)
    assert not stop.is_set()


def test_a_stop_in_a_drag_lets_the_button_go(
    executor: DesktopExecutor, stop: Stop, frame: Frame, tk_area: targets.App
) -> None:
    """Stopped on its way, a drag ends where it is, with the button up."""

    def on_its_way() -> None:
        tk_area.wait_for("press", 1)
        stop.trip("hotkey")

    threading.Thread(target=on_its_way).start()
    with pytest.raises(Aborted):
        executor.perform(frame.place(Drag(Point(100, 100), Point(700, 500))))
    assert len(tk_area.wait_for("release", 1)) == 1
    assert executor.held.names == ()
