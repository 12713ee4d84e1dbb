"""The screen as it is sent: exact pixels, exact masks, the shape kept, changes noticed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageChops

from coasty_desk.core.errors import DesktopError, UsageError
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.imaging.picture import shrunk
from coasty_desk.desktop.screen import capture
from coasty_desk.desktop.screen.capture import MonitorScreen, give_memory_back
from coasty_desk.desktop.screen.monitors import layout
from coasty_desk.desktop.x11 import connection as x11
from tests.desktop.xvfb import xvfb

if TYPE_CHECKING:
    from Xlib.display import Display

WIDTH, HEIGHT = 1000, 700
LOUD = (250, 120, 30)


@dataclass
class Canvas:
    """A display that is painted on directly."""

    name: str
    connection: Display

    def paint(self, colour: tuple[int, int, int], area: Rect) -> None:
        """Fill a rectangle of the root window."""
        root = self.connection.screen().root
        red, green, blue = colour
        context = root.create_gc(foreground=red << 16 | green << 8 | blue, subwindow_mode=1)
        root.fill_rectangle(context, area.left, area.top, area.width, area.height)
        context.free()
        self.connection.sync()


@pytest.fixture
def canvas(monkeypatch: pytest.MonkeyPatch) -> Iterator[Canvas]:
    """A display of the test's own, black."""
    with xvfb(WIDTH, HEIGHT) as name:
        monkeypatch.setenv("DISPLAY", name)
        connection = x11.display()
        yield Canvas(name, connection)
        connection.close()


@pytest.fixture
def screens() -> Iterator[list[MonitorScreen]]:
    """Screens to close at the end."""
    opened: list[MonitorScreen] = []
    yield opened
    for screen in opened:
        screen.close()


def pixels(frame: Frame) -> Image.Image:
    """The picture as whoever gets it sees it."""
    image = Image.open(io.BytesIO(frame.image))
    image.load()
    assert image.size == (frame.sent.width, frame.sent.height)
    return image.convert("RGB")


def test_an_unshrunk_screenshot_holds_every_pixel(canvas: Canvas, screens: list[MonitorScreen]) -> None:
    """What is painted is what is sent, in its own colour, one pixel wide and at the edge."""
    canvas.paint(LOUD, Rect(10, 20, 1, 1))
    canvas.paint((1, 2, 3), Rect(WIDTH - 1, HEIGHT - 1, 1, 1))
    screens.append(MonitorScreen(Stop(), max_size=Size(4000, 4000)))
    frame = screens[0].capture()
    assert (frame.media_type, frame.sent, frame.content) == ("image/png", Size(WIDTH, HEIGHT), Size(WIDTH, HEIGHT))
    image = pixels(frame)
    assert image.getpixel((10, 20)) == LOUD
    assert image.getpixel((11, 20)) == (0, 0, 0)
    assert image.getpixel((WIDTH - 1, HEIGHT - 1)) == (1, 2, 3)


def test_a_shrunk_screenshot_keeps_its_shape(canvas: Canvas, screens: list[MonitorScreen]) -> None:
    """1000x700 into 640x480 is 640x448, and places stay where they were in proportion."""
    canvas.paint(LOUD, Rect(500, 350, 500, 350))
    screens.append(MonitorScreen(Stop(), max_size=Size(640, 480)))
    frame = screens[0].capture()
    assert frame.sent == Size(640, 448)
    image = pixels(frame)
    assert (image.getpixel((330, 230)), image.getpixel((310, 230))) == (LOUD, (0, 0, 0))


def test_a_mask_is_black_to_the_pixel_and_leaves_no_trace_beside(canvas: Canvas, screens: list[MonitorScreen]) -> None:
    """Every sent pixel that the mask touches is black; beside it there is nothing of what it hides."""
    canvas.paint((255, 255, 255), Rect(0, 0, WIDTH, HEIGHT))
    secret = Rect(301, 203, 101, 57)
    canvas.paint((255, 0, 0), secret)
    screens.append(MonitorScreen(Stop(), max_size=Size(640, 448), masks=[lambda: [secret]]))
    image = pixels(screens[0].capture())
    left, top = 301 * 640 // 1000, 203 * 448 // 700
    right, bottom = -(-402 * 640 // 1000), -(-260 * 448 // 700)
    inside = image.crop((left, top, right, bottom))
    assert inside.getextrema() == ((0, 0), (0, 0), (0, 0))
    reds = [
        red - max(green, blue) for red, green, blue in zip(*(image.getchannel(c).tobytes() for c in "RGB"), strict=True)
    ]
    assert max(reds) <= 0


def test_a_mask_outside_the_screen_and_an_empty_one_hide_nothing(canvas: Canvas, screens: list[MonitorScreen]) -> None:
    """They are cut to the screen; what is left of them is nothing."""
    canvas.paint((9, 9, 9), Rect(0, 0, WIDTH, HEIGHT))
    nowhere = [Rect(-50, -50, 40, 40), Rect(WIDTH, 0, 10, 10), Rect(100, 100, 0, 30)]
    screens.append(MonitorScreen(Stop(), max_size=Size(500, 350), masks=[lambda: nowhere]))
    assert pixels(screens[0].capture()).getextrema() == ((9, 9), (9, 9), (9, 9))


def test_a_masked_window_that_moves_meanwhile_is_hidden_in_both_places(
    canvas: Canvas, screens: list[MonitorScreen]
) -> None:
    """The masks are asked before and after the look, and both answers are painted."""
    canvas.paint(LOUD, Rect(0, 0, WIDTH, HEIGHT))
    places = iter([Rect(0, 0, 50, 50), Rect(200, 200, 50, 50)])
    screens.append(MonitorScreen(Stop(), max_size=Size(4000, 4000), masks=[lambda: [next(places)]]))
    image = pixels(screens[0].capture())
    assert [image.getpixel(at) for at in ((10, 10), (210, 210), (100, 100))] == [(0, 0, 0), (0, 0, 0), LOUD]


def test_a_mask_that_cannot_be_told_stops_the_capture(canvas: Canvas, screens: list[MonitorScreen]) -> None:
    """Rather no screenshot than one that shows what was to be hidden."""

    def fails() -> list[Rect]:
        message = "The windows cannot be listed."
        raise DesktopError(message, "Look again.")

    screens.append(MonitorScreen(Stop(), max_size=Size(640, 480), masks=[fails]))
    with pytest.raises(DesktopError, match="cannot be listed"):
        screens[0].capture()


def test_a_small_screen_is_sent_with_black_beside_it(
    monkeypatch: pytest.MonkeyPatch, screens: list[MonitorScreen]
) -> None:
    """The service takes nothing under 320x240; the screen itself is not enlarged."""
    with xvfb(200, 300) as name:
        monkeypatch.setenv("DISPLAY", name)
        connection = x11.display()
        Canvas(name, connection).paint(LOUD, Rect(0, 0, 200, 300))
        screens.append(MonitorScreen(Stop(), max_size=Size(1280, 720)))
        frame = screens[0].capture()
        screens.pop().close()
        connection.close()
    assert (frame.sent, frame.content) == (Size(320, 300), Size(200, 300))
    assert (pixels(frame).getpixel((199, 299)), pixels(frame).getpixel((200, 0))) == (LOUD, (0, 0, 0))


def test_each_of_two_monitors_is_seen_alone(canvas: Canvas, screens: list[MonitorScreen]) -> None:
    """The primary one is found by its mark, not by its number; a number that is none is refused."""
    for arguments in (("L", "600/150x700/180+0+0", "screen"), ("*R", "400/100x500/130+600+0", "none")):
        subprocess.run(["xrandr", "-display", canvas.name, "--setmonitor", *arguments], check=True)
    canvas.paint(LOUD, Rect(600, 0, 400, 500))
    screens.append(MonitorScreen(Stop(), max_size=Size(4000, 4000)))
    assert screens[0].geometry() == (Rect(600, 0, 400, 500), Size(400, 500))
    assert pixels(screens[0].capture()).getextrema() == tuple((part, part) for part in LOUD)
    number = layout().monitors.index(Rect(0, 0, 600, 700)) + 1
    screens.append(MonitorScreen(Stop(), monitor=number, max_size=Size(4000, 4000)))
    assert screens[1].capture().shows == Rect(0, 0, 600, 700)
    with pytest.raises(UsageError, match="no monitor 7"):
        MonitorScreen(Stop(), monitor=7, max_size=Size(640, 480))


def test_a_layout_that_changes_in_mid_run_is_noticed(canvas: Canvas, screens: list[MonitorScreen]) -> None:
    """The next screenshot shows the monitor as it is now."""
    screens.append(MonitorScreen(Stop(), max_size=Size(4000, 4000)))
    assert screens[0].capture().sent == Size(WIDTH, HEIGHT)
    subprocess.run(
        ["xrandr", "-display", canvas.name, "--setmonitor", "*only", "500/130x400/100+100+50", "screen"], check=True
    )
    canvas.paint(LOUD, Rect(100, 50, 1, 1))
    frame = screens[0].capture()
    assert (frame.shows, frame.sent) == (Rect(100, 50, 500, 400), Size(500, 400))
    assert pixels(frame).getpixel((0, 0)) == LOUD


def test_a_display_that_has_gone_is_said_in_two_sentences(
    monkeypatch: pytest.MonkeyPatch, screens: list[MonitorScreen]
) -> None:
    """In the middle of a run as before it: a DesktopError with a remedy."""
    with xvfb(640, 480) as name:
        monkeypatch.setenv("DISPLAY", name)
        screens.append(MonitorScreen(Stop(), max_size=Size(640, 480)))
    with pytest.raises(DesktopError) as gone:
        screens[0].capture()
    assert gone.value.remedy
    with pytest.raises(DesktopError, match="cannot be opened"):
        MonitorScreen(Stop(), max_size=Size(640, 480))
    monkeypatch.delenv("DISPLAY")
    with pytest.raises(DesktopError, match="DISPLAY is not set"):
        layout()


def test_a_picture_of_a_part_is_masked_and_cut_to_the_screen(canvas: Canvas, screens: list[MonitorScreen]) -> None:
    """It shows what a person is asked about, and no more than the model may see."""
    canvas.paint(LOUD, Rect(0, 0, WIDTH, HEIGHT))
    screens.append(MonitorScreen(Stop(), max_size=Size(640, 480), masks=[lambda: [Rect(0, 0, 20, 20)]]))
    image = Image.open(io.BytesIO(screens[0].picture(Rect(-10, -10, 60, 60))))
    assert (image.size, image.getpixel((0, 0)), image.getpixel((30, 30))) == ((50, 50), (0, 0, 0), LOUD)


def test_the_frame_seen_at_rest_is_the_frame_that_is_sent(canvas: Canvas, screens: list[MonitorScreen]) -> None:
    """It shows the answer to the input, and a paint after it shows in the one after that."""
    screens.append(MonitorScreen(Stop(), max_size=Size(640, 448)))
    screens[0].expect()
    canvas.paint(LOUD, Rect(0, 0, 500, 700))
    rest = screens[0].settle()
    assert (rest.why, rest.changed > 0.4) == ("at rest", True)
    assert pixels(screens[0].capture()).getpixel((10, 10)) == LOUD
    canvas.paint((0, 0, 0), Rect(0, 0, 500, 700))
    assert pixels(screens[0].capture()).getpixel((10, 10)) == (0, 0, 0)


def test_jpeg_is_sent_where_it_is_asked_for(canvas: Canvas, screens: list[MonitorScreen]) -> None:
    """The frame says what it is, and the colours are near."""
    canvas.paint((200, 100, 50), Rect(0, 0, WIDTH, HEIGHT))
    screens.append(MonitorScreen(Stop(), max_size=Size(640, 448), image_format=lambda: "jpeg"))
    frame = screens[0].capture()
    assert frame.media_type == "image/jpeg"
    colour = pixels(frame).getpixel((100, 100))
    assert isinstance(colour, tuple)
    assert all(abs(a - b) < 8 for a, b in zip(colour, (200, 100, 50), strict=True))


@pytest.mark.parametrize("wheel", [True, False], ids=["with the wheel", "without"])
def test_shrinking_is_pillows_bicubic(monkeypatch: pytest.MonkeyPatch, wheel: bool) -> None:  # noqa: FBT001 - a case
    """No pixel differs by more than a rounding, whoever does it."""
    if wheel:
        pytest.importorskip("cykooz_resizer")
    else:
        monkeypatch.setitem(sys.modules, "cykooz_resizer", None)
    size, raw = Size(1367, 769), os.urandom(4 * 1367 * 769)
    whole = Image.frombytes("RGB", (size.width, size.height), raw, "raw", "BGRX")
    difference = ImageChops.difference(shrunk(raw, size, Size(801, 450)), whole.resize((801, 450)))
    assert all(not count for shade, count in enumerate(difference.histogram()) if shade % 256 > 1)


def test_memory_is_tidied_now_and_then(
    canvas: Canvas, screens: list[MonitorScreen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many screenshots, and in the background; tidying itself harms nothing."""
    assert canvas.name
    tidied = threading.Semaphore(0)
    monkeypatch.setattr(capture, "TIDY", 2)

    def tidy() -> None:
        give_memory_back()
        tidied.release()

    monkeypatch.setattr(capture, "give_memory_back", tidy)
    screens.append(MonitorScreen(Stop(), max_size=Size(640, 480)))
    images = {screens[0].capture().image for _ in range(4)}
    assert tidied.acquire(timeout=5)
    assert tidied.acquire(timeout=5)
    assert not tidied.acquire(timeout=0.05)
    assert len(images) == 1
