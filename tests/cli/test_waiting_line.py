"""Whom a command waits for, said in the terminal while it lasts, and gone when it is over."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from coasty_desk.client.machines_api import MOST_LISTED
from tests.cli.conftest import Shell
from tests.cli.test_machines import account
from tests.stub_service import held

LIST = f"GET /v1/machines?limit={MOST_LISTED}"


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_who_lets_us_wait_is_named_meanwhile(shell: Shell, seconds: float) -> None:
    """After a moment, on standard error alone; an answer that comes at once leaves nothing."""
    with account(shell) as stand_in:
        stand_in.plan(LIST, held(seconds))
        said = _at_a_terminal(shell, "machines", "list", "--remote")
    assert ("waiting for" in said) == (seconds > 0)
    shown = said.rpartition("\x1b[K")[2] if seconds else said
    assert "scratch" in shown
    assert "waiting" not in shown


def test_without_a_terminal_nothing_of_it_is_said(shell: Shell) -> None:
    """Neither in a script nor in a log."""
    with account(shell) as stand_in:
        stand_in.plan(LIST, held(3.0))
        result = shell("machines", "list", "--remote")
    assert (result.code, result.err) == (0, "")


def _at_a_terminal(shell: Shell, *arguments: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "coasty_desk", *arguments],
        env=shell.environment | {"TERM": "xterm"},
        cwd=shell.home,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while piece := os.read(ours, 65536):
                said += piece
        except OSError:  # how the end of a terminal is told
            pass
        assert process.wait(60) == 0
    os.close(ours)
    return said.decode()
