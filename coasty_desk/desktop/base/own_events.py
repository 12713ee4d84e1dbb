"""What we are sending at this moment: how the agent's keys are told from a person's.

Whoever sends a key event notes it here first; whoever listens asks of each event that it sees
whether it is one of the noted. Each note is recognised once, so a person who presses the same
key at the same time is still counted.
"""

from __future__ import annotations

import math
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
        self._seen = 0
        self.pointer: tuple[int, int] | None = None
        """Where we put the pointer last, or are about to, in real pixels; None before we move it at all."""
        self.noted = 0
        """How many keys we have pressed so far."""
        self.others = 0
        """How often a person has pressed a key so far, as far as they are listened to."""
        self.struck = 0
        """How often a key of ours was pressed while a person held a modifier."""
        self.locks = 0
        """How often a person pressed a lock."""
        self._other_at = -math.inf
        self._lock_after = 0

    def note(self, code: int, *, down: bool) -> None:
        """Say that this key event is about to be sent."""
        with self._lock:
            self._notes[code, down].append(self._clock())
            self.noted += down

    def another(self) -> None:
        """Say that a key was pressed which is not ours, and that writes or does something."""
        with self._lock:
            self.others += 1
            self._other_at = self._clock()

    def struck_by_another(self) -> None:
        """Say that a key of ours was pressed while a person held a modifier."""
        with self._lock:
            self.struck += 1

    def lock_by_another(self) -> None:
        """Say that a person pressed Caps Lock or its like."""
        with self._lock:
            self.locks += 1
            self._lock_after = self._seen

    def pressed_since_lock(self, since: int) -> bool:
        """Whether we have pressed a key since a person last pressed a lock, where that was after our first `since`."""
        with self._lock:
            return since <= self._lock_after < self.noted

    def since_another(self) -> float:
        """Seconds since a person last pressed a key; infinite before the first."""
        return self._clock() - self._other_at

    def ours(self, code: int, *, down: bool) -> bool:
        """Whether this key event, just seen, is one that we sent; answers yes once for each note."""
        with self._lock:
            notes, oldest, ours = self._notes[code, down], self._clock() - FORGET_AFTER, False
            while notes and not ours:
                ours = notes.popleft() >= oldest
                self._seen += down
            return ours


OWN_EVENTS = OwnEvents()
"""The one of this process: there is one keyboard."""
