"""The machines of this computer, each with its record, its worker and its lease; what is kept is on the disk, so a service that is killed finds all again."""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import plain_files
from coasty_desk.core.errors import CoastyDeskError
from coasty_desk.machines import machine_record, posix_worker_socket
from coasty_desk.machines.habitat import programs_environment
from coasty_desk.machines.machine_errors import (
    MachineBusyError,
    MachineStateError,
    MissingPartError,
    NoMachineError,
    TooManyMachinesError,
    WorkerGoneError,
)
from coasty_desk.machines.machine_record import DESKTOP_ALIAS, MachineRecord, MachineSnapshot, MachineState
from coasty_desk.machines.operation_journal import FILE, IN_DOUBT, OperationJournal, cut_off
from coasty_desk.machines.worker_link import ENDING, STARTING, WorkerLink
from coasty_desk.machines.worker_protocol import (
    CommandStep,
    DisplayLoan,
    ImageKind,
    MachinePicture,
    StepResult,
    WorkerAnswer,
    WorkerRequest,
)
from coasty_desk.screens.virtual import machine_archive

TERMINATED = "terminated"
SNAPSHOTS = "snapshots"
DESKTOP_FILE = "desktop.id"

MOST = 16
"""Virtual machines at once."""

TOMBSTONE = 24 * 3600.0
"""Seconds for which a machine that is no more is still told of."""

_SPACE = uuid.UUID("5d0f3a0e-8a55-4c8c-9a49-6b7a1b0c2f11")

_FROM: Mapping[str, tuple[MachineState, ...]] = {
    "start": ("stopped", "error"),
    "stop": ("running",),
    "restart": ("running",),
    "snapshot": ("running", "stopped"),
}

_LOOK = 0.02
_TRIES = 3
"""So often an operation that was not begun is begun anew, where its worker dies each time."""

_DIED = "What drives it ended without a word."

_ENDED_OUTSIDE = "it was ended from outside, as when the computer is shut down"


class NewMachine(Struct, frozen=True):
    """What is asked for as a machine is made; `restores` is the id of a snapshot, or `latest`."""

    display_name: str
    cpu_cores: int | None = None
    memory_gb: int | None = None
    storage_gb: int | None = None
    ttl_minutes: int | None = None
    metadata: Mapping[str, str] = {}
    restores: str = ""


class MachineRegistry:
    """From any thread; one at a time on a data folder. `environment` is what workers are started with, but for the keys in it."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        """Raises OSError where the folder cannot be written."""
        self._root = plain_files.real_folder(root)
        plain_files.real_folder(root / TERMINATED)
        plain_files.real_folder(root / SNAPSHOTS)
        self._environment = programs_environment(environment)
        self._records: dict[str, MachineRecord] = {}
        self._links: dict[str, WorkerLink] = {}
        self._changing: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._writing = threading.Lock()
        self._lease_moved = threading.Condition()
        self._closed = False
        self.desktop_id = self._desktop_id()

    def begin(self) -> None:
        """Find every machine again, with its worker where that lives, and keep their leases."""
        self._forget_halves()
        for folder in self._root.iterdir():
            record = machine_record.read(folder) if folder.is_dir() else None
            if record is not None and record.id == folder.name:
                self._records[record.id] = record
            elif self._terminated(folder.name) is not None:  # a service was killed while it took the machine away
                threading.Thread(target=_clear_away, args=(folder,), name="coasty-desk sweep", daemon=True).start()
        if self.desktop_id not in self._records:
            self._keep(MachineRecord(self.desktop_id, "desktop", "This desktop", "running", time.time()))
        for record in tuple(self._records.values()):
            taken = threading.Event()  # whoever asks for it waits until it is known what became of it
            threading.Thread(
                target=self._find_alone, args=(record, taken), name="coasty-desk machine", daemon=True
            ).start()
            taken.wait()
        threading.Thread(target=posix_worker_socket.sweep, name="coasty-desk sweep", daemon=True).start()
        threading.Thread(target=self._keep_leases, name="coasty-desk leases", daemon=True).start()

    def close(self) -> None:
        """The service ends: its machines go on without it. This desktop's worker ends: nothing is lost with it."""
        self._closed = True
        with self._lease_moved:
            self._lease_moved.notify_all()
        link = self._link(self.desktop_id)
        if link.lives():
            link.end(2.0)

    @property
    def going_on(self) -> tuple[MachineRecord, ...]:
        """Those that run whether a service is there or not."""
        return tuple(record for record in self.every() if record.kind == "virtual" and record.status == "running")

    # Finding

    def every(self) -> tuple[MachineRecord, ...]:
        """All there are, this desktop first, then the newest."""
        found = [record for record in tuple(self._records.values()) if record.status != "terminated"]
        return tuple(sorted(found, key=lambda record: (record.kind != "desktop", -record.created_at)))

    def find(self, name: str) -> MachineRecord:
        """The machine of that id, or the `desktop`. Raises NoMachineError."""
        record = self._records.get(self.desktop_id if name == DESKTOP_ALIAS else name)
        if record is None:
            record = self._terminated(name)
        if record is None:
            raise NoMachineError(name)
        return record

    # Beginning and ending

    def create(self, wanted: NewMachine, operation: str = "") -> MachineRecord:
        """A virtual machine that runs; the same one again for the same operation.

        Raises MissingPartError, TooManyMachinesError, NoMachineError for a snapshot that is none.
        """
        name = made_by(operation) if operation else str(uuid.uuid4())
        with self._changing[name]:
            known = self._records.get(name) or self._terminated(name)
            if known is not None and known.status not in ("creating", "error"):
                return known
            if known is None and sum(record.kind == "virtual" for record in self.every()) >= MOST:
                message = f"There are {MOST} virtual machines already."
                raise TooManyMachinesError(message)
            snapshot = self._snapshot(wanted)
            now = time.time()
            record = known or MachineRecord(
                *(name, "virtual", wanted.display_name, "creating", now),
                cpu_cores=wanted.cpu_cores,
                memory_gb=wanted.memory_gb,
                storage_gb=wanted.storage_gb,
                ttl_minutes=wanted.ttl_minutes,
                ends_at=None if wanted.ttl_minutes is None else now + 60 * wanted.ttl_minutes,
                metadata=wanted.metadata,
                restores="" if snapshot is None else snapshot.id,
            )
            try:
                self._keep(record)
                if snapshot is not None:
                    self._unpack(record, snapshot)
                return self._run(record)
            except (CoastyDeskError, OSError, WorkerGoneError):
                self._remove(name)
                raise

    def start(self, name: str) -> MachineRecord:
        """Let it run again. Raises NoMachineError, MachineStateError, MissingPartError."""
        with self._change(name, "start") as record:
            return self._run(self._become(record, "starting"))

    def revive(self, name: str) -> None:
        """Start one that ran and was not asked to end: it has died, or the computer was shut down; any other stays as it is.

        Raises NoMachineError, MachineStateError for this desktop, MissingPartError, WorkerGoneError.
        """
        with self._alone(name) as record:
            has_died = record.status == "error" or (record.status == "stopped" and record.reason == _ENDED_OUTSIDE)
            if has_died and record.started_at is not None:
                self._run(self._become(record, "starting"))

    def stop(self, name: str) -> MachineRecord:
        """End its display and its programs; its home is kept. Raises NoMachineError, MachineStateError."""
        with self._change(name, "stop") as record:
            return self._rest(self._become(record, "stopping"))

    def restart(self, name: str) -> MachineRecord:
        """Both. Raises NoMachineError, MachineStateError, MissingPartError."""
        with self._change(name, "restart") as record:
            return self._run(self._rest(self._become(record, "restarting"), "restarting"))

    def terminate(self, name: str) -> MachineRecord:
        """Take it away with all that it had, but its snapshots; one that is gone already stays so. Raises NoMachineError, MachineStateError."""
        with self._alone(name) as record:
            if record.status == "terminated":
                return record
            self._become(record, "deleting")
            self._link(record.id).end()
            return self._bury(replace(record, status="terminated", reason=""))

    def lease(self, name: str, minutes: int | None) -> MachineRecord:
        """Terminate it in so many minutes from now; None: never by itself. Raises NoMachineError, MachineStateError."""
        with self._alone(name) as record:
            if record.status == "terminated":
                message = "The machine is terminated."
                raise MachineStateError(message, record.status, ("running", "stopped", "error"))
            ends_at = None if minutes is None else time.time() + 60 * minutes
            kept = self._keep(replace(record, ttl_minutes=minutes, ends_at=ends_at))
            with suppress(WorkerGoneError):
                self._link(record.id).ask(WorkerRequest("lease", lease=ends_at))
        with self._lease_moved:
            self._lease_moved.notify_all()
        return kept

    # Doing

    def look(self, name: str, kind: ImageKind) -> MachinePicture:
        """Its screen. Raises NoMachineError, MachineStateError, MissingPartError, WorkerGoneError."""
        record = self._awake(name)
        answer = self._link(record.id).ask(WorkerRequest("look", image=kind))
        if answer.picture is None:
            raise WorkerGoneError(answer.message or _DIED)
        if record.screen != (answer.picture.width, answer.picture.height):
            with self._changing[record.id]:
                now = self.find(record.id)
                if now.status == "running":
                    self._note(replace(now, screen=(answer.picture.width, answer.picture.height)))
        return answer.picture

    def act(
        self, name: str, steps: Sequence[CommandStep], *, operation: str = "", stop_on_error: bool = True
    ) -> WorkerAnswer:
        """What came of the steps; those of an operation are done once. Raises NoMachineError, MachineStateError, MachineBusyError, MissingPartError."""
        request = WorkerRequest("act", operation, tuple(steps), stop_on_error)
        for _ in range(_TRIES):
            try:
                record = self._awake(name)
            except MachineStateError:
                found = self._from_journal(self.find(name).id, request)
                if found is None:
                    raise
                return found
            except WorkerGoneError:
                continue
            try:
                return _demand_begun(self._link(record.id).ask(request), request)
            except WorkerGoneError:
                found = self._from_journal(record.id, request)
                if found is not None or not operation:
                    return found or _in_doubt(request)
        raise WorkerGoneError(_DIED)  # each time before it was begun: nothing was done

    def lend(self, name: str) -> DisplayLoan | None:
        """Have it let go of at once, for a run's process, and what that needs to be on its display; None for this desktop.

        Raises NoMachineError, MachineStateError, WorkerGoneError, MachineBusyError where a program drives it: it is given back soon.
        """
        if self.find(name).kind == "desktop" and not self._link(self.desktop_id).lives():
            return None
        answer = self._link(self._awake(name).id).ask(WorkerRequest("lend"))
        if answer.fault == "busy":
            raise MachineBusyError(answer.message, answer.seconds)
        return answer.loan

    # Snapshots

    def snapshots(self) -> tuple[MachineSnapshot, ...]:
        """All there are, the newest first."""
        found = (machine_record.read_snapshot(path) for path in (self._root / SNAPSHOTS).glob("*.json"))
        return tuple(sorted((one for one in found if one is not None), key=lambda one: -one.at))

    def snapshot(self, name: str, operation: str = "") -> MachineSnapshot:
        """Its home as it is now: it is stopped for that, and started again where it ran. Raises NoMachineError, MachineStateError, MissingPartError."""
        number = str(uuid.uuid5(_SPACE, f"snapshot {operation}") if operation else uuid.uuid4())
        known = machine_record.read_snapshot(self._root / SNAPSHOTS / f"{number}.json")
        if known is not None:
            with self._changing[known.machine_id]:  # where its service was killed after that: until it runs again
                return known
        with self._change(name, "snapshot") as record:
            from coasty_desk.machines import virtual_habitat  # noqa: PLC0415 - few machines are kept so

            runs = record.status == "running"
            if runs:
                self._rest(self._become(record, "restarting"), "restarting")
            try:
                archive = self._root / SNAPSHOTS / f"{number}.tar"
                virtual_habitat.archive(self._folder(record.id), archive)
                now = time.time()
                moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
                said = MachineSnapshot(
                    *(number, record.id, record.display_name, f"{record.display_name} {moment}", now),
                    size=archive.stat().st_size,
                )
                machine_record.write_snapshot(self._root / SNAPSHOTS / f"{number}.json", said)
            finally:
                if runs:
                    self._run(self._become(self.find(record.id), "starting"))
            return said

    # Within

    @contextmanager
    def _alone(self, name: str) -> Iterator[MachineRecord]:
        """The machine as it is, while nobody else changes it. Raises NoMachineError, MachineStateError for this desktop."""
        record = self.find(name)
        if record.kind == "desktop":
            raise _not_of_the_desktop(record)
        with self._changing[record.id]:
            yield self.find(record.id)

    @contextmanager
    def _change(self, name: str, what: str) -> Iterator[MachineRecord]:
        with self._alone(name) as record:
            allowed = _FROM[what]
            if record.status not in allowed:
                message = f"The machine is in the state {record.status}, and cannot be asked to {what}."
                raise MachineStateError(message, record.status, allowed)
            yield record

    def _run(self, record: MachineRecord) -> MachineRecord:
        """Its worker started; the record says how that went. Raises MissingPartError."""
        link = self._link(record.id)
        try:
            link.start(self._environment)
            notes = link.ask(WorkerRequest("lease", lease=record.ends_at)).message
        except (MissingPartError, WorkerGoneError) as error:
            self._become(record, "error", str(error))
            raise
        display = self._display if record.kind == "desktop" else ""
        record = self._note(
            replace(
                record,
                status="running",
                reason="",
                started_at=time.time(),
                display=display,
                notes=tuple(filter(None, notes.split("\n"))),
            )
        )
        link.watch(lambda why: self._worker_ended(record.id, why))
        return record

    def _rest(self, record: MachineRecord, state: MachineState = "stopped") -> MachineRecord:
        self._link(record.id).end()
        return self._become(record, state)

    def _awake(self, name: str) -> MachineRecord:
        """The machine, which runs; this desktop's worker is started when it is first wanted."""
        record = self.find(name)
        if record.kind == "desktop":
            with self._changing[record.id]:
                if not self._link(record.id).ready_within(STARTING):
                    self._run(self.find(record.id))
                return self.find(record.id)
        if record.status != "running":
            why = f": {record.reason.removesuffix('.')}" if record.reason else ""
            message = f"The machine is in the state {record.status}{why}."
            raise MachineStateError(message, record.status, ("running",))
        return record

    def _from_journal(self, name: str, request: WorkerRequest) -> WorkerAnswer | None:
        """What the machine's journal knows of an operation whose worker is gone; None where it was never begun."""
        if not request.operation_id or not (self._folder(name) / FILE).exists():
            return None
        with suppress(OSError):
            journal = OperationJournal(self._folder(name))
            try:
                known = journal.find(request.operation_id)
                if known is None:
                    return None
                answer = known.answer or cut_off(known, request.steps)
                if known.answer is None:
                    journal.finish(request.operation_id, answer)
                return answer
            finally:
                journal.close()
        return None

    def _find_alone(self, record: MachineRecord, taken: threading.Event) -> None:
        with self._changing[record.id]:
            taken.set()
            with suppress(OSError, CoastyDeskError, MachineStateError, NoMachineError, WorkerGoneError):
                # then the record says what was known last
                self._find_again(record)

    def _find_again(self, record: MachineRecord) -> None:
        """What became of a machine while no service was there."""
        link = self._link(record.id)
        answers = link.ready_within(STARTING)
        if record.kind == "desktop":
            if answers and record.display != self._display:
                link.end()  # somebody has logged in anew: that display is not in front of them any more
            self._keep(replace(record, status="running", reason=""))
            return
        if record.status == "deleting" or (record.ends_at is not None and record.ends_at <= time.time()):
            self.terminate(record.id)
        elif record.status == "restarting" or (record.status == "starting" and not answers):
            self._run(self._rest(record, record.status))  # it was to run: for a snapshot, or because somebody wants it
        elif answers and record.status in ("running", "starting", "creating"):
            with suppress(WorkerGoneError):
                notes = link.ask(WorkerRequest("lease", lease=record.ends_at)).message
                record = replace(record, notes=tuple(filter(None, notes.split("\n"))))
            self._become(record, "running")
            link.watch(lambda why: self._worker_ended(record.id, why))
        elif answers:
            self._rest(record)
        elif record.status == "creating":
            self._become(record, "error", "the service ended while it was being made")
        elif record.status == "stopping":
            self._become(record, "stopped", "the service ended while it was being stopped")
        elif record.status == "running":
            self._worker_ended(record.id, link.last_words())

    def _worker_ended(self, name: str, why: str) -> None:
        """A worker has ended: because it was told to, or by itself; then that is told."""
        until = time.monotonic() + ENDING
        while self._link(name).lives():  # it has said so, and takes its display away
            if time.monotonic() > until:
                return
            time.sleep(_LOOK)
        if self._closed:
            return
        with self._changing[name]:
            record = self._records.get(name)
            if record is None or record.kind == "desktop" or record.status != "running" or self._link(name).lives():
                return
            if record.ends_at is not None and record.ends_at <= time.time():
                self.terminate(name)
            elif why == "stopped":
                self._become(record, "stopped", _ENDED_OUTSIDE)
            else:
                self._become(record, "error", why or _DIED)

    def _keep_leases(self) -> None:
        while not self._closed:
            now = time.time()
            due = [record for record in self.every() if record.ends_at is not None and record.ends_at <= now]
            for record in due:
                with suppress(NoMachineError, MachineStateError, OSError):
                    self.terminate(record.id)
            self._forget_tombstones(now)
            next_one = min((record.ends_at for record in self.every() if record.ends_at is not None), default=now + 60)
            with self._lease_moved:
                if not self._closed:
                    self._lease_moved.wait(min(max(next_one - time.time(), 0.2), 60.0))

    def _become(self, record: MachineRecord, status: MachineState, reason: str = "") -> MachineRecord:
        return self._note(replace(record, status=status, reason=reason))

    def _note(self, record: MachineRecord) -> MachineRecord:
        """Keep it where there is room: the next service finds the state out by itself, and what fills a disk must be stoppable."""
        try:
            return self._keep(record)
        except OSError:
            with self._writing:
                self._records[record.id] = record
            return record

    def _keep(self, record: MachineRecord) -> MachineRecord:
        with self._writing:
            machine_record.write(plain_files.folder(self._folder(record.id)), record)
            self._records[record.id] = record
        return record

    def _bury(self, record: MachineRecord) -> MachineRecord:
        """The machine's folder is gone, and a word of it is kept for a day."""
        word = self._root / TERMINATED / f"{record.id}.json"
        try:
            plain_files.write(word, machine_record.encoded(record))
        except OSError:  # there is room once the machine is gone
            self._remove(record.id)
            plain_files.write(word, machine_record.encoded(record))
        else:
            self._remove(record.id)
        return record

    def _remove(self, name: str) -> None:
        self._link(name).end(2.0)
        posix_worker_socket.remove(self._folder(name))
        with self._writing:
            self._records.pop(name, None)
            if self._folder(name).exists():
                machine_archive.remove(self._folder(name))
        self._links.pop(name, None)

    def _terminated(self, name: str) -> MachineRecord | None:
        if not _is_name(name):
            return None
        return machine_record.read_at(self._root / TERMINATED / f"{name}.json")

    def _forget_tombstones(self, now: float) -> None:
        for path in (self._root / TERMINATED).glob("*.json"):
            with suppress(OSError):
                if path.stat().st_mtime < now - TOMBSTONE:
                    path.unlink()

    def _snapshot(self, wanted: NewMachine) -> MachineSnapshot | None:
        """The snapshot that is meant. Raises NoMachineError where there is none."""
        if not wanted.restores:
            return None
        every = self.snapshots()
        if wanted.restores == "latest":
            named = [one for one in every if one.display_name == wanted.display_name]
            found = next(iter((*named, *every)), None)
        else:
            found = next((one for one in every if wanted.restores in (one.id, one.name)), None)
        if found is None:
            message = "There is no such snapshot."
            raise NoMachineError(message)
        return found

    def _forget_halves(self) -> None:
        """What is left of snapshots whose service was killed before they were whole: nobody was told of them."""
        for path in (self._root / SNAPSHOTS).iterdir():
            if path.name.startswith(".") or (path.suffix == ".tar" and not path.with_suffix(".json").exists()):
                with suppress(OSError):
                    path.unlink()

    def _unpack(self, record: MachineRecord, snapshot: MachineSnapshot) -> None:
        from coasty_desk.machines import virtual_habitat  # noqa: PLC0415 - few machines are made so

        virtual_habitat.unpack(self._root / SNAPSHOTS / f"{snapshot.id}.tar", self._folder(record.id))

    def _link(self, name: str) -> WorkerLink:
        return self._links.setdefault(name, WorkerLink(self._folder(name)))

    def _folder(self, name: str) -> Path:
        if not _is_name(name):
            raise NoMachineError(name)
        return self._root / name

    @property
    def _display(self) -> str:
        return self._environment.get("DISPLAY", "")

    def _desktop_id(self) -> str:
        """This desktop's, made once."""
        path = self._root / DESKTOP_FILE
        with suppress(OSError, ValueError):
            return str(uuid.UUID(plain_files.read(path, 100, links=False).decode("ascii").strip()))
        made = str(uuid.uuid4())
        plain_files.write(path, made.encode())
        return made


def made_by(operation: str) -> str:
    """The id of the machine that this operation makes, whenever it does."""
    return str(uuid.uuid5(_SPACE, operation))


def _clear_away(folder: Path) -> None:
    with suppress(OSError):
        machine_archive.remove(folder)


def _is_name(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _not_of_the_desktop(record: MachineRecord) -> MachineStateError:
    message = "This is the desktop in front of its user: it is there as long as they are, and can only be looked at and driven."
    return MachineStateError(message, record.status, ())


def _demand_begun(answer: WorkerAnswer, request: WorkerRequest) -> WorkerAnswer:
    """The answer. Raises MachineBusyError where somebody else drives the machine."""
    if answer.fault == "busy":
        raise MachineBusyError(answer.message, answer.seconds)
    if answer.fault:
        return WorkerAnswer((StepResult(request.steps[0].command, success=False, error=answer.message),), aborted=True)
    return answer


def _in_doubt(request: WorkerRequest) -> WorkerAnswer:
    """Nothing is known of it, and it had no name to be asked for again."""
    return WorkerAnswer(
        tuple(StepResult(step.command, success=False, error=IN_DOUBT, known=False) for step in request.steps),
        aborted=True,
    )
