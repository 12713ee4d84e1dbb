"""This service as one host of many (`serve --join`): who it is to the others, and whose a machine is that is not its own."""

from __future__ import annotations

import os
import platform
import secrets
import socket
import uuid
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from coasty_desk import plain_files
from coasty_desk.core.errors import CoastyDeskError, UsageError
from coasty_desk.machines.machine_errors import NoMachineError
from coasty_desk.machines.machine_record import MachineRecord
from coasty_desk.server.host_relay import computer, relayed
from coasty_desk.server.operation import Call, CallReply
from coasty_desk.server.relay_signature import PassCheck
from coasty_desk.server.served_machines import machines
from coasty_desk.server.service import Service

if TYPE_CHECKING:
    from coasty_desk.automation.host_directory import Host

HOST_FILE = "host.id"


def begin(service: Service, bind: str, port: int) -> None:
    """Be one of the hosts of the database that the settings name. Raises UsageError where this host is another process already."""
    from coasty_desk.automation import storage
    from coasty_desk.automation.host_directory import Host
    from coasty_desk.automation.host_membership import HostMembership

    shared = service.settings.join
    assert shared is not None  # noqa: S101 - whoever calls has looked
    kept = storage.Storage(shared)
    service.at_end(kept.close)
    host = Host(
        _host_id(service.database.path.parent),
        (platform.node() or "this computer")[:255],
        computer(),
        f"http://{_reached_at(bind, shared)}:{port}",
        secrets.token_hex(32),
    )
    membership = HostMembership(kept, host, lambda: machines(service).every())
    try:
        membership.begin()
    except CoastyDeskError:
        raise
    except Exception as error:
        if not storage.is_fault(error):
            raise
        raise storage.unusable(kept.name, storage.reason(error)) from error
    service.at_end(membership.close)
    service.hosts = membership
    service.passes = PassCheck(host.secret, membership.database_seconds)


def owner(call: Call, machine_id: str) -> tuple[Host, MachineRecord] | None:
    """The other host that has the machine, and the machine as it was told of last; None where it is this one's, or nobody's."""
    membership = call.service.hosts
    if membership is None or (call.key is not None and call.key.relayed_by):
        return None
    with suppress(NoMachineError):
        machines(call.service).find(machine_id)
        return None
    found = membership.directory.machine(machine_id)
    return None if found is None or found[0].id == membership.host.id else found


def through_its_host(handler: Callable[[Call], CallReply], *, known: bool) -> Callable[[Call], CallReply]:
    """The handler of an operation on one machine, which its host carries out where that is another one.

    `known`: where that is lost, the handler tells what is known here.
    """

    def carried_out(call: Call) -> CallReply:
        found = owner(call, call.path["machine_id"])
        if found is None:
            answered = handler(call)
            if call.service.hosts is not None and call.method != "GET":
                call.service.hosts.look_now()
            return answered
        if known and found[0].state == "lost":
            return handler(call)
        return relayed(call, found[0])

    return carried_out


def elsewhere(service: Service) -> list[tuple[Host, MachineRecord]]:
    """The machines of all other hosts; those of one that is lost are in the state `error`."""
    membership = service.hosts
    return [] if membership is None else membership.directory.machines(membership.host.id)


def _host_id(folder: Path) -> str:
    """This host's, made once."""
    path = folder / HOST_FILE
    with suppress(OSError, ValueError):
        return str(uuid.UUID(plain_files.read(path, 100, links=False).decode("ascii").strip()))
    made = str(uuid.uuid4())
    try:
        plain_files.write(path, made.encode())
    except OSError as error:
        message = f"The data folder {folder} cannot be written: {os.strerror(error.errno or 0)}."
        raise UsageError(message, "See that it is yours, and that there is room on its disk.") from error
    return made


def _reached_at(bind: str, database: str) -> str:
    """Where the others ask: the address that is listened at, or of every one that by which the database is reached."""
    address = ip_address(bind)
    if not address.is_unspecified:
        return bind if address.version == 4 else f"[{bind}]"
    loopback, family = ("127.0.0.1", socket.AF_INET) if address.version == 4 else ("[::1]", socket.AF_INET6)
    with suppress(OSError, ValueError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        parts = urlsplit(database)
        if parts.hostname and not parts.hostname.startswith("/"):
            probe.connect((parts.hostname, parts.port or 5432))  # nothing is sent
            found = str(probe.getsockname()[0])
            return found if address.version == 4 else f"[{found}]"
    return loopback
