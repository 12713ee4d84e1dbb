"""What comes between the keys of the tests: another window, another hand; and what the executor then says."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from Xlib import X
from Xlib.ext import xtest

from coasty_desk.core.actions import Action
from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.x11 import connection as x11
from tests.desktop.targets import App

LONG = "The quick brown fox jumps over the lazy dog, and so on. " * 36
SIZE = Size(1280, 800)
FRAME = Frame(b"", "image/png", SIZE, SIZE, Rect(0, 0, SIZE.width, SIZE.height))
PATIENCE = 20.0


class Person:
    """Another hand on the same display, by a connection of its own."""

    def __init__(self) -> None:
        self.display = x11.display()

    def key(self, keysym: int, *, down: bool) -> None:
        """Press or let go of a key."""
        code = self.display.keysym_to_keycode(keysym)
        xtest.fake_input(self.display, X.KeyPress if down else X.KeyRelease, code)
        self.display.sync()

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is."""
        at = self.display.screen().root.query_pointer()
        return at.root_x, at.root_y

    def tap(self, keysym: int) -> None:
        """Press it and let go."""
        self.key(keysym, down=True)
        self.key(keysym, down=False)


@contextmanager
def keyboard_taken() -> Iterator[None]:
    """A program that asks for a password has the keyboard for itself, whatever has the focus."""
    display = x11.display()
    grabbed = display.screen().root.grab_keyboard(0, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
    assert grabbed == X.GrabSuccess
    try:
        yield
    finally:
        display.close()


def until(what: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def meanwhile(does: Callable[[], None]) -> Iterator[None]:
    """Do it in a thread; what goes wrong there is raised here."""
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            does()
        except BaseException as error:  # noqa: BLE001 - it is raised again
            wrong.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join(PATIENCE)
    if wrong:
        raise wrong[0]


def texted(app: App) -> int:
    """How many characters have arrived."""
    return len(app.ask("text")["text"])


def do(executor: DesktopExecutor, action: Action) -> None:
    """Do an action whose points are real pixels."""
    executor.perform(FRAME.place(action))


def broken_off(executor: DesktopExecutor, action: Action) -> BrokenOffError:
    """What ended the action."""
    with pytest.raises(BrokenOffError) as caught:
        do(executor, action)
    assert executor.held.names == ()
    return caught.value


def counted(error: BrokenOffError) -> int:
    """How many characters it says were typed."""
    found = re.search(r"([\d,]+) of ([\d,]+) characters were typed", error.message)
    assert found is not None, error.message
    return int(found[1].replace(",", ""))
