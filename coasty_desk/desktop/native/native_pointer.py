"""The pointer on Windows and macOS: pyautogui's platform module, and pynput for what that gets wrong.

pyautogui's double click carries no click state on macOS, its Windows wheel counts 120ths of a
notch and its horizontal one turns vertically.
"""

from __future__ import annotations

from typing import Any, Literal

from coasty_desk.core.actions import Button
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.native import native_libraries

_ROUNDED = 2


class WindowsPointer:
    """A `PointerDevice`. Raises DesktopError where pyautogui cannot be loaded."""

    notch_units = 1
    """What pynput counts a notch as (it multiplies by 120)."""

    def __init__(self) -> None:
        self._gui: Any = native_libraries.pyautogui()
        self._system: Any = self._gui.platformModule

    def position(self) -> tuple[int, int]:
        """Where it is now, in real pixels."""
        x, y = self._gui.position()
        return int(x), int(y)

    def is_at(self, x: int, y: int) -> bool:
        """Whether it is there, to a pixel or two: systems that scale round."""
        left, top = self.position()
        return abs(left - x) <= _ROUNDED and abs(top - y) <= _ROUNDED

    def monitors(self) -> tuple[Rect, ...]:
        """The primary monitor: pyautogui knows no other."""
        width, height = self._gui.size()
        return (Rect(0, 0, width, height),)

    def move(self, x: int, y: int) -> None:
        """Put it there."""
        self._system._moveTo(x, y)  # noqa: SLF001 - the public one pauses, tweens and stops in corners of its own

    def drag_to(self, x: int, y: int, button: Button) -> None:
        """The same with a button held."""
        del button
        self.move(x, y)

    def press(self, button: Button) -> None:
        """Press where it is."""
        self._system._mouseDown(*self.position(), button)  # noqa: SLF001 - as above

    def release(self, button: Button) -> None:
        """Let go where it is."""
        self._system._mouseUp(*self.position(), button)  # noqa: SLF001 - as above

    def click_at_once(self, button: Button, count: int) -> bool:
        """Clicks that follow each other are one."""
        del button, count
        return False

    def notch(self, axis: Literal["vertical", "horizontal"], *, up: bool) -> None:
        """Turn the wheel by one notch where the pointer is."""
        units = self.notch_units if up else -self.notch_units
        across, along = (0, units) if axis == "vertical" else (units, 0)
        native_libraries.pynput("mouse").Controller().scroll(across, along)

    def is_down(self, button: Button) -> bool:
        """What was let go of is up here."""
        del button
        return False

    def confirm(self) -> None:
        """It has been taken when the call comes back."""

    def close(self) -> None:
        """There is nothing to give back."""


class MacPointer(WindowsPointer):
    """The same where it is otherwise on macOS."""

    notch_units = 3
    """A unit is ten pixels."""

    def drag_to(self, x: int, y: int, button: Button) -> None:
        """Only a drag event moves what is held."""
        self._system._dragTo(x, y, button)  # noqa: SLF001 - as above

    def click_at_once(self, button: Button, count: int) -> bool:
        """A multiple click says of itself that it is one."""
        mouse = native_libraries.pynput("mouse")
        mouse.Controller().click(mouse.Button[button], count)
        return True


def pointer_position() -> tuple[int, int]:
    """Where the pointer is, in real pixels. Raises DesktopError."""
    return WindowsPointer().position()
