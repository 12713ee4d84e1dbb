"""A person's desktop: an editor, and beside or over it the terminal that the program is started from, all of them real."""

from __future__ import annotations

import base64
import io
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from coasty_desk.core.errors import DesktopError
from coasty_desk.desktop.base.windows import Window
from coasty_desk.desktop.x11 import shared_connection, window_list
from tests.cli.conftest import Shell
from tests.desktop import targets
from tests.desktop.managers import managed, program
from tests.desktop.targets import App
from tests.stub_service import Service

PATIENCE = 40.0
PAINT, WRITING = "#c8fe05", "#6405fe"
"""The terminal's ground and its letters: colours that nothing else on these desktops has."""

SECRET = "export COASTY_API_KEY=sk-coasty-on-the-screen"

BESIDE, OVER, FULL = "80x30+640+60", "60x25+200+120", "230x60+0+0"
"""Where the terminal is: beside the editor, over it, over all of the screen."""


def until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def titled(title: str) -> Window | None:
    """The window of this title that can be seen, if there is one."""
    return next((window for window in window_list.windows() if title in window.title), None)


@dataclass
class Desk:
    """The display, the editor that is on it, and the terminal in which the command is about to be run."""

    display: str
    editor: App
    folder: Path

    def begin(self) -> None:
        """Let the command run."""
        (self.folder / "go").touch()

    def ended(self) -> int:
        """The exit code of the command."""
        until(lambda: (self.folder / "code").exists() and (self.folder / "code").read_text().strip() != "")
        return int((self.folder / "code").read_text())

    def arrived(self) -> bytes:
        """What was typed into the terminal while the command ran."""
        typed = self.folder / "typed"
        return typed.read_bytes() if typed.exists() else b""

    @property
    def events(self) -> list[dict[str, object]]:
        """The run's journal so far."""
        found = sorted(self.folder.glob(".local/share/coasty-desk/runs/*/journal.jsonl"))
        return [
            json.loads(line) for path in found for line in path.read_text().splitlines(keepends=True) if "\n" in line
        ]

    def of(self, name: str) -> list[dict[str, object]]:
        """The events of one name."""
        return [event for event in self.events if event["event"] == name]

    @property
    def frames(self) -> list[Image.Image]:
        """What was kept of the screen."""
        found = sorted(self.folder.glob(".local/share/coasty-desk/runs/*/frames/*"))
        return [Image.open(path).convert("RGB") for path in found]

    @property
    def said(self) -> str:
        """What the command wrote to stderr."""
        return (self.folder / "err").read_text()

    def person(self, *arguments: str) -> None:
        """Somebody at this display does something."""
        subprocess.run(["xdotool", *arguments], env=os.environ | {"DISPLAY": self.display}, check=True)


@contextmanager
def desk(
    shell: Shell,
    manager: str,
    arguments: str,
    *,
    place: str = OVER,
    wrapped: str = "{}",
    recording: bool = True,
    environment: dict[str, str] | None = None,
) -> Iterator[Desk]:
    """A desktop whose terminal runs `coasty-desk ARGUMENTS` once it is told to begin, and says the exit code.

    `recording`: all that is typed into the terminal meanwhile is kept, and nothing of it reaches the command.
    `wrapped` says how a shell runs the command.
    """
    folder = shell.home
    command = wrapped.format(f"{shlex.quote(sys.executable)} -m coasty_desk {arguments}")
    lines = [
        f"echo {shlex.quote(SECRET)}",
        "touch ready; while [ ! -e go ]; do sleep 0.02; done",
        *(["stty raw -echo; cat </dev/tty > typed & cat=$!"] if recording else []),
        f"{command} {'</dev/null' if recording else ''} 2>err; echo $? > code",
        *(["kill $cat"] if recording else []),
        "touch over; sleep 1000",
    ]
    (folder / "script").write_text("\n".join(lines))
    terminal = ("xterm", "-T", "own terminal", "-bg", PAINT, "-fg", WRITING, "-cr", WRITING, "-geometry", place)
    with managed(manager, 1280, 720) as display, ExitStack() as stack:
        stack.callback(_forget, display)
        editor = targets.tk(display, geometry="560x560+20+60")
        stack.callback(editor.close)
        until(lambda: bool(window_list.windows()))
        merged = shell.environment | {"DISPLAY": display, "NO_AT_BRIDGE": "1"} | (environment or {})
        here = Path.cwd()
        os.chdir(folder)
        stack.callback(os.chdir, here)
        stack.enter_context(program(*terminal, "-e", "bash", "script", environment=merged))
        until(lambda: (folder / "ready").exists() and titled("own terminal") is not None)
        own = titled("own terminal")
        assert own is not None
        if manager == "none":
            subprocess.run(["xdotool", "mousemove", "400", "300"], env=os.environ | {"DISPLAY": display}, check=True)
        window_list.activate(own)
        until(lambda: in_use() == "own terminal")
        yield Desk(display, editor, folder)


def _forget(display: str) -> None:
    """Close our own connection: another server may have this number next."""
    kept = shared_connection._kept.pop(display, None)
    if kept is not None:
        kept.close()


def shows_the_terminal(image: Image.Image) -> bool:
    """Whether anything of it can be seen."""
    colours = {tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5)) for colour in (PAINT, WRITING)}
    found = image.getcolors(image.width * image.height) or []
    return any(_near(colour, one) for _, colour in found for one in colours)


def _near(colour: object, other: tuple[int, ...]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(one - two) < 12 for one, two in zip(colour, other, strict=True))


def sent(stand_in: Service) -> list[Image.Image]:
    """The screenshots that the service was sent."""
    found = []
    for post in stand_in.posts("predict"):
        said = json.loads(post.body)["screenshot"]
        found.append(Image.open(io.BytesIO(base64.b64decode(said.rpartition(",")[2]))).convert("RGB"))
    return found


def stacking() -> list[str]:
    """The titles of the applications' windows, the topmost first."""
    return [window.title for window in window_list.windows() if window.title and not window.popup]


def in_use() -> str:
    """The title of the window that has the keys."""
    try:
        window = window_list.focused()
    except DesktopError:  # between two windows the manager has the keys itself
        return ""
    return "" if window is None else window.title
