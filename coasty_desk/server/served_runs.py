"""The runs that the service has, found again when they are first asked for, and what they need of it."""

from __future__ import annotations

import calendar
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from coasty_desk import lifetimes, plain_files, presets
from coasty_desk.automation import kept_runs
from coasty_desk.core.errors import CoastyDeskError
from coasty_desk.core.money import Money, from_cents
from coasty_desk.machines.machine_errors import MachineStateError, NoMachineError
from coasty_desk.machines.registry import MachineRegistry, NewMachine, made_by
from coasty_desk.server import served_mails
from coasty_desk.server.account_machines import is_accounts
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.served_machines import machines
from coasty_desk.server.served_mails import ServedMails
from coasty_desk.server.service import Service
from coasty_desk.settings import Settings

if TYPE_CHECKING:
    from coasty_desk.automation.engine import Engine
    from coasty_desk.automation.host_membership import HostMembership
    from coasty_desk.automation.run_row import RunOptions, RunRow
    from coasty_desk.automation.run_service import RunFeed, RunService
    from coasty_desk.automation.schedule_service import ScheduleService
    from coasty_desk.automation.storage import Storage
    from coasty_desk.automation.trigger_service import TriggerService
    from coasty_desk.automation.webhook_outbox import WebhookOutbox
    from coasty_desk.automation.workflow_service import WorkflowService
    from coasty_desk.automation.workflow_supervisor import Tell as TellWorkflow
    from coasty_desk.automation.workflow_supervisor import WorkflowSupervisor
    from coasty_desk.machines.worker_protocol import DisplayLoan

ENGINE, ENGINE_LOCK = "engine.sqlite3", "engine.lock"
POLICIES = "run-policies"

PASSED_ON = ("provider", "model", "base_url", "profile", "script")
"""Those of the options of `serve` that are a run's as well."""

_USURPED = "Another computer's service has taken its database while that could not be reached."


class ServedAutomation(msgspec.Struct, frozen=True):
    """All that is carried out whatever is killed, on one engine."""

    runs: RunService
    workflows: WorkflowService
    schedules: ScheduleService
    triggers: TriggerService
    mails: ServedMails


def runs(service: Service) -> RunService:
    """Those of this service; brought up with the first question, which waits for that. Raises UsageError, OSError."""
    return service.kept(_begun).runs


def workflows(service: Service) -> WorkflowService:
    """The same, of its workflows."""
    return service.kept(_begun).workflows


def schedules(service: Service) -> ScheduleService:
    """The same, of its schedules."""
    return service.kept(_begun).schedules


def triggers(service: Service) -> TriggerService:
    """The same, of what has those fire besides time."""
    return service.kept(_begun).triggers


def mails(service: Service) -> ServedMails:
    """The same, of the mails that fire them."""
    return service.kept(_begun).mails


def find_again(service: Service) -> None:
    """Go on with the runs that were cut off, where there are any: without one, and without mails, what carries runs out is not loaded."""
    if (
        service.settings.postgres
        or service.settings.takes_mails
        or kept_runs.is_anything_left(service.database.path.parent)
    ):
        runs(service)


def going_on(service: Service) -> int:
    """How many runs the next service has to go on with."""
    if service.settings.postgres is None:
        return len(kept_runs.unfinished(service.database.path.parent))
    try:
        return runs(service).going_on()
    except (CoastyDeskError, ApiError):  # said when it began
        return 0


def workflows_going_on(service: Service) -> int:
    """The same, of runs of workflows."""
    if service.settings.postgres is None:
        return kept_runs.unfinished_workflows(service.database.path.parent)
    try:
        return workflows(service).going_on()
    except (CoastyDeskError, ApiError):
        return 0


def charged(service: Service, period: str) -> Mapping[str, int]:
    """Cents that the runs have cost so far which were asked for in that month (`YYYY-MM`), by the operation that they were asked by.

    They are counted where they are kept, each time anew: so whatever is killed, each is counted once.
    """
    year, month = int(period[:4]), int(period[5:7])
    if not 1970 <= year < 9999:
        return {}
    ends = ((year, month), (year + month // 12, month % 12 + 1))
    since, until = (float(calendar.timegm((*end, 1, 0, 0, 0))) for end in ends)
    if service.settings.postgres is None:
        found = kept_runs.charged(service.database.path.parent, since, until)
    else:
        found = runs(service).store.charged(since, until, runs(service).host)
    return {"createTask" if own else "createRun": cents for own, cents in found.items()}


def _begun(service: Service) -> ServedAutomation:
    try:
        return begun(service, _engine(service))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("dbos", "sqlalchemy"):
            raise
        message = "The packages that runs need are not installed."
        raise ApiError("FEATURE_NOT_AVAILABLE", message, "Install them: pip install 'coasty-desk[serve]'.") from error


def _engine(service: Service) -> Engine:
    from coasty_desk.automation.dbos_engine import DbosEngine

    folder = service.database.path.parent
    place, lock = service.settings.postgres or folder / ENGINE, folder / ENGINE_LOCK
    if service.hosts is not None:
        return DbosEngine(place, lock, host=service.hosts.host.id, joined=True)
    return DbosEngine(place, lock, usurped=lambda: service.end(_USURPED))


def begun(service: Service, engine: Engine) -> ServedAutomation:
    """On that engine."""
    from coasty_desk import compose
    from coasty_desk.automation import workflow_service
    from coasty_desk.automation.fired_runs import settling, settling_workflows
    from coasty_desk.automation.run_child import RunChild
    from coasty_desk.automation.run_receivers import telling, telling_workflows
    from coasty_desk.automation.run_service import KIND, RunFeed, RunService
    from coasty_desk.automation.run_store import RunStore
    from coasty_desk.automation.run_supervisor import RunSupervisor
    from coasty_desk.automation.storage import Storage
    from coasty_desk.automation.webhook_outbox import WebhookOutbox
    from coasty_desk.automation.webhook_sender import HttpSend, WebhookSender
    from coasty_desk.server.told_runs import told_outside
    from coasty_desk.server.told_workflows import workflow_told_outside

    folder = service.database.path.parent
    storage = Storage(service.settings.postgres or folder / kept_runs.STORE)
    feed, hosts = RunFeed(), service.hosts
    host = "" if hosts is None else hosts.host.id
    outbox = WebhookOutbox(storage, host=host)
    sender = WebhookSender(
        outbox, HttpSend(private=service.settings.webhook_allow_private, environment=service.environment)
    )

    def workflow_changed(workflow_run_id: str) -> None:
        feed.changed(workflow_run_id)
        sender.wake()
        fires.committed()

    def changed(run_id: str) -> None:
        workflow_changed(run_id)
        courses.run_changed(run_id)

    environment, registry = dict(service.environment), machines(service)
    supervisor = RunSupervisor(
        RunStore(storage),
        compose.runs_folder(),
        ServedRunMachines(service, registry),
        lambda order, lease: RunChild.start(order, environment, lease),
        lambda row: overrides(service.settings, row, folder / POLICIES),
        tell=settling(
            telling(outbox, told_outside),
            lambda connection, run_id, end: fires.settle(connection, run_id, end),  # noqa: PLW0108 - it is made later
        ),
        changed=changed,
        grown=feed.grown,
        lease=(engine.lease if hosts is None else hosts.lease),
    )
    found = RunService(supervisor.store, engine, supervisor, feed, supervisor.tell, host=host)
    tell_of_workflow = settling_workflows(
        telling_workflows(outbox, workflow_told_outside),
        lambda connection, run_id, end: fires.settle(connection, run_id, end),  # noqa: PLW0108 - as above
    )
    courses = _courses(service, storage, found, tell_of_workflow, workflow_changed)
    flows = workflow_service.WorkflowService(courses.store, engine, courses, found, feed, host=host)
    fires, calls = _by_time_and_call(service, storage, found, flows)

    def end() -> None:
        fires.close()
        sender.close()
        engine.close()
        flows.close()
        found.close()
        storage.close()

    service.at_end(end)
    threading.Thread(target=lambda: _end_with(service, feed), name="coasty-desk runs", daemon=True).start()
    sender.begin()
    engine.begin({KIND: supervisor.handle, workflow_service.KIND: courses.handle})
    found.begin()
    flows.begin()
    _see_to_others(hosts, found, flows, outbox, changed)
    fires.begin()
    _keep_house(service, storage, engine, host)
    return ServedAutomation(
        found, flows, fires, calls, served_mails.begin(service, fires.store, calls, service.mail_door)
    )


def _keep_house(service: Service, storage: Storage, engine: Engine, host: str) -> None:
    from coasty_desk.automation.housekeeping import Housekeeping

    policies = service.database.path.parent / POLICIES
    keeping = Housekeeping(storage, engine, policies, service.settings.keep_days, host=host)
    service.at_end(keeping.close)
    keeping.begin()


def _courses(
    service: Service, storage: Storage, found: RunService, tell: TellWorkflow, changed: Callable[[str], None]
) -> WorkflowSupervisor:
    from coasty_desk.automation.workflow_store import WorkflowStore
    from coasty_desk.automation.workflow_supervisor import WorkflowSupervisor, WorkflowWorld

    return WorkflowSupervisor(
        WorkflowStore(storage),
        WorkflowWorld(
            found,
            lambda name: found_machine(machines(service), name),
            lambda options: worst(service.settings, service.environment, options),
            tell,
            changed,
        ),
    )


def _see_to_others(
    hosts: HostMembership | None,
    found: RunService,
    flows: WorkflowService,
    outbox: WebhookOutbox,
    changed: Callable[[str], None],
) -> None:
    """Have the runs of hosts that are lost fail here, where this is one of many."""
    from coasty_desk.automation.lost_runs import failing, failing_workflows

    if hosts is None:
        return
    found.demand_here = hosts.directory.demand_here
    fails = (
        failing(found.store, outbox, found.supervisor.tell, changed),
        failing_workflows(flows.store, flows.supervisor.world.tell, changed),
    )
    hosts.begin_judging(fails, [found.attend, flows.attend], lambda: changed(""))


def _by_time_and_call(
    service: Service, storage: Storage, found: RunService, flows: WorkflowService
) -> tuple[ScheduleService, TriggerService]:
    from coasty_desk.automation.fired_runs import FiredRuns
    from coasty_desk.automation.schedule_service import ScheduleService
    from coasty_desk.automation.schedule_store import ScheduleStore
    from coasty_desk.automation.trigger_service import TriggerService

    fires = ScheduleService(ScheduleStore(storage), FiredRuns(found, flows, lambda name: _host_of(service, name)))
    return fires, TriggerService(fires, service.keys.own_seal)


def _host_of(service: Service, machine_id: str) -> str:
    """The id of the other host that has the machine; empty where this one has, or nobody."""
    if service.hosts is None:
        return ""
    try:
        machines(service).find(machine_id)
    except NoMachineError:
        found = service.hosts.directory.machine(machine_id)
        return "" if found is None else found[0].id
    return ""


def _end_with(service: Service, feed: RunFeed) -> None:
    """Streams of events end as soon as the service is to end."""
    service.ending.wait()
    feed.end()


def overrides(chosen: Settings, row: RunRow, policies: Path) -> Mapping[str, Any]:
    """A run's settings, as command-line options would be: the service's own, and what was asked for with the run."""
    usual, options = Settings(), row.options
    said: dict[str, Any] = {
        name: getattr(chosen, name) for name in PASSED_ON if getattr(chosen, name) != getattr(usual, name)
    }
    said |= {"max_steps": str(options.max_steps), "cua_version": options.cua_version}
    if options.model is not None:
        said["model"] = options.model
    if options.deadline_seconds is not None:
        said["deadline"] = str(options.deadline_seconds)
    if options.budget_cents is not None:
        said["budget"] = str(options.budget_cents)
    if is_accounts(row.machine_id):
        said["remote"] = True
    if options.action_policy is not None:
        path = policies / f"{row.id}.json"
        plain_files.folder(policies)
        plain_files.write(path, msgspec.json.encode(options.action_policy))
        said["policy"] = [*chosen.policy, str(path)]
    return said


def worst(chosen: Settings, environment: Mapping[str, str], options: RunOptions) -> Money:
    """What a run may cost with the service's model, all its steps taken. Raises UsageError where nobody knows."""
    model = lifetimes.model(chosen.provider)
    if not model.bills(chosen, environment):
        return 0
    said: dict[str, Any] = {"cua_version": options.cua_version, "budget": 1}  # a cap: who has no price says so
    if options.model is not None:
        said["model"] = options.model
    prices = model.prices(replace(chosen, **said), chosen.max_size)
    cents = 0 if prices is None else prices.run(options.max_steps)
    texts = len(options.instructions or "") + len(options.system_prompt or "")
    is_long = "system_prompt" in model.heeds and texts > presets.LONG_PROMPT  # a credit more for each step (API.md §4)
    return from_cents(cents + (options.max_steps if is_long else 0))


def found_machine(registry: MachineRegistry, name: str) -> str:
    """A machine's own id by any of its names. Raises NoMachineError, also for one that is terminated."""
    if is_accounts(name):  # whether the account has it is found out by the run
        return name
    found = registry.find(name)
    if found.status == "terminated":
        raise NoMachineError(name)
    return found.id


class ServedRunMachines:
    """A `run_supervisor.RunMachines` of the service's machines."""

    def __init__(self, service: Service, registry: MachineRegistry) -> None:
        self._service, self._registry = service, registry

    def lend(self, machine_id: str) -> tuple[str, DisplayLoan | None]:
        """As the port says; a machine that has died is started again for it, and one of the account's by the run itself."""
        if is_accounts(machine_id):
            return machine_id, None
        try:
            loan = self._registry.lend(machine_id)
        except MachineStateError:
            self._registry.revive(machine_id)
            loan = self._registry.lend(machine_id)
        return ("desktop", None) if loan is None else (machine_id, loan)

    def make(self, run_id: str, wish: Mapping[str, Any]) -> str:
        """As the port says."""
        said = {name: value for name, value in wish.items() if value not in (None, "")}
        return self._registry.create(NewMachine(f"Task {run_id[:8]}", **said), _operation(run_id)).id

    def made(self, run_id: str) -> str:
        """As the port says."""
        return made_by(_operation(run_id))

    def remove(self, machine_id: str) -> None:
        """As the port says."""
        self._registry.terminate(machine_id)

    def leave(self, run_id: str, machine_id: str) -> bool:
        """As the port says: of the account's, which cost while they run."""
        if not is_accounts(machine_id):
            return True
        chosen = replace(self._service.settings, on=machine_id, remote=True)
        return lifetimes.target(machine_id).leave(chosen, run_id, self._service.environment)


def _operation(run_id: str) -> str:
    return f"task {run_id}"
