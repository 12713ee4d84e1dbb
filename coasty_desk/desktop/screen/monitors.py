"""Where the monitors are, and a cheap way to notice that they have moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from coasty_desk.core.errors import DesktopError, UsageError
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop import platform

if TYPE_CHECKING:
    import mss


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
        with platform.mss() as probe:
            return layout_of(probe)
    except (mss.ScreenShotError, OSError) as error:
        raise cannot_see(error) from error


def layout_of(opened: mss.MSS) -> Layout:
    """The monitors as they were when `opened` was first asked for them: it never looks again."""
    monitors = opened.monitors[1:] or opened.monitors  # a server without RandR has but the whole
    primary = opened.primary_monitor if opened.monitors[1:] else monitors[0]
    return Layout(_rect_of(primary), tuple(map(_rect_of, monitors)))


def places() -> object:
    """What differs from before where a monitor has moved: by a quick question where there is one, else by looking anew. Raises DesktopError."""
    try:
        return platform.monitors_now() or layout()
    except platform.failures() as error:
        raise cannot_see(error) from error


def _rect_of(monitor: Mapping[str, Any]) -> Rect:
    return Rect(monitor["left"], monitor["top"], monitor["width"], monitor["height"])


def cannot_see(error: Exception) -> DesktopError:
    """Our word for what mss or the X server raised."""
    try:
        platform.demand_display()
    except DesktopError as why:
        return why
    return DesktopError(
        f"The screen cannot be captured: {str(error).rstrip('.') or type(error).__name__}.",
        "Allow this program to record the screen, and see that the session is not locked or away.",
    )
