"""A virtual machine as a worker has it: a display of its own, with walls, in the machine's folder."""

from __future__ import annotations

from pathlib import Path

from coasty_desk.machines.habitat import Habitat
from coasty_desk.machines.machine_errors import MissingPartError
from coasty_desk.machines.machine_record import MachineRecord

_NOT_YET = "There are no virtual machines in this version yet."


def virtual_habitat(record: MachineRecord, folder: Path) -> Habitat:
    """Begin it. Raises MissingPartError."""
    del record, folder
    raise MissingPartError(_NOT_YET, "Drive this desktop.")


def archive(folder: Path, path: Path) -> None:
    """The home of the machine in that folder, which is stopped, as an archive. Raises MissingPartError, OSError."""
    del folder, path
    raise MissingPartError(_NOT_YET, "Drive this desktop.")


def unpack(path: Path, folder: Path) -> None:
    """Such an archive as the home of a machine that was never started. Raises MissingPartError, OSError."""
    del path, folder
    raise MissingPartError(_NOT_YET, "Drive this desktop.")
