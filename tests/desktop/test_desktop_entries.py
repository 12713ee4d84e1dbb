"""Starting an application of the menu: which one, with what environment, and what there is not."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from coasty_desk.core.actions import Launch
from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input.executor import DesktopExecutor, DryRun, refused
from coasty_desk.desktop.linux import desktop_entries

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the entries are the freedesktop.org ones"),
    # what is started outlives whoever started it, on purpose, and Python warns of that
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FRAME = Frame(b"", "image/png", Size(640, 480), Size(640, 480), Rect(0, 0, 640, 480))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a desktop with two applications of one name, each of which leaves a file when it is started."""
    folder = tmp_path / "applications"
    folder.mkdir()
    for stem in ("one", "two"):
        program = tmp_path / stem
        program.write_text(f"#!/bin/sh\nenv > {program}.new && mv {program}.new {program}.started\n", "ascii")
        program.chmod(0o700)
        entry = f"[Desktop Entry]\nType=Application\nName=Ink Pot\nExec={program} %U\n"
        (folder / f"{stem}.desktop").write_text(entry, "ascii")
    (folder / "old.desktop").write_text("[Desktop Entry]\nType=Application\nName=Old\nExec=/gone\n", "ascii")
    return {"XDG_DATA_HOME": str(tmp_path), "XDG_DATA_DIRS": str(tmp_path / "none"), "PATH": "/usr/bin:/bin", "A": "b"}


def test_the_entry_is_what_is_started(tmp_path: Path, environment: dict[str, str]) -> None:
    """Of two with one name, the one that was meant; with the environment that it is given, and no other."""
    placed = FRAME.place(Launch("Ink Pot", "two.desktop"))
    assert refused(placed, lambda _key: False, lambda: environment) is None
    desktop_entries.start(Launch("Ink Pot", "two.desktop"), environment)
    started = tmp_path / "two.started"
    until = time.monotonic() + 10
    while not started.exists() and time.monotonic() < until:
        time.sleep(0.02)
    given = {line.split("=")[0] for line in started.read_text().splitlines()}
    assert set(environment) <= given <= {*environment, "PWD", "_", "SHLVL", "OLDPWD"}
    assert not (tmp_path / "one.started").exists()


@pytest.mark.parametrize(
    "launch", [Launch("Ink Pot"), Launch("Paint"), Launch("Old", "old.desktop"), Launch("Ink Pot", "../one.desktop")]
)
def test_what_there_is_not_is_refused_before_it_is_announced(launch: Launch, environment: dict[str, str]) -> None:
    """Two of a name without their entry, no such name, a program that is gone, a path instead of a file name."""
    refusal = refused(FRAME.place(launch), lambda _key: False, lambda: environment)
    assert refusal is not None
    assert refusal.by == "desktop"
    with pytest.raises(BrokenOffError, match="could not be started"):
        DesktopExecutor(Stop(), environment=lambda: environment)._start(launch)


def test_a_dry_run_starts_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    """As it does nothing else."""
    DryRun().perform(FRAME.place(Launch("Ink Pot", "one.desktop")))
    assert desktop_entries.menu(environment) is not None
    assert not list(tmp_path.glob("*.started"))
