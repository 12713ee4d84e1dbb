"""Durable work, whoever does it: what was submitted is carried out to its end, whatever is killed meanwhile.

The port and its rules; `dbos_engine.py` keeps them on disk, `testing/engine_stub.py` in memory, and one suite holds both to them.

    submitted ── its turn in its queue ──> its handler is called ── returns ──> done
        │                                     ↑        │
        └─ cancel: never called               └────────┘ killed, ended or raised: called again, before all that wait
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from coasty_desk.automation.driving_lease import DrivingLease


class Work(Struct, frozen=True, kw_only=True):
    """Something to carry out: by the handler of its `kind`, after all that was submitted to its `queue` before.

    `work_id` is its name for ever: who submits it again gets nothing new. `queue`: a machine's id, or whatever else does one thing
    at a time. `payload`: what its handler is to know, in the handler's own form. `not_before`: seconds since the epoch.
    """

    work_id: str
    kind: str
    queue: str
    payload: str = ""
    not_before: float | None = None


class WorkContext(Protocol):
    """What a handler has of its work. `attempt` is 1 when it is called for the first time, and grows with each call after that.

    `ending` is set when the engine closes. A handler that returns after that has not done its work: it is called again.
    """

    @property
    def work_id(self) -> str:
        """The work's name."""

    @property
    def payload(self) -> str:
        """As it was submitted."""

    @property
    def attempt(self) -> int:
        """Which call this is, from 1."""

    @property
    def ending(self) -> threading.Event:
        """Set when the engine closes."""

    def receive(self, topic: str, seconds: float) -> str | None:
        """The next message of that topic, the oldest first; None where none came within so many seconds, or the engine is ending.

        To ask for the next one says that the last one is dealt with: who is killed before that hears the last one once more. So what
        a message asks for must be harmless if it is done twice. A topic is for one thread of the handler.
        """


Handler: TypeAlias = Callable[[WorkContext], None]
"""Carries work out, in a thread of its own. It returns when all is done, and must go on where it was when it is called again.

An exception is no end either: it is told to the log, and the handler called again after a pause that grows to a minute.
"""


class Engine(Protocol):
    """Durable work: each piece is carried out once at a time, and again after a kill until its handler has returned.

    Every method may be called from any thread, and `submit`, `signal` and `cancel` before `begin` as well. All of them raise
    `UsageError` where what they write to cannot be had.
    """

    def begin(self, handlers: Mapping[str, Handler]) -> None:
        """Carry out what there is, that which was cut off first; `handlers` by the kind of work.

        Raises UsageError where another process does already: what two carry out is done twice.
        """

    def submit(self, work: Work) -> None:
        """Have it carried out: once for each id, whoever asks and how often. When this returns, no kill loses it."""

    def signal(self, work_id: str, topic: str, message: str, once: str = "") -> None:
        """Tell the work's handler something, now or when it is called; one that has ended hears nothing any more.

        `once`: the message's own name, by which it is sent again and heard once. Raises LookupError for work that nobody submitted.
        """

    def cancel(self, work_id: str) -> bool:
        """Never call its handler: whether that is so. What has begun is not ended by this, since its queue must not go on meanwhile."""

    def forget(self, before: float) -> None:
        """Keep nothing of what was done or cancelled before that moment (seconds since the epoch): whoever submits it again has it done again."""

    def lease(self) -> DrivingLease | None:
        """Until when what is carried out may act, where that can end while it goes on: the place is kept with others, and may be lost to them."""

    def close(self) -> None:
        """End at once: no handler is called any more, and those under way are not waited for. They are called again at the next `begin`."""
