"""Until when a host's runs may send input: it must have stopped before the other hosts say that it is lost.

The host renews its lease with each heartbeat, in memory that it shares with its runs' processes: nothing is sent, so nobody waits for
anybody, and who was paused, with the host or without it, reads what holds now. The clock goes on while the computer sleeps.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
import tempfile
import threading
import time
from collections.abc import Callable

from coasty_desk.core.stop import Stop

LEASE = 12.0
"""Seconds from the beginning of a heartbeat that arrived, in which input may be sent."""

_UNTIL = struct.Struct("=d")


def boot_seconds() -> float:
    """Seconds of a clock that all processes of this computer share, which nobody sets and no sleep stops, where the system has one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else float(getattr(time, "clock_gettime")(clock))  # noqa: B009 - not on Windows


class DrivingLease:
    """Made by the host, and shared with a process by its descriptor (`fileno`). Without a renewal it does not hold."""

    def __init__(self, descriptor: int | None = None, clock: Callable[[], float] = boot_seconds) -> None:
        """`descriptor`: that of another process's lease. Raises OSError."""
        self._clock = clock
        if descriptor is None:
            with tempfile.TemporaryFile(prefix="coasty-desk-lease-") as file:
                file.write(_UNTIL.pack(-math.inf))
                file.flush()
                self._descriptor = os.dup(file.fileno())
        else:
            self._descriptor = descriptor
        self._shared = mmap.mmap(self._descriptor, _UNTIL.size)

    def fileno(self) -> int:
        """For the processes that may only drive while it holds."""
        return self._descriptor

    def renew(self, began: float) -> None:
        """A heartbeat that began at that moment of `boot_seconds` has arrived."""
        _UNTIL.pack_into(self._shared, 0, began + LEASE)

    def end(self) -> None:
        """It does not hold any more."""
        _UNTIL.pack_into(self._shared, 0, -math.inf)

    def left(self) -> float:
        """Seconds for which it holds still; below 0 where it does not."""
        return float(_UNTIL.unpack_from(self._shared, 0)[0]) - self._clock()

    def holds(self) -> bool:
        """Whether input may be sent."""
        return self.left() > 0


class LeasedStop(Stop):
    """A stop at which whoever is about to act finds out, too, that the lease is over; then `lapsed` is called, which does not return."""

    def __init__(self, lease: DrivingLease, lapsed: Callable[[], object]) -> None:
        super().__init__()
        self._lease, self._lapsed = lease, lapsed

    def is_set(self) -> bool:
        """As every stop's."""
        self._see()
        return super().is_set()

    def check(self) -> None:
        """As every stop's."""
        self._see()
        super().check()

    def part(self) -> Stop:
        """As every stop's."""
        part = LeasedStop(self._lease, self._lapsed)
        self._add(part)
        return part

    def watch(self) -> None:
        """Have it found out where nobody is about to act: from now on, in a thread of its own."""
        threading.Thread(target=self._watch, name="coasty-desk lease", daemon=True).start()

    def _watch(self) -> None:
        while True:
            self._see()
            time.sleep(min(max(self._lease.left(), 0.01), 0.5))

    def _see(self) -> None:
        if not self._lease.holds():
            self._lapsed()
