"""The ways to stop, armed on a real display, with xdotool as the person."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from coasty_desk.core.abort.abort_key import DEFAULT, parse
from coasty_desk.core.errors import DesktopError, UsageError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.abort.methods import AbortMethod, AbortMethods, armed, spoken
from coasty_desk.desktop.base.own_events import OwnEvents
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.record_watch import X11Watch
from coasty_desk.shell.shell_process import ShellProcess
from tests.desktop.xvfb import set_layout, xvfb

PATIENCE = 10.0
QUIET = 0.4
"""Seconds within which a stop that must not come would have come."""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A display for the tests of this file."""
    with xvfb(800, 600) as name:
        yield name


@pytest.fixture
def here(display: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """This process is on the display, and the pointer in its middle."""
    monkeypatch.setenv("DISPLAY", display)
    person("mousemove", "400", "300")
    return display


def person(*arguments: str) -> None:
    """Somebody at the display does something."""
    subprocess.run(["xdotool", *arguments], check=True)


def nothing() -> None:
    """What is held, let go."""


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (("key", "ctrl+shift+F12"), "hotkey"),
        (("key", "Escape", "Escape", "Escape"), "hotkey"),
        (("mousemove", "0", "0"), "corner"),
        (("mousemove", "799", "0"), "corner"),
        (("mousemove", "0", "599"), "corner"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_person_at_the_display_trips_the_stop(act: tuple[str, ...], reason: str) -> None:
    """Safety sentence: the abort key, Esc three times and a corner stop the run."""
    stop = Stop()
    with armed(stop, release=nothing) as ways:
        assert not ways.faulty
        person(*act)
        assert stop.wait(PATIENCE)
    assert stop.reason == reason


@pytest.mark.parametrize(
    "act",
    [
        ("key", "Escape", "Escape"),
        ("key", "ctrl+F12", "shift+F12", "F12"),
        ("mousemove", "1", "0", "mousemove", "400", "0"),
        ("keydown", "Escape", "sleep", "0.9", "keyup", "Escape"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_is_not_quite_a_stop_is_none(act: tuple[str, ...]) -> None:
    """Two Escs, half the chord, an edge, and a held Esc that repeats."""
    stop = Stop()
    with armed(stop, release=nothing):
        person(*act)
        assert not stop.wait(QUIET)


@pytest.mark.parametrize("layout", ["us", "de", "fr", "ru", "us,ru"])
def test_the_abort_key_works_on_every_layout(here: str, layout: str) -> None:
    """F12 does not move."""
    set_layout(here, layout)
    stop = Stop()
    with armed(stop, release=nothing):
        person("key", "ctrl+shift+F12")
        assert stop.wait(PATIENCE)
    set_layout(here, "us")


def test_a_letter_that_the_layout_lacks_is_said(here: str) -> None:
    """Safety sentence: an abort key that cannot be pressed on this layout is not taken for armed, and takes no other way along."""
    set_layout(here, "ru")
    stop = Stop()
    with armed(stop, hotkey=parse("<ctrl>+<alt>+q"), release=nothing) as ways:
        assert [way.name for way in ways.faulty] == ["abort key"]
        assert "no key for q" in ways.faulty[0].fault
        assert "layout" in ways.warning
        with pytest.raises(DesktopError, match="no key for q"):
            ways.demand(unattended=False)
        person("key", "Escape", "Escape", "Escape")
        assert stop.wait(PATIENCE)
        assert stop.reason == "hotkey"
    set_layout(here, "us")


def test_altgr_is_heard_where_the_layout_has_it(here: str) -> None:
    """On a German keyboard AltGr is no Alt; it is warned of, and it stops."""
    set_layout(here, "de")
    stop = Stop()
    with armed(stop, hotkey=parse("<alt_gr>+<page_up>"), release=nothing) as ways:
        assert ways.faulty == ()
        person("key", "ISO_Level3_Shift+Prior")
        assert stop.wait(PATIENCE)
    set_layout(here, "us")


@pytest.mark.parametrize("hotkey", ["<f35>", "<ctrl>+<media_next>+<f35>", "ж"])
def test_an_abort_key_that_no_keyboard_has_leaves_the_other_ways(here: str, hotkey: str) -> None:
    """Safety sentence: Esc, the corners and the signals are armed; the missing key is named."""
    del here
    for keys in (("key", "Escape", "Escape", "Escape"), ("mousemove", "0", "0")):
        stop = Stop()
        person("mousemove", "400", "300")
        with armed(stop, hotkey=parse(hotkey), release=nothing) as ways:
            assert [way.name for way in ways.faulty] == ["abort key"]
            assert "this keyboard layout has no key for" in ways.warnings[0]
            person(*keys)
            assert stop.wait(PATIENCE)


def test_a_keyboard_without_esc_leaves_the_abort_key(here: str) -> None:
    """The other way round, too."""
    subprocess.run(["xmodmap", "-display", here, "-e", "keysym Escape = Hangul"], check=True)
    stop = Stop()
    with armed(stop, release=nothing) as ways:
        assert [way.name for way in ways.faulty] == ["Esc"]
        person("key", "ctrl+shift+F12")
        assert stop.wait(PATIENCE)
    set_layout(here, "us")


@pytest.mark.usefixtures("here")
def test_what_we_send_ourselves_is_no_stop() -> None:
    """Key events that are noted as ours are told apart from a person's."""
    stop, sent = Stop(), OwnEvents()
    with armed(stop, release=nothing, sent=sent):
        for _ in range(3):
            for down in (True, False):
                sent.note(9, down=down)
        person("key", "Escape", "Escape", "Escape")
        assert not stop.wait(QUIET)
        person("key", "Escape", "Escape", "Escape")
        assert stop.wait(PATIENCE)


@pytest.mark.usefixtures("here")
def test_a_pointer_that_begins_in_a_corner_is_no_stop_until_it_comes_back() -> None:
    """Where the pointer rests when the run starts says nothing."""
    person("mousemove", "0", "0")
    stop = Stop()
    with armed(stop, release=nothing):
        assert not stop.wait(QUIET)
        person("mousemove", "400", "300")
        assert not stop.wait(QUIET)
        person("mousemove", "0", "0")
        assert stop.wait(PATIENCE)


@pytest.mark.usefixtures("here")
def test_without_record_the_keys_are_not_taken_for_armed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Safety sentence: a way that cannot be armed is said, and the run refuses unless nobody could be there."""
    monkeypatch.setattr("Xlib.display.Display.has_extension", lambda _self, name: name != "RECORD")
    stop = Stop()
    with armed(stop, release=nothing) as ways:
        assert {way.name for way in ways.faulty} == {"abort key", "Esc"}
        with pytest.raises(DesktopError, match="RECORD"):
            ways.demand(unattended=False)
        ways.demand(unattended=True)
        person("mousemove", "0", "0")
        assert stop.wait(PATIENCE)


def test_without_a_display_nothing_but_signals_is_armed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And why is said for each."""
    monkeypatch.delenv("DISPLAY", raising=False)
    with armed(Stop(), release=nothing, process=ShellProcess()) as ways:
        assert [way.name for way in ways.armed] == ["interrupt"]
        assert all("DISPLAY" in way.fault for way in ways.faulty)


def test_no_way_at_all_is_never_enough() -> None:
    """Not even where nobody could be there."""
    with pytest.raises(DesktopError):
        AbortMethods((AbortMethod("corner", "throw", "broken"),)).demand(unattended=True)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # python-xlib leaves its socket open when it cannot connect
def test_a_display_that_goes_away_ends_the_run_as_the_desktops_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watchers see it first."""
    stop = Stop()
    with xvfb(800, 600) as name:
        monkeypatch.setenv("DISPLAY", name)
        ways = armed(stop, release=nothing)
        ways.__enter__()
    assert stop.wait(PATIENCE)
    ways.__exit__(None, None, None)
    assert (stop.reason, stop.why) == ("desktop", "the display is gone")


@pytest.mark.usefixtures("here")
def test_the_listeners_death_is_itself_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Safety sentence: when the keyboard can no longer be watched, the run stops."""

    def die(*_arguments: object, **_more: object) -> bool:
        raise RuntimeError

    stop = Stop()
    with armed(stop, release=nothing):
        monkeypatch.setattr(OwnEvents, "ours", die)
        person("key", "a")
        assert stop.wait(PATIENCE)
    assert stop.reason == "stop"
    assert "keyboard can no longer be watched" in stop.why


@pytest.mark.usefixtures("here")
def test_disarmed_the_ways_are_gone_and_so_are_their_threads() -> None:
    """Signals go back to whoever had them, and the pointer may go where it likes."""
    before = signal.getsignal(signal.SIGINT)
    stop = Stop()
    with armed(stop, release=nothing, process=ShellProcess()):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
    person("mousemove", "0", "0")
    assert not stop.wait(QUIET)
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"coasty-desk keyboard", "coasty-desk pointer", "coasty-desk signals"}


@pytest.mark.usefixtures("here")
def test_signals_are_not_armed_outside_the_main_thread() -> None:
    """It is said, not raised."""
    faults: list[str] = []

    def arm() -> None:
        with armed(Stop(), release=nothing, process=ShellProcess()) as ways:
            faults.extend(way.name for way in ways.faulty)

    thread = threading.Thread(target=arm)
    thread.start()
    thread.join(PATIENCE)
    assert faults == ["interrupt"]


@pytest.mark.usefixtures("here")
def test_a_run_that_is_handed_no_process_leaves_all_signals_alone() -> None:
    """In a server's thread or its main one: they are the program's own, and so is the way to stop by them."""
    before = [signal.getsignal(number) for number in signal.valid_signals()]
    with armed(Stop(), release=nothing) as ways:
        assert [signal.getsignal(number) for number in signal.valid_signals()] == before
        assert "interrupt" not in [way.name for way in ways.ways]


def test_an_event_loops_own_handler_hears_signals_also_while_a_run_does() -> None:
    """Arming takes the interpreter's one wakeup descriptor, which was the loop's."""

    async def both_hear() -> None:
        for _ in range(2):  # two runs after each other
            stop, heard = Stop(), asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, heard.set)
            with ShellProcess().ends_with(stop):
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.wait_for(heard.wait(), PATIENCE)
                assert stop.wait(PATIENCE)
            heard.clear()
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(heard.wait(), PATIENCE)

    asyncio.run(both_hear())


def test_a_hotkey_that_cannot_be_read_is_a_usage_error() -> None:
    """Before anything is armed."""
    with pytest.raises(UsageError), armed(Stop(), hotkey=parse("ctrl+x"), release=nothing):
        pytest.fail("it was armed")


def test_the_abort_key_is_spoken_as_it_stands_on_the_keys() -> None:
    """For the sentence that says how to stop."""
    assert spoken(parse("<ctrl>+<shift>+<f12>")) == "Ctrl+Shift+F12"


STUCK = """
import os, sys, time
from coasty_desk.core.job_control import JobControl
from coasty_desk.core.stop import Stop
from coasty_desk.shell.signals import Signals
stop = Stop()
control = JobControl()
control.around(lambda: print("released", flush=True), lambda: None)
signals = Signals(stop, control)
assert signals.arm() == ""
print("armed", flush=True)
while True:
    time.sleep(0.05)  # as a library that never comes back
"""


def test_a_second_signal_ends_even_a_stuck_process() -> None:
    """Safety sentence: a second Ctrl-C ends the process at once with 130, and what is held is let go first."""
    process = subprocess.Popen([sys.executable, "-c", STUCK], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "armed\n"
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)  # an echo of the first: a terminal and a script may both pass it on
    time.sleep(0.7)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "released\n"
    assert process.wait(PATIENCE) == 130
    process.stdout.close()


def test_an_ignored_hangup_stays_ignored() -> None:
    """A run under nohup outlives its terminal on purpose."""
    code = STUCK.replace("stop = Stop()", "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); stop = Stop()")
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "armed\n"
    for _ in range(2):
        process.send_signal(signal.SIGHUP)
        time.sleep(0.6)
    assert process.poll() is None
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.usefixtures("here")
def test_a_watch_that_is_disarmed_twice_is_quiet() -> None:
    """Whoever cleans up may not know that it has been done."""
    watch = X11Watch(Stop(), parse(DEFAULT), OwnEvents())
    assert watch.arm() == ("", "")
    watch.disarm()
    watch.disarm()


def test_the_display_is_asked_for_by_name() -> None:
    """`x11.display` is what the watchers connect by; it says what is wrong in one sentence."""
    saved = os.environ.pop("DISPLAY", None)
    try:
        with pytest.raises(DesktopError, match="DISPLAY is not set"):
            x11.display()
    finally:
        if saved is not None:
            os.environ["DISPLAY"] = saved
