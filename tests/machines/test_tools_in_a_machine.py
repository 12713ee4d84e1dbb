"""Terminal, files and browser on a real virtual machine: behind its walls, on its own display, in its own home."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coasty_desk.desktop.linux import proc
from coasty_desk.machines.browser_commands import BROWSER_COMMANDS
from coasty_desk.machines.command import CommandError
from coasty_desk.machines.file_commands import FILE_COMMANDS, MachineFiles
from coasty_desk.machines.machine_browser import MachineBrowser
from coasty_desk.machines.posix_chromium import found_programs
from coasty_desk.machines.terminal_commands import TERMINAL_COMMANDS, MachineTerminal
from coasty_desk.machines.world import MachineWorld
from coasty_desk.screens.virtual import walls
from coasty_desk.screens.virtual.virtual_machine import VirtualMachine
from tests.machines.worlds import Tool, left_running, soon

pytestmark = pytest.mark.skipif(not walls.here().up, reason="there are no walls on this system")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MachineWorld]:
    """The world of a machine that is up."""
    up = VirtualMachine.start(tmp_path_factory.mktemp("machine"), environment=os.environ)
    yield MachineWorld(
        machine_id=f"of-the-tools-{os.getpid()}",
        home=up.home,
        inside_home=up.inside_home,
        confined=True,
        denied=(),
        environment=up.environment,
        argv=up.argv,
        temporary=up.temporary,
    )
    up.stop()


def running(words: str) -> bool:
    """Whether there is a process with that command line, wherever."""
    return any(" ".join(proc.arguments(pid)) == words for pid in proc.pids())


def test_what_runs_out_of_time_is_gone_with_all_that_it_started(machine: MachineWorld) -> None:
    """Also what has left its parents for the machine's first process, which lives on; another session's programs stay."""
    tool = MachineTerminal(machine)
    terminal = Tool(tool, TERMINAL_COMMANDS)
    terminal("terminal_execute", command="(setsid sleep 4301 &)", session_id="other")
    terminal("terminal_execute", command="mkdir -p sub; cd sub")
    line = "trap '' INT TERM HUP; (setsid sleep 4302 &); (setsid setsid sh -c 'sleep 4303; touch done' &); sleep 4304; touch done"
    with pytest.raises(CommandError, match="in time") as cut:
        terminal("terminal_execute", 3.0, command=line)
    assert cut.value.result is not None
    assert soon(lambda: not any(map(running, ("sleep 4302", "sleep 4303", "sleep 4304"))))
    assert running("sleep 4301")
    after = terminal("terminal_execute", command="ls; pwd")
    assert after["output"] == f"{machine.inside_home}/sub\n"
    tool.close()
    assert soon(lambda: not running("sleep 4301"))


def test_a_program_of_the_terminal_is_seen_on_the_display(machine: MachineWorld) -> None:
    """Its environment is the machine's, and nothing of this process's."""
    tool = MachineTerminal(machine)
    terminal = Tool(tool, TERMINAL_COMMANDS)
    told = terminal("terminal_execute", command="env; xprop -root _NET_SUPPORTING_WM_CHECK; echo $((6 * 7)); whoami")
    assert told["exit_code"] == 0
    assert told["output"].endswith("42\nuser\n")
    assert "window id" in told["output"]
    assert "VIRTUAL_ENV" not in told["output"]
    tool.close()


def test_links_that_programs_make_lead_nowhere_outside(machine: MachineWorld) -> None:
    """What is written inside is read outside, and no link leads out of the home."""
    tool = MachineTerminal(machine)
    terminal, files = Tool(tool, TERMINAL_COMMANDS), Tool(MachineFiles(machine), FILE_COMMANDS)
    terminal(
        "terminal_execute", command="echo here > a; ln -s ~/a own; ln -s /etc/hostname out; ln -s /proc/self/root root"
    )
    assert files("file_read", path="own")["content"] == "here\n"
    for path in ("out", "root/etc/hostname", "/etc/hostname", f"{machine.inside_home}/../../etc/hostname"):
        with pytest.raises(CommandError, match="out of the machine's home"):
            files("file_read", path=path)
    files("file_write", path="x/run", content="#!/bin/sh\necho ran")
    assert terminal("terminal_execute", command="sh x/run")["output"] == "ran\n"
    assert not Path(machine.inside_home, "x").exists()
    tool.close()


def test_its_tmp_is_its_own_and_files_go_both_ways(machine: MachineWorld) -> None:
    """What programs put there is read, and what is put there is theirs; this computer's /tmp is another one."""
    tool = MachineTerminal(machine)
    terminal, files = Tool(tool, TERMINAL_COMMANDS), Tool(MachineFiles(machine), FILE_COMMANDS)
    own = f"of-{os.getpid()}"
    files("file_write", path=f"/tmp/{own}", content="hello\n")
    assert not Path("/tmp", own).exists()
    said = terminal("terminal_execute", command=f"cat /tmp/{own} && stat -c %U /tmp/{own} && echo more >> /tmp/{own}")
    assert said["output"] == "hello\nuser\n"
    assert files("file_read", path=f"/tmp/{own}")["content"] == "hello\nmore\n"
    terminal("terminal_execute", command="ln -s /etc/hostname /tmp/out; ln -s /proc/self/root /tmp/root")
    for path in ("/tmp/out", "/tmp/root/etc/hostname", "/tmp/../etc/hostname"):
        with pytest.raises(CommandError, match="out of the machine's home"):
            files("file_read", path=path)
    with pytest.raises(CommandError, match="may not be reached"):
        files("directory_delete", path="/tmp/.X11-unix", recursive=True)
    assert terminal("terminal_execute", command="xdpyinfo >/dev/null 2>&1 || ls /tmp/.X11-unix")["exit_code"] == 0
    tool.close()


@pytest.mark.skipif(next(found_programs(os.environ["PATH"]), None) is None, reason="there is no browser to drive")
def test_the_browser_has_walls_of_its_own_within_the_machine_s(machine: MachineWorld) -> None:
    """Its sandbox works there, its files are the machine's; nothing is left of it."""
    tool = MachineBrowser(machine)
    browser, files = Tool(tool, BROWSER_COMMANDS), Tool(MachineFiles(machine), FILE_COMMANDS)
    files(
        "file_write",
        path="page.html",
        content="<title>Own</title><a id=get href='data:,hello' download=hello.txt>Get</a>",
    )
    opened = browser("browser_open", 90, url=f"file://{machine.inside_home}/page.html", screenshot=False)
    assert opened["title"] == "Own"
    assert browser("browser_info")["sandboxed"] is True
    browser("browser_click", selector="#get", screenshot=False)
    assert soon(lambda: [one["name"] for one in files("file_list_downloads")["downloads"]] == ["hello.txt"])
    assert files("file_read", path="Downloads/hello.txt")["content"] == "hello"
    assert left_running(machine, "browser")
    tool.close()
    assert soon(lambda: not left_running(machine, "browser"))
