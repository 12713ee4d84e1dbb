"""Keys that are held for a time and drags that turn, as a window that takes everything hears of them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from coasty_desk.core.actions import Drag, HoldKeys, Point
from coasty_desk.core.errors import Aborted, BrokenOffError
from coasty_desk.core.scaling import Frame
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.x11 import connection as x11
from tests.desktop import targets

SHIFT, LETTER = 0xFFE1, ord("a")


@pytest.fixture
def window(display: str) -> Iterator[targets.App]:
    """Over the whole display, with the focus."""
    with targets.closing(targets.App(display, [sys.executable, str(targets.APPS / "x_recorder.py")])) as app:
        yield app


def nothing_is_down() -> bool:
    """Whether the server knows of no key and no button that is down."""
    connection = x11.display()
    try:
        return not any(connection.query_keymap()) and connection.screen().root.query_pointer().mask == 0
    finally:
        connection.close()


def test_keys_are_held_as_long_as_was_asked(executor: DesktopExecutor, frame: Frame, window: targets.App) -> None:
    """Down in order, together for the time, up in reverse."""
    executor.perform(frame.place(HoldKeys(("shift", "a"), seconds=0.5)))
    ups = window.wait_for("key_up", 2)
    downs = window.of_kind("key_down")
    assert [event["keysym"] for event in downs[:2]] == [SHIFT, LETTER]
    assert [event["keysym"] for event in ups[-2:]] == [LETTER, SHIFT]
    assert ups[-2]["time"] - downs[1]["time"] >= 500
    assert nothing_is_down()


def test_a_stop_ends_the_holding(executor: DesktopExecutor, stop: Stop, frame: Frame, window: targets.App) -> None:
    """Within a moment, and lets go."""

    def end() -> None:
        window.wait_for("key_down", 1)
        stop.trip("hotkey")

    threading.Thread(target=end).start()
    with pytest.raises(Aborted):
        executor.perform(frame.place(HoldKeys(("shift",), seconds=300)))
    assert len(window.wait_for("key_up", 1)) == 1
    assert nothing_is_down()


def test_keys_are_let_go_where_another_window_takes_the_keyboard(
    executor: DesktopExecutor, frame: Frame, window: targets.App, display: str
) -> None:
    """What repeats would go on repeating there."""

    def take() -> None:
        window.wait_for("key_down", 1)
        other.append(targets.App(display, [sys.executable, str(targets.APPS / "x_recorder.py")]))

    other: list[targets.App] = []
    taking = threading.Thread(target=take)
    taking.start()
    with pytest.raises(BrokenOffError, match="held for"):
        executor.perform(frame.place(HoldKeys(("a",), seconds=60)))
    taking.join()
    with targets.closing(other[0]):
        assert nothing_is_down()


def test_a_drag_passes_every_point_of_its_way(executor: DesktopExecutor, frame: Frame, window: targets.App) -> None:
    """In their order, the button down from the first to the last."""
    way = (Point(500, 100), Point(500, 300), Point(300, 300))
    executor.perform(frame.place(Drag(Point(100, 100), Point(100, 200), via=way)))
    (press,), (release,) = window.wait_for("press", 1), window.wait_for("release", 1)
    assert ((press["x"], press["y"]), (release["x"], release["y"])) == ((100, 100), (100, 200))
    passed = [(event["x"], event["y"]) for event in window.of_kind("motion") if event["state"] & 0x100]
    turns = [passed.index((int(point.x), int(point.y))) for point in way]
    assert turns == sorted(turns)
    assert all(abs(y - 100) <= 1 for _x, y in passed[: turns[0]]), "each leg is straight"
    assert nothing_is_down()
