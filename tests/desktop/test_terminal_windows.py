"""A real terminal with its menu and its dialog, and windows over it: what of it can be seen, and who gets the keys."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from coasty_desk.core.scaling import Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.own_window import OwnWindow
from coasty_desk.desktop.imaging.visible_area import area
from coasty_desk.desktop.own_terminal.aside import Aside
from coasty_desk.desktop.own_terminal.terminal_windows import OwnTerminal
from coasty_desk.desktop.x11 import window_list
from tests.desktop import targets
from tests.desktop.managers import managed, program
from tests.desktop.test_started_from import until


@contextmanager
def terminal(manager: str, home: Path, *command: str, over: str = "") -> Iterator[OwnTerminal]:
    """A terminal with the focus, as if we had been started from it; `over`: where an editor lies above it."""
    with managed(manager, 1280, 720) as display, ExitStack() as stack:
        editor = targets.tk(display, geometry=over or "300x300+900+50")
        stack.callback(editor.close)
        environment = os.environ | {
            "DISPLAY": display,
            "HOME": str(home),
            "NO_AT_BRIDGE": "1",
            "XDG_RUNTIME_DIR": str(home),
        }
        stack.enter_context(program(*command, environment=environment))
        until(lambda: any("ours" in one.title for one in window_list.windows()))
        window = next(one for one in window_list.windows() if "ours" in one.title)
        own = OwnTerminal([OwnWindow(window.id, "ours", window.kind, 1, terminal=True)])
        stack.callback(own.close)
        window_list.activate(window)
        until(own.has_focus)
        yield own


class Screen:
    """A `desktop.own_terminal.aside.Monitor` that needs no wait."""

    def geometry(self) -> tuple[Rect, Size]:
        return Rect(0, 0, 1280, 720), Size(1280, 720)

    def rested(self, change: object) -> None:
        assert callable(change)
        change()


MATE = ("dbus-run-session", "--", "mate-terminal", "--disable-factory", "-t", "ours")


@pytest.mark.parametrize("manager", ["openbox", "xfwm4, compositing"])
def test_an_open_menu_is_painted_out_and_gets_no_key(manager: str, tmp_path: Path) -> None:
    """It belongs to the terminal, and takes all input while it is open: so it is closed first."""
    with terminal(manager, tmp_path, *MATE) as own:
        before = area(own())
        subprocess.run(["xdotool", "key", "alt+f"], check=True)
        until(lambda: own.has_menu() and len(own()) > 1)
        assert area(own()) > before / 2
        aside = Aside(own, Stop())
        aside.hide_from(Screen())
        until(lambda: not own.has_menu())
        assert not own.has_focus()
        aside.restore()


def test_a_dialog_is_the_terminals(tmp_path: Path) -> None:
    """What it has opened is painted out as it is, from the first picture that shows it."""
    with terminal("openbox", tmp_path, *MATE) as own:
        whole = area(own())
        subprocess.run(["xdotool", "key", "alt+h"], check=True)
        until(own.has_menu)
        subprocess.run(["xdotool", "key", "a"], check=True)
        until(lambda: any(one.parent == own.windows[0].id and not one.popup for one in window_list.windows()))
        dialog = next(one for one in window_list.windows() if one.parent == own.windows[0].id and not one.popup)
        assert area(own.afresh()) >= whole
        middle = dialog.frame.left + dialog.frame.width // 2, dialog.frame.top + dialog.frame.height // 2
        assert any(rect.contains(*middle) for rect in own.afresh())


@pytest.mark.parametrize("manager", ["openbox", "xfwm4, compositing", "fluxbox", "none"])
def test_what_lies_over_it_stays_readable(manager: str, tmp_path: Path) -> None:
    """Lowered below an editor, only what can be seen of it is painted."""
    xterm = ("xterm", "-T", "ours", "-geometry", "60x20+100+100")
    with terminal(manager, tmp_path, *xterm, over="500x500+200+150") as own:
        editor = next(one for one in window_list.windows() if "text" in one.title)
        subprocess.run(["xdotool", "mousemove", "1200", "700"], check=True)
        aside = Aside(own, Stop())
        aside.hide_from(Screen())
        inside = Rect(editor.frame.left + 40, editor.frame.top + 60, 200, 200)
        until(lambda: not any(rect.contains(inside.left + 20, inside.top + 20) for rect in own()))
        assert own()
        assert any(rect.contains(110, 180) for rect in own())
        aside.restore()


def test_where_windows_may_be_glass_they_cover_nothing(tmp_path: Path) -> None:
    """A compositing manager of its own draws windows as it likes: then the terminal is minimised."""
    picom = ("picom", "--backend", "xrender", "-i", "0.7")
    with terminal("openbox", tmp_path, "xterm", "-T", "ours", over="500x500+100+50") as own, program(*picom):
        until(lambda: own.covering().composited)
        assert not own.covering().by_manager
        aside = Aside(own, Stop())
        aside.hide_from(Screen())
        assert own() == ()
        aside.restore()
        until(lambda: own() != ())
