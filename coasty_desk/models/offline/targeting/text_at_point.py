"""The text under the pointer, read off the screen, for the question whether a click is risky."""

from __future__ import annotations

from collections.abc import Callable

from coasty_desk.core.actions import Point
from coasty_desk.core.errors import UsageError
from coasty_desk.core.scaling import Rect
from coasty_desk.models.offline.vision.engines import EngineLoader, ReadingEngine, best_engine

AROUND = (420, 160)
"""Width and height in real pixels of what is read: a button and its neighbours."""

REACH = (28, 12)
"""So far from its text, in real pixels, a button still belongs to it."""


class TextAtPoint:
    """Gives the text at a real pixel, empty where there is none or nobody can read it. The engine is loaded from the start."""

    def __init__(
        self,
        picture: Callable[[Rect], bytes],
        shows: Callable[[], Rect],
        load: Callable[[], ReadingEngine] = best_engine,
    ) -> None:
        """`picture` gives a PNG of a real rectangle as it is now, `shows` the monitor's rectangle."""
        self._picture = picture
        self._shows = shows
        self._engine = EngineLoader(load)

    def __call__(self, point: Point) -> str:
        """Raises DesktopError where the screen cannot be seen."""
        try:
            engine = self._engine()
        except UsageError:
            return ""  # what cannot be read is not known, and the other rules still hold
        area = self._shows().around((point,), *AROUND)
        x, y = point.x - area.left, point.y - area.top
        lines = [line for line in engine.lines(self._picture(area)) if line.box.grown(*REACH).holds(x, y)]
        nearest = min(lines, key=lambda line: abs(line.box.centre.x - x) + abs(line.box.centre.y - y), default=None)
        return "" if nearest is None else nearest.text
