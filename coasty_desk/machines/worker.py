"""The process that has one machine, and is the only one to touch it.

It outlives the service that started it and is found again by its socket. It ends with its display, at the end of its lease, or when it is
told to; whoever watches is told why.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from coasty_desk import file_lock, merged_settings, plain_files
from coasty_desk.core.errors import CoastyDeskError, DesktopError, UsageError
from coasty_desk.core.folders import given
from coasty_desk.desktop.base.lock import Owner
from coasty_desk.desktop.linux import stop_listener, stop_socket
from coasty_desk.machines import browser_rules, commands, machine_record, posix_worker_socket
from coasty_desk.machines.command import CommandError, CommandResult, parsed
from coasty_desk.machines.driver import Driver, HaltedError
from coasty_desk.machines.habitat import Habitat, this_desktop
from coasty_desk.machines.machine_errors import MachineBusyError
from coasty_desk.machines.machine_record import MachineRecord
from coasty_desk.machines.machine_screen import MachineScreen
from coasty_desk.machines.operation_journal import OperationJournal, cut_off
from coasty_desk.machines.worker_protocol import (
    ENDED,
    LOCK,
    TAKEN,
    CommandStep,
    StepResult,
    WorkerAnswer,
    WorkerRequest,
)
from coasty_desk.settings import Settings
from coasty_desk.socket_frames import receive, send

_LOOK = 0.25
"""Seconds between two looks at whether it is to end."""

_FORGOTTEN = 900.0
"""Seconds without a question, and with nobody who watches, after which the worker of a desktop that is there anyway ends."""

_TRIES = 20
_AGAIN = 0.025

_LENDING = 2.0
"""Seconds that a command under way may take, before who wants the machine for a run is told that it is busy."""

_LONGEST_ERROR = 2000

_OVERTIME = 15.0
"""Seconds that a command of the browser has beyond its own, for the picture at its end."""


class CommandsUnderWay:
    """Commands that go on without input: `coasty-desk stop` finds them while there is one, and has `stop` called."""

    def __init__(self, task: str, stop: Callable[[], None]) -> None:
        self._task, self._stop = task, stop
        self._lock = threading.Lock()
        self._count = 0
        self._listening = ExitStack()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Within the block there is one more."""
        with self._lock:
            self._count += 1
            if self._count == 1:
                who = Owner.of("", self._task).to_json()
                self._listening.enter_context(
                    stop_listener.listening_at(stop_socket.virtual_address(), who, self._stop)
                )
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
                if not self._count:
                    self._listening.close()


class _Flight(Struct):
    """An operation under way, for those who ask for it meanwhile."""

    over: threading.Event
    answer: WorkerAnswer | None = None


class Worker:
    """Answers for one machine; from any thread."""

    def __init__(self, record: MachineRecord, folder: Path, habitat: Habitat) -> None:
        """Raises UsageError where a setting cannot be read, OSError."""
        chosen = _chosen()
        self._choosing, self._chosen, self._stamp = threading.Lock(), chosen, _stamp(chosen)
        environment = habitat.world.environment
        self.driver = Driver(
            chosen,
            environment,
            name=f"driven by a program through the service (machine {record.display_name})",
            target=habitat.target,
            inset=habitat.inset,
            stopped=self._halt_terminal,
        )
        self._waiting = CommandsUnderWay(f"a command in a terminal of {record.display_name}", self.driver.person_stops)
        self.screen = MachineScreen(chosen, self.driver.rules)
        self._record, self._folder, self._habitat = record, folder, habitat
        self._journal = OperationJournal(folder)
        self._tools: dict[str, Any] = {}
        self._making = threading.Lock()
        self._flights: dict[str, _Flight] = {}
        self._flying = threading.Lock()
        self.lease = record.ends_at
        self.ending = ""
        self.over = threading.Event()
        self._watchers = 0
        self._asked_at = time.monotonic()

    def answer(self, request: WorkerRequest, hangs_up: Callable[[float], bool]) -> WorkerAnswer:
        """The answer to one question; none is raised. That of `watch` comes when the worker ends, or who asked `hangs_up` within so many seconds."""
        self._asked_at = time.monotonic()
        try:
            if request.verb in ("act", "look"):
                self._go_by_what_is_chosen_now()
            match request.verb:
                case "act":
                    return self._once(request)
                case "look":
                    return WorkerAnswer(picture=self.screen.look(request.image))
                case "lend":
                    self.driver.lend(_LENDING)
                    return WorkerAnswer(loan=self._habitat.loan)
                case "lease":
                    self.lease = request.lease
                    return WorkerAnswer(message="\n".join(self._habitat.notes))
                case "end":
                    self.end("stopped")
                    return WorkerAnswer()
                case "watch":
                    return self._watched(hangs_up)
        except MachineBusyError as error:
            return WorkerAnswer(fault="busy", message=str(error), seconds=error.seconds)
        except DesktopError as error:
            return WorkerAnswer(fault="display", message=f"{error.message} {error.remedy}".strip())
        except UsageError as error:
            return WorkerAnswer(fault="failed", message=f"{error.message} {error.remedy}".strip())

    def _go_by_what_is_chosen_now(self) -> None:
        """The person may change their rules at any time. Raises UsageError where they cannot be read: then nothing is done."""
        with self._choosing:
            if _stamp(self._chosen) == self._stamp:
                return
            chosen = _chosen()
            self.driver.go_by(chosen)
            self.screen.go_by(chosen, self.driver.rules)
            self._chosen, self._stamp = chosen, _stamp(chosen)

    def end(self, why: str) -> None:
        """Let go of everything, and end. Never raises."""
        self.ending = self.ending or why
        self.over.set()

    def look_after(self) -> None:
        """Until the worker is to end: because it was told to, at the end of its lease, or with its display."""
        while not self.over.wait(_LOOK):
            if self.lease is not None and time.time() >= self.lease:
                self.end("its time to live is over")
            elif fault := self._habitat.fault():
                self.end(fault)
            elif not (self._folder / machine_record.FILE).exists():
                self.end("its folder is gone")
            elif self._record.kind == "desktop" and self._is_forgotten():
                self.end("forgotten")

    def close(self) -> None:
        """End what is under way, and everything that belongs to it."""
        self.driver.end()
        self._habitat.close()  # with the first of its programs go all, and their own parents bury them
        with self._making:
            tools = dict(self._tools)
        for tool in tools.values():
            closing = getattr(tool, "close", None)
            if closing is not None:
                with suppress(Exception):  # the others are to be closed as well
                    closing()
        self._journal.close()

    def _is_forgotten(self) -> bool:
        return not self._watchers and time.monotonic() - self._asked_at > _FORGOTTEN

    def _watched(self, hangs_up: Callable[[float], bool]) -> WorkerAnswer:
        self._watchers += 1
        try:
            while not self.over.is_set() and not hangs_up(_LOOK):
                pass
        finally:
            self._watchers -= 1
        return WorkerAnswer(message=self.ending)

    def _once(self, request: WorkerRequest) -> WorkerAnswer:
        """An operation that has a name is carried out once, and answered as often as it is asked for."""
        operation = request.operation_id
        if not operation or all(step.command in commands.REPEATABLE for step in request.steps):
            return self._carry_out(request, lambda _results, _step: None)
        with self._flying:
            flight = self._flights.get(operation)
            ours = flight is None
            if flight is None:
                flight = self._flights[operation] = _Flight(threading.Event())
        if not ours:
            flight.over.wait()
            return flight.answer or WorkerAnswer(fault="busy", message="It was not begun.", seconds=1)
        try:
            known = self._journal.find(operation)
            if known is not None and known.answer is not None:
                answer = known.answer
            elif known is not None:
                answer = cut_off(known, request.steps)
                self._journal.finish(operation, answer)
            else:
                answer = self._carry_out(request, lambda results, step: self._journal.begin(operation, results, step))
                self._journal.finish(operation, answer)
            flight.answer = answer
        finally:
            with self._flying:
                del self._flights[operation]
            flight.over.set()
        return answer

    def _carry_out(
        self, request: WorkerRequest, beginning: Callable[[tuple[StepResult, ...], int], None]
    ) -> WorkerAnswer:
        """The steps in turn; `beginning` is told of each before its input goes out. Raises MachineBusyError, DesktopError where none was begun."""
        known = commands.known()
        drives = any(step.command in known and known[step.command].drives for step in request.steps)
        results: list[StepResult] = []
        with self._turn(request.steps[0].seconds if request.steps else 0, drives=drives):
            for number, step in enumerate(request.steps):
                beginning(tuple(results), number)
                began = time.monotonic()
                halted = False
                try:
                    done = self._do(step, known)
                    outcome = StepResult(step.command, success=True, result=done.result, screenshot=done.screenshot)
                except HaltedError as error:
                    halted, outcome = True, _failed(step, error)
                except CommandError as error:
                    outcome = _failed(step, error)
                milliseconds = round((time.monotonic() - began) * 1000)
                results.append(msgspec.structs.replace(outcome, duration_ms=milliseconds))
                if halted or (not outcome.success and request.stop_on_error) or self.over.is_set():
                    break
        return WorkerAnswer(tuple(results), aborted=len(results) < len(request.steps))

    def _do(self, step: CommandStep, known: Mapping[str, commands.KnownCommand]) -> CommandResult:
        row = known.get(step.command)
        if row is None:
            message = f"There is no command {step.command[:80]!r}."
            raise CommandError(message)
        try:
            parameters = parsed(row.command, step.parameters)
        except (msgspec.ValidationError, ValueError) as error:
            raise CommandError(str(error)) from error
        why = browser_rules.refusal(self.driver.rules, step.command, parameters) if row.tool == "browser" else ""
        if why:
            message = f"It was refused, and not done: {why}."
            raise CommandError(message)
        try:
            tool = self._tool(row.tool)
            if row.tool == "browser" and row.drives:
                work = partial(row.command.run, tool, parameters, step.seconds)
                return self.driver.beside(work, tool.halt, step.seconds + _OVERTIME)
            if row.command.name == "terminal_execute" and self._record.kind == "desktop":
                self.driver.demand_calm()
                with self._waiting.one():
                    return row.command.run(tool, parameters, step.seconds)
            return row.command.run(tool, parameters, step.seconds)
        except DesktopError as error:
            message = f"{error.message} {error.remedy}".strip()
            raise CommandError(message) from error
        except (CommandError, MachineBusyError):
            raise
        except Exception as error:  # a fault of one command ends that command alone
            message = f"It failed in a way that was not foreseen ({type(error).__name__})."
            raise CommandError(message) from error

    def _halt_terminal(self) -> None:
        """A person says no to what a program does: what it has under way in a shell ends as well."""
        with self._making:
            terminal = self._tools.get("terminal")
        if terminal is not None:
            terminal.halt()

    @contextmanager
    def _turn(self, seconds: float, *, drives: bool) -> Iterator[None]:
        if not drives:
            yield
            return
        with self.driver.turn(seconds):
            yield

    def _tool(self, name: str) -> Any:
        if name in ("pointer", "windows"):
            return self.driver
        if name == "screen":
            return self.screen
        with self._making:
            if name not in self._tools:
                self._tools[name] = commands.made(name, self._habitat.world)
            return self._tools[name]


def _chosen() -> Settings:
    return merged_settings.load({}, os.environ, merged_settings.own_files())[0]


def _stamp(chosen: Settings) -> tuple[tuple[str, int, int], ...]:
    """What is another one once a file of the rules has been changed."""
    found = []
    for path in (*merged_settings.own_files(), *map(given, chosen.policy)):
        with suppress(OSError):
            said = path.stat()
            found.append((str(path), said.st_mtime_ns, said.st_size))
    return tuple(found)


def _failed(step: CommandStep, error: CommandError) -> StepResult:
    return StepResult(step.command, success=False, result=error.result, error=str(error)[:_LONGEST_ERROR])


def serve(worker: Worker, listening: socket.socket) -> None:
    """Answer whoever connects, each in a thread of its own, until the listener is closed."""
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_converse, args=(worker, connection), name="coasty-desk question", daemon=True).start()


def _converse(worker: Worker, connection: socket.socket) -> None:
    with connection, suppress(OSError):
        posix_worker_socket.demand_own(connection)
        request = receive(connection, WorkerRequest)
        send(connection, worker.answer(request, partial(posix_worker_socket.hangs_up, connection)))


def main(arguments: list[str]) -> int:
    """Be the worker of the machine in the folder that is named; a second argument is the descriptor that is told when it is ready."""
    folder = Path(arguments[0])
    ready = int(arguments[1]) if len(arguments) > 1 else -1
    try:
        return _be(folder, ready)
    except CoastyDeskError as error:
        _tell(ready, f"{error.message}\n{error.remedy}")
    except OSError as error:
        _tell(ready, f"The machine's worker cannot begin: {error.strerror or error}.\n")
    return 1


def _be(folder: Path, ready: int) -> int:
    os.umask(0o077)
    with ExitStack() as stack:
        lock = plain_files.made(folder / LOCK, os.O_RDWR)
        stack.callback(os.close, lock)
        if not _taken(lock):
            _tell(ready, TAKEN)
            return 3
        record = machine_record.read(folder)
        if record is None:
            _tell(ready, "There is no machine in that folder.\n")
            return 2
        with suppress(OSError):
            (folder / ENDED).unlink()
        habitat = inhabited(record, folder)
        stack.callback(habitat.close)
        worker = Worker(record, folder, habitat)
        stack.callback(worker.close)
        for name in ("SIGTERM", "SIGINT"):
            signal.signal(getattr(signal, name), lambda *_: worker.over.set())
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        listening = posix_worker_socket.listener(folder)
        stack.callback(posix_worker_socket.remove, folder)
        stack.callback(listening.close)
        stack.callback(_shut, listening)
        threading.Thread(target=serve, args=(worker, listening), name="coasty-desk questions", daemon=True).start()
        _tell(ready, "")
        worker.look_after()
        with suppress(OSError):
            plain_files.write(folder / ENDED, (worker.ending or "stopped").encode())
    return 0


def _taken(lock: int) -> bool:
    """Whether the machine is ours; who looks whether there is a worker has the lock for a moment."""
    for _ in range(_TRIES):
        if file_lock.take(lock):
            return True
        time.sleep(_AGAIN)
    return False


def inhabited(record: MachineRecord, folder: Path) -> Habitat:
    """The machine's display, begun where it is a virtual one. Raises CoastyDeskError."""
    if record.kind == "desktop":
        from coasty_desk.desktop import platform  # noqa: PLC0415 - a virtual one sets its display before

        platform.demand_display()
        return this_desktop(record, dict(os.environ))
    from coasty_desk.machines.virtual_habitat import virtual_habitat  # noqa: PLC0415 - only where it is one

    return virtual_habitat(record, folder)


def _shut(listening: socket.socket) -> None:
    with suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)


def _tell(ready: int, message: str) -> None:
    """Say that the worker is ready (nothing), or why it cannot be; to nobody where there is nobody."""
    if ready < 0:
        return
    with suppress(OSError):
        os.write(ready, (message or "ready").encode())
    with suppress(OSError):
        os.close(ready)
