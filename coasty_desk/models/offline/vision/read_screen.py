"""A screenshot that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from coasty_desk.models.offline.vision.texts import Box, Text, joined

if TYPE_CHECKING:
    from PIL.Image import Image


class ReadScreen(Struct, frozen=True):
    """A screenshot that was read: its picture (RGB) and the texts on it, from top to bottom.

    `whole_read`: at once, and not in parts, one after the other.
    """

    picture: Image
    texts: tuple[Text, ...]
    parts: dict[Text, list[Text]]
    whole_read: bool = False

    @property
    def lines(self) -> list[Text]:
        """The texts as the engine read them, several in one line."""
        return list(self.parts)

    @property
    def phrases(self) -> list[Text]:
        """The lines that were parted, whole: a text may go on over a wide gap."""
        return [joined(parts) for parts in self.parts.values() if len(parts) > 1]

    @property
    def whole(self) -> Box:
        """All of it."""
        return Box(0, 0, self.picture.width, self.picture.height)
