"""Worlds for the tests of a machine's tools: a home of their own, with walls where a test wants some."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from coasty_desk.desktop.linux import proc
from coasty_desk.machines.command import Command, CommandResult, parsed
from coasty_desk.machines.posix_process_tree import MARK, new_mark
from coasty_desk.machines.world import MachineWorld

INSIDE = "/home/user"
"""The home as the programs behind walls see it."""


def soon(true: Callable[[], object]) -> bool:
    """Whether that comes about, within a time that no machine needs."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False


def left_running(world: MachineWorld, tool: str) -> list[int]:
    """The processes of that tool of the machine: what other tests run looks the same in its command line."""
    mark = new_mark(world.machine_id, tool)[:-32]  # without what is one session's own
    return [pid for pid in proc.pids() if (proc.environment(pid) or {}).get(MARK, "").startswith(mark)]


def world(
    home: Path,
    *,
    confined: bool = True,
    inside: str = INSIDE,
    denied: tuple[Path, ...] = (),
    display: str = "",
    temporary: Path | None = None,
) -> MachineWorld:
    """A world without walls for its programs; what is `inside` is a name only."""
    return MachineWorld(
        machine_id=f"at-{home}",  # a tool ends what an earlier one of that name has left: no other test has it
        home=home,
        inside_home=inside if confined else str(home),
        confined=confined,
        denied=denied,
        environment=_environment(str(home), display),
        argv=lambda command, folder: ["env", f"--chdir={folder}", *command],
        temporary=temporary,
    )


def walled(home: Path, display: str = "") -> MachineWorld:
    """A world whose programs are behind bubblewrap: they see their home, the system to read, and processes of their own."""
    return MachineWorld(
        machine_id=f"behind-walls-at-{home}",
        home=home,
        inside_home=INSIDE,
        confined=True,
        denied=(),
        environment=_environment(INSIDE, display),
        argv=_behind_walls(home, display),
    )


def walls_work() -> bool:
    """Whether bubblewrap is here and may make namespaces."""
    if shutil.which("bwrap") is None:
        return False
    tried = ["bwrap", "--ro-bind", "/", "/", "--unshare-pid", "true"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def _behind_walls(home: Path, display: str) -> Callable[[Sequence[str], str], Sequence[str]]:
    wall = ["bwrap", "--unshare-pid", "--die-with-parent", "--new-session"]
    for place in ("/usr", "/etc", "/bin", "/lib", "/lib64", "/sbin", "/opt"):
        if Path(place).is_symlink():
            wall += ["--symlink", str(Path(place).readlink()), place]
        elif Path(place).exists():
            wall += ["--ro-bind", place, place]
    wall += ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--dir", "/home", "--bind", str(home), INSIDE]
    if display:
        socket = f"/tmp/.X11-unix/X{display.lstrip(':')}"
        wall += ["--bind", socket, socket]
    return lambda command, folder: [*wall, "--chdir", folder, *command]


def _environment(home: str, display: str) -> Mapping[str, str]:
    shown = {"DISPLAY": display} if display else {}
    return {"HOME": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **shown}


class Tool:
    """A tool, driven by the names of its commands as requests have them."""

    def __init__(self, tool: object, commands: Sequence[Command]) -> None:
        self.tool = tool
        self._commands = {command.name: command for command in commands}

    def __call__(self, name: str, seconds: float = 30.0, /, **parameters: object) -> Mapping[str, Any]:
        """What the command finds. Raises as it does."""
        return self.whole(name, seconds, **parameters).result

    def whole(self, name: str, seconds: float = 30.0, /, **parameters: object) -> CommandResult:
        """The same with its screenshot."""
        command = self._commands[name]
        return command.run(self.tool, parsed(command, parameters), seconds)
