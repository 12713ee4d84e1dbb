"""The lock on a display as each platform has it: who drives it, and what may be asked of that run."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import asdict

from coasty_desk.core.stop import Stop

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
