"""Paths that begin at the person's home, which a container, a service or a bare environment may not have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from coasty_desk.core.errors import UsageError

REMEDY = "Set HOME to a folder that you may write to; `coasty-desk run --no-record` can do without."


def at_home(folder: Callable[[], Path]) -> Path:
    """The folder that the platform names. Raises UsageError where that begins at a home which there is not."""
    try:
        path = folder()
    except RuntimeError as error:
        raise UsageError(_NO_HOME, REMEDY) from error
    if not path.is_absolute():
        raise UsageError(_NO_HOME, REMEDY)
    return path


def given(text: str) -> Path:
    """A path as a person gives it, `~` for the home. Raises UsageError where there is none, or no path."""
    if not text:
        message = "The name of a file is empty."
        raise UsageError(message, "Give the path of a file.")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        message = f"There is no home folder for the ~ in {text}: HOME is not set, or it names somebody unknown."
        raise UsageError(message, "Give the whole path.") from error


_NO_HOME = "There is no home folder: HOME is not set, and the system knows none for this user."
