"""Starts a program behind the walls of a virtual machine that is up already: its command line is what `VirtualMachine.argv` gives.

This process goes into the machine's namespaces, and its child becomes the program; it itself stays outside, passes signals on, and ends
as the program ends. Should it be killed, the program goes too. The program has the standard streams and whatever else this process was given.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

from coasty_desk.screens.virtual import confinement

OWNER = 0xB701
"""NS_GET_USERNS of ioctl_ns(2): a descriptor of the user namespace that owns a namespace."""

_PASSED_ON = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT")

NOT_THERE = 125
"""The exit code where the machine cannot be gone into; what there is to say is on the standard error."""


def main(arguments: list[str]) -> int:
    """`PID NAMESPACE PROGRAM ...`: the machine's first process, and the number of its process namespace, which must be that one's still."""
    init, namespace, *program = arguments
    try:
        _enter(int(init), int(namespace))
    except (OSError, ValueError) as error:
        print(f"The machine is not there any more, or cannot be gone into: {error}", file=sys.stderr)  # noqa: T201
        return NOT_THERE
    child = os.fork()  # the namespace of processes is the children's
    if child == 0:
        _become(program)
    for name in _PASSED_ON:
        signal.signal(getattr(signal, name), lambda number, _frame: _pass_on(child, number))
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            os.kill(os.getpid(), signal.SIGSTOP)
            continue
        break
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return os.waitstatus_to_exitcode(status)


def _enter(init: int, namespace: int) -> None:
    """Go into the namespaces of that process. Raises OSError, ValueError where it is no more the one that was meant."""
    import fcntl

    there = os.open(f"/proc/{init}", os.O_RDONLY | os.O_DIRECTORY)  # of that process, whoever has its number later
    opened = {name: os.open(f"ns/{name}", os.O_RDONLY, dir_fd=there) for name in _NAMESPACES}
    if os.fstat(opened["pid"]).st_ino != namespace:
        message = "another process has its number"
        raise ValueError(message)
    _share_limits(init, there)
    user = opened.pop("user")
    others = [one for name, one in opened.items() if not _is(one, Path(f"/proc/self/ns/{name}"))]
    owner = fcntl.ioctl(
        opened["mnt"], OWNER
    )  # bubblewrap makes another user namespace once it has mounted what it mounts
    for descriptor in (owner, *others):
        _set(descriptor)
    if not os.path.samestat(os.fstat(user), os.fstat(owner)):
        _set(user)
    for descriptor in (*opened.values(), user, owner, there):
        os.close(descriptor)


_NAMESPACES = ("user", "ipc", "uts", "net", "cgroup", "pid", "mnt")
"""The mounts last: what is named by its path is this side's until then."""


def _is(descriptor: int, own: Path) -> bool:
    return os.path.samestat(os.fstat(descriptor), own.stat())


def _share_limits(init: int, there: int) -> None:
    """Have what the machine's first process has of this computer: counted with it where the system counts, else the same for each."""
    import resource

    os.sched_setaffinity(0, os.sched_getaffinity(init))
    for kind in (resource.RLIMIT_DATA, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(kind, resource.prlimit(init, kind))
    try:
        with os.fdopen(os.open("cgroup", os.O_RDONLY, dir_fd=there)) as file:
            group = next(line[3:].strip() for line in file if line.startswith("0::"))
        own = next(
            line[3:].strip() for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")
        )
        if group != own:
            Path(f"/sys/fs/cgroup{group}/cgroup.procs").write_text(str(os.getpid()))
    except (OSError, StopIteration):
        pass  # there are none here


def _set(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _become(program: list[str]) -> None:
    """All that the child does; it never returns."""
    try:
        confinement.end_with_parent(signal.SIGKILL)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)  # Python ignores them, and a program would too
        confinement.give_up()
        os.execve(program[0], program, {})  # noqa: S606 - no shell is what is wanted
    except OSError as error:
        os.write(2, f"{program[0]} cannot be started: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _pass_on(child: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(child, number)
