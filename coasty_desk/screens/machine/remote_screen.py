"""A machine's screen, over the network: each look is a request, masked here, before anything of it goes on or is kept."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from coasty_desk.client import machines_api
from coasty_desk.core.errors import DesktopError, ServiceError
from coasty_desk.core.gates.masked import Mask
from coasty_desk.core.ports import SettleResult
from coasty_desk.core.scaling import Frame, ImageFit, Rect, Size, sizes_sent
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.imaging.changed_cells import compared, total
from coasty_desk.desktop.imaging.picture import Format, Shot, encoded, framed, picture
from coasty_desk.desktop.imaging.visible_area import common
from coasty_desk.lifetimes import Legible
from coasty_desk.screens.machine.driven_machine import DrivenMachine
from coasty_desk.screens.machine.machine_faults import as_fault

if TYPE_CHECKING:
    from PIL.Image import Image

FRESH = 0.5
"""Seconds for which the last look at a screen that rests is the next screenshot."""

FIRST = 0.4
"""Seconds after an input before it is believed that nothing answers it."""

PATIENCE = 3.0
_PAUSE = 0.1
_BETWEEN = 0.2

SMALL = 0.004
"""A change of less than this part of the screen is a caret, a clock, or the noise of a JPEG."""

MOST_PIXELS = 50_000_000
"""Of a picture: what says that it has more is not unpacked."""


class RemoteScreen:
    """A `core.ports.Screen`. Its real pixels are those of the service's own picture, which its commands go by."""

    def __init__(
        self,
        machine: DrivenMachine,
        stop: Stop,
        *,
        max_size: Size | ImageFit,
        masks: Sequence[Mask] = (),
        settle_seconds: float | None = None,
        image_format: Callable[[], Format] = lambda: "png",
        legible: Legible | None = None,
    ) -> None:
        """Raises DesktopError where it cannot be seen, ServiceError."""
        self._machine, self._stop, self._max_size, self._masks = machine, stop, max_size, masks
        self._settle_seconds, self._image_format, self._legible = settle_seconds, image_format, legible
        self._seen = self._look()
        self._taken = time.monotonic()
        self._before = self._seen

    def geometry(self) -> tuple[Rect, Size]:
        """The real rectangle of its screen as it was last seen, and the size that it is sent at."""
        shows = self._seen.shows
        return shows, sizes_sent(shows.size, self._max_size)[1]

    def capture(self) -> Frame:
        """A screenshot; the last look, where that was a moment ago and the screen rested. Raises DesktopError, ServiceError, Aborted."""
        if time.monotonic() - self._taken > FRESH:
            self._look_again()
        shot, hidden = self._painted(self._seen)
        frame = framed(shot, self._max_size, hidden, self._image_format())
        return Frame(frame.image, frame.media_type, frame.sent, frame.content, frame.shows, frame.hidden, 0)

    def picture(self, area: Rect) -> bytes:
        """A PNG of a real rectangle as it is now, masked. Raises DesktopError, ServiceError."""
        shot, hidden = self._painted(self._look_again())
        part = common(area, shot.shows)
        whole = picture(shot, shot.size, hidden)
        return encoded(whole.crop((part.left, part.top, part.left + part.width, part.top + part.height)), "png")

    def whole(self) -> Image:
        """All of it as it is now, masked. Raises DesktopError, ServiceError."""
        shot = self._look_again()
        return picture(shot, shot.size, self._hidden())

    def expect(self) -> None:
        """How it looked last is what the input is compared with: another request would be no truer."""
        self._before = self._seen

    def between(self) -> None:
        """A moment for what the first action may open. Raises Aborted."""
        self._stop.pause(_BETWEEN)

    def settle(self) -> SettleResult:
        """Look until two looks are alike. Raises Aborted, DesktopError, ServiceError."""
        began = time.monotonic()
        if self._settle_seconds is not None:
            self._stop.pause(self._settle_seconds)
            self._taken = -FRESH
            return SettleResult(_ms(began), 0.0, "fixed pause")
        last, why = self._before, "the patience for it is over"
        while time.monotonic() - began < PATIENCE:
            self._stop.pause(_PAUSE)
            now = self._look_again()
            rests = _differs(last, now) < SMALL
            answered = _differs(self._before, now) >= SMALL
            if rests and (answered or time.monotonic() - began >= FIRST):
                why = "two looks were alike" if answered else "nothing has changed"
                break
            last = now
        return SettleResult(_ms(began), round(_differs(self._before, self._seen), 4), why)

    def _look_again(self) -> Shot:
        self._seen = self._look()
        self._taken = time.monotonic()
        return self._seen

    def _look(self) -> Shot:
        try:
            found = machines_api.looked_at(self._machine.client, self._machine.machine_id)
        except ServiceError as error:
            raise as_fault(error, "The machine's screen cannot be seen", here=self._machine.client.here) from error
        return _unpacked(found.image)

    def _painted(self, shot: Shot) -> tuple[Shot, tuple[Rect, ...]]:
        """A look, and what of it is painted black: masks, and what can be read on it and must not be."""
        hidden = self._hidden()
        if self._legible is None or not self._legible.active:
            return shot, hidden
        return shot, (*hidden, *self._legible.on(picture(shot, shot.size, hidden)))

    def _hidden(self) -> tuple[Rect, ...]:
        return tuple(rect for mask in self._masks for rect in mask())


def _unpacked(image: bytes) -> Shot:
    """The pixels of an encoded picture. Raises DesktopError for what is none."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(image), formats=("PNG", "JPEG")) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                raise ValueError  # noqa: TRY301 - as one that cannot be unpacked
            raw = opened.convert("RGB").tobytes("raw", "BGRX")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        message = "The picture that the service gives of the machine's screen cannot be read."
        raise DesktopError(message, "Try again; if it happens again, restart the machine.") from error
    return Shot(bytearray(raw), Size(width, height), Rect(0, 0, width, height))


def _differs(one: Shot, other: Shot) -> float:
    """The part of the screen that two looks differ in."""
    if one.size != other.size:
        return 1.0
    cells, _ = compared(one.raw, other.raw, one.size)
    return cells.bit_count() / total(one.size)


def _ms(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)
