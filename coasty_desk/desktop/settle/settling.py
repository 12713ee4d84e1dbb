"""Waiting until the screen has answered an input and come to rest, by watching it and by asking what is at work."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from msgspec import Struct

from coasty_desk.core.ports import SettleResult
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.base.activity_probe import ActivityProbe, Doing
from coasty_desk.desktop.imaging.changed_cells import Cells, changed, compared, total
from coasty_desk.desktop.imaging.picture import Shot
from coasty_desk.desktop.settle.stability import ASLEEP, BY_EYE, FRAMES, IDLE, TOLD, Pace, StabilityRule

CAP = 3.0
"""Seconds after which the screen is taken as it is."""

POLL = 0.01
"""Seconds between two looks, at least; while anything changes, looking takes no more than half of the time."""

OFFER_AFTER = 0.03
"""Seconds of stillness after which a look may be the last, and is prepared for sending."""

SHOWN = 0.1
"""Seconds that an application is given to show what it has waited for, once it has come."""

SHOWN_ASLEEP = 0.06
"""The same, where all of them sleep again."""

UNEXPLAINED = 0.05
"""Who draws frame after frame for so many seconds without anything to be seen is about to show something."""

GLANCE = 0.04
"""Seconds that the screen is given between two actions of one batch to begin to answer."""

GLANCE_QUIET = 0.07
"""Seconds of rest after which what the first action opened is taken to be there for the second."""

GLANCE_COMPUTING = 0.4
GLANCE_CAP = 1.5

FRESH = 0.1
"""A look of so many seconds ago still tells nothing of what changes by itself."""


_PACES: dict[Doing, Pace] = {
    Doing.UNKNOWN: BY_EYE,
    Doing.SOMETHING: TOLD,
    Doing.FRAMES: FRAMES,
    Doing.NOTHING: IDLE,
    Doing.ASLEEP: ASLEEP,
}


class _Watch(Struct):
    """One input being watched: the screen before it, the last look, and what the looks have shown."""

    before: Shot
    last: Shot
    resting: StabilityRule
    offered: bool = False


class Watcher:
    """Watches one screen, over all of a run's inputs."""

    def __init__(
        self, look: Callable[[], Shot], stop: Stop, work: ActivityProbe, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`look` takes a screenshot; raises DesktopError. `clock` counts seconds."""
        self._look = look
        self._stop = stop
        self._work = work
        self._clock = clock
        self._restless: Cells = 0
        self._lively: Cells = 0
        self._seen: Shot | None = None
        self._seen_at = 0.0
        self._watch: _Watch | None = None
        self.rested_as_offered = False

    def begin(self) -> _Watch:
        """Input goes out next: remember the screen as it is, and who is at work already."""
        before = self._look()
        now = self._clock()
        if self._seen is None or self._seen.size != before.size:
            self._restless = self._lively = 0
        elif now - self._seen_at > FRESH:  # whatever has come to rest since is not restless
            self._restless = self._lively & changed(self._seen.raw, before.raw, before.size)
        self._work.before()
        self._watch = watch = _Watch(before, before, StabilityRule(before.size, now, self._restless))
        return watch

    def answer(self) -> None:
        """Give the screen time to answer the last input, as far as the next one of its batch needs it. Raises Aborted."""
        watch = self._input_over()
        began = self._clock()
        while True:
            self._take(watch, self._look())
            now = self._clock()
            if now - began >= GLANCE_CAP or self._answered(watch, now, began):
                return
            self._stop.pause(POLL)

    def rest(self, offer: Callable[[], Shot]) -> SettleResult:
        """Wait until the screen rests. Raises Aborted, DesktopError.

        `offer` takes a look that may be the last and prepares it for sending; it is called again
        if anything has changed after all. `rested_as_offered` says whether the last is what rests.
        """
        watch = self._input_over()
        began, held = self._clock(), -math.inf
        why = ""
        while not why:
            looking = self._clock()
            still = not watch.offered and watch.resting.calm(looking) >= OFFER_AFTER  # it may be the last look
            self._take(watch, offer() if still else self._look(), offered=still)
            now = self._clock()
            why, held = self._verdict(watch, now, held)
            if not why and now - began >= CAP:
                why = f"still changing after {CAP:g} s"
            if not why:
                self._stop.pause(POLL if still or watch.offered else max(POLL, now - looking))
        self._keep(watch)
        part = changed(watch.before.raw, watch.last.raw, watch.last.size).bit_count() / total(watch.last.size)
        return SettleResult(round((self._clock() - began) * 1000, 1), round(part, 4), why)

    def close(self) -> None:
        """Give back what tells who is at work."""
        self._work.close()

    def _input_over(self) -> _Watch:
        watch = self._watch or self.begin()
        watch.resting.over(self._clock())
        return watch

    def _take(self, watch: _Watch, shot: Shot, *, offered: bool = False) -> None:
        now = self._clock()
        if shot.size != watch.last.size:  # the screen itself has changed: nothing can be compared
            watch.before, watch.offered = shot, False
            watch.resting = StabilityRule(shot.size, now)
            watch.resting.look(now, changed(b"", shot.raw, shot.size))
        else:
            cells, shades = compared(watch.last.raw, shot.raw, shot.size)
            if offered or cells:
                watch.offered = offered
            watch.resting.look(now, cells, shades)
            if watch.resting.calm(now) > 0:  # else nobody need be asked whether there is more to come
                self._work.look()
        watch.last = shot

    def _verdict(self, watch: _Watch, now: float, held: float) -> tuple[str, float]:
        """Why the screen rests, if it does; and when anything last held it up that is sure to end."""
        doing = self._work.doing
        if doing is Doing.FRAMES and watch.resting.calm(now) < UNEXPLAINED:
            doing = Doing.SOMETHING  # what it draws is what is seen to change
        why = watch.resting.why(now, _PACES[doing])
        if not why:
            return "", held
        busy = self._work.why(min(now - held, watch.resting.waited(now)))
        if busy in ("network", "command"):
            return "", now
        if now - held < (SHOWN_ASLEEP if doing is Doing.ASLEEP else SHOWN) or busy == "arriving":
            return "", held
        if busy and not watch.resting.shows_video:
            return "", held
        return why, held

    def _answered(self, watch: _Watch, now: float, began: float) -> bool:
        answered = watch.resting.answered(now)
        if answered is not None:
            return answered >= GLANCE_QUIET
        if now - began < GLANCE:
            return False
        return now - began >= GLANCE_COMPUTING or not self._work.why(now - began)

    def _keep(self, watch: _Watch) -> None:
        self._restless, self._lively = watch.resting.restless, watch.resting.lively
        self._seen, self._seen_at = watch.last, self._clock()
        self._watch, self.rested_as_offered = None, watch.offered
