"""Where two screenshots differ, as a few boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from coasty_desk.models.offline.vision.texts import Box

if TYPE_CHECKING:
    from PIL.Image import Image

CELL = 16
"""Changes are looked for in squares of so many pixels; squares that touch are one box."""

CONTRAST = 12
"""A pixel that differs so much (of 255) has changed."""


def boxes(before: Image, after: Image, without: Sequence[Box] = ()) -> list[Box]:
    """The boxes around what differs, in pixels, none meeting another; `without` is not looked at. The pictures are of one size."""
    from PIL import Image as Pictures
    from PIL import ImageChops

    difference = ImageChops.difference(before, after).convert("L")
    if difference.getbbox() is None:
        return []
    mask = difference.point([255 if value > CONTRAST else 0 for value in range(256)])
    for box in without:
        mask.paste(0, (int(box.left), int(box.top), int(box.right), int(box.bottom)))
    across, down = -(-mask.width // CELL), -(-mask.height // CELL)
    padded = Pictures.new("L", (across * CELL, down * CELL))
    padded.paste(mask)
    cells = padded.reduce(CELL).point([0] + [255] * 255).tobytes()
    return apart([_in_pixels(group) for group in _groups(cells, across)])


def apart(found: list[Box]) -> list[Box]:
    """The boxes, joined where they meet."""
    made: list[Box] = []
    for box in found:
        grown = box
        while meeting := [other for other in made if other.meets(grown)]:
            made = [other for other in made if other not in meeting]
            for other in meeting:
                grown = grown.with_(other)
        made.append(grown)
    return made


def _groups(cells: bytes, across: int) -> list[list[tuple[int, int]]]:
    """The changed cells as (column, row), in groups that touch, also with one cell between them."""
    left = {(index % across, index // across) for index, cell in enumerate(cells) if cell}
    groups = []
    while left:
        reached = [left.pop()]
        for column, row in reached:
            near = {(column + x, row + y) for x in (-2, -1, 0, 1, 2) for y in (-1, 0, 1)} & left
            left -= near
            reached.extend(near)
        groups.append(reached)
    return groups


def _in_pixels(group: list[tuple[int, int]]) -> Box:
    columns, rows = [column for column, _ in group], [row for _, row in group]
    return Box(min(columns) * CELL, min(rows) * CELL, (max(columns) + 1) * CELL, (max(rows) + 1) * CELL)


def exactly(before: Image, after: Image, where: Box) -> Box:
    """The box around what differs within a box that `boxes` gave."""
    from PIL import ImageChops

    part = (int(where.left), int(where.top), int(where.right), int(where.bottom))
    difference = ImageChops.difference(before.crop(part), after.crop(part)).convert("L")
    found = difference.point([255 if value > CONTRAST else 0 for value in range(256)]).getbbox()
    left, top, right, bottom = found or (0, 0, 0, 0)
    return Box(where.left + left, where.top + top, where.left + right, where.top + bottom)
