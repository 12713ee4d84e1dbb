"""Ending a program with all that it has started, however far that has gone from it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

from coasty_desk.desktop.linux import proc

MARK = "COASTY_DESK_SESSION"
"""The variable that a session's programs have in their environment, by which those are found that have left their parents."""

_ROUNDS = 50


def new_mark(machine_id: str, tool: str) -> str:
    """A value of MARK for one session of a machine's tool: short, and no other's."""
    return f"{_prefix(machine_id, tool)}{secrets.token_hex(16)}"


def end_strays(machine_id: str, tool: str) -> None:
    """Kill what the sessions of a worker that was killed have left running. Only before that tool of the machine has begun any."""
    prefix = _prefix(machine_id, tool)
    _end_all(lambda: _marked(lambda mark: mark.startswith(prefix)))


def end_tree(process: subprocess.Popen[bytes], mark: str) -> None:
    """Kill the process, what it has started, what is in its session and what carries `mark`; return when it has ended.

    Where there is no /proc: itself and its group. What was held by walls dies with those.
    """
    _end_all(lambda: _belonging(process, mark))
    if process.returncode is None:  # its number is its own as long as nobody has waited for it
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()


def _end_all(find: Callable[[], set[int]]) -> None:
    """All are halted before the first is killed: a script goes on with its next line when what it waits for is killed."""
    halted: set[int] = set()
    for _ in range(_ROUNDS):  # what is halted may just have started another one
        new = find() - halted
        if not new:
            break
        for pid in new:
            _signal(pid, signal.SIGSTOP)
        halted |= new
    for pid in halted:
        _signal(pid, signal.SIGKILL)


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
    return (found | _marked(lambda its: its == mark)) - {os.getpid()}


def _marked(wanted: Callable[[str], bool]) -> set[int]:
    return {pid for pid in proc.pids() if wanted((proc.environment(pid) or {}).get(MARK, ""))} - {os.getpid()}


def _prefix(machine_id: str, tool: str) -> str:
    return f"{tool}-{sha256(machine_id.encode()).hexdigest()[:16]}-"
