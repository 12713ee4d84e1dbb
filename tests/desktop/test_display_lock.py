"""One run a display, whoever starts the second, and however the first ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from Xlib.display import Display

from coasty_desk.cli.commands import stop_command
from coasty_desk.core.errors import DesktopError, UsageError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import display_lock
from coasty_desk.desktop.base import lock as lock_port
from coasty_desk.desktop.base.lock import Lock, Owner
from coasty_desk.desktop.linux import stop_socket
from coasty_desk.desktop.native.locked_file import FileLock
from coasty_desk.desktop.x11.selection_lock import SELECTION, X11Lock
from tests.desktop.xvfb import xvfb

PATIENCE = 10.0

HOLDER = """
import sys
from pathlib import Path
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.lock import Owner
from coasty_desk.desktop.native.locked_file import FileLock
from coasty_desk.desktop.x11.selection_lock import X11Lock
stop = Stop()
lock = FileLock(Path(sys.argv[1])) if len(sys.argv) > 1 else X11Lock()
with lock.held(Owner.of("run_1", "täsk\\n" * 200), stop) as other:
    assert other is None, other
    print("held", flush=True)
    stop.wait(60)
    print(stop.reason, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A display for the tests of this file."""
    with xvfb(400, 300) as name:
        yield name


@pytest.fixture(params=["x11", "file"])
def kind(
    request: pytest.FixtureRequest, display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Callable[[], Lock], list[str]]:
    """How to make the lock here, and what tells another process which it is."""
    monkeypatch.setenv("DISPLAY", display)
    if request.param == "x11":
        return X11Lock, []
    return lambda: FileLock(tmp_path), [str(tmp_path)]


@contextmanager
def holder(arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock, in another home."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *arguments],
        env=os.environ | {"HOME": "/nonexistent"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


Kind = tuple[Callable[[], Lock], list[str]]


def test_a_free_display_has_no_owner(kind: Kind) -> None:
    """Nobody to stop."""
    make, _ = kind
    assert make().owner() is None


def test_a_held_display_names_its_owner(kind: Kind) -> None:
    """Safety sentence: while one process drives the display no other can take it, and it is told which one does."""
    make, arguments = kind
    with holder(arguments) as process:
        for owner in (make().owner(), _taken_by(make())):
            assert owner is not None
            assert (owner.pid, owner.run_id, len(owner.task)) == (process.pid, "run_1", lock_port.LONGEST_TASK)


def test_what_a_killed_process_held_is_free(kind: Kind) -> None:
    """Safety sentence: a stale lock is taken over."""
    make, arguments = kind
    with holder(arguments) as process:
        process.kill()
        process.wait()
    assert _taken_by(make()) is None


def test_the_owner_is_stopped_from_outside_and_says_so(kind: Kind) -> None:
    """Safety sentence: `coasty-desk stop` trips the running one's stop, and tells whether it has ended."""
    make, arguments = kind
    with holder(arguments) as process:
        assert make().ask_to_stop(PATIENCE / 10) == "stopping"
        assert process.stdout is not None
        assert process.stdout.readline() == "stop\n"
        assert process.stdin is not None
        process.stdin.close()
        assert make().ask_to_stop(PATIENCE) == "ended"
        process.wait()


def test_an_owner_that_does_not_listen_is_silent(kind: Kind) -> None:
    """A process that is held up says nothing, and that is what is told."""
    make, arguments = kind
    with holder(arguments) as process:
        process.send_signal(19)  # SIGSTOP
        assert make().ask_to_stop(0.3) == "silent"
        assert _taken_by(make()) is not None


def _taken_by(made: Lock) -> Owner | None:
    with made.held(Owner.of("run_2", "mine"), Stop()) as other:
        return other


def test_a_second_run_is_a_usage_error_that_names_the_first(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was started, so it is exit 2."""
    monkeypatch.setenv("DISPLAY", display)
    with (
        display_lock.display_held(Stop(), run_id="a", task="the first task"),
        pytest.raises(UsageError, match=f"process {os.getpid()}.*the first task"),
        display_lock.display_held(Stop(), run_id="b", task="the second"),
    ):
        pytest.fail("both hold it")
    assert display_lock.running() is None
    assert display_lock.stop_running(1.0) is None


def test_without_a_display_it_is_the_desktops_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback."""
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(DesktopError):
        display_lock.running()


def _take(other: Display) -> None:
    window = other.screen().root.create_window(-1, -1, 1, 1, 0, 0)
    window.set_selection_owner(other.intern_atom(SELECTION), 0)


def _kill(other: Display) -> None:
    other.get_selection_owner(other.intern_atom(SELECTION)).kill_client()


def _destroy(other: Display) -> None:
    other.get_selection_owner(other.intern_atom(SELECTION)).destroy()


@pytest.mark.parametrize("take_away", [_take, _kill, _destroy])
def test_a_lock_that_is_lost_ends_the_run(
    display: str, monkeypatch: pytest.MonkeyPatch, take_away: Callable[[Display], None]
) -> None:
    """Safety sentence: whoever takes the selection, or ends what owns it, ends the run: another could begin beside it."""
    monkeypatch.setenv("DISPLAY", display)
    stop = Stop()
    with X11Lock().held(Owner.of("a", "task"), stop) as other:
        assert other is None
        stranger = Display(display)
        take_away(stranger)
        stranger.sync()
        assert stop.wait(PATIENCE)
        assert (stop.reason, stop.why) == ("desktop", lock_port.LOST)
        stranger.close()


def test_a_locked_file_that_is_deleted_ends_the_run(tmp_path: Path) -> None:
    """Safety sentence: the next run would lock another file of that name."""
    stop = Stop()
    with FileLock(tmp_path).held(Owner.of("a", "task"), stop):
        (tmp_path / "lock").unlink()
        assert stop.wait(PATIENCE)
        assert (stop.reason, stop.why) == ("desktop", lock_port.LOST)


@pytest.mark.parametrize("pid", [0, 1, -1, -4711, os.getppid(), 2**40])
def test_a_process_that_does_not_own_the_display_is_not_named(
    display: str, monkeypatch: pytest.MonkeyPatch, pid: int
) -> None:
    """Safety sentence: whatever another program wrote, no signal goes to what it names and no `kill` of that is advised."""
    monkeypatch.setenv("DISPLAY", display)
    signals: list[int] = []
    monkeypatch.setattr(os, "kill", lambda to, _number: signals.append(to))
    monkeypatch.setattr(stop_socket, "_state", lambda _pid: "T")
    with X11Lock().held(Owner(pid, "a", "b", "now"), Stop()):
        owner = display_lock.running()
        assert owner is not None
        assert owner.pid == 0
        display_lock.stop_running(0.1)
        assert signals == []
    told = stop_command._not_gone("run a", owner.pid)
    assert "kill" not in told.remedy


@pytest.mark.parametrize("said", [b"", b"\xff", b"[1]", b'{"pid": "x", "task": 5}'])
def test_an_owner_that_says_nonsense_is_still_an_owner(said: bytes) -> None:
    """What another process wrote is not trusted."""
    assert Owner.from_json(said).pid == 0
