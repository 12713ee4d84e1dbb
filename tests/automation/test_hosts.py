"""The table of hosts, the lease by which they drive, and what others say of one that is silent."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from coasty_desk.automation.driving_lease import LEASE, DrivingLease, LeasedStop
from coasty_desk.automation.host_directory import LOST, Host, HostDirectory, HostLostError, NotThisProcessError
from coasty_desk.automation.host_membership import BEAT, HostMembership
from coasty_desk.automation.lost_runs import failing
from coasty_desk.automation.run_row import RunOptions, RunRow
from coasty_desk.automation.run_store import RunStore
from coasty_desk.automation.storage import Storage
from coasty_desk.automation.webhook_outbox import WebhookOutbox
from coasty_desk.core.errors import UsageError
from coasty_desk.machines.machine_record import MachineRecord
from tests.automation.postgres import new_database
from tests.automation.runs import until


@pytest.fixture
def storage(postgres: Any) -> Iterator[Storage]:
    """A database of the test's own."""
    found = Storage(new_database(postgres))
    yield found
    found.close()


def _host(name: str) -> Host:
    return Host(name, f"computer {name}", "c", "http://127.0.0.1:1", "secret")


def _registered(storage: Storage, *names: str) -> HostDirectory:
    directory = HostDirectory(storage)
    with storage.transaction() as connection:
        for name in names:
            directory.register(connection, _host(name), f"{name}'s process")
    return directory


def test_a_silent_host_is_lost_once_and_is_there_again_when_it_says_so(storage: Storage) -> None:
    """What is to be done with it is done in the same transaction; a secret is in no message."""
    directory = _registered(storage, "a", "b")
    seen: list[str] = []
    assert directory.declare_lost("a", lambda _connection, host: seen.append(host.id)) == []
    lost = directory.declare_lost("a", lambda _connection, host: seen.append(host.id), silent=-1.0)
    assert ([host.id for host in lost], seen) == (["b"], ["b"])
    assert directory.declare_lost("a", lambda _connection, host: seen.append(host.id), silent=-1.0) == []
    assert "secret" not in repr(lost)
    with storage.transaction() as connection:
        assert directory.beat(connection, "a", "a's process") is not None
        assert directory.beat(connection, "b", "b's process") is None
        with pytest.raises(HostLostError):
            directory.demand_here(connection, "b")
        with pytest.raises(NotThisProcessError):
            directory.beat(connection, "a", "another process")
        directory.register(connection, _host("b"), "b's process")
        directory.demand_here(connection, "b")


def test_a_transaction_that_fails_leaves_the_host_there(storage: Storage) -> None:
    """Whoever is killed in the middle of it has said nothing."""
    directory = _registered(storage, "a", "b")

    def fail(_connection: object, _host: Host) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        directory.declare_lost("a", fail, silent=-1.0)
    found = directory.get("b")
    assert found is not None
    assert found.state == "here"


def test_machines_are_told_of_with_their_host_and_stay_with_it(storage: Storage) -> None:
    """Another host that has one of the same id, as from a copied folder, does not get it, but where the first is lost."""
    directory = _registered(storage, "a", "b")
    machine = MachineRecord("m", "virtual", "mine", "running", 1.0)
    directory.keep_machines("a", [machine], [])
    directory.keep_machines("b", [machine], [])
    found = directory.machine("m")
    assert found is not None
    assert (found[0].id, found[1]) == ("a", machine)
    assert directory.machines("a") == []
    assert [host.id for host, _ in directory.machines("b")] == ["a"]
    directory.declare_lost("b", lambda _connection, _host: None, silent=-1.0)
    directory.keep_machines("b", [machine], [])
    assert directory.machine_ids("b") == {"m"}
    directory.keep_machines("b", [], ["m"])
    assert directory.machine("m") is None


def test_each_run_of_a_lost_host_fails_once_and_what_is_over_stays_as_it_is(storage: Storage) -> None:
    """In whatever state it was; another host's is not touched, and what was still to be sent is the finder's to send."""
    directory, store = _registered(storage, "a", "b"), RunStore(storage)
    told: list[tuple[str, str]] = []
    outbox = WebhookOutbox(storage, host="a")
    with storage.transaction() as connection:
        said = {"run_id": "done", "event": "run.succeeded", "url": "http://x", "secret": "s", "body": b"{}"}
        WebhookOutbox(storage, host="b").add(connection, **said)  # type: ignore[arg-type]  # as they are
    assert outbox.take() is None
    states = {"queued": "b", "running": "b", "awaiting_human": "b", "succeeded": "b", "other": "a"}
    for name, host in states.items():
        status: Any = "running" if name == "other" else name
        store.insert(
            RunRow(id=name, created_at=1.0, machine_id="m", task="t", options=RunOptions(), status=status, host=host)
        )
    fail = failing(store, outbox, lambda _connection, row, event: told.append((row.id, event)), lambda _run_id: None)
    for _ in range(2):
        directory.declare_lost("a", fail, silent=-1.0)
    found = {name: store.get(name) for name in states}
    assert {name: row.status for name, row in found.items() if row} == {
        **dict.fromkeys(("queued", "running", "awaiting_human"), "failed"),
        "succeeded": "succeeded",
        "other": "running",
    }
    assert {row.error.code for row in found.values() if row and row.error} == {"MACHINE_LOST"}
    assert sorted(told) == [(name, "run.failed") for name in ("awaiting_human", "queued", "running")]
    taken = outbox.take()
    assert taken is not None
    assert taken.run_id == "done"


def test_the_lease_ends_before_anybody_says_that_the_host_is_lost() -> None:
    """By more than two heartbeats and the time in which input is given up."""
    assert LEASE + 2 * BEAT < LOST


def test_a_process_reads_the_lease_that_another_one_renews() -> None:
    """Without one it may do nothing, and what was ended is not renewed by waiting."""
    now = 100.0
    lease = DrivingLease(clock=lambda: now)
    assert not lease.holds()
    lease.renew(100.0)
    source = (
        "import sys; from coasty_desk.automation.driving_lease import DrivingLease;"
        "print(DrivingLease(int(sys.argv[1]), clock=lambda: 100.0).left())"
    )

    def read() -> float:
        command = [sys.executable, "-c", source, str(lease.fileno())]
        return float(subprocess.run(command, pass_fds=(lease.fileno(),), capture_output=True, check=True).stdout)

    assert read() == pytest.approx(LEASE)
    lease.renew(103.0)
    assert read() == pytest.approx(LEASE + 3)
    now = 103.0 + LEASE
    assert not lease.holds()
    lease.renew(now)
    lease.end()
    assert not lease.holds()


def test_whoever_is_about_to_act_finds_out_that_the_lease_is_over() -> None:
    """A part of the stop, too, as what sends keys has it; before that it is a stop like any."""
    now = 0.0
    lease = DrivingLease(clock=lambda: now)
    lease.renew(0.0)
    lapsed: list[float] = []
    stop = LeasedStop(lease, lambda: lapsed.append(now))
    part = stop.part()
    part.check()
    assert not stop.is_set()
    now = LEASE + 0.1
    part.check()
    assert lapsed == [now]
    stop.trip("stop")
    assert part.is_set()


def test_a_host_is_one_process_at_a_time_and_beats(storage: Storage) -> None:
    """The second is told so; when the first has ended the next has its name."""
    with ExitStack() as stack:
        first = HostMembership(storage, _host("a"), list)
        first.begin()
        seen = first.database_seconds()
        stack.callback(first.close)
        until(first.lease().holds)
        second = HostMembership(storage, _host("a"), list)
        assert not second._beats(registering=True)
        first.close()
        until(lambda: second._beats(registering=True))
        second.close()
    assert abs(seen - time.time()) < 5
    assert not first.lease().holds()


def test_one_that_was_lost_drives_on_by_another_lease(storage: Storage) -> None:
    """What began by the old one never goes on."""
    membership = HostMembership(storage, _host("a"), list)
    membership.begin()
    try:
        old = membership.lease()
        HostDirectory(storage).declare_lost("b", lambda _connection, _host: None, silent=-1.0)
        until(lambda: membership.lease() is not old and membership.lease().holds())
        assert not old.holds()
    finally:
        membership.close()


def test_one_that_was_itself_not_heard_judges_nobody(storage: Storage) -> None:
    """The database may have been away: then all have been silent."""
    directory = _registered(storage, "b")
    membership = HostMembership(storage, _host("a"), list)
    membership.begin_judging([lambda _connection, _host: None], [], lambda: None)
    assert membership._beats(registering=True)
    with storage.transaction() as connection:
        connection.exec_driver_sql("UPDATE hosts SET seen_at = seen_at - 1000 WHERE id = 'b'")
    membership._judge()
    found = directory.get("b")
    assert found is not None
    assert found.state == "here"
    membership._beating_since = membership._beating_since - LOST - 1 if membership._beating_since else None
    membership._judge()
    found = directory.get("b")
    assert found is not None
    assert found.state == "lost"
    membership.close()


def test_hosts_are_kept_in_postgres_alone(tmp_path: Any) -> None:
    """A file has no clock and no locks that several computers share; the command line says so before."""
    storage = Storage(tmp_path / "kept.sqlite3")
    with pytest.raises(UsageError):
        HostDirectory(storage)
    storage.close()
