"""Where the monitors are, and a cheap way to notice that they have moved."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from coasty_desk.core.errors import DesktopError, UsageError
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop import load

if TYPE_CHECKING:
    import mss
    from Xlib.display import Display

_RANDR_WITH_MONITORS = (1, 5)


class Layout(Struct, frozen=True):
    """Where the monitors are, in real pixels; numbered from 1 as the platform lists them."""

    primary: Rect
    monitors: tuple[Rect, ...]

    def choose(self, which: Literal["primary"] | int) -> Rect:
        """The monitor's rectangle. Raises UsageError where there is none of that number."""
        if which == "primary":
            return self.primary
        if 1 <= which <= len(self.monitors):
            return self.monitors[which - 1]
        listed = ", ".join(f"{n} ({rect.size})" for n, rect in enumerate(self.monitors, 1))
        message = f"There is no monitor {which} on this display."
        raise UsageError(message, f"Choose --monitor primary or one of: {listed}.")


def layout() -> Layout:
    """The monitors as they are now. Raises DesktopError without a display that can be seen."""
    import mss

    try:
        with load.mss() as probe:
            return layout_of(probe)
    except (mss.ScreenShotError, OSError) as error:
        raise cannot_see(error) from error


def layout_of(opened: mss.MSS) -> Layout:
    """The monitors as they were when `opened` was first asked for them: it never looks again."""
    return Layout(_rect_of(opened.primary_monitor), tuple(map(_rect_of, opened.monitors[1:])))


class LayoutWatch:
    """Says whether the monitors are where they were.

    On X11 by one question over a connection of its own, 0.1 ms where a new mss instance takes
    1 to 10; elsewhere by looking anew.
    """

    def __init__(self) -> None:
        self._display: Display | None = None
        self._asked = False
        self._before: object = None

    def changed(self) -> bool:
        """Whether the monitors have moved since this was last asked; the first time they have. Raises DesktopError."""
        now = self._monitors()
        changed, self._before = now != self._before, now
        return changed

    def close(self) -> None:
        """Give the connection back."""
        if self._display is not None:
            with suppress(*load.failures()):  # a display that is gone has nothing left to close
                self._display.close()
        self._display, self._asked, self._before = None, False, None

    def _monitors(self) -> object:
        if not self._asked:
            self._asked, self._display = True, _with_monitors() if load.LINUX else None
        if self._display is None:
            return layout()
        try:
            reply = self._display.screen().root.xrandr_get_monitors()
        except load.failures() as error:
            self.close()
            raise cannot_see(error) from error
        return [(one.x, one.y, one.width_in_pixels, one.height_in_pixels, bool(one.primary)) for one in reply.monitors]


def _with_monitors() -> Display | None:
    """A connection whose server can tell its monitors, or None."""
    try:
        display = load.display()
    except DesktopError:  # one without XTEST, say: it can still be looked at
        return None
    if display.has_extension("RANDR"):
        version = display.xrandr_query_version()
        if (version.major_version, version.minor_version) >= _RANDR_WITH_MONITORS:
            return display
    display.close()
    return None


def _rect_of(monitor: Mapping[str, Any]) -> Rect:
    return Rect(monitor["left"], monitor["top"], monitor["width"], monitor["height"])


def cannot_see(error: Exception) -> DesktopError:
    """Our word for what mss or the X server raised."""
    display = os.environ.get("DISPLAY")
    if sys.platform == "linux" and not display:
        return DesktopError(
            "There is no display: DISPLAY is not set.",
            "Run it in a desktop session, or under a virtual one: xvfb-run -s '-screen 0 1280x800x24' coasty-desk ...",
        )
    if sys.platform == "linux" and type(error).__name__ == "XError" and "connect" in str(error).lower():
        return DesktopError(
            f"The display {display} cannot be opened.",
            "Check that its X server runs and that you may use it (echo $DISPLAY; xdpyinfo).",
        )
    return DesktopError(
        f"The screen cannot be captured: {error or type(error).__name__}.",
        "Run `coasty-desk doctor`; it checks the display and the permission to record the screen.",
    )
