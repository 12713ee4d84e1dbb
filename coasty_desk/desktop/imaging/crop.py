"""Pictures of what a question is about: the screen around an action's target, as it is now, with its masks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from coasty_desk import plain_files
from coasty_desk.core.actions import Point, points
from coasty_desk.core.scaling import Placed, Rect

AROUND = (480, 320)
"""Width and height of the picture around a point, in real pixels."""


class Crops:
    """Saves `asked-0001.png` and so on in `folder`; without one, the last of them in memory, which dies with this process."""

    def __init__(
        self,
        folder: Path | None,
        picture: Callable[[Rect], bytes],
        shows: Callable[[], Rect],
        pointer: Callable[[], Point],
    ) -> None:
        """`picture` gives a masked PNG of a real rectangle, `shows` the monitor's rectangle."""
        self._folder = folder
        self._picture = picture
        self._shows = shows
        self._pointer = pointer
        self._count = 0
        self._memory = -1

    def __call__(self, placed: Placed) -> str | None:
        """The path of a new picture; None where it cannot be saved. Raises DesktopError where the screen cannot be seen."""
        image = self._picture(self._area(placed))
        try:
            if self._folder is None:
                return self._in_memory(image)
            self._count += 1
            path = self._folder / f"asked-{self._count:04}.png"
            plain_files.write(path, image)
        except OSError:
            return None
        return str(path)

    def close(self) -> None:
        """Let go of what is in memory."""
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1

    def _in_memory(self, image: bytes) -> str | None:
        """Where others may look at it as long as this process lives; None where the system has no such files."""
        if not hasattr(os, "memfd_create"):
            return None
        self.close()
        self._memory = os.memfd_create("asked.png")
        plain_files.write_all(self._memory, image)
        return f"/proc/{os.getpid()}/fd/{self._memory}"

    def _area(self, placed: Placed) -> Rect:
        """Around every point of the action; the whole monitor where it has none."""
        shows = self._shows()
        spots = [self._pointer() if point is None else point for point in points(placed.real)]
        return shows.around(spots, *AROUND) if spots else shows
