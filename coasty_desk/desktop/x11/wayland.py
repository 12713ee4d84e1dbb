"""Wayland: where it is, what does not work there, and the one sentence that says so before anything starts.

The X server that a Wayland session offers (XWayland) shows a black screen and passes no input
to the session's own windows. A virtual X display inside such a session works, so it is the
server that is judged, and the environment alone only where there is no server.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.x11.shared_connection import shared_connection
from coasty_desk.desktop.x11.xlib import Display, X, errors

MESSAGE = "This is a Wayland session: screenshots come back black here and clicks are ignored."
REMEDY = (
    "Log out and choose 'GNOME on Xorg' or 'Plasma (X11)', or run inside a virtual X display: "
    "`xvfb-run -s '-screen 0 1440x900x24 -noreset' coasty-desk …`."
)
_SAMPLES = 24


class Server(Struct, frozen=True):
    """The X server that DISPLAY names: whether it is a part of a Wayland session, and shows one colour only."""

    xwayland: bool
    blank: bool


def refusal(environment: Mapping[str, str], server: Server | None) -> DesktopError | None:
    """Why this session cannot be driven, or None. `server` is None where no X server answers.

    An XWayland that shows something has a root window of its own: it is a nested display, and works.
    """
    if server is not None:
        return DesktopError(MESSAGE, REMEDY) if server.xwayland and server.blank else None
    wayland = environment.get("WAYLAND_DISPLAY") or environment.get("XDG_SESSION_TYPE") == "wayland"
    return DesktopError(MESSAGE, REMEDY) if wayland else None


def require_x11(environment: Mapping[str, str] = os.environ) -> None:
    """Raise DesktopError where this is a Wayland session that cannot be driven. Says nothing of other troubles."""
    server = None
    try:
        with shared_connection() as display:
            server = probe(display)
    except DesktopError:
        if environment.get("DISPLAY"):  # its own trouble, which whoever opens it next will tell
            return
    error = refusal(environment, server)
    if error is not None:
        raise error


def probe(display: Display) -> Server:
    """Look at a server."""
    xwayland = display.query_extension("XWAYLAND") is not None or any(
        name.upper().startswith("XWAYLAND") for name in _outputs(display)
    )
    return Server(xwayland, blank=xwayland and _is_blank(display))


def _outputs(display: Display) -> list[str]:
    if not display.has_extension("RANDR"):
        return []
    root = display.screen().root
    resources = root.xrandr_get_screen_resources_current()  # the other one asks the monitors themselves
    return [display.xrandr_get_output_info(output, resources.config_timestamp).name for output in resources.outputs]


def _is_blank(display: Display) -> bool:
    """Whether rows all over the screen are one colour: the root window of a session that draws elsewhere."""
    root = display.screen().root
    size = root.get_geometry()
    seen: set[bytes] = set()
    for at in range(_SAMPLES):
        try:
            row = root.get_image(0, at * size.height // _SAMPLES, size.width, 1, X.ZPixmap, 0xFFFFFFFF).data
        except errors.BadMatch:  # this root window is not on any screen
            return True
        seen.update(bytes(row[pixel : pixel + 3]) for pixel in range(0, len(row), 4))
        if len(seen) > 1:
            return False
    return True
