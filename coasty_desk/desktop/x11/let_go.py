"""`python -m coasty_desk.desktop.x11.let_go NAME…`: waits until the X server answers, lets go of what an ended run had down, and puts its terminal back.

The names are those of `pressed.Pressed`: `key 37`, `left button`. What is up already stays so.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.base.pressed import BUTTONS
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.held_keys import let_go
from coasty_desk.desktop.x11.silent_server import STAYS


def main(names: Sequence[str]) -> int:
    """Let go; the exit code."""
    signal.alarm(STAYS)  # a server that never answers again has nothing held either
    from coasty_desk.desktop.own_terminal import aside
    from coasty_desk.desktop.x11.xtest_keyboard import give_back_leftovers

    with suppress(DesktopError, *x11.failures()):
        let_go(_codes(names, "key "), _buttons(names))
        give_back_leftovers()
        aside.bring_back()
        return 0
    return 1


def _codes(names: Sequence[str], before: str) -> frozenset[int]:
    numbers = (name.removeprefix(before) for name in names if name.startswith(before))
    return frozenset(int(number) for number in numbers if number.isdecimal())


def _buttons(names: Sequence[str]) -> frozenset[int]:
    return frozenset(number for number, name in BUTTONS.items() if name in names)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
