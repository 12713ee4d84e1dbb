"""Where in a line of text the ink is: the gaps tell what the engine has joined.

Engines read `File  Edit  View` as one line. A gap in the ink that is wider than a space
between words parts the line into the things that it is made of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise

from coasty_desk.models.offline.vision.outlines import words_in_outlines
from coasty_desk.models.offline.vision.pixels import Picture, Run, runs, unlike
from coasty_desk.models.offline.vision.texts import Box, Text, spread, weight

CONTRAST = 36
"""A pixel that differs so much (of 255) from the background is ink."""

PLAIN = 0.3
"""A ground that takes less of the line than this is no plain one: a title bar's shades, a picture."""

WALL = 0.95
"""A column that is inked in so much of its height is no letter but a wall, or another ground."""

_LINE = re.compile(rb"\x01{40,}")
"""Ink that goes on for so many pixels in one row is no letter."""

TALLER, ROUND = 1.12, 0.99
"""A tick box is so many times as high as a capital; one as high will do where the engine has left a blank for it."""

_BRACKET = re.compile(r"[()\[\]{}|]")
_BRACKETED = re.compile(r"(?<=\S )[(\[{|]|[)\]}|](?= \S)")
"""What the outlines of buttons in a line may have been read as."""

_BLANK = re.compile(r"^ |  ")

APART = 3
"""A tick box has at least so many pixels of ground on either side; letters stand closer."""

BORDER = 4
"""A wall is no wider than so many pixels."""

GAP = 1.2
"""A gap wider than so many times the height of a capital parts two things; a space is 0.4 to 1.1 times as wide."""

_TICK = re.compile(r"[vV√✓✔☑□■口回图区](?=\w)")
"""What engines read a tick box as that stands before a text, if not as a character of its own."""

BEYOND = 3
"""A wall goes on for so many pixels above and below the line."""


def parted(line: Text, image: Picture) -> list[Text]:
    """The line as the things that it is made of, each with its own box."""
    if _BRACKETED.search(line.text) and (framed := words_in_outlines(line.box, image)):
        return _shared_out(Text(_BRACKET.sub(" ", line.text).strip(), line.box, line.confidence), framed)
    groups, ticked = _groups(line.box, image, ROUND if _BLANK.search(line.text) else TALLER)
    if not groups:
        return [line]
    if ticked and _TICK.match(line.text):
        line = Text(line.text[1:], line.box, line.confidence)
    if len(groups) == 1 or len(line.text.strip()) < len(groups):
        left, right = groups[0][0], groups[-1][1]
        tight = Box(min(left, line.box.right - 1), line.box.top, right, line.box.bottom)
        return [Text(line.text, tight, line.confidence, tuple(spread(line.text, left, right)))]
    return _shared_out(line, groups)


def _groups(box: Box, image: Picture, taller: float) -> tuple[list[Run], bool]:
    """What of the line hangs together, in frame pixels, and whether a tick box stands before it all.

    It is parted by wide gaps, by walls and tick boxes, and where another ground begins. `taller`: a
    tick box is at least so many times as high as a capital.
    """
    area = box.grown(0, BEYOND).within(Box(0, 0, image.width, image.height)).corners
    left, crop = area[0], image.crop(area).convert("L")
    if crop.width < 2 or crop.height < 2 * BEYOND + 2:
        return [], False
    inked = _inked(crop)
    solid = [max(map(len, column.split(b"\0"))) for column in _columns(inked)]
    full = [tall >= WALL * crop.height for tall in solid]
    # underlines, and the upper and lower edges of fields and buttons, are no ink
    bare = [_LINE.sub(lambda line: bytes(len(line[0])), row) for row in inked]
    inner = [column[BEYOND:-BEYOND] for column in _columns(bare)]
    high = _capital([c for c, wall, box in zip(inner, full, _drawn(inner), strict=True) if not wall and not box])
    for start, end in runs([tall > 1.25 * max(high, 6) for tall in solid]):
        if end - start > 3 * BORDER:
            full[start:end] = [True] * (end - start)
    groups = [(s, e) for s, e in runs(full) if e - s > 2 * BORDER]
    for start, end in runs(full, wanted=False):
        inks = [(start + s, start + e) for s, e in runs([any(column) for column in inner[start:end]])]
        groups += _hanging_together(inks, inner, high, taller)
    first = min((start for start, _ in groups), default=0)
    ticked = any(any(column) for column in inner[: max(0, first - APART)])
    return [(left + start, left + end) for start, end in sorted(groups)], ticked


def _drawn(columns: Sequence[bytes]) -> list[bool]:
    """Which columns are of squares with four sides, or full ones: no letters, and higher than those beside them."""
    boxed = [False] * len(columns)
    inks = runs([any(column) for column in columns])
    for start, end in inks if len(inks) > 1 else []:
        top, bottom = _reach(columns[start:end])
        tall, wide = bottom - top, end - start
        if not _is_square(wide, tall):
            continue
        square = [column[top:bottom] for column in columns[start:end]]
        sides = (square[0], square[-1], bytes(c[0] for c in square), bytes(c[-1] for c in square))
        if all(side.count(1) >= 0.6 * len(side) for side in sides) or sum(map(sum, square)) >= 0.7 * tall * wide:
            boxed[start:end] = [True] * wide
    return boxed


def _reach(columns: Sequence[bytes]) -> Run:
    """The rows that the ink in the columns, of which there is some, goes over."""
    rows = [y for y in range(len(columns[0])) if any(column[y] for column in columns)]
    return rows[0], rows[-1] + 1


def _is_square(wide: int, tall: int) -> bool:
    """Whether it has the size and the shape of a tick box."""
    return 10 <= tall <= 34 and 0.85 <= wide / tall <= 1.18


def _capital(columns: Sequence[bytes]) -> int:
    """How high capitals are: what one column in ten reaches."""
    reach = sorted(len(inked) for column in columns if (inked := column.strip(b"\0")))
    return reach[int(len(reach) * 0.9)] if reach else 0


def _hanging_together(inks: Sequence[Run], columns: Sequence[bytes], high: int, taller: float) -> list[Run]:
    """The runs of ink, joined over narrow gaps; a tick box or an edge parts what is before it from what is after it."""
    groups: list[Run] = []
    parted_here = True
    for at, (start, end) in enumerate(inks):
        before = start - inks[at - 1][1] if at else high
        after = inks[at + 1][0] - end if at + 1 < len(inks) else high
        no_letter = _is_tick_box(columns[start:end], taller * high) or _is_edge(columns[start:end], high)
        if no_letter and min(before, after) >= APART and len(inks) > 1:
            parted_here = True
            continue
        if not parted_here and before <= max(7.0, GAP * high):
            groups[-1] = (groups[-1][0], end)
        else:
            groups.append((start, end))
        parted_here = False
    return groups


def _is_edge(columns: Sequence[bytes], high: int) -> bool:
    """Whether the ink is a line down, longer than any letter: the side of a field."""
    return len(columns) <= BORDER and any(max(map(len, column.split(b"\0"))) > 1.25 * high for column in columns)


def _is_tick_box(columns: Sequence[bytes], least: float) -> bool:
    """Whether the ink is as wide as it is high, and higher than `least`: an empty box or circle, or a full one."""
    top, bottom = _reach(columns)
    return _is_square(len(columns), bottom - top) and bottom - top > least


def _inked(crop: Picture) -> list[bytes]:
    """Each row with 1 where there is ink, 0 for the ground: the commonest value, or the row's own where it runs from one shade to another."""
    histogram, pixels, width = crop.histogram(), crop.tobytes(), crop.width
    ground = histogram.index(max(histogram))
    plain = histogram[ground] >= PLAIN * len(pixels)
    rows = [pixels[at : at + width] for at in range(0, len(pixels), width)]
    return [row.translate(unlike(ground if plain else sorted(row)[width // 2], CONTRAST)) for row in rows]


def _columns(rows: Sequence[bytes]) -> list[bytes]:
    pixels, width = b"".join(rows), len(rows[0])
    return [pixels[x::width] for x in range(width)]


def _shared_out(line: Text, groups: list[Run]) -> list[Text]:
    """Give each group of ink its characters, in proportion to its width, cutting at spaces where there are any."""
    text = line.text
    total = sum(weight(c) for c in text if not c.isspace()) or 1.0
    width = sum(end - start for start, end in groups) or 1
    cuts, done = [0], 0.0
    for index, (start, end) in enumerate(groups[:-1]):
        done += (end - start) / width * total
        left_over = len(groups) - index - 1
        cuts.append(_cut(text, cuts[-1] + 1, len(text) - left_over, done))
    cuts.append(len(text))
    made = []
    for (start, end), (first, last) in zip(groups, pairwise(cuts), strict=True):
        said = text[first:last].strip()
        if said:
            box = Box(start, line.box.top, end, line.box.bottom)
            made.append(Text(said, box, line.confidence, tuple(spread(said, start, end))))
    return made


def _cut(text: str, first: int, last: int, share: float) -> int:
    """The place between `first` and `last` where `share` of the ink is to the left, at a space if one is near."""
    ink = [0.0, *accumulate(0 if c.isspace() else weight(c) for c in text)]

    def price(at: int) -> float:
        before, after = text[at - 1], text[at : at + 1] or " "
        if before.isspace() or after.isspace():
            return abs(ink[at] - share)
        return abs(ink[at] - share) + (0.4 if before.islower() and after.isupper() else 1.6)

    return min(range(first, max(last, first) + 1), key=price)
