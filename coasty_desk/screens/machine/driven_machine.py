"""The machine that a run drives, by a client of its service: found, started where it rests, given back as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import platformdirs
from msgspec import Struct

from coasty_desk import file_lock, plain_files
from coasty_desk.client import local_service, machines_api, started_machine
from coasty_desk.client.machine_values import RemoteMachine
from coasty_desk.client.service_client import START, ServiceClient
from coasty_desk.client.started_machine import StartedFor
from coasty_desk.core.errors import CoastyDeskError, DesktopError, ServiceError, TakenError, UsageError
from coasty_desk.core.folders import at_home
from coasty_desk.core.money import Money, from_cents
from coasty_desk.core.relay import ACCOUNTS_OWN
from coasty_desk.core.stop import Stop
from coasty_desk.lifetimes import TargetRequest
from coasty_desk.models import coasty_model
from coasty_desk.settings import Settings

READY = 300.0
_LOOK = 2.0

_ON_ITS_WAY = ("running", "starting", "restarting", "creating", "provisioning")


class DrivenMachine(Struct, frozen=True):
    """`client` asks until the run is stopped, `after` also then. `ends` says when its service ends it should the run be cut off; empty: it does not."""

    client: ServiceClient
    after: ServiceClient
    record: RemoteMachine
    ends: str = ""

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

    So is one that an earlier run has started and never came back to. Raises TakenError where another run has it, ServiceError,
    DesktopError where it does not come up.
    """
    with ExitStack() as given_back:
        machine = _found(asked, given_back)
        _alone(machine, given_back)
        runs, left = machine.record.status in _ON_ITS_WAY, started_machine.read(_folder(), machine.machine_id)
        if runs and left is None:
            yield DrivenMachine(machine.client, machine.after, _up(machine, asked.stop))
            return
        if not runs:
            _demand_agreed(machine, asked)
        timed = not machine.client.here and ((left is not None and left.timed) or not machine.record.auto_destroy_at)
        started_machine.write(_folder(), machine.machine_id, StartedFor(asked.run_id, timed=timed))
        _stopped_at_the_end(machine, asked, given_back)
        if not runs:
            machines_api.changed(machine.client, machine.machine_id, "start")
        ends = _timed(machine, asked, given_back) if timed else ""
        yield DrivenMachine(machine.client, machine.after, _up(machine, asked.stop), ends)


def left(chosen: Settings, run_id: str, environment: Mapping[str, str]) -> bool:
    """Stop the account's machine of that id which was started for the run that has ended without it; whether nothing is left to be done.

    One that another run has by now is that one's to give back.
    """
    started = started_machine.read(_folder(), chosen.on)
    if started is None or started.run_id != run_id:
        return True
    try:
        with (
            closing(coasty_model.connection(chosen, environment)) as connection,
            started_machine.alone(_folder(), chosen.on),
        ):
            return started_machine.give_back(_folder(), ServiceClient(connection), chosen.on)
    except file_lock.BusyError:
        return True
    except (CoastyDeskError, OSError):
        return False


def _stopped_at_the_end(machine: DrivenMachine, asked: TargetRequest, given_back: ExitStack) -> None:
    """However the run ends."""

    def stopped() -> bool:
        return started_machine.give_back(_folder(), machine.after, machine.machine_id)

    given_back.callback(stopped)
    if asked.process is not None:
        still = f"the machine {machine.name} may run still (coasty-desk machines stop)"
        given_back.callback(asked.process.control.lastly(still, stopped))


def _timed(machine: DrivenMachine, asked: TargetRequest, given_back: ExitStack) -> str:
    """When its service ends it, where the run is cut off and nobody comes back to it. Raises ServiceError where it cannot be told so."""
    lives = started_machine.minutes(asked.chosen.deadline)
    kept = started_machine.kept_alive(machine.after, machine.machine_id, lives)
    try:
        return given_back.enter_context(kept) or f"{lives // 60} hours after that"
    except ServiceError as error:
        message = (
            f"The machine {machine.name} cannot be given a time to live, so that it does not run on after a crash: "
        )
        message += error.message[:1].lower() + error.message[1:]
        raise ServiceError(
            *(message, "Start it yourself: `coasty-desk machines start --remote`. Then it stays up."),
            code=error.code,
            status=error.status,
        ) from error


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
    try:
        given_back.enter_context(started_machine.alone(_folder(), machine.machine_id))
    except file_lock.BusyError:
        message = f"Another run drives the machine {machine.name}."
        raise TakenError(message, "Wait for it, or end it with: coasty-desk stop") from None
    except OSError as error:
        message = f"It cannot be kept to one run a machine: {plain_files.why(error)}."
        raise DesktopError(message, f"Make {_folder()} a folder of your own.") from error


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


def _folder() -> Path:
    return _data_folder() / "driven"


def _data_folder() -> Path:
    return at_home(lambda: platformdirs.user_data_path("coasty-desk"))
