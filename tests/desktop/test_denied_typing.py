"""Denied text comes to stand nowhere: what the policy lets through is really pressed, and what came of it is looked at."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coasty_desk.core.actions import Action, Click, Drag, KeyCombo, Point, PressKeys, TypeText
from coasty_desk.core.gates.policy import Policy, Situation, forbids
from coasty_desk.core.scaling import Frame
from coasty_desk.core.typed_text.typed_line import Typed
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.wire.regular_expressions import pattern
from tests.desktop import targets

DENIED = "denied"
ENTER = PressKeys(("enter",))
DROP = PressKeys(("ctrl+c", "ctrl+c", "ctrl+c"))


def do(executor: DesktopExecutor, frame: Frame, actions: tuple[Action, ...], *, terminal: bool) -> None:
    """All that the policy lets through."""
    policy, typed = Policy(typed_text_denied=(pattern(DENIED),)), Typed()
    for action in actions:
        if not forbids(policy, action, Situation(typed=typed, terminal=terminal)):
            executor.perform(frame.place(action))
            typed = typed.then(action, terminal)


@pytest.fixture
def ran(display: str, tmp_path: Path) -> Iterator[Path]:
    """The lines that a Bash in an xterm ran; in its history is one that is denied."""
    (tmp_path / "rc").write_text(
        f"trap 'echo \"$BASH_COMMAND\" >> {tmp_path}/ran' DEBUG\nhistory -c\nhistory -s 'echo denied'\ntouch ready\n"
    )
    command = ["xterm", "-geometry", "100x30+0+0", "-e", "bash", "--rcfile", "rc", "-i"]
    shell = subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"DISPLAY": display, "HISTFILE": "/dev/null"})
    until = time.monotonic() + targets.PATIENCE
    while not (tmp_path / "ready").exists():
        assert time.monotonic() < until, "the shell did not start"
        time.sleep(0.05)
    (tmp_path / "ran").unlink(missing_ok=True)
    yield tmp_path / "ran"
    shell.kill()
    shell.wait()


def test_a_shell_runs_nothing_that_is_denied(executor: DesktopExecutor, frame: Frame, ran: Path) -> None:
    """Safety sentence: neither from its history nor by its own editing keys and their old codes."""
    tries: list[tuple[Action, ...]] = [
        (PressKeys(("up",)), KeyCombo(("ctrl", "o"))),
        (TypeText("dexnied"), PressKeys(("left",) * 4), KeyCombo(("ctrl", "8")), ENTER),
        (TypeText("dexnied"), PressKeys(("left",) * 4), KeyCombo(("ctrl", "?")), ENTER),
        (TypeText("echo "), KeyCombo(("ctrl", "3")), TypeText("."), ENTER),
        (PressKeys(("up", "insert")), KeyCombo(("ctrl", "c")), PressKeys(("backspace",)), ENTER),
        (PressKeys(("up",)), KeyCombo(("ctrl", "q")), KeyCombo(("ctrl", "c")), PressKeys(("backspace",)), ENTER),
        (TypeText("!!\n"),),
        (TypeText("fc -s\n"),),
    ]
    for actions in tries:
        do(executor, frame, actions, terminal=True)
        executor.perform(frame.place(DROP))
    executor.perform(frame.place(TypeText("true end\n")))
    until = time.monotonic() + targets.PATIENCE
    while "true end" not in (said := ran.read_text() if ran.exists() else ""):
        assert time.monotonic() < until, said
        time.sleep(0.05)
    assert DENIED not in said


@pytest.mark.parametrize("toolkit", ["gtk", "tk"])
def test_no_field_comes_to_hold_it(toolkit: str, display: str, executor: DesktopExecutor, frame: Frame) -> None:
    """Safety sentence: neither by writing over what stands there, nor by a paste under any of its keys."""
    owner = f"import tkinter as t; r = t.Tk(); r.withdraw(); r.clipboard_append('{DENIED}'); r.selection_own(); "
    owner += f"r.selection_handle(lambda a, b: '{DENIED}'); r.update(); print(flush=True); r.mainloop()"
    written_over = (PressKeys(("insert",)), TypeText("xenied"), PressKeys(("home",)), TypeText("d"))
    middle = Drag(Point(300, 200), Point(302, 202), "middle")
    pastes: list[Action] = [PressKeys(("f18",)), KeyCombo(("ctrl", "y")), KeyCombo(("ctrl", "alt", "v")), middle]
    clipboard = subprocess.Popen([sys.executable, "-c", owner], stdout=subprocess.PIPE)
    try:
        assert clipboard.stdout is not None
        clipboard.stdout.readline()
        with targets.closing(targets.gtk(display) if toolkit == "gtk" else targets.tk(display)) as area:
            executor.perform(frame.place(Click(Point(300, 200))))
            for actions in (written_over, *((paste,) for paste in pastes)):
                area.clear()
                do(executor, frame, actions, terminal=False)
                assert DENIED not in area.text()
    finally:
        clipboard.kill()
        clipboard.communicate()
