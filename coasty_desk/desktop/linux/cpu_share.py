"""How much of a processor each process has wanted of late: what it has used, and what it has waited for. Linux's /proc.

A process that waits for its turn on a busy machine is as much at work as one that runs, so
both count (sched_debug's `schedstat`: proc_pid_schedstat, kernel's sched-stats.rst). The mean
of the last moments is kept, not that of the whole time: who has done its work is told soon.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection

from msgspec import Struct

from coasty_desk.desktop.linux.proc import process, read_proc

MEMORY = 0.04
"""Seconds after which what a process has used counts for about a third."""

NOTHING = 0.05
"""A process that wants less than this part of a processor from one look to the next does nothing."""

_WAITS_FOR_DISK = "D"


class _Use(Struct):
    """The processor time (s) of all of a process's threads, what its first thread has run and waited, and when."""

    used: float
    wanted: float
    when: float
    share: float


class CpuShare:
    """The shares of a processor that processes want, from one look to the next."""

    def __init__(self) -> None:
        self._uses: dict[int, _Use] = {}
        self._tells = False
        self.idle = 0
        """Looks in a row at which nobody had wanted anything."""

    def begin(self, pids: Collection[int], now: float) -> None:
        """Forget all, and count from now on."""
        self.idle = 0
        self._uses = {pid: _Use(_used(pid), _ran_or_waited(pid), now, 0.0) for pid in pids}
        self._tells = any(use.used or use.wanted for use in self._uses.values())  # whoever is there has begun once

    def look(self, pids: Collection[int], restless: Collection[int], now: float) -> None:
        """Take in what `pids` have used; one that was not there at the beginning is at work until seen idle.

        `restless` are some of them that never come to rest.
        """
        wanting = [pid for pid in pids if self._take_in(pid, now) >= NOTHING and pid not in restless]
        self.idle = 0 if wanting or not self._tells else self.idle + 1

    def _take_in(self, pid: int, now: float) -> float:
        """What it has wanted since the last look."""
        used, wanted = _used(pid), _ran_or_waited(pid)
        last = self._uses.get(pid)
        if last is None:
            self._uses[pid] = _Use(used, wanted, now, 1.0)
            return 1.0
        gone = max(now - last.when, 1e-3)
        share = min(1.0, max(used - last.used, wanted - last.wanted, 0.0) / gone)
        keep = math.exp(-gone / MEMORY)
        self._uses[pid] = _Use(used, wanted, now, keep * last.share + (1 - keep) * share)
        return share

    def share(self, pid: int) -> float:
        """What it wants of a processor: 0 to 1."""
        use = self._uses.get(pid)
        return 0.0 if use is None else use.share

    def since(self, now: float) -> dict[int, float]:
        """The mean shares of those that were looked at, since the last look at each."""
        return {pid: (_used(pid) - use.used) / (now - use.when) for pid, use in self._uses.items() if now > use.when}

    def last_look(self) -> float:
        """When it was."""
        return max((use.when for use in self._uses.values()), default=-math.inf)


def waits_for_disk(pid: int) -> bool:
    """Whether it is asleep until a file has been read."""
    found = process(pid)
    return found is not None and found.state == _WAITS_FOR_DISK


def _used(pid: int) -> float:
    """What all threads of a process have used; 0 once it is gone. The clock of another process: clock_getcpuclockid(3)."""
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


def _ran_or_waited(pid: int) -> float:
    """What its first thread has run and has waited for a processor, in seconds; 0 where the kernel does not tell."""
    try:
        ran, waited, _ = read_proc(pid, "schedstat").split()
    except (OSError, ValueError):  # it is gone since
        return 0.0
    return (int(ran) + int(waited)) / 1e9
