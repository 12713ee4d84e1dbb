"""A virtual desktop of its own: screen, window manager, session bus, home, and the applications on it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

from scripts.offline_bench.site import Site

PATIENCE = 20.0
T = TypeVar("T")
CHROMIUM = (
    "--no-sandbox",  # a bench may run as root, in a container
    "--test-type",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-features=Translate,MediaRouter,OptimizationHints,OptimizationGuideModelDownloading",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--password-store=basic",
    "--hide-crash-restore-bubble",
)


@dataclass
class Desk:
    """A desktop that ends with its `with` block, and everything on it.

    `accessible`: applications speak to the accessibility bus; without it the predictor has its eyes alone.
    """

    size: str = "1920x1080"
    dark: bool = False
    accessible: bool = True
    home: Path = field(init=False)
    site: Site = field(init=False)
    environment: dict[str, str] = field(init=False)
    _own: int = field(init=False, default=0)
    _running: list[subprocess.Popen[bytes]] = field(init=False, default_factory=list)

    def __enter__(self) -> Self:
        self.home = Path(tempfile.mkdtemp(prefix="desk-"))
        (self.home / "runtime").mkdir(mode=0o700)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(self.home / "runtime"),
            "XDG_DATA_HOME": str(self.home / "data"),
            "GSETTINGS_BACKEND": "keyfile",
            "GTK_THEME": "Adwaita:dark" if self.dark else "Adwaita",
            "NO_AT_BRIDGE": "0" if self.accessible else "1",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1" if self.accessible else "0",
            "ACCESSIBILITY_ENABLED": "1" if self.accessible else "0",  # Chromium asks for it beside its switch
            "SAL_USE_VCLPLUGIN": "gtk3",
            "QT_QPA_PLATFORM": "xcb",
        }
        try:
            self._begin()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _begin(self) -> None:
        self.environment["DISPLAY"] = (
            f":{self._told(['Xvfb', '-displayfd', 'FD', '-screen', '0', f'{self.size}x24', '-noreset', '-nolisten', 'tcp'])}"
        )
        bus = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=FD"]
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self._told(bus)
        self.start("openbox")
        self.start("xsetroot", "-solid", "#1d2b36" if self.dark else "#3a6ea5")
        self._own = len(self._running)
        self.site = Site(Path(__file__).with_name("pages"))

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            _end(process)
        if hasattr(self, "site"):
            self.site.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a program on the desktop, in the home, in a process group of its own."""
        process = subprocess.Popen(
            command,
            env=self.environment | environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._running.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End a program and what it has started."""
        _end(process)
        if process in self._running:
            self._running.remove(process)

    def clear(self) -> None:
        """End every program that was started, but for the desktop's own."""
        for process in self._running[self._own :]:
            _end(process)
        del self._running[self._own :]

    def open(self, title: str, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a program and wait for a window whose title has `title` (a regular expression)."""
        process = self.start(*command, **environment)
        try:
            self.wait_for_window(title)
        except TimeoutError:  # some die of a race with their session's services; a user would start them again
            self.end(process)
            process = self.start(*command, **environment)
            self.wait_for_window(title)
        return process

    def wait_for_window(self, title: str) -> str:
        """The id of the window, once it is to be seen and has rested for a moment."""
        found = wait_until(lambda: self.windows(title), f"a window {title!r}")
        time.sleep(0.7)  # a window is mapped before it is painted
        return found[-1]

    def windows(self, title: str) -> list[str]:
        """The ids of visible windows whose title matches."""
        asked = self.run("xdotool", "search", "--onlyvisible", "--name", title)
        return asked.stdout.split()

    def run(self, *command: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command on the desktop to its end."""
        return subprocess.run(
            command, env=self.environment, cwd=self.home, capture_output=True, text=True, timeout=timeout, check=False
        )

    def browser(
        self, page: str, *options: str, size: str | None = None, at: str = "0,0", shown: str = ""
    ) -> subprocess.Popen[bytes]:
        """Chromium on a page of the site, as a user has it, with a window of its own.

        `shown` is what the page calls itself, if not by its path.
        """
        width, height = (size or self.size).split("x")
        dark = ("--force-dark-mode",) if self.dark else ()
        told = ("--force-renderer-accessibility",) if self.accessible else ()
        profile = tempfile.mkdtemp(prefix="chromium-", dir=self.home)
        self.site.shown.clear()
        process = self.start(
            "chromium",
            *CHROMIUM,
            *dark,
            *told,
            *options,
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            f"--window-position={at}",
            self.site.url(page),
        )
        wait_until(lambda: (shown or page.partition("?")[0]) in self.site.shown, f"the page {page}")
        self.wait_for_window("Chromium")
        return process

    def _told(self, command: list[str]) -> str:
        """Start a server and return the first line that it writes to the descriptor that stands as FD."""
        read, write = os.pipe()
        process = subprocess.Popen(
            [part.replace("FD", str(write)) for part in command],
            env=self.environment,
            pass_fds=(write,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._running.append(process)
        os.close(write)
        with os.fdopen(read) as answer:
            return answer.readline().strip()


def wait_until(ask: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """What `ask` says as soon as it is something. Raises TimeoutError."""
    until = time.monotonic() + patience
    while not (answer := ask()):
        if time.monotonic() > until:
            message = f"waited {patience:g} s for {what}"
            raise TimeoutError(message)
        time.sleep(0.05)
    return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
