"""What a worker has a machine on: this desktop, which is there already, or a virtual one, which begins and ends with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import platformdirs
from msgspec import Struct

from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.scaling import CORNER_INSET
from coasty_desk.guard import rules as guard_rules
from coasty_desk.machines.machine_record import MachineRecord
from coasty_desk.machines.worker_protocol import DisplayLoan
from coasty_desk.machines.world import MachineWorld


class Habitat(Struct, frozen=True):
    """A machine's display, bound to this process for good, and its world. `target` is the kind of target that drives it.

    `fault` says why the display is there no more, `close` takes away what began with it, `notes` are sentences on its walls and limits. `loan` is what another
    process needs to be on that display; None where it is on it anyway.
    """

    world: MachineWorld
    target: str = "desktop"
    inset: int = CORNER_INSET
    notes: tuple[str, ...] = ()
    loan: DisplayLoan | None = None
    fault: Callable[[], str] = str
    close: Callable[[], None] = lambda: None


def this_desktop(record: MachineRecord, environment: Mapping[str, str]) -> Habitat:
    """The screen in front of the person: nothing but our own folders is out of bounds."""
    home = Path.home()
    own = (platformdirs.user_data_path("coasty-desk"), platformdirs.user_config_path("coasty-desk"))
    world = MachineWorld(
        machine_id=record.id,
        home=home,
        inside_home=str(home),
        confined=False,
        denied=own,
        environment=environment,
        argv=_in_folder,
    )
    return Habitat(world, notes=("This is the person's own desktop: there are no walls around its programs.",))


def programs_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a worker, and of what it starts: none of the keys that this program was given is in it."""
    keys = [
        value
        for name, value in environment.items()
        if name.upper().endswith(("_API_KEY", "_TOKEN", "_SECRET")) and len(value) >= 8
    ]
    return guard_rules.for_programs(environment, GuardRules(), keys)


def _in_folder(argv: Sequence[str], folder: str) -> Sequence[str]:
    return ["/bin/sh", "-c", 'cd -- "$0" && exec "$@"', folder or os.sep, *argv]
