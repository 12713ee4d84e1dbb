"""Windows are told apart by title and place, with a window manager and without."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from coasty_desk.core.actions import Point
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.patterns import Pattern
from coasty_desk.core.windows import Named
from coasty_desk.desktop import load, window_list
from coasty_desk.desktop.window_list import Window
from coasty_desk.desktop.windows_here import DesktopWindows, WindowMask, keep_focus
from tests.desktop.xvfb import xvfb

PATIENCE = 15.0


@contextmanager
def program(*command: str) -> Iterator[None]:
    """A program on the display of this process."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def until(what: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def named(title: str) -> Window:
    """The window of this title, once it is there."""
    until(lambda: any(window.title == title for window in window_list.windows()))
    return next(window for window in window_list.windows() if window.title == title)


def manages() -> bool:
    """Whether a window manager has taken the display over: a window that comes while it does is lost."""
    display = load.display()
    try:
        return window_list._property(display, display.screen().root, "_NET_CLIENT_LIST_STACKING") is not None
    finally:
        display.close()


@pytest.fixture(scope="module", params=["no window manager", "openbox"])
def desk(request: pytest.FixtureRequest) -> Iterator[tuple[Window, Window]]:
    """Two windows, the second over the first, both 246 pixels wide or so."""
    with xvfb(800, 600) as name:
        before = os.environ.get("DISPLAY")
        os.environ["DISPLAY"] = name
        with ExitStack() as programs:
            if request.param == "openbox":
                programs.enter_context(program("openbox"))
                until(manages)
            programs.enter_context(program("xterm", "-T", "Kontö one", "-geometry", "40x10+50+50"))
            one = named("Kontö one")
            programs.enter_context(program("xterm", "-T", "two", "-geometry", "40x10+200+100"))
            two = named("two")
            window_list.activate(two)
            until(lambda: window_list.focused() == two)
            yield named(one.title), named(two.title)
        os.environ.pop("DISPLAY")
        if before is not None:
            os.environ["DISPLAY"] = before


def test_a_place_belongs_to_the_topmost_window(desk: tuple[Window, Window]) -> None:
    """Where they overlap it is the upper one, decoration included, and beside them none."""
    one, two = desk
    windows = DesktopWindows()
    assert windows.at(Point(one.frame.left + 3, one.frame.top + 3)).title == "Kontö one"
    assert windows.at(Point(two.frame.left + 3, two.frame.top + 3)).title == "two"
    assert windows.at(Point(790, 590)) == Named("", "")
    assert "XTerm" in windows.at(Point(two.frame.left + 3, two.frame.top + 3)).kind


def test_the_focus_is_given_back(desk: tuple[Window, Window]) -> None:
    """What was in front before a question is in front after it."""
    one, two = desk
    window_list.activate(two)
    until(lambda: DesktopWindows().focused().title == "two")
    give_back = keep_focus()
    window_list.activate(one)
    until(lambda: DesktopWindows().focused().title == "Kontö one")
    give_back()
    until(lambda: DesktopWindows().focused().title == "two")


def test_a_mask_covers_the_windows_of_its_title(desk: tuple[Window, Window]) -> None:
    """The whole window, and only that."""
    one, _ = desk
    assert WindowMask(Pattern("kontö*"))() == (one.frame,)
    assert WindowMask(Pattern("three"))() == ()


def test_a_display_that_is_not_there_is_the_desktops_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mask that cannot be told fails closed."""
    monkeypatch.setenv("DISPLAY", "")
    with pytest.raises(DesktopError):
        WindowMask(Pattern("x"))()
