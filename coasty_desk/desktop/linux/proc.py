"""What Linux's /proc tells of a process: what it is, and whether it runs in a terminal's foreground without waiting for its user."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

_PTS_MAJOR = range(136, 144)
_READING = ("n_tty_read", "wait_woken")
"""Where the kernel keeps a process that reads from a terminal."""


class Process(Struct, frozen=True):
    """The part of proc_pid_stat(5) that matters here."""

    pid: int
    state: str
    parent: int
    group: int
    session: int
    terminal: int
    foreground: int


def read_proc(pid: int, what: str) -> bytes:
    """What the kernel says in one of its short files of a process. Raises OSError where it is gone, or guarded."""
    handle = os.open(f"/proc/{pid}/{what}", os.O_RDONLY)  # a Path would take three times as long
    try:
        return os.read(handle, 4096)
    finally:
        os.close(handle)


def process(pid: int) -> Process | None:
    """The process as it is now; None where it is gone."""
    try:
        stat = read_proc(pid, "stat")
    except OSError:
        return None
    state, parent, group, session, terminal, foreground, *_ = stat[stat.rindex(b")") + 2 :].split(None, 6)
    return Process(pid, state.decode(), int(parent), int(group), int(session), int(terminal), int(foreground))


def name(pid: int) -> str:
    """What the kernel calls a process; empty where it is gone."""
    with suppress(OSError):
        return read_proc(pid, "comm").decode("utf-8", "replace").strip()
    return ""


def arguments(pid: int) -> list[str]:
    """The command line of a process; empty where it is gone."""
    with suppress(OSError):
        return read_proc(pid, "cmdline").decode("utf-8", "replace").rstrip("\0").split("\0")
    return []


def pts_number(device: int) -> int:
    """The number of a pseudo terminal; below 0, or far above all others, for a device that is none."""
    return os.minor(device) + 256 * (os.major(device) - _PTS_MAJOR[0])


def pids() -> list[int]:
    """All processes that may be seen; none where there is no /proc."""
    with suppress(OSError):
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 - a Path for each process would cost ten times as much
    return []


def ancestors(pid: int) -> Iterator[int]:
    """Those above a process, the nearest first, without the first of all."""
    found = process(pid)
    while found is not None and found.parent > 1:
        yield found.parent
        found = process(found.parent)


def environment(pid: int) -> dict[str, str] | None:
    """That of a process when it began; None where it is gone, or guarded."""
    try:
        lines = Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return None
    return dict(line.split("=", 1) for line in lines if "=" in line)


def sockets(pid: int) -> set[int]:
    """The inodes of a process's sockets, as far as they may be seen."""
    found = set()
    with suppress(OSError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                target = os.readlink(entry.path)  # noqa: PTH115 - as above
                if target.startswith("socket:["):
                    found.add(int(target[8:-1]))
    return found


def in_foreground(newcomers: Iterable[Process], windows: frozenset[int]) -> bool:
    """Whether one of `newcomers` runs in the foreground of a terminal and does not wait for its user.

    `windows` are processes with a window: whoever waits for one of those waits for its user too.
    """
    jobs: dict[int, list[Process]] = defaultdict(list)
    for one in newcomers:
        if one.terminal and one.group == one.foreground and one.state != "Z":
            jobs[one.terminal].append(one)
    return any(_works(terminal, job, windows) for terminal, job in jobs.items())


def _works(terminal: int, job: Iterable[Process], windows: frozenset[int]) -> bool:
    for one in job:
        if one.pid in windows or _place(one.pid) in _READING:
            return False
    return _is_plain(terminal)


def _place(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/wchan").read_text("ascii")
    except OSError:
        return ""


def _is_plain(terminal: int) -> bool:
    """Whether a terminal echoes whole lines: a program that has taken the keys for itself waits for them."""
    import termios

    if os.major(terminal) not in _PTS_MAJOR:
        return False
    try:
        handle = os.open(f"/dev/pts/{pts_number(terminal)}", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        with suppress(termios.error):
            flags = termios.tcgetattr(handle)[3]
            return bool(flags & termios.ICANON) and bool(flags & termios.ECHO)
        return False
    finally:
        os.close(handle)
