"""What a virtual machine may have of this computer at most: counted together where systemd does, else by each of its programs."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import cast

from msgspec import Struct

from coasty_desk.screens.virtual.machine_wish import MachineWish

_GB = 1_000_000_000


class MachineLimits(Struct, frozen=True):
    """`prefix` goes before the command of its programs; `each` is what the keeper puts on every one; `kept` and `open` are sentences."""

    prefix: tuple[str, ...] = ()
    each: dict[str, object] = {}
    kept: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """What goes before a program that is started without the keeper, and behind no walls."""
        limits = {"RLIMIT_DATA": "data", "RLIMIT_FSIZE": "fsize", "RLIMIT_CORE": "core"}
        given = ["prlimit", *(f"--{limits[name]}={most}" for name, most in self.each.items() if name in limits)]
        processors = cast("list[int]", self.each.get("processors", []))
        return [*given, *(("taskset", "--cpu-list", ",".join(map(str, processors))) if processors else ())]


def wanted(wish: MachineWish, *, together: bool = True) -> MachineLimits:
    """How these limits are put on here; unless `together`, its programs are no one's children, and each is for itself."""
    prefix: list[str] = []
    each: dict[str, object] = {"RLIMIT_CORE": 0}
    kept: list[str] = []
    left: list[str] = []
    if wish.cpu_cores is not None:
        there = sorted(os.sched_getaffinity(0))
        if wish.cpu_cores < len(there):
            each["processors"] = there[-wish.cpu_cores :]
        kept.append(
            f"They run on at most {min(wish.cpu_cores, len(there))} of this computer's {len(there)} processors."
        )
    if wish.memory_gb is not None:
        most = int(wish.memory_gb * _GB)
        if together and counts_together():
            prefix += ["systemd-run", "--user", "--scope", "--quiet", "--collect"]
            prefix += ["-p", f"MemoryMax={most}", "-p", "MemorySwapMax=0", "-p", "TasksMax=4096", "--"]
            kept.append(f"All of them together have at most {wish.memory_gb:g} GB of memory.")
        else:
            each["RLIMIT_DATA"] = most
            kept.append(f"Each of them has at most {wish.memory_gb:g} GB of memory.")
            left.append("Nothing limits the memory of all its programs together: that takes a systemd of yours.")
    if wish.storage_gb is not None:
        each["RLIMIT_FSIZE"] = int(wish.storage_gb * _GB)
        kept.append(
            f"Its home takes at most {wish.storage_gb:g} GB: that is looked at every few seconds, and its programs are ended where it is more."
        )
    return MachineLimits(tuple(prefix), each, tuple(kept), tuple(left))


@cache
def counts_together() -> bool:
    """Whether this user's systemd puts a program into a group with a limit, and this process may put others there too; tried once."""
    if not _is_in_session_of_systemd():
        return False
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    if not folder or not Path(folder, "systemd", "private").exists():
        return False
    try:
        tried = ["systemd-run", "--user", "--scope", "--quiet", "--collect", "-p", "MemoryMax=1G", "--", "true"]
        done = subprocess.run(tried, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _is_in_session_of_systemd() -> bool:
    """Whether this process is in the part of the tree that is this user's: a program that it starts cannot be moved there from elsewhere."""
    try:
        groups = Path("/proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return False
    return any(line.startswith("0::") and f"/user@{os.getuid()}.service/" in line for line in groups)
