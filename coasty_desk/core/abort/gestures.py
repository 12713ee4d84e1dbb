"""What counts as a person's wish to stop, from the keys and the pointer as they are seen. Pure.

The agent's own input is told apart by what we are sending at that moment (`ours`), never by a
flag of the system: X11 does not know it, and elsewhere a remote hand is flagged as synthetic.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec import Struct, field

from coasty_desk.core.abort.abort_key import AbortKey
from coasty_desk.core.scaling import Rect

ESCAPES = 3
WITHIN = 1.0
"""So many Escs within so many seconds are a stop."""

LINGER = 0.3
"""A key of the abort chord that the agent let go of counts as down for so long: the agent may have let go of the person's."""


class ChordDetector(Struct):
    """Watches the keyboard for the abort chord and for Esc three times within a second.

    `chord` is one set of key codes for each part of the abort key (any of them will do),
    `escapes` the codes of Esc.
    """

    chord: tuple[frozenset[int], ...]
    escapes: frozenset[int]
    _theirs: set[int] = field(default_factory=set)
    _ours: dict[int, float] = field(default_factory=dict)
    _escaped: deque[float] = field(default_factory=lambda: deque(maxlen=ESCAPES))

    def absent(self, key: AbortKey) -> tuple[str, str]:
        """Why this keyboard cannot press the abort key, and why not Esc; nothing each where it can."""
        parts = [part for part, codes in zip(key.parts, self.chord, strict=True) if not codes]
        no_chord = (
            f"this keyboard layout has no key for {', '.join(parts)} of the abort key {key.text}" if parts else ""
        )
        return no_chord, "" if self.escapes else "this keyboard layout has no Esc"

    def seen(self, code: int, *, down: bool, ours: bool, at: float) -> bool:
        """One key event at `at` seconds; whether with it the person has said stop."""
        if ours:
            self._ours[code] = float("inf") if down else at + LINGER
            return False
        if not down:
            self._theirs.discard(code)
            return False
        if code in self._theirs:
            return False  # a held key that repeats is not pressed again
        self._theirs.add(code)
        return self._is_chord(code, at) or self._is_third(code, at)

    def _is_chord(self, code: int, at: float) -> bool:
        if not any(code in part for part in self.chord):
            return False
        down = self._theirs | {ours for ours, until in self._ours.items() if until >= at}
        return all(part & down for part in self.chord)

    def _is_third(self, code: int, at: float) -> bool:
        if code not in self.escapes:
            return False
        self._escaped.append(at)
        return len(self._escaped) == ESCAPES and at - self._escaped[0] <= WITHIN


class CornerDetector(Struct):
    """Watches the pointer for a corner. The agent never goes there (`scaling.CORNER_INSET`), so whoever does is a person.

    A pointer that rested in a corner at the start says nothing until it has left it.
    """

    points: frozenset[tuple[int, int]]
    resting: bool = False

    def seen(self, x: int, y: int) -> bool:
        """The pointer is at this real pixel; whether with it the person has said stop."""
        if (x, y) not in self.points:
            self.resting = False
            return False
        return not self.resting


def corners(monitors: Iterable[Rect]) -> frozenset[tuple[int, int]]:
    """The pixels where a thrown pointer comes to rest.

    A monitor's corner counts only where the pointer cannot go on to another monitor, so that
    crossing from one to the next stops nothing.
    """
    monitors = tuple(monitors)

    def open_at(x: int, y: int) -> bool:
        return any(monitor.contains(x, y) for monitor in monitors)

    found = set()
    for monitor in monitors:
        for x, y in monitor.corners:
            outward_x = x - 1 if x == monitor.left else x + 1
            outward_y = y - 1 if y == monitor.top else y + 1
            if not open_at(outward_x, y) and not open_at(x, outward_y):
                found.add((x, y))
    return frozenset(found)
