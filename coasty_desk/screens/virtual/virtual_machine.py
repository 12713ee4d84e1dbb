"""A virtual machine: a display of its own with a window manager and a home, and programs that see little else."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, Self

import coasty_desk
from coasty_desk import file_lock, plain_files
from coasty_desk.core.errors import DesktopError
from coasty_desk.screens.virtual import (
    installed_programs,
    keeper,
    machine_archive,
    machine_limits,
    openbox_setup,
    walls,
)
from coasty_desk.screens.virtual.installed_programs import PLACES
from coasty_desk.screens.virtual.machine_wish import MachineWish

UP = 20.0
"""Seconds after which a machine that is not up is given up; it takes a tenth of a second or two."""
DOWN = 8.0
"""Seconds that its end may take."""

RUNNING = "running.lock"
"""The file in a machine's folder that is locked while the machine is up: whoever has the lock is the only one to run it."""
FOR_ONE_RUN = "for-one-run"
"""The file that says that a machine's folder is nobody's once it is not locked."""
HOME = "home"
PREFIX = "vm-"
"""Of the runtime folder of a machine that is up, whose name its processes have in their environment."""
MARK = "COASTY_DESK_MACHINE"

_PATH_LIMIT = 108
_PASSED = ("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_TIME", "LC_MONETARY", "LC_NUMERIC", "LC_MESSAGES", "TZ")
_OF_BUS = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
"""What leads to the person's own systemd, which is asked to count; none of it goes behind the walls."""
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class VirtualMachine:
    """One that is up. It ends with `stop`, or with this process, however that ends; its home stays, unless it is `for_one_run`.

    `home` is its home folder as this process sees it, `inside_home` the same as its programs do. `environment` is that of its
    programs; `temporary` is its /tmp as this process sees it, as long as this object is there, where that is its own; `display` is the environment for a
    process of ours that is to look at its display and drive it (`DISPLAY` and `XAUTHORITY`).
    `walls` are sentences on what its programs are kept from and how much they may have, `gaps` on what they are not kept from;
    `risks` are those of the gaps that one would not expect.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        home: Path,
        display: Mapping[str, str],
        environment: Mapping[str, str],
        entrance: tuple[int, int] | None,
        told: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
        limited: Sequence[str],
    ) -> None:
        self._keeper = process
        self._entrance = entrance
        self._limited = limited
        self._fault = ""
        self.home = home
        self.inside_home = str(home) if entrance is None else walls.HOME
        held = None if entrance is None else _temporary(*entrance)
        self.temporary = None if held is None else Path(f"/proc/self/fd/{held}")
        if held is not None:  # no sooner: the number would soon be that of something else
            weakref.finalize(self, os.close, held)
        self.display = dict(display)
        self.environment = dict(environment)
        self.walls, self.gaps, self.risks = told
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="coasty-desk machine", daemon=True).start()

    @classmethod
    def start(
        cls,
        folder: Path,
        wish: MachineWish | None = None,
        environment: Mapping[str, str] | None = None,
        *,
        for_one_run: bool = False,
    ) -> VirtualMachine:
        """Bring up the machine whose folder that is; it is made where there is none. From any thread.

        `environment` is the person's, of which its programs get the language alone, and where the proxies are. `for_one_run`: the folder goes
        with the machine. Raises DesktopError where it does not come up, or is up already.
        """
        wish = wish or MachineWish()
        missing = installed_programs.missing()
        if missing or not hasattr(os, "pidfd_open"):
            names = " and ".join(missing) or "a system like Linux"
            message = f"There can be no virtual machine here: {names} {'is' if len(missing) < 2 else 'are'} missing."
            remedy = installed_programs.how_to_get(list(missing.values())) if missing else "Use this desktop itself."
            raise DesktopError(message, remedy)
        try:
            person = os.environ if environment is None else environment
            return _Starting(cls, folder, wish, person, for_one_run=for_one_run).done()
        except OSError as error:
            message = f"The virtual machine cannot be started: {error.strerror or error}."
            raise DesktopError(message, f"See that {folder} can be written to, and that there is room.") from error

    def argv(self, argv: Sequence[str], cwd: str = "") -> list[str]:
        """The command line that starts a program on the machine, in a folder as the machine sees it; without one in its home.

        The program has the machine's environment, whatever that of the command is, and every descriptor that the command
        is given; it ends when the command is killed, and the command ends as it does. Where it is killed is the caller's whole group.
        """
        program = ["/usr/bin/env", "-i", "-C", cwd or self.inside_home, *_assigned(self.environment), *argv]
        if self._entrance is None:
            return [*self._limited, *program]
        return ["/usr/bin/env", "-i", *_ours("way_in"), *map(str, self._entrance), *program]

    @property
    def alive(self) -> bool:
        """Whether it is up still."""
        return not self._ended.is_set()

    @property
    def fault(self) -> str:
        """Why it is up no more, as a sentence, where nobody has stopped it."""
        return self._fault

    def await_end(self, seconds: float | None = None) -> bool:
        """Wait until it is up no more, so many seconds at most; whether it is."""
        return self._ended.wait(seconds)

    def stop(self) -> None:
        """End every program of it, and the display; nothing is left when this returns, or soon after where a large home goes too.

        Again it does nothing. Never raises.
        """
        if self._keeper.stdin is not None:
            with suppress(OSError):
                self._keeper.stdin.close()
        self._ended.wait(DOWN)  # whatever ends late ends by itself: it waits for nobody

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _watch(self) -> None:
        """Hear why it ended."""
        out = self._keeper.stdout
        try:
            for line in out or ():
                fault = json.loads(line).get("fault")
                if fault:
                    self._fault = f"The virtual machine has ended: {fault}."
        except (OSError, ValueError):
            pass
        self._keeper.wait()
        if out is not None:
            out.close()
        if not self._fault and self._keeper.stdin is not None and not self._keeper.stdin.closed:
            self._fault = "The virtual machine has ended: its keeper was killed."
        self._ended.set()


class _Starting:
    """What is made on the way, and taken back where it fails."""

    def __init__(
        self,
        kind: type[VirtualMachine],
        folder: Path,
        wish: MachineWish,
        person: Mapping[str, str],
        *,
        for_one_run: bool,
    ) -> None:
        self._kind, self._folder, self._wish, self._person, self._for_one_run = kind, folder, wish, person, for_one_run
        self._walls = walls.here()
        self._network = walls.network(wanted=wish.network)
        self._limits = machine_limits.wanted(wish, together=self._walls.up)

    def done(self) -> VirtualMachine:
        sweep(self._folder.parent)
        home = self._home()
        runtime = _runtime()
        try:
            return self._with_keeper(home, runtime)
        except BaseException:
            shutil.rmtree(runtime, ignore_errors=True)
            raise

    def _home(self) -> Path:
        plain_files.folder(self._folder)
        home = plain_files.real_folder(self._folder / HOME)
        if self._for_one_run:
            plain_files.write(self._folder / FOR_ONE_RUN, b"")
        for name in ("Downloads", "Documents"):
            with suppress(OSError):  # a program of it may have put anything in its place
                (home / name).mkdir(mode=0o700)
        return home

    def _with_keeper(self, home: Path, runtime: Path) -> VirtualMachine:
        process = subprocess.Popen(
            _ours("keeper"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": PLACES},
            cwd="/",
            start_new_session=True,
        )
        talk = _Talk(process)
        try:
            lock = self._folder / RUNNING
            size = self._wish.screen
            inside = plain_files.folder(runtime / "inside")
            cookie = inside / "Xauthority"
            plain_files.write(cookie, _wild_cookie())
            os.mkfifo(inside / "up", 0o600)
            up = f"{self._run(runtime)}/up"
            openbox_setup.write(inside / "openbox", f"{self._run(runtime)}/openbox", installed_programs.offered())
            for name, text in walls.files(str(uuid.uuid4())).items():
                plain_files.write(runtime / name, text.encode())
            environment = self._environment(runtime, home)
            server = ["-screen", "0", f"{size.width}x{size.height}x24", "-auth", str(cookie), "-noreset"]
            server += ["-nolisten", "tcp", "-nolisten", "local", "-extension", "MIT-SHM"]
            said = talk.ask(
                "display",
                display=server,
                key=str(cookie),
                environment=environment,
                log=str(runtime / "log"),
                ready=str(inside / "up"),
                locks=[str(lock), str(runtime / "lock")],
                remove=[str(runtime), *([str(self._folder)] if self._for_one_run else [])],
                mark="" if self._walls.up else f"{MARK}={runtime.name}",
                limits=self._limits.each,
            )
            environment["DISPLAY"] = f":{said}"
            around = walls.options(runtime, home, said, self._network) if self._walls.up else []
            init = talk.ask(
                "up", programs=self._command(runtime, environment, up), walls=around, out=self._network == "through"
            )
            entrance = (int(init), talk.namespace) if self._walls.up else None
        except BaseException:
            talk.end()
            raise
        return self._kind(
            process,
            home,
            {"DISPLAY": environment["DISPLAY"], "XAUTHORITY": str(cookie)},
            environment,
            entrance,
            self._told(),
            self._limits.command,
        )

    def _run(self, runtime: Path) -> str:
        return walls.RUN if self._walls.up else str(runtime / "inside")

    def _environment(self, runtime: Path, home: Path) -> dict[str, str]:
        """Of its programs: nothing of the person's but the language, and where the proxies are."""
        mine = str(home) if not self._walls.up else walls.HOME
        place = walls.RUNTIME if self._walls.up else str(plain_files.folder(runtime / "run"))
        given = {name: self._person[name] for name in _PASSED if name in self._person}
        if self._wish.network:
            given |= {name: said for name in _PROXIES if (said := self._person.get(name, "")) and "@" not in said}
        return {
            "LANG": "C.UTF-8",
            **given,
            MARK: runtime.name,
            "PATH": PLACES,
            "HOME": mine,
            "USER": "user",
            "LOGNAME": "user",
            "SHELL": "/bin/bash",
            "TERM": "xterm-256color",
            "XAUTHORITY": f"{self._run(runtime)}/Xauthority",
            "XDG_RUNTIME_DIR": place,
            "XDG_DATA_HOME": f"{mine}/.local/share",
            "XDG_CONFIG_HOME": f"{mine}/.config",
            "XDG_CACHE_HOME": f"{mine}/.cache",
            "XDG_SESSION_TYPE": "x11",
            "XDG_CURRENT_DESKTOP": "openbox",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={place}/bus",
        }

    def _command(self, runtime: Path, environment: Mapping[str, str], up: str) -> list[str]:
        """The command that is to be the machine's first program: it keeps a bus and a window manager running."""
        script = _SESSION.format(config=f"{self._run(runtime)}/openbox/rc.xml", up=up)
        around = ["bwrap", "--"] if self._walls.up else []
        own = ["env", "-i", *_assigned(environment), *around, "/bin/sh", "-c", script]
        if not self._limits.prefix:
            return own
        bus = {name: said for name in _OF_BUS if (said := self._person.get(name))}
        return ["env", *_assigned(bus), *self._limits.prefix, *own]

    def _told(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        network, limits = self._network, self._limits
        if self._walls.up:
            risks = walls.risks(network)
            left = (*walls.left_open(network), *risks)
            return (*walls.kept_out(network), *limits.kept), (*left, *limits.open), risks
        said = f"There are no walls around its programs, for {self._walls.fault}: they can do what you can do. {self._walls.remedy}"
        return limits.kept, (said, *limits.open), (said,)


_SESSION = """exec </dev/null >/dev/null 2>&1
command -v dbus-daemon && dbus-daemon --session --address="$DBUS_SESSION_BUS_ADDRESS" --fork --nopidfile
openbox --sm-disable --config-file '{config}' --startup "sh -c 'echo > \\"{up}\\"'"
while sleep 0.2; do openbox --sm-disable --config-file '{config}'; done
"""
"""A window manager that a program of the machine has ended is started again."""


class _Talk:
    """The lines to and from a keeper."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None  # noqa: S101 - for the type checker
        assert process.stdout is not None  # noqa: S101 - the same
        self._keeper = process
        self._in: IO[bytes] = process.stdin
        self._out: IO[bytes] = process.stdout
        self.namespace = 0

    def ask(self, wanted: str, **told: object) -> str:
        """Tell it, and have what is wanted of the answer. Raises DesktopError."""
        late = threading.Timer(UP, self._keeper.kill)
        late.daemon = True
        late.start()
        try:
            self._in.write(json.dumps(told).encode() + b"\n")
            self._in.flush()
            line = self._out.readline()
        except OSError:
            line = b""
        finally:
            late.cancel()
        said: dict[str, Any] = json.loads(line) if line else {"fault": "its keeper ended"}
        if wanted not in said:
            message = f"The virtual machine did not come up: {said.get('fault')}."
            raise DesktopError(message, "`coasty-desk doctor` says what virtual machines need and have here.")
        self.namespace = int(said.get("namespace", 0))
        return str(said[wanted])

    def end(self) -> None:
        """Have it clear away what there is."""
        with suppress(OSError):
            self._in.close()
        try:
            self._keeper.wait(DOWN)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        self._out.close()


def _temporary(init: int, namespace: int) -> int | None:
    """A descriptor of the /tmp of the machine whose first process that is; None where it cannot be had. It is in memory, and no one else's."""
    with suppress(OSError), ExitStack() as closing:
        there = os.open(f"/proc/{init}", os.O_RDONLY | os.O_DIRECTORY)  # of that process, whoever has its number later
        closing.callback(os.close, there)
        if os.stat("ns/pid", dir_fd=there).st_ino == namespace:
            return os.open("root/tmp", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=there)
    return None


def _runtime() -> Path:
    """A folder for the small files of one machine."""
    try:
        return Path(tempfile.mkdtemp(prefix=PREFIX, dir=runtime_folder()))
    except OSError:  # somebody else has made one of that name
        return Path(tempfile.mkdtemp(prefix=f"coasty-desk-{PREFIX}"))


def runtime_folder() -> Path:
    """Where the small files of machines that are up lie: sockets and keys, for this user alone. Raises OSError where there is no such place."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(given) / "coasty-desk"
    if not given or not Path(given).is_absolute() or not _is_own(Path(given)) or len(str(base)) > _PATH_LIMIT // 2:
        base = Path(tempfile.gettempdir()) / f"coasty-desk-{os.getuid()}"
    with suppress(FileExistsError):
        base.mkdir(mode=0o700)
    if not _is_own(base):
        message = f"{base} is not a folder of yours alone"
        raise OSError(message)
    return base


def sweep(folder: Path) -> None:
    """Clear away what machines have left whose keeper was killed: their runtime folders, and in `folder` those that were for one run. Never raises."""
    with suppress(OSError):
        for runtime in runtime_folder().glob(f"{PREFIX}*"):
            _removed_if_free(runtime, runtime / "lock", f"{MARK}={runtime.name}")
    with suppress(OSError):
        for mark in folder.glob(f"*/{FOR_ONE_RUN}"):
            _removed_if_free(mark.parent, mark.parent / RUNNING)


_YOUNG = 60.0
"""Seconds: a folder that is younger may just be made."""


def _removed_if_free(folder: Path, lock: Path, mark: str = "") -> None:
    """Remove it where nobody has the lock, and end what has the mark: behind walls the kernel has done so."""
    if time.time() - folder.stat().st_mtime < _YOUNG and not lock.exists():
        return
    descriptor = plain_files.made(lock, os.O_RDWR)
    try:
        if file_lock.take(descriptor):
            if mark:
                keeper.kill_marked(mark.encode())
            machine_archive.remove(folder)
    finally:
        os.close(descriptor)


def _is_own(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and not folder.is_symlink() and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _assigned(environment: Mapping[str, str]) -> list[str]:
    """As `env` takes it."""
    return [f"{name}={value}" for name, value in environment.items()]


def _wild_cookie() -> bytes:
    """An authority file (Xauth(7)) with a new key that fits whatever the host is called, and whatever number the display gets."""
    wild, name, key = 0xFFFF, b"MIT-MAGIC-COOKIE-1", secrets.token_bytes(16)
    parts = (b"", b"", name, key)
    return struct.pack(">H", wild) + b"".join(struct.pack(">H", len(part)) + part for part in parts)


def _ours(module: str) -> list[str]:
    """The command that runs a module of this room with nothing but the standard library, whatever environment it gets."""
    root = str(Path(coasty_desk.__file__).parent.parent)
    code = f"import sys; sys.path.append({root!r}); from coasty_desk.screens.virtual import {module}; sys.exit({module}.main({'sys.argv[1:]' if module == 'way_in' else ''}))"
    return [sys.executable, "-I", "-S", "-c", code]
