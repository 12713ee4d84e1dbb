"""Another hand on the keyboard or the mouse in the middle of an action: nothing is made of what it adds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from Xlib import X

from coasty_desk.core.actions import Click, Drag, Point, PressKeys, Scroll, TypeText
from coasty_desk.core.errors import Aborted, BrokenOffError
from coasty_desk.core.scaling import Rect
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.abort.methods import armed
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import focus_guard
from coasty_desk.desktop.x11.xkb import Xkb
from tests.desktop import targets
from tests.desktop.interference import FRAME, LONG, Person, broken_off, counted, do, meanwhile, texted, until
from tests.desktop.targets import App

MODIFIERS = {"ctrl": 0xFFE3, "shift": 0xFFE1, "alt": 0xFFE9, "super": 0xFFEB, "AltGr": 0xFFEA}
CAPS_LOCK, NUM_LOCK = 0xFFE5, 0xFF7F


@pytest.fixture
def person(display: str) -> Iterator[Person]:
    """Who lets go of everything in the end."""
    del display
    hand = Person()
    yield hand
    for keysym in MODIFIERS.values():
        hand.key(keysym, down=False)
    xkb = Xkb.open(hand.display)
    assert xkb is not None
    xkb.lock_modifiers(0)
    hand.display.sync()
    hand.display.close()


@pytest.fixture
def watched(display: str, stop: Stop) -> Iterator[tuple[DesktopExecutor, OwnEvents]]:
    """The real executor, and somebody who listens to the keys, as in a run."""
    del display
    sent = OwnEvents()
    executor = DesktopExecutor(stop, sent=sent)
    with armed(stop, release=executor.release, sent=sent):
        yield executor, sent
    executor.release()


def typed(executor: DesktopExecutor) -> str:
    """What of the long text is said to have been typed; without its last character, if that is said to be in doubt."""
    try:
        do(executor, TypeText(LONG))
    except BrokenOffError as error:
        if error.by != "hand" or "may have come to something else" not in error.message:
            raise
        return LONG[: counted(error) - 1]
    return LONG


@pytest.mark.parametrize("modifier", MODIFIERS)
def test_no_letter_becomes_a_shortcut(
    tk_area: App, watched: tuple[DesktopExecutor, OwnEvents], person: Person, modifier: str
) -> None:
    """Typing holds on while a person holds Control or its like; of the one key that may have been on its way, the model is told."""

    def hold() -> None:
        until(lambda: texted(tk_area) > 100)
        person.key(MODIFIERS[modifier], down=True)
        before = -1
        while before != (before := texted(tk_area)):
            time.sleep(0.2)  # until nothing more comes
        assert before < len(LONG) - 500
        person.key(MODIFIERS[modifier], down=False)

    with meanwhile(hold):
        said = typed(watched[0])
    bits = {"ctrl": 4, "alt": 8, "super": 64}.get(modifier, 0)
    shortcuts = [event for event in tk_area.of_kind("key") if event["state"] & bits and len(event["keysym"]) == 1]
    assert len(shortcuts) <= (said != LONG)
    if said == LONG:
        assert targets.becomes(tk_area.text, LONG) == LONG


@pytest.mark.parametrize("lock", [CAPS_LOCK, NUM_LOCK])
def test_a_lock_that_a_person_turns_on_is_typed_around(
    tk_area: App, watched: tuple[DesktopExecutor, OwnEvents], person: Person, lock: int
) -> None:
    """The text is as it should be, and the lock is on when it is done: that was their wish."""

    def press() -> None:
        until(lambda: texted(tk_area) > 100)
        person.tap(lock)

    with meanwhile(press):
        said = typed(watched[0])
    text = targets.becomes(tk_area.text, said) if said == LONG else tk_area.text()
    assert text[: len(said)] == said
    assert len(text) - len(said) <= 1
    xkb = Xkb.open(person.display)
    assert xkb is not None
    assert xkb.state().locked


def test_a_key_that_stays_held_ends_it(
    tk_area: App, executor: DesktopExecutor, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever for a hand that has gone; nothing was typed, clicked or pressed."""
    monkeypatch.setattr(focus_guard, "_HELD", 0.2)
    person.key(MODIFIERS["ctrl"], down=True)
    for action in (
        TypeText("abc"),
        PressKeys(("enter",)),
        Click(Point(300, 300)),
        Scroll(3, "vertical", Point(300, 300)),
    ):
        error = broken_off(executor, action)
        assert error.by == "hand"
        assert "held down" in error.message
    assert tk_area.text() == ""
    assert tk_area.of_kind("press") == []


def test_a_stop_ends_the_holding_on(tk_area: App, executor: DesktopExecutor, person: Person, stop: Stop) -> None:
    """As it ends every other wait."""
    person.key(MODIFIERS["ctrl"], down=True)
    with meanwhile(lambda: stop.trip("stop")), pytest.raises(Aborted):
        do(executor, TypeText("abc"))
    assert tk_area.text() == ""


def test_a_click_waits_for_the_hand(tk_area: App, executor: DesktopExecutor, person: Person) -> None:
    """A person's Control would make it another click, another drag, another scroll."""
    at = Point(300, 300)
    for action in (Click(at), Drag(at, Point(200, 120)), Scroll(1, "vertical", at)):
        tk_area.events.clear()
        person.key(MODIFIERS["ctrl"], down=True)

        def let_go() -> None:
            until(lambda: person.pointer() == (at.x, at.y))
            assert tk_area.of_kind("press") == []
            person.key(MODIFIERS["ctrl"], down=False)

        with meanwhile(let_go):
            do(executor, action)
        assert [event["state"] & 4 for event in tk_area.wait_for("press", 1)] == [0]
        executor.perform(FRAME.place(Click(Point(500, 400))))


@pytest.mark.parametrize("mode", ["pause", "stop", "ignore"])
def test_a_person_who_types_too(tk_area: App, person: Person, mode: Any) -> None:
    """Two hands in one text make nonsense of it: it is ended and told, or the run stops, or they are left to it."""
    stop, sent = Stop(), OwnEvents()
    executor = DesktopExecutor(stop, sent=sent, on_human_input=mode)
    with armed(stop, release=executor.release, sent=sent):

        def press() -> None:
            until(lambda: texted(tk_area) > 100)
            person.tap(ord("7"))

        with meanwhile(press):
            if mode == "pause":
                error = broken_off(executor, TypeText(LONG))
                assert error.by == "hand"
                assert "a person pressed a key" in error.message
            elif mode == "stop":
                with pytest.raises(Aborted):
                    do(executor, TypeText(LONG))
            else:
                do(executor, TypeText(LONG))
    if mode == "pause":
        # the person's key between ours: with our Shift down it is another character
        assert re.sub("[7&]", "", tk_area.text()) == LONG[: counted(error)]
    elif mode == "ignore":
        assert len(tk_area.text()) == len(LONG) + 1
    executor.release()


def test_our_own_keys_are_nobody_elses(tk_area: App, watched: tuple[DesktopExecutor, OwnEvents]) -> None:
    """Fast or held, none of them is taken for a person's."""
    executor, sent = watched
    do(executor, TypeText(LONG + "ü€中"))
    do(executor, PressKeys(("shift+left",) * 3))
    do(executor, Drag(Point(100, 100), Point(700, 500), modifiers=("shift",)))
    assert (sent.others, sent.struck, sent.locks) == (0, 0, 0)
    assert targets.becomes(tk_area.text, LONG + "ü€中") == LONG + "ü€中"


# A pointer that is held elsewhere


@contextmanager
def confined(where: Rect) -> Iterator[None]:
    """Another program keeps the pointer inside a rectangle, as games and viewers do."""
    display = x11.display()
    root = display.screen().root
    window = root.create_window(
        where.left, where.top, where.width, where.height, 0, X.CopyFromParent, X.InputOnly, override_redirect=True
    )
    window.map()
    display.sync()
    status = root.grab_pointer(1, 0, X.GrabModeAsync, X.GrabModeAsync, window, X.NONE, X.CurrentTime)
    assert status == X.GrabSuccess
    try:
        yield
    finally:
        display.ungrab_pointer(X.CurrentTime)
        window.destroy()
        display.sync()
        display.close()


def test_no_press_where_the_pointer_cannot_get(tk_area: App, executor: DesktopExecutor) -> None:
    """It is asked where it is before anything is pressed."""
    far = Point(600, 500)
    with confined(Rect(900, 600, 100, 100)):
        for action in (Click(far), Drag(far, Point(100, 100)), Scroll(2, "vertical", far)):
            error = broken_off(executor, action)
            assert error.by == "pointer"
            assert "nothing was pressed" in error.message
    assert tk_area.of_kind("press") == []
    do(executor, Click(far))
    tk_area.wait_for("press", 1)


def test_a_drag_that_is_held_back_is_told(tk_area: App, executor: DesktopExecutor) -> None:
    """The button is let go of, and the model knows that it was elsewhere."""

    def hold_back() -> None:
        tk_area.wait_for("press", 1)
        display = x11.display()
        root = display.screen().root
        while not tk_area.of_kind("release"):
            at = root.query_pointer()
            if at.root_x > 300:
                root.warp_pointer(300, at.root_y)
                display.sync()
        display.close()

    with meanwhile(hold_back):
        error = broken_off(executor, Drag(Point(200, 200), Point(700, 210)))
    assert error.by == "pointer"
    assert "elsewhere" in error.message
