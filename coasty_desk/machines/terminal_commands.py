"""The terminal of a machine, as its commands use it: sessions by their names, each a shell that keeps its folder and its variables."""

from __future__ import annotations

import secrets
import shlex
import threading
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from coasty_desk.core.printable import printable
from coasty_desk.machines.command import Command, CommandError, CommandResult, first_line
from coasty_desk.machines.posix_process_tree import end_strays
from coasty_desk.machines.posix_shell_session import Ran, ShellSession
from coasty_desk.machines.world import MachineWorld

SESSIONS = 16
"""Sessions that a machine has at most."""

USUAL = "default"
"""The session of commands that name none."""

SessionId = Annotated[str, Meta(max_length=128)]
Folder = Annotated[str, Meta(max_length=512)]
"""Programs send an empty one, too, and mean none."""


class TerminalConnect(Struct, frozen=True, forbid_unknown_fields=True):
    """`session_id`: the name of the session, a new one unless given. `cwd`: the folder that a new one begins in, the home unless given."""

    session_id: SessionId | None = None
    cwd: Folder | None = None


class TerminalExecute(Struct, frozen=True, forbid_unknown_fields=True):
    """`command` is what bash is to do, of one or more lines. `cwd`: the folder to go to before. `timeout_ms`: when it is killed."""

    command: Annotated[str, Meta(min_length=1, max_length=8192)]
    session_id: SessionId = USUAL
    cwd: Folder | None = None
    timeout_ms: Annotated[int, Meta(ge=1000, le=120_000)] | None = None

    def __post_init__(self) -> None:
        """An empty name is none."""
        force_setattr(self, "session_id", self.session_id or USUAL)


class TerminalSession(Struct, frozen=True, forbid_unknown_fields=True):
    """`session_id`: which session."""

    session_id: SessionId = USUAL

    def __post_init__(self) -> None:
        """An empty name is none."""
        force_setattr(self, "session_id", self.session_id or USUAL)


class MachineTerminal:
    """The terminal sessions of one machine. Every method raises CommandError for what cannot be done; from any thread."""

    def __init__(self, world: MachineWorld) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._sessions: dict[str, ShellSession] = {}
        self._folders: dict[str, str] = {}
        self._closed = False
        end_strays(world.machine_id, "terminal")

    def close(self) -> None:
        """End every session, with all that runs in them."""
        with self._lock:
            self._closed = True
            sessions = list(self._sessions.values())
            self._sessions.clear()
        for session in sessions:
            session.close()

    def halt(self) -> None:
        """End every command that is under way, with its session."""
        with self._lock:
            busy = [session for session in self._sessions.values() if session.busy]
        for session in busy:
            session.halt()

    def connect(self, asked: TerminalConnect, seconds: float) -> dict[str, Any]:
        """Open a session, or find the one of that name."""
        name = asked.session_id or f"term_{secrets.token_hex(8)}"
        session, new = self._session(name, asked.cwd, time.monotonic() + seconds)
        return {"session_id": name, "cwd": session.folder, "shell": "bash", "new_session": new}

    def execute(self, asked: TerminalExecute, seconds: float) -> dict[str, Any]:
        """Carry out a command, and tell its output and its exit code; a session of a new name is opened.

        What has not ended in time is killed, and its shell with it: the session's next command has a new one, in the same folder.
        """
        if "\0" in asked.command or not _is_text(asked.command):
            message = "The command has a NUL or half a character in it, which no shell can read; nothing was done."
            raise CommandError(message)
        until = time.monotonic() + min(seconds, (asked.timeout_ms or 120_000) / 1000)
        session, new = self._session(asked.session_id, asked.cwd, until)
        ran = session.run(asked.command, until)
        if ran.ended:
            self._forget(asked.session_id, session)
        told = {
            "output": ran.output,
            "exit_code": ran.exit_code,
            "truncated": ran.total > len(ran.output),
            "output_characters": ran.total,
            "session_id": asked.session_id,
            "cwd": session.folder,
            "new_session": new,
            "session_ended": ran.ended != "",
            "timed_out": ran.ended == "time",
        }
        if ran.ended == "time":
            message = (
                "The command had not ended in time and was killed with all that ran in its session. The session begins "
                f"anew with its next command, in {session.folder}; variables that were set in it are gone."
            )
            raise CommandError(message, told)
        if ran.ended == "stop":
            message = "A person has stopped it: the command was killed with all that ran in its session."
            raise CommandError(message, told)
        return told

    def read(self, asked: TerminalSession, _seconds: float) -> dict[str, Any]:
        """What a session has shown since it was opened or cleared, also of what runs in its background."""
        session = self._known(asked.session_id)
        text, total = session.recent()
        return {
            "output": text,
            "truncated": total > len(text),
            "output_characters": total,
            "session_id": asked.session_id,
            "cwd": session.folder,
            "running": session.busy,
            "session_ended": session.ended,
        }

    def clear(self, asked: TerminalSession, _seconds: float) -> dict[str, Any]:
        """Forget what a session has shown."""
        self._known(asked.session_id).clear()
        return {"session_id": asked.session_id, "cleared": True}

    def end(self, asked: TerminalSession, _seconds: float) -> dict[str, Any]:
        """End a session with all that runs in it; not `closed` where there is none of that name."""
        with self._lock:
            session = self._sessions.pop(asked.session_id, None)
            self._folders.pop(asked.session_id, None)
        if session is not None:
            session.close()
        return {"session_id": asked.session_id, "closed": session is not None}

    def _session(self, name: str, folder: str | None, until: float) -> tuple[ShellSession, bool]:
        """The session of that name, in that folder, and whether it is new. One that had ended begins again where it was."""
        wanted = self._within(folder) if folder else None
        with self._lock:
            if self._closed:
                message = "The machine's terminal is closed."
                raise CommandError(message)
            session = self._sessions.get(name)
            if session is not None and session.ended:
                self._folders[name] = self._sessions.pop(name).folder
                session.close()
                session = None
            new = session is None
            if session is None:
                if len(self._sessions) >= SESSIONS:
                    message = f"There are {SESSIONS} terminal sessions, as many as may be. `terminal_close` ends one."
                    raise CommandError(message)
                session = self._sessions[name] = ShellSession(self._world)
                last = self._folders.pop(name, None)
        if wanted is not None:
            went = _go(session, wanted, until)
            if went.ended or went.exit_code:
                message = (
                    f"The terminal cannot go to that folder; nothing was done: {printable(went.output[-300:]).strip()}"
                )
                raise CommandError(message)
        elif new and last is not None:
            _go(session, last, until)  # it may be gone
        return session, new

    def _known(self, name: str) -> ShellSession:
        with self._lock:
            session = self._sessions.get(name)
        if session is None:
            message = "There is no terminal session of that name. `terminal_connect` or a command opens it."
            raise CommandError(message)
        return session

    def _forget(self, name: str, session: ShellSession) -> None:
        """The session stays known by its folder alone, for the shell that its next command begins."""
        with self._lock:
            if self._sessions.get(name) is session:
                del self._sessions[name]
                self._folders = {**dict(list(self._folders.items())[-SESSIONS:]), name: session.folder}

    def _within(self, folder: str) -> str:
        """The folder as the machine sees it: relative ones begin at its home."""
        if folder == "~" or folder.startswith("~/"):
            folder = folder[2:]
        if "\0" in folder or not _is_text(folder):
            message = "That is no folder: its name has a NUL or half a character in it."
            raise CommandError(message)
        return folder if folder.startswith("/") else f"{self._world.inside_home.rstrip('/')}/{folder}"


def _go(session: ShellSession, folder: str, until: float) -> Ran:
    return session.run(f"builtin cd -- {shlex.quote(folder)} >/dev/null", until)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_OTHER_NAMES: Mapping[str, str] = {
    "sessionId": "session_id",
    "cmd": "command",
    "working_directory": "cwd",
    "workdir": "cwd",
    "timeout": "timeout_ms",
    "timeoutMs": "timeout_ms",
}


def _command(name: str, parameters: type, run: Callable[[MachineTerminal, Any, float], dict[str, Any]]) -> Command:
    fields = parameters.__struct_fields__  # type: ignore[attr-defined] # every Struct has them
    other = {alias: field for alias, field in _OTHER_NAMES.items() if field in fields}
    return Command(
        name,
        "terminal:exec",
        parameters,
        lambda tool, asked, seconds: CommandResult(run(tool, asked, seconds)),
        other,
        first_line(run),
    )


TERMINAL_COMMANDS: tuple[Command, ...] = (
    _command("terminal_connect", TerminalConnect, MachineTerminal.connect),
    _command("terminal_execute", TerminalExecute, MachineTerminal.execute),
    _command("terminal_read", TerminalSession, MachineTerminal.read),
    _command("terminal_clear", TerminalSession, MachineTerminal.clear),
    _command("terminal_close", TerminalSession, MachineTerminal.end),
)
"""The terminal commands of API.md §13.3. Their tool is MachineTerminal."""
