"""A run's record, written as it goes: each line is on the disk before what it announces happens (DESIGN.md A4, A7)."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from coasty_desk import plain_files
from coasty_desk.core import events as ev
from coasty_desk.core.errors import DesktopError
from coasty_desk.record import disk_errors, run_lock
from coasty_desk.wire import open_purchase as wire
from coasty_desk.wire.journal_codec import frame_file, to_line
from coasty_desk.wire.json_fields import UnreadableError
from coasty_desk.wire.open_purchase import WHATS, Posted, What

JOURNAL = "journal.jsonl"
FRAMES = "frames"

LARGEST_REQUEST = 64_000_000
"""Bytes of a request that is kept: a screenshot of the largest size is a quarter of it."""

_BINDING = (ev.RunStarted, ev.Predicted, ev.Charged, ev.Acting, ev.RunEnded)
"""What must outlive a power cut: money that was spent, input that is about to go out, how it ended."""


def new_run_id() -> str:
    """An id that sorts by time: `20261122-051530-1a2b3c` (UTC)."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.urandom(3).hex()}"


class Recorder:
    """Writes one run's folder, which no other process writes meanwhile.

    It is a `models.coasty.Outbox` too: a request is in the folder from before it is sent until the
    event that carries its answer is.
    """

    def __init__(self, folder: Path) -> None:
        """Raises UsageError where a process still writes it, DesktopError where the disk refuses."""
        self.folder = folder
        self._taking = threading.Lock()  # a forced end is written by another thread
        self._ended = False
        with disk_errors.disk_errors(), ExitStack() as stack:
            stack.enter_context(run_lock.hold(plain_files.real_folder(folder)))
            plain_files.real_folder(folder / FRAMES)
            self._journal = plain_files.made(folder / JOURNAL, os.O_RDWR | os.O_APPEND)
            stack.callback(os.close, self._journal)
            self._given_back = stack.pop_all()

    @classmethod
    def begin(cls, runs: Path, run_id: str) -> Recorder:
        """A new run's folder under `runs`. Raises DesktopError where the disk refuses."""
        with disk_errors.disk_errors():
            plain_files.folder(runs)
            return cls(plain_files.folder(runs / run_id, new=True))

    def take(self, event: ev.Event) -> None:
        """Write the event down before returning; nothing after the last one. Raises DesktopError where the disk refuses."""
        with self._taking, disk_errors.disk_errors():
            if self._ended:
                return
            if isinstance(event, ev.Observed):
                plain_files.write(self.folder / frame_file(event.step, event.frame.media_type), event.frame.image)
            plain_files.append(self._journal, to_line(event, recorded=True).encode("ascii") + b"\n")
            if isinstance(event, _BINDING):
                os.fsync(self._journal)
            if isinstance(event, ev.Charged) and event.what == "session":
                self._forget(event.step, "session")
            elif isinstance(event, ev.Predicted) or (isinstance(event, ev.Charged) and event.what == "step"):
                self._forget(event.step, "predict")
            self._ended = isinstance(event, ev.RunEnded)

    def lines(self) -> int:
        """How many lines the journal has, one that was left torn too. Raises DesktopError where the disk refuses."""
        with disk_errors.disk_errors(), os.fdopen(os.dup(self._journal), "rb") as journal:
            journal.seek(0)
            return sum(1 for _ in journal)

    def keep(self, posted: Posted) -> None:
        """Have the open request written before it goes out, and safe from a power cut while it travels. Raises DesktopError."""
        path = self._request(posted.step, posted.what)
        with disk_errors.disk_errors():
            plain_files.write(path, wire.to_bytes(posted))
        disk_errors.sync_meanwhile(path)

    def kept(self, step: int, what: What) -> Posted | None:
        """The request of this step whose answer is not in the journal."""
        return request_in(self._request(step, what))

    def forget_others(self, step: int) -> None:
        """Remove what was kept for other steps: their answers were journaled, and the cut came before the removal."""
        open_now = {self._request(step, what) for what in WHATS}
        for path in self.folder.glob("request-*.json"):
            if path not in open_now:
                with suppress(OSError):  # no file of ours
                    path.unlink(missing_ok=True)

    def seal(self, seconds: float) -> None:
        """This process ends, and the run is cut off: nothing is written any more, and whoever wants to waits for that end.

        What is being written is waited for, so many seconds at most.
        """
        self._taking.acquire(timeout=seconds)

    def close(self) -> None:
        """Let the folder go."""
        self._journal = -1
        self._given_back.close()

    def _request(self, step: int, what: What) -> Path:
        return self.folder / f"request-{step:04d}{'-session' * (what == 'session')}.json"

    def _forget(self, step: int, what: What) -> None:
        self._request(step, what).unlink(missing_ok=True)


def request_in(path: Path) -> Posted | None:
    """The request that was kept there; None where none was."""
    try:
        return wire.from_bytes(plain_files.read(path, LARGEST_REQUEST, links=False))
    except (OSError, UnreadableError):
        return None


def recorded(events: Generator[ev.Event, None, None], recorder: Recorder) -> Iterator[ev.Event]:
    """The run's events, each passed on once it is written down.

    Where the disk refuses, the run ends with that as its error before anything else happens;
    its last event is passed on all the same.
    """
    refused: DesktopError | None = None
    while True:
        try:
            event = next(events) if refused is None else events.throw(refused)
        except StopIteration:
            return
        refused = None
        try:
            recorder.take(event)
        except DesktopError as error:
            if not isinstance(event, ev.RunEnded):
                refused = error
                continue
            event = replace(event, message=f"{event.message} (this ending is not in the record)")
        yield event
