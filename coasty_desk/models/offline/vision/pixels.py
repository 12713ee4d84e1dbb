"""A picture's pixels as bytes: what differs from a ground, and how far it goes on. Pure."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from PIL.Image import Image

Picture: TypeAlias = "Image"
"""A picture of pillow's, which is loaded with the first one."""

Run: TypeAlias = tuple[int, int]
"""The first and one past the last of some that follow each other."""

Cell: TypeAlias = tuple[int, int]
"""A column and a row."""


def encoded(picture: Picture) -> bytes:
    """The picture for an engine to read: not compressed."""
    made = io.BytesIO()
    picture.save(made, "BMP")
    return made.getvalue()


@cache
def unlike(ground: int, by: int) -> bytes:
    """The table that turns a grey pixel into 1 where it differs by more than that from the ground, else into 0."""
    return bytes(abs(value - ground) > by for value in range(256))


def most(pixels: bytes) -> int:
    """The grey that most of them have; 0 where there are none."""
    return max(set(pixels), key=pixels.count, default=0)


def runs(flags: Sequence[bool], *, wanted: bool = True) -> list[Run]:
    """Where flags in a row are as wanted."""
    edges = [i for i, (a, b) in enumerate(pairwise([not wanted, *flags, not wanted])) if a != b]
    return list(zip(edges[::2], edges[1::2], strict=True))


def hanging_together(cells: set[Cell], across: int = 1) -> list[set[Cell]]:
    """The cells in groups that touch, or lie no more than `across` columns apart."""
    left, groups = set(cells), []
    while left:
        reached = [left.pop()]
        for column, row in reached:
            near = {(column + x, row + y) for x in range(-across, across + 1) for y in (-1, 0, 1)} & left
            left -= near
            reached.extend(near)
        groups.append(set(reached))
    return groups
