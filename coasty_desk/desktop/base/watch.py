"""The port of what watches the keyboard and the pointer for a stop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Watch(Protocol):
    """What watches the keyboard and the pointer on one platform."""

    def arm(self) -> tuple[str, str]:
        """Start; why the keyboard and why the pointer cannot be watched, or nothing each."""
        ...

    def absent(self) -> tuple[str, str]:
        """Why the abort key and why Esc cannot be pressed on this keyboard, or nothing each; asked once it is watched."""
        ...

    def silent(self) -> float:
        """Seconds for which the display has not answered."""
        ...

    def abandon(self, names: Iterable[str]) -> None:
        """Let nothing wait for that display any more; what `Pressed` calls by these names is let go of once it answers. Never raises."""
        ...

    def disarm(self) -> None:
        """Stop."""
        ...
