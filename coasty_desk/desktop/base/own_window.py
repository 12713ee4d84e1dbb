"""The windows that show the terminal that this program was started from, and what is wished for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

Wish: TypeAlias = Literal["auto", "hide", "show"]


class OwnWindow(Struct, frozen=True):
    """A window that this program was started from; `kind` is its class, `terminal` whether it is nothing but a terminal.

    `named`: nothing but WINDOWID says that it was.
    """

    id: int
    title: str
    kind: str
    pid: int
    terminal: bool
    named: bool = False


def hidden(windows: Sequence[OwnWindow], wish: Wish) -> tuple[OwnWindow, ...]:
    """Those that are to be left out of everything."""
    return tuple(one for one in windows if wish == "hide" or (wish == "auto" and one.terminal))


def warning(windows: Sequence[OwnWindow], wish: Wish) -> str:
    """What the person is told of a window that stays; empty where there is nothing to tell."""
    stays = [one.title for one in windows if not one.terminal]
    if wish != "auto" or not stays:
        return ""
    return (
        f"This was started from a window that is more than a terminal ({stays[0] or 'it has no title'}), so it stays on "
        "the screen and is seen and used like any other: --own-terminal hide leaves it out."
    )
