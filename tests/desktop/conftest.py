"""A display of the test session's own, with a US keyboard, and the real hands on it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input.executor import DesktopExecutor
from tests.desktop import targets
from tests.desktop.xvfb import pointer_to, set_layout, xvfb

SCREEN = Size(1280, 800)


@pytest.fixture(scope="session")
def session_display() -> Iterator[str]:
    """One display for all tests of this process."""
    with xvfb(SCREEN.width, SCREEN.height) as display:
        before = os.environ.get("DISPLAY")
        os.environ["DISPLAY"] = display
        yield display
        os.environ.pop("DISPLAY")
        if before is not None:
            os.environ["DISPLAY"] = before


@pytest.fixture
def display(session_display: str) -> str:
    """The session's display, with a US keyboard and the pointer in the middle."""
    set_layout(session_display, "us")
    pointer_to(session_display, 400, 250)
    return session_display


@pytest.fixture
def stop() -> Stop:
    """The stop of the run under test."""
    return Stop()


@pytest.fixture
def executor(display: str, stop: Stop) -> Iterator[DesktopExecutor]:
    """The real executor on the session's display."""
    hands = DesktopExecutor(stop)
    yield hands
    hands.release()


@pytest.fixture
def frame() -> Frame:
    """A frame that shows the whole display at its own size: sent pixels are real pixels."""
    return Frame(b"", "image/png", SCREEN, SCREEN, Rect(0, 0, SCREEN.width, SCREEN.height))


@pytest.fixture(scope="module")
def tk(session_display: str) -> Iterator[targets.App]:
    """A Tk text area in the upper left 800x600 pixels."""
    app = targets.tk(session_display)
    yield app
    app.close()


@pytest.fixture
def tk_area(tk: targets.App) -> targets.App:
    """The Tk text area, emptied, nothing recorded."""
    tk.clear()
    tk.events.clear()
    return tk
