"""The process that a virtual machine's display and programs are children of, and that ends and clears them away with it.

Whoever holds the machine may be killed at any moment, and threads of it end all the time: so this one starts everything,
and it goes when the pipe that the holder keeps open is closed. Should it be killed too, the kernel ends its children, and whoever
starts the next machine clears away what is left (`virtual_machine.sweep`). It speaks lines of JSON: two on its standard input tell it
which display to start and then which programs, and its standard output says what came of each, and why it ends where the holder has not
said so.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from coasty_desk import file_lock, plain_files
from coasty_desk.screens.virtual import confinement, way_in

PATIENCE = 10.0
"""Seconds within which the display and its window manager must be there."""

FIRST = 60
"""The number of the first display: out of the way of those that people log in to."""
_NUMBERS = 900
_SOCKETS = "/tmp/.X11-unix/X"  # noqa: S108 - where X11 has them
_LOCK = "/tmp/.X{}-lock"  # noqa: S108 - the same
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/dev", "/proc", "/sys", "/var/cache")
"""What a display reads, besides its key: its clients are programs behind walls, and it is not."""
_LOG = 1_000_000
"""Bytes of what a display complains of."""
_LOOK = 0.005
_GOING = 2.0
"""Seconds that the display is given to put away its socket."""


def main() -> int:
    """Keep one machine until the holder has gone; the exit code is of no interest."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # what is ignored would be ignored by the programs too
    keeper = _Keeper()
    try:
        keeper.keep()
    except _OverError:
        pass
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        _say(fault=str(error))
    finally:
        keeper.end()
    return 0


class _OverError(Exception):
    """The holder has gone, or the machine has."""


class _Keeper:
    def __init__(self) -> None:
        self._heard, waker = os.pipe()
        os.set_blocking(waker, False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._signalled)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        self._told_to_end = False
        self._ready = False
        self._name: socket.socket | None = None
        self._number = -1
        self._display: subprocess.Popen[bytes] | None = None
        self._way_out: subprocess.Popen[bytes] | None = None
        self._programs: subprocess.Popen[bytes] | None = None
        self._init = -1
        """A descriptor of the first process behind the walls: the others end with it."""
        self._task: dict[str, Any] = {}
        self._locks: list[int] = []

    def keep(self) -> None:
        self._task = self._next_line()
        self._locks = [_locked(path) for path in self._task["locks"]]
        number = self._start_display()
        _say(display=number)
        self._task |= self._next_line()
        self._start_programs()
        while True:
            self._wait(None)

    def _signalled(self, number: int, _frame: object) -> None:
        self._told_to_end = self._told_to_end or number == signal.SIGTERM
        self._ready = self._ready or number == signal.SIGUSR1

    def _wait(self, seconds: float | None) -> None:
        """Until something happens; raise where that is the end."""
        ready = select.select([0, self._heard], [], [], seconds)[0]
        if self._heard in ready:
            os.read(self._heard, 4096)
        if self._told_to_end or (0 in ready and not os.read(0, 4096)):
            raise _OverError
        for what, process in (("display", self._display), ("programs", self._programs), ("network", self._way_out)):
            if process is not None and process.poll() is not None:
                _say(fault=f"its {what} ended ({_how(process.returncode)}){_last_line(self._task['log'])}")
                raise _OverError

    def _next_line(self) -> dict[str, Any]:
        line = b""
        while not line.endswith(b"\n"):
            if 0 in select.select([0, self._heard], [], [])[0]:
                piece = os.read(0, 1)
                if not piece:
                    raise _OverError
                line += piece
            elif self._told_to_end:
                raise _OverError
        said: dict[str, Any] = json.loads(line)
        return said

    def _start_display(self) -> int:
        """The number of a display that nobody else has, or will have while this process lives.

        Servers that choose their number themselves (`-displayfd`) go by the name without a file, make no lock, and would take
        away the socket of one that has no such name: so that name is held here, where nobody listens on it.
        """
        for number in range(FIRST, FIRST + _NUMBERS):
            held = socket.socket(socket.AF_UNIX)
            try:
                held.bind(f"\0{_SOCKETS}{number}".encode())
            except OSError:
                held.close()
                continue
            if not (os.path.lexists(f"{_SOCKETS}{number}") or os.path.lexists(_LOCK.format(number))):
                break
            held.close()
        else:
            message = "there are too many displays"
            raise ValueError(message)
        self._name, self._number = held, number
        self._display = self._started(
            ["Xvfb", f":{number}", *self._task["display"]], lambda: _server(self._task["key"]), passing=()
        )
        until = time.monotonic() + PATIENCE
        while not self._ready:
            self._wait(0.05)
            if time.monotonic() > until:
                message = f"the display did not start{_last_line(self._task['log'])}"
                raise ValueError(message)
        return number

    def _start_programs(self) -> None:
        """The window manager, which is behind the walls where there are some: once it manages, the machine is up."""
        task = self._task
        told: tuple[int, ...] = ()
        ours = -1
        ready = os.open(task["ready"], os.O_RDONLY | os.O_NONBLOCK)
        command = list(task["programs"])
        if task["walls"]:
            ours, theirs = os.pipe()
            options = _file_of([*task["walls"], "--info-fd", str(theirs)])
            told = (theirs, options)
            at = command.index("bwrap") + 1
            # its own command line, which is seen behind the walls, tells no paths
            command[at:at] = ["--args", str(options)]
        self._programs = self._started(command, lambda: _confined(task["limits"]), passing=told)
        init = 0
        if told:
            for descriptor in told:
                os.close(descriptor)
            said = _all_of(ours, PATIENCE)
            if said.strip():
                init = int(json.loads(said)["child-pid"])
                self._init = os.pidfd_open(init)
        until = time.monotonic() + PATIENCE
        while ready not in select.select([ready, 0, self._heard], [], [], 0.1)[0] or not os.read(ready, 64):
            self._wait(_LOOK)
            if time.monotonic() > until:
                message = f"the window manager did not start{_last_line(task['log'])}"
                raise ValueError(message)
        os.close(ready)
        if init and task["out"]:
            self._start_network(init)
        if init:
            _say(up=init, namespace=Path(f"/proc/{init}/ns/pid").stat().st_ino)
        else:
            _say(up=self._programs.pid, namespace=0)

    def _start_network(self, init: int) -> None:
        """The way out of the machine's own network."""
        import fcntl

        net = os.open(f"/proc/{init}/ns/net", os.O_RDONLY)
        owner = fcntl.ioctl(net, way_in.OWNER)
        ours, theirs = os.pipe()
        passing = (net, owner, theirs)
        command = ["slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", f"--ready-fd={theirs}"]
        command += ["--netns-type=path", f"--userns-path=/proc/self/fd/{owner}", f"/proc/self/fd/{net}", "tap0"]
        self._way_out = self._started(command, confinement.end_with_parent, passing)
        for descriptor in passing:
            os.close(descriptor)
        if not _all_of(ours, PATIENCE, enough=1):
            message = f"its network did not start{_last_line(self._task['log'])}"
            raise ValueError(message)

    def _started(
        self, command: Sequence[str], first: Callable[[], None], passing: Sequence[int]
    ) -> subprocess.Popen[bytes]:
        with open(self._task["log"], "ab") as log:  # noqa: PTH123 - as the others here
            return subprocess.Popen(
                command,
                env=self._task["environment"],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=passing,
                preexec_fn=first,  # noqa: PLW1509 - this process has one thread
                start_new_session=True,
            )

    def end(self) -> None:
        """Nothing of it is left when this returns."""
        if self._programs is not None:
            _kill(self._programs, self._init)
        if self._way_out is not None:
            self._way_out.kill()
            self._way_out.wait()
        if self._task.get("mark"):
            kill_marked(self._task["mark"].encode())
        if self._display is not None:
            self._display.terminate()
            try:
                self._display.wait(_GOING)
            except subprocess.TimeoutExpired:
                self._display.kill()
                self._display.wait()
            for path in (f"{_SOCKETS}{self._number}", _LOCK.format(self._number)):
                with contextlib.suppress(OSError):
                    os.unlink(path)  # noqa: PTH108 - nobody else can have made it: the name is ours still
        if self._task.get("mark"):
            kill_marked(self._task["mark"].encode())  # one that was just being started has its environment now
        for path in self._task["remove"] if self._locks else ():
            remove_by_force(path)


def _kill(programs: subprocess.Popen[bytes], init: int) -> None:
    """With the first of them goes its whole namespace, and it is gone once they are."""
    if init >= 0:
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(init, signal.SIGKILL)
            select.select([init], [], [], _GOING)
    with contextlib.suppress(OSError):
        os.killpg(programs.pid, signal.SIGKILL)
    programs.kill()
    programs.wait()


def kill_marked(mark: bytes) -> None:
    """Without walls: whatever has the machine's name in its environment, however it was started; until there is none."""
    for _ in range(20):
        all_pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
        found = [pid for pid in all_pids if pid != os.getpid() and _has(pid, mark)]
        if not found:
            return
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _has(pid: int, mark: bytes) -> bool:
    try:
        return mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def remove_by_force(path: str) -> None:
    """A folder with all that is in it, whatever programs have made of it: closed to everybody, or deeper than a path can be long."""
    for command in (["rm", "-rf"], ["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        if os.path.lexists(path):
            with contextlib.suppress(OSError):
                subprocess.run(
                    [*command, "--", path], env={"PATH": "/usr/bin:/bin"}, stderr=subprocess.DEVNULL, check=False
                )


def _server(key: str) -> None:
    """Within a process that is about to become the display: it says with a signal that it takes connections (Xserver(1)).

    It is kept from the person's files: programs behind the walls speak to it, and it would read folders for fonts for them.
    """
    confinement.end_with_parent()
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit({"RLIMIT_FSIZE": _LOG})  # a program can have it complain for ever
    confinement.give_up()
    confinement.keep_to([*_SYSTEM, key], ["/tmp", "/var/lib/xkb", "/dev/null"])  # noqa: S108 - its socket and its lock


def _confined(limits: dict[str, Any]) -> None:
    """Within a process that is about to become one of the machine's."""
    confinement.end_with_parent(signal.SIGKILL)
    limit(limits)
    confinement.give_up()


def limit(limits: dict[str, Any]) -> None:
    """What each of the machine's processes has of this computer at most, where nothing counts them together."""
    import resource

    if limits.get("processors"):
        os.sched_setaffinity(0, limits["processors"])
    for name in ("RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_CORE"):
        if limits.get(name) is not None:
            resource.setrlimit(getattr(resource, name), (limits[name], limits[name]))


def _locked(path: str) -> int:
    """A descriptor of the file, which is locked while it is open. Raises OSError, ValueError where another has it."""
    descriptor = plain_files.made(Path(path), os.O_RDWR)
    if not file_lock.take(descriptor):
        os.close(descriptor)
        message = "it is up already"
        raise ValueError(message)
    return descriptor


def _file_of(arguments: Sequence[str]) -> int:
    """A descriptor to read them from, each ended by a zero byte."""
    descriptor = os.memfd_create("arguments")
    os.write(descriptor, b"".join(os.fsencode(one) + b"\0" for one in arguments))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _all_of(descriptor: int, seconds: float, enough: int = 1 << 20) -> bytes:
    said, until = b"", time.monotonic() + seconds
    while (
        len(said) < enough and descriptor in select.select([descriptor], [], [], max(0.0, until - time.monotonic()))[0]
    ):
        piece = os.read(descriptor, 4096)
        if not piece:
            break
        said += piece
    os.close(descriptor)
    return said


def _last_line(log: str) -> str:
    """What was complained of last, to be put behind a sentence."""
    try:
        lines = [line.strip() for line in Path(log).read_text("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        return ""
    return f": {lines[-1][:300]}" if lines else ""


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _say(out: IO[str] | None = None, **said: object) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        print(json.dumps(said), file=out or sys.stdout, flush=True)
