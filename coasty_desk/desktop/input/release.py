"""Keys and buttons that are down though nobody holds them: found at the start of a run, freed by `coasty-desk release`.

A killed process cannot let go of what it held; its key stays down in the server.
"""

from __future__ import annotations

from coasty_desk.core.errors import DesktopError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.pressed import Down


def down() -> tuple[Down, ...]:
    """What is down on this desktop now, whoever holds it. Raises DesktopError."""
    return platform.held_keys.down()


def stuck(stop: Stop, seconds: float = 0.5) -> tuple[Down, ...]:
    """What is down now and stays down so long: the Enter that started the run is let go of sooner.

    Raises Aborted, DesktopError.
    """
    found = down()
    if found:
        stop.pause(seconds)
        still = down()
        found = tuple(one for one in found if one in still)
    return found


def release() -> tuple[Down, ...]:
    """Let go of all that is down and of keycodes left borrowed, and say what was down. Raises DesktopError, also where something stays down."""
    held_keys = platform.held_keys
    found = held_keys.down()
    for one in found:
        held_keys.release_one(one)
    platform.give_back_leftovers()
    left = [one.name for one in held_keys.down() if one in found]
    if left:
        message = f"Still down: {', '.join(left)}."
        raise DesktopError(message, "Is a finger on it? If not, press and release it once by hand.")
    return found
