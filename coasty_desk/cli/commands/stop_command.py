"""`coasty-desk stop`: ends the run that drives this display."""

from __future__ import annotations

import json
import os

from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.core.errors import DesktopError, NoDisplayError
from coasty_desk.desktop.linux.stop_socket import StopCall

NOTHING_RUNS = 1
"""The exit code where there is no run to stop."""

PATIENCE = 3.0
"""Seconds that a run is given to end."""

LEAVING = 1.0
"""Seconds that its process is given after it."""


EXAMPLE = "Example:  coasty-desk stop"


def stop() -> int:
    """Stop the run that drives this display, from another terminal; where there is none, those on virtual machines."""
    return await_end(StopCall.begin(os.environ.get("DISPLAY", "")))


def await_end(call: StopCall | None) -> int:
    """Wait until the run that has been asked is gone; where none has heard, ask another way. Raises DesktopError where it is not."""
    calls = [call] if call is not None else StopCall.begin_virtual()
    for one in calls:
        _await(one)
    return 0 if calls else _by_display()


def _await(call: StopCall) -> None:
    ended = call.ended(PATIENCE)
    try:
        said = json.loads(call.said)
    except ValueError:
        said = {}
    who = _who(str(said.get("run_id", "")), call.pid, str(said.get("task", "")))
    if not ended:
        raise _not_gone(who, call.pid)
    call.gone(LEAVING)  # one that is a Python program of somebody's own goes on without its run
    print(f"Stopped {who}")


def _by_display() -> int:
    """Through the X server, or the locked file: another user's run, one on another machine, another system's."""
    from coasty_desk.desktop import display_lock

    try:
        asked = display_lock.stop_running(PATIENCE)
    except NoDisplayError:
        print("No run is here to stop: none on a machine listens, and DISPLAY names no display to look at.")
        print("  For a run on your desktop, say which: DISPLAY=:0 coasty-desk stop")
        return NOTHING_RUNS
    if asked is None:
        print("No run drives this display, and none on a machine listens.")
        return NOTHING_RUNS
    owner, ended = asked
    who = _who(owner.run_id, owner.pid, owner.task)
    if not ended:
        raise _not_gone(who, owner.pid)
    print(f"Stopped {who}")
    return 0


def _who(run_id: str, pid: int, task: str) -> str:
    process = f" (process {pid})" if pid > 1 else ""
    return f"run {line(run_id)}{process}: {line(task)}"


def _not_gone(who: str, pid: int) -> DesktopError:
    message = f"The {who} has not ended."
    how = f"with `kill -KILL {pid}`" if pid > 1 else "on the machine where it runs (no process here is known to be it)"
    return DesktopError(message, f"End its process {how}, then run `coasty-desk release`.")
