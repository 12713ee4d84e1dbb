"""Chords mean the same on every layout, and leave nothing down."""

from __future__ import annotations

import subprocess
import sys

import pytest

from coasty_desk.core.actions import Click, KeyCombo, Point, PressKeys, Refusal, TypeText
from coasty_desk.core.scaling import Frame
from coasty_desk.desktop.input import release
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.wire.action_json import decode
from tests.desktop import targets
from tests.desktop.test_keyboard import lock_group, mapping
from tests.desktop.xvfb import set_layout

CONTROL, SHIFT, ALT, SUPER = 4, 1, 8, 64
LAYOUTS = [("us", 0), ("de", 0), ("fr", 0), ("ru", 0), ("gr", 0), ("us,ru", 1)]
CHORDS = [
    (("ctrl", "z"), "z", CONTROL),
    (("ctrl", "a"), "a", CONTROL),
    (("alt", "F4"), "F4", ALT),
    (("ctrl", "plus"), "plus", CONTROL),
    (("ctrl", "shift", "t"), "T", CONTROL | SHIFT),
    (("super", "l"), "l", SUPER),
]


@pytest.mark.parametrize(("layout", "group"), LAYOUTS)
def test_a_chord_is_the_same_on_every_layout(
    layout: str, group: int, display: str, executor: DesktopExecutor, frame: Frame, tk_area: targets.App
) -> None:
    """The application sees the letter that was named, with the modifiers that were named held."""
    set_layout(display, layout)
    lock_group(group)
    for chord, keysym, state in CHORDS:
        tk_area.events.clear()
        executor.perform(frame.place(KeyCombo(chord)))
        seen = [event for event in tk_area.wait_for("key", len(chord)) if event["keysym"].lower() == keysym.lower()]
        assert seen, tk_area.events
        assert seen[0]["state"] & state == state
        assert executor.held.names == ()


@pytest.mark.parametrize("layout", ["de", "ru", "gr"])
def test_a_browser_knows_the_shortcuts_of_a_foreign_keyboard(
    layout: str, display: str, executor: DesktopExecutor, frame: Frame
) -> None:
    """Chromium goes by a key's place: also where the layout has no Latin letters at all; and the keymap is as it was."""
    set_layout(display, layout)
    before = mapping(display)
    with targets.closing(targets.Chromium(display)) as browser:
        field = browser.field("textarea")
        field.clear()
        executor.perform(frame.place(TypeText("abc")))
        assert targets.becomes(field.text, "abc") == "abc"
        executor.perform(frame.place(KeyCombo(("ctrl", "a"))))
        executor.perform(frame.place(TypeText("x")))
        assert targets.becomes(field.text, "x") == "x"
        executor.perform(frame.place(KeyCombo(("ctrl", "z"))))
        assert targets.becomes(field.text, "abc") == "abc"
    executor.release()
    assert mapping(display) == before


def test_a_chord_that_is_killed_leaves_no_foreign_letter(display: str, frame: Frame) -> None:
    """The key that was Latin for a moment is put right by the next run."""
    set_layout(display, "ru")
    before = mapping(display)
    killed = (
        "import os; from coasty_desk.core.stop import Stop; from coasty_desk.desktop.x11.xtest_keyboard import X11Keyboard; "
        "from coasty_desk.desktop.base.own_events import OwnEvents; from coasty_desk.desktop.base.pressed import Pressed; keys = X11Keyboard(Stop(), Pressed(), OwnEvents())\n"
        "with keys.holding(('shift', 'a')): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == -9
    assert mapping(display) != before
    release.release()
    assert mapping(display) == before


def test_undo_is_undo(display: str, executor: DesktopExecutor, frame: Frame, tk_area: targets.App) -> None:
    """`ctrl+z` takes back on a German and a French keyboard, where Z is elsewhere."""
    for layout in ("us", "de", "fr"):
        set_layout(display, layout)
        tk_area.clear()
        executor.perform(frame.place(PressKeys(("x",))))
        assert tk_area.text() == "x"
        executor.perform(frame.place(KeyCombo(("ctrl+z",))))
        assert tk_area.text() == ""


def test_every_key_of_the_table_can_be_pressed(executor: DesktopExecutor, frame: Frame, tk_area: targets.App) -> None:
    """Also those that no keyboard has: F24, Select, the media keys."""
    names = ("f13", "f24", "select", "execute", "volumeup", "playpause", "kp_5", "browserback", "KP_Enter", "menu")
    executor.perform(frame.place(PressKeys(names)))
    seen = [event["keysym"] for event in tk_area.wait_for("key", len(names)) if not event["keysym"].startswith("Shift")]
    assert seen[:4] == ["F13", "F24", "Select", "Execute"]
    assert seen[4:8] == ["XF86AudioRaiseVolume", "XF86AudioPlay", "KP_5", "XF86Back"]


def test_chords_do_not_mind_caps_lock(executor: DesktopExecutor, frame: Frame, tk_area: targets.App) -> None:
    """`ctrl+a` is not `ctrl+A` with Caps Lock on, and pressing Caps Lock itself still works."""
    executor.perform(frame.place(PressKeys(("capslock",))))
    tk_area.events.clear()
    executor.perform(frame.place(KeyCombo(("ctrl", "a"))))
    assert [event["keysym"] for event in tk_area.wait_for("key", 2)] == ["Control_L", "a"]
    executor.perform(frame.place(PressKeys(("capslock",))))
    executor.perform(frame.place(PressKeys(("a",))))
    assert tk_area.wait_for("key", 4)[-1]["keysym"] == "a"


def test_modifiers_are_held_around_a_click(executor: DesktopExecutor, frame: Frame, tk_area: targets.App) -> None:
    """A ctrl-shift-click is one, and the keys are up after it."""
    executor.perform(frame.place(Click(Point(300, 200), modifiers=("ctrl", "shift"))))
    (press,) = tk_area.wait_for("press", 1)
    assert press["state"] & (CONTROL | SHIFT) == CONTROL | SHIFT
    assert executor.held.names == ()


def test_an_unknown_key_is_refused_before_anything_is_sent(tk_area: targets.App) -> None:
    """The refusal names the nearest key, and no part of the chord is pressed."""
    (refusal,) = decode({"action_type": "key_combo", "params": {"keys": ["ctrl", "entr"]}}).actions
    assert isinstance(refusal, Refusal)
    assert refusal.by == "keys"
    assert "'enter'" in refusal.why
    assert tk_area.of_kind("key") == []


def test_what_is_pressed_is_noted_for_the_abort_ways(executor: DesktopExecutor, frame: Frame) -> None:
    """Whoever listens for the abort key can tell each of our events from a person's, once."""
    sent = executor._keyboard._sent  # type: ignore[attr-defined]
    executor.perform(frame.place(PressKeys(("esc",))))
    connection = x11.display()
    escape = connection.keysym_to_keycode(0xFF1B)
    connection.close()
    assert sent.ours(escape, down=True)
    assert sent.ours(escape, down=False)
    assert not sent.ours(escape, down=True)
