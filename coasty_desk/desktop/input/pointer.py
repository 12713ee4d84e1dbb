"""The pointer: paced so that applications notice, with every wait on the stop, and the corners left to the person.

What each number is for stands beside it. How a platform moves and presses is its `PointerDevice`'s business.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import pairwise
from typing import Literal

from coasty_desk.core.abort.gestures import corners
from coasty_desk.core.actions import Button
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.gates.human_input import HAND
from coasty_desk.core.scaling import Rect
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.own_events import OWN_EVENTS, OwnEvents
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.base.recheck import NEVER, Recheck

_DOWN = 0.03
"""Seconds between press and release: toolkits that poll miss a shorter one."""
_BETWEEN = 0.06
"""Seconds between the clicks of a double click; systems allow 0.4 to 0.5."""
_APART = 0.55
"""Seconds between two separate clicks at one place, which would be a double click if they came sooner."""
_SAME_PLACE = 6
"""Pixels within which two clicks are at one place."""
_GRIP = 0.06
"""Seconds between the press of a drag and its first motion."""
_DRAG_STEPS = (24, 60)
"""At least and at most this many steps: with fewer, drop targets see no motion and drag nothing."""
_DRAG_STEP_PIXELS = 12
_DRAG_STEP = 0.013
_REST = 0.7
"""Seconds over the target before the pointer stirs once more, as a hand does: some take only what rests on them, and look only then."""
_DROP = 0.2
"""Seconds of rest before the release: HTML5 drops are lost without it."""
_DROPPED = 0.15
"""Seconds after the release: an application that is still taking the drop in swallows the next press."""
_THAW = 3.0
"""Seconds that a window manager is given to let a click through."""
_LOOK = 0.005
_NOTCH = 0.008
"""Seconds between two notches of the wheel."""
_INSIDE = 3
"""How far from a corner the pointer is taken that rested there before we came."""


_TRIES = 3
_AGAIN = 0.03
"""So often, and so many seconds apart, a pointer is put where it did not stay: a hand may have pushed it."""


class InCorner(Exception):  # noqa: N818 - a stop is not an error
    """The pointer is in a corner of the desktop: a person's stop."""


class Pointer:
    """This desktop's pointer. Raises DesktopError where there is none."""

    def __init__(
        self,
        stop: Stop,
        held: Pressed,
        sent: OwnEvents = OWN_EVENTS,
        recheck: Recheck = NEVER,
        *,
        corners_stop: bool = True,
    ) -> None:
        """`corners_stop`: a person may throw it into a corner; without them it may be there as anywhere."""
        self._stop = stop
        self._corners_stop = corners_stop
        self._recheck = recheck
        self._held = held
        self._sent = sent
        self._device = platform.pointer_device()
        self._monitors: tuple[Rect, ...] = ()
        self._corners: frozenset[tuple[int, int]] = frozenset()
        self._resting: tuple[int, int] | None = None
        self._look()
        self._clicked: tuple[tuple[int, int], Button, float] | None = None

    def position(self) -> tuple[int, int]:
        """Where it is now, in real pixels."""
        return self._device.position()

    def leave_corner(self) -> None:
        """Before an action: a corner is the person's stop.

        It is not where the pointer rested before we came, nor where a screen that shrank has
        taken it along to: out of there it is moved. Raises InCorner.
        """
        self._look()
        at = self.position()
        if at == self._resting:
            home = next(rect for rect in self._monitors if rect.contains(*at))
            self._put(
                at[0] + (_INSIDE if at[0] == home.left else -_INSIDE),
                at[1] + (_INSIDE if at[1] == home.top else -_INSIDE),
            )
        self._resting = None
        self._check_corner()

    def _look(self) -> None:
        """Follow the monitors: a screen may change its size in mid-run."""
        monitors = self._device.monitors()
        if monitors == self._monitors:
            return
        self._monitors = monitors
        self._corners = corners(monitors) if self._corners_stop else frozenset()
        at = self.position()
        self._resting = at if at in self._corners else None

    def _check_corner(self) -> None:
        """Right before input: the display has just answered, and nobody has said stop while it did not."""
        if self.position() in self._corners:
            raise InCorner
        self._stop.check()

    def move(self, x: float, y: float) -> None:
        """Move to a real pixel. Raises BrokenOffError where it does not get there."""
        at = round(x), round(y)
        for turn in range(_TRIES):
            self._stop.pause(_AGAIN if turn else 0)
            self._check_corner()
            self._put(*at)
            if self._device.is_at(*at):
                return
        message = "the pointer did not get there: something holds it, or moves it elsewhere; nothing was pressed"
        raise BrokenOffError(message, "pointer")

    def click(self, button: Button, count: int) -> None:
        """Press and release where the pointer is, `count` times within the system's double-click time."""
        at = self.position()
        self._keep_apart(at, button)
        self._recheck()
        if count == 1 or not self._device.click_at_once(button, count):
            for turn in range(count):
                if turn:
                    self._stop.pause(_BETWEEN)
                    self._recheck(f"{turn} of {count} clicks were made")
                with self._pressed(button):
                    self._stop.pause(_DOWN)
            self._wait_thawed(button)
        self._clicked = (at, button, time.monotonic())

    def drag(self, way: Sequence[tuple[float, float]], button: Button, alone: Callable[[], None]) -> None:
        """Press where the pointer is, move over real pixels to the last of them as a hand does, rest, release.

        What is dropped depends on the keys that are held: `alone` waits until those of others are up.
        Raises BrokenOffError, the button let go of, where it did not get there; let go of where it began, where the rules have it so.
        """
        self._recheck()
        start = self.position()
        x, y = way[-1]
        on_its_way = "it was dragged on its way, and let go of where it began"
        with self._pressed(button):
            self._stop.pause(_GRIP)
            with self._taken_back(start, button):
                for spot in _stepped([start, *way]):
                    self._recheck.in_slices(on_its_way)
                    self._drag_to(*spot, button)
                    self._stop.pause(_DRAG_STEP)
                self._stop.pause(_REST)
                self._recheck(on_its_way)
                self._drag_to(round(x) - 1 if x > start[0] else round(x) + 1, round(y), button)
                self._drag_to(round(x), round(y), button)
                self._stop.pause(_DROP)
                alone()
                self._recheck("it was dragged there, and let go of where it began")
            there = self._device.is_at(round(x), round(y))
        self._wait_thawed(button)
        self._stop.pause(_DROPPED)
        if not there:
            message = (
                "the pointer was dragged, but did not get to where it was to be let go of; it was let go of elsewhere"
            )
            raise BrokenOffError(message, "pointer")

    def scroll(self, notches: int, axis: Literal["vertical", "horizontal"], alone: Callable[[], None]) -> None:
        """Turn the wheel where the pointer is: + is up or right, a notch is one click of the wheel; before each, `alone`."""
        for turn in range(abs(notches)):
            self._stop.check()
            alone()
            self._check_corner()
            self._recheck(f"{turn} of {counted(abs(notches), 'notch', 'notches')} were turned")
            self._device.notch(axis, up=notches > 0)
            self._stop.pause(_NOTCH)

    def _wait_thawed(self, button: Button) -> None:
        """Wait until a window manager that looks at each click first has let it through.

        It freezes the pointer meanwhile: the server still knows the button as down, and what is
        typed before the manager has moved the focus goes to the window that had it.
        """
        until = time.monotonic() + _THAW
        while self._device.is_down(button) and time.monotonic() < until:
            self._stop.pause(_LOOK)

    def confirm(self) -> None:
        """Wait until the display has taken what was sent: with a connection that is closed sooner it may be lost. Never raises."""
        with suppress(*platform.failures()):
            self._device.confirm()

    def close(self) -> None:
        """Give the connection to the display back: the pointer is at its end. Never raises."""
        with suppress(*platform.failures()):
            self._device.close()

    def _keep_apart(self, at: tuple[int, int], button: Button) -> None:
        if self._clicked is None:
            return
        before, same, when = self._clicked
        if same == button and math.dist(at, before) <= _SAME_PLACE:
            self._stop.pause(max(0.0, when + _APART - time.monotonic()))

    def _pressed(self, button: Button) -> AbstractContextManager[None]:
        return self._held.down(f"{button} button", lambda: self._press(button), lambda: self._device.release(button))

    def _press(self, button: Button) -> None:
        self._check_corner()
        self._device.press(button)

    @contextmanager
    def _taken_back(self, start: tuple[int, int], button: Button) -> Iterator[None]:
        """What must not be let go of where it is by now is let go of where it was."""
        try:
            yield
        except BrokenOffError as end:
            if end.by != HAND:
                self._drag_to(*start, button)
                self._stop.pause(_DROP)
            raise

    def _drag_to(self, x: int, y: int, button: Button) -> None:
        self._stop.check()
        self._check_corner()
        self._sent.pointer = (x, y)
        self._device.drag_to(x, y, button)

    def _put(self, x: int, y: int) -> None:
        self._sent.pointer = (x, y)
        self._device.move(x, y)


def _stepped(way: Sequence[tuple[float, float]]) -> Iterator[tuple[int, int]]:
    """Where the pointer is put on its way: often enough for the shortest drag, on every leg, and at each of its ends."""
    least = math.ceil(_DRAG_STEPS[0] / (len(way) - 1))
    for (x, y), (to_x, to_y) in pairwise(way):
        steps = min(max(int(math.dist((x, y), (to_x, to_y)) / _DRAG_STEP_PIXELS), least), _DRAG_STEPS[1])
        for part in (step / steps for step in range(1, steps + 1)):
            yield round(x + (to_x - x) * part), round(y + (to_y - y) * part)
