"""Window managers as people have them, each on a display of a test's own."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.clients import Clients
from tests.desktop.xvfb import xvfb

PATIENCE = 20.0

I3 = "# i3 config file (v4)\nfont pango:DejaVu Sans 8\n"
I3_TABBED = I3 + "workspace_layout tabbed\n"
TWM = "RandomPlacement\nNoGrabServer\n"

MANAGERS: dict[str, tuple[tuple[str, ...], str]] = {
    "openbox": (("openbox",), ""),
    "i3": (("i3", "-c"), I3),
    "i3, tabbed": (("i3", "-c"), I3_TABBED),
    "fluxbox": (("fluxbox",), ""),
    "xfwm4": (("dbus-run-session", "--", "xfwm4", "--compositor=off"), ""),  # else it leaves the bus that it starts
    "xfwm4, compositing": (("dbus-run-session", "--", "xfwm4", "--compositor=on"), ""),
    "icewm": (("icewm",), ""),
    "twm": (("twm", "-f"), TWM),
    "none": ((), ""),
}
"""What each is started with, and what its configuration file says, whose name comes last."""


@contextmanager
def managed(name: str, width: int = 1000, height: int = 700) -> Iterator[str]:
    """A display with this window manager, which DISPLAY of this process names within the block; its name."""
    command, configuration = MANAGERS[name]
    before = os.environ.get("DISPLAY")
    with xvfb(width, height) as display, tempfile.TemporaryDirectory() as home, ExitStack() as programs:
        os.environ["DISPLAY"] = display
        if command:
            if configuration:
                file = Path(home) / "configuration"
                file.write_text(configuration)
                command = (*command, str(file))
            # fluxbox else tells in a window, which takes the keys, that it found no program to set a wallpaper with
            (Path(home) / "fbsetbg").symlink_to("/bin/true")
            environment = os.environ | {"HOME": home, "XDG_RUNTIME_DIR": home, "LC_ALL": "C.UTF-8", "NO_AT_BRIDGE": "1"}
            environment["PATH"] = f"{home}:{environment['PATH']}"
            programs.enter_context(program(*command, environment=environment))
            _await_manager()
        try:
            yield display
        finally:
            os.environ.pop("DISPLAY")
            if before is not None:
                os.environ["DISPLAY"] = before


@contextmanager
def program(*command: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A program on the display of this process, ended with all that it started."""
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await_manager() -> None:
    """Until it has taken the display over: a window that comes while it does is lost."""
    display = x11.display()
    try:
        until = time.monotonic() + PATIENCE
        while not Clients(display).managed:
            assert time.monotonic() < until, "the window manager did not start"
            time.sleep(0.02)
    finally:
        display.close()
