"""An application of the desktop's menu, as whoever names one and whoever starts it know it. Pure."""

from __future__ import annotations

from msgspec import Struct


class Application(Struct, frozen=True):
    """`name` is what the menu shows, `known_as` the names it is known by (the best first), `entry` its entry's file name.

    `command` is what starts it: no shell reads it.
    """

    name: str
    known_as: tuple[str, ...]
    command: tuple[str, ...]
    entry: str = ""
    in_terminal: bool = False
