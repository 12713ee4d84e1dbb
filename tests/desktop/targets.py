"""Real applications that text is typed into, each started for a test and asked afterwards what it got."""

from __future__ import annotations

import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

APPS = Path(__file__).parent / "apps"
PATIENCE = 20.0


class Target(Protocol):
    """A text field somewhere."""

    def clear(self) -> None:
        """Empty it and give it the focus."""
        ...

    def text(self) -> str:
        """What is in it."""
        ...


class App:
    """A program that speaks JSON lines: it tells of events, and answers commands."""

    def __init__(self, display: str, command: list[str]) -> None:
        self.events: list[dict[str, Any]] = []
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._process = subprocess.Popen(
            command,
            env=os.environ | {"DISPLAY": display, "NO_AT_BRIDGE": "1", "QT_QPA_PLATFORM": "xcb", "GDK_BACKEND": "x11"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        assert self._answers.get(timeout=PATIENCE)["ready"]

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    def ask(self, command: str) -> dict[str, Any]:
        """The answer to a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._answers.get(timeout=PATIENCE)

    def clear(self) -> None:
        """Empty the text area."""
        self.ask("clear")

    def text(self) -> str:
        """What is in the text area, once it rests."""
        return rested(lambda: str(self.ask("text")["text"]))

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The events of one kind so far."""
        return [event for event in self.events if event["event"] == kind]

    def wait_for(self, kind: str, count: int) -> list[dict[str, Any]]:
        """The events of one kind, once there are `count`."""
        until = time.monotonic() + PATIENCE
        while len(self.of_kind(kind)) < count:
            assert time.monotonic() < until, f"{len(self.of_kind(kind))} of {count} {kind} events: {self.events}"
            time.sleep(0.01)
        return self.of_kind(kind)

    def close(self) -> None:
        """End the program."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "event" in said:
                self.events.append(said)
            else:
                self._answers.put(said)
        self._answers.put({"ready": False})  # nobody waits for what has ended


class Xterm:
    """A terminal whose program writes all that is typed to a file."""

    def __init__(self, display: str) -> None:
        self._folder = Path(tempfile.mkdtemp())
        self._file = self._folder / "typed"
        ready = self._folder / "ready"
        self._process = subprocess.Popen(
            ["xterm", "-u8", "-geometry", "100x30+0+0", "-e", "sh", "-c",
             f"stty -icanon -echo -ixon; touch {ready}; exec cat > {self._file}"],
            env=os.environ | {"DISPLAY": display, "LC_ALL": "C.UTF-8"},
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not ready.exists():
            assert time.monotonic() < until, "xterm did not start"
            time.sleep(0.05)
        self._from = 0

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    def clear(self) -> None:
        """Begin to look from here."""
        self._from = self._file.stat().st_size if self._file.exists() else 0

    def text(self) -> str:
        """What was typed since."""
        return rested(lambda: self._file.read_bytes()[self._from :].decode(errors="replace"))

    def close(self) -> None:
        """End the terminal."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder)


class Chromium:
    """The test page in a browser of its own, which is asked over a loopback server."""

    def __init__(self, display: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._commands: queue.Queue[dict[str, Any]] = queue.Queue()
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._profile = tempfile.mkdtemp()
        self._process = subprocess.Popen(
            ["chromium", f"--user-data-dir={self._profile}", "--no-sandbox", "--no-first-run", "--disable-gpu",
             "--disable-background-networking", "--password-store=basic", "--window-position=0,0",
             "--window-size=800,600", f"--app=http://127.0.0.1:{self._server.server_port}/"],
            env=os.environ | {"DISPLAY": display},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        assert self._answers.get(timeout=60)["ready"]

    def ask(self, **command: Any) -> dict[str, Any]:
        """The page's answer to a command."""
        self._commands.put(command)
        return self._answers.get(timeout=PATIENCE)

    def state(self, name: str, wanted: object) -> bool:
        """Whether the page's state (`drops`, `slider`, `selection`) becomes this before the patience ends."""
        until = time.monotonic() + PATIENCE / 4
        while self.ask(state=True)[name] != wanted:
            if time.monotonic() > until:
                return False
        return True

    def field(self, name: str) -> ChromiumField:
        """One of `input`, `textarea`, `contenteditable`."""
        return ChromiumField(self, name)

    def close(self) -> None:
        """End the browser and its server."""
        with_children = os.getpgid(self._process.pid)
        os.killpg(with_children, 9)
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        page, waiting = self, {}  # type: tuple[Chromium, dict[int, dict[str, Any]]]
        numbers = itertools.count(1)
        due = [next(numbers)]
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/command":
                    self._send(json.dumps(page._commands.get()).encode(), "application/json")
                elif self.path == "/":
                    self._send((APPS / "page.html").read_bytes(), "text/html; charset=utf-8")
                else:
                    self.send_error(404)

            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._send(b"", "text/plain")
                with lock:  # requests overtake one another: put them back in the order of their numbers
                    waiting[said["number"]] = said
                    while due[0] in waiting:
                        page._take(waiting.pop(due[0]))
                        due[0] = next(numbers)

            def _send(self, body: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent calls it so
                pass

        return Handler

    def _take(self, said: dict[str, Any]) -> None:
        if "events" in said:
            self.events.extend(said["events"])
        else:
            self._answers.put(said)


class ChromiumField:
    """One field of the page."""

    def __init__(self, page: Chromium, name: str) -> None:
        self._page = page
        self._name = name

    def clear(self) -> None:
        """Empty it and give it the focus."""
        until = time.monotonic() + PATIENCE / 2
        # a window that has just come gets the keys a moment later
        while not self._page.ask(focus=self._name)["focused"]:
            assert time.monotonic() < until, "the page never got the focus"
            time.sleep(0.02)

    def text(self) -> str:
        """What is in it."""
        return rested(lambda: str(self._page.ask(text=self._name)["text"]))


def rested(look: Any) -> str:
    """What `look` sees once it has not changed for a moment."""
    seen: str = look()
    quiet_since = time.monotonic()
    until = quiet_since + PATIENCE
    while time.monotonic() - quiet_since < 0.4 and time.monotonic() < until:
        time.sleep(0.05)
        now: str = look()
        if now != seen:
            seen, quiet_since = now, time.monotonic()
    return seen


def becomes(look: Callable[[], str], wanted: str) -> str:
    """What `look` sees once it is what is wanted, or when the patience ends: busy machines are slow to answer."""
    until = time.monotonic() + PATIENCE / 2
    while (seen := look()) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    return seen


def system_python() -> str:
    """The system's own Python, which has Debian's Qt and GTK bindings."""
    return "/usr/bin/python3"


def tk(display: str, mode: str = "text", geometry: str = "800x600+0+0") -> App:
    """A Tk window."""
    return App(display, [sys.executable, str(APPS / "tk_app.py"), mode, geometry])


def qt(display: str, *completions: str) -> App:
    """A Qt text area, or a field with completions."""
    return App(display, [system_python(), str(APPS / "qt_app.py"), *completions])


def gtk(display: str, mode: str = "text") -> App:
    """A GTK text area, slider or list of files."""
    return App(display, [system_python(), str(APPS / "gtk_app.py"), mode])


def popups(display: str, toolkit: str, title: str, left: int, top: int) -> App:
    """A window with a text area that opens menus, tooltips and dialogs: `tk`, `gtk` or `qt`."""
    python = sys.executable if toolkit == "tk" else system_python()
    return App(display, [python, str(APPS / "popup_app.py"), toolkit, title, str(left), str(top)])


@contextmanager
def closing(target: Any) -> Iterator[Any]:
    """Close a target after use."""
    try:
        yield target
    finally:
        target.close()
