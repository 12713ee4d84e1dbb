"""A screenshot that was read."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from coasty_desk.models.offline.vision.pixels import Picture
from coasty_desk.models.offline.vision.shapes import Canvas
from coasty_desk.models.offline.vision.texts import Box, Text, joined


class ReadScreen(Struct, frozen=True, dict=True):
    """A screenshot that was read: its picture (RGB) and the texts on it, from top to bottom.

    `whole_read`: at once, and not in parts, one after the other.
    """

    picture: Picture
    texts: tuple[Text, ...]
    parts: dict[Text, list[Text]]
    whole_read: bool = False

    @cached_property
    def canvas(self) -> Canvas:
        """The shapes on it."""
        return Canvas(self.picture, self.texts)

    @property
    def phrases(self) -> list[Text]:
        """The lines that were parted, whole: a text may go on over a wide gap."""
        return [joined(parts) for parts in self.parts.values() if len(parts) > 1]

    @property
    def whole(self) -> Box:
        """All of it."""
        return Box(0, 0, self.picture.width, self.picture.height)
