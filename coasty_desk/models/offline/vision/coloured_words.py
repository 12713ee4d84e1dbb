"""Whether words of a line are drawn in another colour than the rest of it, as links in a sentence are."""

from __future__ import annotations

import re

from coasty_desk.models.offline.vision.boxes import Colour
from coasty_desk.models.offline.vision.pixels import Picture
from coasty_desk.models.offline.vision.texts import Box, Text

INK = 90
"""A pixel whose red, green and blue differ so much from the ground's, together (of 765), is ink."""

OTHER = 120
"""Inks that differ by so much, together, are two colours."""


def stands_out(picture: Picture, words: Text, within: Text) -> bool:
    """Whether the words have a colour of their own in the line that they are in, and are whole words: an address is grey in parts."""
    if not re.search(rf"(?<![^\s(\[“]){re.escape(words.text)}(?![^\s.,;:!?)\]”…])", within.text):
        return False
    line, own = within.box, words.box
    edge = line.height / 4  # where a word begins in a line is known by so much
    beside = [
        Box(line.left, line.top, own.left - edge, line.bottom),
        Box(own.right + edge, line.top, line.right, line.bottom),
    ]
    rest = [ink for box in beside if box.width > line.height / 2 and (ink := _ink(picture, box)) is not None]
    mine = _ink(picture, own.grown(-edge, 0))
    return mine is not None and bool(rest) and all(_apart(mine, ink) > OTHER for ink in rest)


def _ink(picture: Picture, box: Box) -> Colour | None:
    """The strongest colour there, to its ground; None where there is none."""
    part = picture.crop(box.corners)
    counts: list[tuple[int, Colour]] = part.getcolors(part.width * part.height + 1) or []  # type: ignore[assignment]  # RGB has three
    if not counts:
        return None
    ground = max(counts)[1]
    inks = [(count, colour) for count, colour in counts if _apart(colour, ground) > INK]
    return max(inks, key=lambda ink: ink[0] * _apart(ink[1], ground))[1] if inks else None


def _apart(one: Colour, other: Colour) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
