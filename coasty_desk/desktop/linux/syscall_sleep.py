"""Whether processes sleep until something happens, by the system call that each is in. Linux's /proc.

An application that has answered an input sleeps until the next one, or until a timer of its
own: poll(2) and its like say for how long. So whoever sleeps for long has nothing more to show,
and whoever wakes for every frame is about to show something (proc_pid_syscall(5); a process of
another user, or one that is guarded, does not tell).
"""

from __future__ import annotations

import platform
from collections.abc import Collection

from msgspec import Struct

from coasty_desk.desktop.linux.proc import read_proc

SOON = 0.05
"""A timer that is due within so many seconds may be the next frame of an animation."""

FRAME = 0.017
"""Toolkits wake at least so often, in seconds, while they animate: 60 times a second."""

FRAMES = 5
"""So many looks in a row at which a process was awake or slept for a frame at most: it draws one after the other."""

_FOREVER = float("inf")
_RUNS, _NOT_TOLD = b"running", b"guarded"

# Number of a call: the argument with its timeout, and whether that is milliseconds (else it points to a time, null for none).
# A wait for another thread (futex) is not among them: that one has something to do, and is seen to do it.
_TIMEOUTS = {
    "x86_64": {b"7": (3, True), b"232": (4, True), b"281": (4, True), b"23": (5, False),
               b"270": (5, False), b"271": (3, False), b"441": (4, False)},
    "aarch64": {b"22": (4, True), b"72": (5, False), b"73": (3, False), b"441": (4, False)},
}  # fmt: skip
_TIMED = _TIMEOUTS.get(platform.machine())


class _Call(Struct):
    """What the kernel said of the call, and since when, as far as was seen."""

    said: bytes
    since: float


class SleepProbe:
    """Who sleeps, from one look to the next."""

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}
        self._short: dict[int, int] = {}
        self._before: dict[int, bytes] = {}
        self._by_itself: frozenset[int] = frozenset()
        self._looked = 0.0
        self.looks = 0
        """Looks in a row at which all slept, and nobody was due to wake soon."""

    @property
    def animated(self) -> bool:
        """Whether somebody has begun to wake for every frame."""
        return any(looks >= FRAMES and pid not in self._by_itself for pid, looks in self._short.items())

    def begin(self, pids: Collection[int], now: float) -> None:
        """An input goes out: timers that run already are no answer to it, and who wakes for every frame does so by itself."""
        self._before = {pid: _call(pid) for pid in pids}
        self._by_itself = frozenset(
            pid
            for pid, looks in self._short.items()
            if looks >= FRAMES and _is_short(slept(self._before.get(pid, b"")))
        )
        self._calls, self._short, self._looked, self.looks = {}, {}, now, 0

    def look(self, pids: Collection[int], now: float) -> None:
        """Take in what `pids` sleep in, at that moment in seconds."""
        calls, short = {}, {}
        awake = False
        for pid in pids:
            said = _call(pid)
            sleeps = slept(said)
            short[pid] = self._short.get(pid, 0) + 1 if _is_short(sleeps) else 0
            last = self._calls.get(pid)
            since = last.since if last is not None and last.said == said else self._looked
            calls[pid] = _Call(said, since)  # it may have begun right after the last look
            if sleeps is None or sleeps < SOON or (since + sleeps - now < SOON and said != self._before.get(pid)):
                awake = True
        self._calls, self._short, self._looked = calls, short, now
        self.looks = 0 if awake else self.looks + 1


def _is_short(sleeps: float | None) -> bool:
    return sleeps is not None and sleeps <= FRAME


def slept(said: bytes) -> float | None:
    """For how many seconds a process sleeps at most that is in such a call: 0 where it runs, None where that is not told."""
    if said.strip() == _RUNS:
        return 0.0
    number, *arguments = said.split() or [b""]
    if _TIMED is None or not arguments:
        return None
    if number not in _TIMED:
        return _FOREVER
    place, milliseconds = _TIMED[number]
    value = int(arguments[place - 1], 16)
    if not milliseconds:
        return None if value else _FOREVER
    value &= 0xFFFFFFFF
    return _FOREVER if value >= 1 << 31 else value / 1000


def _call(pid: int) -> bytes:
    try:
        return read_proc(pid, "syscall")
    except OSError:  # it is gone since, or guarded
        return _NOT_TOLD
