"""Which window a program was started from, found from inside real terminals."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.linux import terminal_programs
from coasty_desk.desktop.x11 import window_list
from tests.desktop.managers import managed, program

PATIENCE = 30.0
T = TypeVar("T")

PROBE = """
import sys
from msgspec import json
from coasty_desk.desktop.own_terminal.started_from import own_windows
found = json.encode(own_windows())
with open(sys.argv[1], "wb") as file:
    file.write(found + b"\\n")
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A display with openbox."""
    with managed("openbox", 1280, 800) as name:
        yield name


def until(what: Callable[[], T]) -> T:
    """Wait for it, and give it back: a manager's list can be empty again a moment later."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def told(file: Path) -> list[dict[str, object]]:
    """What the probe found."""
    until(lambda: file.exists() and file.read_bytes().endswith(b"\n"))
    found: list[dict[str, object]] = json.loads(file.read_bytes())
    return found


def probe(folder: Path, name: str = "found") -> str:
    """A command that writes down which windows it was started from."""
    (folder / "probe.py").write_text(PROBE)
    return f"{sys.executable} {folder / 'probe.py'} {folder / name}"


def script(folder: Path, *lines: str, name: str = "script") -> str:
    """A shell script of these lines, whose terminal stays."""
    (folder / name).write_text("\n".join([*lines, "sleep 1000"]))
    return str(folder / name)


TERMINALS = {
    "xterm": "xterm -e bash {}",
    "uxterm": "uxterm -e bash {}",
    "xterm of another class": "xterm -class Strange -e bash {}",
    "urxvt": "urxvt -e bash {}",
    "xfce4-terminal": "dbus-run-session -- xfce4-terminal -x bash {}",
    "lxterminal": "dbus-run-session -- lxterminal -e 'bash {}'",
    "mate-terminal": "dbus-run-session -- mate-terminal --disable-factory -x bash {}",
}


@pytest.mark.parametrize("terminal", TERMINALS)
def test_terminals_are_found_and_known(display: str, tmp_path: Path, terminal: str) -> None:
    """The window is the one that came, and it is known for a terminal."""
    command = TERMINALS[terminal].format(script(tmp_path, f"sleep 0.5; {probe(tmp_path)}"))
    until(lambda: not _numbers())
    with program(*shlex.split(command), environment=_environment(display, tmp_path)):
        found = told(tmp_path / "found")
        assert [(one["id"] in _numbers(), one["terminal"]) for one in found] == [(True, True)]


WAYS = {
    "in the background": "{} &",
    "by a shell": "sh -c '{}; true'",
    "under nohup": "nohup {} >/dev/null 2>&1 &",
    "left by its parent": "( ( {} ) & )",
    "in a session of its own": "setsid -f {}",
    "by env": "env -i PATH=$PATH DISPLAY=$DISPLAY HOME=$HOME {}",
    "recorded by script": "script -qc '{}' /dev/null",
}


@pytest.mark.parametrize("way", WAYS)
def test_however_it_is_started(display: str, tmp_path: Path, way: str) -> None:
    """What stands between the terminal and the program does not matter, nor does another terminal beside it."""
    command = script(tmp_path, f"sleep 0.5; {WAYS[way].format(probe(tmp_path))}")
    with (
        program("xterm", "-T", "ours", "-e", "bash", command, environment=_environment(display, tmp_path)),
        program("xterm", "-T", "another", environment=_environment(display, tmp_path)),
    ):
        assert [one["title"] for one in told(tmp_path / "found")] == ["ours"]


@pytest.mark.parametrize("multiplexer", ["tmux", "screen"])
def test_behind_a_multiplexer_it_is_the_clients(display: str, tmp_path: Path, multiplexer: str) -> None:
    """Not the one that its server was started from, nor that of another session."""
    inner = script(tmp_path, f"sleep 1; {probe(tmp_path)}")
    environment = _environment(display, tmp_path)
    (tmp_path / "screens").mkdir(mode=0o700)
    environment["SCREENDIR"] = str(tmp_path / "screens")
    environment["TMUX_TMPDIR"] = str(tmp_path)
    if multiplexer == "tmux":
        first, ours, end = "tmux new -s other", f"tmux new -s ours 'bash {inner}'", "tmux kill-server"
    else:
        first, ours, end = (
            "screen -S other",
            f"screen -S ours bash {inner}",
            "screen -S ours -X quit; screen -S other -X quit",
        )
    with (
        program("xterm", "-T", "other", "-e", "sh", "-c", f"{first}; sleep 1000", environment=environment),
        program("xterm", "-T", "ours", "-e", "sh", "-c", f"sleep 1; {ours}; sleep 1000", environment=environment),
    ):
        try:
            found = told(tmp_path / "found")
            assert len(found) == 1
            assert found[0]["pid"] == _pid_of("-T ours")
        finally:
            with program("sh", "-c", end, environment=environment) as ending:
                ending.wait()


def _numbers() -> list[int]:
    return [window.id for window in window_list.windows() if not window.popup]


def _in_use() -> str:
    try:
        window = window_list.focused()
    except DesktopError:  # between two windows the manager has the keys itself
        return ""
    return "" if window is None else window.title


def _pid_of(words: str) -> int:
    lines = {path.parent.name: path for path in Path("/proc").glob("[0-9]*/cmdline")}
    wanted = f"xterm {words}".encode()
    for pid, path in lines.items():
        with suppress(OSError):  # others end meanwhile
            if path.read_bytes().replace(b"\0", b" ").startswith(wanted):
                return int(pid)
    pytest.fail(f"there is no xterm {words}")


def _taken_up(title: str) -> bool:
    """Whether the window is in use; it is asked to be, where it is seen: a manager takes windows out of its list while it puts another in front."""
    for window in window_list.windows():
        if window.title == title and _in_use() != title:
            window_list.activate(window)
    return _in_use() == title


@pytest.mark.parametrize("known", ["by its number", "by the focus"])
def test_of_one_programs_windows_it_is_the_one_that_is_meant(display: str, tmp_path: Path, known: str) -> None:
    """A terminal server has many windows: the shell's environment tells which, else the one in use is it."""
    forget = "" if known == "by its number" else "env -u WINDOWID "
    wait = "while [ ! -e go ]; do sleep 0.05; done"
    ours = script(tmp_path, "cd " + str(tmp_path), wait, forget + probe(tmp_path), name="ours")
    other = script(tmp_path, "true", name="other")
    both = f"xfce4-terminal -T ours -x bash {ours} & sleep 2; xfce4-terminal -T another -x bash {other}; sleep 1000"
    with program("dbus-run-session", "--", "sh", "-c", both, environment=_environment(display, tmp_path)):
        until(lambda: {"ours", "another"} <= {window.title for window in window_list.windows()})
        used = "another" if known == "by its number" else "ours"
        until(lambda: _taken_up(used))
        (tmp_path / "go").touch()
        assert [one["title"] for one in told(tmp_path / "found")] == ["ours"]


FORWARDER = """
import os, sys, time
ours, theirs = os.openpty()
with open("terminal.new", "w") as file:
    file.write(os.ttyname(theirs))
os.rename("terminal.new", "terminal")
time.sleep(1000)
"""


def test_behind_a_service_manager_it_is_who_holds_the_terminal(display: str, tmp_path: Path) -> None:
    """`systemd-run --pty`: the program is nobody's child, and the terminal that it has is passed on by one in a window."""
    (tmp_path / "forwarder.py").write_text(FORWARDER)
    passes_on = script(tmp_path, f"cd {tmp_path}", f"{sys.executable} forwarder.py", name="passes on")
    service = script(
        tmp_path, f"exec <$(cat {tmp_path}/terminal) >/dev/null 2>&1", f"sleep 0.3; {probe(tmp_path)}", name="service"
    )
    environment = _environment(display, tmp_path)
    with (
        program("xterm", "-T", "another", environment=environment),
        program("xterm", "-T", "ours", "-e", "bash", passes_on, environment=environment),
    ):
        until((tmp_path / "terminal").exists)
        until(lambda: {"ours", "another"} <= {window.title for window in window_list.windows()})
        with program("bash", service, environment=environment):
            assert [(one["title"], one["named"]) for one in told(tmp_path / "found")] == [("ours", False)]


def test_behind_an_editor_without_a_window_it_is_its_clients(display: str, tmp_path: Path) -> None:
    """`emacsclient -nw`: what is started in the server is shown by the client. The kernel knows both by their names alone."""
    for name, really in (("emacs", "script"), ("emacsclient", "sleep")):
        (tmp_path / name).symlink_to(shutil.which(really) or really)
    client, inner = f"{tmp_path}/emacsclient", script(tmp_path, f"sleep 1; {probe(tmp_path)}")
    environment = _environment(display, tmp_path)
    with (
        program("xterm", "-T", "another", environment=environment),
        program("xterm", "-T", "ours", "-e", client, "1000", environment=environment),
    ):
        until(lambda: {"ours", "another"} <= {window.title for window in window_list.windows()})
        server = f"{tmp_path}/emacs -qc 'bash {inner}' /dev/null"
        with program("sh", "-c", f"exec {server} </dev/null >/dev/null 2>&1", environment=environment):
            assert [one["title"] for one in told(tmp_path / "found")] == ["ours"]


@pytest.mark.parametrize("case", ["a terminal", "a tool", "another display's", "without a terminal"])
def test_where_nobody_above_has_a_window_its_number_is_believed(display: str, tmp_path: Path, case: str) -> None:
    """In a container: a terminal's window that the environment names, unless that is of another display (`xvfb-run`), or there is no terminal."""
    shown = ("xmessage", "words") if case == "a tool" else ("xterm", "-T", "ours")
    command = f"DISPLAY={display} {probe(tmp_path)}"
    held = ("sh", "-c", f"{command} </dev/null >/dev/null 2>&1")
    wrapped = ("setsid", *held) if case == "without a terminal" else ("script", "-qc", command, "/dev/null")
    environment = _environment(display, tmp_path)
    with program(*shown, environment=environment):
        environment["WINDOWID"] = str(until(_numbers)[0])
        if case == "another display's":
            environment["DISPLAY"] = ":4711"
        with program(*wrapped, environment=environment):
            found = [(one["title"], one["named"]) for one in told(tmp_path / "found")]
            assert found == ([("ours", True)] if case == "a terminal" else [])


def test_a_menu_entry_makes_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a program that nobody has heard of, the category in its menu entry tells; an editor's says something else."""
    folder = tmp_path / "applications"
    folder.mkdir()
    entry = "[Desktop Entry]\nType=Application\nExec=/opt/{0} %u\nCategories={1};\nStartupWMClass={2}\n"
    (folder / "org.example.Newterm.desktop").write_text(entry.format("newterm", "GTK;System;TerminalEmulator", "Nt"))
    (folder / "codes.desktop").write_text(entry.format("codes", "TextEditor;Development", "Codes"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "none"))
    assert terminal_programs.is_terminal(("nt", "Nt"), 0)
    assert terminal_programs.is_terminal(("newterm", "whatever"), 0)
    assert not terminal_programs.is_terminal(("codes", "Codes"), 0)


def _environment(display: str, home: Path) -> dict[str, str]:
    found = {"DISPLAY": display, "HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "SHELL": "/bin/sh"}
    return found | {"NO_AT_BRIDGE": "1", "XDG_RUNTIME_DIR": str(home)}
