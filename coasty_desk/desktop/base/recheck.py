"""What the rules say of the action under way, asked again while its input goes out: windows come, move and change their titles."""

from __future__ import annotations

import time
from collections.abc import Callable

from coasty_desk.core.errors import BrokenOffError
from coasty_desk.core.gates.guard_rules import Aims, Rechecks
from coasty_desk.core.scaling import Placed

SLICE = 0.05
"""Seconds of a text, or of a drag, between two questions, unless something is known to have changed."""

_NOTHING = "nothing of it was done"


class Recheck:
    """Asks `rechecks` about one action at a time, and `aims` once; false where there are no rechecks, and asking costs nothing."""

    def __init__(self, rechecks: Rechecks, aims: Aims, clock: Callable[[], float] = time.monotonic) -> None:
        self._rechecks = rechecks
        self._aims = aims
        self._aimed = False
        self._clock = clock
        self._placed: Placed | None = None
        self._asked = 0.0

    def __bool__(self) -> bool:
        return bool(self._rechecks)

    def begin(self, placed: Placed) -> None:
        """This is the action from now on."""
        self._placed, self._aimed = placed, False

    def __call__(self, done: str = _NOTHING) -> None:
        """Raise BrokenOffError where it must not go on; `done` is what was, in words. Raises DesktopError where that cannot be told."""
        self.rules(done)
        if self._placed is not None and not self._aimed:
            self._aimed = True
            for aim in self._aims:
                aim(self._placed)

    def rules(self, done: str = _NOTHING) -> None:
        """The same by the rules alone, where the pointer is only on its way."""
        if self._placed is None:
            return
        for recheck in self._rechecks:
            refused = recheck(self._placed)
            if refused is not None:
                message = f"{refused.why}; {done}"
                raise BrokenOffError(message, refused.by)
        self._asked = self._clock()

    def in_slices(self, done: str) -> None:
        """The same, once in a slice of time."""
        if self._rechecks and self._clock() - self._asked > SLICE:
            self.rules(done)


NEVER = Recheck([], [])
"""For whoever has no rules."""
