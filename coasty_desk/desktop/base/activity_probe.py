"""The port of what tells whether applications are still at work, beside what can be seen."""

from __future__ import annotations

from enum import Enum


class Doing(Enum):
    """What the display's applications do, as far as it is known."""

    UNKNOWN = "nobody can tell"
    SOMETHING = "somebody does a little"
    FRAMES = "somebody has begun to draw frame after frame"
    NOTHING = "nobody has done anything for a few looks"
    ASLEEP = "all sleep until something happens"


class ActivityProbe:
    """Asked before an input and, again and again, after it. This one stands where nobody can tell."""

    def __init__(self, ours: frozenset[int] = frozenset()) -> None:
        """The processes that are `ours` are not waited for."""

    def before(self) -> None:
        """Remember what is at work already."""

    def look(self) -> None:
        """Take in what is used at this moment; called at each look at the screen."""

    def why(self, calm: float) -> str:  # noqa: ARG002 - for those who can tell
        """What works on, in a word (`network`, `arriving`, `command`, `starting`, `computing`); empty where nothing does.

        `calm`: for how many seconds nothing has changed; the longer, the more must be at work to be named.
        """
        return ""

    @property
    def doing(self) -> Doing:
        """What they do; `UNKNOWN`: an empty `why` does not mean that nothing is at work."""
        return Doing.UNKNOWN

    def close(self) -> None:
        """Give back what was opened."""
