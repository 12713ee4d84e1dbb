"""What moves by itself: looks at the screen between two steps, which cost nothing and take no step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from coasty_desk.core.stop import Stop
from coasty_desk.models.offline.vision.image_diff import apart, changes
from coasty_desk.models.offline.vision.pixels import Picture
from coasty_desk.models.offline.vision.texts import Box

APART = 0.15
"""Seconds between two looks that tell what moves: a spinner, a video, a ticker has moved on by then."""

MORE = 5
"""Where anything moves, so many more looks show how far it goes."""

POLL = 0.2
"""Seconds between two looks for what is still to come."""

AGAIN, LATER = 3.2, 7.0
"""What changes by itself now and then, a clock, a carousel, a log, does so again within so many seconds.

What came at once after the input is hardly ever of these; for what came later it is waited longer.
"""

FEWEST = 6
"""In fewer looks than these, as a busy machine takes them, what moves may be overlooked."""

JOINED = 14
"""What lies so near, in pixels, to what moves by itself belongs to it: the end of a bar that fills, the next line of a log."""


class Stirring:
    """`glance` gives the screen as it is now, as a picture of the frame's size; None where nobody may look in between."""

    def __init__(self, stop: Stop, glance: Callable[[], Picture] | None = None) -> None:
        self._stop = stop
        self._glance = glance
        self._since = 0.0
        self.boxes: list[Box] = []
        self.rested: list[Box] = []
        self._at_act: Picture | None = None

    def looked(self) -> None:
        """A frame has just been taken."""
        self._since = time.monotonic()

    def watch(self, picture: Picture) -> list[Box]:
        """Input goes out next: note what has moved since the picture of the last frame. Raises Aborted, DesktopError.

        Gives what has changed since then and rests: it may be another screen than the one that was read.
        """
        if self._glance is None:
            return []
        self._stop.pause(max(0.0, self._since + APART - time.monotonic()))
        start = self._glance()
        first, moved = changes(picture, start), []
        self._at_act = start
        for _ in range(MORE if first else 0):
            self._stop.pause(APART)
            # from the first on: a slow bar grows by less than a caret from look to look
            self._at_act = self._glance()
            moved += changes(start, self._at_act)
        self.rested = [box for box in first if not any(box.meets(one.grown(JOINED)) for one in moved)]
        self.boxes = apart([*(box for box in first if box not in self.rested), *moved])
        return self.rested

    def come_since(self, picture: Picture) -> list[Box]:
        """What is other than right before the input where something came and rested just then: a message that followed a message."""
        if self._at_act is None or not self.rested:
            return []
        found = changes(self._at_act, picture, self.boxes)
        return [box for box in found if any(box.meets(one) for one in self.rested)]

    def comes(self, picture: Picture, seconds: float) -> bool:
        """Whether anything is other than on the picture, and does not move by itself, before so many seconds have passed."""
        if self._glance is None:
            return False
        until = time.monotonic() + seconds
        while not changes(picture, self._glance(), self.boxes):
            if time.monotonic() >= until:
                return False
            self._stop.pause(POLL)
        return True

    def again(self, before: Picture, after: Picture, *, late: bool) -> None:
        """Watch for a while without any input: what changes then changes by itself, and is no evidence.

        What goes once and is then as it was before was a notice, where nothing else moves. Raises Aborted, DesktopError.
        """
        if self._glance is None:
            return
        last, until = after, time.monotonic() + (LATER if late else AGAIN)
        moved: list[Box] = []
        looks, moments = 0, 0
        while time.monotonic() < until or looks < FEWEST:
            self._stop.pause(POLL)
            now = self._glance()
            found = changes(last, now)
            moments += any(not self._moves(box) for box in found)
            moved += found
            last, looks = now, looks + 1
        moved += changes(after, last)  # a slow bar grows by less than a caret from look to look
        kept = changes(before, last)
        gone = [box for box in moved if moments == 1 and not self._moves(box) and not any(box.meets(o) for o in kept)]
        self.boxes = apart([*self.boxes, *(box for box in moved if box not in gone)])

    def _moves(self, box: Box) -> bool:
        """Whether it belongs to what is known to move."""
        return any(box.meets(one.grown(JOINED)) for one in self.boxes)

    def without_motion(self, changed: Sequence[Box]) -> list[Box]:
        """What of it does not belong to what is known to move."""
        return [box for box in changed if not self._moves(box)]
