"""Ending a program with all that it has started, however far that has gone from it."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

from coasty_desk.desktop.linux import proc

MARK = "COASTY_DESK_SESSION"
"""The variable that a session's programs have in their environment, by which those are found that have left their parents."""

_ROUNDS = 50


def end_tree(process: subprocess.Popen[bytes], mark: str) -> None:
    """Kill the process, what it has started, what is in its session and what carries `mark`; return when it has ended.

    All are halted before the first is killed: a script goes on with its next line when what it waits for is killed. Where there
    is no /proc: itself and its group. What was held by walls dies with those.
    """
    halted: set[int] = set()
    for _ in range(_ROUNDS):  # what is halted may just have started another one
        new = _belonging(process, mark) - halted
        if not new:
            break
        for pid in new:
            _signal(pid, signal.SIGSTOP)
        halted |= new
    for pid in halted:
        _signal(pid, signal.SIGKILL)
    if process.returncode is None:  # its number is its own as long as nobody has waited for it
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _belonging(process: subprocess.Popen[bytes], mark: str) -> set[int]:
    every = [one for one in map(proc.process, proc.pids()) if one is not None and one.state not in "ZX"]
    found: set[int] = set()
    if process.returncode is None:
        above = {process.pid}
        found |= above
        while above:
            above = {one.pid for one in every if one.parent in above} - found
            found |= above
        found |= {one.pid for one in every if one.session == process.pid}
    own = os.getpid()
    found |= {one.pid for one in every if one.pid != own and (proc.environment(one.pid) or {}).get(MARK) == mark}
    return found - {own}
