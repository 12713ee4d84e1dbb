"""Slow, bounce, sticky and mouse keys eat nothing of what is typed, and are as the person had them after it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from coasty_desk.core.actions import KeyCombo, TypeText
from coasty_desk.core.scaling import Frame, Size
from coasty_desk.desktop import checks, load, release
from coasty_desk.desktop.executor import DesktopExecutor
from coasty_desk.desktop.x11_accessibility_keys import NAMES
from coasty_desk.desktop.x11_xkb import Xkb
from tests.desktop import targets

BITS = {name: bit for bit, name in NAMES.items()}
TEXT = "Hello, ALL the llamas (aa) {漢} ß 2+2\n"


@pytest.fixture
def xkb(display: str) -> Iterator[Xkb]:
    """The server's controls, as they were at the end."""
    del display
    connection = load.display()
    opened = Xkb.open(connection)
    assert opened is not None
    before = opened.controls()
    yield opened
    ours = sum(BITS.values())
    opened.change_controls(ours, before & ours)
    opened.lock_modifiers(0)
    connection.sync()
    connection.close()


@pytest.mark.parametrize("names", [[name] for name in BITS] + [list(BITS)], ids="+".join)
def test_text_and_chords_are_exact(
    names: list[str], xkb: Xkb, executor: DesktopExecutor, frame: Frame, tk_area: targets.App
) -> None:
    """And what was on is on again, Num Lock among it."""
    bits = sum(BITS[name] for name in names)
    xkb.change_controls(bits, bits)
    before = xkb.controls()
    xkb.lock_modifiers(16)
    executor.perform(frame.place(TypeText(TEXT)))
    assert targets.becomes(tk_area.text, TEXT) == TEXT
    tk_area.events.clear()
    executor.perform(frame.place(KeyCombo(("ctrl", "shift", "t"))))
    (pressed,) = [event for event in tk_area.wait_for("key", 3) if event["keysym"].lower() == "t"]
    assert pressed["state"] & 5 == 5
    assert xkb.controls() == before
    assert xkb.state().locked == 16
    assert xkb.state().latched == 0


def test_a_killed_run_leaves_nothing_off(xkb: Xkb, display: str) -> None:
    """`release` puts back what it had switched off."""
    xkb.change_controls(BITS["slow keys"], BITS["slow keys"])
    before = xkb.controls()
    killed = (
        "import os; from coasty_desk.core.stop import Stop; from coasty_desk.desktop.typing import keyboard; "
        "from coasty_desk.desktop.held import Held; keys = keyboard(Stop(), Held()); "
        "held = keys.holding(('ctrl',)); held.__enter__(); os.kill(os.getpid(), 9)"
    )
    ran = subprocess.run([sys.executable, "-c", killed], env=os.environ | {"DISPLAY": display}, check=False)
    assert ran.returncode == -9
    assert xkb.controls() != before
    release.release()
    assert xkb.controls() == before


def test_doctor_names_them(xkb: Xkb) -> None:
    """A person is told what is switched off for a moment."""
    xkb.change_controls(BITS["sticky keys"], BITS["sticky keys"])
    assert xkb.controls() & BITS["sticky keys"]
    (found,) = [
        check for check in checks.desktop(Size(1280, 720), "<ctrl>+<shift>+<f12>") if check.name == "accessibility keys"
    ]
    assert "sticky keys" in found.detail
