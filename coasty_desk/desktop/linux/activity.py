"""Whether the applications on this display are still at work, beside what can be seen.

A screen that does not change may be at rest, or waiting for a server, a program that starts, a
command in a terminal. Linux tells which, without any privilege: who the display's clients are
(X-Resource), what their processes use of the processor, for how long they sleep, what is in the
foreground of their terminals, and whether a request of theirs is unanswered.

All of this is optional: it spares a step some 35 ms, and finds what works on unseen. Without it nothing is known to be at
work, and whoever asks goes by the picture alone, for longer. One by one, where a system does not have it:

- `pending_requests` (netlink): a page that is waited for is not known of, so nobody is believed to be done (`UNKNOWN`);
- `cpu_share` (clock_getcpuclockid(3), schedstat): nobody is ever seen idle;
- `syscall_sleep` (/proc's `syscall`, on x86-64 and AArch64): nobody is ever seen asleep for long;
- `proc` (/proc at all), X-Resource, a display on this machine: nothing is known.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress

from msgspec import Struct

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.base.activity_probe import ActivityProbe, Doing
from coasty_desk.desktop.linux.cpu_share import NOTHING, CpuShare, waits_for_disk
from coasty_desk.desktop.linux.pending_requests import Connections, PendingRequest
from coasty_desk.desktop.linux.proc import ancestors, environment, in_foreground, pids, process, sockets
from coasty_desk.desktop.linux.syscall_sleep import SleepProbe
from coasty_desk.desktop.x11 import client_processes, window_stack
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.xlib import Display

IDLE = 0.2
"""A process that wants less than this part of a processor is not at work: a caret blinks, a spinner turns."""

IDLE_LOOKS = 3
"""After so many looks in a row at which nobody had used anything, nobody does anything."""

ASLEEP_LOOKS = 2
"""After so many, where all sleep besides, nobody will."""

BUSY = 0.75
"""A process must want as much as this to be waited for when nothing has changed for `COMPUTING` seconds."""

COMPUTING = 1.0
"""Seconds for which a process may compute without showing anything and still be waited for."""

STARTING = 0.4
"""What one must want to be waited for longer that has been started by the input."""

LONG_POLL = 0.7
"""A request that had been open for so many seconds before the input is not the input's: it waits for news."""

OPENING = 1.0
"""Seconds after the input in which a question for a name or a connection may still get its answer."""

ARRIVING = 0.1
"""An answer of which something came so many seconds ago may have more to come."""

WHILE = 0.1
"""Seconds between an answer and the next input from which on it can be told what is used by itself."""


def enough(calm: float) -> float:
    """The part of a processor that a process must want to be at work when nothing has changed for `calm` seconds."""
    return math.inf if calm >= COMPUTING else IDLE + (BUSY - IDLE) * calm / COMPUTING


def activity_probe(ours: frozenset[int]) -> ActivityProbe:
    """Whatever can tell on this display; the processes that are `ours` are not waited for."""
    try:
        return LinuxActivityProbe(ours)
    except (DesktopError, OSError):
        return ActivityProbe()


class _Before(Struct):
    processes: frozenset[int] = frozenset()
    polls: frozenset[int] = frozenset()
    when: float = 0.0
    clients: frozenset[int] = frozenset()


class LinuxActivityProbe(ActivityProbe):
    """The display's clients and their children on this Linux."""

    def __init__(self, ours: frozenset[int] = frozenset()) -> None:
        self._tells = False
        self._display: Display = x11.display()
        if client_processes.by_client(self._display) is None:
            self._display.close()
            message = "the server does not tell its clients"
            raise DesktopError(message)
        self._connections: Connections | None = None
        with suppress(OSError):
            self._connections = Connections(os.getuid())
        self._display_name = os.environ.get("DISPLAY", "")
        self._before = _Before()
        self._family: dict[int, bool] = {os.getpid(): False}
        self._ours = ours.union((os.getpid(), *ancestors(os.getpid())))
        self._wanted = CpuShare()
        self._asleep = SleepProbe()
        self._by_itself: dict[int, float] = {}
        self._ours_open: set[int] = set()

    def close(self) -> None:
        """Give the connections back."""
        if self._connections is not None:
            self._connections.close()
        with suppress(*x11.failures()):
            self._display.close()

    def before(self) -> None:
        """Remember the processes, what they use, and the requests that are open."""
        now = time.monotonic()
        self._by_itself = self._used_by_itself(now)
        told = self._told()
        clients = frozenset(told.values())
        polls = frozenset(one.inode for one in self._open_now() if one.opens or (one.waits and one.sent > LONG_POLL))
        self._ours_open = set()
        processes = frozenset(pids())
        unseen = {client for client, pid in told.items() if pid not in processes}
        there = not clients.isdisjoint(processes)
        self._tells = self._connections is not None and there and not self._shows_any(unseen)
        self._before = _Before(processes, self._before.polls | polls, now, clients)
        members = self._members()
        self._wanted.begin(members, now)  # what they use from here on is the answer
        self._asleep.begin(clients, now)

    def look(self) -> None:
        """Take in what the display's processes have used."""
        never_idle = [pid for pid, share in self._by_itself.items() if share >= NOTHING]
        members, now = self._members(), time.monotonic()
        self._wanted.look(members, never_idle, now)
        drawing = [pid for pid in members if pid in self._before.clients or pid not in self._before.processes]
        self._asleep.look(drawing, now)  # who has a window, or may have one soon

    @property
    def doing(self) -> Doing:
        """What they have done in the last looks."""
        if not self._tells:
            return Doing.UNKNOWN
        if self._asleep.animated:
            return Doing.FRAMES  # also where that costs next to nothing: GTK's file dialog, before Save can be pressed
        if min(self._asleep.looks, self._wanted.idle) >= ASLEEP_LOOKS:
            return Doing.ASLEEP
        return Doing.NOTHING if self._wanted.idle >= IDLE_LOOKS else Doing.SOMETHING

    def why(self, calm: float) -> str:
        """The first that is found at work."""
        now = time.monotonic()
        family = self._members()
        awaited = self._network(family, now)
        if awaited:
            return awaited
        newcomers = [pid for pid in family if pid not in self._before.processes]
        if newcomers and in_foreground(filter(None, map(process, newcomers)), self._clients()):
            return "command"
        return self._computing(family, frozenset(newcomers), calm)

    # Who belongs to the display

    def _clients(self) -> frozenset[int]:
        """Their processes, without the server's own and this one. Raises DesktopError where the display is gone."""
        return frozenset(self._told().values())

    def _told(self) -> dict[int, int]:
        """The same, by their connections."""
        with self._asking():
            told = client_processes.by_client(self._display) or {}
        return {client: pid for client, pid in told.items() if client and pid != os.getpid()}

    def _shows_any(self, unseen: Collection[int]) -> bool:
        """Whether one of these connections has a window: its process is in another container, and not to be seen at work.

        One whose process has gone and left the connection to a child has none (dbus-launch, xclip): it has nothing to show.
        """
        if not unseen:
            return False
        with self._asking():
            outers = window_stack.stacked(self._display)
            windows = {one.id for one in outers}.union(window_stack.applications(self._display, outers))
        return any(window_stack.maker(self._display, number) in unseen for number in windows)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except x11.failures() as error:
            message = "The display no longer tells whose windows are on it."
            raise DesktopError(message, "Is the display still there?") from error

    def _members(self) -> list[int]:
        """The clients of the display and whatever they started, without ourselves and those above us."""
        here = set(pids())
        self._family = {pid: belongs for pid, belongs in self._family.items() if pid in here}
        return [pid for pid in here if self._belongs(pid) and pid not in self._ours]

    def _belongs(self, pid: int) -> bool:
        if pid in self._before.clients:
            return True
        if pid not in self._family:
            found = process(pid)
            belongs = found is not None and found.parent > 1 and self._belongs(found.parent)
            if not belongs and pid not in self._before.processes:
                belongs = (environment(pid) or {}).get("DISPLAY") == self._display_name  # started for this display
            self._family[pid] = belongs
        return self._family[pid]

    # What they do

    def _open_now(self) -> list[PendingRequest]:
        """Nothing where the kernel does not tell, or not any more."""
        if self._connections is not None:
            with suppress(OSError):
                return self._connections.now()
            self._connections.close()
            self._connections = None
        return []

    def _network(self, family: Iterable[int], now: float) -> str:
        since = now - self._before.when
        asked = [
            one
            for one in self._open_now()
            if one.sent <= since and one.inode not in self._before.polls and (since < OPENING or not one.opens)
        ]
        waiting = {one.inode for one in asked if one.waits}
        arriving = {one.inode for one in asked if one.received < ARRIVING}
        if not waiting and not arriving:
            return ""
        if not waiting | arriving <= self._ours_open:
            self._ours_open = set().union(*map(sockets, family))  # of all their files: not at each look
        return "network" if waiting & self._ours_open else "arriving" if arriving & self._ours_open else ""

    def _computing(self, family: Iterable[int], newcomers: frozenset[int], calm: float) -> str:
        shares = {pid: self._wanted.share(pid) - 2 * self._by_itself.get(pid, 0.0) for pid in family}
        if any(shares.get(pid, 0.0) >= STARTING or waits_for_disk(pid) for pid in newcomers):
            return "starting"
        return "computing" if any(share >= enough(calm) for share in shares.values()) else ""

    def _used_by_itself(self, now: float) -> dict[int, float]:
        """What each has used since the last input had been answered: a video, a clock, an animation."""
        if now - self._wanted.last_look() < WHILE:
            return self._by_itself
        return self._wanted.since(now)
