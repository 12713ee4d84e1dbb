"""What a virtual machine is to be."""

from __future__ import annotations

from msgspec import Struct

from coasty_desk.core.scaling import Size

SCREEN = Size(1280, 720)
"""The largest screenshot that a run sends unless told otherwise: nothing of it is shrunk."""


class MachineWish(Struct, frozen=True):
    """`network`: whether its programs reach what this computer reaches. The limits are on all of its programs together, None for none."""

    screen: Size = SCREEN
    network: bool = True
    cpu_cores: int | None = None
    memory_gb: float | None = None
    storage_gb: float | None = None
