"""The conversations of sessions that are open, in memory, each used by one request at a time.

What is in the database says how far a session has come; what a model keeps of it is here. One that is not here any more
is made anew from the database where the model can go on from that, and is gone where it cannot.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from coasty_desk.core.actions import Outcome
from coasty_desk.core.stop import Stop
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.own_answers import OwnConversation

MOST = 32
"""Conversations at a time; of more the one that was used least recently is let go."""

PATIENCE = 60.0
"""Seconds that a request waits for another one of the same session."""

LETTING_GO = 1.0
"""Seconds in which what is asked in a session must have heard that it is over; what has not ends with the process."""

_LOOK = 0.2


@dataclass(slots=True)
class LiveSession:
    """`steps` are those that its conversation has answered, `outcomes` what became of the last answer's actions; `key` is a caller's own."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    root: Stop = field(default_factory=Stop)
    conversation: OwnConversation | None = None
    steps: int = 0
    outcomes: tuple[Outcome, ...] = ()
    key: str = ""
    stop: Stop = field(init=False)
    _asker: Stop | None = None
    _changing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.stop = self.root.part()

    @contextmanager
    def asked_by(self, asker: Stop) -> Iterator[None]:
        """Within the block the conversation is stopped with whoever asks in it."""
        with self._changing:
            self._asker = asker
        asker.then(lambda: self._stop_for(asker))
        if asker.is_set():
            self.stop.trip(asker.reason)
        try:
            yield
        finally:
            with self._changing:
                self._asker = None
                self.root.rearm(self.stop)

    def let_go(self) -> None:
        """Close the conversation; the next one is made anew."""
        conversation, self.conversation = self.conversation, None
        self.steps, self.outcomes = 0, ()
        if conversation is not None:
            with suppress(Exception):  # it is of no use any more, whatever it says to that
                conversation.close()

    def _stop_for(self, asker: Stop) -> None:
        with self._changing:
            if self._asker is asker:
                self.stop.trip(asker.reason)


class LiveSessions:
    """Those of one service."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._live: OrderedDict[str, LiveSession] = OrderedDict()
        self._closed = False

    @contextmanager
    def alone(self, session_id: str, stop: Stop) -> Iterator[LiveSession]:
        """Within the block nobody else uses the session's conversation. Raises ApiError CONFLICT where that takes too long, Aborted."""
        live = self._of(session_id)
        waited = 0.0
        while not live.lock.acquire(timeout=_LOOK):
            stop.check()
            waited += _LOOK
            if waited >= PATIENCE:
                message = "Another request of this session is being answered."
                raise ApiError("CONFLICT", message, "Ask in a session one step after the other.")
        try:
            yield live
        finally:
            live.lock.release()

    def drop(self, session_id: str) -> None:
        """The session is no more, or begins anew: stop what is asked in it, and close its conversation."""
        with self._lock:
            live = self._live.pop(session_id, None)
        if live is not None:
            _end(live)

    def close(self) -> None:
        """All of them."""
        with self._lock:
            self._closed = True
            lives = list(self._live.values())
            self._live.clear()
        for live in lives:
            live.root.trip("stop")
        for live in lives:
            _end(live)

    def _of(self, session_id: str) -> LiveSession:
        with self._lock:
            live = self._live.setdefault(session_id, LiveSession())
            self._live.move_to_end(session_id)
            idle = [one for one, held in self._live.items() if one != session_id and not held.lock.locked()]
            gone = [self._live.pop(one) for one in idle[: max(len(self._live) - MOST, 0)]]
        for one in gone:
            _end(one)
        return live


def _end(live: LiveSession) -> None:
    live.root.trip("stop")
    if live.lock.acquire(timeout=LETTING_GO):
        try:
            live.let_go()
        finally:
            live.lock.release()
