"""`python -m coasty_desk.desktop.x11.let_go NAME…`: waits until the X server answers, lets go of what an ended run had down, and puts its terminal back.

The names are those of `pressed.Pressed`: `key 37`, `left button`. What is up already stays so.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import held_keys
from coasty_desk.desktop.x11.silent_server import STAYS


def main(names: Sequence[str]) -> int:
    """Let go; the exit code."""
    signal.alarm(STAYS)  # a server that never answers again has nothing held either
    from coasty_desk.desktop.own_terminal import aside
    from coasty_desk.desktop.x11.xtest_keyboard import give_back_leftovers

    with suppress(DesktopError, *x11.failures()):
        for one in held_keys.down():
            if (one.name if one.button else f"key {one.code}") in names:
                held_keys.release_one(one)
        give_back_leftovers()
        aside.bring_back()
        return 0
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
