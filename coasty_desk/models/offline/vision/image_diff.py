"""Where two screenshots differ, as a few boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from coasty_desk.models.offline.vision.pixels import Cell, Picture, hanging_together
from coasty_desk.models.offline.vision.texts import Box

CELL = 16
"""Changes are looked for in squares of so many pixels; squares that touch are one box."""

CONTRAST = 12
"""A pixel that differs so much (of 255) has changed."""

CARET = 4
"""A change no wider than this, in pixels, is the blinking of a caret."""

LEAST_LINE = 8
"""A caret is at least so high, in pixels."""

DOT = 3
"""What is lower than a caret, and at least so wide and so high, in pixels, is a sign."""


def changes(before: Picture, after: Picture, without: Sequence[Box] = ()) -> list[Box]:
    """The boxes around what differs by more than a caret, to the pixel; everything, where the sizes differ."""
    return [box for box in every_change(before, after, without) if box.width > CARET or _is_dot(box)]


def every_change(before: Picture, after: Picture, without: Sequence[Box] = ()) -> list[Box]:
    """The same with carets."""
    if before is after:
        return []
    if before.size != after.size:
        return [Box(0, 0, after.width, after.height)]
    return [exactly(before, after, box) for box in boxes(before, after, without)]


def _is_dot(box: Box) -> bool:
    """Whether it is too low for a caret, and a sign: of a text that is not saved there may be no other."""
    return box.width >= DOT and DOT <= box.height < LEAST_LINE


def boxes(before: Picture, after: Picture, without: Sequence[Box] = ()) -> list[Box]:
    """The boxes around what differs, in cells, none meeting another; `without` is not looked at. The pictures are of one size."""
    from PIL import Image as Pictures

    mask = _mask(before, after)
    for box in without:
        mask.paste(0, box.corners)
    if mask.getbbox() is None:
        return []
    across, down = -(-mask.width // CELL), -(-mask.height // CELL)
    padded = Pictures.new("L", (across * CELL, down * CELL))
    padded.paste(mask)
    cells = padded.reduce(CELL).point([0] + [255] * 255).tobytes()
    changed = {(index % across, index // across) for index, cell in enumerate(cells) if cell}
    return apart(_in_pixels(group) for group in hanging_together(changed, across=2))


def apart(found: Iterable[Box], near: float = 0) -> list[Box]:
    """The boxes, joined where they meet, or are less than so many pixels from each other."""
    made: list[Box] = []
    for box in found:
        whole = box
        while meeting := [other for other in made if other.meets(whole.grown(near))]:
            made = [other for other in made if other not in meeting]
            for other in meeting:
                whole = whole.with_(other)
        made.append(whole)
    return made


def _in_pixels(group: Iterable[Cell]) -> Box:
    columns, rows = zip(*group, strict=True)
    return Box(min(columns) * CELL, min(rows) * CELL, (max(columns) + 1) * CELL, (max(rows) + 1) * CELL)


def exactly(before: Picture, after: Picture, where: Box) -> Box:
    """The box around what differs within another; one without an inside where nothing does."""
    found = _mask(before.crop(where.corners), after.crop(where.corners)).getbbox() or (0, 0, 0, 0)
    return Box(*found).moved(where.left, where.top)


def share(before: Picture, after: Picture, where: Box) -> float:
    """How much of all pixels there, from 0 to 1, have changed; the pictures are of one size."""
    counts = _mask(before.crop(where.corners), after.crop(where.corners)).histogram()
    return counts[255] / max(1, sum(counts))


def _mask(before: Picture, after: Picture) -> Picture:
    """255 where they differ, else 0."""
    from PIL import ImageChops

    difference = ImageChops.difference(before, after).convert("L")
    return difference.point([255 if value > CONTRAST else 0 for value in range(256)])
