"""Whether a key has arrived, where an input method stands between the server and the application. Linux.

A key is on its way as long as any process on it runs, or has something of the display's unread:
each hands it on and sleeps. So it has arrived when none of them has run between two looks.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from coasty_desk.core.stop import Stop
from coasty_desk.desktop.linux.input_method import InputMethod
from coasty_desk.desktop.linux.proc import read_proc
from coasty_desk.desktop.linux.socket_backlog import Unread
from coasty_desk.desktop.linux.stop_socket import peer
from coasty_desk.desktop.x11.xlib import Display

_APART = 0.001
_WINDOWS, _WINDOW = 3, 0.005
"""So often, and so many seconds, we look on: a thread that runs each time does so by itself; one that draws frames has gaps."""
_PATIENCE = 2.0
"""Seconds that a key is given."""
_PACE = 0.06
"""Seconds for each key where what it has done cannot be told from what goes on anyway."""


class KeyPath:
    """The processes that keys go through to the application that has the focus when this is made. Raises Aborted."""

    def __init__(self, display: Display, method: InputMethod, unread: Unread, stop: Stop) -> None:
        self._display = display
        self._stop = stop
        application, connected = unread.process(), display.display.socket
        server = peer(connected)[0] if connected.family == socket.AF_UNIX else 0  # else it is on another machine
        self._pids = method.pids | {pid for pid in (application, server) if pid}
        self._told = bool(application and server)  # else a program on another machine, or another user's
        self._restless = self._running() if self._told else set()

    def arrived(self) -> None:
        """Wait until the keys that were sent have arrived. Raises Aborted."""
        self._display.sync()
        if self._told and not self._quiet():
            self._restless = self._running()
        if self._restless or not self._told:
            self._stop.pause(_PACE)

    def _quiet(self) -> bool:
        until = time.monotonic() + _PATIENCE
        before = _runs(self._pids)
        while time.monotonic() < until:
            self._stop.pause(_APART)
            now = _runs(self._pids)
            if not _ran(before, now) - self._restless:
                return True
            before = now
        return False

    def _running(self) -> set[int]:
        """The threads that run without a pause."""
        before = _runs(self._pids)
        found = set(before)
        for _ in range(_WINDOWS):
            self._stop.pause(_WINDOW)
            now = _runs(self._pids)
            found &= _ran(before, now)
            before = now
        return found


def _runs(pids: Iterable[int]) -> dict[int, bytes]:
    """How often each thread of these has been given the processor; nothing for one that has it now, or waits for it."""
    found = {}
    for pid in pids:
        with suppress(OSError):  # it has ended, or is guarded
            for thread in map(int, os.listdir(f"/proc/{pid}/task")):  # noqa: PTH208 - a Path would take three times as long
                status = read_proc(thread, "status")
                asleep = b"State:\tS" in status
                found[thread] = status[status.find(b"voluntary_ctxt_switches") :] if asleep else b""
    return found


def _ran(before: Mapping[int, bytes], now: Mapping[int, bytes]) -> set[int]:
    """The threads that have run between two looks, or run still."""
    return {thread for thread, times in now.items() if not times or before.get(thread) != times}
