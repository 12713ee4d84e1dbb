"""The options of a command that are settings, made from their table: nothing of what a help says of them stands here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeAlias

import typer

from coasty_desk import settings
from coasty_desk.cli import completion
from coasty_desk.settings import Setting

Command = Callable[..., int]

Options: TypeAlias = Mapping[str, object]
"""The settings that were given as options, by name."""


def with_settings(*names: str, as_it_was: bool = False, **otherwise: str) -> Callable[[Command], Command]:
    """Give a command these settings as options, all of `run` without a name; it is handed those that were given, as `options`.

    `as_it_was`: what is not given is as in a run before, and no default is told. `otherwise` is what the command's help
    says of one that means something else there.
    """
    rows = [settings.TABLE[name] for name in names] or settings.of("run")
    about = {row.name: f"{row.about}." if as_it_was else row.line for row in rows} | otherwise
    shared = [_parameter(row, about[row.name]) for row in rows]

    def added(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        own = [parameter for parameter in signature.parameters.values() if parameter.name != "options"]

        def carried_out(**values: Any) -> int:
            return command(options=given(rows, values), **{name: values[name] for name in values if name not in about})

        carried_out.__signature__ = signature.replace(parameters=[*own, *shared])  # type: ignore[attr-defined]  # `inspect` reads it, and typer by that
        carried_out.__name__, carried_out.__doc__ = command.__name__, command.__doc__
        return carried_out

    return added


def given(rows: Iterable[Setting], values: Mapping[str, Any]) -> Options:
    """The settings that were given, of all values of a command."""
    return {row.name: values[row.name] for row in rows if values[row.name] not in (None, [])}


def _parameter(row: Setting, about: str) -> inspect.Parameter:
    kind = {bool: bool, tuple: list[str]}.get(row.takes, str)
    said = about + " Repeatable." * (row.takes is tuple)
    option = typer.Option(row.flag, metavar=row.read.metavar or None, help=said, autocompletion=completion.of(row))
    return inspect.Parameter(
        row.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )
