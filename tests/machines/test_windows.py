"""The windows of a machine, by the wishes that their manager takes; what they are called is foreign."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.machines.registry import MachineRegistry
from coasty_desk.machines.worker_protocol import StepResult
from tests.desktop.managers import managed, program
from tests.machines.conftest import at_home, done, until


@pytest.fixture(scope="module", params=["openbox", "xfwm4"])
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[MachineRegistry, Path]]:
    """Two terminals under a window manager, and the machines of a home there."""
    with managed(request.param, 1000, 700) as display, ExitStack() as programs:
        for title, place in (("Kontö one", "+50+50"), ("two", "+400+200")):
            programs.enter_context(program("xterm", "-T", title, "-geometry", f"40x10{place}"))
        with at_home(tmp_path_factory.mktemp("home"), display) as home:
            home.configure(f'[run]\npolicy = ["{_policy(home.home)}"]\n')
            machines = home.registry()
            until(lambda: len(listed(machines)) == 2)
            yield machines, home.home
            machines.close()


def _policy(home: Path) -> Path:
    path = home / "policy.toml"
    path.write_text('windows_denied = ["secret bank"]\n')
    return path


def listed(machines: MachineRegistry) -> list[dict[str, Any]]:
    """The windows."""
    result = done(machines, "list_windows").result
    assert result is not None
    found: list[dict[str, Any]] = result["windows"]
    return found


def window(machines: MachineRegistry, title: str) -> dict[str, Any]:
    """That of this title."""
    return next(one for one in listed(machines) if one["title"] == title)


def well(result: StepResult) -> StepResult:
    """One that was done."""
    assert result.success, result.error
    return result


def test_they_are_listed_and_brought_up(desk: tuple[MachineRegistry, Path]) -> None:
    """By id as a number or a word, and by a part of the title."""
    machines, _ = desk
    number = window(machines, "Kontö one")["window_id"]
    well(done(machines, "switch_to_window", window_id=number))
    assert window(machines, "Kontö one")["active"]
    well(done(machines, "switch_to_window", title="TWO"))
    assert window(machines, "two")["active"]
    well(done(machines, "switch_to_window", window_id=hex(number)))
    assert listed(machines)[0]["title"] == "Kontö one"
    assert window(machines, "two")["application"] == "xterm XTerm"


def test_they_are_put_away_and_made_large_and_restored(desk: tuple[MachineRegistry, Path]) -> None:
    """Each is seen before it is said."""
    machines, _ = desk
    before = window(machines, "two")
    well(done(machines, "maximize_window", title="two"))
    large = window(machines, "two")
    assert large["maximized"]
    assert large["width"] > 900
    well(done(machines, "restore_window", title="two"))
    assert abs(window(machines, "two")["width"] - before["width"]) < 5
    well(done(machines, "minimize_window", title="two"))
    assert window(machines, "two")["minimized"]
    well(done(machines, "restore_window", title="two"))
    assert not window(machines, "two")["minimized"]


def test_they_are_moved_and_arranged(desk: tuple[MachineRegistry, Path]) -> None:
    """To where they are to be; side by side they do not overlap."""
    machines, _ = desk
    well(done(machines, "move_window", title="two", x=120, y=90))
    assert (window(machines, "two")["x"], window(machines, "two")["y"]) == (120, 90)
    well(done(machines, "move_window", title="two", x=10, y=20, width=500, height=400))
    assert abs(window(machines, "two")["width"] - 500) < 40
    well(done(machines, "arrange_windows", layout="horizontal"))
    left, right = sorted(listed(machines), key=lambda one: int(one["x"]))
    assert left["x"] + left["width"] <= right["x"] + 2


def test_what_is_not_there_or_not_clear_is_said(desk: tuple[MachineRegistry, Path]) -> None:
    """Nothing is guessed."""
    machines, _ = desk
    assert "no such window" in (done(machines, "close_window", title="three").error or "")
    assert "say which" in (done(machines, "close_window", title="o").error or "")
    assert len(listed(machines)) == 2


def test_a_window_that_the_policy_denies_is_not_touched(desk: tuple[MachineRegistry, Path]) -> None:
    """By no command of them."""
    machines, _ = desk
    with program("xterm", "-T", "My secret bank\x1b[31m", "-geometry", "20x5+600+400"):
        until(lambda: len(listed(machines)) == 3)
        for command in ("switch_to_window", "close_window", "minimize_window", "maximize_window", "restore_window"):
            assert "policy" in (done(machines, command, title="secret bank").error or ""), command
        assert all(one["title"].isprintable() for one in listed(machines))
    until(lambda: len(listed(machines)) == 2)


def test_one_is_closed_as_by_its_cross(desk: tuple[MachineRegistry, Path]) -> None:
    """Its program is asked, and it is gone."""
    machines, _ = desk
    child = subprocess.Popen(["xterm", "-T", "goes", "-geometry", "20x5+600+400"])
    until(lambda: len(listed(machines)) == 3)
    well(done(machines, "close_window", title="goes"))
    child.wait(10)
    assert len(listed(machines)) == 2
