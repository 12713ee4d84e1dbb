"""Ctrl-Z and its like: everything is let go of before the process stops, and looked at anew when it goes on."""

from __future__ import annotations

import os
import signal
import termios
from dataclasses import replace

import pytest

from tests.cli.conftest import Shell
from tests.cli.hindered import STATES, WAIT, assert_stopped, command, going, is_stopped, terminate
from tests.stub_service import done, go


@pytest.mark.parametrize("state", ["drag", "chord", "typing", "held request"])
def test_nothing_is_held_while_the_run_is_suspended_and_then_it_looks_anew(shell: Shell, state: str) -> None:
    """Safety sentence: Ctrl-Z lets go of everything before the process stops; afterwards the model is told, and sees the screen as it is then."""
    with going(shell, replace(STATES[state], script=(*STATES[state].script, done()), faults=())) as run:
        STATES[state].there(run)
        run.process.send_signal(signal.SIGTSTP)
        run.until(lambda: is_stopped(run))
        assert run.held() == []
        run.process.send_signal(signal.SIGCONT)
        assert run.ended() == 0
    refused = {event["by"] for event in run.events if event["event"] == "refused"}
    assert refused <= {"suspension"}  # none, where it was between two actions
    assert state == "held request" or b"suspended" in run.service.posts("predict")[1].body


def test_what_was_decided_before_a_suspension_is_not_done_after_it(shell: Shell) -> None:
    """The answer to a picture from before it is thrown away."""
    late = replace(STATES["held request"], script=(go({"action_type": "key_press", "params": {"keys": ["a"]}}), done()))
    with going(shell, late) as run:
        late.there(run)
        run.process.send_signal(signal.SIGTSTP)
        run.until(lambda: is_stopped(run))
        run.service.release.set()
        run.process.send_signal(signal.SIGCONT)
        assert run.ended() == 0
        assert run.window.of_kind("key_down") == []
    assert b"suspended" in run.service.posts("predict")[1].body


def test_a_process_that_was_stopped_by_force_breaks_off_what_it_was_at(shell: Shell) -> None:
    """SIGSTOP cannot be heard; SIGCONT can."""
    with going(shell, replace(STATES["drag"], script=(*STATES["drag"].script, done()))) as run:
        STATES["drag"].there(run)
        run.process.send_signal(signal.SIGSTOP)
        run.until(lambda: is_stopped(run))
        run.process.send_signal(signal.SIGCONT)
        assert run.ended() == 0
        assert run.held() == []
    assert [event["by"] for event in run.events if event["event"] == "refused"] == ["suspension"]


@pytest.mark.parametrize("way", ["stop", "SIGTERM"])
def test_a_suspended_run_can_be_stopped(shell: Shell, way: str) -> None:
    """Safety sentence: `stop` lets a run that is stopped go on only to end it."""
    with going(shell, STATES["drag"]) as run:
        STATES["drag"].there(run)
        run.process.send_signal(signal.SIGTSTP)
        run.until(lambda: is_stopped(run))
        if way == "stop":
            command(run)
        else:
            terminate(run)
            run.process.send_signal(signal.SIGCONT)
        assert_stopped(run, "stop" if way == "stop" else "interrupt")


def test_the_deadline_goes_on_while_the_run_is_suspended(shell: Shell) -> None:
    """It is a time of day."""
    with going(shell, replace(STATES["wait"], options=("--deadline", "2"))) as run:
        STATES["wait"].there(run)
        run.process.send_signal(signal.SIGTSTP)
        run.until(lambda: is_stopped(run))
        signal.sigtimedwait([], 2.0)
        run.process.send_signal(signal.SIGCONT)
        assert run.ended() == 3
    assert run.events[-1]["reason"] == "deadline"


def test_the_terminal_is_given_back_and_taken_again(shell: Shell) -> None:
    """Safety sentence: a run that holds the terminal has its flow control off: Ctrl+S stops nothing; Ctrl-Z and the end put it back."""

    def modes(terminal: int) -> tuple[bool, bool]:
        flags = termios.tcgetattr(terminal)
        return bool(flags[0] & termios.IXON), bool(flags[3] & termios.ECHO)

    with going(shell, replace(STATES["wait"], script=(go(WAIT),)), "terminal") as run:
        assert run.terminal is not None
        STATES["wait"].there(run)
        assert modes(run.terminal) == (False, False)
        os.write(run.terminal, b"\x13")  # Ctrl+S
        os.write(run.terminal, b"\x1a")  # Ctrl-Z
        run.until(lambda: is_stopped(run))
        assert modes(run.terminal) == (True, True)
        run.process.send_signal(signal.SIGCONT)
        run.until(lambda: modes(run.terminal or 0) == (False, False))
        os.write(run.terminal, b"\x03")  # Ctrl-C
        assert_stopped(run, "interrupt")
        assert modes(run.terminal) == (True, True)
