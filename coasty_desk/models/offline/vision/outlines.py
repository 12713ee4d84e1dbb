"""Narrow buttons side by side, whose outlines an engine reads as brackets of one line: `Yes (No) Later`."""

from __future__ import annotations

from coasty_desk.models.offline.vision.pixels import Picture, hanging_together, most, runs, unlike
from coasty_desk.models.offline.vision.texts import Box

INK = 70
"""An outline differs from its ground by so much (of 255)."""

AROUND = 6
"""It lies no further around the letters, in pixels, than this."""

TALL = 0.6
"""It is at least so many times as high as the line was read to be."""

FLAT = 0.4
"""So much of an outline's width is a straight line, above and below the letters."""

SIDE = 0.25
"""At half of its height it has ink only in so much of its width at either end."""


def words_in_outlines(line: Box, picture: Picture) -> list[tuple[int, int]]:
    """From where to where, in frame pixels, the letters in each outline of the line go; empty where there are no two, or letters beside them."""
    area = line.grown(AROUND).within(Box(0, 0, picture.width, picture.height)).corners
    grey = picture.crop(area).convert("L")
    width, pixels = grey.width, grey.tobytes()
    inked = pixels.translate(unlike(most(pixels), INK))
    cells = {(at % width, at // width) for at, ink in enumerate(inked) if ink}
    groups = [set(group) for group in hanging_together(cells)]
    outlines = [group for group in groups if _is_outline(group, line.height)]
    letters = [
        _across(group)
        for group in groups
        if group not in outlines and _lies(group, line.top - area[1], line.bottom - area[1])
    ]
    found = []
    for left, right in sorted(map(_across, outlines)):
        inside = [(start, end) for start, end in letters if left < start and end < right]
        if inside:
            found.append((area[0] + min(inside)[0], area[0] + max(end for _, end in inside)))
    held = sum(left < start and end < right for start, end in letters for left, right in map(_across, outlines))
    return found if len(found) > 1 and held == len(letters) else []


def _is_outline(group: set[tuple[int, int]], high: float) -> bool:
    """Whether it goes around something: flat above and below, with nothing of its own between its two sides."""
    left, right = _across(group)
    top, bottom = min(y for _, y in group), max(y for _, y in group) + 1
    wide, middle = right - left, (top + bottom) // 2
    if bottom - top < TALL * high or wide < bottom - top:
        return False
    for row in (top, bottom - 1):
        flat = runs([(x, row) in group for x in range(left, right)])
        if max(end - start for start, end in flat) < FLAT * wide:
            return False
    return not any((x, middle) in group for x in range(round(left + SIDE * wide), round(right - SIDE * wide)))


def _across(group: set[tuple[int, int]]) -> tuple[int, int]:
    return min(x for x, _ in group), max(x for x, _ in group) + 1


def _lies(group: set[tuple[int, int]], top: float, bottom: float) -> bool:
    """Whether it lies in the line: no frame around all of it, and no part of what is above or below."""
    rows = [y for _, y in group]
    return top <= min(rows) and max(rows) <= bottom
