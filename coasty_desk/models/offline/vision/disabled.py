"""Whether a label is drawn pale, as applications draw what cannot be used yet: grey on grey."""

from __future__ import annotations

from coasty_desk.models.offline.vision.pixels import Picture
from coasty_desk.models.offline.vision.texts import Box

PALE = 3.5
"""The contrast (WCAG 2, from 1 to 21) below which grey letters are pale; 4.5 is what letters to be read have at least."""

COLOURED = 40
"""A ground whose red, green and blue differ by more (of 255) is a coloured one: white on green is pale, and no grey."""

INK = 0.02
"""So much of a label is at least as dark as its letters are; the rest of them is smoothed into the ground."""


def is_greyed(picture: Picture, label: Box) -> bool:
    """Whether the text there, in frame pixels, is grey on grey and pale."""
    found = letters(picture, label)
    return found is not None and _contrast(*found) < PALE and not _is_coloured(picture, label, found[1])


def letters(picture: Picture, text: Box) -> tuple[int, int] | None:
    """The grey (of 255) of the letters there and that of their ground; None where there are none."""
    grey = picture.crop(text.corners).convert("L")
    counts = grey.histogram()
    ground = counts.index(max(counts))
    left = INK * grey.width * grey.height
    for away in range(255, 0, -1) if left else ():
        inks = [value for value in (ground - away, ground + away) if 0 <= value <= 255]
        left -= sum(counts[value] for value in inks)
        if left < 0:
            return max(inks, key=lambda value: counts[value]), ground
    return None


def _is_coloured(picture: Picture, label: Box, ground: int) -> bool:
    """Whether the ground, which is of that grey, has a colour."""
    part = picture.crop(label.corners)
    at = part.convert("L").tobytes().index(ground)
    red_green_blue = part.tobytes()[3 * at : 3 * at + 3]
    return max(red_green_blue) - min(red_green_blue) > COLOURED


def _contrast(one: int, other: int) -> float:
    """Of two greys of 255, by WCAG 2."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(grey: int) -> float:
    value = grey / 255
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
