"""Another window gets the keys in the middle of an action: the rest of it is not done, and the count is true."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from coasty_desk.core.actions import Action, Click, Point, PressKeys, Scroll, TypeText
from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.gates.confirm import Scripted
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.gates.policy import Policy
from coasty_desk.core.stop import Stop
from coasty_desk.core.typed_text.patterns import Pattern
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.screen.desktop_surroundings import DesktopSurroundings
from coasty_desk.desktop.x11 import window_list
from coasty_desk.guard.assemble import guarded
from coasty_desk.testing import ScriptedPredictor, StillScreen
from tests.desktop import targets
from tests.desktop.interference import (
    FRAME,
    LONG,
    PATIENCE,
    SIZE,
    broken_off,
    counted,
    do,
    keyboard_taken,
    meanwhile,
    texted,
    until,
)
from tests.desktop.managers import managed
from tests.desktop.targets import App

ENDLESS = LONG * 16
"""What nobody waits for: a window that is late on a busy machine still comes in the middle of it."""


@pytest.fixture(scope="module", params=["openbox", "i3", "fluxbox", "none"])
def desk(request: pytest.FixtureRequest) -> Iterator[tuple[App, App]]:
    """Notes and a bank, both with a text area."""
    with (
        managed(request.param, SIZE.width, SIZE.height) as display,
        targets.closing(targets.popups(display, "tk", "Notes", 40, 60)) as notes,
        targets.closing(targets.popups(display, "tk", "My Bank", 640, 60)) as bank,
    ):
        yield notes, bank


def focus(title: str) -> None:
    """Give a window the keys, and wait until it has them."""
    deadline = time.monotonic() + PATIENCE
    while (now := window_list.focused()) is None or now.title != title:
        assert time.monotonic() < deadline
        window_list.activate(next(window for window in window_list.windows() if window.title == title))
        time.sleep(0.1)


@pytest.fixture
def hands(desk: tuple[App, App]) -> Iterator[DesktopExecutor]:
    """The real executor on that display."""
    for app in desk:
        app.ask("clear")
    executor = DesktopExecutor(Stop(), sent=OwnEvents())
    yield executor
    executor.release()


def test_another_window_ends_the_typing(desk: tuple[App, App], hands: DesktopExecutor) -> None:
    """What was typed is where it belongs, but for the one character that may have been on its way; the count is true."""
    notes, bank = desk
    focus("Notes")

    def take_it() -> None:
        until(lambda: texted(notes) > 20)
        focus("My Bank")

    with meanwhile(take_it):
        error = broken_off(hands, TypeText(ENDLESS))
    assert error.by == "focus"
    assert "another window has the keyboard now" in error.message
    astray = bank.text()
    assert len(astray) <= 1
    assert notes.text() + astray == ENDLESS[: counted(error)]


def test_a_program_that_takes_the_keyboard_ends_the_typing(desk: tuple[App, App], hands: DesktopExecutor) -> None:
    """The focus stays where it is, but the keys go to whoever asks for a password: no more than one of them does."""
    notes, _ = desk
    focus("Notes")
    with ExitStack() as taken:

        def take_it() -> None:
            until(lambda: texted(notes) > 20)
            taken.enter_context(keyboard_taken())

        with meanwhile(take_it):
            error = broken_off(hands, TypeText(ENDLESS))
    assert error.by == "focus"
    assert "has taken the keyboard for itself" in error.message
    assert counted(error) - len(notes.text()) in (0, 1)
    assert ENDLESS.startswith(notes.text())


def test_completions_that_take_the_keys_for_their_field_hold_up_no_typing() -> None:
    """Qt says of their window only that it is the application's."""
    with (
        managed("openbox", SIZE.width, SIZE.height) as display,
        targets.closing(targets.qt(display, LONG + "!")) as app,
    ):
        executor = DesktopExecutor(Stop(), sent=OwnEvents())
        do(executor, TypeText(LONG))
        executor.release()
        assert app.text() == LONG


def test_a_dialog_that_comes_in_mid_typing_gets_none_of_it(desk: tuple[App, App], hands: DesktopExecutor) -> None:
    """Also where it is of the same application: its Enter would be an answer."""
    notes, _ = desk
    focus("Notes")

    def come() -> None:
        until(lambda: texted(notes) > 20)
        notes.ask("dialog")

    with meanwhile(come):
        error = broken_off(hands, TypeText(ENDLESS))
    assert error.by == "focus"
    assert counted(error) < len(ENDLESS)
    assert ENDLESS.startswith(notes.text())
    focus("Are you sure?")
    do(hands, PressKeys(("enter",)))
    until(lambda: not any(window.title == "Are you sure?" for window in window_list.windows()))


@pytest.mark.parametrize("action", [TypeText("yes\nand more"), PressKeys(("y", "enter", "a", "b"))])
def test_what_follows_the_enter_that_closes_a_window_is_not_typed(
    desk: tuple[App, App], hands: DesktopExecutor, action: Action
) -> None:
    """The window is gone: the rest belongs to nobody."""
    notes, bank = desk
    focus("Notes")
    notes.ask("dialog")
    focus("Are you sure?")
    error = broken_off(hands, action)
    assert error.by == "focus"
    assert "4 of 12 characters" in error.message or "2 of 4 keys" in error.message
    assert (notes.text(), bank.text()) == ("", "")


def test_a_rule_about_windows_is_asked_once_more_before_the_first_key(desk: tuple[App, App]) -> None:
    """Between the gate's look and the first key another window may come."""
    _, bank = desk
    bank.ask("clear")
    stop = Stop()
    policy = Policy(windows_denied=(Pattern("*Bank*"),))
    screen = StillScreen(SIZE)
    rules = GuardRules(policies=(policy,))
    executor = DesktopExecutor(stop, sent=OwnEvents(), rechecks=rules.rechecks)
    held = guarded(
        rules,
        stop=stop,
        screen=screen,
        executor=executor,
        predictor=ScriptedPredictor(),
        here=DesktopSurroundings(),
        person=Scripted(),
    )
    focus("My Bank")
    place = next(window.frame for window in window_list.windows() if window.title == "My Bank")
    middle = Point(place.left + place.width // 2, place.top + place.height // 2)
    for action in (TypeText("x"), PressKeys(("enter",)), Click(middle), Scroll(2, "vertical", middle)):
        with pytest.raises(BrokenOffError) as caught:
            held.executor.perform(FRAME.place(action))
        assert caught.value.by == "policy"
    assert bank.text() == ""
    executor.release()


def test_a_window_that_closes_ends_the_typing(hands: DesktopExecutor) -> None:
    """It is not gone on with into whatever lies beneath."""
    with targets.closing(targets.popups(os.environ["DISPLAY"], "tk", "Short", 300, 300)) as short:
        focus("Short")

        def end() -> None:
            until(lambda: texted(short) > 20)
            os.kill(short.pid, 9)

        with meanwhile(end):
            assert broken_off(hands, TypeText(ENDLESS)).by == "focus"
