"""The pointer on X11, by python-xlib alone: events through XTEST, questions on the same connection, so that they keep their order."""

from __future__ import annotations

from typing import Literal

from coasty_desk.core.actions import Button
from coasty_desk.core.scaling import Rect
from coasty_desk.desktop.x11 import connection as x11
from coasty_desk.desktop.x11.xlib import Display, X, xtest

_BUTTONS: dict[Button, int] = {"left": 1, "middle": 2, "right": 3}
_WHEEL = {("vertical", True): 4, ("vertical", False): 5, ("horizontal", False): 6, ("horizontal", True): 7}


class X11Pointer:
    """A `PointerDevice` on the display that DISPLAY names. Raises DesktopError where there is none."""

    def __init__(self) -> None:
        self.display: Display = x11.display()
        self._mapping: list[int] = []

    def position(self) -> tuple[int, int]:
        """Where it is now, in real pixels."""
        at = self.display.screen().root.query_pointer()
        return at.root_x, at.root_y

    def is_at(self, x: int, y: int) -> bool:
        """Whether it is there, and on this screen."""
        at = self.display.screen().root.query_pointer()
        return bool(at.same_screen) and (at.root_x, at.root_y) == (x, y)

    def monitors(self) -> tuple[Rect, ...]:
        """The monitors in real pixels; asked before each action, as is how a left-hander's buttons are turned."""
        self._mapping = list(self.display.get_pointer_mapping())
        from coasty_desk.desktop.x11.record_watch import monitors

        return tuple(monitors(self.display))

    def move(self, x: int, y: int) -> None:
        """Put it there; on the screen that DISPLAY names, where the display has several."""
        root = self.display.screen().root
        if self.display.screen_count() > 1 and not root.query_pointer().same_screen:
            root.warp_pointer(x, y)  # XTEST's motions stay on the screen that the pointer is on
        xtest.fake_input(self.display, X.MotionNotify, root=root, x=x, y=y)
        self.display.sync()

    def drag_to(self, x: int, y: int, button: Button) -> None:
        """The same with a button held, which is no other event here."""
        del button
        self.move(x, y)

    def press(self, button: Button) -> None:
        """Press without a motion: GTK closes a list over which the pointer has moved."""
        self._turn(_BUTTONS[button], down=True)
        self.display.sync()

    def release(self, button: Button) -> None:
        """Let go, likewise, and wait for no answer: a stop does not wait for a display that is busy."""
        self._turn(_BUTTONS[button], down=False)
        self.display.flush()

    def click_at_once(self, button: Button, count: int) -> bool:
        """Clicks that follow each other are one multiple click here, so there is nothing to do."""
        del button, count
        return False

    def notch(self, axis: Literal["vertical", "horizontal"], *, up: bool) -> None:
        """Turn the wheel by one notch: a button of its own."""
        for down in (True, False):
            self._turn(_WHEEL[axis, up], down=down)
        self.display.sync()

    def is_down(self, button: Button) -> bool:
        """Whether the server takes the button for down: after its release, a window manager still looks at the click."""
        return bool(self.display.screen().root.query_pointer().mask & 1 << 7 + _BUTTONS[button])

    def confirm(self) -> None:
        """A question is answered after what was sent before it."""
        self.display.sync()

    def close(self) -> None:
        """Give the connection back."""
        self.display.close()

    def _turn(self, logical: int, *, down: bool) -> None:
        """XTEST counts the device's own buttons, before a left-hander's mapping turns them."""
        physical = self._mapping.index(logical) + 1 if logical in self._mapping else logical
        xtest.fake_input(self.display, X.ButtonPress if down else X.ButtonRelease, physical)
