"""Reads the texts on a screenshot, with an OCR engine that is loaded once; only what has changed is read again."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable
from functools import reduce

from msgspec.structs import replace

from coasty_desk.core.scaling import Size
from coasty_desk.models.offline.vision import glyphs, image_diff
from coasty_desk.models.offline.vision.engines import EngineLoader, ReadingEngine, shared_engine
from coasty_desk.models.offline.vision.pixels import Picture, encoded
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.segmentation import parted
from coasty_desk.models.offline.vision.texts import Box, Text

TOO_MUCH = 0.4
"""Where more than this part of the screen has changed, all of it is read."""

MARGIN = 20
LEAST = Size(160, 64)
"""What is read again is read with so many pixels around it, and at least of this size."""

ENLARGED = 2
"""What could not be read well is read once more so many times as large."""


class Reader:
    """Reads one screenshot after the other; the engine is loaded in the background from the start."""

    def __init__(self, load: Callable[[], ReadingEngine] = shared_engine) -> None:
        self._engine = EngineLoader(load)
        self._last: ReadScreen | None = None

    def read(self, image: bytes) -> ReadScreen:
        """What is on the encoded screenshot. Raises UsageError where there is no engine."""
        from PIL import Image as Pictures

        picture = Pictures.open(io.BytesIO(image)).convert("RGB")
        self._last = self._again(self._last, picture) or self._whole(picture, image)
        return self._last

    def closer(self, seen: ReadScreen, within: Box) -> ReadScreen:
        """The same with the single characters in that part of it that were passed over."""
        if seen is not self._last:
            return seen
        found = glyphs.closer(self._engine(), seen, within)
        kept = {line: parts for line, parts in seen.parts.items() if not any(line.box.meets(one.box) for one in found)}
        self._last = _made(seen.picture, kept | {one: [one] for one in found})
        return self._last

    def larger(self, seen: ReadScreen, within: Box) -> ReadScreen:
        """The same with that part of it read once more, enlarged: small letters are told apart better."""
        part = within.within(seen.whole)
        if seen is not self._last or part.width < 2 or part.height < 2:
            return seen
        kept = {line: parts for line, parts in seen.parts.items() if not line.box.meets(part)}
        area = _with_its_lines(part, seen.parts)
        found = _read_part(self._engine(), seen.picture, area, kept, enlarged=ENLARGED)
        self._last = _made(seen.picture, kept | {line: parted(line, seen.picture) for line in found})
        return self._last

    def afresh(self, seen: ReadScreen) -> ReadScreen:
        """The same with all of it read again: a part alone is not read as well as a whole."""
        if seen is not self._last or seen.whole_read:
            return seen
        self._last = self._whole(seen.picture, encoded(seen.picture))
        return self._last

    def _whole(self, picture: Picture, image: bytes) -> ReadScreen:
        parts = {line: parted(line, picture) for line in self._engine().lines(image)}
        return replace(_made(picture, parts), whole_read=True)

    def _again(self, last: ReadScreen | None, picture: Picture) -> ReadScreen | None:
        """The screen read where it has changed since `last`; None where that is too much of it."""
        if last is None or last.picture.size != picture.size:
            return None
        changed = image_diff.boxes(last.picture, picture)
        stale = image_diff.apart(_with_its_lines(box, last.parts).within(last.whole) for box in changed)
        if sum(box.area for box in stale) > TOO_MUCH * last.whole.area:
            return None
        kept = [line for line in last.parts if not any(line.box.meets(box) for box in stale)]
        fresh = [line for box in stale for line in _read_part(self._engine(), picture, box, kept)]
        return _made(picture, {line: last.parts.get(line) or parted(line, picture) for line in kept + fresh})


def _made(picture: Picture, parts: dict[Text, list[Text]]) -> ReadScreen:
    texts = sorted((text for each in parts.values() for text in each), key=lambda text: (text.box.top, text.box.left))
    return ReadScreen(picture, tuple(texts), parts)


def _with_its_lines(box: Box, lines: Iterable[Text]) -> Box:
    """The box with every line that it touches whole in it."""
    return reduce(Box.with_, (line.box for line in lines if line.box.meets(box)), box)


def _read_part(
    engine: ReadingEngine, picture: Picture, part: Box, kept: Iterable[Text], *, enlarged: int = 1
) -> list[Text]:
    """The lines in a part of the picture; what is `kept` of its surroundings is painted over."""
    from PIL import Image as Pictures
    from PIL import ImageDraw

    more = part.grown(max(MARGIN, (LEAST.width - part.width) / 2), max(MARGIN, (LEAST.height - part.height) / 2))
    around = more.within(Box(0, 0, picture.width, picture.height))
    left, top = int(around.left), int(around.top)
    crop = picture.crop((left, top, math.ceil(around.right), math.ceil(around.bottom)))
    draw = ImageDraw.Draw(crop)
    for line in kept:
        if line.box.meets(around):
            box = line.box.within(around)
            corner = (int(box.left) - left, int(box.top) - top)
            draw.rectangle((*corner, box.right - left, box.bottom - top), fill=crop.getpixel(corner))
    if enlarged > 1:
        crop = crop.resize((crop.width * enlarged, crop.height * enlarged), Pictures.Resampling.BICUBIC)
    found = (text.placed(enlarged, left, top) for text in engine.lines(encoded(crop)))
    return [text for text in found if part.centres(text.box)]
