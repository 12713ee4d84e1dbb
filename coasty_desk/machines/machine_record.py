"""A machine as it is kept: one small file in a folder of its own, which outlives whoever serves it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from coasty_desk import plain_files

FILE = "machine.json"
LARGEST = 100_000

MachineKind = Literal["desktop", "virtual"]
MachineState = Literal[
    "creating", "starting", "running", "stopping", "stopped", "restarting", "deleting", "terminated", "error"
]

DESKTOP_ALIAS = "desktop"

T = TypeVar("T", bound=Struct)


class MachineRecord(Struct, frozen=True):
    """One machine. Moments are seconds since the epoch, `ends_at` that at which it is terminated, `screen` its size in pixels once it has run.

    `reason` says why it is in its state, where there is anything to say; `notes` what walls and limits it has, and which it lacks.
    `storage_gb`, `memory_gb` and `cpu_cores` are limits, where there are some. `restores` is the snapshot that it begins with, `display` the one of this computer
    that the worker of this desktop is on.
    """

    id: str
    kind: MachineKind
    display_name: str
    status: MachineState
    created_at: float
    cpu_cores: int | None = None
    memory_gb: int | None = None
    storage_gb: int | None = None
    ttl_minutes: int | None = None
    ends_at: float | None = None
    started_at: float | None = None
    metadata: Mapping[str, str] = {}
    reason: str = ""
    notes: tuple[str, ...] = ()
    screen: tuple[int, int] | None = None
    restores: str = ""
    network: bool = True
    display: str = ""


class MachineSnapshot(Struct, frozen=True):
    """The home of a machine as it was, in an archive of the same name; `at` is seconds since the epoch."""

    id: str
    machine_id: str
    display_name: str
    name: str
    at: float
    size: int = 0


def read(folder: Path) -> MachineRecord | None:
    """The machine of that folder; None where there is none that can be read."""
    return _read(folder / FILE, MachineRecord)


def write(folder: Path, record: MachineRecord) -> None:
    """Keep it. Raises OSError."""
    plain_files.write(folder / FILE, encoded(record))


def encoded(record: MachineRecord) -> bytes:
    """As it is kept."""
    return msgspec.json.encode(record)


def read_at(path: Path) -> MachineRecord | None:
    """The machine of that file; None where there is none that can be read."""
    return _read(path, MachineRecord)


def read_snapshot(path: Path) -> MachineSnapshot | None:
    """What is said beside an archive; None where nothing is that can be read."""
    return _read(path, MachineSnapshot)


def write_snapshot(path: Path, snapshot: MachineSnapshot) -> None:
    """Keep it. Raises OSError."""
    plain_files.write(path, msgspec.json.encode(snapshot))


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(plain_files.read(path, LARGEST, links=False), type=kind)
    except (OSError, msgspec.DecodeError):
        return None
