"""The last look at the screen, for the gates that judge an action by what the model saw."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct

from coasty_desk.core.actions import Point, points
from coasty_desk.core.ports import Screen, SettleResult
from coasty_desk.core.scaling import Frame, Placed


class LastFrame(Struct):
    """A screen that remembers its last `frame`, when it was asked for (seconds of the monotonic clock), and where the pointer was then (real pixels), if `where` can tell."""

    screen: Screen
    where: Callable[[], Point] | None = None
    frame: Frame | None = None
    pointer: Point | None = None
    looked_at: float = 0.0

    def capture(self) -> Frame:
        """As the screen does, remembered."""
        self.looked_at = time.monotonic()
        self.pointer = (
            None if self.where is None else self.where()
        )  # before: a move meanwhile may not be in the picture
        self.frame = self.screen.capture()
        return self.frame

    def expect(self) -> None:
        """As the screen does."""
        self.screen.expect()

    def between(self) -> None:
        """As the screen does."""
        self.screen.between()

    def settle(self) -> SettleResult:
        """As the screen does."""
        return self.screen.settle()


def sent_points(
    frame: Frame, placed: Placed, space: tuple[int, int] | None, pointer: Point | None
) -> tuple[Point | None, ...]:
    """Every point of the action in sent pixels, whatever space the model said it in.

    `pointer` is where the pointer is, in real pixels, if that is known.
    """
    width, height = space or (frame.sent.width, frame.sent.height)

    def scaled(point: Point | None) -> Point | None:
        if point is not None:
            return Point(point.x * frame.sent.width / width, point.y * frame.sent.height / height)
        return None if pointer is None else frame.unplace(pointer)

    return tuple(scaled(point) for point in points(placed.sent))
