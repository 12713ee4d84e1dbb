"""What is painted black is not touched either: the model cannot know what is there, and the person meant it to stay alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

from coasty_desk.core.actions import Action, Drag, KeyCombo, Point, Prediction, PressKeys, Refusal, TypeText, points
from coasty_desk.core.ports import Judging
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed, Rect

Mask = Callable[[], Iterable[Rect]]
"""Gives the real rectangles that are painted black, as they are now; raises DesktopError if it cannot tell."""

BY = "mask"


class MaskGate(Struct, frozen=True):
    """Refuses what would put the pointer inside a mask, drag across one, or send keys to a window that lies in one.

    `pointer` gives where it is now, in real pixels; `keys_in` whether what gets the keys lies mostly within
    rectangles of the screen. Both raise DesktopError where that cannot be told.
    """

    masks: Sequence[Mask]
    pointer: Callable[[], Point]
    keys_in: Callable[[Sequence[Rect]], bool] = lambda _rectangles: False

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        """Never asks, so it never yields. Raises DesktopError where a mask cannot be told."""
        yield from ()
        del prediction
        return self.again(placed)

    def again(self, placed: Placed) -> Refusal | None:
        """The same judgement, of how things are by now."""
        why = self._hindrance(placed.real)
        return refusal(placed, BY, why) if why else None

    def _hindrance(self, real: Action) -> str:
        where, keys = points(real), isinstance(real, TypeText | PressKeys | KeyCombo)
        if not self.masks or not (where or keys):
            return ""
        rectangles = [rect for mask in self.masks for rect in mask()]
        if not rectangles:
            return ""
        if keys:
            return "what has the keyboard is masked: it stays as it is" if self.keys_in(rectangles) else ""
        spots = [self.pointer() if point is None else point for point in where]
        if any(rect.contains(spot.x, spot.y) for rect in rectangles for spot in spots):
            return "that place is masked: it stays as it is"
        legs = pairwise(spots) if isinstance(real, Drag) else ()
        if any(crosses(start, end, rect) for start, end in legs for rect in rectangles):
            return "the way there leads across a place that is masked: drag around it"
        return ""


def crosses(start: Point, end: Point, rect: Rect) -> bool:
    """Whether the straight line between two points has a part in the rectangle (Liang and Barsky)."""
    enters, leaves = 0.0, 1.0
    for origin, way, first, size in (
        (start.x, end.x - start.x, rect.left, rect.width),
        (start.y, end.y - start.y, rect.top, rect.height),
    ):
        low, high = first - 0.5, first + size - 0.5  # a pixel is where its middle is
        if way == 0:
            if not low <= origin <= high:
                return False
            continue
        one, other = sorted(((low - origin) / way, (high - origin) / way))
        enters, leaves = max(enters, one), min(leaves, other)
    return enters <= leaves
