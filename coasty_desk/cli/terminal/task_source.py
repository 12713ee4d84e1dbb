"""Where a run's task is read from: the argument, a file, or stdin."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from coasty_desk import plain_files
from coasty_desk import task as tasks
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import given

STDIN = "-"

_MOST = 4 * tasks.LONGEST + 4
"""Bytes: more is too long in any case, and may have no end."""


def read(task: str | None, file: str | None) -> str:
    """The task; `-`, or neither argument nor file where stdin is a pipe or a file, reads it from there. Raises UsageError."""
    if task is not None and file is not None:
        message = "There are two tasks: the argument and --file."
        raise UsageError(message, "Give one of them.")
    if file is not None:
        return tasks.checked(_from_file(given(file)))
    if task == STDIN or (task is None and _is_piped()):
        return tasks.checked(_from_stdin())
    return tasks.checked(task or "")


def waits_for_stdin(task: str | None, file: str | None) -> bool:
    """Whether the task may be some time in coming."""
    return file is None and task in (None, STDIN)


def _from_file(path: Path) -> str:
    try:
        return plain_files.read(path, _MOST, pipes=True).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        message = f"The task file {path} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Give a text file, or let `coasty-desk run -` read a pipe on stdin.") from error


def _from_stdin() -> str:
    try:
        said = b"" if sys.stdin is None else sys.stdin.buffer.read(_MOST)
        return said.decode("utf-8-sig", "ignore" if len(said) == _MOST else "strict")
    except UnicodeDecodeError as error:
        message = "What came on stdin is no text: it has bytes in it that are not UTF-8."
        raise UsageError(message, "Write the task in UTF-8.") from error
    except (OSError, ValueError) as error:
        message = "The task cannot be read from stdin."
        raise UsageError(message, 'Say it as an argument: coasty-desk run "Open the settings".') from error


def _is_piped() -> bool:
    """Whether somebody gives something there: a terminal and /dev/null do not."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)
