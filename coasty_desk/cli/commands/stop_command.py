"""`coasty-desk stop` and `release`: end the run that drives this display; free what a killed one left held."""

from __future__ import annotations

import json
import os

from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.linux.stop_socket import Call

NOTHING_RUNS = 1
"""The exit code where there is no run to stop."""

PATIENCE = 3.0
"""Seconds that a run is given to end."""

LEAVING = 1.0
"""Seconds that its process is given after it."""


def stop() -> int:
    """Ask the run to stop, and wait until it is gone. Raises DesktopError where it is not."""
    call = Call.begin(os.environ.get("DISPLAY", ""))
    return by_display() if call is None else await_end(call)


def await_end(call: Call) -> int:
    """Wait until the run that has been asked is gone. Raises DesktopError where it is not."""
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
    return 0


def by_display() -> int:
    """Through the X server, or the locked file: another user's run, one on another machine, another system's."""
    from coasty_desk.desktop import display_lock

    asked = display_lock.stop_running(PATIENCE)
    if asked is None:
        print("No run drives this display.")
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


def release() -> int:
    """Put back the terminal that a killed run left out of the way; let go of every key and button that is down, and name them.

    Raises UsageError beside a run that goes on: it would drop what that holds.
    """
    from coasty_desk.desktop import display_lock, platform
    from coasty_desk.desktop.input import release as held

    with display_lock.display_held(Stop(), run_id="release", task="coasty-desk release"):
        if platform.bring_back_terminal():
            print("The terminal that a killed run was started from is back where it was.")
        freed = held.release()
    print(f"Released: {', '.join(one.name for one in freed)}." if freed else "Nothing was held down.")
    return 0
