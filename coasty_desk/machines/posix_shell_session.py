"""A shell that stays: one bash of a machine, told one command after the other, that keeps its folder and its variables.

It reads its commands as a script, from a pipe, and tells over a descriptor of its own when one has ended: neither the commands nor
what they start have that descriptor, and each end is told by a number that the shell gets to read only after the command. So no
output can be taken for the end of a command. Commands have no terminal and no input: what reads gets its end at once.
"""

from __future__ import annotations

import codecs
import os
import secrets
import select
import shlex
import subprocess
import threading
import time
from contextlib import suppress
from typing import Literal

from msgspec import Struct

from coasty_desk.machines.command import CommandError
from coasty_desk.machines.posix_process_tree import MARK, end_tree, new_mark
from coasty_desk.machines.world import MachineWorld

SHOWN = 5000
"""Characters of output that are told at most."""

_HEAD = 1000
_NOTE = 60
_CHUNK = 1 << 16
_LOOK = 0.2
"""Seconds between two looks at whether the shell is still there, while one waits for it."""

_CALM = "export TERM=dumb PAGER=cat GIT_PAGER=cat\numask 022\n"
"""There is no terminal: no colours, and no pager that waits for keys. Files are made as a person's shell makes them."""


class CutOutput:
    """Text of any length, of which the beginning and the end are kept."""

    def __init__(self, head: int = _HEAD) -> None:
        self._most = head
        self._head = self._tail = ""
        self.total = 0

    def add(self, text: str) -> None:
        """Put it at the end."""
        self.total += len(text)
        room = self._most - len(self._head)
        self._head += text[:room]
        self._tail = (self._tail + text[room:])[self._most - SHOWN :]

    def text(self) -> str:
        """At most SHOWN characters; where some are left out, it says how many."""
        if self.total <= SHOWN:
            return self._head + self._tail
        tail = self._tail[-(SHOWN - self._most - _NOTE) :]
        left_out = self.total - len(self._head) - len(tail)
        return f"{self._head}\n[… {left_out} characters left out …]\n{tail}"


class Ran(Struct, frozen=True):
    """How a command ended. `ended`: the shell has ended with it, by itself, because the time was up or a person said so; `exit_code` is then the shell's."""

    output: str
    total: int
    exit_code: int | None
    ended: Literal["", "shell", "time", "stop"]


class ShellSession:
    """One shell. From any thread; one command at a time."""

    def __init__(self, world: MachineWorld) -> None:
        """Start it in the machine's home. Raises CommandError."""
        self._mark = new_mark(world.machine_id, "terminal")
        self._told, told = os.pipe()
        try:
            self._process = subprocess.Popen(
                world.argv(["bash", "--noprofile", "--norc"], world.inside_home),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**world.environment, MARK: self._mark},
                pass_fds=(told,),
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            os.close(self._told)
            message = f"No terminal can be opened: {error.strerror}. A machine's terminal needs bash (package bash)."
            raise CommandError(message) from error
        finally:
            os.close(told)
        self._descriptor = told  # its number in the shell
        self._running = threading.Lock()
        self._changed = threading.Condition()
        self._awaited = ""
        self._status: int | None = None
        self._ended = self._halted = False
        self._output = CutOutput()
        self._shown = CutOutput(0)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.folder = world.inside_home
        assert self._process.stdin is not None  # noqa: S101 - for the types: both are pipes
        assert self._process.stdout is not None  # noqa: S101 - as above
        self._commands, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._commands, False)
        os.set_blocking(self._out, False)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()
        self._tell(
            f"export {MARK}={self._mark}\n{_CALM}", time.monotonic() + 5
        )  # walls may have emptied the environment

    @property
    def ended(self) -> bool:
        """Whether there is no shell any more."""
        return self._ended or self._process.poll() is not None

    @property
    def busy(self) -> bool:
        """Whether a command is under way."""
        return self._running.locked()

    def run(self, command: str, until: float) -> Ran:
        """Carry out a command; what still runs `until` then (of the monotonic clock) is killed, and the shell with it.

        Raises CommandError where another command is under way as long.
        """
        if not self._running.acquire(timeout=max(0.0, until - time.monotonic())):
            message = "Another command is still under way in this terminal session; nothing was done."
            raise CommandError(message)
        try:
            with self._changed:
                self._awaited, self._status = secrets.token_hex(16), None
                self._output = CutOutput()
            script = (
                f"builtin eval {shlex.quote(command)} </dev/null {self._descriptor}>&-\n"
                f'builtin printf \'%s %d %s\\0\' {self._awaited} "$?" "$PWD" >&{self._descriptor}\n'
            )
            if not self._tell(script, until) or not self._await(until):
                return self._cut_off(until)
            with self._changed:
                return Ran(self._output.text(), self._output.total, self._status, "")
        finally:
            self._running.release()

    def recent(self) -> tuple[str, int]:
        """What it has shown since it was started or cleared, cut as a command's output is, and how many characters that were."""
        with self._changed:
            return self._shown.text(), self._shown.total

    def clear(self) -> None:
        """Forget what it has shown."""
        with self._changed:
            self._shown = CutOutput(0)

    def halt(self) -> None:
        """End it with the command that is under way, which is told that it was stopped."""
        self._halted = True
        end_tree(self._process, self._mark)

    def close(self) -> None:
        """End it, with all that runs in it."""
        end_tree(self._process, self._mark)
        with self._running:  # a command under way sees the end, and lets go
            self._give_back()

    def _cut_off(self, until: float) -> Ran:
        in_time = time.monotonic() < until
        if in_time:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)  # `exec` puts another program in the shell's place
        code = self._process.returncode
        end_tree(self._process, self._mark)
        self._give_back()
        with self._changed:
            told = code if in_time else None
            how: Literal["shell", "time", "stop"] = "stop" if self._halted else "shell" if in_time else "time"
            return Ran(self._output.text(), self._output.total, told, how)

    def _give_back(self) -> None:
        self._reader.join(5)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not self._reader.is_alive():
                stream.close()

    def _tell(self, script: str, until: float) -> bool:
        """Give the shell lines to read; False where it does not take them."""
        rest = memoryview(script.encode())
        poll = select.poll()
        poll.register(self._commands, select.POLLOUT)
        while rest:
            if self.ended or time.monotonic() > until:
                return False
            try:
                rest = rest[os.write(self._commands, rest) :]
            except BlockingIOError:
                poll.poll(1000 * _LOOK)
            except OSError:
                return False
        return True

    def _await(self, until: float) -> bool:
        """Whether the command ended in time, and the shell did not."""
        with self._changed:
            while self._status is None:
                left = until - time.monotonic()
                if self._ended or left <= 0:
                    return False
                self._changed.wait(min(left, _LOOK))
                if self._status is None and self._process.poll() is not None:
                    self._changed.wait(_LOOK)  # for what it has told last
                    return self._status is not None
        return True

    def _read(self) -> None:
        """Take in the output as it comes, and what the shell tells: in that order, so that a command's output is all there at its end."""
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        poll.register(self._told, select.POLLIN)
        told, more = b"", True
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            piece = os.read(self._told, 4096) if self._told in ready else None
            if more and not self._take(1 if piece is None else 16):
                more = False
                poll.unregister(self._out)
            if piece == b"":
                break
            *records, told = (told + (piece or b"")).split(b"\0")
            for record in records:
                self._note(record)
            told = told[-_CHUNK:]
        os.close(self._told)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, times: int) -> bool:
        """Read what output there is, at most so often; False where there will be no more."""
        for _ in range(times):
            try:
                piece = os.read(self._out, _CHUNK)
            except BlockingIOError:
                return True
            if not piece:
                return False
            with self._changed:
                text = self._decoder.decode(piece)
                self._output.add(text)
                self._shown.add(text)
        return True

    def _note(self, record: bytes) -> None:
        number, _, rest = record.decode("utf-8", "replace").partition(" ")
        status, _, folder = rest.partition(" ")
        with self._changed:
            if number == self._awaited and status.isdecimal():
                self._awaited, self._status, self.folder = "", int(status), folder
                self._changed.notify_all()
