"""Where the monitors are, by one question of 0.1 ms, where a new mss instance takes 1 to 10."""

from __future__ import annotations

from contextlib import suppress

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.xlib import Display

_RANDR_WITH_MONITORS = (1, 5)


class RandrMonitors:
    """A `MonitorList` over a connection of its own, which it closes."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def now(self) -> object:
        """Each monitor's place, and whether it is the primary one."""
        reply = self._display.screen().root.xrandr_get_monitors()
        return [(one.x, one.y, one.width_in_pixels, one.height_in_pixels, bool(one.primary)) for one in reply.monitors]

    def close(self) -> None:
        """Give the connection back."""
        with suppress(*x11.failures()):  # a display that is gone has nothing left to close
            self._display.close()


def opened() -> RandrMonitors | None:
    """One whose server can tell its monitors, or None."""
    try:
        display = x11.display()
    except DesktopError:  # one without XTEST, say: it can still be looked at
        return None
    if display.has_extension("RANDR"):
        version = display.xrandr_query_version()
        if (version.major_version, version.minor_version) >= _RANDR_WITH_MONITORS:
            return RandrMonitors(display)
    display.close()
    return None
