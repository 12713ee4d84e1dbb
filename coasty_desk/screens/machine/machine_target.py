"""`--on MACHINE`: a machine of this computer's own service, or of the account, as a target."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from coasty_desk.core.errors import UsageError
from coasty_desk.core.ports import Executor
from coasty_desk.core.scaling import Frame
from coasty_desk.desktop.abort import methods
from coasty_desk.desktop.base.lock import Owner
from coasty_desk.desktop.input.executor import DryRun
from coasty_desk.desktop.linux import stop_listener, stop_socket
from coasty_desk.lifetimes import OpenTarget, TargetKind, TargetRequest
from coasty_desk.screens.machine import driven_machine
from coasty_desk.screens.machine.driven_machine import DrivenMachine
from coasty_desk.screens.machine.remote_executor import MachineSurroundings, RemoteExecutor
from coasty_desk.screens.machine.remote_screen import RemoteScreen
from coasty_desk.screens.virtual.person_watch import PersonWatch
from coasty_desk.settings import Settings


class MachineKind(TargetKind):
    """The machine that the settings name; the person's own mouse and keyboard stay theirs."""

    @contextmanager
    def opened(self, asked: TargetRequest) -> Iterator[OpenTarget]:
        """It runs, nobody else of this user drives it, and the ways to stop that there are are armed."""
        _demand_no_windows(asked)
        chosen, stop = asked.chosen, asked.stop
        with ExitStack() as given_back:
            who = Owner.of(asked.run_id, asked.task).to_json()
            given_back.enter_context(
                stop_listener.listening_at(stop_socket.virtual_address(), who, lambda: stop.trip("stop"))
            )
            here = MachineSurroundings()
            ways = given_back.enter_context(
                methods.armed(
                    stop,
                    hotkey=asked.rules.hotkey,
                    release=lambda: None,
                    process=asked.process,
                    seated=False,
                    watch=_keys_of_person(asked),
                )
            )
            machine = given_back.enter_context(driven_machine.driven(asked))
            screen = RemoteScreen(
                machine,
                stop,
                max_size=asked.size,
                masks=asked.rules.masks,
                settle_seconds=0.0 if chosen.dry_run else chosen.settle,
                image_format=asked.image_format,
                legible=asked.legible,
            )
            here.glance = screen.whole
            acts = RemoteExecutor(machine, stop, asked.rules, here, asked.run_id)
            executor: Executor = DryRun() if chosen.dry_run else acts
            yield OpenTarget(
                *(screen, executor, here, screen.geometry, tuple(asked.rules.masks), ways.how),
                warnings=(*ways.warnings, *_warnings(machine, asked)),
                picture=screen.picture,
                hourly=machine.hourly,
                batch=acts if acts.together and not chosen.dry_run else None,
            )

    def leave(self, chosen: Settings, run_id: str, environment: Mapping[str, str]) -> bool:
        """It rests again."""
        return driven_machine.left(chosen, run_id, environment)

    def look(self, asked: TargetRequest) -> Frame:
        """It is looked at by anybody, and driven by nobody."""
        _demand_no_windows(asked)
        machine = driven_machine.seen(asked)
        return RemoteScreen(machine, asked.stop, max_size=asked.size, masks=asked.rules.masks).capture()


TARGET = MachineKind()


def _keys_of_person(asked: TargetRequest) -> PersonWatch | None:
    """What listens on this computer's own desktop, where there is one."""
    if not os.environ.get("DISPLAY"):
        return None
    return PersonWatch(asked.stop, asked.rules.hotkey, asked.programs())


def _demand_no_windows(asked: TargetRequest) -> None:
    """Raise UsageError for rules that cannot be kept where no window is known."""
    if asked.rules.mask_windows:
        message = "Which windows a machine shows is not known here, so none can be masked by its title."
        raise UsageError(message, "Mask a rectangle with --mask, or leave --mask-window out.")
    if any(policy.asks_for_windows for policy in asked.rules.policies):
        message = "Which windows a machine shows is not known here, so the policy's rules about them cannot be kept."
        raise UsageError(message, "Take windows_allowed and windows_denied out of the policy.")


def _warnings(machine: DrivenMachine, asked: TargetRequest) -> Iterator[str]:
    record = machine.record
    if machine.hourly:
        yield f"The machine {machine.name} costs {record.cents_an_hour()} cents an hour while the run goes on."
    if machine.ends:
        yield (
            f"The machine {machine.name} is stopped at the end of the run. Should the run be cut off, its service terminates it with all its "
            f"files ({machine.ends}), unless the run is taken up again or the machine is stopped before (coasty-desk machines stop)."
        )
    elif record.auto_destroy_at:
        yield f"The machine {machine.name} is terminated by its service at {record.auto_destroy_at}."
    if asked.rules.secrets and not machine.client.here:
        yield "What a secret types goes to the machine through the service."
