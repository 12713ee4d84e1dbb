"""What is typed arrives letter for letter, on every layout, in every kind of application."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.core.actions import Click, Point, PressKeys, TypeText
from coasty_desk.core.errors import Aborted
from coasty_desk.core.scaling import Frame
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.xkb import Xkb
from tests.desktop import targets
from tests.desktop.xvfb import set_layout

ASCII = "".join(map(chr, range(32, 127)))
TEXT = (
    ASCII + " Àéîõüñß Ÿœ łğı «» €£¥ “q” – — … "  # noqa: RUF001 - dashes of every length
    "Съешь ещё булок Ґґ Її Ξεσκεπάζω ψυχή ΆΈϊΰς 我能吞下玻璃。いろは 漢字カナ 키스의 고유조건 "
    "😀👍🏽👩‍💻🇩🇪❤️ e\u0301 אבג عربى ไทย हिन्दी"
)
LAYOUTS = [("us", 0), ("de", 0), ("fr", 0), ("ru", 0), ("gr", 0), ("us,ru", 0), ("us,ru", 1), ("us,de,ru,fr", 3)]


def lock_group(group: int) -> None:
    """Make a group the active one, as the person's layout switch does."""
    connection = x11.display()
    xkb = Xkb.open(connection)
    assert xkb is not None
    xkb.lock_group(group)
    connection.sync()
    connection.close()


def mapping(display: str) -> str:
    """The whole keymap, as a text."""
    return subprocess.run(["xkbcomp", "-w", "0", display, "-"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("layout", "group"), LAYOUTS)
def test_text_arrives_on_every_layout(
    layout: str, group: int, display: str, executor: DesktopExecutor, frame: Frame, tk_area: targets.App
) -> None:
    """Whatever the layout and its active group, every letter of many scripts arrives, and the layout stays."""
    set_layout(display, layout)
    lock_group(group)
    executor.perform(frame.place(TypeText(TEXT + "\n\ttabbed\n")))
    assert tk_area.text() == TEXT + "\n\ttabbed\n"
    xkb = Xkb.open(executor._keyboard._display)  # type: ignore[attr-defined]  # the X11 one
    assert xkb is not None
    assert xkb.state().group == group


@pytest.mark.parametrize("open_target", [targets.Xterm, targets.gtk, targets.qt], ids=["xterm", "gtk", "qt"])
def test_text_arrives_in_every_toolkit(
    open_target: Callable[[str], Any], display: str, executor: DesktopExecutor, frame: Frame
) -> None:
    """Terminals, GTK and Qt take the same events."""
    with targets.closing(open_target(display)) as target:
        for layout in ("us", "ru"):
            set_layout(display, layout)
            target.clear()
            executor.perform(frame.place(TypeText(TEXT + "\n\tmore\n")))
            assert target.text() == TEXT + "\n\tmore\n"


def test_text_arrives_in_every_field_of_a_browser(display: str, executor: DesktopExecutor, frame: Frame) -> None:
    """Inputs, text areas and editable elements of a page."""
    with targets.closing(targets.Chromium(display)) as browser:
        for name, text in (("input", TEXT), ("textarea", TEXT + "\nmore"), ("contenteditable", TEXT + "\nmore")):
            field = browser.field(name)
            field.clear()
            executor.perform(frame.place(TypeText(text)))
            assert field.text() == text


def test_a_long_text_arrives(executor: DesktopExecutor, frame: Frame, tk_area: targets.App) -> None:
    """Five thousand characters, none lost, none doubled."""
    text = "".join(f"{n:04d} {chr(0x4E00 + n % 30)}\n" for n in range(5000 // 7))
    executor.perform(frame.place(TypeText(text)))
    assert tk_area.text() == text


def test_caps_lock_does_not_matter(executor: DesktopExecutor, frame: Frame, tk_area: targets.App) -> None:
    """Caps Lock is off while we type, and on again afterwards."""
    xkb = Xkb.open(executor._keyboard._display)  # type: ignore[attr-defined]
    assert xkb is not None
    xkb.lock_modifiers(2)
    try:
        executor.perform(frame.place(TypeText("Hello, wORLD é")))
        assert tk_area.text() == "Hello, wORLD é"
        assert xkb.state().locked == 2
    finally:
        xkb.lock_modifiers(0)


def test_the_keymap_is_given_back(display: str, executor: DesktopExecutor, frame: Frame, tk_area: targets.App) -> None:
    """After the run the keymap is what it was, to the last symbol."""
    before = mapping(display)
    executor.perform(frame.place(TypeText("漢字 😀 €")))
    assert mapping(display) != before
    executor.release()
    assert mapping(display) == before
    assert tk_area.text() == "漢字 😀 €"


@pytest.mark.parametrize("open_target", [targets.gtk, targets.tk, targets.Xterm], ids=["gtk", "tk", "xterm"])
def test_a_slow_application_loses_nothing(
    open_target: Callable[[str], Any], display: str, executor: DesktopExecutor, frame: Frame
) -> None:
    """A window that hangs in the middle finds the letters that were meant when it wakes, pings or no pings."""
    text = "".join(chr(0x4E00 + n) for n in range(150))
    with targets.closing(open_target(display)) as target:
        target.clear()
        os.kill(target.pid, signal.SIGSTOP)
        threading.Timer(1.0, os.kill, (target.pid, signal.SIGCONT)).start()
        executor.perform(frame.place(TypeText(text)))
        assert target.text() == text


def test_a_layout_switched_in_mid_run_is_followed(
    display: str, executor: DesktopExecutor, frame: Frame, tk_area: targets.App
) -> None:
    """A keymap loaded anew takes our borrowed keys with it; they are borrowed again."""
    executor.perform(frame.place(TypeText("漢 @z")))
    set_layout(display, "de")
    executor.perform(frame.place(TypeText("漢 @z")))
    assert tk_area.text() == "漢 @z漢 @z"


def test_a_stop_ends_it_in_the_middle(
    executor: DesktopExecutor, stop: Stop, frame: Frame, tk_area: targets.App
) -> None:
    """No letter is sent after the stop, and nothing stays held."""

    def trip_in_the_middle() -> None:
        tk_area.wait_for("key", 1)
        stop.trip("hotkey")

    threading.Thread(target=trip_in_the_middle, daemon=True).start()
    with pytest.raises(Aborted):
        executor.perform(frame.place(TypeText("aB" * 4000)))
    text = tk_area.text()
    assert 0 < len(text) < 8000
    assert text == ("aB" * 4000)[: len(text)]
    assert executor.held.names == ()


def test_what_a_killed_run_borrowed_is_given_back(display: str, frame: Frame) -> None:
    """Two runs that are killed leave keys with strange symbols; the next run empties them at its first key."""
    before = mapping(display)
    killed = (
        "import os, sys; from coasty_desk.core.stop import Stop; from coasty_desk.desktop.x11.xtest_keyboard import X11Keyboard; "
        "from coasty_desk.desktop.base.own_events import OwnEvents; from coasty_desk.desktop.base.pressed import Pressed; keys = X11Keyboard(Stop(), Pressed(), OwnEvents()); keys.type(sys.argv[1]); "
        "os.kill(os.getpid(), 9)"
    )
    for text in ("漢字", "かな漢"):
        assert subprocess.run([sys.executable, "-c", killed, text], check=False).returncode == -9
    assert mapping(display) != before
    DesktopExecutor(Stop()).perform(frame.place(PressKeys(("shift",))))
    assert mapping(display) == before


@pytest.mark.parametrize(("text", "said"), [("a\x07b", "U+0007"), ("\ud83d", "U+D83D"), ("a\x00", "U+0000")])
def test_what_no_key_writes_is_refused(text: str, said: str, executor: DesktopExecutor, frame: Frame) -> None:
    """Control characters and halves of characters are no keys; nothing of the text is sent."""
    refusal = executor.refuses(frame.place(TypeText(text)))
    assert refusal is not None
    assert said in refusal.why


def test_a_line_end_of_two_characters_is_one_enter(
    executor: DesktopExecutor, frame: Frame, tk_area: targets.App
) -> None:
    """Text from Windows has one line end per line here."""
    executor.perform(frame.place(TypeText("a\r\nb\rc")))
    assert tk_area.text() == "a\nb\nc"


def test_a_path_typed_at_a_list_of_files_arrives_whole(
    display: str, executor: DesktopExecutor, frame: Frame, tmp_path: Path
) -> None:
    """GTK makes a field of its list at the first sign of a path, and completes what follows."""
    for name in ("alpha-one", "alpha-two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "notebook.txt").touch()
    path = str(tmp_path / "alpha-two" / "notebook.txt")
    with targets.closing(targets.gtk(display, "open")) as dialog:
        executor.perform(frame.place(Click(Point(600, 300))))
        executor.perform(frame.place(TypeText(path)))
        assert targets.becomes(lambda: dialog.ask("chosen")["chosen"] or "", path) == path
