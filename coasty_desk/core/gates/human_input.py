"""A person's hand on the mouse or the keyboard: the run waits until it rests, and then looks at the screen anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from msgspec import Struct, field

from coasty_desk.core.actions import LookAgain, Point, Prediction
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.gates.action_log import ActionLog
from coasty_desk.core.gates.last_frame import LastFrame
from coasty_desk.core.ports import HandPause, Judging
from coasty_desk.core.scaling import Placed
from coasty_desk.core.stop import Stop

REST = 1.5
"""Seconds without a move or a key after which the hand is taken for gone."""

POLL = 0.05
"""Seconds between two looks at the pointer while it is waited for."""

SLIP = 4
"""A pointer this many pixels off has not been moved by a person: a table was bumped, or we took it out of a corner."""

HAND = "hand"
"""Who breaks an action off because of a person's hand, in `BrokenOffError.by`."""

OnHumanInput = Literal["pause", "stop", "ignore"]


class HumanInputGate(Struct):
    """Asks before each action whether the pointer is where the last one left it (before the first: where it was when the model looked), and whether a person is typing.

    `pointer` gives where it is, in real pixels; raises DesktopError. `typed` gives the seconds since a person pressed a
    key (infinite: not that we know); `clock` is the one that it counts by.
    """

    mode: OnHumanInput
    pointer: Callable[[], Point]
    ledger: ActionLog
    seen: LastFrame
    stop: Stop
    clock: Callable[[], float] = time.monotonic
    typed: Callable[[], float] = lambda: float("inf")
    _excused: Point | None = field(default=None)
    _excused_keys: float = field(default=float("-inf"))

    def judge(self, placed: Placed, prediction: Prediction) -> Judging:
        """LookAgain after the hand has rested. Raises Aborted while it waits, and in the mode `stop`."""
        del placed, prediction
        if self.mode == "ignore":
            return None
        now = self.pointer()
        moved = self._moved(now)
        if not moved and not self._types():
            return None
        did = "moved the pointer" if moved else "typed"
        if self.mode == "stop":
            self.stop.trip("stop", f"a person {did}")
            self.stop.check()
        yield HandPause(f"a person {did}")
        self._wait_for_rest(now)
        self.excuse()
        return LookAgain(f"A person {did} meanwhile, so the action was not done; look at the screen again.")

    def excuse(self) -> None:
        """A person moved the pointer and typed with our knowledge (they answered a question): where it is now is where it belongs."""
        self._excused_keys = self.clock()
        try:
            self._excused = self.pointer()
        except DesktopError:
            self._excused = None

    def _moved(self, now: Point) -> bool:
        where = [point for point in (self.ledger.left_at or self.seen.pointer, self._excused) if point is not None]
        return bool(where) and not any(_near(point, now) for point in where)

    def _types(self) -> bool:
        """Whether a person has just pressed a key, and not for us."""
        since = self.typed()
        return since < REST and self.clock() - since > self._excused_keys

    def _wait_for_rest(self, last: Point) -> None:
        since = self.clock()
        while self.clock() - since < REST:
            self.stop.pause(POLL)
            now = self.pointer()
            if now != last or self.typed() < self.clock() - since:
                last, since = now, self.clock()


def _near(one: Point, other: Point) -> bool:
    return abs(one.x - other.x) <= SLIP and abs(one.y - other.y) <= SLIP
