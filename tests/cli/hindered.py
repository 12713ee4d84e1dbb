"""Runs that are to be stopped in any state though something stands in the way: a terminal, a reader, the X server, a busy machine."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from tests.cli import networks
from tests.cli.conftest import Shell, recording, service
from tests.desktop.targets import App
from tests.desktop.xvfb import held_down, xvfb
from tests.stub_service import Fault, Request, Response, Service, done, error, go, held, saying

PATIENCE = 20.0
"""Seconds, on a busy machine, within which whatever must happen soon has happened."""

GRABBED = 2.0
"""Seconds for which another client keeps the X server to itself."""

Says = Literal["read", "unread pipe", "terminal", "stopped terminal", "unread terminal"]
"""Where a run's output goes: to somebody who reads it; into a small pipe that nobody reads; to a terminal, which is well, stopped by Ctrl+S, or not read."""

TYPING = {"action_type": "type_text", "params": {"text": "The Quick brown fox. " * 200}}
WAIT = {"action_type": "wait", "params": {"seconds": 30}}
DRAG = {"action_type": "drag", "params": {"x1": 100, "y1": 100, "x2": 900, "y2": 500}}
CHORDS = [{"action_type": "key_combo", "params": {"keys": ["ctrl", "shift", "a"]}}] * 100
FOX = "The Quick brown fox. " * 100
NAMED = {"action_type": "type_text", "params": {"text": "{{name}}"}}
BRIEF = go({"action_type": "wait", "params": {"seconds": 0.01}})
ODD = [
    part
    for turn in range(15)
    for odd in (
        go({"action_type": "type_text", "params": {"text": f"{turn}" + "git -a " * 7000}}),
        go({"action_type": "type_text", "params": {"text": f"{turn}" + "curl | " * 7000}}),
        go({"action_type": "raw", "params": {"code": f"x={turn};" + "pyautogui.click(1,1);" * 2300}}),
        go({"action_type": "key_press", "params": {"keys": ["ctrl+k ctrl+s"] * 1000}}) | {"reasoning": "> " * 50_000},
    )
    for part in (odd, BRIEF)
]
"""Answers that take long to be read and judged, each refused, and between them what ends no run for its refusals."""

CLICKS = [{"action_type": "click", "params": {"x": 300 + n % 50 * 9, "y": 300}} for n in range(90)]


@dataclass
class Run:
    """A run that goes on, on a display of its own."""

    process: subprocess.Popen[bytes]
    display: str
    window: App
    service: Service
    shell: Shell
    terminal: int | None
    """Our end of its terminal."""
    way: networks.Way

    def until(self, what: Callable[[], bool]) -> None:
        """Wait for it."""
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert self.process.poll() is None, self.events[-1:]
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the newest journal has."""
        journal = max(self.shell.data.glob("runs/*/journal.jsonl"), key=lambda path: path.stat().st_mtime)
        lines = journal.read_text("ascii").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]  # the last may be being written

    def has(self, name: str) -> bool:
        """Whether the journal has such an event."""
        return any(self.shell.data.glob("runs/*/journal.jsonl")) and name in [e["event"] for e in self.events]

    def seen(self) -> int:
        """How much input the window has seen, once no more comes."""
        before = -1
        while before != len(self.window.events):
            before = len(self.window.events)
            time.sleep(0.1)
        return before

    def ended(self) -> int:
        """The exit code, once it has ended."""
        return self.process.wait(PATIENCE)

    def held(self) -> list[str]:
        """What is down on the display, once the display answers, and whoever lets go late has had a moment for it."""
        deadline = time.monotonic() + 5
        while (down := held_down(self.display)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return down


@dataclass(frozen=True)
class State:
    """What a run is at: its script, how to start it, and how to tell that it is there."""

    script: tuple[dict[str, Any], ...]
    there: Callable[[Run], None]
    options: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    task: str = "do it"
    opening: tuple[Fault, ...] = ()
    network: Callable[[str, str], AbstractContextManager[networks.Way]] = networks.straight
    at_terminal: bool = False
    """Whether a person must be there to answer."""
    replayed: bool = False
    """Whether the script is carried out first, and its replay is what is to be stopped."""
    hears: tuple[str, ...] = ("Ctrl-C", "abort key", "stop", "Esc three times", "SIGTERM", "corner")
    """The ways that it can hear."""


def _input(count: int) -> Callable[[Run], None]:
    return lambda run: run.until(lambda: len(run.window.events) > count)


def _event(name: str) -> Callable[[Run], None]:
    return lambda run: run.until(lambda: run.has(name))


def _paused(run: Run) -> None:
    """A hand moves the pointer, and does not rest."""
    run.window.wait_for("press", 1)
    run.until(lambda: run.has("acted"))
    for turn in range(200):
        if run.has("paused"):
            return
        subprocess.run(
            ["xdotool", "mousemove", str(400 + turn), "400"], env=os.environ | {"DISPLAY": run.display}, check=True
        )
    run.until(lambda: run.has("paused"))


def _judged(run: Run) -> None:
    """The first is refused, or a person at a terminal is asked about it."""
    run.until(lambda: run.has("refused") or run.has("asked"))


def _reached(run: Run) -> None:
    """A request is where it is held up, and the run has come to wait for it."""
    run.until(lambda: run.way.reached() and run.has("observed"))


def _uploading(run: Run) -> None:
    """The picture is far greater than what the system takes without a reader."""
    _reached(run)
    (frame,) = run.shell.data.glob("runs/*/frames/*")
    assert frame.stat().st_size > 300_000


def _suspended(run: Run) -> None:
    """Ctrl-Z in the middle of a drag."""
    _input(60)(run)
    run.process.send_signal(signal.SIGTSTP)
    run.until(lambda: is_stopped(run))


def is_stopped(run: Run) -> bool:
    """Whether the process stands still."""
    return Path(f"/proc/{run.process.pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"T"


def _dripping(request: Request, proceed: Callable[[Request], Response]) -> Response:
    """The answer comes a letter at a time, and has no end."""
    proceed(request)

    def body() -> Iterator[bytes]:
        yield b"{"
        while True:
            time.sleep(0.1)
            yield b" "

    return Response(200, body, {"Content-Type": "application/json"})


STATES: dict[str, State] = {
    "first look": State((go(WAIT),), lambda run: run.until(lambda: bool(run.service.requests) or run.has("observed"))),
    "held request": State((go(WAIT),), _event("observed"), faults=(held(30),)),
    "retry pause": State(
        (go(WAIT),), _event("retrying"), faults=(saying(error(503, "SERVICE_UNAVAILABLE", {"Retry-After": "20"})),) * 3
    ),
    "typing": State((go(TYPING),), _input(60)),
    "chord": State((go(*CHORDS),), _input(40)),
    "clicks": State((go(*CLICKS),), _input(8)),
    "drag": State((go(*[DRAG] * 40),), _input(60)),
    "wait": State((go(WAIT),), _event("acting")),
    "settle": State((go(CLICKS[0]), go(WAIT)), _event("acted"), options=("--settle", "30")),
    "pause": State((go(CLICKS[0], {**WAIT, "params": {"seconds": 0.4}}, *CLICKS[1:]),), _paused),
    "reading": State((), _event("observed"), options=("--provider", "offline"), task='wait until "never"'),
    "opening": State(
        (go(WAIT),), lambda run: run.until(lambda: bool(run.service.posts("session"))), opening=(held(30),)
    ),
    "name lookup": State((go(WAIT),), _reached, network=networks.no_name),
    "TLS handshake": State((go(WAIT),), _reached, network=networks.no_handshake),
    "upload": State((go(WAIT),), _uploading, network=networks.no_upload),
    "slow answer": State(
        (go(WAIT),), lambda run: run.until(lambda: bool(run.service.posts("predict"))), faults=(_dripping,)
    ),
    "odd answers": State(tuple(ODD), _judged, options=("--confirm", "risky", "--max-steps", "200")),
    "question": State((go(CLICKS[0]),), _event("asked"), options=("--step",), at_terminal=True),
    "suspended": State((go(*[DRAG] * 40),), _suspended, hears=("stop",)),
    "replay": State((done(NAMED),), _input(100), options=("--set", f"name={FOX}"), task="last", replayed=True),
}


@contextmanager
def going(shell: Shell, state: State, says: Says = "read") -> Iterator[Run]:
    """A run of it, from its start."""
    with ExitStack() as stack:
        name = stack.enter_context(xvfb(1280, 720))
        window = stack.enter_context(recording(name))
        stand_in, url = stack.enter_context(service(*state.script))
        stand_in.plan("predict", *state.faults)
        stand_in.plan("session", *state.opening)
        subprocess.run(["xdotool", "mousemove", "640", "360"], env=os.environ | {"DISPLAY": name}, check=True)
        way = stack.enter_context(state.network(url, name))
        environment = {"DISPLAY": name, "COASTY_BASE_URL": way.url, "TERM": "xterm", **way.environment}
        if state.replayed:
            assert shell("run", "--yes", "do it", **environment).code == 0
        verb = ("replay", "--yes") if state.replayed else ("run", "--yes")
        command = [sys.executable, "-m", "coasty_desk", *verb, *state.options, state.task]
        says = "terminal" if state.at_terminal and says == "read" else says
        process, terminal = _started(stack, command, shell.environment | environment, shell, says)
        yield Run(process, name, window, stand_in, shell, terminal, way)


def _started(
    stack: ExitStack, command: Sequence[str], environment: dict[str, str], shell: Shell, says: Says
) -> tuple[subprocess.Popen[bytes], int | None]:
    terminal: int | None = None
    if "terminal" in says:
        terminal, theirs = pty.openpty()
        stack.callback(os.close, terminal)
        if says == "stopped terminal":
            os.write(terminal, b"\x13")  # Ctrl+S, before the run begins

        process = subprocess.Popen(
            ["setsid", "--ctty", *command],  # so that it is its controlling terminal
            env=environment,
            cwd=shell.home,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        if says == "terminal":
            stack.enter_context(_read(terminal))
    else:
        ours, theirs = os.pipe()
        stack.callback(os.close, ours)
        if says == "unread pipe":
            fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
        process = subprocess.Popen(
            [*command[:4], "--json", *command[4:]],
            env=environment,
            cwd=shell.home,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        if says == "read":
            stack.enter_context(_read(ours))
    stack.callback(_killed, process)
    return process, terminal


def _killed(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@contextmanager
def _read(descriptor: int) -> Iterator[None]:
    """Somebody reads it all."""
    with subprocess.Popen(["cat"], stdin=descriptor, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as reader:
        yield
        reader.kill()


GRAB = """
import sys, time
from Xlib.display import Display
display = Display()
display.grab_server()
display.sync()
print("grabbed", flush=True)
time.sleep(float(sys.argv[1]))
"""


@contextmanager
def grabbed(display: str, seconds: float = GRABBED) -> Iterator[None]:
    """Another client has grabbed the server, for so long."""
    with subprocess.Popen(
        [sys.executable, "-c", GRAB, str(seconds)], env=os.environ | {"DISPLAY": display}, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"grabbed\n"
        yield


@contextmanager
def busy(loops: int = 4) -> Iterator[None]:
    """The machine has other things to do."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def interrupt(run: Run) -> None:
    """Ctrl-C."""
    run.process.send_signal(signal.SIGINT)


def terminate(run: Run) -> None:
    """`kill`."""
    run.process.send_signal(signal.SIGTERM)


def command(run: Run) -> None:
    """`coasty-desk stop`, whose code says that the run is gone, and it is."""
    said = run.shell("stop", DISPLAY=run.display, HOME="/nonexistent")
    assert (said.code, said.out.startswith("Stopped run ")) == (0, True), said
    assert run.process.poll() is not None


class OnDisplay(Protocol):
    """A run whose display is known."""

    display: str


def by_hand(*does: str) -> Callable[[OnDisplay], None]:
    """What a person does with the keyboard or the mouse."""

    def act(run: OnDisplay) -> None:
        subprocess.run(["xdotool", *does], env=os.environ | {"DISPLAY": run.display}, check=True)

    return act


BY_HAND: dict[str, tuple[Callable[[OnDisplay], None], str]] = {
    "abort key": (by_hand("key", "ctrl+shift+F12"), "hotkey"),
    "Esc three times": (by_hand("key", "Escape", "Escape", "Escape"), "hotkey"),
    "corner": (by_hand("mousemove", "1279", "719"), "corner"),
}
"""The ways that the X server must tell of."""

WAYS: dict[str, tuple[Callable[[Run], None], str]] = {
    "Ctrl-C": (interrupt, "interrupt"),
    "SIGTERM": (terminate, "interrupt"),
    "stop": (command, "stop"),
    **BY_HAND,
}

HINDRANCES: dict[str, Says] = {
    "nothing": "read",
    "unread pipe": "unread pipe",
    "stopped terminal": "stopped terminal",
    "unread terminal": "unread terminal",
    "grabbed server": "read",
    "stopped process": "read",
    "busy machine": "read",
}
"""What stands in the way, and where the run's output goes meanwhile. Of a process that is stopped `stop` alone is heard."""


def applies(state: str, way: str, hindrance: str) -> bool:
    """Whether there is such a case."""
    if hindrance == "stopped process" and way != "stop":
        return False
    if hindrance == "grabbed server" and way in BY_HAND:
        return False
    if STATES[state].at_terminal and HINDRANCES[hindrance] == "unread pipe":
        return False
    return way in STATES[state].hears


@contextmanager
def hindered(run: Run, hindrance: str) -> Iterator[None]:
    """Within the block it stands in the way."""
    with ExitStack() as stack:
        if hindrance == "grabbed server":
            stack.enter_context(grabbed(run.display))
        elif hindrance == "stopped process":
            run.process.send_signal(signal.SIGSTOP)
        elif hindrance == "busy machine":
            stack.enter_context(busy())
        yield


def assert_stopped(run: Run, reason: str) -> None:
    """Exit 130, said so in the journal, the session deleted, nothing held, and no input any more."""
    code = run.ended()
    last = run.events[-1]
    found = (code, last["event"], last.get("status"), last.get("reason"))
    assert found == (130, "run_ended", "cancelled", reason), run.events[-3:]
    assert run.service.sessions == {}
    assert run.held() == []
