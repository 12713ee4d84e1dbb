"""Input methods (IBus, Fcitx and their like): whether one runs on this display, and what it makes of letters now. Linux.

Keys go through such a program before the application has them, so they arrive late; and where
it composes, letters become the words of another script.
"""

from __future__ import annotations

import os
import subprocess
import time

from msgspec import Struct

from coasty_desk.core.stop import Stop
from coasty_desk.desktop.linux import proc

_NAMES = {
    "ibus-daemon": "IBus",
    "fcitx5": "Fcitx 5",
    "fcitx": "Fcitx",
    "uim-xim": "uim",
    "scim-launcher": "SCIM",
    "hime": "HIME",
    "gcin": "gcin",
    "kime": "kime",
    "nimf": "Nimf",
    "nabi": "Nabi",
}
"""The program that each of them is, by the name that the kernel has of it (15 characters)."""
_HELPERS = ("ibus-", "fcitx", "uim-", "scim-", "dbus-daemon", "dbus-broker", "mozc_server")
_PATIENCE = 1.0
_LOOK = 0.005


class InputMethod(Struct, frozen=True):
    """One that runs: its name, and the processes (ids) that a key may go through on its way to an application."""

    name: str
    pids: frozenset[int]


def find() -> InputMethod | None:
    """The one on this display, if there is one."""
    name, found = None, set()
    for pid in proc.pids():
        called = proc.name(pid)
        main = _NAMES.get(called)
        if (main is not None or called.startswith(_HELPERS)) and not _is_elsewhere(pid):
            name = name or main
            found.add(pid)
    return None if name is None else InputMethod(name, frozenset(found))


def _is_elsewhere(pid: int) -> bool:
    """Whether it works for another display, as far as its environment can be read."""
    environment = proc.environment(pid)
    if environment is None:
        return True  # another user's
    theirs = environment.get("DISPLAY", "")
    return bool(theirs) and _number(theirs) != _number(os.environ.get("DISPLAY", ""))


def _number(display: str) -> str:
    return display.rpartition(":")[2].partition(".")[0]


def in_use() -> tuple[str, str]:
    """The name of the one that runs, and what `composing` says of it; empty for none."""
    method = find()
    return ("", "") if method is None else (method.name, composing(method, Stop()) or "")


def composing(method: InputMethod, stop: Stop) -> str | None:
    """The engine that turns letters into something else now, by its name; None where letters stay letters, or it does not tell.

    Raises Aborted.
    """
    if method.name == "IBus":
        engine = _answer(["ibus", "engine"], stop)
        return engine if engine and not engine.startswith("xkb:") else None
    if method.name.startswith("Fcitx"):
        remote = "fcitx5-remote" if method.name == "Fcitx 5" else "fcitx-remote"
        if _answer([remote], stop) != "2":
            return None
        engine = _answer([remote, "-n"], stop)
        return engine if engine and not engine.startswith(("keyboard-", "fcitx-keyboard-")) else None
    return None


def _answer(command: list[str], stop: Stop) -> str:
    """The first line that a program says, nothing where it says none in time. Raises Aborted."""
    try:
        asked = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    except OSError:
        return ""
    with asked:
        until = time.monotonic() + _PATIENCE
        try:
            while asked.poll() is None and time.monotonic() < until:
                stop.pause(_LOOK)
        finally:
            asked.kill()
        assert asked.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        return asked.stdout.readline().strip() if asked.poll() == 0 else ""
