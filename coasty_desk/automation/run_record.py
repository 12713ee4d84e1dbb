"""A run's record as the service reads it while another process writes it, and how it ends one that no process will."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from msgspec import Struct

from coasty_desk import plain_files
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Verdict
from coasty_desk.core.errors import CoastyDeskError, UsageError
from coasty_desk.core.money import Money
from coasty_desk.record import listing, resume
from coasty_desk.record.journal import JOURNAL

PATIENCE = 5.0
"""Seconds in which a process that was cut off has let go of its record."""

_PIECE = 1_000_000


class JournalTail:
    """The lines of a journal as they are added: each once, and whole. For one thread. `count` is how many there were so far."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL
        self._offset = 0
        self.count = 0

    def new(self) -> Iterator[bytes]:
        """Those that came since the last time; none where there is no journal yet."""
        try:
            descriptor = plain_files.opened(self._path, links=False)
        except OSError:
            return
        with suppress(OSError), os.fdopen(descriptor, "rb") as journal:
            journal.seek(self._offset)
            while line := journal.readline(listing.LONGEST_LINE):
                if not line.endswith(b"\n") and len(line) < listing.LONGEST_LINE:
                    return  # it is being written, or was left torn
                self._offset += len(line)
                if line.endswith(b"\n"):
                    self.count += 1
                    yield line


class RunProgress(Struct):
    """What a run has come to so far, line by line: steps that are completed, and what was paid."""

    steps: int = 0
    cost: Money = 0

    def follow(self, line: bytes) -> bool:
        """Take in one more line; whether something has changed."""
        if not line.startswith(
            (b'{"event":"observed"', b'{"event":"predicted"', b'{"event":"charged"', b'{"event":"run_ended"')
        ):
            return False
        try:
            said = json.loads(line)
            before = (self.steps, self.cost)
            match said["event"]:
                case "observed":
                    self.steps = max(self.steps, int(said["step"]) - 1)
                case "run_ended":
                    self.steps, self.cost = int(said["steps"]), _money(said["cost_cents"])
                case _:
                    self.cost = _money(said["total_cents"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return False
        return before != (self.steps, self.cost)


class RecordedEnd(Struct, frozen=True):
    """How a run has ended by its record: the last line, the model's verdict where it gave one, and its own words."""

    ended: ev.RunEnded
    passed: bool | None
    summary: str


def recorded_end(folder: Path) -> RecordedEnd | None:
    """The end of the run in that folder; None where it has none."""
    ended: ev.RunEnded | None = None
    predicted: ev.Predicted | None = None
    for event in listing.events(folder):
        match event:
            case ev.RunStarted():
                ended = None
            case ev.Predicted():
                predicted = event
            case ev.RunEnded():
                ended = event
    if ended is None:
        return None
    passed = {ev.Ending.DONE: True, ev.Ending.AGENT_FAILED: False}.get(ended.ending)
    said = "" if predicted is None or predicted.verdict is Verdict.CONTINUE else predicted.answer or predicted.reasoning
    return RecordedEnd(ended, passed, said)


def has_begun(folder: Path) -> bool:
    """Whether anything is in the record of that folder."""
    return next(listing.lines(folder), None) is not None


def end(folder: Path, ending: ev.Ending, message: str) -> None:
    """Write down that a run which no process carries on has ended; where it never began, or has ended, nothing. Never raises."""
    if not has_begun(folder):
        return
    until = time.monotonic() + PATIENCE
    while True:
        try:
            recorder, state = resume.take_up(folder)
            break
        except UsageError:
            if recorded_end(folder) is not None or time.monotonic() > until:
                return
            time.sleep(0.05)
        except (CoastyDeskError, OSError):
            return
    with closing(recorder), suppress(CoastyDeskError):
        if state.ending is not None:
            return
        at, progress = state.cut_off, state.cut_off.progress
        open_still = () if state.session is None else (state.session.session_id,)
        recorder.take(
            ev.RunEnded(
                run_id=folder.name,
                step=progress.steps,
                seq=at.seq + 1,
                elapsed=progress.seconds,
                ending=ending,
                message=message,
                steps=progress.steps,
                cost=progress.spent,
                seconds=progress.seconds,
                left_open=open_still,
            )
        )


def _money(cents: float) -> Money:
    return round(cents * 10_000)
