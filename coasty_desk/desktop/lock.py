"""One run a display: who drives it, and how another process asks that run to stop.

On X11 the lock is a selection on the display itself: the server takes it back when its owner's
connection ends, however that ends, so nothing stale is left, and it holds between users, homes
and machines. Elsewhere it is a locked file (lock_file.py).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import asdict

from coasty_desk.core.errors import UsageError
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import stop_listener, stop_socket

LOST = "another program has taken away the lock by which this run alone drives the display"

LONGEST_TASK = 500
"""Characters of the task that another process is shown."""

Heard = Literal["ended", "stopping", "silent"]
"""What came of asking a run to stop: it has ended, it says that it stops, or it says nothing."""


class Owner(Struct, frozen=True):
    """The run that drives a display. `started` is ISO-8601 in UTC; `pid` is 0 where the system knows of no such process."""

    pid: int
    run_id: str
    task: str
    started: str

    @classmethod
    def of(cls, run_id: str, task: str) -> Owner:
        """This process."""
        return cls(os.getpid(), run_id, task[:LONGEST_TASK], datetime.now(UTC).isoformat(timespec="seconds"))

    def to_json(self) -> bytes:
        """As bytes for another process."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Owner:
        """Read what another process wrote; what it did not say is empty."""
        try:
            said = json.loads(data)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            said = {}
        pid = said.get("pid")
        words = {name: str(said.get(name, "")) for name in ("run_id", "task", "started")}
        return cls(pid if isinstance(pid, int) and pid > 1 else 0, **words)

    def said(self) -> str:
        """Which process that is, since when and for what, for a person."""
        process = f"process {self.pid}" if self.pid else "a process that cannot be told"
        return f"{process}, started {self.started or 'nobody knows when'}, task {self.task!r}"


class Lock(Protocol):
    """One platform's lock on the display."""

    def held(self, owner: Owner, stop: Stop) -> AbstractContextManager[Owner | None]:
        """Within the block the display is ours and `stop` is tripped on demand; gives the owner where it is another's."""
        ...

    def owner(self) -> Owner | None:
        """Who drives the display."""
        ...

    def ask_to_stop(self, seconds: float) -> Heard:
        """Tell the owner to stop, and wait so long for a sign of it."""
        ...


@contextmanager
def display_held(stop: Stop, *, run_id: str, task: str) -> Iterator[None]:
    """Within the block no other run can drive this display, and `coasty-desk stop` trips `stop`; so does the loss of the lock.

    Raises UsageError with the other run's pid and task where there is one (nothing was started,
    so exit 2), DesktopError without a display.
    """
    ours = Owner.of(run_id, task)
    with _lock().held(ours, stop) as other:
        if other is not None:
            message = f"Another run drives this display: {other.said()}."
            raise UsageError(message, "Wait for it, or end it with: coasty-desk stop")
        with stop_listener.listening(os.environ.get("DISPLAY", ""), ours.to_json(), lambda: stop.trip("stop")):
            yield


def running() -> Owner | None:
    """Who drives this display now. Raises DesktopError without a display."""
    return _lock().owner()


def stop_running(seconds: float) -> tuple[Owner, bool] | None:
    """Ask the run that drives this display to stop; whether it has ended within so many seconds, None where there is none.

    Raises DesktopError without a display.
    """
    lock = _lock()
    owner = lock.owner()
    if owner is None:
        return None
    stop_socket.wake(owner.pid)
    return owner, lock.ask_to_stop(seconds) == "ended"


def _lock() -> Lock:
    if sys.platform.startswith("linux"):
        from coasty_desk.desktop.lock_x11 import X11Lock

        return X11Lock()
    import platformdirs

    from coasty_desk.desktop.lock_file import FileLock

    return FileLock(platformdirs.user_runtime_path("coasty-desk"))
