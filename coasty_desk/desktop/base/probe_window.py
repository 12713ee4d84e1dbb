"""What the self-test needs of a window of its own."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from msgspec import Struct

from coasty_desk.core.scaling import Rect

COLOUR = (255, 0, 200)
"""The window's colour (red, green, blue): one that a desktop hardly has."""


class Button(Struct, frozen=True):
    """A button (X11's numbers: 1 left, 4 and 5 the wheel up and down, 6 and 7 left and right), in real pixels."""

    number: int
    x: int
    y: int
    down: bool


class Moved(Struct, frozen=True):
    """The pointer is here now, in real pixels."""

    x: int
    y: int


ProbeEvent: TypeAlias = Button | Moved


class ProbeWindow(Protocol):
    """A window of one colour that tells what reaches it."""

    def show(self, where: Rect) -> None:
        """Be there, on top, with the focus."""
        ...

    def seen(self) -> tuple[ProbeEvent, ...]:
        """What has reached it since it was last asked."""
        ...

    def text(self) -> str:
        """What was typed since it was last asked."""
        ...

    def whole(self) -> Rect | None:
        """All that the system can show, in real pixels; None where it does not tell."""
        ...

    def why_deaf(self) -> str:
        """Why no input may have come, as far as the system tells; empty where it does not."""
        ...

    def close(self) -> None:
        """Go away."""
        ...
