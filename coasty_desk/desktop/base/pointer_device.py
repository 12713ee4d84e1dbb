"""The port of one platform's pointer."""

from __future__ import annotations

from typing import Literal, Protocol

from coasty_desk.core.actions import Button
from coasty_desk.core.scaling import Rect


class PointerDevice(Protocol):
    """One platform's pointer, which does at once what it is told. All in real pixels; raises what the platform raises."""

    def position(self) -> tuple[int, int]:
        """Where it is now."""
        ...

    def is_at(self, x: int, y: int) -> bool:
        """Whether it is there."""
        ...

    def monitors(self) -> tuple[Rect, ...]:
        """The monitors that it can be on."""
        ...

    def move(self, x: int, y: int) -> None:
        """Put it there."""
        ...

    def drag_to(self, x: int, y: int, button: Button) -> None:
        """Put it there with `button` held."""
        ...

    def press(self, button: Button) -> None:
        """Press where it is."""
        ...

    def release(self, button: Button) -> None:
        """Let go where it is. In any thread, and twice."""
        ...

    def click_at_once(self, button: Button, count: int) -> bool:
        """Make a multiple click in one go; False, and nothing done, where clicks that follow each other are one."""
        ...

    def notch(self, axis: Literal["vertical", "horizontal"], *, up: bool) -> None:
        """Turn the wheel by one notch, `up` or to the right."""
        ...

    def is_down(self, button: Button) -> bool:
        """Whether the system takes the button for down."""
        ...

    def confirm(self) -> None:
        """Wait until the system has taken what was sent."""
        ...

    def close(self) -> None:
        """Give back what was opened."""
        ...
