"""Windows are told apart by title and place, with a window manager and without."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from Xlib import X
from Xlib.display import Display

from coasty_desk.core.actions import Point, TypeText
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.policy import Policy, Situation, forbids
from coasty_desk.core.gates.reached_windows import LONGEST_TITLE, NamedWindow
from coasty_desk.desktop.base.windows import Window
from coasty_desk.desktop.screen.desktop_surroundings import DesktopSurroundings, WindowMask
from coasty_desk.desktop.x11 import window_list
from coasty_desk.wire.regular_expressions import pattern
from tests.desktop.interference import until
from tests.desktop.managers import managed, program


def named(title: str) -> Window:
    """The window of this title, once it is there."""
    until(lambda: any(window.title == title for window in window_list.windows()))
    return next(window for window in window_list.windows() if window.title == title)


@pytest.fixture(scope="module", params=["none", "openbox"])
def desk(request: pytest.FixtureRequest) -> Iterator[tuple[Window, Window]]:
    """Two windows, the second over the first, both 246 pixels wide or so."""
    with managed(request.param, 800, 600), ExitStack() as programs:
        programs.enter_context(program("xterm", "-T", "Kontö one", "-geometry", "40x10+50+50"))
        one = named("Kontö one")
        programs.enter_context(program("xterm", "-T", "two", "-geometry", "40x10+200+100"))
        two = named("two")
        window_list.activate(two)
        until(lambda: window_list.focused() == two)
        yield named(one.title), named(two.title)


def test_a_place_belongs_to_the_topmost_window(desk: tuple[Window, Window]) -> None:
    """Where they overlap it is the upper one, decoration included, and beside them none."""
    one, two = desk
    windows = DesktopSurroundings()
    assert windows.at(Point(one.frame.left + 3, one.frame.top + 3)).title == "Kontö one"
    assert windows.at(Point(two.frame.left + 3, two.frame.top + 3)).title == "two"
    assert windows.at(Point(790, 590)) == NamedWindow("", "")
    assert "XTerm" in windows.at(Point(two.frame.left + 3, two.frame.top + 3)).kind


def test_the_focus_is_given_back(desk: tuple[Window, Window]) -> None:
    """What was in front before a question is in front after it."""
    one, two = desk
    window_list.activate(two)
    until(lambda: DesktopSurroundings().focused().title == "two")
    give_back = DesktopSurroundings().keep_focus()
    window_list.activate(one)
    until(lambda: DesktopSurroundings().focused().title == "Kontö one")
    give_back()
    until(lambda: DesktopSurroundings().focused().title == "two")


def test_a_mask_covers_the_windows_of_its_title(desk: tuple[Window, Window]) -> None:
    """The whole window, and only that."""
    one, _ = desk
    assert WindowMask((pattern("kontö*"),))() == (one.frame,)
    assert WindowMask((pattern("three"),))() == ()


def test_a_display_that_is_not_there_is_the_desktops_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mask that cannot be told fails closed."""
    monkeypatch.setenv("DISPLAY", "")
    with pytest.raises(DesktopError):
        WindowMask((pattern("x"),))()


def test_a_title_of_many_megabytes_stays_where_it_is(desk: tuple[Window, Window]) -> None:
    """Safety sentence: a title too long to be judged is not read to its end; its window is masked and its rules refuse."""
    one, _ = desk
    megabytes(one.id, "_NET_WM_NAME", 8)  # the server copies all of it for each piece that is added
    megabytes(one.id, "WM_CLASS", 4)
    tracemalloc.start()
    try:
        read = next(window for window in window_list.windows() if window.id == one.id)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(read.title) == LONGEST_TITLE + 1
    assert peak < 2_000_000
    assert WindowMask((pattern("no such title"),))() == (one.frame,)
    policy = Policy(windows_denied=(pattern("no such title"),))
    assert forbids(policy, TypeText("x"), Situation(windows=(NamedWindow(read.title),)))
    megabytes(one.id, "_NET_WM_NAME", 0)
    megabytes(one.id, "WM_CLASS", 0)


def megabytes(window: int, name: str, size: int) -> None:
    """Hang so much on a window, as any program may."""
    display = Display()
    try:
        target, atom = display.create_resource_object("window", window), display.intern_atom(name)
        kind = display.intern_atom("UTF8_STRING" if size and name != "WM_CLASS" else "STRING")
        target.change_property(atom, kind, 8, b"" if size else b"Kont\xf6 one")
        for _ in range(size * 5):
            target.change_property(atom, kind, 8, b"a" * 200_000, X.PropModeAppend)
        display.sync()
    finally:
        display.close()
