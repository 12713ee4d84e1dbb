"""Whatever happens, nothing stays down."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from coasty_desk.core.actions import Action, Click, Drag, KeyCombo, Move, Point, PressKeys, Scroll, TypeText, Wait
from coasty_desk.core.errors import Aborted
from coasty_desk.core.scaling import Frame
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.input import pointer
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.x11 import connection as x11
from tests.desktop.xvfb import pointer_at


def test_what_is_held_is_let_go_in_reverse() -> None:
    """The registry knows the order, and asks each once."""
    held = Pressed()
    told: list[str] = []
    with held.down("a", lambda: told.append("a down"), lambda: told.append("a up")):  # noqa: SIM117 - one in the other
        with held.down("b", lambda: told.append("b down"), lambda: told.append("b up")):
            told.append(" and ".join(held.names))
            held.release_all()
    assert told == ["a down", "b down", "a and b", "b up", "a up"]
    assert not held.names


def test_what_is_written_down_before_it_is_sent() -> None:
    """A press that fails is released all the same: it may have gone out."""
    held, told = Pressed(), []

    def press() -> None:
        assert held.names == ("a",)
        raise OSError

    with pytest.raises(OSError), held.down("a", press, lambda: told.append("up")):  # noqa: PT011 - any will do
        pass
    assert told == ["up"]


def test_one_that_cannot_be_released_does_not_keep_the_next() -> None:
    """A dead display raises for every key; each is tried."""
    held, told = Pressed(), []

    def fail() -> None:
        told.append("failed")
        raise OSError

    with held.down("a", lambda: None, lambda: told.append("up")), held.down("b", lambda: None, fail):
        held.release_all()
    assert told == ["failed", "up"]


def test_holding_twice_releases_once() -> None:
    """A modifier that is in the chord and in the letter's own way is one key."""
    held, told = Pressed(), []
    with held.down("a", lambda: told.append("down"), lambda: told.append("up")):
        with held.down("a", lambda: told.append("down"), lambda: told.append("up")):
            pass
        assert told == ["down"]
    assert told == ["down", "up"]


class Broken(Exception):  # noqa: N818 - what goes wrong in between
    """Anything at all."""


def random_action(rng: random.Random) -> Action:
    """Any action, as a model might ask for it."""
    point = Point(rng.randrange(1280), rng.randrange(800))
    kinds: list[Callable[[], Action]] = [
        lambda: Click(point, rng.choice(["left", "middle", "right"]), rng.choice([1, 1, 2])),
        lambda: Click(point, modifiers=("ctrl", "shift")),
        lambda: Move(point),
        lambda: Scroll(rng.randrange(-3, 4), rng.choice(["vertical", "horizontal"]), point),
        lambda: TypeText(rng.choice(["Hello", "é@€", "漢字", "aB"])),
        lambda: PressKeys((rng.choice(["shift", "f5", "esc", "A"]),)),
        lambda: KeyCombo(tuple(rng.sample(["ctrl", "shift", "alt", "a", "F4", "+"], 3))),
        lambda: Wait(0.001),
        lambda: Drag(point, Point(rng.randrange(1280), rng.randrange(800))),
    ]
    return rng.choices(kinds, [4, 2, 4, 3, 4, 4, 4, 2, 0.5])[0]()


def test_after_random_actions_and_exceptions_nothing_is_down(
    display: str, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of actions with exceptions and stops among them: the server knows of no key and no button that is down."""
    monkeypatch.setattr(pointer, "_APART", 0.0)
    rng = random.Random(7)  # noqa: S311 - reproducible, not secret
    stop = Stop()
    executor = DesktopExecutor(stop)
    failures = 0
    for turn in range(200):
        if turn % 10 == 9:
            failures += break_in_the_middle(executor, stop, frame, rng)
            executor.release()
            stop = Stop()
            executor = DesktopExecutor(stop)
        action = random_action(rng)
        placed = frame.place(action)
        assert executor.refuses(placed) is None
        executor.perform(placed)
        if isinstance(action, Move):
            assert pointer_at(display) == (placed.real.point.x, placed.real.point.y)  # type: ignore[union-attr]
    executor.release()
    connection = x11.display()
    assert not any(connection.query_keymap())
    assert connection.screen().root.query_pointer().mask == 0
    connection.close()
    assert failures > 5


def break_in_the_middle(executor: DesktopExecutor, stop: Stop, frame: Frame, rng: random.Random) -> int:
    """Let something go wrong at a random moment of an action; says whether it did."""
    after = rng.randrange(1, 8)
    asked = executor._stop  # the stop as the devices ask it
    check = asked.check
    by_person = rng.random() < 0.5

    def worse() -> None:
        nonlocal after
        after -= 1
        if after == 0:
            if not by_person:
                raise Broken
            stop.trip("hotkey")
        check()

    asked.check = worse  # type: ignore[method-assign]
    try:
        executor.perform(frame.place(random_action(rng)))
    except (Broken, Aborted):
        return 1
    finally:
        asked.check = check  # type: ignore[method-assign]
    return 0
