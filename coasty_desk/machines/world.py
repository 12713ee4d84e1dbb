"""What the commands of a machine are carried out in: its home, its programs' environment, and the walls around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct


class MachineWorld(Struct, frozen=True):
    """One machine's own world, as its worker process has it.

    `home` is the folder that paths of files start from, as this process sees it; `inside_home` is the same folder as the machine's
    own programs see it. `confined`: no path may lead out of it (virtual machines), but into `temporary`, which is the machine's own /tmp as
    this process sees it, where it has one; else (this desktop) any path may be meant, but none within `denied`, which is our own data
    and configuration. `environment` is that of its programs, with `DISPLAY`. `argv` gives the command line
    that starts a program on the machine: behind its walls where it has some, in the folder (as the machine sees it) that is given.
    """

    machine_id: str
    home: Path
    inside_home: str
    confined: bool
    denied: tuple[Path, ...]
    environment: Mapping[str, str]
    argv: Callable[[Sequence[str], str], Sequence[str]]
    temporary: Path | None = None
