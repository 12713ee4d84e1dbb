"""A Chromium on a machine's display, started for its debugging pipe alone and in a profile of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from coasty_desk.machines.browser_profile import PROFILE
from coasty_desk.machines.command import CommandError
from coasty_desk.machines.posix_cdp_pipe import CdpGoneError, CdpMessage, CdpPipe, CdpTimeoutError
from coasty_desk.machines.posix_process_tree import MARK, end_tree, new_mark
from coasty_desk.machines.world import MachineWorld

PROGRAMS = (
    *(
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "google-chrome",
        "brave-browser",
        "microsoft-edge-stable",
    ),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
"""What it is called, the first found is taken."""

FLAGS = (
    "--remote-debugging-pipe",
    "--start-maximized",
    "--no-first-run",
    "--no-default-browser-check",
    "--password-store=basic",  # else it may ask for a keyring's password before it does anything
    "--use-mock-keychain",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-session-crashed-bubble",
    "--hide-crash-restore-bubble",
    "--noerrdialogs",
    "--disable-smooth-scrolling",
    "--disable-dev-shm-usage",  # behind walls there may be little of it
    "--disable-backgrounding-occluded-windows",  # a window that is covered is driven all the same
    "--disable-renderer-backgrounding",
    "--disable-features=Translate,MediaRouter,OptimizationHints,DialMediaRouteProvider,CalculateNativeWinOcclusion",
)

_NO_SANDBOX = ("--no-sandbox", "--test-type")  # the latter takes away the bar that warns of the former

_START = (
    f'export {MARK}="$1"; shift; mkdir -p -m 700 "$0"; rm -f "$0"/Singleton*; '
    '[ -e "$0/Default/Preferences" ] || { mkdir -p "$0/Default"; echo \'{"printing":{"enabled":false}}\' > "$0/Default/Preferences"; }; '
    'exec "$@" 3<&%d 4>&%d %d<&- %d>&-'
)
"""The profile is nobody else's: what a browser that was killed left there as its lock is taken away. Nothing is printed: the window that
asks how would hold the page, and every command with it."""

_PATIENCE = 3.0
"""Seconds that it is given to close by itself."""


class Chromium:
    """A browser that runs. `sandboxed`: its own sandbox is around its pages."""

    def __init__(self, world: MachineWorld, heard: Callable[[CdpMessage], None], until: float) -> None:
        """Start it, `until` then of the monotonic clock. Raises CommandError.

        Without its sandbox only where that cannot work: for root, where it refuses to, and where it ends at once with it.
        """
        program = _program(world)
        self._world = world
        tries = [False] if os.geteuid() == 0 and not world.confined else [True, False]  # behind walls it may be nobody
        for self.sandboxed in tries:
            self._mark = new_mark(world.machine_id, "browser")
            self._start(program, heard)
            try:
                self.version = str(self.pipe.call("Browser.getVersion", until).get("product", ""))
            except CdpGoneError:
                self.close()
            except CdpTimeoutError as error:
                self.close()
                message = "The browser did not begin in time. Give it more time, or less to do to the machine."
                raise CommandError(message) from error
            else:
                return
        code = self._process.returncode
        message = f"The browser ended as it began (exit code {code}). `{Path(program).name}` in the machine's terminal says why."
        raise CommandError(message)

    @property
    def runs(self) -> bool:
        """Whether it is there."""
        return not self.pipe.gone and self._process.poll() is None

    def close(self) -> None:
        """End it, with all its processes."""
        if self.runs:
            self.pipe.send("Browser.close")
            until = time.monotonic() + _PATIENCE
            while self.runs and time.monotonic() < until:
                time.sleep(0.02)
        if not self.pipe.gone:
            self.pipe.gone = True
        end_tree(self._process, self._mark)
        self.pipe.close()

    def _start(self, program: str, heard: Callable[[CdpMessage], None]) -> None:
        theirs, ours_out = _pipe()
        ours_in, back = _pipe()
        flags = [
            *FLAGS,
            *(() if self.sandboxed else _NO_SANDBOX),
            *(("--disable-gpu",) if self._world.confined else ()),
        ]
        profile = f"{self._world.inside_home.rstrip('/')}/{PROFILE}"
        command = [program, *flags, f"--user-data-dir={profile}", "about:blank"]
        try:
            self._process = subprocess.Popen(
                self._world.argv(
                    ["bash", "-c", _START % (theirs, back, theirs, back), profile, self._mark, *command],
                    self._world.inside_home,
                ),
                env={**self._world.environment, MARK: self._mark},
                pass_fds=(theirs, back),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            os.close(ours_in)
            os.close(ours_out)
            message = f"The browser cannot be started: {error.strerror}."
            raise CommandError(message) from error
        finally:
            os.close(theirs)
            os.close(back)
        self.pipe = CdpPipe(ours_in, ours_out, heard)


def _pipe() -> tuple[int, int]:
    """With numbers that do not get in the way of 3 and 4, which the browser takes."""
    import fcntl  # noqa: PLC0415 - Windows has none

    low = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return high[0], high[1]


def found_programs(path: str | None) -> Iterator[str]:
    """The browsers that can be driven and are installed, by a PATH."""
    for name in PROGRAMS:
        if (found := shutil.which(name, path=path)) is not None:
            yield found


def _program(world: MachineWorld) -> str:
    found = next(found_programs(world.environment.get("PATH")), None)
    if found is None:
        message = (
            "There is no browser to drive on this machine: it takes Chromium, Google Chrome, Brave or Edge. "
            "On Debian and Ubuntu `apt install chromium` brings one."
        )
        raise CommandError(message)
    return found
