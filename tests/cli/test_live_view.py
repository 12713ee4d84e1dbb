"""What a person sees while a run goes on: the live view in each state, plain lines elsewhere, and a terminal left in peace."""

from __future__ import annotations

import io
import os
import pty
import sys
from collections.abc import Iterator

import pytest
from rich.cells import cell_len
from rich.console import Console

from coasty_desk.cli.view.choose_view import for_person, live_on
from coasty_desk.cli.view.live_view import Foot, LiveView, spoken
from coasty_desk.cli.view.plain_view import PlainView
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Click, KeyCombo, Move, Point, Prediction, Refusal, TypeText, Usage, Verdict
from coasty_desk.core.limits import Limits
from coasty_desk.core.money import CENT
from coasty_desk.core.ports import (
    HandPause,
    Judging,
    PersonQuestion,
    PersonReply,
    PredictRequest,
    PredictStream,
    Retry,
    StepCharge,
)
from coasty_desk.core.run import Job, Ports, run
from coasty_desk.core.scaling import Placed, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.testing import RecordingExecutor, ScriptedPredictor, StillScreen

HOW = "To stop: press Esc three times, press <ctrl>+<shift>+<f12>, throw the pointer into a corner, or Ctrl-C."
HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e\r\n" + "word " * 200 + "長" * 300


class _Model(ScriptedPredictor):
    """Says on its way what a real one may say."""

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        if ask.step == 1:
            yield StepCharge("session", 10 * CENT, "ses_1")
            yield Retry("RATE_LIMITED", 2.5, 2)
        return (yield from super().predict(ask))


class _Gate:
    """Asks about chords, waits before a move."""

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        if isinstance(placed.sent, KeyCombo):
            yield PersonQuestion("press ctrl+s?", HOSTILE, None)
            yield PersonReply("yes")
        if isinstance(placed.sent, Move):
            yield HandPause("a hand is on the mouse")
        return None


def _events() -> Iterator[ev.Event]:
    script = [
        _says(Click(Point(300, 200)), TypeText("naïve 長\n\x1b[31m"), why=HOSTILE),
        _says(KeyCombo(("ctrl", "s"))),
        _says(Move(Point(5, 5)), Refusal("\x1b[31mraw", "wire", "\x07no")),
        Prediction(Verdict.DONE, (), "All\x1b[0m saved.", usage=Usage(10 * CENT)),
    ]
    job = Job("r1", HOSTILE, "coasty", Rect(0, 0, 1280, 720), Size(1280, 720), Limits(25, None, 200 * CENT), 248 * CENT)
    yield from run(job, Ports(StillScreen(), RecordingExecutor(), _Model(script, cost=10 * CENT), _Gate(), Stop()))


def _says(*actions: object, why: str = "because") -> Prediction:
    return Prediction(Verdict.CONTINUE, actions, why, usage=Usage(8 * CENT))  # type: ignore[arg-type]  # actions, refusals


def _foot(foot: Foot, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=True)
    with console.capture() as captured:
        console.print(foot)
    return captured.get().splitlines()


def test_the_foot_names_every_state_of_a_run() -> None:
    """Looking, thinking, doing, settling, asking, paused: each while it is so."""
    foot, states = Foot(), []
    for event in _events():
        foot.take(event)
        states.append((event.name, foot.state))
    assert states == [
        ("run_started", "looking"),
        ("observed", "thinking"),
        ("charged", "thinking"),
        ("retrying", "thinking"),
        ("predicted", "doing"),
        ("acting", "doing"),
        ("acted", "doing"),
        ("acting", "doing"),
        ("acted", "settling"),
        ("settled", "looking"),
        ("observed", "thinking"),
        ("predicted", "doing"),
        ("asked", "asking"),
        ("answered", "doing"),
        ("acting", "doing"),
        ("acted", "settling"),
        ("settled", "looking"),
        ("observed", "thinking"),
        ("predicted", "doing"),
        ("paused", "paused"),
        ("acting", "doing"),
        ("acted", "doing"),
        ("refused", "settling"),
        ("settled", "looking"),
        ("observed", "thinking"),
        ("predicted", "looking"),
        ("run_ended", "looking"),
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_foot_never_reaches_the_last_column(width: int) -> None:
    """In no state is a line as wide as the terminal, which would wrap it and break what is redrawn."""
    foot = Foot(how_to_stop=HOW)
    for event in _events():
        foot.take(event)
        assert max(map(cell_len, map(str.rstrip, _foot(foot, width)))) < width


def test_the_foot_says_steps_money_and_how_to_stop() -> None:
    """At 80 columns nothing of it is cut: the step and its cap, spent and budget, the worst case, every way to stop."""
    foot = Foot(how_to_stop=HOW)
    for event in _events():
        if isinstance(event, ev.Settled):
            break
        foot.take(event)
    shown = " ".join(" ".join(_foot(foot, 80)).split())
    assert "settling" in shown
    assert "step 1 of 25" in shown
    assert "spent $0.18 of $2.00" in shown
    assert "this step at most $0.10" in shown
    assert HOW in shown


def test_a_free_run_shows_no_money() -> None:
    """Where nothing can be spent, nothing is said of it."""
    foot = Foot(cap=5)
    assert "spent" not in " ".join(_foot(foot, 80))


def test_nothing_of_anybodys_reaches_the_terminal_as_a_command() -> None:
    """What is printed above the foot holds no control character but our own colours and cursor moves."""
    out = io.StringIO()
    view = LiveView(dry_run=False, console=Console(file=out, width=80, color_system=None, force_terminal=False))
    view.begin(HOW, [])
    for event in _events():
        view.show(event)
        last = event
    assert isinstance(last, ev.RunEnded)
    view.end(last, "", None)
    shown = out.getvalue()
    assert not {char for char in shown if char < " " and char != "\n"} & set("\x07\x1b\r\x08")
    assert not set("\x9b\u202e") & set(shown)
    assert "> click at (300, 200)" in shown
    assert "refused (wire): \N{REPLACEMENT CHARACTER}[31mraw" in shown
    assert "succeeded: the task is done: All\N{REPLACEMENT CHARACTER}[0m saved." in shown
    assert "4 steps" in shown
    assert "$0.44" in shown


def test_typed_text_is_counted_in_the_foot_and_not_shown() -> None:
    """Letters of unsure width are for the lines above."""
    assert spoken(TypeText("長い")) == "typing 2 characters"
    assert spoken(Click(Point(1, 2))) == "click at (1, 2)"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_view_that_redraws_is_for_terminals_that_can() -> None:
    """Not through a pipe, not on a dumb terminal."""
    assert live_on(_Terminal(), {"TERM": "xterm-256color"})
    assert live_on(_Terminal(), {"TERM": "xterm-256color", "NO_COLOR": "1"})
    assert not live_on(_Terminal(), {"TERM": "dumb"})
    assert not live_on(_Terminal(), {})
    assert not live_on(io.StringIO(), {"TERM": "xterm"})
    assert isinstance(for_person(dry_run=False, environment={}, out=io.StringIO()), PlainView)


CHILD = """
import select, sys
from coasty_desk.cli.terminal import borrowed_terminal
with borrowed_terminal.echo_off():
    print("hushed", flush=True)
    select.select([0], [], [])
    borrowed_terminal.console.forget()
    with borrowed_terminal.answering():
        print("asked", flush=True)
        print("answer", repr(sys.stdin.readline()), flush=True)
    print("again", flush=True)
    select.select([0], [], [])
print("shell", flush=True)
print("left", repr(sys.stdin.readline()), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of POSIX")
def test_what_the_agent_types_into_the_terminal_is_no_answer_and_nothing_for_the_shell() -> None:
    """Typed while hushed: not echoed, not taken for an answer, gone when the block ends; after it all is as before."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", CHILD])  # noqa: S606 - no shell is wanted
    try:
        seen = _until(terminal, "hushed")
        os.write(terminal, b"yes agent\n")
        seen += _until(terminal, "asked")
        os.write(terminal, b"person\n")
        seen += _until(terminal, "again")
        os.write(terminal, b"rm -rf agent\nrm again\n")
        seen += _until(terminal, "shell")
        os.write(terminal, b"after\n")
        seen += _until(terminal, "left '")
        seen += _until(terminal, "\n")
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    assert "agent" not in seen.replace("answer", "")
    assert "answer 'person\\n'" in seen
    assert "left 'after\\n'" in seen


def _until(terminal: int, text: str) -> str:
    seen = ""
    while text not in seen:
        seen += os.read(terminal, 1).decode()
    return seen
