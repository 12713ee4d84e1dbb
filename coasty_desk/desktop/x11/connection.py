"""The one place that connects to the X server.

What each trap is, and why the order matters, stands beside the line that avoids it. Every
failure comes out as a DesktopError with one sentence and one remedy.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from coasty_desk.core.errors import DesktopError, NoDisplayError
from coasty_desk.desktop.base.libraries import imported, importing
from coasty_desk.desktop.x11 import access
from coasty_desk.desktop.x11.xlib import Display, errors, events

if TYPE_CHECKING:
    import mss as mss_

_NO_DISPLAY = (
    "Run it inside a desktop session, or start a virtual one: "
    "`xvfb-run -s '-screen 0 1440x900x24 -noreset' coasty-desk …`."
)
_given_up = threading.Event()
_by_libx11 = threading.Event()

EXTENSIONS = (
    "Generic Event Extension",
    "XTEST",
    "SHAPE",
    "RECORD",
    "Composite",
    "RANDR",
    "XInputExtension",
    "X-Resource",
)
"""All that are used here."""

FEW = ("RECORD", "RANDR")
"""What is used before the first screenshot is sent: each of the others takes 1 ms then."""


def mss() -> mss_.MSS:
    """A new connection for screenshots. Raises what mss raises, OSError, and DesktopError for colours that nobody can read."""
    import mss as module

    try:
        return _mss()
    except module.ScreenShotError:
        return _mss_by_xlib()


def _mss() -> mss_.MSS:
    import ctypes.util

    ask = ctypes.util.find_library

    def find(name: str) -> str | None:
        with contextlib.suppress(KeyError, OSError):
            ctypes.CDLL(_SONAMES[name])
            return _SONAMES[name]
        return ask(name)

    with importing:
        ctypes.util.find_library = find  # ctypes asks `ldconfig`, a process of 10 ms, for each of these
        try:
            import mss as module

            return module.MSS()
        finally:
            ctypes.util.find_library = ask


def _mss_by_xlib() -> mss_.MSS:
    """The other back end, for a server whose visuals the first does not understand (Xvnc's), or with ten bits a colour."""
    import mss as module

    with contextlib.closing(connected()) as connection:
        depth = connection.screen().root_depth
        masks = _masks(connection)
    _by_libx11.set()
    if masks == _EIGHT_BITS:
        return module.MSS(backend="xlib")
    from coasty_desk.desktop.imaging import deep_colour

    if masks != deep_colour.MASKS:
        message = f"The screen has colours of {depth} bits, which cannot be read."
        raise DesktopError(message, "Start the display with 24 (for Xvfb: `-screen 0 1280x800x24`).")
    return deep_colour.opened()


_EIGHT_BITS = (0xFF0000, 0x00FF00, 0x0000FF)


def _masks(connection: Display) -> tuple[int, int, int] | None:
    """Where red, green and blue are in a pixel of the screen."""
    screen = connection.screen()
    visuals = (visual for depth in screen.allowed_depths for visual in depth.visuals)
    found = next((visual for visual in visuals if visual.visual_id == screen.root_visual), None)
    return None if found is None else (found.red_mask, found.green_mask, found.blue_mask)


def looks_by_libx11() -> bool:
    """Whether screenshots are taken by libX11, which ends the process where its connection breaks."""
    return _by_libx11.is_set()


_SONAMES = {
    "X11": "libX11.so.6",
    "Xfixes": "libXfixes.so.3",
    "Xrandr": "libXrandr.so.2",
    "xcb": "libxcb.so.1",
    "xcb-randr": "libxcb-randr.so.0",
    "xcb-render": "libxcb-render.so.0",
    "xcb-shm": "libxcb-shm.so.0",
    "xcb-xfixes": "libxcb-xfixes.so.0",
}


def display(only: tuple[str, ...] = EXTENSIONS) -> Display:
    """A new connection to the X server, which has XTEST; it knows `only` these extensions. Raises DesktopError."""
    connection = connected(only)
    if connection.query_extension("XTEST") is None:
        connection.close()
        message = f"The display {name()} takes no synthetic input: its server has no XTEST extension."
        raise DesktopError(message, "Start the server with XTEST, or use another display.")
    return connection


@contextlib.contextmanager
def opened(only: tuple[str, ...] = EXTENSIONS) -> Iterator[Display]:
    """The same for the block."""
    connection = display(only)
    try:
        yield connection
    finally:
        with contextlib.suppress(Exception):  # one that the server has closed raises whatever it likes
            connection.close()


def connected(only: tuple[str, ...] = EXTENSIONS) -> Display:
    """A new connection to a server that may lack XTEST. Raises DesktopError."""
    with importing:
        _prepare()
        _ask_for(only)
        try:
            return _connected()
        finally:
            _ask_for(EXTENSIONS)


def demand() -> None:
    """Raise DesktopError where the display does not let us in."""
    connected(()).close()


def answers() -> bool:
    """Whether the display still takes a connection."""
    try:
        display().close()
    except Exception:  # noqa: BLE001 - a server that is just going breaks off anywhere in the greeting
        return False
    return True


def give_up_display(*, given_up: bool = True) -> None:
    """The display does not answer, and nothing must wait for it: no connection is opened any more, until it is taken back."""
    _given_up.set() if given_up else _given_up.clear()


@cache
def failures() -> tuple[type[Exception], ...]:
    """What Xlib raises when the display goes away or turns input down in mid-run."""
    return (errors.ConnectionClosedError, errors.DisplayError, errors.XError, OSError)


def lost() -> tuple[type[Exception], ...]:
    """What Xlib raises where the connection to the display is no more."""
    return (errors.ConnectionClosedError, OSError)


def _prepare() -> None:
    if not name():
        message = "There is no display: DISPLAY is not set."
        raise NoDisplayError(message, _NO_DISPLAY)
    imported("Xlib.threaded")  # before anything else of Xlib: a second thread would deadlock the first
    # its own knows no wild entries, and prints to stdout, which is the events'
    vars(imported("Xlib.support.unix_connect"))["get_auth"] = access.authority
    _end_for_all()


@cache
def _end_for_all() -> None:
    access.end_for_all(imported("Xlib.protocol.display").Display, lambda: errors.ConnectionClosedError("server"))


def _ask_for(extensions: tuple[str, ...]) -> None:
    """Let Xlib ask a new connection for no more than these: most of its modules and round trips are saved."""
    known: Any = imported("Xlib.ext")
    known.__extensions__ = [(name, module) for name, module in _all_extensions() if name in extensions]


@cache
def _all_extensions() -> tuple[tuple[str, str], ...]:
    return tuple(imported("Xlib.ext").__extensions__)


def name() -> str:
    """What DISPLAY says."""
    return os.environ.get("DISPLAY", "")


def _connected() -> Display:
    import socket

    called = name()
    if _given_up.is_set():
        message = f"The display {called} does not answer."
        raise DesktopError(message, "Try again once it does.")
    opened: list[socket.socket] = []

    def connect(display: str, protocol: str | None, host: str, number: int) -> socket.socket:
        try:
            opened.append(access.connect(protocol, host, number))
        except OSError as error:
            raise errors.DisplayConnectionError(display, str(error)) from error
        return opened[-1]

    vars(imported("Xlib.support.unix_connect"))["get_socket"] = connect
    _keep_tables_apart()
    try:
        connection: Display = imported("Xlib.display").Display()
    except errors.DisplayNameError as error:
        message = f"{called!r} is no name of a display."
        raise DesktopError(message, "Set DISPLAY to something like :0.") from error
    except (errors.DisplayError, errors.ConnectionClosedError, OSError) as error:
        for one in opened:
            one.close()
        if "uthoriz" in str(error) or "COOKIE" in str(error):
            message = f"The display {called} does not let this program in: no key for it was found, or another one's."
            raise DesktopError(message, _KEY) from error
        message = f"The display {called} cannot be opened: no server answers there."
        raise DesktopError(
            message, f"Set DISPLAY to that of a running server (`echo $DISPLAY`). {_NO_DISPLAY}"
        ) from error
    if _is_untrusted(connection):
        connection.close()
        message = (
            f"The display {called} lets this program neither look nor act: the key that opens it is an untrusted one."
        )
        raise DesktopError(message, _TRUSTED)
    return connection


@cache
def _keep_tables_apart() -> None:
    """Have each connection know the codes of its own server's extensions: python-xlib keeps one table for all of a process."""
    module = imported("Xlib.display")
    shared = module._BaseDisplay  # noqa: SLF001 - it has no other seam

    class Apart(shared):  # type: ignore[misc,valid-type]  # python-xlib is untyped
        def __init__(self, name: str | None) -> None:
            self.event_classes = events.event_class.copy()
            self.error_classes = errors.xerror_class.copy()
            self.extension_major_opcodes: dict[str, int] = {}
            super().__init__(name)

    vars(module)["_BaseDisplay"] = Apart


_KEY = (
    "Run it as the user of that session, or set XAUTHORITY to the session's authority file "
    "(`xauth info` in a terminal of the session tells which)."
)
_TRUSTED = "Use a trusted one: `ssh -Y` in place of `ssh -X`, or `xauth generate $DISPLAY . trusted`."
_DENIED_TO_UNTRUSTED = ("XTEST", "XKEYBOARD", "RANDR", "SHAPE", "XFIXES", "RENDER")


def _is_untrusted(connection: Display) -> bool:
    """Whether the server shows us no extensions but the harmless ones (SECURITY extension, `SecurityTrustedExtensions`)."""
    return all(connection.query_extension(name) is None for name in _DENIED_TO_UNTRUSTED)
