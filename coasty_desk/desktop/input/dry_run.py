"""An executor that sends nothing: whoever reads the run's events sees what it would have done."""

from __future__ import annotations

from coasty_desk.core.actions import Refusal
from coasty_desk.core.scaling import Placed
from coasty_desk.desktop.input.executor import refused


class DryRun:
    """A `core.ports.Executor` that touches no display. It refuses what the real one would refuse."""

    def refuses(self, placed: Placed) -> Refusal | None:
        """Why it could not be done at all: a character that no key writes."""
        return refused(placed, lambda _key: False)

    def perform(self, placed: Placed) -> None:
        """Nothing."""

    def release(self) -> None:
        """Nothing is held."""
