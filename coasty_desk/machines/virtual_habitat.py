"""A virtual machine as a worker has it: a display of its own, with walls, in the machine's folder."""

from __future__ import annotations

import os
from pathlib import Path

from coasty_desk import catalog
from coasty_desk.machines.habitat import Habitat
from coasty_desk.machines.machine_record import MachineRecord
from coasty_desk.machines.worker_protocol import DisplayLoan
from coasty_desk.machines.world import MachineWorld
from coasty_desk.screens.virtual import backdrop, machine_archive, machine_display, machine_limits
from coasty_desk.screens.virtual.machine_wish import MachineWish
from coasty_desk.screens.virtual.storage_watch import StorageWatch
from coasty_desk.screens.virtual.virtual_machine import HOME, VirtualMachine

DISPLAY = "machine's display"
"""The target of this process alone: nobody sits at it, so that no corner of it is a person's stop."""


LEAST_EACH = 8
"""GB of memory that one program may have at least: a browser does not start with 4, of which it uses a tenth."""


def virtual_habitat(record: MachineRecord, folder: Path) -> Habitat:
    """Bring it up, and bind this process to its display for good. Raises DesktopError."""
    memory, raised = _memory(record.memory_gb)
    wish = MachineWish(
        network=record.network, cpu_cores=record.cpu_cores, memory_gb=memory, storage_gb=record.storage_gb
    )
    machine = VirtualMachine.start(folder, wish, os.environ)
    os.environ.update(machine.display)  # before anything of this process has asked for a display
    backdrop.draw()
    world = MachineWorld(
        machine_id=record.id,
        home=machine.home,
        inside_home=machine.inside_home,
        confined=True,
        denied=(),
        environment=machine.environment,
        argv=machine.argv,
        temporary=machine.temporary,
    )
    catalog.TARGETS[DISPLAY] = machine_display.__name__
    watch = None if record.storage_gb is None else StorageWatch(machine.home, record.storage_gb * 1_000_000_000)

    def fault() -> str:
        if watch is not None and watch.fault:
            return watch.fault
        return "" if machine.alive else machine.fault or "its display has ended"

    def close() -> None:
        if watch is not None:
            watch.close()
        machine.stop()

    return Habitat(
        world,
        target=DISPLAY,
        inset=0,
        loan=DisplayLoan(machine.display, machine.environment, tuple(machine.argv(())), machine.risks),
        notes=(*machine.walls, *machine.gaps, *raised),
        fault=fault,
        close=close,
    )


def _memory(wanted: int | None) -> tuple[int | None, tuple[str, ...]]:
    """The limit that is put on, and what there is to say of it: on each program by itself it must leave room for what a browser sets aside."""
    if wanted is None or wanted >= LEAST_EACH or machine_limits.counts_together():
        return wanted, ()
    why = f"The {wanted} GB that were asked for are {LEAST_EACH} for each program: with less no browser starts."
    return LEAST_EACH, (why,)


def archive(folder: Path, path: Path) -> None:
    """The home of the machine in that folder, which is stopped, as an archive. Raises DesktopError."""
    machine_archive.snapshot(folder / HOME, path)


def unpack(path: Path, folder: Path) -> None:
    """Such an archive as the home of a machine that was never started. Raises DesktopError."""
    machine_archive.restore(path, folder / HOME)
