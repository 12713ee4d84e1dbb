"""Starting an application by its menu entry's name: what is started, and what is asked before."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from coasty_desk.core.confirm import Scripted
from coasty_desk.offline.launching import Launcher
from coasty_desk.offline.sight import CannotError

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the entries are the freedesktop.org ones"),
    # what is started outlives whoever started it, on purpose, and Python warns of that
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there once the one application of this desktop has been started."""
    mark = tmp_path / "started"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n", "ascii")
    program.chmod(0o700)
    folder = tmp_path / "applications"
    folder.mkdir()
    (folder / "one.desktop").write_text(
        f"[Desktop Entry]\nType=Application\nName=Ink Pot\nExec={program} %U\n", "ascii"
    )
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "none"))
    return mark


def _comes(mark: Path) -> bool:
    until = time.monotonic() + 10
    while not mark.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return mark.exists()


def test_it_is_started_by_its_name(started: Path) -> None:
    """Nobody is asked where nobody wants to be."""
    person = Scripted()
    assert "Ink Pot" in Launcher(person=person, dry_run=False, asks=False)("ink pot")
    assert _comes(started)
    assert person.asked == []


def test_a_person_is_asked_before(started: Path) -> None:
    """Safety sentence: with `--confirm always` an application is started after a yes alone."""
    person = Scripted(["no", "yes"])
    launch = Launcher(person=person, dry_run=False, asks=True)
    with pytest.raises(CannotError, match="did not agree to start Ink Pot"):
        launch("ink pot")
    assert not started.exists()
    launch("ink pot")
    assert _comes(started)
    assert [question for question, _, _ in person.asked] == ["start Ink Pot?"] * 2


def test_a_dry_run_starts_nothing(started: Path) -> None:
    """It says what would be started; a name that nothing has is said there too."""
    launch = Launcher(person=Scripted(), dry_run=True, asks=True)
    assert launch("ink pot") == "would start Ink Pot"
    with pytest.raises(CannotError):
        launch("no such thing")
    assert not started.exists()
