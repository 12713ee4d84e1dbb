"""What can be wrong with a machine, as whoever asks for it is told."""

from __future__ import annotations

from coasty_desk.core.errors import CoastyDeskError


class NoMachineError(Exception):
    """There is no machine of that id, or not any more."""


class MachineStateError(Exception):
    """What is asked for is not possible as the machine is now: its `state`, and those from which it is possible."""

    def __init__(self, message: str, state: str, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.state = state
        self.allowed = allowed


class MachineBusyError(Exception):
    """Somebody else drives the machine, or a person has just stopped what drove it; nothing was done. `seconds` until it may be free, if known."""

    def __init__(self, message: str, seconds: int | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooManyMachinesError(Exception):
    """There are as many virtual machines as there may be."""


class WorkerGoneError(Exception):
    """The machine's worker process does not answer, or ended while it was asked."""


class MissingPartError(CoastyDeskError):
    """The machine cannot be had here: the message says what is missing, `remedy` how to get it."""
