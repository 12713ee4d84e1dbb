"""Where an input method stands between the keys and the application, text is exact, or refused before its first key."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.core.actions import TypeText
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.keyboard import Keyboard
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.linux import input_method
from coasty_desk.desktop.selftest.proofs import selftest
from coasty_desk.desktop.x11.xtest_keyboard import X11Keyboard
from tests.desktop import targets
from tests.desktop.xvfb import xvfb

TEXT = "Tür Größe Müll: 漢字 and 😀, (zy) {€} Привет, all of it. "
METHODS = {"ibus": ["ibus-daemon", "-r", "-x"], "fcitx": ["fcitx5", "-r"]}


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A program, until the end of the block."""
    with subprocess.Popen(command, text=True, stderr=subprocess.DEVNULL, **options) as started:
        try:
            yield started
        finally:
            started.kill()


def once(condition: Callable[[], object], what: str) -> None:
    """Wait for it."""
    until = time.monotonic() + targets.PATIENCE
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def said(*command: str) -> str:
    """What a program prints."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@contextmanager
def desk(name: str, home: Path) -> Iterator[str]:
    """A display with a window manager, a bus and an input method, as a session starts them; the environment is its own."""
    before = dict(os.environ)
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        os.environ[variable] = str(home)
    os.environ |= {"GTK_IM_MODULE": name, "QT_IM_MODULE": name, "XMODIFIERS": f"@im={name}", "LC_ALL": "C.UTF-8"}
    try:
        with ExitStack() as stack:
            display = os.environ["DISPLAY"] = stack.enter_context(xvfb())
            bus = stack.enter_context(
                running(["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE)
            )
            assert bus.stdout is not None
            os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
            stack.enter_context(running(["openbox"]))
            stack.enter_context(running(METHODS[name], stdout=subprocess.DEVNULL))
            once(lambda: f"@server={name}" in said("xprop", "-root", "XIM_SERVERS"), f"{name} never came")
            once(lambda: said("ibus", "engine") if name == "ibus" else said("fcitx5-remote"), "it never answered")
            yield display
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module", params=list(METHODS))
def session(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, session_display: str
) -> Iterator[tuple[str, str]]:
    """The input method's name, and the display; after the one of all tests, whose environment it gives back."""
    del session_display
    name: str = request.param
    with desk(name, tmp_path_factory.mktemp(name)) as display:
        yield name, display


@pytest.fixture
def hands(session: tuple[str, str]) -> Iterator[Keyboard]:
    """Our keyboard."""
    ours = X11Keyboard(Stop(), Pressed(), OwnEvents())
    yield ours
    ours.close()


def gtk4(display: str) -> targets.App:
    """A GTK 4 text area."""
    return targets.App(display, [targets.system_python(), str(targets.APPS / "gtk4_app.py")])


@pytest.mark.parametrize(
    "open_target", [targets.Xterm, targets.tk, targets.gtk, gtk4], ids=["xterm", "tk", "gtk3", "gtk4"]
)
def test_text_is_exact(open_target: Callable[[str], Any], session: tuple[str, str], hands: Keyboard) -> None:
    """Each key is waited for until it has gone all the way: none overtakes another, none is looked up too late."""
    with targets.closing(open_target(session[1])) as target:
        target.clear()
        assert hands.obstacle(TEXT) is None
        hands.type(TEXT)
        hands.give_back()
        assert targets.becomes(target.text, TEXT) == TEXT


COMPOSING = {
    "ibus": {"ibus": "echo anthy"},
    "fcitx": {"fcitx5-remote": '[ "$1" = -n ] && echo anthy || echo 2'},
}


def test_a_method_that_composes_is_refused_before_the_first_key(
    session: tuple[str, str], hands: Keyboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters would become Japanese words: one sentence names the method and what to do, to a run and by the self-test."""
    for program, script in COMPOSING[session[0]].items():
        told = tmp_path / program
        told.write_text(f"#!/bin/sh\n{script}\n")
        told.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    refused = hands.obstacle("konnichiha")
    assert refused is not None
    assert "anthy" in refused
    assert "plain keyboard" in refused
    assert any("anthy" in proof.detail for proof in selftest(Size(1280, 720)) if not proof.ok)


def test_without_one_nothing_is_waited_for(session_display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that works for another display is not this one's."""
    monkeypatch.setenv("DISPLAY", session_display)
    assert input_method.find() is None


def test_what_there_is_no_key_for_is_told_before_the_first(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every keycode writes something, none can be borrowed."""
    monkeypatch.setenv("DISPLAY", display)
    filled = [f"keycode {code} = F13" for code in range(8, 256) if not mapped(display, code)]
    subprocess.run(["xmodmap", "-display", display, "-"], input="\n".join(filled), text=True, check=True)
    hands = X11Keyboard(Stop(), Pressed(), OwnEvents())
    assert hands.obstacle("plain ASCII") is None
    assert "U+6F22" in (hands.obstacle("plain 漢") or "")
    hands.close()


def mapped(display: str, code: int) -> bool:
    """Whether a keycode writes something."""
    table = said("xmodmap", "-display", display, "-pke")
    return any(line.split("=")[0].split()[1] == str(code) and line.split("=")[1].strip() for line in table.splitlines())


def test_the_refusal_reaches_the_run(session: tuple[str, str]) -> None:
    """By the executor, as any other of its refusals."""
    del session
    executor = DesktopExecutor(Stop())
    screen = Size(1280, 800)
    placed = Frame(b"", "image/png", screen, screen, Rect(0, 0, 1280, 800)).place(TypeText("abc"))
    assert executor.refuses(placed) is None
    executor.release()
