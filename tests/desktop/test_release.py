"""What a killed process left held is found, named and let go."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from coasty_desk.core.errors import DesktopError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input import release
from tests.desktop.xvfb import xvfb


@pytest.fixture(autouse=True)
def _display(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with xvfb(400, 300) as name:
        monkeypatch.setenv("DISPLAY", name)
        yield


def hold(*arguments: str) -> None:
    """Leave keys and buttons down."""
    subprocess.run(["xdotool", *arguments], check=True)


def names() -> list[str]:
    """What is down."""
    return [one.name for one in release.down()]


def test_what_is_down_is_named_and_let_go() -> None:
    """Safety sentence: `coasty-desk release` frees every key and button that is down, and says which."""
    assert names() == []
    hold("keydown", "ctrl", "keydown", "a", "mousedown", "1", "mousedown", "3")
    assert [one.name for one in release.release()] == ["Control_L", "a", "left button", "right button"]
    assert names() == []
    assert release.release() == ()


def test_only_what_stays_down_is_stuck() -> None:
    """The Enter that started the run is let go of within a moment."""
    hold("keydown", "shift")
    assert [one.name for one in release.stuck(Stop(), 0.05)] == ["Shift_L"]
    hold("keyup", "shift")
    assert release.stuck(Stop(), 0.05) == ()


def test_without_a_display_it_is_the_desktops_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback."""
    monkeypatch.delenv("DISPLAY")
    with pytest.raises(DesktopError):
        release.release()
