"""The self-test passes where everything is right, and names what is wrong where it is not."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from coasty_desk.core.actions import Point
from coasty_desk.core.scaling import Size
from coasty_desk.desktop.input.pointer import Pointer
from coasty_desk.desktop.selftest import proofs as module
from coasty_desk.desktop.selftest.proofs import Proof, selftest
from coasty_desk.desktop.x11 import connection as x11
from tests.desktop.xvfb import set_layout

SENT = Size(1280, 720)


def wrong(proofs: list[Proof]) -> list[Proof]:
    """Those that do not hold."""
    return [proof for proof in proofs if not proof.ok]


@contextmanager
def grabbed(what: str) -> Iterator[None]:
    """Another program holds the pointer or the keyboard, as a screen locker does."""
    other = x11.display()
    window: Any = other.screen().root.create_window(0, 0, 5, 5, 0, other.screen().root_depth)
    window.map()
    other.sync()
    if what == "pointer":
        assert window.grab_pointer(0, 0, 1, 1, 0, 0, 0) == 0
    else:
        assert window.grab_keyboard(0, 1, 1, 0) == 0
    other.sync()
    yield
    other.close()


@pytest.mark.parametrize("layout", ["us", "ru"])
def test_all_holds_on_a_virtual_display(display: str, layout: str) -> None:
    """Nine points a monitor, five scripts, the wheel, a drag, nothing left down, and the abort key heard."""
    set_layout(display, layout)
    proofs = list(selftest(SENT))
    assert wrong(proofs) == []
    names = [proof.name for proof in proofs]
    assert len([name for name in names if name.startswith("monitor 1")]) == 9
    assert len([name for name in names if name.startswith("typing")]) == 5
    assert {"drag", "scroll up", "every key and button up", "abort key"} <= set(names)
    assert all(max(map(abs, proof.offset)) <= 1 for proof in proofs if proof.offset is not None)


@pytest.mark.parametrize("what", ["pointer", "keyboard"])
def test_blocked_input_is_named(display: str, what: str) -> None:
    """Held by another program, the input goes there: the self-test says so and ends."""
    with grabbed(what):
        proofs = list(selftest(SENT))
    (only,) = wrong(proofs)
    assert only is proofs[-1]
    assert f"another program holds the {what}" in only.detail
    assert only.remedy


def test_a_monitor_that_is_not_there_is_named(display: str) -> None:
    """The system claims more screen than there is."""
    subprocess.run(["xrandr", "-d", display, "--setmonitor", "*M", "2560/300x1440/200+0+0", "screen"], check=True)
    try:
        (only,) = wrong(list(selftest(SENT)))
    finally:
        subprocess.run(["xrandr", "-d", display, "--delmonitor", "M"], check=True)
    assert "2560x1440" in only.detail
    assert "1280x800" in only.detail


@pytest.mark.parametrize(("off", "said"), [(5, "clicked"), (90, "the pointer went to")])
def test_clicks_that_miss_are_named(display: str, monkeypatch: pytest.MonkeyPatch, off: int, said: str) -> None:
    """A pointer that goes elsewhere than where it is sent is told with how far it was off."""
    monkeypatch.setattr(module, "_PATIENCE", 0.3)
    right = Pointer.move
    monkeypatch.setattr(Pointer, "move", lambda self, x, y: right(self, x + off, y))
    missed = wrong(list(selftest(SENT)))
    assert missed
    assert said in missed[0].detail
    assert missed[0].remedy


def test_what_is_not_in_the_screenshot_is_named(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A screenshot that does not show the window is no screenshot of this monitor."""
    nothing: Point | None = None
    monkeypatch.setattr(module, "middle", lambda _frame: nothing)
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    missed = wrong(list(selftest(SENT)))
    assert "is not in the screenshot" in missed[0].detail
