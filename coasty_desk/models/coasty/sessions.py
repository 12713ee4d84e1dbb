"""The sessions that a run has open, and their deletion whatever happens: an open one holds a slot of the account."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from urllib.parse import quote

from msgspec import Struct

from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.transport.transport import NO_ANSWER, NOT_SENT, Reply, UnansweredError
from coasty_desk.wire.json_fields import UnreadableError, parse_json

CLOSING = 1.5
"""Seconds that closing may take in all: a person who has stopped the run waits for it."""

_WAIT_FOR_OPENING = 0.7
_LOOKING = 0.4
_TRIES = 3
_PAUSE = 0.1


def session_in(document: object) -> str | None:
    """The id in the answer to `POST /sessions`, if it is one (API.md §1.3)."""
    found = document.get("session_id") if isinstance(document, dict) else None
    return found if isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,128}", found) else None


def path_of(session_id: str) -> str:
    """Where the session lies under the base URL."""
    return f"sessions/{quote(session_id, safe='')}"


class Late(Struct, frozen=True):
    """What came of opening a session while the run was closed: the `reply` to it, or one to what had become of it."""

    reply: Reply
    looked_up: bool = False


class Sessions:
    """Knows each session from the moment its opening is answered, in whichever thread that happens."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changed = threading.Condition()
        self._open: set[str] = set()
        self._unknown: set[str] = set()
        self._in_flight = 0
        self._last: Late | None = None
        self._closed = False
        self._late = False
        self._over = False

    def add(self, session_id: str, key: str = "") -> None:
        """This one is open, opened by the request of this key, unless all have been closed since."""
        with self._changed:
            self._unknown.discard(key)
            if not self._over:
                self._open.add(session_id)

    def doubt(self, key: str) -> None:
        """An earlier sitting has sent this request for one, and has not heard what came of it."""
        with self._changed:
            self._unknown.add(key)

    def forget(self, session_id: str) -> None:
        """This one is no more."""
        with self._changed:
            self._open.discard(session_id)

    def opening(self, post: Callable[[], Reply], key: str) -> Reply:
        """Do `post`, which opens a session by this key; if the run has been closed meanwhile, delete what it opened."""
        sent = True
        with self._changed:
            if self._closed:
                raise UnansweredError(NO_ANSWER, "the run has been stopped")
            self._in_flight += 1
            was_unknown = key in self._unknown
            self._unknown.add(key)
            self._last = None
        reply: Reply | None = None
        try:
            reply = post()
        except UnansweredError as none:
            sent = none.fault.code not in NOT_SENT
            raise
        finally:
            with self._changed:
                self._in_flight -= 1
                if not (sent or was_unknown):
                    self._unknown.discard(key)
                opened = None if reply is None else self._heard(reply, key)
                late = self._late
                self._changed.notify_all()
        if opened is not None and late:
            self._delete(opened, time.monotonic() + CLOSING)
        return reply

    def _heard(self, reply: Reply, key: str) -> str | None:
        opened = _opened(reply)
        self._last = Late(reply)
        if opened is not None:
            self._open.add(opened)
        if opened is not None or (400 <= reply.status < 500 and reply.status not in (408, 409, 429)):
            self._unknown.discard(key)  # else a proxy may have spoken for one that was opened
        return opened

    def answered_late(self) -> Late | None:
        """After a stop: close all, and say what came of the opening that was on its way then; None where nobody can tell."""
        self.close()
        return self._last

    def drop(self, session_id: str) -> None:
        """Delete this one while the run goes on."""
        threading.Thread(target=self._delete, args=(session_id, time.monotonic() + 30), daemon=True).start()

    def close(self) -> tuple[str, ...]:
        """Delete all, within `CLOSING` seconds; whoever comes second waits for the first. Never raises.

        Those that may be open still, by their ids, and by the keys of their requests where no answer came.
        """
        until = time.monotonic() + CLOSING
        with self._changed:
            if self._closed:
                self._changed.wait_for(lambda: self._over, CLOSING)
                return self._left()
            self._closed = True
            self._changed.wait_for(lambda: not self._in_flight, _WAIT_FOR_OPENING)
            self._late = True
            unanswered = tuple(self._unknown)
        _each(self._look_up, unanswered, until, min(until, time.monotonic() + _LOOKING))
        with self._changed:
            remaining = tuple(self._open)
        _each(self._delete, remaining, until, until)
        self._connection.close()
        with self._changed:
            self._over = True
            self._changed.notify_all()
            return self._left()

    def _left(self) -> tuple[str, ...]:
        return (*sorted(self._open), *sorted(self._unknown))

    def _look_up(self, key: str, until: float) -> None:
        """What has become of an opening whose answer does not come (API.md §2.7)."""
        left = min(until - time.monotonic(), _LOOKING)
        try:
            reply = self._connection.get(f"idempotency/{quote(key, safe='')}", left)
            document = parse_json(reply.body)
        except (UnansweredError, UnreadableError):
            return
        if reply.status == 404:  # none was opened by it
            with self._changed:
                self._unknown.discard(key)
        opened = session_in(document.get("result")) if reply.status == 200 and isinstance(document, dict) else None
        if opened is not None:
            with self._changed:
                self._open.add(opened)
                self._unknown.discard(key)
                self._last = Late(reply, looked_up=True)

    def _delete(self, session_id: str, until: float) -> None:
        for _ in range(_TRIES):
            left = until - time.monotonic()
            if left <= 0:
                return
            try:
                reply = self._connection.delete(path_of(session_id), left)
            except UnansweredError:
                pass
            else:
                if reply.status < 500 and reply.status != 429:
                    self.forget(session_id)
                    return
            time.sleep(_PAUSE)


def _opened(reply: Reply) -> str | None:
    try:
        return session_in(parse_json(reply.body)) if 200 <= reply.status < 300 else None
    except UnreadableError:
        return None


def _each(work: Callable[[str, float], None], names: tuple[str, ...], until: float, patience: float) -> None:
    """Do `work` for each, in threads that are left at `patience`: a name that is being looked up hears no timeout."""
    threads = [threading.Thread(target=work, args=(name, until), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, patience - time.monotonic()))
