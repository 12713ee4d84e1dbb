"""The screen as the run sees it: captured with mss, masked, shrunk, encoded once.

Real pixels are those of the monitor's own dictionary: on macOS these are points, which is what
the pointer counts too, and the image is asked for at that size; nothing else in the program
converts between the two.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.errors import DesktopError
from coasty_desk.core.ports import SettleResult
from coasty_desk.core.scaling import CORNER_INSET, Frame, ImageFit, Rect, Size, sizes_sent
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import platform
from coasty_desk.desktop.imaging.picture import Format, Shot, blackened, encoded, framed, grabbed, picture
from coasty_desk.desktop.imaging.visible_area import common
from coasty_desk.desktop.screen.monitors import cannot_see, layout_of, places
from coasty_desk.desktop.screen.prefetch import PrefetchedFrame
from coasty_desk.lifetimes import Legible

if TYPE_CHECKING:
    import mss
    from PIL.Image import Image

    from coasty_desk.core.gates.masked import Mask
    from coasty_desk.desktop.own_terminal.terminal_windows import OwnTerminal
    from coasty_desk.desktop.settle.settling import Watcher

TIDY = 16
"""Screenshots after which memory is tidied: each leaves 30 MB, which the next one takes again, but never all."""

STALE = 0.3
"""Seconds after which a screenshot prepared at rest is not sent any more, but taken anew."""


class _Prepared(Struct, frozen=True):
    """A frame in the making, of a look that may be the last; `hidden` are the masks in it."""

    shot: Shot
    hidden: tuple[Rect, ...]
    frame: Future[Frame]


class MonitorScreen:
    """One monitor, watched through one kept-open mss instance. A `core.ports.Screen`."""

    def __init__(
        self,
        stop: Stop,
        *,
        monitor: Literal["primary"] | int = "primary",
        max_size: Size | ImageFit,
        masks: Sequence[Mask] = (),
        settle_seconds: float | None = None,
        image_format: Callable[[], Format] = lambda: "png",
        prepares: bool = True,
        first: PrefetchedFrame | None = None,
        own: OwnTerminal | None = None,
        legible: Legible | None = None,
        inset: int = CORNER_INSET,
    ) -> None:
        """`max_size` in sent pixels; `settle_seconds`: a fixed pause, or None to watch the screen.

        `image_format` is asked at each screenshot. Unless `prepares`, a screenshot is taken when
        it is asked for, even where the screen was just seen to rest. What `own` shows is black in
        every look, so that nothing is waited for that changes there. `first` is the first
        screenshot, if it was taken already; the display is then opened after it. `legible` finds
        on a picture what is to be painted as well. `inset`: how far from a corner a point in it is taken. Raises
        DesktopError without a display that can be captured, UsageError for an unknown monitor.
        """
        self._stop = stop
        self._monitor = monitor
        self._max_size = max_size
        self._masks = masks
        self._own = own
        self._settle_seconds = settle_seconds
        self._image_format = image_format
        self._prepares = prepares
        self._places: object = None
        self._prepared: _Prepared | None = None
        self._rested_at = 0.0
        self._mss: mss.MSS | None = None
        self._first = first
        self._legible = legible
        self._inset = inset
        self._captured = 0
        self.uncovered: Callable[[], AbstractContextManager[None]] = nullcontext
        """Within it nothing of ours lies over the screen that a screenshot is not to show."""
        if self._first_frame() is None:
            self._shows()

    def geometry(self) -> tuple[Rect, Size]:
        """The real rectangle of the monitor, as it is now, and the size that its screenshot is sent at."""
        first = self._first_frame()
        if first is not None:
            return first.shows, first.sent
        shows = self._shows()
        return shows, sizes_sent(shows.size, self._max_size)[1]

    def capture(self) -> Frame:
        """A screenshot. Raises DesktopError if the screen cannot be seen or a mask cannot be applied."""
        first, self._first = self._first_frame(), None
        if first is not None:
            return first
        prepared, self._prepared = self._prepared, None
        if prepared is not None and self._holds(prepared):
            frame = prepared.frame.result()
        else:
            frame = self._frame(*self._painted_look())
        self._captured += 1
        if self._captured % TIDY == 0:
            self._encoding.submit(give_memory_back)  # while the model thinks about it
        return frame

    def _first_frame(self) -> Frame | None:
        first = self._first
        return first.frame if first is not None and time.monotonic() - first.taken < STALE else None

    def picture(self, area: Rect) -> bytes:
        """A PNG of a real rectangle as it is now, masked; for the question that a person is asked."""
        shot, hidden = self._painted_look()
        part = common(area, shot.shows)
        left, top = part.left - shot.shows.left, part.top - shot.shows.top
        whole = picture(shot, shot.shows.size, hidden)
        return encoded(whole.crop((left, top, left + part.width, top + part.height)), "png")

    def whole(self) -> Image:
        """The whole monitor as it is now, masked, in its own pixels."""
        shot, hidden = self._masked_look()
        return picture(shot, shot.size, hidden)

    def expect(self) -> None:
        """Remember the screen, unless there is a fixed pause. Raises DesktopError."""
        self._prepared = None
        if self._settle_seconds is None:
            self._watcher.begin()

    def between(self) -> None:
        """Watch for what the first action may open, unless there is a fixed pause. Raises Aborted, DesktopError."""
        if self._settle_seconds is None:
            self._watcher.answer()

    def settle(self) -> SettleResult:
        """Wait until the screen has answered the last input and rests."""
        if self._settle_seconds is not None:
            began = time.monotonic()
            self._stop.pause(self._settle_seconds)
            return SettleResult(round((time.monotonic() - began) * 1000, 1), 0.0, "fixed pause")
        ahead = self._prepares and not (self._legible and self._legible.active)  # what is to be read takes its time
        rest = self._watcher.rest(self._prepare if ahead else self._look)
        self._rested_at = time.monotonic()
        if not self._watcher.rested_as_offered:
            self._prepared = None  # something has changed since, and is not in it
        return rest

    def rested(self, change: Callable[[], bool]) -> None:
        """Make a change that is no input; where it says that it is one, wait until the screen shows it. Raises Aborted, DesktopError."""
        self._prepared = None
        self._watcher.begin()
        if change():
            self._watcher.rest(self._look)

    def close(self) -> None:
        """Give the connections to the display back."""
        if "_watcher" in self.__dict__:
            self._watcher.close()
        if "_encoding" in self.__dict__:
            self._encoding.shutdown(wait=False, cancel_futures=True)
        self._close_mss()

    @cached_property
    def _watcher(self) -> Watcher:
        from coasty_desk.desktop.settle.settling import Watcher  # wanted after the first input, not before

        ours = frozenset[int]() if self._own is None else self._own.processes
        return Watcher(self._look, self._stop, platform.activity_probe(ours))

    @cached_property
    def _encoding(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(2, "coasty-desk encoding")

    # Looking

    def _look(self) -> Shot:
        """A look without our own terminal, wherever that was before it and after it."""
        if self._own is None:
            return self._seen()
        before = self._own()
        shot = self._seen()
        return blackened(shot, dict.fromkeys(before + self._own.afresh()))

    def _seen(self) -> Shot:
        shows = self._shows()
        try:
            return self._grab(shows)
        except DesktopError:
            now = self._shows()  # the screen may have been made smaller between the two
            if now == shows:
                raise
            return self._grab(now)

    def _masked_look(self) -> tuple[Shot, tuple[Rect, ...]]:
        """A look, and the masks before and after it: one of a window that moved meanwhile holds in both places."""
        before = self._hidden()
        shot = self._look()
        return shot, tuple(dict.fromkeys(before + self._hidden()))

    def _painted_look(self) -> tuple[Shot, tuple[Rect, ...]]:
        """The same with what can be read on it and must not be. Raises Aborted while it is read."""
        with self.uncovered():
            shot, hidden = self._masked_look()
        if self._legible is None or not self._legible.active:
            return shot, hidden
        found = self._legible.on(picture(shot, shot.size, hidden))
        left, top = shot.shows.left, shot.shows.top
        return shot, (*hidden, *(Rect(left + one.left, top + one.top, one.width, one.height) for one in found))

    def _hidden(self) -> tuple[Rect, ...]:
        own = () if self._own is None else self._own()
        return (*own, *(rect for mask in self._masks for rect in mask()))

    def _grab(self, shows: Rect) -> Shot:
        with self._seeing():
            return grabbed(self._mss or self._open(), shows)

    def _shows(self) -> Rect:
        """The monitor's rectangle; the layout is looked at anew: mss keeps the one it first saw."""
        now = places()
        if now != self._places:
            self._close_mss()
            self._open()
            self._places = now
        return self._layout.choose(self._monitor)

    def _open(self) -> mss.MSS:
        with self._seeing():
            self._mss = platform.mss()
            self._layout = layout_of(self._mss)
        return self._mss

    @contextmanager
    def _seeing(self) -> Iterator[None]:
        """Within the block the screen is looked at; what goes wrong comes out as a DesktopError."""
        import mss

        try:
            yield
        except (mss.ScreenShotError, OSError) as error:
            self._close_mss()
            raise cannot_see(error) from error

    def _close_mss(self) -> None:
        if self._mss is not None:
            with suppress(OSError):  # a display that is gone has nothing left to close
                self._mss.close()
            self._mss = None

    # Encoding

    def _prepare(self) -> Shot:
        """A look that may be the last, already on its way to a frame."""
        if self._prepared is not None:
            self._prepared.frame.cancel()
        shot, hidden = self._masked_look()
        self._prepared = _Prepared(shot, hidden, self._encoding.submit(self._frame, shot, hidden))
        return shot

    def _holds(self, prepared: _Prepared) -> bool:
        """Whether the screen and its masks are still where they were a moment ago."""
        fresh = time.monotonic() - self._rested_at < STALE
        return fresh and prepared.shot.shows == self._shows() and prepared.hidden == self._hidden()

    def _frame(self, shot: Shot, hidden: Sequence[Rect]) -> Frame:
        return replace(framed(shot, self._max_size, hidden, self._image_format()), inset=self._inset)


def give_memory_back() -> None:
    """What screenshots have taken and left is held for ever else, in pieces; 1 to 3 ms, without the interpreter's lock."""
    with suppress(OSError, AttributeError, TypeError):  # glibc alone has such a thing
        ctypes.CDLL(None).malloc_trim(0)
