"""The inputs whose answers are waited for: in a browser, and among a terminal, an editor and a calculator."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass

from bench_desk import Desk

from coasty_desk.core.actions import Action, Click, KeyCombo, Point, PressKeys, Scroll, TypeText

TEXT = TypeText("The quick brown fox jumps over")
_ADDRESS = KeyCombo(("ctrl", "l"))
_ENTER = PressKeys(("enter",))

# Where things are: Chromium maximized at 1920x1080, the others as `office` places them.
_FIELD, _MENU, _BOX, _CHOICE, _LINK, _EMPTY = (Point(x, 117) for x in (150, 450, 635, 770, 960, 1600))
_XTERM, _EDITOR = Point(200, 300), Point(1300, 400)
_CALCULATOR, _SEVEN, _EIGHT, _CLEAR = (20, 620), Point(56, 839), Point(120, 839), Point(263, 753)


@dataclass(frozen=True, slots=True)
class Case:
    """`action` is measured, after `before`; `slow`: seconds that its answer is known to take at least."""

    name: str
    action: Action
    before: tuple[Action, ...] = ()
    slow: float = 0.0


def browser(opened: Desk) -> None:
    """A maximized browser with a page."""
    opened.chromium("page?n=3")
    time.sleep(15)  # it offers an account when it starts, and takes that back by itself


def browser_cases(opened: Desk, number: int) -> list[Case]:
    def go(path: str) -> tuple[Action, ...]:
        return Click(_EMPTY), _ADDRESS, TypeText(opened.url(path))

    return [
        Case("page, server at once", _ENTER, go(f"page?n={number}1")),
        Case("page, server 400 ms", _ENTER, go(f"page?n={number}2&d=400"), 0.4),
        Case("page, server 900 ms", _ENTER, go(f"page?n={number}3&d=900"), 0.9),
        Case("page, pictures 150 ms", _ENTER, go(f"page?n={number}4&i=150"), 0.3),
        Case("link", Click(_LINK)),
        Case("back", KeyCombo(("alt", "left"))),
        Case("menu with a transition", Click(_MENU)),
        Case("menu closed", Click(_MENU)),
        Case("field", Click(_FIELD)),
        Case("30 characters", TEXT),
        Case("word selected", Click(_FIELD, count=2)),
        Case("word replaced", TypeText("slow")),
        Case("all selected", KeyCombo(("ctrl", "a"))),
        Case("copied", KeyCombo(("ctrl", "c"))),
        Case("next field", PressKeys(("tab",))),
        Case("box ticked", Click(_BOX)),
        Case("box unticked", PressKeys(("space",))),
        Case("list opened", Click(_CHOICE)),
        Case("list: down, enter", PressKeys(("down", "enter"))),
        Case("empty place", Click(_EMPTY)),
        Case("scroll", Scroll(-3, point=Point(900, 600))),
        Case("scroll back", Scroll(5, point=Point(900, 600))),
        Case("new tab", KeyCombo(("ctrl", "t"))),
        Case("tab closed", KeyCombo(("ctrl", "w"))),
        Case("beside what goes on: click", Click(_MENU), (*go("live"), _ENTER, Click(_FIELD))),
        Case("beside what goes on: text", TEXT, (Click(_FIELD),)),
    ]


def office(opened: Desk) -> None:
    """A terminal, an editor and a calculator, side by side."""
    opened.run("xterm", "-geometry", "100x40+0+0", "sh")
    opened.run("dbus-run-session", "--", "mousepad", "--disable-server", "/etc/services")
    opened.run("galculator")
    time.sleep(3)
    _place("mousepad", 720, 60, 900, 600)
    _place("galculator", *_CALCULATOR, 320, 380)
    time.sleep(1)


def office_cases(opened: Desk, number: int) -> list[Case]:
    del opened, number
    shell = (Click(_XTERM),)
    return [
        Case("ls", TypeText("ls /\n"), shell),
        Case("command of a second", TypeText("sleep 1; ls /usr\n"), slow=1.0),
        Case("3000 lines", TypeText("seq 3000\n")),
        Case("calculator started", TypeText("galculator &\n")),
        Case("calculator closed", KeyCombo(("alt", "f4"))),
        Case("command typed", TypeText("cat /etc/hosts"), shell),
        Case("command run", _ENTER),
        Case("clear", TypeText("clear\n")),
        Case("editor clicked", Click(_EDITOR)),
        Case("editor menu", KeyCombo(("alt", "e"))),
        Case("next menu", PressKeys(("right",))),
        Case("editor menu closed", PressKeys(("esc",))),
        Case("dialog", KeyCombo(("ctrl", "r"))),
        Case("dialog, text", TypeText("services")),
        Case("dialog closed", PressKeys(("esc",))),
        Case("file dialog", KeyCombo(("ctrl", "shift", "s"))),
        Case("file dialog, path", TypeText("/usr/share/doc/xterm/where-it-goes.txt")),
        Case("file dialog closed", PressKeys(("esc",))),
        Case("30 characters, editor", TEXT),
        Case("letters taken back", PressKeys(("backspace",) * 8)),
        Case("line selected", KeyCombo(("shift", "home"))),
        Case("undo, editor", KeyCombo(("ctrl", "z"))),
        Case("scroll, editor", Scroll(-5, point=_EDITOR)),
        Case("page down, editor", PressKeys(("pagedown",))),
        Case("calculator key", Click(_SEVEN)),
        Case("calculator, next key", Click(_EIGHT)),
        Case("calculator, typed", TypeText("*7=")),
        Case("calculator cleared", Click(_CLEAR)),
    ]


def _place(name: str, left: int, top: int, width: int, height: int) -> None:
    found = _xdotool("search", "--onlyvisible", "--class", name).split()
    for window in found:
        _xdotool("windowsize", "--sync", window, str(width), str(height))
        _xdotool("windowmove", window, str(left), str(top))


def _xdotool(*command: str) -> str:
    return subprocess.run(["xdotool", *command], capture_output=True, text=True, check=True).stdout
