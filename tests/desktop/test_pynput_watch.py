"""The watch that Windows and macOS have, tried where pynput works as well."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from coasty_desk.core.abort.abort_key import DEFAULT, parse
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.native.pynput_watch import PynputWatch

PATIENCE = 10.0
QUIET = 0.3


@pytest.fixture
def watch(display: str) -> Iterator[tuple[PynputWatch, Stop, OwnEvents]]:
    """Armed on the session's display, with the pointer in its middle."""
    del display
    person("mousemove", "400", "300")
    stop, sent = Stop(), OwnEvents()
    armed = PynputWatch(stop, parse(DEFAULT), sent)
    assert armed.arm() == ("", "")
    deadline = time.monotonic() + PATIENCE
    while not armed._keys._theirs:  # on X11 pynput is ready a moment before it listens
        person("keyup", "a", "keydown", "a")
        assert time.monotonic() < deadline
    person("keyup", "a")
    yield armed, stop, sent
    armed.disarm()
    person("mousemove", "400", "300")


def person(*arguments: str) -> None:
    """Somebody at the display does something."""
    subprocess.run(["xdotool", *arguments], check=True)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (("key", "ctrl+shift+F12"), "hotkey"),
        (("key", "Escape", "Escape", "Escape"), "hotkey"),
        (("mousemove", "0", "0"), "corner"),
    ],
)
def test_a_person_trips_the_stop(watch: tuple[PynputWatch, Stop, OwnEvents], act: tuple[str, ...], reason: str) -> None:
    """Safety sentence: the same ways stop the run where there is no X11."""
    person(*act)
    assert watch[1].wait(PATIENCE)
    assert watch[1].reason == reason


def test_what_is_not_quite_a_stop_is_none(watch: tuple[PynputWatch, Stop, OwnEvents]) -> None:
    """Two Escs, half the chord, an edge."""
    person("key", "Escape", "Escape", "ctrl+F12", "mousemove", "400", "0")
    assert not watch[1].wait(QUIET)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # its death is what is tested
def test_the_listeners_death_is_itself_a_stop(
    watch: tuple[PynputWatch, Stop, OwnEvents], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Safety sentence: when the keyboard can no longer be watched, the run stops there as well."""

    def die(*_arguments: object, **_more: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr(OwnEvents, "ours", die)
    person("key", "a")
    assert watch[1].wait(PATIENCE)
    assert "can no longer be watched" in watch[1].why
