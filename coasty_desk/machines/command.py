"""One of the commands that a machine obeys (API.md §13.3), and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct


class CommandError(Exception):
    """It could not be done: the sentence that is told, with `success: false`, and what there is to tell all the same, as JSON can hold it."""

    def __init__(self, message: str, result: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.result = result


class CommandResult(Struct, frozen=True):
    """What a command found, as JSON can hold it. `screenshot` is a PNG or JPEG of how it looks afterwards (`browser_*` only)."""

    result: Mapping[str, Any] = {}
    screenshot: bytes | None = None


class Command(Struct, frozen=True):
    """`parameters` is the Struct that the wire's parameters are converted to, strictly; `run` carries it out within so many seconds.

    What `run` gets first is the tool that the command belongs to (terminal, files, browser, pointer and keys, windows), made once for each
    worker. It raises CommandError for what fails. `aliases` are other names that clients give to parameters, each with the one here.
    `about` says in a sentence what it does, where the parameters' own words do not.
    """

    name: str
    scope: str
    parameters: type
    run: Callable[[Any, Any, float], CommandResult]
    aliases: Mapping[str, str] = {}
    about: str = ""


def parsed(command: Command, parameters: Mapping[str, Any]) -> Any:
    """The command's own Struct of parameters as they came with a request: other names understood, null left out, 3.0 taken for 3.

    Raises msgspec.ValidationError, which names the place.
    """
    return msgspec.convert(named(command, parameters), command.parameters, strict=True)


def named(command: Command, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters by the command's own names, null left out, 3.0 as 3."""
    given = {name: _integral(value) for name, value in parameters.items() if value is not None}
    renamed = {command.aliases[name]: value for name, value in given.items() if name in command.aliases}
    own = {name: value for name, value in given.items() if name not in command.aliases}
    return renamed | own


def _integral(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [_integral(each) for each in value] if isinstance(value, list) else value


def first_line(what: Callable[..., object]) -> str:
    """What a function says of itself in its first line; nothing where its words were left out."""
    return (what.__doc__ or "").partition("\n")[0]
