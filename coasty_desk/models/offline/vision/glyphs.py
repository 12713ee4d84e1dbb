"""Single characters that stand alone (the keys of a calculator), which engines pass over: looked at closer.

What is ink and was not read is cut out, enlarged and set four times in a line of its own, and all
those lines are read at once: engines read `7777` where they overlook `7`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from coasty_desk.models.offline.vision.engines import ReadingEngine
from coasty_desk.models.offline.vision.image_diff import apart
from coasty_desk.models.offline.vision.pixels import Picture, encoded, unlike
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box, Text

CONTRAST = 70
"""Ink differs at least so much (of 255) from what is around it; the edges of keys and shadows differ less."""

AROUND = 9
"""What is around a pixel reaches so many pixels."""

LARGEST = 36
"""A character is at most so many pixels wide and high."""

NEAR = 4
"""Parts of one character (`=`, `%`, `÷`) lie at most so many pixels apart."""

RING = 18
"""A button around a character is at least so wide, in pixels."""

MOST = 80
"""Where there are more, they are no keys but a picture."""

LARGER = 2
ROW = 40 + LARGEST * LARGER
COPIES = 4
AGREED = 3
"""So many of the copies must be read as the same."""
UNSURE = 0.8
SURE_ENOUGH = 0.55


def closer(engine: ReadingEngine, seen: ReadScreen, within: Box) -> tuple[Text, ...]:
    """The single characters in that part of the screen that were not read, or not surely; empty for none."""
    part = within.within(seen.whole)
    if part.width < 8 or part.height < 8:
        return ()
    read = [text.box.grown(2) for text in seen.texts if len(text.text) > 2 or text.confidence >= UNSURE]
    blobs = [blob for blob in _blobs(seen.picture, part) if not any(blob.meets(box) for box in read)]
    if not 0 < len(blobs) <= MOST:
        return ()
    return tuple(_read(engine, seen.picture, blobs))


def _blobs(picture: Picture, part: Box) -> list[Box]:
    """What hangs together, is as small as a character, and differs from its surroundings."""
    from PIL import ImageChops, ImageFilter

    grey = picture.crop(part.corners).convert("L")
    difference = ImageChops.difference(grey, grey.filter(ImageFilter.BoxBlur(AROUND)))
    found = _components(difference.tobytes().translate(unlike(0, CONTRAST)), grey.width)
    parts = [box for box in found if max(box.width, box.height) <= LARGEST]
    if len(parts) > 12 * MOST:
        return []
    whole = apart((one for one in parts if not _is_ring(one, parts)), NEAR)
    return [box.moved(*part.corners[:2]) for box in whole if max(box.width, box.height) <= LARGEST]


def _is_ring(part: Box, parts: Sequence[Box]) -> bool:
    """Whether it is a circle or a square around another part: the button that a character stands on."""
    inner = part.grown(-NEAR)
    square = part.width >= RING and 0.8 <= part.width / max(part.height, 1) <= 1.25
    return square and any(other != part and other.within(inner) == other for other in parts)


def _components(ink: bytes, width: int) -> list[Box]:
    """The boxes of what hangs together, row by row: a run of pixels belongs to those above that it touches."""
    groups: list[Box] = []
    same: list[int] = []

    def root(index: int) -> int:
        while same[index] != index:
            index = same[index]
        return index

    above: list[tuple[int, int, int]] = []
    for y in range(len(ink) // width):
        row = []
        for run in re.finditer(rb"\x01+", ink[y * width : (y + 1) * width]):
            start, end = run.span()
            touching = {root(group) for a, b, group in above if a <= end and start <= b}
            group = min(touching, default=len(groups))
            whole = Box(start, y, end, y + 1)
            if not touching:
                groups.append(whole)
                same.append(group)
            for other in touching:
                same[other] = group
                whole = whole.with_(groups[other])
            groups[group] = whole
            row.append((start, end, group))
        above = row
    return [box for index, box in enumerate(groups) if same[index] == index]


def _read(engine: ReadingEngine, picture: Picture, blobs: Sequence[Box]) -> Iterable[Text]:
    from PIL import Image as Pictures

    sheet = Pictures.new("RGB", (120 + COPIES * (LARGEST + 2 * NEAR) * LARGER, ROW * len(blobs)), "white")
    for index, blob in enumerate(blobs):
        glyph = picture.crop(blob.grown(NEAR).corners)
        sheet.paste(glyph.crop((0, 0, 1, 1)).resize((sheet.width, ROW)), (0, index * ROW))  # its ground
        glyph = glyph.resize((glyph.width * LARGER, glyph.height * LARGER), Pictures.Resampling.BICUBIC)
        for copy in range(COPIES):
            left = 50 + copy * (glyph.width - NEAR * LARGER)
            sheet.paste(glyph, (left, index * ROW + (ROW - glyph.height) // 2))
    for line in engine.lines(encoded(sheet)):
        index = int(line.box.centre.y // ROW)
        character = _agreed(line.text)
        if character and line.confidence >= SURE_ENOUGH and 0 <= index < len(blobs):
            yield Text(character, blobs[index], line.confidence)


def _agreed(read: str) -> str:
    """The character that most of the copies were read as; empty where they were not."""
    characters = [character for character in read if not character.isspace()]
    if not AGREED <= len(characters) <= COPIES + 1:
        return ""
    character, count = Counter(characters).most_common(1)[0]
    return character if count >= AGREED else ""
