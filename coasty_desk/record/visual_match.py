"""Is what was clicked then still there, and where? The picture around a place, looked for on another screenshot.

Two pictures are compared by how far their grey levels lie apart, as a part of how far the
sought one's own levels lie apart: a pale label counts as much as a bold one. The wide picture
around the place finds it again, the narrow one tells whether it still says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from coasty_desk.record.report import small_pictures

if TYPE_CHECKING:
    from PIL.Image import Image

REACH = 96
"""Sent pixels to each side in which a target is looked for."""

NARROW = ((20, 8), (36, 8))
WIDE = ((48, 30), (80, 50), (140, 90))
"""Half sizes of the pictures that are compared: of each the first that has something to see in it.

The narrow one is a line of text's height: the frame of a field, drawn otherwise where the field has the focus, is out of it.
"""

CONTRAST = 5.0
"""Mean distance of a picture's grey levels (of 255) from their mean, from which there is something to see."""

WIDE_ALIKE = 0.40
NARROW_ALIKE = 0.22
EXACT = 0.02
CHANGED_ABOUT = 0.75
"""Distances, as parts of the contrast, up to which it is the same. Of a label of 14 real pixels, shrunk by a third:
0.14 at worst after any move, 0.30 at least where it says something else. `EXACT`: nothing else need be
looked at. `CHANGED_ABOUT`: it says the same where it was, whatever happened around it (a field has the focus now)."""

HOVER = 24
"""Grey levels that the narrow picture as a whole may be brighter or darker: what the pointer rests on lights up."""

SAME_PLACE = 12.0
"""Distance in grey levels up to which a place with nothing to see in it is unchanged."""

COARSE = 4
"""The first look is at pictures shrunk so much."""

CANDIDATES = 6
LOOKED_AT = 60
"""Places that are looked at pixel by pixel, and those of them that are read."""

LIKENESS = (48, 27)
"""Two screens are compared as a whole at this size."""


class VisualMatch(Struct, frozen=True):
    """The target lies `dx`, `dy` sent pixels from where it was; `distance` is 0 where all around it looks exactly the same."""

    dx: int
    dy: int
    distance: float


def grey(image: bytes) -> Image:
    """An encoded screenshot for comparing: grey, and softened, so that a part of a pixel's shift is no difference.

    Raises ValueError for what is none.
    """
    from PIL import ImageFilter  # noqa: PLC0415 - importing this module must not load a library

    picture = small_pictures.opened(image)
    if picture is None:
        message = "it is no screenshot"
        raise ValueError(message)
    return picture.convert("L").filter(ImageFilter.BoxBlur(1))


def find(then: Image, now: Image, x: float, y: float, near: Iterable[tuple[int, int]] = ()) -> VisualMatch | None:
    """What was at `x`, `y` of `then`, on `now`; both from `grey` and of one size. None where it is not there.

    It is looked for within `REACH` pixels of where it was and of each place that is `near`
    (pixels from there: where other things have moved to); of equals the one that moved like the first of these.
    """
    at = round(x), round(y)
    wide, narrow = _Sought.around(then, at, WIDE), _Sought.around(then, at, NARROW)
    starts = [*dict.fromkeys(near), (0, 0)]
    if wide.contrast < CONTRAST:
        unchanged = (VisualMatch(*start, 0.0) for start in starts if wide.levels_apart(now, *start) <= SAME_PLACE)
        return next(unchanged, None)
    return (
        _likeliest(wide, narrow, now, starts, EXACT)
        or _likeliest(wide, narrow, now, [starts[0], *_near(wide, now, starts)], WIDE_ALIKE)
        or _likeliest(wide, narrow, now, starts, CHANGED_ABOUT)
    )


def _likeliest(
    wide: _Sought, narrow: _Sought, now: Image, places: list[tuple[int, int]], within: float
) -> VisualMatch | None:
    """The likeliest of these places that reads the same; of equals the nearest to the first."""
    found = (VisualMatch(dx, dy, wide.levels_apart(now, dx, dy) / wide.contrast) for dx, dy in dict.fromkeys(places))
    ranked = sorted(
        (one for one in found if one.distance <= within),
        key=lambda one: (round(one.distance, 2), abs(one.dx - places[0][0]) + abs(one.dy - places[0][1])),
    )
    return next((one for one in ranked[:LOOKED_AT] if narrow.reads_the_same(now, one.dx, one.dy)), None)


def alike(then: Image, now: Image, hidden: Iterable[tuple[float, float, float, float]] = ()) -> float:
    """Which part (0-1) of the screen is roughly as it was, not counting what is `hidden` (left, top, right, bottom) in one of the two."""
    from PIL import Image as Pillow  # noqa: PLC0415 - see above
    from PIL import ImageChops, ImageDraw  # noqa: PLC0415

    counts = Pillow.new("L", LIKENESS, 255)
    across, down = LIKENESS[0] / then.width, LIKENESS[1] / then.height
    for left, top, right, bottom in hidden:
        ImageDraw.Draw(counts).rectangle((left * across, top * down, right * across, bottom * down), fill=0)
    levels = ImageChops.difference(then.resize(LIKENESS), now.resize(LIKENESS)).histogram(counts)
    return sum(levels[:32]) / max(sum(levels), 1)


class _Sought(Struct, frozen=True):
    """A sought picture, and its upper left corner's place on the screenshot that it is from."""

    picture: Image
    left: int
    top: int
    contrast: float

    @classmethod
    def around(cls, then: Image, at: tuple[int, int], sizes: Iterable[tuple[int, int]]) -> _Sought:
        x, y = at
        for half_width, half_height in sizes:
            left, top = max(x - half_width, 0), max(y - half_height, 0)
            picture = then.crop((left, top, min(x + half_width, then.width), min(y + half_height, then.height)))
            sought = cls(picture, left, top, _contrast(picture))
            if sought.contrast >= CONTRAST:
                break
        return sought

    def on(self, now: Image, dx: int, dy: int) -> Image | None:
        """As much of `now`, moved so many pixels; None where that is off the screen."""
        left, top = self.left + dx, self.top + dy
        right, bottom = left + self.picture.width, top + self.picture.height
        inside = left >= 0 and top >= 0 and right <= now.width and bottom <= now.height
        return now.crop((left, top, right, bottom)) if inside else None

    def levels_apart(self, now: Image, dx: int, dy: int) -> float:
        there = self.on(now, dx, dy)
        return float("inf") if there is None else _distance(self.picture, there)

    def reads_the_same(self, now: Image, dx: int, dy: int) -> bool:
        """Whether it is the same but for its brightness, within a pixel of there."""
        if self.contrast < CONTRAST:
            return self.levels_apart(now, dx, dy) <= SAME_PLACE
        mean = _mean(self.picture.histogram())
        for x, y in _around(dx, dy, 1):
            there = self.on(now, x, y)
            if there is None:
                continue
            lit = max(-HOVER, min(round(mean - _mean(there.histogram())), HOVER))
            if _distance(self.picture, _lit(there, lit)) <= NARROW_ALIKE * self.contrast:
                return True
        return False


def _near(sought: _Sought, now: Image, starts: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Places around the best matches of the shrunk pictures, of each start."""
    small = _Sought(sought.picture.reduce(COARSE), 0, 0, 1.0)
    width, height = sought.picture.width + 2 * REACH, sought.picture.height + 2 * REACH
    for x, y in starts:
        left, top = sought.left + x - REACH, sought.top + y - REACH
        field = now.crop((left, top, left + width, top + height)).reduce(COARSE)
        across, down = field.width - small.picture.width + 1, field.height - small.picture.height + 1
        scored = sorted((small.levels_apart(field, dx, dy), dx, dy) for dx in range(across) for dy in range(down))
        for _, dx, dy in scored[:CANDIDATES]:
            yield from _around(x - REACH + dx * COARSE, y - REACH + dy * COARSE, COARSE)


def _around(x: int, y: int, reach: int) -> Iterator[tuple[int, int]]:
    """The place itself first, then those so near."""
    yield x, y
    yield from ((x + i, y + j) for i in range(-reach, reach + 1) for j in range(-reach, reach + 1) if i or j)


def _lit(picture: Image, levels: int) -> Image:
    return picture.point([min(max(level + levels, 0), 255) for level in range(256)])


def _distance(one: Image, other: Image) -> float:
    from PIL import ImageChops  # noqa: PLC0415 - see above

    return _mean(ImageChops.difference(one, other).histogram())


def _contrast(picture: Image) -> float:
    levels = picture.histogram()
    mean, count = _mean(levels), max(sum(levels), 1)
    return sum(abs(level - mean) * times for level, times in enumerate(levels)) / count


def _mean(levels: list[int]) -> float:
    return sum(level * times for level, times in enumerate(levels)) / max(sum(levels), 1)
