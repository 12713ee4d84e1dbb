"""`--on virtual`: a virtual machine for one run, which goes with it."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import platformdirs
from msgspec.structs import replace

from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import at_home
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.desktop.base.lock import Owner
from coasty_desk.desktop.base.watch import Watch
from coasty_desk.desktop.linux import stop_listener, stop_socket
from coasty_desk.lifetimes import OpenTarget, TargetKind, TargetRequest
from coasty_desk.screens.virtual import backdrop
from coasty_desk.screens.virtual.machine_display import MachineDisplay
from coasty_desk.screens.virtual.machine_wish import MachineWish
from coasty_desk.screens.virtual.person_watch import PersonWatch
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
            keys = _keys_of_person(asked, given_back)
            machine = VirtualMachine.start(
                machines_folder() / str(uuid.uuid4()), MachineWish(), asked.environment, for_one_run=True
            )
            given_back.callback(machine.stop)
            who = Owner.of(asked.run_id, asked.task).to_json()
            given_back.enter_context(
                stop_listener.listening_at(stop_socket.virtual_address(), who, lambda: asked.stop.trip("stop"))
            )
            given_back.enter_context(_on_display(machine.display))
            backdrop.draw()
            watching = threading.Thread(target=_watched, args=(machine, asked), daemon=True)
            watching.start()
            inside = replace(asked, environment=machine.environment, programs=lambda: machine.environment, first=None)
            target = given_back.enter_context(_Display(machine, keys).opened(inside))
            yield replace(target, warnings=(*target.warnings, *machine.risks))

    def surroundings(self) -> Surroundings:
        """Nothing is on it yet."""
        return Surroundings()


TARGET = VirtualKind()


class _Display(MachineDisplay):
    def __init__(self, machine: VirtualMachine, keys: Watch | None) -> None:
        self._machine = machine
        self._keys = keys

    def starting(self, command: Sequence[str]) -> Sequence[str]:
        """Behind the machine's walls."""
        return self._machine.argv(command)

    def watch_elsewhere(self, asked: TargetRequest) -> Watch | None:
        """On the person's desktop, where there is one."""
        del asked
        return self._keys


def machines_folder() -> Path:
    """Where machines have their folders. Raises UsageError where there is no home for them."""
    return at_home(lambda: platformdirs.user_data_path("coasty-desk")) / "machines"


def _keys_of_person(asked: TargetRequest, given_back: ExitStack) -> Watch | None:
    """What listens on the person's own desktop; it takes its time to begin, which the machine takes as well."""
    if not os.environ.get("DISPLAY"):
        return None
    keys = PersonWatch(asked.stop, asked.rules.hotkey, asked.programs())
    given_back.callback(keys.disarm)
    return keys


def _watched(machine: VirtualMachine, asked: TargetRequest) -> None:
    """A machine that has ended by itself ends the run."""
    machine.await_end()
    if machine.fault:
        asked.stop.trip("desktop", machine.fault)


@contextmanager
def _on_display(display: Mapping[str, str]) -> Iterator[None]:
    """Within the block this process is on that display."""
    before = {name: os.environ.get(name) for name in display}
    os.environ.update(display)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
