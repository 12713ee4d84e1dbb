"""Each way to stop while the longest of 1,000 odd answers are read: how soon the run lets go, and how much memory it took."""

from __future__ import annotations

import random
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from Xlib import X
from Xlib.display import Display
from Xlib.ext import xtest

from coasty_desk.desktop.linux.stop_socket import ASK, address
from tests.cli.conftest import Shell
from tests.cli.hindered import BRIEF, Run, State, assert_stopped, going
from tests.odd_answers import answer
from tests.stub_service import Request, Response

LONGEST = (918, 767, 961, 217, 29, 563, 587, 493, 747, 719)
"""Those of the thousand that take longest to be judged."""

POLICY = r"""typed_text_denied = ["sudo", "rm -rf", '/(a+)+$/', '/no.*\n/', "*x?y*"]"""
WITHIN = 0.15
ESCAPE, CONTROL, SHIFT, F12 = 9, 37, 50, 96  # keycodes of a fresh Xvfb


def keys(*strokes: tuple[int, ...]) -> Callable[[Run], None]:
    """Chords, one after the other, of a keyboard whose person needs no time."""

    def events(chord: tuple[int, ...]) -> list[tuple[int, int]]:
        return [(X.KeyPress, code) for code in chord] + [(X.KeyRelease, code) for code in reversed(chord)]

    return lambda run: with_hands(run, *(event for chord in strokes for event in events(chord)))


def with_hands(run: Run, *events: tuple[int, int], at: tuple[int, int] = (0, 0)) -> None:
    """Input on its display, each as (type, detail); `at` is where a motion goes."""
    display = Display(run.display)
    for kind, detail in events:
        xtest.fake_input(display, kind, detail, x=at[0], y=at[1])
    display.sync()
    display.close()


def asked(run: Run) -> None:
    """`coasty-desk stop`, without the start of its process."""
    name = address(run.display)
    assert name is not None
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(name)
        connection.sendall(ASK)
        assert connection.recv(1), "it says who stops"


WAYS: dict[str, tuple[Callable[[Run], None], str]] = {
    "Ctrl-C": (lambda run: run.process.send_signal(signal.SIGINT), "interrupt"),
    "SIGTERM": (lambda run: run.process.send_signal(signal.SIGTERM), "interrupt"),
    "stop": (asked, "stop"),
    "abort key": (keys((CONTROL, SHIFT, F12)), "hotkey"),
    "Esc three times": (keys((ESCAPE,), (ESCAPE,), (ESCAPE,)), "hotkey"),
    "corner": (lambda run: with_hands(run, (X.MotionNotify, 0), at=(1279, 719)), "corner"),
}


def stopped(shell: Shell, way: str, seeds: tuple[int, ...], delay: float) -> tuple[float, float, int]:
    """Seconds from the stop, so many after the first answer went out, to the closing of the session, by the clock and of its CPU; MB at most."""
    act, reason = WAYS[way]
    (shell.home / "policy.toml").write_text(POLICY)
    script: list[dict[str, Any]] = [part for seed in seeds for part in (answer(random.Random(seed)), BRIEF)]  # noqa: S311
    closed: list[tuple[float, float, int]] = []

    def closing(request: Request, proceed: Callable[[Request], Response]) -> Response:
        closed.append((time.monotonic(), cpu(run), peak(run)))
        return proceed(request)

    options = ("--confirm", "risky", "--policy", str(shell.home / "policy.toml"), "--settle", "0")
    state = State(
        tuple(script * 10),
        lambda run: run.until(lambda: run.service.paid_for > 0),
        options=(*options, "--max-steps", "200"),
    )
    with going(shell, state) as run:
        run.service.plan("DELETE /v1/sessions/ses_1", closing)
        state.there(run)
        time.sleep(delay)
        begun, spent = time.monotonic(), cpu(run)
        act(run)
        assert_stopped(run, reason)
    ((at, used, most),) = closed
    return at - begun, used - spent, most


def cpu(run: Run) -> float:
    """Seconds that the process has had of a processor, in all of its threads, ended ones too."""
    return time.clock_gettime((~run.process.pid << 3) | 2)  # what clock_getcpuclockid(3) gives, ended threads included


def peak(run: Run) -> int:
    """Its greatest resident memory so far, in MB."""
    status = Path(f"/proc/{run.process.pid}/status").read_text("ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


@pytest.mark.parametrize("way", ["Ctrl-C", "stop", "abort key"])  # by a signal, a socket, the server
def test_every_way_stops_the_judging_of_odd_answers(shell: Shell, way: str) -> None:
    """Safety sentence: nothing that an answer says holds up a stop (the other ways are in scripts/bench_judging.py); on a busy machine it is the run's own time that counts."""
    clock, used, most = stopped(shell, way, LONGEST, 0.02)
    assert min(clock, used) < WITHIN
    assert most < 200
