"""The service's end of one run's process: it is started, answered and ended here, and its death is seen at once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import coasty_desk
from coasty_desk import socket_frames
from coasty_desk.automation.driving_lease import DrivingLease
from coasty_desk.automation.run_control import EndReason, EndRun, FromRun, HumanAnswer, RunOrder, ToRun
from coasty_desk.machines.machine_errors import MissingPartError

_ROOT = str(Path(coasty_desk.__file__).parent.parent)
_PROCESS = "import sys; sys.path.append(sys.argv[1]); from coasty_desk.automation.run_process import main; sys.exit(main(sys.argv[2:]))"
"""This very package, and nothing that lies in the folder where the process happens to be."""


class RunChild:
    """One process, for one sitting of a run; from any thread. It ends by itself as soon as this one does, or `close` is called."""

    def __init__(self, process: subprocess.Popen[bytes], channel: socket.socket) -> None:
        self._process, self._channel = process, channel
        self._saying = threading.Lock()
        threading.Thread(target=process.wait, name="coasty-desk run", daemon=True).start()  # no zombie is left

    @classmethod
    def start(cls, order: RunOrder, environment: Mapping[str, str], lease: DrivingLease | None = None) -> Self:
        """Start it with the service's own environment; it drives only while the `lease` holds. Raises MissingPartError where it cannot be."""
        if not hasattr(socket, "AF_UNIX") or not hasattr(os, "fork"):
            message = "Runs are not carried out by the service on this system yet."
            raise MissingPartError(message, "Use Linux, or `coasty-desk run` itself.")
        ours, theirs = socket.socketpair()
        shared = (theirs.fileno(),) if lease is None else (theirs.fileno(), lease.fileno())
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROCESS, _ROOT, *map(str, shared)],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=shared,
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            message = f"The run's process cannot be started: {error.strerror}."
            raise MissingPartError(message, "See whether this computer has memory and processes left.") from error
        finally:
            theirs.close()
        child = cls(process, ours)
        child._say(order)
        return child

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def messages(self) -> Iterator[FromRun]:
        """What it says, until it has ended; for one reader. Without an `Over` as the last the run was cut off."""
        try:
            while True:
                yield socket_frames.receive_one_of(self._channel, FromRun)
        except OSError:
            with self._saying:
                self._channel.close()

    def answer(self, answer: HumanAnswer) -> None:
        """Give it a person's answer. Never raises: where it has died, `messages` says so."""
        self._say(answer)

    def end(self, why: EndReason, words: str = "") -> None:
        """Have it end the run and say how. Never raises."""
        self._say(EndRun(why, words))

    def kill(self) -> None:
        """End a process that does not hear; the run is cut off. Never raises."""
        self._process.kill()

    def close(self) -> None:
        """Cut the run off: its process lets go of everything, writes nothing more, and ends. Never raises."""
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    def gone_within(self, seconds: float) -> bool:
        """Whether the process is gone within so many seconds."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _say(self, words: ToRun) -> None:
        with self._saying, suppress(OSError):
            socket_frames.send(self._channel, words)
