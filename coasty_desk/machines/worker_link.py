"""The service's end of a machine's worker: it is started here, asked here, and its end is seen here."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import coasty_desk
from coasty_desk import file_lock, plain_files
from coasty_desk.machines import posix_worker_socket
from coasty_desk.machines.machine_errors import MissingPartError, WorkerGoneError
from coasty_desk.machines.worker_protocol import ENDED, LOCK, TAKEN, WorkerAnswer, WorkerRequest
from coasty_desk.socket_frames import receive, send

STARTING = 20.0
"""Seconds that a worker is given to be ready: a machine is up within two, on an idle computer."""

ANSWERING = 60.0
"""Seconds that an answer may take beside what its steps may: the screen may not answer, and programs wait for their turn."""

ENDING = 6.0
"""Seconds that it is given to end, before it is ended by force."""

_LOOK = 0.02

_ROOT = str(Path(coasty_desk.__file__).parent.parent)
_WORKER = "import sys; sys.path.append(sys.argv[1]); from coasty_desk.machines.worker import main; sys.exit(main(sys.argv[2:]))"
"""This very package, and nothing that lies in the folder where the process happens to be."""


class WorkerLink:
    """The worker of the machine in one folder, be it this process's child or found again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it, and wait until it is ready. Raises MissingPartError where it cannot be, WorkerGoneError where it ends before.

        One that has the machine meanwhile is taken: a service that was killed had begun it, and it had not got so far as to be seen.
        """
        until = time.monotonic() + 2 * STARTING
        while (said := self._begun(environment)) == TAKEN:
            self._end_child()
            if self.ready_within(STARTING):
                return
            if self.lives() or time.monotonic() > until:  # else it was about to end
                message = "What drives the machine does not answer."
                raise WorkerGoneError(message)
        if said == "ready":
            return
        self._end_child()
        if not said:
            message = "What drives the machine ended, or took too long, before it was ready."
            raise WorkerGoneError(message)
        message, _, remedy = said.partition("\n")
        raise MissingPartError(message, remedy or "`coasty-desk doctor` says what is missing here.")

    def lives(self) -> bool:
        """Whether there is a worker, ready or not: it holds the lock for as long as it lives."""
        return file_lock.is_taken(self._folder / LOCK)

    def ready_within(self, seconds: float) -> bool:
        """Whether one that lives answers within so long."""
        until = time.monotonic() + seconds
        while self.lives():
            with suppress(OSError):
                posix_worker_socket.connect(self._folder).close()
                return True
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK)
        return False

    def ask(self, request: WorkerRequest, seconds: float = ANSWERING) -> WorkerAnswer:
        """Its answer, within so many seconds beside those of its steps. Raises WorkerGoneError where it has none."""
        try:
            with posix_worker_socket.connect(self._folder) as connection:
                connection.settimeout(seconds + sum(step.seconds for step in request.steps))
                send(connection, request)
                return receive(connection, WorkerAnswer)
        except OSError as error:
            message = "What drives the machine does not answer."
            raise WorkerGoneError(message) from error

    def watch(self, ended: Callable[[str], None]) -> None:
        """Have `ended` called, in a thread of its own, with why the worker ended; with nothing where it died without a word."""
        try:
            connection = posix_worker_socket.connect(self._folder)
            send(connection, WorkerRequest("watch"))
        except OSError:
            threading.Thread(target=lambda: ended(self.last_words()), daemon=True).start()
            return

        def wait() -> None:
            why = ""
            with connection, suppress(OSError):
                why = receive(connection, WorkerAnswer).message
            ended(why or self.last_words())

        threading.Thread(target=wait, name="coasty-desk watch", daemon=True).start()

    def last_words(self) -> str:
        """Why the last worker ended, as it has written down; nothing where it did not."""
        with suppress(OSError, UnicodeDecodeError):
            return plain_files.read(self._folder / ENDED, 1000, links=False).decode()
        return ""

    def end(self, seconds: float = ENDING) -> None:
        """End it, and wait until it is gone with all that is its; one that does not hear is ended by force. Never raises."""
        process = self._process()
        with suppress(WorkerGoneError):
            self.ask(WorkerRequest("end"), seconds)
        if not self._gone_within(seconds) and process > 1:
            posix_worker_socket.end_by_force(process)
            self._gone_within(seconds)
        self._end_child()

    def _begun(self, environment: Mapping[str, str]) -> str:
        """What a new process says of itself: that it is ready, or why it cannot be; nothing where it says nothing in time."""
        if not hasattr(socket, "AF_UNIX") or not hasattr(os, "fork"):
            message = "Machines are not driven by the service on this system yet."
            raise MissingPartError(message, "Use Linux, or `coasty-desk run` itself.")
        reading, writing = os.pipe()
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-c", _WORKER, _ROOT, str(self._folder), str(writing)],
                env=dict(environment),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(writing,),
                start_new_session=True,
            )
        except OSError as error:
            os.close(reading)
            message = f"The machine's worker cannot be started: {error.strerror}."
            raise MissingPartError(message, "See whether this computer has memory and processes left.") from error
        finally:
            os.close(writing)
        threading.Thread(target=self._child.wait, name="coasty-desk worker", daemon=True).start()  # no zombie is left
        return _line(reading, STARTING)

    def _process(self) -> int:
        """The process of the worker that listens; 0 where there is none, or it cannot be told."""
        with suppress(OSError), posix_worker_socket.connect(self._folder) as connection:
            return posix_worker_socket.process_at(connection)
        return 0

    def _gone_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.lives():
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK)
        return True

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        try:
            child.wait(1.0)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _line(descriptor: int, seconds: float) -> str:
    """What is said there until it is closed, within so many seconds."""
    said = b""
    until = time.monotonic() + seconds
    with os.fdopen(descriptor, "rb", buffering=0) as reading:
        while select.select([reading], [], [], max(until - time.monotonic(), 0.0))[0]:
            piece = reading.read(4096)
            if not piece:
                break
            said += piece
    return said.decode("utf-8", "replace")
