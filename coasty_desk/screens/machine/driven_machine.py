"""The machine that a run drives, by a client of its service: found, started where it rests, given back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import platformdirs
from msgspec import Struct

from coasty_desk import file_lock, plain_files
from coasty_desk.client import local_service, machines_api
from coasty_desk.client.machine_values import RemoteMachine
from coasty_desk.client.service_client import START, ServiceClient
from coasty_desk.core.errors import CoastyDeskError, DesktopError, ServiceError, TakenError, UsageError
from coasty_desk.core.folders import at_home
from coasty_desk.core.money import Money, from_cents
from coasty_desk.core.stop import Stop
from coasty_desk.lifetimes import TargetRequest
from coasty_desk.models import coasty_model

ACCOUNTS_OWN = "mch_"
"""How an id begins that only the account can have."""

READY = 300.0
_LOOK = 2.0

_ON_ITS_WAY = ("running", "starting", "restarting", "creating", "provisioning")


class DrivenMachine(Struct, frozen=True):
    """`client` asks until the run is stopped, `after` also then."""

    client: ServiceClient
    after: ServiceClient
    record: RemoteMachine

    @property
    def machine_id(self) -> str:
        """Its id."""
        return self.record.machine_id

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.record.name or self.record.machine_id

    @property
    def hourly(self) -> Money:
        """What it costs while it runs; nothing here, and nothing with a key that never bills."""
        return from_cents(self.record.cents_an_hour()) if self.client.bills else 0


@contextmanager
def driven(asked: TargetRequest) -> Iterator[DrivenMachine]:
    """Within the block it runs, and no other run of this user drives it; one that was stopped is stopped again at the end.

    Raises TakenError where another run has it, ServiceError, DesktopError where it does not come up.
    """
    with ExitStack() as given_back:
        machine = _found(asked, given_back)
        _alone(machine, given_back)
        if machine.record.status not in _ON_ITS_WAY:
            _demand_agreed(machine, asked)
            given_back.callback(_stopped, machine.after, machine.machine_id)
            if asked.process is not None:
                still = f"the machine {machine.name} may run still (coasty-desk machines stop)"
                given_back.callback(
                    asked.process.control.lastly(still, lambda: _stopped(machine.after, machine.machine_id))
                )
            machines_api.changed(machine.client, machine.machine_id, "start")
        yield DrivenMachine(machine.client, machine.after, _up(machine, asked.stop))


def seen(asked: TargetRequest) -> DrivenMachine:
    """The machine, as anybody may look at it. Raises UsageError, ServiceError."""
    with ExitStack() as given_back:
        return _found(asked, given_back)


def _found(asked: TargetRequest, given_back: ExitStack) -> DrivenMachine:
    """At this computer's own service, or at the account. Raises UsageError, ServiceError."""
    chosen, named = asked.chosen, asked.chosen.on
    may_be_far = chosen.remote or named.startswith(ACCOUNTS_OWN)
    here = None if chosen.remote else local_service.found(_data_folder(), asked.stop)
    if here is not None:
        try:
            record = machines_api.found(here, named)
        except ServiceError as error:
            if error.code != "MACHINE_NOT_FOUND" or not may_be_far:
                raise
        else:
            given_back.callback(here.close)
            return DrivenMachine(here, ServiceClient(here.connection, here=True), record)
    if not may_be_far:
        message = (
            f"There is no screen {named[:64]!r}: this computer's own service, which could know it, is not running."
        )
        raise ServiceError(message, START, code="NOT_RUNNING")
    connection = coasty_model.connection(chosen, asked.environment)
    given_back.callback(connection.close)
    client = ServiceClient(connection, asked.stop)
    return DrivenMachine(client, ServiceClient(connection), machines_api.found(client, named))


def _demand_agreed(machine: DrivenMachine, asked: TargetRequest) -> None:
    """Raise UsageError before one that costs is started, where nobody has agreed to cost."""
    if machine.hourly and not asked.chosen.yes and asked.chosen.budget is None:
        cents = machine.record.cents_an_hour()
        message = f"The machine {machine.name} is stopped, and costs {cents} cents an hour while it runs."
        raise UsageError(
            message, "Say --yes or --budget CENTS, or start it with `coasty-desk machines start --remote`."
        )


def _alone(machine: DrivenMachine, given_back: ExitStack) -> None:
    """Raise TakenError where another run of this user drives it."""
    folder = _data_folder() / "driven"
    try:
        plain_files.folder(folder)
        given_back.enter_context(file_lock.alone(folder / f"{machine.machine_id}.lock", 0.0, lambda _seconds: None))
    except file_lock.BusyError:
        message = f"Another run drives the machine {machine.name}."
        raise TakenError(message, "Wait for it, or end it with: coasty-desk stop") from None
    except OSError as error:
        message = f"It cannot be kept to one run a machine: {plain_files.why(error)}."
        raise DesktopError(message, f"Make {folder} a folder of your own.") from error


def _up(machine: DrivenMachine, stop: Stop) -> RemoteMachine:
    """It, once it runs. Raises DesktopError where it will not, ServiceError, Aborted."""
    record, waited = machine.record, 0.0
    while not record.runs and waited < READY:
        record = machines_api.shown(machine.client, machine.machine_id)
        if record.runs:
            break
        if not record.is_there:
            break
        stop.pause(_LOOK)
        waited += _LOOK
    if not record.runs:
        message = f"The machine {machine.name} has not come up: it is {record.status or 'in no state that is told'}."
        raise DesktopError(message, "`coasty-desk machines show` says how it is.")
    return record


def _stopped(client: ServiceClient, machine_id: str) -> bool:
    """Whether it is told to stop."""
    try:
        machines_api.changed(client, machine_id, "stop")
    except CoastyDeskError:
        return False
    return True


def _data_folder() -> Path:
    return at_home(lambda: platformdirs.user_data_path("coasty-desk"))
