"""The last event of a run whose process is ended by force: the loop does not come to it, and it is in the record all the same."""

from __future__ import annotations

import time

from coasty_desk.core import events as ev
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.run import how_stopped
from coasty_desk.core.stop import Stop
from coasty_desk.record.journal import Recorder
from coasty_desk.record.listing import Course

NOT_WRITTEN = "its end is not in the record"
"""What it means where `write` could not."""


class ForcedEnd:
    """Follows a run from its first event, to be able to say at any moment how it ended."""

    def __init__(self, run_id: str, stop: Stop, recorder: Recorder | None) -> None:
        self._run_id, self._stop, self._recorder = run_id, stop, recorder
        self._began, self._seq = time.monotonic(), 0
        self.course = Course()

    def take(self, event: ev.Event) -> None:
        """Follow the run."""
        self.course.follow(event)
        self._began, self._seq = time.monotonic() - event.elapsed, event.seq

    def end(self) -> ev.RunEnded:
        """The last event."""
        ending, message = how_stopped(self._stop)
        return ev.RunEnded(
            run_id=self._run_id,
            step=self.course.steps,
            seq=self._seq + 1,
            ending=ending,
            message=f"{message}; it did not end by itself, and its process was ended",
            steps=self.course.steps,
            cost=self.course.cost,
            seconds=round(time.monotonic() - self._began, 3),
        )

    def write(self) -> bool:
        """Have it in the record, unless the run has ended; whether it is there."""
        try:
            if self._recorder is not None and self.course.ended is None:
                self._recorder.take(self.end())
        except (DesktopError, OSError):
            return False
        return True
