"""Each platform by its name, with its libraries faked: every module loads there, and what implements each port."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

AS_ON = """
import importlib, os, pkgutil, socket, sys, time
from types import ModuleType
from unittest.mock import MagicMock

import coasty_desk

NAMES = [one.name for one in pkgutil.walk_packages(coasty_desk.__path__, "coasty_desk.") if "__main__" not in one.name]
name = sys.argv[1]

def load():
    for each in NAMES:
        if (each, name) != ("coasty_desk.cli.terminal.posix_terminal", "win32"):
            importlib.import_module(each)

load()  # what they need of others is there now, as it is on this system
for each in [each for each in sys.modules if each.partition(".")[0] == "coasty_desk"]:
    del sys.modules[each]

class Faked(ModuleType):
    __path__ = ()
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return vars(self).setdefault(name, MagicMock(name=f"{self.__name__}.{name}"))

LIBRARIES = {
    "linux": ["mss"],
    "darwin": ["mss", "pyautogui", "pynput", "pynput.keyboard", "pynput.mouse", "Quartz", "HIServices", "AppKit"],
    "win32": ["mss", "pyautogui", "pynput", "pynput.keyboard", "pynput.mouse", "msvcrt"],
}
ABSENT = {
    "linux": ([], [], []),
    "darwin": (["Xlib", "jeepney"], [(os, "memfd_create pidfd_open"), (socket, "AF_NETLINK SO_PEERCRED")], []),
    "win32": (
        ["Xlib", "jeepney", "termios", "fcntl"],
        [
            (os, "fork geteuid getuid getpgrp memfd_create O_NOCTTY O_NONBLOCK pidfd_open set_blocking tcgetpgrp"),
            (socket, "AF_NETLINK AF_UNIX SO_PEERCRED"),
            (time, "clock_gettime"),
        ],
    ),
}
for each in [each for each in sys.modules if each.partition(".")[0] in ("Xlib", "jeepney")]:
    del sys.modules[each]
sys.modules |= {each: Faked(each) for each in LIBRARIES[name]} | dict.fromkeys(ABSENT[name][0])
for module, attributes in ABSENT[name][1]:
    for attribute in attributes.split():
        delattr(module, attribute)
if name == "win32":
    import ctypes
    ctypes.windll = MagicMock()
sys.platform = name

load()
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.base.recheck import NEVER

for port in platform.__annotations__:
    getattr(platform, port)
if name != "linux":
    platform.keyboard(Stop(), Pressed(), OwnEvents(), "pause", NEVER).type("a")
    platform.pointer_device().notch("vertical", up=True)
    platform.watch(Stop(), None, OwnEvents()).disarm()
    assert platform.windows is None
    assert platform.own_windows() == platform.accessibility_keys() == ()
    assert platform.held_keys.down is not None
    assert not [each for each in sys.modules if each.startswith("Xlib") and sys.modules[each]]
print("loaded")
"""


@pytest.mark.parametrize("name", ["linux", "darwin", "win32"])
def test_every_module_and_every_port_loads_under_its_name(name: str, tmp_path: Path) -> None:
    """Without what that platform has not: a module that needs it already when it is imported would fail there."""
    done = subprocess.run(
        [sys.executable, "-c", AS_ON, name], env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "loaded\n"), done.stderr
