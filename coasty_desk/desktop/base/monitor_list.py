"""The port of a cheap question for where the monitors are."""

from __future__ import annotations

from typing import Protocol


class MonitorList(Protocol):
    """Over what it has opened for itself."""

    def now(self) -> object:
        """What differs from before where a monitor has moved. Raises what the platform raises."""
        ...

    def close(self) -> None:
        """Give back what was opened. Never raises."""
        ...
