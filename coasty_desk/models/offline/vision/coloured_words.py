"""Whether words of a line are drawn in another colour than the rest of it, as links in a sentence are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from coasty_desk.models.offline.vision.texts import Box

if TYPE_CHECKING:
    from PIL.Image import Image

    from coasty_desk.models.offline.targeting.matching import Match

INK = 90
"""A pixel whose red, green and blue differ so much from the ground's, together (of 765), is ink."""

OTHER = 120
"""Inks that differ by so much, together, are two colours."""

_Colour = tuple[int, int, int]


def stands_out(picture: Image, match: Match) -> bool:
    """Whether the matched words have a colour of their own in their line, and are whole words: an address is grey in parts."""
    if not re.search(rf"(?<![^\s(\[“]){re.escape(match.text.text)}(?![^\s.,;:!?)\]”…])", match.line.text):
        return False
    line, own = match.line.box, match.text.box
    edge = line.height / 4  # where a word begins in a line is known by so much
    beside = [
        Box(line.left, line.top, own.left - edge, line.bottom),
        Box(own.right + edge, line.top, line.right, line.bottom),
    ]
    rest = [ink for box in beside if box.width > line.height / 2 and (ink := _ink(picture, box)) is not None]
    mine = _ink(picture, own.grown(-edge, 0))
    return mine is not None and bool(rest) and all(_apart(mine, ink) > OTHER for ink in rest)


def _ink(picture: Image, box: Box) -> _Colour | None:
    """The strongest colour there, to its ground; None where there is none."""
    part = picture.crop((int(box.left), int(box.top), int(box.right), int(box.bottom))).convert("RGB")
    counts: list[tuple[int, _Colour]] = part.getcolors(part.width * part.height + 1) or []  # type: ignore[assignment]  # RGB has three
    if not counts:
        return None
    ground = max(counts)[1]
    inks = [(count, colour) for count, colour in counts if _apart(colour, ground) > INK]
    return max(inks, key=lambda ink: ink[0] * _apart(ink[1], ground))[1] if inks else None


def _apart(one: _Colour, other: _Colour) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
