"""Where on the screen a secret that was typed can be read, so that it is painted over before a picture is kept or sent.

It costs a reading of the screen for each picture, so it begins with the first secret that is typed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from coasty_desk.core.errors import UsageError
from coasty_desk.core.redaction.misread import legible
from coasty_desk.core.scaling import Rect
from coasty_desk.core.secrets import SHORTEST_HIDDEN
from coasty_desk.core.stop import Stop
from coasty_desk.models.offline.vision import image_diff
from coasty_desk.models.offline.vision.engines import ReadingEngine, best_engine
from coasty_desk.models.offline.vision.pixels import Picture, encoded
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.reader import TOO_MUCH, Reader
from coasty_desk.models.offline.vision.texts import Box, Text

MOST = 0.6
"""Where the value takes more of a text than this, all of it is covered: where its letters stand is only reckoned."""

CARET = 0.04
"""What has changed by no more than this part of its pixels is the same, with or without a caret."""

ALREADY_READ = 4096
"""Lines whose answer is remembered: most are on the screen step after step."""


class SecretBoxes:
    """Finds the secrets that were typed, in every later picture. The reader is loaded when the first is."""

    def __init__(self, stop: Stop, load: Callable[[], ReadingEngine] = best_engine) -> None:
        self._stop = stop
        self._load = load
        self._values: dict[str, str] = {}
        self._as_read: dict[str, str] = {}
        self._places: dict[Box, str] = {}
        self._reader: Reader | None = None
        self._before: Picture | None = None
        self._last: Picture | None = None
        self._legible = lru_cache(ALREADY_READ)(legible)

    @property
    def active(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._values)

    @property
    def painted(self) -> tuple[str, ...]:
        """The names of those that were on the last picture."""
        return tuple(dict.fromkeys(self._places.values()))

    def typing(self, secrets: Mapping[str, str], before: Callable[[], Picture] | None = None) -> None:
        """These are typed now, or were; `before` gives the whole screen as it is without them."""
        self._values |= secrets
        if self._values and self._reader is None:
            self._reader = Reader(self._load)
        self._before = before() if before is not None and secrets else None

    def on(self, picture: Picture) -> list[Rect]:
        """What is to be covered on the whole screen, in pixels. Raises Aborted. Nothing where there is no reader: that was said before."""
        reader, changed = self._reader, self._just_changed(picture)
        if reader is None:
            return []
        still = {box: name for box, name in self._places.items() if _alike(box, self._last, picture)}
        likely = (*changed, *(box for box in self._places if box not in still))
        try:
            seen = self._stop.race(lambda: _read(reader, picture, likely))
        except UsageError:
            return []
        told = self._found(seen, changed)
        found = {box: name for name, box in told if not any(one.centres(box) for one in still)}
        self._places, self._last = still | found, picture
        return [_rect(box) for box in self._places]

    def _just_changed(self, picture: Picture) -> Sequence[Box]:
        """Where the screen has changed by the typing, the first time that it is asked: there the value is likely."""
        before, self._before = self._before, None
        if before is None or before.size != picture.size:
            return ()
        boxes = image_diff.boxes(before, picture)
        return boxes if sum(box.area for box in boxes) <= TOO_MUCH * picture.width * picture.height else ()

    def _found(self, seen: ReadScreen, changed: Sequence[Box]) -> Iterator[tuple[str, Box]]:
        values = (*self._values.items(), *((name, read) for read, name in self._as_read.items()))
        for line, parts in seen.parts.items():
            loosely = any(box.meets(line.box) for box in changed)
            for name, value in values:
                if self._legible(line.text, value, loosely=loosely) is None:
                    continue
                inside = [(part, span) for part in parts if (span := self._legible(part.text, value, loosely=loosely))]
                for part, span in inside or [(line, (0, len(line.text)))]:
                    read = part.text[slice(*span)]
                    if loosely and len(read) >= SHORTEST_HIDDEN:
                        self._as_read[read] = name  # an engine that has misread the value will do so again
                    yield name, _covering(part, *span)


def _read(reader: Reader, picture: Picture, places: Sequence[Box]) -> ReadScreen:
    """All of it, and those places enlarged: small letters on a large screen are passed over where it is read as a whole."""
    seen = reader.read(encoded(picture))
    for box in places:
        seen = reader.larger(seen, box)
    return seen


def _alike(box: Box, before: Picture | None, now: Picture) -> bool:
    """Whether what was covered is there still: however it is read this time, it stays covered."""
    from PIL import ImageChops

    if before is None or before.size != now.size:
        return False
    area = (int(box.left), int(box.top), math.ceil(box.right), math.ceil(box.bottom))
    changed = ImageChops.difference(before.crop(area), now.crop(area)).convert("L").histogram()
    return sum(changed[image_diff.CONTRAST + 1 :]) <= CARET * sum(changed)


def _covering(text: Text, start: int, end: int) -> Box:
    if end - start > MOST * len(text.text):
        start, end = 0, len(text.text)
    box = text.part(start, end).box
    return box.grown(box.height * 0.6, box.height * 0.1)


def _rect(box: Box) -> Rect:
    """The pixels that it touches."""
    left, top = math.floor(box.left), math.floor(box.top)
    return Rect(left, top, math.ceil(box.right) - left, math.ceil(box.bottom) - top)
