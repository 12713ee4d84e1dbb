"""What there is to tell of a run of another host: by its host while that is there, and else what the shared database has of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from coasty_desk.server import host_relay, run_terms
from coasty_desk.server.api_errors import ApiError
from coasty_desk.server.host_relay import NotHeardError, demand_reachable
from coasty_desk.server.operation import Call, CallReply
from coasty_desk.server.served_runs import runs

if TYPE_CHECKING:
    from coasty_desk.automation.host_directory import Host
    from coasty_desk.automation.run_events import RunEvent
    from coasty_desk.automation.run_row import RunRow

LOOKED = 1.0
"""Seconds between two tries to hear a host again."""


def is_elsewhere(call: Call, row: RunRow) -> bool:
    """Whether it is a run of another host."""
    membership = call.service.hosts
    return (
        membership is not None and row.host != membership.host.id and not (call.key is not None and call.key.relayed_by)
    )


def pictures(call: Call, row: RunRow) -> CallReply:
    """Those that its host has. Raises ApiError."""
    host = _host(call, row)
    if host is None:
        message = "The host that has the pictures of this run is not known any more."
        raise ApiError("MACHINE_UNREACHABLE", message, retry_after=30)
    return host_relay.relayed(call, host)


def events(call: Call, row: RunRow, after: int) -> Iterator[bytes]:
    """Its events behind that one, over as many connections to its host as it takes, to the last; from here on where the host is lost.

    Raises ApiError where the host is there and cannot be asked from here at all.
    """
    host = _host(call, row)
    if host is not None and not _is_lost(host):
        demand_reachable(host)
    return _events(call, row.id, after)


def _events(call: Call, run_id: str, after: int) -> Iterator[bytes]:
    yield b": the events of a run of another host\n\n"
    while True:
        row = runs(call.service).get(run_id)
        host = _host(call, row)
        if row.is_over and (_is_lost(host) or host is None):
            yield from map(run_terms.framed, _rest(row, after))
            return
        try:
            for number, name, frame in host_relay.frames(call, host, after) if host is not None else ():
                if number < 0:
                    yield frame
                elif number > after:
                    after = number
                    yield frame
                    if name == "done":
                        return
        except (NotHeardError, ApiError):
            pass  # until it is there again, or lost
        if call.service.ending.wait(LOOKED):
            return
        yield b": its host is not heard of\n\n"


def _rest(row: RunRow, after: int) -> Iterator[RunEvent]:
    """How it ended, behind what was heard: what happened in between only its host knows, and that is said."""
    from coasty_desk.automation.run_events import RunEvent, RunEventTrail
    from coasty_desk.automation.run_service import run_end

    trail = RunEventTrail(row.machine_id, max(after, 0) + 1)
    if after < 0:
        yield trail.first()
    message = "What else happened in this run is in the record of its host, which is lost."
    yield RunEvent(trail.line, "error", {"code": "MACHINE_UNREACHABLE", "message": message, "retrying": False})
    yield from trail.last(run_end(row))


def _host(call: Call, row: RunRow) -> Host | None:
    membership = call.service.hosts
    return None if membership is None else membership.directory.get(row.host)


def _is_lost(host: Host | None) -> bool:
    return host is not None and host.state == "lost"
