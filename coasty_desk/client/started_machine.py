"""A machine that was started for a run: it rests again at the run's end, also where that end is a kill.

That it was is written down before it is started, so that who drives it next, or stops it by hand, gives it back in the run's place. One of
the account's, which costs while it runs, has a time to live as well for as long as the run goes on: where nobody comes back, its service
ends it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from coasty_desk import file_lock, plain_files
from coasty_desk.client import machines_api
from coasty_desk.client.service_client import ServiceClient
from coasty_desk.core.errors import CoastyDeskError

MARGIN = 24 * 60
"""Minutes for which a machine lives on after its run was cut off: time for a person to take it up again, or to stop it."""

LONGEST = 10_080
"""Minutes that a machine can be given (API.md §13.1)."""

AGAIN = 3600.0
"""Seconds after which it is given its time anew."""

_MOST = 1000


class StartedFor(Struct, frozen=True):
    """What is on the disk of it: the run, and whether its time to live is the run's doing."""

    run_id: str
    timed: bool = False


def read(folder: Path, machine_id: str) -> StartedFor | None:
    """The run that it was started for and that has not given it back; None where there is none."""
    try:
        return msgspec.json.decode(plain_files.read(_file(folder, machine_id), _MOST, links=False), type=StartedFor)
    except (OSError, msgspec.MsgspecError):
        return None


def write(folder: Path, machine_id: str, started: StartedFor) -> None:
    """Note it. Never raises: where it cannot be, the machine is given back by the run alone."""
    with suppress(OSError):
        plain_files.write(_file(folder, machine_id), msgspec.json.encode(started))


def give_back(folder: Path, client: ServiceClient, machine_id: str) -> bool:
    """Stop it, and let it live; whether it is told to stop."""
    try:
        machines_api.changed(client, machine_id, "stop")
    except CoastyDeskError:
        return False
    release(folder, client, machine_id)
    return True


def release(folder: Path, client: ServiceClient, machine_id: str) -> None:
    """It is a person's again: what a run has given it to live, and never came back for, is taken away. Never raises."""
    started = read(folder, machine_id)
    if started is None:
        return
    with suppress(CoastyDeskError, OSError):
        if started.timed:
            machines_api.lives(client, machine_id, 0)
        _file(folder, machine_id).unlink()


def release_if_left(folder: Path, client: ServiceClient, machine_id: str) -> None:
    """The same, where the run does not go on."""
    if read(folder, machine_id) is None:
        return
    with suppress(file_lock.BusyError, OSError), alone(folder, machine_id):
        release(folder, client, machine_id)


@contextmanager
def alone(folder: Path, machine_id: str) -> Iterator[None]:
    """Within the block no other run of this user drives it. Raises BusyError where one does, OSError."""
    plain_files.folder(folder)
    with file_lock.alone(folder / f"{machine_id}.lock", 0.0, lambda _seconds: None):
        yield


@contextmanager
def kept_alive(client: ServiceClient, machine_id: str, minutes: int, *, again: float = AGAIN) -> Iterator[str]:
    """Give it so many minutes to live, anew from time to time; when it ends else, as its service says. Raises ServiceError."""
    told = machines_api.lives(client, machine_id, minutes)
    over = threading.Event()

    def keep() -> None:
        while not over.wait(again):
            with suppress(CoastyDeskError):
                machines_api.lives(client, machine_id, minutes)

    keeping = threading.Thread(target=keep, name="coasty-desk machine", daemon=True)
    keeping.start()
    try:
        yield str(told.get("auto_destroy_at") or "")[:60]
    finally:
        over.set()
        keeping.join(5.0)  # what it sets after it was taken away would end the machine


def minutes(deadline: float | None) -> int:
    """How long it is to live from now on, where a run may take so many seconds."""
    return min(LONGEST, MARGIN + int(-(-(deadline or 0) // 60)))


def _file(folder: Path, machine_id: str) -> Path:
    return folder / f"{machine_id}.started"
