"""The first screenshot, made by another process: the same picture, or none, and nothing of that process left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coasty_desk.core.scaling import Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.screen import capture
from coasty_desk.desktop.screen.capture import MonitorScreen
from coasty_desk.desktop.screen.prefetch import FirstLook
from tests.desktop.test_capture import HEIGHT, LOUD, WIDTH, Canvas, canvas, pixels, screens

__all__ = ["canvas", "screens"]

SMALL = Size(640, 480)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the first screenshot is as every other")


def _children() -> str:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii")


def test_it_is_the_picture_that_would_have_been_taken(
    canvas: Canvas, screens: list[MonitorScreen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the byte; a screen that is given it says where it is and hands it out once."""
    monkeypatch.setattr(capture, "STALE", 60.0)
    canvas.paint(LOUD, Rect(100, 100, 300, 200))
    before = _children()
    begun = FirstLook.begin("primary", SMALL)
    assert begun is not None
    look = begun.seen()
    assert _children() == before
    assert look is not None
    screens += [MonitorScreen(Stop(), max_size=SMALL, first=look), MonitorScreen(Stop(), max_size=SMALL)]
    assert screens[0].geometry() == screens[1].geometry() == (Rect(0, 0, WIDTH, HEIGHT), look.frame.sent)
    canvas.paint(LOUD, Rect(0, 0, WIDTH, HEIGHT))
    given, anew = screens[0].capture(), screens[0].capture()
    assert pixels(given).getpixel((5, 5)) == (0, 0, 0)
    assert anew.image != given.image == look.frame.image
    assert anew == screens[1].capture()


def test_one_that_has_become_old_is_not_sent(
    canvas: Canvas, screens: list[MonitorScreen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person may have answered a question meanwhile; what is sent is what there is to see."""
    begun = FirstLook.begin("primary", SMALL)
    assert begun is not None
    look = begun.seen()
    screens.append(MonitorScreen(Stop(), max_size=SMALL, first=look))
    canvas.paint(LOUD, Rect(0, 0, WIDTH, HEIGHT))
    monkeypatch.setattr(capture, "STALE", 0.0)
    assert pixels(screens[0].capture()).getpixel((5, 5)) == LOUD


def test_where_nothing_can_be_seen_nothing_is_said(canvas: Canvas, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such monitor, no such display, no display at all: who takes the screenshot then says what is wrong."""
    assert canvas.name
    begun = FirstLook.begin(7, SMALL)
    assert begun is not None
    assert begun.seen() is None
    monkeypatch.setenv("DISPLAY", ":987")
    begun = FirstLook.begin("primary", SMALL)
    assert begun is not None
    assert begun.seen() is None
    monkeypatch.delenv("DISPLAY")
    assert FirstLook.begin("primary", SMALL) is None


def test_a_run_that_ends_before_it_takes_the_other_process_along(canvas: Canvas) -> None:
    """At once, whatever that is at; closing twice does no harm."""
    assert canvas.name
    before = _children()
    begun = FirstLook.begin("primary", SMALL)
    assert begun is not None
    began = time.monotonic()
    begun.close()
    begun.close()
    assert _children() == before
    assert time.monotonic() - began < 1


def test_a_run_that_is_killed_before_it_leaves_no_process(canvas: Canvas) -> None:
    """The other process has nobody to tell any more, and ends by itself: its picture is larger than a pipe holds."""
    pixel = canvas.connection.screen().root
    noise = os.urandom(4 * WIDTH * 16)
    context = pixel.create_gc()
    for top in range(0, HEIGHT - 16, 16):
        pixel.put_image(context, 0, top, WIDTH, 16, 2, 24, 0, noise)
    canvas.connection.sync()
    code = (
        "import os, time\nfrom coasty_desk.core.scaling import Size\nfrom coasty_desk.desktop.screen.prefetch import FirstLook\n"
        "begun = FirstLook.begin('primary', Size(1280, 720))\nprint(begun._pid, flush=True)\ntime.sleep(1.5)\nos._exit(9)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=20)
    other = Path(f"/proc/{int(run.stdout)}/stat")
    until = time.monotonic() + 10
    while other.exists() and other.read_text().rsplit(")", 1)[1].split()[0] != "Z":
        assert time.monotonic() < until, "it is still there"
        time.sleep(0.05)
