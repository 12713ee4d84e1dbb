"""Which processes stand between this one and the terminal that shows it, by Linux's /proc.

Usually its ancestors. What has outlived its parent (`command &` in a script) still has its
session's leader; what has left even that (`setsid`) still prints to the terminal of one. A
terminal multiplexer (tmux, screen) is shown by its clients, which are no ancestors. Where a service
manager has started it (`systemd-run --pty`), somebody else holds the other end of its terminal.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from coasty_desk.desktop.linux.proc import ancestors, name, pids, process, pts_number, read_proc
from coasty_desk.desktop.linux.proc import environment as environment_of

PATIENCE = 0.5
"""Seconds that tmux is given to name its clients."""

_MULTIPLEXERS = {
    "tmux: server": "tmux: client",
    "screen": "screen",
    "zellij": "zellij",
    "dtach": "dtach",
    "abduco": "abduco",
    "emacs": "emacsclient",
}
"""What a multiplexer's server is called, which has no terminal itself, and what its clients are, which have."""

_MASTERS = ("/dev/ptmx", "/dev/pts/ptmx", "/ptmx")


class Lineage(Struct, frozen=True):
    """A process that a terminal shows, by its environment, and those above it, the nearest first."""

    environment: Mapping[str, str]
    above: tuple[int, ...]


def lineages(pid: int, environment: Mapping[str, str]) -> Iterator[list[Lineage]]:
    """That of the process itself; then, each for where those before it lead nowhere, those of its multiplexer's clients, and those of who holds its terminal."""
    seen: set[int] = set()
    while pid and pid not in seen:
        line = tuple(dict.fromkeys(_above(pid)))
        seen |= {pid, *line}
        yield [Lineage(environment, line)]
        clients = [client for one in line if _is_server(one) for client in _clients(one, environment)]
        if clients:
            yield [Lineage(_environment(client), (client, *dict.fromkeys(ancestors(client)))) for client in clients]
        pid = _holder(pid, line)
        environment = _environment(pid)


def window_id(pid: int, environment: Mapping[str, str]) -> int:
    """What WINDOWID says of a process that has a terminal; 0 where it says nothing, or is that of another display or a multiplexer's."""
    line = tuple(_above(pid))
    if _terminal(pid) is None or any(map(_is_server, line)):
        return 0
    said, display = environment.get("WINDOWID", ""), _plain(environment)
    for one in map(_environment, line):
        if one.get("WINDOWID") == said and _plain(one) != display:
            return 0
    with suppress(ValueError):
        return int(said, 0)
    return 0


def _above(pid: int) -> Iterator[int]:
    yield from ancestors(pid)
    this = process(pid)
    leader = 0 if this is None else this.session
    if this is not None and not this.terminal:  # then whoever leads the session whose terminal our output goes to
        there, leader = _output(), 0
        if there is not None:
            every = filter(None, map(process, pids()))
            leader = next((one.pid for one in every if one.terminal == there.st_rdev and one.session == one.pid), 0)
    if leader not in (0, pid):
        yield leader
        yield from ancestors(leader)


def _output() -> os.stat_result | None:
    """The terminal that our own output goes to; None where that is none."""
    for handle in (0, 1, 2):
        with suppress(OSError):
            if os.isatty(handle):
                return os.fstat(handle)
    return None


def _terminal(pid: int) -> tuple[int, int] | None:
    """The number of its terminal, and the file system that it is in: containers have their own."""
    there = _output() if pid == os.getpid() else None
    if there is not None:
        return pts_number(there.st_rdev), there.st_dev
    found = process(pid)
    return None if found is None or not found.terminal else (pts_number(found.terminal), _file_system(pid))


def _file_system(pid: int) -> int:
    """The one that the terminals of a process are in; 0 where it is guarded."""
    try:
        return Path(f"/proc/{pid}/root/dev/pts").stat().st_dev
    except OSError:
        return 0


def _holder(pid: int, likely: Iterable[int]) -> int:
    """Who holds the other end of the terminal of a process, and shows or passes on what it prints; 0 where that cannot be told."""
    terminal = _terminal(pid)
    return 0 if terminal is None else next((one for one in (*likely, *pids()) if _holds(one, *terminal)), 0)


def _holds(pid: int, index: int, file_system: int) -> bool:
    with suppress(OSError):
        for handle in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - as in activity.py
            with suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{handle}") in _MASTERS:  # noqa: PTH115 - the same
                    said = read_proc(pid, f"fdinfo/{handle}").decode().splitlines()
                    if f"tty-index:\t{index}" in said and _file_system(pid) == file_system:
                        return True
    return False


def _plain(environment: Mapping[str, str]) -> str:
    """The display, however it is spelled."""
    return environment.get("DISPLAY", "").removeprefix("unix").partition(".")[0]


def _is_server(pid: int) -> bool:
    found = process(pid)
    return found is not None and not found.terminal and name(pid) in _MULTIPLEXERS


def _clients(server: int, environment: Mapping[str, str]) -> list[int]:
    """The clients that show the session that `environment` is of; all where that cannot be told."""
    told_by_tmux = _asked(server, environment.get("TMUX", ""))
    if told_by_tmux is not None:
        return told_by_tmux
    kin = [found for pid in pids() if _owner(pid) == _owner(server) and (found := process(pid))]
    begun = {one.parent for one in kin if one.pid != server and not one.terminal and name(one.pid) == name(server)}
    called = _MULTIPLEXERS[name(server)]  # whoever has begun another session shows that one
    return [one.pid for one in kin if one.terminal and one.pid not in begun and name(one.pid) == called]


def _asked(server: int, variable: str) -> list[int] | None:
    """What tmux says itself, asked by its server's own program; None where it does not say."""
    socket, _, rest = variable.partition(",")
    number, _, session = rest.partition(",")
    if number != str(server) or _owner(server) != os.geteuid():  # never run what another user has started
        return None
    import subprocess

    command = [f"/proc/{server}/exe", "-S", socket, "list-clients", "-t", f"${session}", "-F", "#{client_pid}"]
    try:
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return None if said.returncode else [int(word) for word in said.stdout.split() if word.isdigit()]


def _owner(pid: int) -> int:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return -1


def _environment(pid: int) -> dict[str, str]:
    return environment_of(pid) or {}
