"""A worker by itself: how long it stays, and what it does where it cannot hear."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import uuid
from pathlib import Path

import msgspec
import pytest

from coasty_desk.machines import worker as module
from coasty_desk.machines.habitat import this_desktop
from coasty_desk.machines.machine_record import MachineRecord, write
from coasty_desk.machines.registry import MachineRegistry, NewMachine
from coasty_desk.machines.worker import Worker
from coasty_desk.machines.worker_link import WorkerLink
from coasty_desk.machines.worker_protocol import WorkerRequest
from coasty_desk.socket_frames import send
from tests.machines.conftest import Home, done, until


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """The worker of a desktop, in this process, which nobody has asked for long."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(module, "_FORGOTTEN", 0.2)
    record = MachineRecord(str(uuid.uuid4()), "desktop", "This desktop", "running", time.time())
    write(tmp_path, record)
    return Worker(record, tmp_path, this_desktop(record, dict(os.environ)))


def test_one_that_nobody_asks_and_nobody_watches_ends(alone: Worker) -> None:
    """A service that was killed, and never came back, leaves none for ever."""
    ours, theirs = socket.socketpair()
    listening = threading.Thread(target=module._converse, args=(alone, theirs))
    listening.start()
    send(ours, WorkerRequest("watch"))
    life = threading.Thread(target=alone.look_after)
    life.start()
    time.sleep(1.0)
    assert life.is_alive()
    ours.close()  # as a killed service does
    life.join(10)
    assert (life.is_alive(), alone.ending) == (False, "forgotten")
    listening.join(10)
    alone.close()


def test_one_that_does_not_hear_is_ended_by_force(
    machines: MachineRegistry, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where another service has started it."""
    made = machines.create(NewMachine("deaf"))
    worker = home.worker(made.id)
    again = home.registry()
    again.lease(made.id, 5)  # once it has found it
    ended = WorkerLink.end
    monkeypatch.setattr(WorkerLink, "end", lambda link, seconds=0.5: ended(link, seconds))
    os.kill(worker, signal.SIGSTOP)
    assert again.stop(made.id).status == "stopped"
    until(lambda: _is_gone(worker))
    again.terminate(made.id)


def test_one_that_a_killed_service_had_begun_is_taken(machines: MachineRegistry) -> None:
    """Where several are begun at once there is one, and all who began one have it."""
    made = machines.create(NewMachine("twice"))
    folder = machines._folder(made.id)
    machines.stop(made.id)
    links = [WorkerLink(folder) for _ in range(3)]
    threads = [threading.Thread(target=link.start, args=(machines._environment,)) for link in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for link in links:
        assert link.ask(WorkerRequest("lease", lease=None)).fault == ""
    links[1].end()
    machines.terminate(made.id)


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_request_of_a_later_version_is_understood(machines: MachineRegistry) -> None:
    """What was left at its default is not sent at all."""
    assert done(machines, "wait", ms=0).success

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(WorkerRequest("end"))) == {"verb": "end"}
