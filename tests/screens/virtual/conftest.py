"""A virtual machine for the tests to whom any will do, and what there is of machines on this computer at all."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from coasty_desk.screens.virtual import virtual_machine
from coasty_desk.screens.virtual.virtual_machine import VirtualMachine, runtime_folder


def inside(
    machine: VirtualMachine, *command: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What came of a program on the machine; `env` is that of the command that starts it."""
    return subprocess.run(machine.argv(command), env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(autouse=True, scope="session")
def ours() -> Iterator[None]:
    """The machines of these tests are known by their names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(virtual_machine, "PREFIX", PREFIX)
        yield


PREFIX = f"vm-{os.getpid()}-"


def traces() -> dict[str, frozenset[str]]:
    """All that the machines of these tests have on this computer while they are up."""
    folders = [path.name for path in runtime_folder().glob(f"{PREFIX}*")]
    processes, displays = [], []
    for path in Path("/proc").iterdir():
        if not path.name.isdecimal():
            continue
        try:
            environment = (path / "environ").read_bytes()
            command = (path / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        mark = next((one for one in environment.split(b"\0") if one.startswith(MARK)), None)
        if mark is not None:
            processes.append(mark.decode())
            if command[0] == b"Xvfb":
                displays.append(command[1].decode())
    SEEN.update(displays)
    ours = [name for name in SEEN if not _is_of_another(name)]
    sockets = [name for name in ours if Path(f"/tmp/.X11-unix/X{name[1:]}").exists()]
    locks = [name for name in ours if Path(f"/tmp/.X{name[1:]}-lock").exists()]
    mine = {"sockets": sockets, "locks": locks, "folders": folders, "processes": processes}
    return {what: frozenset(found) for what, found in mine.items()}


def _is_of_another(display: str) -> bool:
    """Whether a server of somebody else has that number now."""
    try:
        pid = int(Path(f"/tmp/.X{display[1:]}-lock").read_text())
        return MARK not in Path(f"/proc/{pid}/environ").read_bytes()
    except (OSError, ValueError):
        return False


MARK = f"{virtual_machine.MARK}={PREFIX}".encode()

SEEN: set[str] = set()
"""The displays that any of them had."""


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After the test there is nothing that was not there before it."""
    up = VirtualMachine.__init__

    def seen(self: VirtualMachine, *given: Any) -> None:
        up(self, *given)
        SEEN.add(self.display["DISPLAY"])

    monkeypatch.setattr(VirtualMachine, "__init__", seen)
    before = traces()
    yield
    after = traces()
    assert {what: after[what] - before[what] for what in after} == {what: frozenset() for what in after}


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualMachine]:
    """One that is up."""
    secret = {"COASTY_API_KEY": "sk-coasty-test-secret", "LANG": "C.UTF-8"}
    with VirtualMachine.start(tmp_path_factory.mktemp("machines") / "shared", environment=os.environ | secret) as one:
        yield one
