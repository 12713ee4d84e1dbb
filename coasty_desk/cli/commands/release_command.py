"""`coasty-desk release`: free what a killed run left held, and put back the terminal that it left out of the way."""

from __future__ import annotations

from coasty_desk.core.stop import Stop
from coasty_desk.desktop import display_lock, platform
from coasty_desk.desktop.input import release as held

EXAMPLE = "Example:  coasty-desk release"


def release() -> int:
    """Let go of every key and button that a killed process left held."""
    with display_lock.display_held(Stop(), run_id="release", task="coasty-desk release"):  # another's would be dropped
        if platform.bring_back_terminal():
            print("The terminal that a killed run was started from is back where it was.")
        freed = held.release()
    print(f"Released: {', '.join(one.name for one in freed)}." if freed else "Nothing was held down.")
    return 0
