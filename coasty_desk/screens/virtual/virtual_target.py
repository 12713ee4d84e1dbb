"""`--on virtual`: a virtual machine for one run, which goes with it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import platformdirs

from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import at_home
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.lifetimes import OpenTarget, TargetKind, TargetRequest
from coasty_desk.screens.virtual import backdrop
from coasty_desk.screens.virtual.display_elsewhere import DisplayElsewhere, keys_of_person
from coasty_desk.screens.virtual.machine_wish import MachineWish
from coasty_desk.screens.virtual.virtual_machine import VirtualMachine

_one = threading.Lock()
"""This process is on one display at a time."""


class VirtualKind(TargetKind):
    """A machine that is made when it is opened, and removed when it is given back, with all that was done on it."""

    stays = False

    @contextmanager
    def opened(self, asked: TargetRequest) -> Iterator[OpenTarget]:
        """It is up, and this process is on its display; what is started there is behind its walls."""
        if not _one.acquire(blocking=False):
            message = "Another run of this program is on a virtual machine already."
            raise UsageError(message, "Wait for it, or start a program of its own for each.")
        with ExitStack() as given_back:
            given_back.callback(_one.release)
            keys = keys_of_person(asked, given_back)
            machine = VirtualMachine.start(
                machines_folder() / str(uuid.uuid4()), MachineWish(), asked.environment, for_one_run=True
            )
            given_back.callback(machine.stop)
            watching = threading.Thread(target=_watched, args=(machine, asked), daemon=True)
            watching.start()
            display = DisplayElsewhere(machine.display, machine.environment, machine.argv, machine.risks)
            yield given_back.enter_context(display.driven(asked, keys, backdrop.draw))

    def surroundings(self) -> Surroundings:
        """Nothing is on it yet."""
        return Surroundings()


TARGET = VirtualKind()


def machines_folder() -> Path:
    """Where machines have their folders. Raises UsageError where there is no home for them."""
    return at_home(lambda: platformdirs.user_data_path("coasty-desk")) / "machines"


def _watched(machine: VirtualMachine, asked: TargetRequest) -> None:
    """A machine that has ended by itself ends the run."""
    machine.await_end()
    if machine.fault:
        asked.stop.trip("desktop", machine.fault)
