"""What was filled in and must still be there when the rest is."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from coasty_desk.models.offline.steps import evidence
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.texts import Box

FIELD = 40
"""What is wider, in pixels, is a field and no tick box."""


class Claim(Struct, frozen=True):
    """`what` in words, where it is, the screen when it was there, and whether it still holds."""

    what: str
    where: Box
    then: ReadScreen
    holds: Callable[[], bool]


class Claims(Struct):
    """At most one for a place: what is filled in there again takes its place."""

    _made: list[Claim] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._made)

    def add(self, what: str, where: Box, then: ReadScreen, holds: Callable[[], bool]) -> None:
        """Remember one."""
        self._made = [claim for claim in self._made if not claim.where.meets(where)]
        self._made.append(Claim(what, where, then, holds))

    def lost(self, now: ReadScreen) -> str | None:
        """The first that is there no more, in words."""
        return next((c.what for c in self._made if not (_is_untouched(c, now) or c.holds())), None)


def _is_untouched(claim: Claim, now: ReadScreen) -> bool:
    """Whether a field shows what it showed: no need to read it. A tick box is too small to tell it from a caret."""
    inside = claim.where.grown(-evidence.FOCUS)
    return inside.width > FIELD and not evidence.differs(claim.then, now, inside)
