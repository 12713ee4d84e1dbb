"""What is left of a rectangle under others, pixel by pixel."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.imaging.visible_area import area, uncovered

RECTS = st.builds(Rect, st.integers(-3, 12), st.integers(-3, 12), st.integers(0, 8), st.integers(0, 8))


def _pixels(rect: Rect) -> set[tuple[int, int]]:
    across, down = range(rect.left, rect.left + rect.width), range(rect.top, rect.top + rect.height)
    return {(x, y) for x in across for y in down}


@given(RECTS, st.lists(RECTS, max_size=5))
def test_each_pixel_that_nothing_covers_is_in_one_of_the_rectangles(rect: Rect, covers: list[Rect]) -> None:
    """In exactly one, and no other pixel is in any."""
    left = uncovered(rect, covers)
    wanted = _pixels(rect) - set().union(*map(_pixels, covers))
    assert set().union(*map(_pixels, left)) == wanted
    assert area(left) == len(wanted)
