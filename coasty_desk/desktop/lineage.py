"""Which processes stand between this one and the terminal that shows it, by Linux's /proc.

Usually its ancestors. What has outlived its parent (`command &` in a script) still has its
session's leader; what has left even that (`setsid`) still prints to the terminal of one. A
terminal multiplexer (tmux, screen) is shown by its clients, which are no ancestors.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from coasty_desk.desktop.terminal_job import process, told

PATIENCE = 0.5
"""Seconds that tmux is given to name its clients."""

_MULTIPLEXERS = {
    "tmux: server": "tmux: client",
    "screen": "screen",
    "zellij": "zellij",
    "dtach": "dtach",
    "abduco": "abduco",
}
"""What a multiplexer's server is called, which has no terminal itself, and what its clients are, which have."""


class Lineage(Struct, frozen=True):
    """A process that a terminal shows, by its environment, and those above it, the nearest first."""

    environment: Mapping[str, str]
    above: tuple[int, ...]


def lineages(pid: int, environment: Mapping[str, str]) -> Iterator[Lineage]:
    """That of the process itself, and those of the clients of each multiplexer that it runs in."""
    line = tuple(dict.fromkeys(_above(pid)))
    yield Lineage(environment, line)
    for one in line:
        if _is_server(one):
            for client in _clients(one, environment):
                yield Lineage(_environment(client), (client, *dict.fromkeys(_ancestors(client))))


def name(pid: int) -> str:
    """What the kernel calls a process; empty where it is gone."""
    with suppress(OSError):
        return told(pid, "comm").decode("utf-8", "replace").strip()
    return ""


def arguments(pid: int) -> list[str]:
    """The command line of a process; empty where it is gone."""
    with suppress(OSError):
        return told(pid, "cmdline").decode("utf-8", "replace").rstrip("\0").split("\0")
    return []


def _ancestors(pid: int) -> Iterator[int]:
    found = process(pid)
    while found is not None and found.parent > 1:
        yield found.parent
        found = process(found.parent)


def _above(pid: int) -> Iterator[int]:
    yield from _ancestors(pid)
    this = process(pid)
    leader = 0 if this is None else this.session if this.terminal else _leader_of_output()
    if leader not in (0, pid):
        yield leader
        yield from _ancestors(leader)


def _leader_of_output() -> int:
    """The leader of the session whose terminal our output goes to; 0 where that is none."""
    for handle in (0, 1, 2):
        with suppress(OSError):
            if os.isatty(handle):
                device = os.fstat(handle).st_rdev
                return next((pid for pid in _all() if _leads(pid, device)), 0)
    return 0


def _leads(pid: int, device: int) -> bool:
    found = process(pid)
    return found is not None and found.terminal == device and found.session == pid


def _all() -> Iterator[int]:
    return (int(entry) for entry in os.listdir("/proc") if entry.isdecimal())  # noqa: PTH208 - as in at_work.py


def _is_server(pid: int) -> bool:
    found = process(pid)
    return found is not None and not found.terminal and name(pid) in _MULTIPLEXERS


def _clients(server: int, environment: Mapping[str, str]) -> list[int]:
    """The clients that show the session that `environment` is of; all where that cannot be told."""
    told_by_tmux = _asked(server, environment.get("TMUX", ""))
    if told_by_tmux is not None:
        return told_by_tmux
    kin = [found for pid in _all() if _owner(pid) == _owner(server) and (found := process(pid))]
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
    try:
        lines = Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)
