"""The terminal that a run was started from: no picture shows it, nothing reaches it, and afterwards it is as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from Xlib.display import Display

from coasty_desk.desktop import display_lock
from coasty_desk.desktop.x11 import grabs, window_list
from tests.cli.conftest import Shell, service
from tests.cli.terminals import BESIDE, FULL, OVER, desk, in_use, sent, shows_the_terminal, stacking, titled, until
from tests.cli.test_stopping import WAIT, chord, pressing, typing
from tests.desktop.managers import program
from tests.desktop.targets import becomes
from tests.stub_service import click, done, go

PLACES = [
    ("openbox", OVER),
    ("openbox", BESIDE),
    ("openbox", FULL),
    ("xfwm4, compositing", OVER),
    ("xfwm4", BESIDE),
    ("i3", OVER),
    ("fluxbox", OVER),
    ("twm", OVER),
    ("none", OVER),
    ("none", BESIDE),
]


@pytest.mark.parametrize(("manager", "place"), PLACES, ids=str)
def test_nothing_reaches_it_and_no_picture_shows_it(shell: Shell, manager: str, place: str) -> None:
    """Safety sentence: with the focus in the terminal, text, keys and chords go to the window beneath; focus and stacking are afterwards as before."""
    script = (go(typing("zebra")), go(chord("ctrl", "c"), pressing("enter")), go(chord("ctrl", "s")), done(typing("q")))
    with service(*script) as (stand_in, url), desk(shell, manager, "run --max-steps 4 x", place=place,
                                                   environment={"COASTY_BASE_URL": url}) as here:  # fmt: skip
        before = stacking(), in_use()
        here.begin()
        assert here.ended() == 0, here.said
        assert here.arrived() == b""
        assert becomes(here.editor.text, "zebra\nq") == "zebra\nq"
        assert len(sent(stand_in)) == 4
        assert not any(map(shows_the_terminal, [*sent(stand_in), *here.frames]))
        until(lambda: (stacking(), in_use()) == before)


@pytest.mark.parametrize("manager", ["openbox", "i3", "none"])
def test_its_place_is_not_clicked(shell: Shell, manager: str) -> None:
    """Safety sentence: a click where it can be seen, a drag to there and a scroll over it are refused, and the model is told."""
    drag = {"action_type": "drag", "params": {"x1": 100, "y1": 300, "x2": 1000, "y2": 300}}
    scroll = {"action_type": "scroll", "params": {"clicks": -2, "x": 1000, "y": 300}}
    script = (go(click(1000, 300)), go(click(200, 300)), go(drag), go(click(200, 300)), go(scroll), done())
    with service(*script) as (stand_in, url), desk(shell, manager, "run --max-steps 6 x", place=BESIDE,
                                                   environment={"COASTY_BASE_URL": url}) as here:  # fmt: skip
        here.begin()
        assert here.ended() == 0, here.said
        assert [event["by"] for event in here.of("refused")] == ["own terminal"] * 3
        assert len(here.of("acting")) == 2
        assert "own terminal" in json.loads(stand_in.posts("predict")[1].body)["instruction"]


@pytest.mark.parametrize("manager", ["openbox", "i3", "none"])
def test_its_words_are_no_evidence(shell: Shell, manager: str) -> None:
    """Words that only the command line holds are not on the screen."""
    task = "run --provider offline --yes 'make sure \"Invoice paid\" is visible'"
    with desk(shell, manager, task, place=BESIDE) as here:
        here.begin()
        assert here.ended() == 1
        assert here.of("run_ended")[0]["reason"] == "agent_failed"


def test_without_another_window_no_key_is_pressed(shell: Shell) -> None:
    """Where the terminal has the keys and there is nobody else to have them, typing is refused; it never arrives there."""
    with (
        service(go(typing("zebra")), go(typing("zebra")), go(typing("zebra"))) as (_, url),
        desk(shell, "i3", "run --max-steps 4 x", environment={"COASTY_BASE_URL": url}) as here,
    ):
        here.editor.close()
        until(lambda: len(window_list.windows()) == 1 or all("own" in one.title for one in window_list.windows()))
        here.begin()
        assert here.ended() == 6
        assert [event["by"] for event in here.of("refused")] == ["own terminal"] * 3
        assert here.arrived() == b""


CLOCK = """
import time
from Xlib import X, Xatom, Xutil, display
here = display.Display()
clock = here.screen().root.create_window(300, 40, 120, 60, 0, X.CopyFromParent, background_pixel=0xff0000)
clock.set_wm_name("clock")
clock.set_wm_hints(flags=Xutil.InputHint, input=0)
clock.set_wm_normal_hints(flags=Xutil.USPosition, x=300, y=40)
above = here.intern_atom("_NET_WM_STATE_ABOVE")
clock.change_property(here.intern_atom("_NET_WM_STATE"), Xatom.ATOM, 32, [above])
clock.map()
here.sync()
time.sleep(1000)
"""


@pytest.mark.parametrize("manager", ["openbox", "none"])
def test_keys_go_past_a_window_that_takes_none(shell: Shell, manager: str) -> None:
    """A clock on top of all wants no keys: they go to the editor beneath it."""
    with (
        service(go(typing("zebra")), done(typing("q"))) as (_, url),
        desk(shell, manager, "run --max-steps 3 x", environment={"COASTY_BASE_URL": url}) as here,
        program(sys.executable, "-c", CLOCK, environment=os.environ | {"DISPLAY": here.display}),
    ):
        until(lambda: titled("clock") is not None)
        own = titled("own terminal")
        assert own is not None
        window_list.activate(own)
        until(lambda: in_use() == "own terminal")
        here.begin()
        assert here.ended() == 0, here.said
        assert becomes(here.editor.text, "zebraq") == "zebraq"
        assert here.arrived() == b""


@pytest.mark.parametrize("manager", ["openbox", "i3", "none"])
def test_a_keyboard_that_it_has_taken_is_had_back_or_not_used(shell: Shell, tmp_path: Path, manager: str) -> None:
    """Safety sentence: xterm's Secure Keyboard gets all keys, whatever has the focus: it is minimised, else no key is pressed."""
    (tmp_path / "resources").write_text("*VT100.translations: #override <Key>F2: secure()\n")
    script = (go(typing("zebra")), go(typing("zebra")), done(typing("q")))
    with service(*script) as (_, url), desk(shell, manager, "run --max-steps 4 x",
                                            environment={"COASTY_BASE_URL": url, "XENVIRONMENT": f"{tmp_path}/resources"}) as here:  # fmt: skip
        before = stacking(), in_use()
        here.person("key", "F2")
        until(lambda: is_taken(here.display))
        here.begin()
        if manager == "openbox":
            assert here.ended() == 0, here.said
            assert becomes(here.editor.text, "zebrazebraq") == "zebrazebraq"
            until(lambda: (stacking(), in_use()) == before)
        else:
            assert here.ended() == 6
            assert [event["by"] for event in here.of("refused")] == ["own terminal"] * 3
        assert here.arrived() == b""


def is_taken(name: str) -> bool:
    """Whether a program has the keyboard for itself."""
    display = Display(name)
    try:
        return grabs.keyboard_is_taken(display)
    finally:
        display.close()


@pytest.mark.parametrize("manager", ["openbox", "none"])
def test_a_question_brings_it_back_and_hides_it_again(shell: Shell, manager: str) -> None:
    """Safety sentence: the person is asked where they can see it, with the keys there; after the answer it is out of the way."""
    script = (go(typing("zebra")), done(typing("q")))
    with service(*script) as (stand_in, url), desk(shell, manager, "run --max-steps 2 --step x", recording=False,
                                                   environment={"COASTY_BASE_URL": url}) as here:  # fmt: skip
        here.begin()
        for asked in (1, 2):
            until(lambda asked=asked: len(here.of("asked")) == asked and len(here.of("answered")) == asked - 1)  # type: ignore[misc]  # bound
            until(lambda: in_use() == "own terminal" and stacking()[0] == "own terminal")
            here.person("type", "y\n")
        assert here.ended() == 0, here.said
        assert becomes(here.editor.text, "zebraq") == "zebraq"
        assert not any(map(shows_the_terminal, [*sent(stand_in), *here.frames]))


@pytest.mark.parametrize("place", [OVER, FULL])
def test_a_stop_puts_it_back(shell: Shell, place: str) -> None:
    """Safety sentence: however the run ends, the terminal is where it was, with the keys."""
    with service(go(WAIT)) as (_, url), desk(shell, "openbox", "run --max-steps 2 x", place=place,
                                             environment={"COASTY_BASE_URL": url}) as here:  # fmt: skip
        before = stacking(), in_use()
        here.begin()
        until(lambda: bool(here.of("acting")))
        assert in_use() != "own terminal"
        here.person("key", "ctrl+shift+F12")
        assert here.ended() == 130
        until(lambda: (stacking(), in_use()) == before)


@pytest.mark.parametrize("place", [OVER, FULL])
def test_what_a_killed_run_left_is_put_back(shell: Shell, place: str) -> None:
    """Safety sentence: `coasty-desk release` brings the terminal of a killed run back."""
    with service(go(WAIT)) as (_, url), desk(shell, "openbox", "run --max-steps 2 x", place=place,
                                             environment={"COASTY_BASE_URL": url}) as here:  # fmt: skip
        before = stacking(), in_use()
        here.begin()
        until(lambda: bool(here.of("acting")))
        owner = display_lock.running()
        assert owner is not None
        subprocess.run(["kill", f"-{signal.SIGKILL}", str(owner.pid)], check=True)
        assert here.ended() == 137
        assert stacking() != before[0] or in_use() != before[1]
        assert "is back where it was" in shell("release", DISPLAY=here.display).out
        until(lambda: (stacking(), in_use()) == before)


SHOWN = "run --max-steps 1 --own-terminal show x"


def test_show_treats_it_like_any_other_window(shell: Shell) -> None:
    """`--own-terminal show`: it is seen, and it gets what is typed."""
    with service(done(typing("zebra"))) as (stand_in, url), desk(shell, "openbox", SHOWN, place=BESIDE,
                                                                 environment={"COASTY_BASE_URL": url}) as here:  # fmt: skip
        here.begin()
        assert here.ended() == 0, here.said
        assert all(map(shows_the_terminal, sent(stand_in)))
        assert here.arrived() == b"zebra"


EDITOR = """
import subprocess, sys, tkinter
root = tkinter.Tk(); root.title("an editor with a terminal in it"); root.geometry("500x300+700+300")
tkinter.Label(root, text="words").pack(); root.update()
done = subprocess.run(sys.argv[1:])
open("code", "w").write(str(done.returncode))
"""


@pytest.mark.parametrize(("option", "refused"), [("auto", 0), ("hide", 1)])
def test_a_window_that_is_more_than_a_terminal_stays(shell: Shell, tmp_path: Path, option: str, refused: int) -> None:
    """It is used like any other, and one line names the option; with `hide` it is hidden as a terminal would be."""
    arguments = f"run --max-steps 2 --own-terminal {option} x"
    (tmp_path / "editor.py").write_text(EDITOR)
    with (
        service(go(click(800, 400)), done()) as (_, url),
        desk(
            shell,
            "openbox",
            arguments,
            wrapped=f"setsid {sys.executable} editor.py {{}}",
            environment={"COASTY_BASE_URL": url},
        ) as here,
    ):
        here.begin()
        until(lambda: titled("an editor with") is not None)
        assert here.ended() == 0, here.said
        assert len(here.of("refused")) == refused
        assert ("--own-terminal hide" in here.said) is (option == "auto")


def test_the_first_example_does_what_it_says(shell: Shell) -> None:
    """The README's first example, typed into a terminal over the editor: it is the editor's File that is clicked."""
    task = """run --provider offline --yes 'click "File", then click "Open", wait until "Cancel"'"""
    with desk(shell, "openbox", f"{task}", place="70x20+560+300") as here:
        here.editor.close()
        with_editor = subprocess.Popen(
            ["mousepad"], env=shell.environment | {"DISPLAY": here.display, "NO_AT_BRIDGE": "1"}
        )
        try:
            until(lambda: titled("Mousepad") is not None)
            own = titled("own terminal")
            assert own is not None
            window_list.activate(own)
            here.begin()
            assert here.ended() == 0, here.said
            assert titled("Open") is not None
        finally:
            with_editor.kill()
            with_editor.wait()


def test_a_suspended_run_gives_it_back_and_hides_it_again(shell: Shell) -> None:
    """Ctrl-Z: the person has their terminal as it was; when the run goes on, it is out of the way before the next input."""
    with (
        service(go(WAIT), done(typing("q"))) as (_, url),
        desk(shell, "openbox", "run --max-steps 3 x", environment={"COASTY_BASE_URL": url}) as here,
    ):
        before = stacking(), in_use()
        here.begin()
        until(lambda: bool(here.of("acting")))
        owner = display_lock.running()
        assert owner is not None
        subprocess.run(["kill", "-TSTP", str(owner.pid)], check=True)
        until(lambda: (stacking(), in_use()) == before)
        subprocess.run(["kill", "-CONT", str(owner.pid)], check=True)
        assert here.ended() == 0, here.said
        assert becomes(here.editor.text, "q") == "q"
        assert here.arrived() == b""
        until(lambda: (stacking(), in_use()) == before)
