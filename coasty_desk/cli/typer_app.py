"""Every command by name; what it takes and does is in a file of its own in `commands`, which is loaded when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from coasty_desk.cli.help import ABOUT
from coasty_desk.cli.typer_groups import Named


def loaded(name: str) -> Any:
    """The command, or the group of commands, of that name: its file has the function, or the group as `app`."""
    module = import_module(f"coasty_desk.cli.commands.{name}_command")
    if hasattr(module, "app"):
        return get_command(module.app)
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    alone.command(name, epilog=getattr(module, "EXAMPLE", None))(getattr(module, name))
    return get_command(alone)


class _NotLoaded(TyperCommand):
    """One of which nothing is known yet but what the first page of help says."""


class Commands(Named):
    """Commands that are loaded when they are called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The one that is called."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, loaded(name) if isinstance(command, _NotLoaded) else command, rest


app = Commands(
    name="coasty-desk",
    commands={name: _NotLoaded(name, help=about) for name, about in ABOUT.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
