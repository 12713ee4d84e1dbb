"""Which windows of this X11 display show the terminal that this program was started from.

A window is known by the process that made it: the server tells that itself (X-Resource), and where
it does not, the window may (`_NET_WM_PID`). It is ours where that process is above this one. Where none is
(in a container), WINDOWID is believed, if what it names is a terminal.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from msgspec.structs import replace

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.base.own_window import OwnWindow
from coasty_desk.desktop.linux import process_ancestry
from coasty_desk.desktop.x11 import client_processes, properties, window_stack
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.clients import gone
from coasty_desk.desktop.x11.shared_connection import shared_connection
from coasty_desk.desktop.x11.xlib import Display

_NO_APPLICATIONS = ("DESKTOP", "DOCK", "NOTIFICATION", "SPLASH", "TOOLTIP")
"""Types of windows that nobody starts a program from by typing."""


def own_windows() -> tuple[OwnWindow, ...]:
    """Those that show this process's terminal, hidden or not; none where that cannot be told. Raises DesktopError."""
    try:
        with shared_connection() as display:
            return _own(display)
    except DesktopError:  # whoever must have a display says what is wrong with it
        return ()
    except x11.lost() as error:
        message = "The windows of this desktop cannot be told."
        raise DesktopError(message, "Is the display still there?") from error


def _own(display: Display) -> tuple[OwnWindow, ...]:
    told = client_processes.by_client(display)
    for lines in process_ancestry.lineages(os.getpid(), os.environ):
        above = {pid for line in lines for pid in line.above}
        if told is not None and above.isdisjoint(told.values()):
            continue  # nobody of them has anything on this display
        found = _found(display, lines, told or {})
        if found:
            return tuple(_told(display, number, pid) for number, pid in found.items())
    named = process_ancestry.window_id(os.getpid(), os.environ)
    return _named(display, named, told or {}) if named else ()


def _found(display: Display, lines: Sequence[process_ancestry.Lineage], told: Mapping[int, int]) -> dict[int, int]:
    """The windows of those above, each with its process."""
    tops = _tops(display)
    makers = _makers(display, tops, told)
    found: dict[int, int] = {}
    for line in lines:
        pid = next((one for one in line.above if one in makers.values()), 0)
        windows = {number: outer for number, outer in tops.items() if pid and makers.get(number) == pid}
        found |= dict.fromkeys(_of_several(display, windows, line.environment), pid)
    return found


def _named(display: Display, named: int, told: Mapping[int, int]) -> tuple[OwnWindow, ...]:
    """The window of this number, or that has it in it, where it is a terminal's: another may have the number since."""
    tops = _tops(display)
    outer = window_stack.outermost(display, named)
    numbers = [named] if named in tops else _in(tops, outer)
    makers = _makers(display, numbers, told)
    found = (replace(_told(display, number, makers[number]), named=True) for number in numbers)
    return tuple(one for one in found if one.terminal)


def _tops(display: Display) -> Mapping[int, int]:
    """The applications' windows with the root's children that they are in, those out of sight too where a manager lists them."""
    found = window_stack.applications(display, window_stack.stacked(display))
    none = window_stack.of_type(display, found, *_NO_APPLICATIONS)
    return {number: outer for number, outer in found.items() if number not in none}


def _makers(display: Display, tops: Iterable[int], told: Mapping[int, int]) -> dict[int, int]:
    """The process of each window."""
    said = window_stack.first_numbers(display, tops, "_NET_WM_PID")
    return {number: told.get(window_stack.maker(display, number), 0) or said.get(number, 0) for number in tops}


def _of_several(display: Display, windows: Mapping[int, int], environment: Mapping[str, str]) -> Iterable[int]:
    """Of the windows of one process the one that is meant: by its number, else the one in use; all where neither tells."""
    if len(windows) < 2:
        return windows
    with suppress(ValueError):
        named = int(environment.get("WINDOWID", ""), 0)
        if named in windows:
            return [named]
        meant = _in(windows, window_stack.outermost(display, named))
        if meant:
            return meant
    return _in(windows, window_stack.keys_go_to(display)) or windows


def _in(windows: Mapping[int, int], outer: int) -> list[int]:
    return [number for number, around in windows.items() if around == outer != 0]


def _told(display: Display, number: int, pid: int) -> OwnWindow:
    from coasty_desk.desktop.linux.terminal_programs import is_terminal  # only where there is one

    window = display.create_resource_object("window", number)
    title, kind = "", tuple[str, ...]()
    with suppress(*gone()):
        title, kind = properties.title(window), properties.kind(window)
    return OwnWindow(number, title, " ".join(kind), pid, is_terminal(kind, pid))
