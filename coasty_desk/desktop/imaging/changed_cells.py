"""Where two looks at the screen differ, in cells of 16 by 16 pixels.

A set of cells is one integer with a byte a cell, 0 or 1: union is `|`, difference `& ~`, size
`bit_count()`; sets of the same screen alone may be compared.
"""

from __future__ import annotations

from coasty_desk.core.scaling import Size

CELL = 16
"""Pixels of a cell's side."""

_FINE = 4
"""Pixels of the side of the squares whose mean difference is looked at first; less than half a shade of 255 is noise."""

_ONE_WHERE_ANY = bytes([0] + [1] * 255)

Cells = int


def changed(before: bytes | bytearray, after: bytes | bytearray, size: Size) -> Cells:
    """The cells that differ between two screenshots of `size`, 4 bytes a pixel."""
    return compared(before, after, size)[0]


def compared(before: bytes | bytearray, after: bytes | bytearray, size: Size) -> tuple[Cells, int]:
    """The same, and by how many shades of 255 the square of 4 by 4 pixels differs that differs most."""
    if before == after:
        return 0, 0
    if len(before) != len(after):
        return everything(size), 255
    from PIL import Image, ImageChops

    whole = (4 * size.width, size.height)
    pictures = (Image.frombuffer("L", whole, raw, "raw", "L", 0, 1) for raw in (before, after))
    difference = ImageChops.difference(*pictures)
    left, top, right, bottom = difference.getbbox() or (0, 0, 0, 0)
    left, top = left - left % (4 * CELL), top - top % CELL  # most changes are small: the rest is not looked at again
    fine = difference.reduce((4 * _FINE, _FINE), (left, top, right, bottom))
    coarse = fine.point(_LOUD).reduce(CELL // _FINE)
    cells = Image.new("L", (-(-size.width // CELL), -(-size.height // CELL)))
    cells.paste(coarse, (left // (4 * CELL), top // CELL))
    shades = max(shade for shade, squares in enumerate(fine.histogram()) if squares)
    return int.from_bytes(cells.tobytes().translate(_ONE_WHERE_ANY), "little"), shades


def total(size: Size) -> int:
    """How many cells a screen has."""
    return -(-size.width // CELL) * -(-size.height // CELL)


def everything(size: Size) -> Cells:
    """All cells of a screen."""
    return int.from_bytes(bytes([1]) * total(size), "little")


_LOUD = [0] + [255] * 255


class Tally:
    """How often each cell has changed: what changes again and again in the same place is restless."""

    def __init__(self, cells: int) -> None:
        self._length = cells
        self._counts = 0
        self._added = 0

    def add(self, cells: Cells) -> None:
        """Count these once more."""
        if self._added < 255:  # a byte holds no more
            self._counts += cells
            self._added += 1

    def changed(self, times: int) -> Cells:
        """Those that have changed as often as that, or more."""
        enough = bytes(times) + bytes([1] * (256 - times))
        return int.from_bytes(self._counts.to_bytes(self._length, "little").translate(enough), "little")
