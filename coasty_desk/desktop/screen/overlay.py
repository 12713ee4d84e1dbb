"""A badge on the screen that says who drives and how to stop: in nobody's way, and in no screenshot of ours (X11).

It is a window that no window manager knows, that takes no click and never the focus. To look at
the screen without it, it is unmapped for the few milliseconds of the capture. What lies under
it must be on the screen at that very moment: the server is asked to keep every window's picture
(Composite, automatic), so that it is there without its application having to draw it again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from coasty_desk.core import events as ev
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.money import dollars
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11 import window_stack
from coasty_desk.desktop.x11.window_list import OURS
from coasty_desk.desktop.x11.xlib import X

if TYPE_CHECKING:
    from PIL.Image import Image

INK, GROUND, EDGE = (255, 255, 255), (140, 0, 48), (229, 0, 76)
LETTERS = 13
PAD = 10

COMPOSITOR_FRAMES = 0.05
"""Seconds until a compositing manager, where there is one, has drawn the screen without it."""

_DEPTH = 24
_NEEDED = ("SHAPE", "Composite")


class NoBadgeError(Exception):
    """There can be none here; the text says why."""


class Badge:
    """On the screen from when it is made to `close`. `tell` it the run's events; look at the screen within `away`."""

    def __init__(self, area: Rect, how_to_stop: str) -> None:
        """`area` is the monitor, in real pixels. Raises NoBadgeError where it could not be kept out of the screenshots."""
        self._area = area
        self._how = how_to_stop
        self._lock = threading.Lock()
        self._steps = 0
        self._spent = ""
        self._text = ""
        self._display = _connected()
        self._composited = bool(window_stack.compositor(self._display))
        self._window = _window(self._display, area)
        self._say(how_to_stop)
        self._window.map()
        self._display.sync()

    def tell(self, event: ev.Event) -> None:
        """Say which step it is and what was spent: while the model thinks, when nobody watches the screen for a change."""
        match event:
            case ev.RunStarted(limits=limits):
                self._steps = int(limits["max_steps"] or 0)
            case ev.Predicted(total=spent) | ev.Charged(total=spent) if spent:
                self._spent = f" · {dollars(spent)}"
            case ev.Observed(step=step):
                self._say(f"{self._how} · step {step} of {self._steps}{self._spent}")
            case _:
                pass

    @contextmanager
    def away(self) -> Iterator[None]:
        """Within the block it is not on the screen."""
        with self._lock:
            with suppress(*x11.failures()):  # whoever looks at a display that is gone says so
                self._window.unmap()
                self._display.sync()
            if self._composited:
                time.sleep(COMPOSITOR_FRAMES)
            try:
                yield
            finally:
                with suppress(*x11.failures()):
                    self._window.map()
                    self._window.configure(stack_mode=X.Above)
                    self._display.flush()

    def close(self) -> None:
        """Take it off the screen. Never raises."""
        with self._lock, suppress(*x11.failures()):
            self._display.close()

    def _say(self, text: str) -> None:
        text = f"coasty-desk is driving · {text}"
        if text == self._text:
            return
        self._text = text
        picture = _drawn(text, self._area.width)
        left = self._area.left + (self._area.width - picture.width) // 2
        with self._lock, suppress(*x11.failures()):
            _put(self._display, self._window, picture)
            self._window.configure(
                x=left, y=self._area.top, width=picture.width, height=picture.height, stack_mode=X.Above
            )
            self._window.clear_area()
            self._display.flush()


def _connected() -> Any:
    try:
        display = x11.display()
    except DesktopError as error:
        message = "it cannot be kept out of the screenshots where there is no X11"
        raise NoBadgeError(message) from error
    depth, lacking = display.screen().root_depth, [one for one in _NEEDED if not display.has_extension(one)]
    if not lacking and depth == _DEPTH:
        return display
    display.close()
    message = f"it is drawn in {_DEPTH} bits of colour, and this screen has {depth}"
    if lacking:
        message = f"the X server has no {lacking[0]} extension, so it cannot be kept out of the screenshots"
    raise NoBadgeError(message)


def _window(display: Any, area: Rect) -> Any:
    from Xlib.ext import composite, shape

    screen = display.screen()
    composite.query_version(display)
    composite.redirect_subwindows(screen.root, composite.RedirectAutomatic)
    window = screen.root.create_window(
        area.left, area.top, 1, 1, 0, screen.root_depth, X.InputOutput, X.CopyFromParent, override_redirect=True
    )
    window.set_wm_class(OURS, OURS)
    window.shape_rectangles(shape.SO.Set, shape.SK.Input, 0, 0, 0, [])
    return window


def _put(display: Any, window: Any, picture: Image) -> None:
    """The picture as the window's background: the server draws it, whenever the window is shown."""
    screen = display.screen()
    pixmap = window.create_pixmap(picture.width, picture.height, screen.root_depth)
    context = pixmap.create_gc()
    pixmap.put_pil_image(context, 0, 0, picture)
    window.change_attributes(background_pixmap=pixmap)
    context.free()
    pixmap.free()


def _drawn(text: str, widest: int) -> Image:
    from PIL import Image, ImageDraw, ImageFont

    font = _font(ImageFont)
    while font.getlength(text) > widest - 2 * PAD and len(text) > 8:
        text = f"{text[:-6]}…"
    width, height = int(font.getlength(text)) + 2 * PAD, LETTERS + 9
    picture = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width - 1, height - 1), outline=EDGE)
    draw.text((PAD, 3), text, fill=INK, font=font)
    return picture


def _font(fonts: Any) -> Any:
    for name in ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf"):
        with suppress(OSError):
            return fonts.truetype(name, LETTERS)
    return fonts.load_default(LETTERS)
