"""What ends a run on a machine, divided by whose fault it is: the machine's, which is a screen like any, or its service's."""

from __future__ import annotations

from coasty_desk.core.errors import CoastyDeskError, DesktopError, ServiceError

_OF_THE_MACHINE = ("MACHINE_NOT_FOUND", "NOT_FOUND", "INVALID_STATE", "CONFLICT", "FEATURE_NOT_AVAILABLE")

_OF_ITS_WORKER = ("UPSTREAM_ERROR", "UPSTREAM_UNAVAILABLE", "UPSTREAM_TIMEOUT")
"""What this computer's own service says of what drives the machine; another's may mean itself."""


def as_fault(error: ServiceError, what: str, *, here: bool, doubt: str = "") -> CoastyDeskError:
    """The error that ends the run: `what` went wrong, as the start of a sentence, and `doubt`, what is not known now."""
    message = f"{what}: {error.message[:1].lower()}{error.message[1:]}{f' {doubt}' if doubt else ''}"
    if error.code in _OF_THE_MACHINE or (here and error.code in _OF_ITS_WORKER):
        return DesktopError(message, error.remedy)
    return error.reworded(message, error.remedy)
