"""`coasty-desk stop` and `release`: end the run that drives this display; free what a killed one left held."""

from __future__ import annotations

import sys

from coasty_desk.cli.text import line
from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop import aside, lock
from coasty_desk.desktop import release as held

NOTHING_RUNS = 1
"""The exit code where there is no run to stop."""


def stop() -> int:
    """Ask the run to stop, and say within a second whether it does."""
    asked = lock.stop_running()
    if asked is None:
        print("No run drives this display.")
        return NOTHING_RUNS
    owner, heard = asked
    who = f"run {line(owner.run_id)} (process {owner.pid}): {line(owner.task)}"
    if heard == "silent":
        message = f"The {who} does not answer."
        raise DesktopError(message, f"End its process with `kill {owner.pid}`, then run `coasty-desk release`.")
    print(f"{'Stopped' if heard == 'ended' else 'Stopping'} {who}")
    return 0


def release() -> int:
    """Put back the terminal that a killed run left out of the way; let go of every key and button that is down, and name them."""
    if sys.platform.startswith("linux") and lock.running() is None and aside.bring_back():
        print("The terminal that a killed run was started from is back where it was.")
    freed = held.release()
    print(f"Released: {', '.join(one.name for one in freed)}." if freed else "Nothing was held down.")
    return 0
