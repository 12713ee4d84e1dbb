"""What a tick box, a radio button or a switch looks like, and what that says of its state: on, off, or nothing. Pure.

A look that may be either, such as a square that is coloured all over, says nothing by itself; two looks at
the same box, before and after a click, may still tell which of them is which.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Literal, TypeAlias

from msgspec import Struct

from coasty_desk.models.offline.vision.pixels import Cell, Picture, hanging_together
from coasty_desk.models.offline.vision.texts import Box

Colour: TypeAlias = tuple[float, float, float]
Mark: TypeAlias = Literal["", "tick", "dot", "dash", "cross", "other"]
Rows: TypeAlias = "Sequence[Sequence[Colour]]"
Shade: TypeAlias = "Callable[[float, float], Colour]"

APART = 32
"""Colours that differ by so much (of 255) are two."""

COLOURFUL, TINTED = 38, 17
"""A colour whose parts lie so far from their mean is a colour, or one that is nearly white."""

STRONG = 96
"""A mark that stands out by so much is one; a paler one may be there to say where a mark would be."""

LIGHT, DARK = 160, 112
"""Grey that is so light is the inside of an empty box on a light page, and so dark on a dark one."""

EDGE = 20
"""Colours two pixels apart that differ by so much have an edge between them, and no shade."""

STEP = 0.3
"""From one pixel to the next, a mark's edge has so much of its contrast; a shade has less."""


class BoxLook(Struct, frozen=True):
    """A box as it is seen: its ground, the colour that fills it, and the mark in it.

    `strong` is how much the mark stands out, `ink` its colour. `framed`: it has an edge of another colour than
    its inside. `round`: it is a circle. `knob`: of a switch, 1 at its right, -1 at its left, 0 where none is seen.
    `mirrored`: it may be turned the other way round, as on pages that go from right to left.
    """

    ground: Colour
    fill: Colour
    mark: Mark = ""
    ink: Colour = (0, 0, 0)
    strong: float = 0
    framed: bool = False
    round: bool = False
    switch: bool = False
    knob: int = 0
    mirrored: bool = False

    @property
    def is_coloured(self) -> bool:
        """Whether its inside has a colour of its own."""
        return _chroma(self.fill) >= COLOURFUL and _apart(self.fill, self.ground) >= APART

    @property
    def is_empty(self) -> bool:
        """Whether its inside is that of an empty box: of the page's colour, or a grey near to it with an edge around it."""
        if _apart(self.fill, self.ground) < APART / 2:
            return True
        light = _light(self.fill)
        near = light >= LIGHT if _light(self.ground) > 128 else light <= DARK
        return self.framed and _chroma(self.fill) < TINTED and (near or light > 235)

    @property
    def state(self) -> bool | None:
        """On, off, or None where this look does not tell."""
        return self._of_switch() if self.switch else self._of_box()

    def _of_switch(self) -> bool | None:
        if self.knob == 0 or (self.knob < 0 if self.is_coloured else self.mirrored):
            return None
        return self.knob > 0

    def _of_box(self) -> bool | None:
        empty = self.is_empty
        if not self.mark:
            return False if empty else None
        clear = self.strong >= (STRONG if _chroma(self.ink) < COLOURFUL else 0.7 * STRONG)
        plain = empty or _light(self.fill) < 90 or _light(self.fill) >= LIGHT
        if self.mark == "tick":
            return True if self.is_coloured or (clear and plain) else None
        if self.mark == "dot":
            coloured = self.is_coloured or _chroma(self.ink) >= COLOURFUL
            return True if self.round and (coloured or (empty and self.strong >= APART)) else None
        if self.mark == "cross":
            return True if empty and clear and not self.round and _chroma(self.ink) < COLOURFUL else None
        return None


def look(picture: Picture, box: Box, ground: Colour | None = None) -> BoxLook:
    """The box as it is seen on the picture; `ground` is what it stands on, where that is known from before."""
    left, top, right, bottom = (round(edge) for edge in (box.left, box.top, box.right, box.bottom))
    margin = 3
    area = picture.crop((left - margin, top - margin, right + margin, bottom + margin)).convert("RGB")
    rows = _rows(area)
    ground = ground or _middle([*rows[0], *rows[-1], *(row[0] for row in rows), *(row[-1] for row in rows)])
    inside = [row[margin:-margin] for row in rows[margin:-margin]]
    if box.width > 1.4 * box.height:
        return _switch(inside, ground)
    return _box(inside, ground)


def told(before: BoxLook, after: BoxLook) -> bool | None:
    """The state after, by both looks at the same box; None where they do not tell."""
    if after.state is not None or "dash" in (before.mark, after.mark):
        return after.state
    if not differ(before, after):
        return before.state
    if after.switch:
        return _turned(before, after)
    gained = _gain(before, after)
    return None if gained == before.state else gained


def differ(one: BoxLook, other: BoxLook) -> bool:
    """Whether they are looks of two states, and not of one under a light."""
    if one.switch and one.knob * other.knob < 0:
        return True
    return one.mark != other.mark or _apart(one.fill, other.fill) >= APART or abs(one.strong - other.strong) >= STRONG


def _turned(before: BoxLook, after: BoxLook) -> bool | None:
    """A switch that has got a colour is on, that has lost it off: also one that is turned the other way round."""
    if before.knob * after.knob >= 0:
        return None
    if before.is_coloured != after.is_coloured:
        return after.is_coloured
    return after.knob > 0 if after.is_coloured else None


def _gain(before: BoxLook, after: BoxLook) -> bool | None:
    """Whether the box has got more (True) or less in it: a fill, a colour, a mark, a clearer mark."""
    return next((other for one, other in zip(_holds(before), _holds(after), strict=True) if one != other), None)


def _holds(one: BoxLook) -> tuple[bool, ...]:
    """What a box that is on has before one that is off, what tells most first. A tint may come from the focus."""
    full = not one.is_empty and (one.is_coloured or _apart(one.fill, one.ground) >= 2 * APART)
    return (
        full or one.mark == "tick",
        full and one.is_coloured,
        full and one.is_coloured and not _is_red(one.fill),
        one.mark in ("tick", "dot"),
        one.mark != "",
    )


def _box(rows: Rows, ground: Colour) -> BoxLook:
    high, wide = len(rows), len(rows[0])
    x0, y0 = (wide - 1) / 2, (high - 1) / 2
    inset = max(1.5, 0.14 * min(high, wide))
    reach = {
        (x, y): (((x - x0) / (wide / 2 - inset)) ** 2 + ((y - y0) / (high / 2 - inset)) ** 2) ** 0.5
        for y in range(high)
        for x in range(wide)
    }
    core = [at for at, far in reach.items() if far <= 1]
    rim = {at for at in core if reach[at] > 0.78}
    edge = {(x, y): rows[y][x] for x, y in rim}
    shades = (_shade(edge, x0, y0, runs=runs) for runs in (False, True))
    shade = min(shades, key=lambda one: median(_apart(colour, one(*at)) for at, colour in edge.items()))
    off = {(x, y): _apart(rows[y][x], shade(x, y)) for x, y in core}
    most = max(off.values())
    marked = {at for at, by in off.items() if by > max(APART, 0.5 * most)}
    parts = [part for part in hanging_together(marked) if len(part & rim) <= 0.6 * len(part)]
    mark = set().union(*(part for part in parts if 4 * len(part) >= max(map(len, parts))))
    sharp = any(abs(off[x, y] - off.get((x + dx, y + dy), off[x, y])) >= STEP * most for x, y in mark for dx, dy in _BY)
    fill = shade(x0, y0)
    kind: Mark = ""
    if mark and sharp and len(mark) >= max(4, 0.04 * len(core)):
        kind = _kind(mark, 2 * (min(wide, high) / 2 - inset), x0, y0)
    ink = _middle([rows[y][x] for x, y in mark if off[x, y] > 0.8 * most]) if kind else fill
    strong = max(off[at] for at in mark) if kind else 0
    return BoxLook(ground, fill, kind, ink, strong, _is_framed(rows, shade), _is_round(rows, ground))


_BY = ((1, 0), (-1, 0), (0, 1), (0, -1))


def _shade(rim: Mapping[Cell, Colour], x0: float, y0: float, *, runs: bool) -> Shade:
    """The colour at each place of the inside, which may be one that `runs` from one shade to another."""
    middle = _middle(list(rim.values()))
    if not runs:
        return lambda _x, _y: middle
    across = _slope([(x, colour) for (x, _), colour in rim.items()], x0)
    down = _slope([(y, colour) for (_, y), colour in rim.items()], y0)

    def at(x: float, y: float) -> Colour:
        red, green, blue = (m + a * (x - x0) + d * (y - y0) for m, a, d in zip(middle, across, down, strict=True))
        return red, green, blue

    return at


def _slope(line: Sequence[tuple[float, Colour]], middle: float) -> Colour:
    """By how much the colour changes from one pixel to the next."""
    low = [one for one in line if one[0] < middle]
    high = [one for one in line if one[0] > middle]
    if not low or not high:
        return (0, 0, 0)
    run = sum(at for at, _ in high) / len(high) - sum(at for at, _ in low) / len(low)
    begins, ends = _middle([colour for _, colour in low]), _middle([colour for _, colour in high])
    red, green, blue = ((b - a) / run for a, b in zip(begins, ends, strict=True))
    return red, green, blue


def _kind(mark: set[Cell], across: float, x0: float, y0: float) -> Mark:
    """What the mark is by its form."""
    left, right = min(x for x, _ in mark), max(x for x, _ in mark)
    top, bottom = min(y for _, y in mark), max(y for _, y in mark)
    wide, high = right - left + 1, bottom - top + 1
    full = len(mark) / (wide * high)
    off = max(abs((left + right) / 2 - x0), abs((top + bottom) / 2 - y0))
    centred = off <= 0.16 * across + 0.5
    if centred and high <= 0.45 * wide and wide >= 0.35 * across and full >= 0.7:
        return "dash"
    if centred and full >= 0.68 and 0.75 <= wide / high <= 1.34:
        return "dot"
    if _is_tick(mark, left, right, top, bottom, full):
        return "tick"
    flipped = ({(left + right - x, y) for x, y in mark}, {(x, top + bottom - y) for x, y in mark})
    even = all(len(mark & other) >= 0.6 * len(mark) for other in flipped)
    arms = {(round((left + right) / 2), top), (left, round((top + bottom) / 2))}
    return "cross" if even and centred and full < 0.65 and wide > 3 and not mark & arms else "other"


def _is_tick(mark: set[Cell], left: int, right: int, top: int, bottom: int, full: float) -> bool:
    """Whether it goes down a little and then up to the right."""
    wide, high = right - left, bottom - top
    if wide < 3 or high < 2 or full > 0.75:
        return False
    columns = [[y for at, y in mark if at == x] for x in range(left, right + 1)]
    if not all(columns):
        return False
    low = max(n for n, ys in enumerate(columns) if max(ys) == bottom)
    begins, ends = min(columns[0]), min(columns[-1])
    return (
        0 < low <= 0.7 * wide
        and bottom - begins >= 0.2 * high
        and begins - ends >= 0.15 * high
        and ends - top <= 0.25 * high
    )


def _switch(rows: Rows, ground: Colour) -> BoxLook:
    """A switch by its knob: the round end of a disc that reaches into the middle, or a smaller box within it at one end."""
    high, wide = len(rows), len(rows[0])
    half, near = high // 2, max(2, round(0.28 * high))
    ends, around = (half, wide - 1 - half), range(-near, near + 1)
    colours = [_middle([rows[half + dy][x + dx] for dy in around for dx in around]) for x in ends]
    arcs = [_arc(rows, x, way) for x, way in zip(ends, (1, -1), strict=True)]
    knob = 0
    if max(arcs) >= EDGE and min(arcs) < 0.75 * max(arcs):
        knob = -1 if arcs[0] > arcs[1] else 1
    elif _apart(*colours) >= 0.7 * APART:
        within = [_is_within(rows, x, ends[1 - n]) for n, x in enumerate(ends)]
        knob = within[1] - within[0]
    return BoxLook(ground, colours[0] if knob > 0 else colours[1], switch=True, knob=knob, framed=True)


def _arc(rows: Rows, end: int, way: int) -> float:
    """How sharp an edge is that goes round an end, on its inner side."""
    high = len(rows)
    best = 0.0
    for x, y in ((end + dx, (high - 1) / 2 + dy) for dx in range(-3, 4) for dy in (-2, 0, 2)):
        for radius in (n / 2 for n in range(round(0.5 * high), high + 3)):
            steps = sorted(
                _apart(
                    _at(rows, x + way * (radius - 1) * across, y + (radius - 1) * down),
                    _at(rows, x + way * (radius + 1) * across, y + (radius + 1) * down),
                )
                for across, down in _ROUND
            )
            best = max(best, steps[1])
    return best


_ROUND = [(math.cos(math.radians(at)), math.sin(math.radians(at))) for at in range(-60, 61, 20)]


def _at(rows: Rows, x: float, y: float) -> Colour:
    return rows[min(max(round(y), 0), len(rows) - 1)][min(max(round(x), 0), len(rows[0]) - 1)]


def _is_within(rows: Rows, x: int, other: int) -> bool:
    """Whether what comes after the colour of an end, above and below, is what fills the other end there."""
    high = len(rows)
    half, near = high // 2, max(1, high // 6)
    ways = ([row[x] for row in rows[half::-1]], [row[x] for row in rows[half:]])
    reach = max(
        next(
            (n for n, (one, two) in enumerate(zip(way, way[2:], strict=False), 1) if _apart(one, two) >= EDGE), len(way)
        )
        for way in ways
    )
    beyond = [*range(1, half - reach), *range(half + reach + 2, high - 1)]
    like = sum(
        min(_apart(rows[y][x], rows[y][at]) for at in (other - near, other, other + near)) < APART for y in beyond
    )
    return len(beyond) > 1 and like >= 0.8 * len(beyond)


def _is_framed(rows: Rows, shade: Shade) -> bool:
    """Whether it has edges of another colour than the inside: at three of its sides, or above and at the left."""
    high, wide = len(rows), len(rows[0])
    across, down = range(wide // 3, wide - wide // 3), range(high // 3, high - high // 3)
    sides = (
        [[(x, y) for y in (0, 1)] for x in across],
        [[(x, high - 1 - y) for y in (0, 1)] for x in across],
        [[(x, y) for x in (0, 1)] for y in down],
        [[(wide - 1 - x, y) for x in (0, 1)] for y in down],
    )
    found = [median(max(_apart(rows[y][x], shade(x, y)) for x, y in place) for place in side) for side in sides]
    edges = [by >= 0.7 * APART for by in found]
    return sum(edges) > 2 or (edges[0] and edges[2])  # a box that is sunk has the other two in the light


def _is_round(rows: Rows, ground: Colour) -> bool:
    """Whether, going in from its corners, the ground goes on as far as with a circle."""
    high, wide = len(rows), len(rows[0])
    reach = []
    for turned in (rows, [row[::-1] for row in rows]):
        for corner in (turned, turned[::-1]):
            way = (corner[n][n] for n in range(min(high, wide) // 3))
            reach.append(next((n for n, colour in enumerate(way) if _apart(colour, ground) > APART), 99))
    return sorted(reach)[1] >= 0.105 * min(high, wide)


def _rows(picture: Picture) -> list[list[Colour]]:
    values, wide = picture.tobytes(), picture.width
    pixels = list(zip(values[::3], values[1::3], values[2::3], strict=True))
    return [list(pixels[at : at + wide]) for at in range(0, len(pixels), wide)]


def _middle(colours: Sequence[Colour]) -> Colour:
    red, green, blue = (median(part) for part in zip(*colours, strict=True))
    return red, green, blue


def _apart(one: Colour, other: Colour) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _light(colour: Colour) -> float:
    return 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]


def _chroma(colour: Colour) -> float:
    mean = sum(colour) / 3
    return max(abs(part - mean) for part in colour)


def _is_red(colour: Colour) -> bool:
    """Red and orange: also what is off, or wrong, may have it."""
    red, green, blue = colour
    return _chroma(colour) >= COLOURFUL and red > blue and red > 1.25 * green
