"""The one place that brings in pyautogui, pynput and Xlib, which fail, print or exit when they are imported.

What each trap is, and why the order matters, stands beside the line that avoids it. Every
failure comes out as a DesktopError with one sentence and one remedy.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from functools import cache, partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from coasty_desk.core.errors import DesktopError

if TYPE_CHECKING:
    import mss as mss_
    from Xlib.display import Display

LINUX = sys.platform.startswith("linux")
_NO_DISPLAY = (
    "Run it inside a desktop session, or start a virtual one: "
    "`xvfb-run -s '-screen 0 1440x900x24 -noreset' coasty-desk …`."
)
_importing = threading.Lock()

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


def pyautogui() -> Any:
    """The module pyautogui, with no pauses of its own; Windows and macOS only. Raises DesktopError."""
    with _importing:
        return _pyautogui()


def pynput(part: str) -> ModuleType:
    """`pynput.keyboard` or `pynput.mouse`; Windows and macOS only. Raises DesktopError."""
    with _importing:
        _prepare()
        return _imported(f"pynput.{part}")


def mss() -> mss_.MSS:
    """A new connection for screenshots. Raises what mss raises, and OSError."""
    import ctypes.util

    ask = ctypes.util.find_library

    def find(name: str) -> str | None:
        with contextlib.suppress(KeyError, OSError):
            ctypes.CDLL(_SONAMES[name])
            return _SONAMES[name]
        return ask(name)

    with _importing:
        if LINUX:  # ctypes asks `ldconfig`, a process of 10 ms, for each of these
            ctypes.util.find_library = find
        try:
            import mss as module

            return module.MSS()
        finally:
            ctypes.util.find_library = ask


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
    """A new connection to the X server, which has XTEST; it knows `only` these extensions. Linux only. Raises DesktopError."""
    with _importing:
        _prepare()
        _ask_for(only)
        try:
            return _connected()
        finally:
            _ask_for(EXTENSIONS)


@cache
def failures() -> tuple[type[Exception], ...]:
    """What the platform raises when the display goes away or turns input down in mid-run."""
    if LINUX:
        errors = _imported("Xlib.error")
        return (errors.ConnectionClosedError, errors.DisplayError, errors.XError, OSError)
    return (OSError,)


def lost() -> tuple[type[Exception], ...]:
    """What Xlib raises where the connection to the display is no more. Linux only."""
    return (_imported("Xlib.error").ConnectionClosedError, OSError)


@cache
def _pyautogui() -> Any:
    _prepare()
    with _without("mouseinfo", "pymsgbox", "pyscreeze"):
        module: Any = _imported("pyautogui")
    module.PAUSE = 0
    return module


@contextlib.contextmanager
def _without(*modules: str) -> Iterator[None]:
    """Hide modules that pyautogui can do without: mouseinfo exits where tkinter is missing, the others are heavy."""
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes the import fail, as documented
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _prepare() -> None:
    if sys.platform == "win32":
        _see_real_pixels()
    if LINUX:
        _require_display()
        _find_authority()
        _imported("Xlib.threaded")  # before anything else of Xlib: a second thread would deadlock the first
        _ask_for(EXTENSIONS)
        # It warns where the authority file has no entry, and stdout is the events'.
        vars(_imported("Xlib.xauth"))["print"] = partial(print, file=sys.stderr)


def _ask_for(extensions: tuple[str, ...]) -> None:
    """Let Xlib ask a new connection for no more than these: most of its modules and round trips are saved."""
    known: Any = _imported("Xlib.ext")
    known.__extensions__ = [(name, module) for name, module in _all_extensions() if name in extensions]


@cache
def _all_extensions() -> tuple[tuple[str, str], ...]:
    return tuple(_imported("Xlib.ext").__extensions__)


def _see_real_pixels() -> None:
    """Ask for per-monitor DPI awareness: the first who asks wins, and pyautogui asks for less."""
    import ctypes

    windll: Any = getattr(ctypes, "windll")  # noqa: B009 - mypy knows it on Windows alone
    per_monitor_v2 = ctypes.c_void_p(-4)
    with contextlib.suppress(AttributeError, OSError):
        if windll.user32.SetProcessDpiAwarenessContext(per_monitor_v2):
            return
    with contextlib.suppress(AttributeError, OSError):
        windll.shcore.SetProcessDpiAwareness(2)


def _require_display() -> None:
    if not os.environ.get("DISPLAY"):
        message = "There is no display: DISPLAY is not set."
        raise DesktopError(message, _NO_DISPLAY)


@cache
def _find_authority() -> None:
    """Xlib 0.15, which may have won the fight over the folder `Xlib/`, dies where there is no authority file."""
    if "XAUTHORITY" in os.environ or os.access(f"{os.environ.get('HOME', '')}/.Xauthority", os.R_OK):
        return
    version = getattr(_imported("Xlib"), "__version__", (0,))
    if tuple(version) < (0, 30):
        import tempfile

        handle, path = tempfile.mkstemp(prefix="coasty-desk-xauthority-")
        os.close(handle)
        os.environ["XAUTHORITY"] = path


def _connected() -> Display:
    name = os.environ.get("DISPLAY", "")
    connect = _imported("Xlib.display").Display
    errors = _imported("Xlib.error")
    try:
        connection: Display = connect()
    except errors.DisplayNameError as error:
        message = f"{name!r} is no name of a display."
        raise DesktopError(message, "Set DISPLAY to something like :0.") from error
    except errors.XauthError as error:
        message = f"The display {name} cannot be opened: {error}."
        raise DesktopError(message, _REINSTALL) from error
    except (errors.DisplayError, OSError) as error:
        message = f"The display {name} does not answer."
        raise DesktopError(message, f"Is its server running, and may this user use it? {_NO_DISPLAY}") from error
    if connection.query_extension("XTEST") is None:
        connection.close()
        message = f"The display {name} takes no synthetic input: its server has no XTEST extension."
        raise DesktopError(message, "Start the server with XTEST, or use another display.")
    return connection


_REINSTALL = (
    "Two packages fight over the folder `Xlib`: `pip install --force-reinstall --no-deps python-xlib` settles it."
)


def _imported(name: str) -> ModuleType:
    try:
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SyntaxWarnings of old code, once, on the first import
            return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # they raise KeyError, Xlib's errors, SystemExit
        message = f"{name.partition('.')[0]} cannot be loaded here: {type(error).__name__}: {error}."
        remedy = _REINSTALL if LINUX else "Reinstall coasty-desk, and run it in the desktop session of a user."
        raise DesktopError(message, remedy) from error
