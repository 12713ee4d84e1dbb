"""Which platform this is, and what it has for each port of `base/`: the one module that looks at `sys.platform`.

Another platform is another table here, and a folder beside `x11/`, `linux/` and `native/`. What stands in a table is loaded
when it is first asked for: a run needs little of it before its first screenshot, and no platform another's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mss import MSS

    from coasty_desk.core.abort.abort_key import AbortKey
    from coasty_desk.core.gates.human_input import OnHumanInput
    from coasty_desk.core.stop import Stop
    from coasty_desk.desktop.base.activity_probe import ActivityProbe
    from coasty_desk.desktop.base.app_starter import Applications
    from coasty_desk.desktop.base.keyboard import Keyboard
    from coasty_desk.desktop.base.lock import Lock
    from coasty_desk.desktop.base.own_events import OwnEvents
    from coasty_desk.desktop.base.own_window import OwnWindow
    from coasty_desk.desktop.base.pointer_device import PointerDevice
    from coasty_desk.desktop.base.pressed import HeldKeys, Pressed
    from coasty_desk.desktop.base.probe_window import ProbeWindow
    from coasty_desk.desktop.base.recheck import Recheck
    from coasty_desk.desktop.base.watch import Watch
    from coasty_desk.desktop.base.windows import WindowList, WindowManager

keyboard: Callable[[Stop, Pressed, OwnEvents, OnHumanInput, Recheck], Keyboard]
"""What types; `Recheck` is asked before each stroke and each slice of a text. Raises DesktopError."""
pointer_device: Callable[[], PointerDevice]
"""What moves and clicks. Raises DesktopError where there is none."""
pointer_position: Callable[[], tuple[int, int]]
"""Where the pointer is, in real pixels. Raises DesktopError, and what the platform raises."""
held_keys: HeldKeys
give_back_leftovers: Callable[[], object]
"""Gives back what a killed run has borrowed for typing. Raises DesktopError."""
watch: Callable[[Stop, AbortKey, OwnEvents], Watch]
"""What trips the stop on the abort key, on Esc three times, and on the pointer in a corner."""
lock: Callable[[], Lock]
"""The lock on the display."""
mss: Callable[[], MSS]
"""A new connection for screenshots. Raises what mss raises, OSError, DesktopError."""
failures: Callable[[], tuple[type[Exception], ...]]
"""What is raised when the display goes away or turns input down in mid-run."""
monitors_now: Callable[[], object]
"""A cheap answer to where the monitors are: another one where one has moved, None where there is none. Raises what the platform raises."""
display_name: Callable[[], str]
"""How a person calls this display."""
demand_display: Callable[[], object]
"""Raises DesktopError where the display does not let us in."""
demand_session: Callable[[Mapping[str, str]], object]
"""Raises DesktopError where an environment is that of a session which cannot be driven."""
windows: WindowList | None
window_manager: WindowManager | None
"""Who closes, moves and arranges them."""
own_windows: Callable[[], tuple[OwnWindow, ...]]
"""Those that show this process's terminal, hidden or not; none where that cannot be told. Raises DesktopError."""
bring_back_terminal: Callable[[], bool]
"""Puts back the terminal that a killed run has left out of the way; whether there was any. Raises DesktopError."""
activity_probe: Callable[[frozenset[int]], ActivityProbe]
"""What tells whether applications are still at work; these processes are not waited for."""
applications: Applications
probe_window: Callable[[], ProbeWindow]
"""The window of the self-test. Raises DesktopError."""
keyboard_layout: Callable[[], str]
"""What a person is told of it. Raises DesktopError."""
input_method: Callable[[], tuple[str, str]]
"""The input method that runs, and the engine of it that makes other text of letters now; empty for none."""
accessibility_keys: Callable[[], tuple[str, ...]]
"""What the system does with keys by itself, and is switched off while we type. Raises DesktopError."""

_LINUX: dict[str, object] = {
    "keyboard": "x11.xtest_keyboard:X11Keyboard",
    "pointer_device": "x11.xtest_pointer:X11Pointer",
    "pointer_position": "x11.shared_connection:pointer_position",
    "held_keys": "x11.held_keys",
    "give_back_leftovers": "x11.xtest_keyboard:give_back_leftovers",
    "watch": "x11.record_watch:X11Watch",
    "lock": "x11.selection_lock:X11Lock",
    "mss": "x11.connection:mss",
    "failures": "x11.connection:failures",
    "monitors_now": "x11.shared_connection:monitors_now",
    "display_name": "x11.connection:name",
    "demand_display": "x11.connection:demand",
    "demand_session": "x11.wayland:require_x11",
    "windows": "x11.window_list",
    "window_manager": "x11.window_manager",
    "own_windows": "own_terminal.started_from:own_windows",
    "bring_back_terminal": "own_terminal.aside:bring_back",
    "activity_probe": "linux.activity:activity_probe",
    "applications": "linux.desktop_entries",
    "probe_window": "x11.x11_window:X11Window",
    "keyboard_layout": "x11.xtest_keyboard:layout_name",
    "input_method": "linux.input_method:in_use",
    "accessibility_keys": "x11.accessibility_keys:names",
}
_NATIVE: dict[str, object] = {
    "pointer_position": "native.native_pointer:pointer_position",
    "give_back_leftovers": lambda: None,  # nothing is borrowed
    "watch": "native.pynput_watch:PynputWatch",
    "lock": "native.locked_file:user_lock",
    "mss": lambda: import_module("mss").MSS(),
    "failures": lambda: (OSError,),
    "monitors_now": lambda: None,
    "display_name": lambda: sys.platform,
    "demand_display": lambda: None,
    "demand_session": lambda _environment: None,
    "windows": None,  # nothing knows them yet
    "window_manager": None,
    "own_windows": tuple,
    "bring_back_terminal": bool,
    "activity_probe": "base.activity_probe:ActivityProbe",
    "probe_window": "native.tk_window:TkWindow",
    "keyboard_layout": lambda: "typing does not depend on it here",
    "input_method": lambda: ("", ""),
    "accessibility_keys": tuple,
}
_MAC: dict[str, object] = _NATIVE | {
    "keyboard": "native.native_keyboard:MacKeyboard",
    "pointer_device": "native.native_pointer:MacPointer",
    "held_keys": "native.mac_held_keys",
    "applications": "native.mac_applications",
}
_WINDOWS: dict[str, object] = _NATIVE | {
    "keyboard": "native.native_keyboard:WindowsKeyboard",
    "pointer_device": "native.native_pointer:WindowsPointer",
    "held_keys": "native.windows_held_keys",
    "applications": "linux.desktop_entries",  # it finds none there: nothing can be started yet
}

_HERE = _MAC if sys.platform == "darwin" else _WINDOWS if sys.platform == "win32" else _LINUX

FORKS = _HERE is _LINUX
"""Whether a process may go on as two: macOS has libraries that break in the second, Windows no such thing."""

SHORTCUTS = "win" if _HERE is _MAC else "ctrl"
"""The key of the usual shortcuts: Command is the `win` of a Mac."""


def __getattr__(name: str) -> object:
    """What this platform has of that name; what is asked for again is there."""
    try:
        found = _HERE[name]
    except KeyError:
        raise AttributeError(name) from None
    if isinstance(found, str):
        module, _, attribute = found.partition(":")
        found = import_module(f"coasty_desk.desktop.{module}")
        found = getattr(found, attribute) if attribute else found
    globals()[name] = found
    return found
