"""What we are sending at this moment: how the agent's keys are told from a person's.

Whoever sends a key event notes it here first; whoever listens asks of each event that it sees
whether it is one of the noted. Each note is recognised once, so a person who presses the same
key at the same time is still counted.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable

FORGET_AFTER = 5.0
"""Seconds, longer than a program grabs the server, after which a note that never came back is dropped: the server swallows the press of a key that is down."""


class OwnEvents:
    """The key events on their way. Key codes are the platform's own (X11: keycodes)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._notes: dict[tuple[int, bool], deque[float]] = defaultdict(deque)
        self._pointer: tuple[int, int] | None = None
        self._noted = self._seen = 0
        self._others = self._struck = self._locks = 0
        self._other_at: float | None = None
        self._lock_after = 0

    def note(self, code: int, *, down: bool) -> None:
        """Say that this key event is about to be sent."""
        with self._lock:
            self._notes[code, down].append(self._clock())
            self._noted += down

    def another(self) -> None:
        """Say that a key was pressed which is not ours, and that writes or does something."""
        with self._lock:
            self._others += 1
            self._other_at = self._clock()

    def struck_by_another(self) -> None:
        """Say that a key of ours was pressed while a person held a modifier."""
        with self._lock:
            self._struck += 1

    def lock_by_another(self) -> None:
        """Say that a person pressed Caps Lock or its like."""
        with self._lock:
            self._locks += 1
            self._lock_after = self._seen

    @property
    def struck(self) -> int:
        """How often a key of ours was pressed while a person held a modifier. Asked without a lock."""
        return self._struck

    @property
    def locks(self) -> int:
        """How often a person pressed a lock. Asked without a lock."""
        return self._locks

    def pressed_since_lock(self, since: int) -> bool:
        """Whether we have pressed a key since a person last pressed a lock, where that was after our first `since`."""
        with self._lock:
            return since <= self._lock_after < self._noted

    @property
    def noted(self) -> int:
        """How many keys we have pressed so far. Asked without a lock."""
        return self._noted

    @property
    def others(self) -> int:
        """How often a person has pressed a key so far, as far as they are listened to. Asked without a lock."""
        return self._others

    def since_another(self) -> float:
        """Seconds since a person last pressed a key; infinite before the first."""
        at = self._other_at
        return float("inf") if at is None else self._clock() - at

    def pointer_to(self, x: int, y: int) -> None:
        """Say that the pointer is about to be put there (real pixels)."""
        self._pointer = (x, y)

    @property
    def pointer(self) -> tuple[int, int] | None:
        """Where we put the pointer last, in real pixels; None before we moved it at all. Asked without a lock."""
        return self._pointer

    def ours(self, code: int, *, down: bool) -> bool:
        """Whether this key event, just seen, is one that we sent; answers yes once for each note."""
        with self._lock:
            notes = self._notes.get((code, down))
            if not notes:
                return False
            oldest = self._clock() - FORGET_AFTER
            while notes and notes[0] < oldest:
                notes.popleft()
                self._seen += down
            if not notes:
                return False
            notes.popleft()
            self._seen += down
            return True


OWN_EVENTS = OwnEvents()
"""The one of this process: there is one keyboard."""
