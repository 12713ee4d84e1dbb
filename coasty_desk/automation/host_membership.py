"""This host's part among those of one database: its heartbeat and its lease, and what all of them see to for each other.

a heartbeat arrives ──> the lease holds for LEASE seconds from its beginning
none arrives ──> after LEASE no run of this host sends input ──> after LOST others say that it is lost, and its runs have failed
one arrives again ──> it is there; what was declared lost stays so, and what was not goes on
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from coasty_desk.automation.driving_lease import DrivingLease, boot_seconds
from coasty_desk.automation.host_directory import LOST, Host, HostDirectory, NotThisProcessError
from coasty_desk.automation.named_lock import NamedLock
from coasty_desk.automation.storage import reason
from coasty_desk.core.errors import UsageError
from coasty_desk.machines.machine_record import MachineRecord

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from coasty_desk.automation.storage import Storage

BEAT = 2.0
"""Seconds between two heartbeats."""

LOOKED = 0.5
"""Seconds between two looks at what others have asked of this host's runs."""

FREED = 20.0
"""Seconds in which the database has noticed that a process of this host which was killed, or whose computer lost power, is gone."""

_log = logging.getLogger("coasty_desk.hosts")


class HostMembership:
    """From any thread, between `begin` and `close`. `machines` gives those that this host has.

    What `begin_judging` is given is called in a thread of this one's own while the host is there: `attends` every moment; `lost`, within a
    transaction, for each host that this one is the first to declare lost, and `told` after that. They may raise what the database does.
    """

    def __init__(self, storage: Storage, host: Host, machines: Callable[[], Iterable[MachineRecord]]) -> None:
        self.directory = HostDirectory(storage)
        self.host = host
        self._attends: Sequence[Callable[[], None]] = ()
        self._lost: Sequence[Callable[[Connection, Host], None]] = ()
        self._told: Callable[[], None] = lambda: None
        self._machines = machines
        self._instance = str(uuid.uuid4())
        self._ending = threading.Event()
        self._wake = threading.Event()
        self._lease = DrivingLease()
        self._name = NamedLock(storage.pool, f"coasty-desk {host.id}")
        self._beating_since: float | None = None
        self._clock_ahead = 0.0
        self._kept: dict[str, MachineRecord] | None = None

    def begin(self) -> None:
        """Be there. Raises UsageError where another process is this host."""
        until = time.monotonic() + FREED
        while not self._beats(registering=True):
            if time.monotonic() > until:
                message = (
                    "Another service is this very host already: its data folder was copied, or is another one's too."
                )
                raise UsageError(message, "End that one, or give this one a data folder of its own.")
            time.sleep(0.2)
        for work in (self._beat_on, self._look_on):
            threading.Thread(target=work, name="coasty-desk host", daemon=True).start()

    def begin_judging(
        self,
        lost: Sequence[Callable[[Connection, Host], None]],
        attends: Sequence[Callable[[], None]],
        told: Callable[[], None],
    ) -> None:
        """See to others as well: `lost` and `told` for each that is declared lost, `attends` at every moment."""
        self._told, self._attends, self._lost = told, attends, lost

    def close(self) -> None:
        """Send no heartbeat any more: unless another service begins here soon, what goes on here is lost."""
        self._ending.set()
        self._wake.set()
        self._lease.end()
        self._let_go()

    def lease(self) -> DrivingLease:
        """That of the runs which begin now. One that was lost has another one when it is there again: what began before never goes on by it."""
        return self._lease

    def database_seconds(self) -> float:
        """Seconds since the epoch, by the database's clock."""
        return boot_seconds() + self._clock_ahead

    def look_now(self) -> None:
        """Something has changed of the machines."""
        self._wake.set()

    def others(self) -> list[Host]:
        """All hosts but this one."""
        return [host for host in self.directory.all() if host.id != self.host.id]

    # The heartbeat

    def _beat_on(self) -> None:
        while not self._ending.wait(BEAT if self._name.connection is not None else LOOKED):
            try:
                self._beats()
            except NotThisProcessError:
                self._lease.end()
                _log.error("another process has become this host: this one carries nothing out any more")
                return
            except Exception as error:  # noqa: BLE001 - the database's own faults pass
                if self._name.connection is not None:
                    _log.error("the heartbeat does not arrive: %s", reason(error))
                self._let_go()

    def _beats(self, *, registering: bool = False) -> bool:
        """Whether a heartbeat has arrived. Raises what the database does, NotThisProcessError."""
        began = boot_seconds()
        if self._name.connection is None:
            self._beating_since = None
            if not self._name.take():
                return False
        connection = self._name.connection
        assert connection is not None  # noqa: S101 - for the type checker
        seen = None if registering else self.directory.beat(connection, self.host.id, self._instance)
        if seen is None:
            if not registering:  # others have said that it is lost: no process that began before that drives again
                self._lease.end()
                self._lease = DrivingLease()
                self._beating_since, self._kept = None, None
            seen = self.directory.register(connection, self.host, self._instance)
        self._clock_ahead = seen - boot_seconds()
        self._lease.renew(began)
        self._beating_since = began if self._beating_since is None else self._beating_since
        return True

    def _let_go(self) -> None:
        self._beating_since = None
        self._name.let_go()

    # What hosts see to for each other

    def _look_on(self) -> None:
        judged = 0.0
        while not self._ending.is_set():
            self._wake.wait(LOOKED)
            self._wake.clear()
            if self._ending.is_set() or not self._lease.holds():
                continue
            try:
                self._keep_machines()
                for attend in self._attends:
                    attend()
                if time.monotonic() - judged >= BEAT:
                    judged = time.monotonic()
                    self._judge()
            except Exception as error:  # noqa: BLE001 - as above
                _log.error("what others ask for cannot be seen: %s", reason(error))

    def _keep_machines(self) -> None:
        now = {record.id: record for record in self._machines()}
        before = self._kept
        if before is None:
            changed, gone = list(now.values()), self.directory.machine_ids(self.host.id) - set(now)
        else:
            changed = [record for record in now.values() if record != before.get(record.id)]
            gone = set(before) - set(now)
        if changed or gone:
            self.directory.keep_machines(self.host.id, changed, gone)
        self._kept = now

    def _judge(self) -> None:
        """Declare lost who was not heard of for long; not before this one was itself heard of all that time: the database may have been away."""
        since = self._beating_since
        if not self._lost or since is None or boot_seconds() - since < LOST:
            return

        def fail(connection: Connection, host: Host) -> None:
            for lost in self._lost:
                lost(connection, host)

        for host in self.directory.declare_lost(self.host.id, fail, LOST):
            _log.error("the host %s is lost: it was not heard of for %.0f s", host.name, host.silent)
            self._told()
