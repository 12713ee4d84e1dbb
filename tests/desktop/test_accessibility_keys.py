"""Slow, bounce, sticky and mouse keys, and the repeat, change nothing of what is typed, and are as the person had them after it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from Xlib.protocol import rq

from coasty_desk.core.abort.abort_key import parse
from coasty_desk.core.actions import KeyCombo, TypeText
from coasty_desk.core.scaling import Frame, Size
from coasty_desk.desktop.input import release
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.selftest import checks
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.accessibility_keys import NAMES
from coasty_desk.desktop.x11.xkb import Xkb
from coasty_desk.desktop.x11.xtest_keyboard import X11Keyboard
from tests.desktop import targets

BITS = {name: bit for bit, name in NAMES.items()}
GRABBED = 1.2
"""Seconds; a key repeats after 0.66."""
TEXT = "Hello, ALL the llamas (aa) {漢} ß 2+2\n"


@pytest.fixture
def xkb(display: str) -> Iterator[Xkb]:
    """The server's controls, as they were at the end."""
    del display
    connection = x11.display()
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
        "import os; from coasty_desk.core.stop import Stop; from coasty_desk.desktop.x11.xtest_keyboard import X11Keyboard; "
        "from coasty_desk.desktop.base.own_events import OwnEvents; from coasty_desk.desktop.base.pressed import Pressed; keys = X11Keyboard(Stop(), Pressed(), OwnEvents()); "
        "held = keys.holding(('ctrl',)); held.__enter__(); os.kill(os.getpid(), 9)"
    )
    ran = subprocess.run([sys.executable, "-c", killed], env=os.environ | {"DISPLAY": display}, check=False)
    assert ran.returncode == -9
    assert xkb.controls() != before
    release.release()
    assert xkb.controls() == before


@pytest.fixture
def grabbed_in_mid_key(executor: DesktopExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another client grabs the server while the third key is down, for longer than it takes a key to repeat."""
    keyboard = executor._keyboard
    assert isinstance(keyboard, X11Keyboard)
    send, presses = keyboard._send, iter(range(1000))

    def sent(keycode: int, *, down: bool) -> None:
        send(keycode, down=down)
        if down and next(presses) == 2:
            keyboard._display.sync()
            other = x11.display()
            other.grab_server()
            other.sync()
            threading.Timer(GRABBED, other.close).start()

    monkeypatch.setattr(keyboard, "_send", sent)


@pytest.mark.usefixtures("grabbed_in_mid_key")
def test_a_key_that_cannot_be_let_go_is_typed_once(
    xkb: Xkb, executor: DesktopExecutor, frame: Frame, tk_area: targets.App
) -> None:
    """Safety sentence: what is down while another program has grabbed the server does not repeat."""
    before = xkb.controls()
    executor.perform(frame.place(TypeText("abcdef")))
    assert targets.becomes(tk_area.text, "abcdef") == "abcdef"
    assert xkb.controls() == before
    assert xkb.controls() & 1, "the display repeats keys, but for ours"


def test_a_persons_key_repeats_meanwhile(xkb: Xkb, executor: DesktopExecutor, tk_area: targets.App) -> None:
    """Theirs is another keyboard, and before and after it no less."""
    theirs = next(iter(xkb.controls_of_others()))
    with executor._keyboard.holding(("shift",)):
        own_key(theirs, 38, down=True)
        tk_area.wait_for("key", 5)
        own_key(theirs, 38, down=False)
        assert all(controls & 1 for controls in xkb.controls_of_others().values())
    assert len(set(tk_area.text())) == 1


def own_key(device: int, keycode: int, *, down: bool) -> None:
    """A key of a person's own keyboard (XTEST's FakeInput, as it is for one device)."""

    class FakeDeviceKey(rq.Request):  # type: ignore[misc]  # python-xlib is untyped
        _request = rq.Struct(
            rq.Card8("opcode"), rq.Opcode(2), rq.RequestLength(), rq.Card8("kind"), rq.Card8("detail"),
            rq.Pad(2), rq.Card32("delay"), rq.Pad(23), rq.Card8("device"),
        )  # fmt: skip

    display = x11.display()
    kind = display.query_extension("XInputExtension").first_event + (1 if down else 2)
    opcode = display.query_extension("XTEST").major_opcode
    FakeDeviceKey(display=display.display, opcode=opcode, kind=kind, detail=keycode, delay=0, device=device)
    display.sync()
    display.close()


def test_doctor_names_them(xkb: Xkb) -> None:
    """A person is told what is switched off for a moment."""
    xkb.change_controls(BITS["sticky keys"], BITS["sticky keys"])
    assert xkb.controls() & BITS["sticky keys"]
    (found,) = [
        check
        for check in checks.desktop(Size(1280, 720), parse("<ctrl>+<shift>+<f12>"))
        if check.name == "accessibility keys"
    ]
    assert "sticky keys" in found.detail
