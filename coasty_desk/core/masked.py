"""What is painted black is not clicked either: the model cannot know what is there, and the person meant it to stay alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from coasty_desk.core.actions import Point, Prediction
from coasty_desk.core.ports import Judging
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed, Rect
from coasty_desk.core.seen import places

Mask = Callable[[], Iterable[Rect]]
"""Gives the real rectangles that are painted black, as they are now; raises DesktopError if it cannot tell."""


class MaskGate(Struct, frozen=True):
    """Refuses what would put the pointer inside a mask. `pointer` gives where it is now, in real pixels."""

    masks: Sequence[Mask]
    pointer: Callable[[], Point]

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        """Never asks, so it never yields. Raises DesktopError where a mask cannot be told."""
        yield from ()
        del prediction
        where = places(placed.real)
        if not where or not self.masks:
            return None
        rectangles = [rect for mask in self.masks for rect in mask()]
        if not rectangles:
            return None
        for point in where:
            spot = self.pointer() if point is None else point
            if any(rect.contains(spot.x, spot.y) for rect in rectangles):
                return refusal(placed, "mask", "that place is masked: it stays as it is")
        return None
