"""One of the commands that a machine obeys (API.md §13.3), and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct


class CommandError(Exception):
    """It could not be done: the sentence that is told, with `success: false`."""


class CommandResult(Struct, frozen=True):
    """What a command found, as JSON can hold it. `screenshot` is a PNG or JPEG of how it looks afterwards (`browser_*` only)."""

    result: Mapping[str, Any] = {}
    screenshot: bytes | None = None


class Command(Struct, frozen=True):
    """`parameters` is the Struct that the wire's parameters are converted to, strictly; `run` carries it out within so many seconds.

    What `run` gets first is the tool that the command belongs to (terminal, files, browser, pointer and keys, windows), made once for each
    worker. It raises CommandError for what fails.
    """

    name: str
    scope: str
    parameters: type
    run: Callable[[Any, Any, float], CommandResult]
