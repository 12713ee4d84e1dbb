"""The port of one platform's keyboard, as the executor sees it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from coasty_desk.core.keys.chords import Stroke

_UNTYPEABLE = re.compile("[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\ud800-\udfff]")


class Keyboard(Protocol):
    """A keyboard that writes any text on any layout. Its waits and loops ask the stop."""

    def lacks(self, key: str) -> bool:
        """Whether a canonical key cannot be pressed on this platform at all."""
        ...

    def obstacle(self, text: str) -> str | None:
        """Why this text would not arrive letter for letter now, in words; None where it will. Raises Aborted, DesktopError."""
        ...

    def type(self, text: str) -> None:
        """Write the text, letter for letter. Raises Aborted, DesktopError, BrokenOffError; nothing stays held."""
        ...

    def action(self) -> AbstractContextManager[None]:
        """Within the block keys are for the window that has the focus at its beginning: BrokenOffError where another gets it."""
        ...

    def strokes(self, strokes: Sequence[Stroke]) -> None:
        """Press each one's keys in order, release them in reverse. Raises as `type` does; nothing stays held."""
        ...

    def hold(self, keys: Stroke, seconds: float) -> None:
        """Hold these keys so long. Raises as `type` does; nothing stays held."""
        ...

    def holding(self, keys: Stroke) -> AbstractContextManager[None]:
        """Hold these keys, or none, within the block, once no other hand holds one. Raises as `type` does."""
        ...

    def alone(self) -> None:
        """Wait until no other hand holds Control, Shift or the like. Raises Aborted, BrokenOffError."""
        ...

    def give_back(self) -> None:
        """Give back whatever was changed for typing. Never raises."""
        ...

    def close(self) -> None:
        """The same, and the connection to the display too: the keyboard is at its end. Never raises."""
        ...


def untypeable(text: str) -> str | None:
    """The first character that no key writes (a control character, half a surrogate pair), or None."""
    found = _UNTYPEABLE.search(text)
    return found[0] if found else None
