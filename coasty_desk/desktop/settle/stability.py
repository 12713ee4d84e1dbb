"""When a watched screen has answered an input and come to rest. Pure: looks go in, a reason comes out.

What may be ignored is decided by size and by habit. A small area (a caret, a spinner, a clock) is
waited for only a moment, and so is a somewhat larger one that has changed before (a scroll bar
that fades); an area that changes in the same place again and again (a video) is restless, and not
waited for at all once that is known.

Time is counted in looks: a machine that is too busy to let us look lets nobody paint either, so
a long time between two looks counts as `LONGEST` of rest, no more.
"""

from __future__ import annotations

from msgspec import Struct

from coasty_desk.core.scaling import Size
from coasty_desk.desktop.imaging.changed_cells import Cells, Tally, total


class Pace(Struct, frozen=True):
    """How long to wait, in seconds, all since the input was over or since the last change.

    `first`: for anything to change, before believing that nothing will. `more`: for more to change
    than a small area that has. `quiet`: after a change of more than a small area. `little`: after
    a small one. `patience`: for a small area that goes on changing. `faint`: where it changes so
    little from one look to the next that hardly anything more can come of it.
    """

    first: float
    more: float
    quiet: float
    little: float
    patience: float
    faint: float = 0.15


BY_EYE = Pace(first=0.15, more=0.15, quiet=0.15, little=0.12, patience=0.4, faint=0.25)
"""Where the picture alone tells."""

TOLD = Pace(first=0.1, more=0.1, quiet=0.1, little=0.08, patience=0.25)
"""Where the system tells besides that nothing is much at work."""

FRAMES = Pace(first=0.2, more=0.2, quiet=0.2, little=0.2, patience=0.25)
"""Where it tells that somebody has begun to draw frame after frame, even if they look the same so far."""

IDLE = Pace(first=0.1, more=0.06, quiet=0.06, little=0.05, patience=0.25)
"""Where it tells that nothing is at work at all."""

ASLEEP = Pace(first=0.05, more=0.05, quiet=0.03, little=0.03, patience=0.25)
"""Where it tells besides that nothing will be until something happens."""

LONGEST = 0.04
"""Seconds of rest that the time between two looks counts as at most."""

SMALL = 0.004
"""A change of less than this part of the screen is small."""

SMALL_AGAIN = 0.015
"""So is one of less than this part, where all but a small area of it has changed twice already."""

TINY = 4
"""Cells: one of no more, where all have changed twice already, is a caret or a spinner, and not waited for."""

FAINT = 8
"""Shades of 255 by which no square may differ more from one look to the next for the change to be a faint one."""

SPREADING = 1.0
"""Seconds for which a small area that spreads (a list that unfolds) is not yet one that changes for ever."""

LARGEST_RESTLESS = 0.25
"""More than this part of the screen is never ignored, however restless."""

_SLOT = 0.06
_SLOTS = 8
_LIVELY = 3


class StabilityRule:
    """What has been seen since one input.

    `restless` are cells that are known to change by themselves, from before.
    """

    def __init__(self, size: Size, began: float, restless: Cells = 0) -> None:
        self._clock = 0.0
        self._looked = began
        self._began = 0.0
        self._cells = total(size)
        self._small = SMALL * self._cells
        self._small_again = SMALL_AGAIN * self._cells
        self._once: Cells = 0
        self._twice: Cells = 0
        self._known = restless
        self._tally = Tally(self._cells)
        self._slot: Cells = 0
        self._slot_began = began
        self._large_at: float | None = None
        self._little_at: float | None = None
        self._spread_at = 0.0
        self._strong_at = 0.0
        self.restless: Cells = restless

    def calm(self, now: float) -> float:
        """For how long nothing that counts has changed since the input was over."""
        return self._at(now) - max(at for at in (self._began, self._large_at, self._little_at) if at is not None)

    def answered(self, now: float) -> float | None:
        """How long ago more than a small area last changed; None where none has."""
        return None if self._large_at is None else self._at(now) - self._large_at

    def waited(self, now: float) -> float:
        """For how long no more than a small area has changed since the input was over."""
        return self._at(now) - max(self._began, self._large_at or 0.0)

    def over(self, now: float) -> None:
        """The input is over now: the screen is given its time to answer from here."""
        self._began = self._at(now)

    def look(self, now: float, cells: Cells, shades: int = 255) -> None:
        """Take in which cells have changed since the last look, and by how much at most."""
        self._clock, self._looked = self._at(now), now
        self._count(now, cells)
        counts = cells & ~self.restless
        if not counts or (counts.bit_count() <= TINY and not counts & ~self._twice):
            return
        if shades > FAINT:
            self._strong_at = self._clock
        if self._is_small(counts):
            self._little_at = self._clock
            if counts & ~self._once and self.waited(now) < SPREADING:
                self._spread_at = self._clock
        else:
            self._large_at = self._clock
        self._twice |= self._once & counts
        self._once |= counts

    def why(self, now: float, pace: Pace) -> str:
        """Why this is rest; empty where it is not."""
        at, large, little = self._at(now), self._large_at, self._little_at
        if large is None and little is None:
            return "nothing changed" if at - self._began >= pace.first else ""
        if large is not None and at - large < pace.quiet:
            return ""
        if large is None and at - self._began < pace.more:
            return ""
        if little is None or (large is not None and large >= little) or at - little >= pace.little:
            return "at rest" if large is not None else "a small area changed"
        since = max(self._began if large is None else large, self._spread_at)
        if at - since < min(pace.patience, pace.faint + max(0.0, self._strong_at - since)):
            return ""
        return "only a small area changes"

    def _at(self, now: float) -> float:
        """The moment by the clock of looks."""
        return self._clock + min(now - self._looked, LONGEST)

    @property
    def shows_video(self) -> bool:
        """Whether more than a small area is restless: whoever paints that computes for ever."""
        return self.restless.bit_count() > self._small

    @property
    def lively(self) -> Cells:
        """The restless cells, and a small area that is restless too if it goes on changing without any input."""
        more = self._tally.changed(_LIVELY) & ~self.restless
        return self.restless | more if more.bit_count() <= self._small else self.restless

    def _is_small(self, counts: Cells) -> bool:
        size = counts.bit_count()
        if size <= self._small_again:
            size = min(size, (counts & ~self._twice).bit_count())
        return size <= self._small

    def _count(self, now: float, cells: Cells) -> None:
        self._slot |= cells
        if now - self._slot_began < _SLOT:
            return
        self._tally.add(self._slot)
        self._slot, self._slot_began = 0, now
        restless = self._tally.changed(_SLOTS) | self._known
        if restless.bit_count() <= LARGEST_RESTLESS * self._cells:
            self.restless = restless
