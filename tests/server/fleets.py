"""Several services on one database, each a process with a home and a display of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.cli.conftest import Shell
from tests.desktop.xvfb import xvfb
from tests.server.run_services import RunningService, begun, until

QUICK = str(Path(__file__).with_name("quick_host.py"))

LOST = 60.0
"""Seconds in which a dead host's runs have failed, on a machine that does much else."""


@contextmanager
def fleet(folder: Path, database: str, *options: str, count: int = 3) -> Iterator[list[RunningService]]:
    """So many hosts, which know of each other."""
    with ExitStack() as stack:
        hosts = [
            stack.enter_context(
                one_host(folder / str(number), stack.enter_context(xvfb(1280, 720)), database, *options)
            )
            for number in range(count)
        ]
        for host in hosts:
            until(lambda host=host: len(machines(host)) >= count)  # type: ignore[misc]  # bound as it is now
        yield hosts


@contextmanager
def one_host(home: Path, display: str, database: str, *options: str, quick: bool = False) -> Iterator[RunningService]:
    """One of them; a `quick` one is called lost, and calls others so, sooner (`quick_host`)."""
    home.mkdir(exist_ok=True)
    options = options or ("--provider", "script")
    host = RunningService(Shell(home), ("--join", database, *options), {"DISPLAY": display})
    host.program = (QUICK,) if quick else host.program
    with begun(host) as found:
        yield found


def machines(host: RunningService) -> list[dict[str, Any]]:
    """All that this host tells of."""
    answer = host("GET", "/machines")
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json["data"]
    return found


def desktop(host: RunningService) -> str:
    """The id of the host's own desktop."""
    found = host("GET", "/machines/desktop").json["id"]
    assert isinstance(found, str)
    return found


def start_on(asked: RunningService, machine: str, task: str, **more: Any) -> str:
    """A run on that machine, asked for at this host; its id."""
    answer = asked("POST", "/runs", {"machine_id": machine, "task": task, **more})
    assert answer.status == 200, answer.body
    found = answer.json["id"]
    assert isinstance(found, str)
    return found


def kept(host: RunningService, run_id: str) -> dict[str, Any]:
    """A run, without what is of the request for it."""
    return {name: value for name, value in host.run(run_id).items() if name != "request_id"}


def pause(host: RunningService) -> None:
    """As when its computer sleeps: the service and the processes of its runs."""
    assert host.process is not None
    for process in (host.process.pid, *host.run_processes()):
        os.kill(process, signal.SIGSTOP)


def go_on(host: RunningService) -> None:
    """After a pause."""
    assert host.process is not None
    for process in (*host.run_processes(), host.process.pid):
        os.kill(process, signal.SIGCONT)
