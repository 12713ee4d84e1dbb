"""A real screen that is watched while it answers, and pictures of it beside the final one."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

from bench_desk import Desk
from PIL import Image, ImageChops

from coasty_desk.core.actions import Action
from coasty_desk.core.scaling import Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.imaging.changed_cells import Cells, changed, compared, everything, total
from coasty_desk.desktop.imaging.picture import Shot
from coasty_desk.desktop.input.executor import DesktopExecutor
from coasty_desk.desktop.screen.capture import MonitorScreen
from coasty_desk.desktop.settle import settling

SENT = Size(1280, 720)
FULL_HD = Size(1920, 1080)
CARET = 0.9
"""Seconds in which whatever changes by itself does so at least once."""

Found = TypeVar("Found")


@dataclass(slots=True)
class Watched:
    """A screen and the hands, and every change that was seen: when, and where."""

    opened: Desk
    hands: DesktopExecutor = field(default_factory=lambda: DesktopExecutor(Stop()))
    screen: MonitorScreen = field(default_factory=lambda: MonitorScreen(Stop(), max_size=SENT))
    last: Shot | None = None
    seen: list[tuple[float, Cells]] = field(default_factory=list)
    taking: bool = False

    def __post_init__(self) -> None:
        def seen(before: bytearray, after: bytearray, size: Size) -> tuple[Cells, int]:
            found = compared(before, after, size)
            if found[0] and self.taking:
                self.seen.append((time.perf_counter(), found[0]))
            return found

        settling.compared = seen  # what it sees is measured, at no price of its own
        watcher = self.screen._watcher  # noqa: SLF001 - its pictures are compared
        take = watcher._take  # noqa: SLF001

        def taken(watch: object, shot: Shot, **how: bool) -> None:
            self.last = shot
            self.taking = True
            take(watch, shot, **how)
            self.taking = False

        watcher._take = taken  # noqa: SLF001

    def note(self, shot: Shot) -> None:
        if self.last is not None:
            cells = changed(self.last.raw, shot.raw, shot.size)
            if cells:
                self.seen.append((time.perf_counter(), cells))
        self.last = shot

    def look(self) -> Shot:
        return self.screen._look()  # noqa: SLF001 - the picture itself is compared

    def perform(self, action: Action) -> None:
        self.hands.perform(self.opened.frame.place(action))

    def watch_on(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self.note(self.look())
            time.sleep(0.015)

    def restless(self) -> Cells:
        """Cells that have changed by themselves: a good while after the answer, in the last seconds of watching."""
        found = 0
        for when, cells in self.seen:
            if when >= time.perf_counter() - CARET:
                found |= cells
        return found

    def close(self) -> None:
        self.hands.release()
        self.screen.close()


LITTLE = 0.0003
"""Less than this part of the screen (two cells of 16 by 16 at 1920x1080) may differ: a clock, a hover."""

SEEN = 20
"""Shades of 255 by which a square of 4 by 4 pixels must differ for it to be seen: less is a shadow that fades."""


@dataclass(frozen=True, slots=True)
class Off:
    """How far a picture is from the final one: the part of all cells that differ, and of all squares seen to differ."""

    cells: float
    squares: float

    @property
    def final(self) -> bool:
        return self.squares <= LITTLE


def off(pixels: bytearray, final: Shot, restless: Cells) -> Off:
    """`restless` cells change by themselves, and are no part of the answer."""
    size = final.size
    cells = (changed(pixels, final.raw, size) & ~restless).bit_count() / total(size)
    whole = (4 * size.width, size.height)
    one, other = (Image.frombuffer("L", whole, raw, "raw", "L", 0, 1) for raw in (pixels, final.raw))
    squares = ImageChops.difference(one, other).reduce((16, 4)).point([0] * SEEN + [1] * (256 - SEEN))
    across, down = -(-size.width // 16), -(-size.height // 16)
    calm = Image.frombytes("L", (across, down), (~restless & everything(size)).to_bytes(across * down, "little"))
    squares = ImageChops.multiply(
        squares.point([0, 255] + [0] * 254),
        calm.point([0, 255] + [0] * 254)
        .resize((across * 4, down * 4), Image.Resampling.NEAREST)
        .crop((0, 0, *squares.size)),
    )
    return Off(cells, squares.histogram()[255] / (squares.width * squares.height))


def apart(work: Callable[..., Found], *given: object) -> Found:
    """`work` in a process of its own: the guide's pyautogui stays with the first display that it has seen."""
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    other = spawn.Process(target=_tell, args=(theirs, work, given))
    other.start()
    theirs.close()
    found: Found = ours.recv()  # EOFError where it has failed, and said why
    other.join()
    return found


def _tell(answer: Connection, work: Callable[..., object], given: tuple[object, ...]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # a bench that is ended early leaves no desk behind
    answer.send(work(*given))
