"""A person's keyboard with a layout of its own beside XTEST's, and layouts that change in mid-text: exact, or told."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.live_keymap import from_xkb
from coasty_desk.desktop.x11.xkb import Xkb
from coasty_desk.desktop.x11.xtest_keyboard import X11Keyboard
from tests.desktop import targets
from tests.desktop.xvfb import set_layout, xephyr, xvfb

LONG = "zy@qé{}-漢" * 300


class Desk:
    """A display whose own keyboard a person types on: `outer` is where that keyboard's keys come from."""

    def __init__(self, outer: str, inner: str) -> None:
        self._outer = outer
        self.display = inner

    def person_presses(self, key: str) -> None:
        """A key of the person's keyboard, seen by the display."""
        display = x11.display()
        xkb = Xkb.open(display)
        assert xkb is not None
        xkb.take_over()
        xkb.watch()
        display.sync()
        until = time.monotonic() + targets.PATIENCE
        while not xkb.changes():
            assert time.monotonic() < until, "the person's key never came"
            subprocess.run(["xdotool", "key", key], env={"DISPLAY": self._outer}, check=True)
            display.sync()
        display.close()

    def set_own_layout(self, layout: str) -> None:
        """Load a layout for the person's keyboard alone."""
        listed = subprocess.run(
            ["xinput", "list", "--id-only", "Xephyr virtual keyboard"],
            env={"DISPLAY": self.display}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        own = ["setxkbmap", "-display", self.display, "-device", listed.stdout.strip(), layout]
        subprocess.run(own, check=True)


@pytest.fixture(scope="module")
def nested() -> Iterator[Desk]:
    """One for all tests here."""
    with xvfb() as outer, xephyr(outer) as inner:
        yield Desk(outer, inner)


@pytest.fixture
def desk(nested: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """XTEST's keys are a US keyboard's, the person's a German one's."""
    monkeypatch.setenv("DISPLAY", nested.display)
    set_layout(nested.display, "us")
    nested.set_own_layout("de")
    return nested


@pytest.fixture
def keyboard(desk: Desk) -> Iterator[X11Keyboard]:
    """Our own."""
    hands = X11Keyboard(Stop(), Pressed(), OwnEvents())
    yield hands
    hands.close()


@pytest.mark.parametrize(
    "open_target", [targets.tk, targets.gtk, targets.qt, targets.Xterm], ids=["tk", "gtk", "qt", "xterm"]
)
def test_text_is_exact_after_a_persons_key(
    open_target: Callable[[str], Any], desk: Desk, keyboard: X11Keyboard
) -> None:
    """The core keyboard has the person's layout then, and ours again with our first key."""
    with targets.closing(open_target(desk.display)) as target:
        for text in ("zy@{}ß", "漢zy"):
            desk.person_presses("Pause")
            target.clear()
            keyboard.type(text)
            assert targets.becomes(target.text, text) == text


def test_a_chord_is_exact_after_a_persons_key(desk: Desk, keyboard: X11Keyboard) -> None:
    """Ctrl+Z is no Ctrl+Y."""
    with targets.closing(targets.tk(desk.display)) as target:
        desk.person_presses("Pause")
        target.events.clear()
        keyboard.stroke(("ctrl", "z"))
        assert target.wait_for("key", 2)[-1]["keysym"] == "z"


def test_what_the_persons_keyboard_writes_is_not_borrowed(desk: Desk, keyboard: X11Keyboard) -> None:
    """A Japanese keyboard has keys where a US one has none: they go on meaning the same."""
    desk.set_own_layout("jp")
    display = x11.display()
    xkb = Xkb.open(display)
    assert xkb is not None
    theirs = from_xkb(xkb.keymaps()[-1], ()).keys
    keyboard.type("漢字かなカナ한글 Ξεσκεπάζω")
    during = from_xkb(xkb.keymaps()[-1], ()).keys
    display.close()
    written = {code: key for code, key in theirs.items() if not key.is_empty}
    assert {code: during[code] for code in written} == written


def switch_to_russian(desk: Desk) -> None:
    """As a layout switcher does: the group, not the keymap."""
    set_layout(desk.display, "us,ru")
    display = x11.display()
    xkb = Xkb.open(display)
    assert xkb is not None
    xkb.lock_group(1)
    display.sync()
    display.close()


CHANGES: dict[str, Callable[[Desk], None]] = {
    "another layout": lambda desk: set_layout(desk.display, "de"),
    "another group": switch_to_russian,
    "two keys": lambda desk: xmodmap(desk, "keysym z = q Q", "keysym at = 2"),
    "a person's key": lambda desk: desk.person_presses("Pause"),
}


def xmodmap(desk: Desk, *expressions: str) -> None:
    """Change single keys."""
    for expression in expressions:
        subprocess.run(["xmodmap", "-display", desk.display, "-e", expression], check=True)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("open_target", [targets.tk, targets.gtk], ids=["tk", "gtk"])
def test_a_change_in_mid_text_is_followed_or_told(
    open_target: Callable[[str], Any], change: str, desk: Desk, keyboard: X11Keyboard
) -> None:
    """What was typed is exact, or the typing ends with what was done; never a wrong text that counts as right."""
    with targets.closing(open_target(desk.display)) as target:
        target.clear()

        def once_it_types() -> None:
            while len(str(target.ask("text")["text"])) < 200:
                pass
            CHANGES[change](desk)

        changer = threading.Thread(target=once_it_types)
        changer.start()
        told = None
        try:
            keyboard.type(LONG)
        except BrokenOffError as end:
            told = end
        changer.join()
        got = target.text()
        if told is None:
            assert got == LONG
        else:
            assert told.by == "keys"
            assert len(got) < len(LONG)
            assert got[:100] == LONG[:100]  # read before the change; a busy application may be far behind
