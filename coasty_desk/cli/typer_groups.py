"""What the commands' signatures are made of: groups (`runs list`, `auth login`), and what several of them take."""

from __future__ import annotations

import difflib
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from coasty_desk.cli import completion
from coasty_desk.cli.exits import EXIT_USAGE
from coasty_desk.core.errors import UsageError


class Named(TyperGroup):
    """A group that says which command was meant, and where they all are."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command by its name. Raises UsageError, ours, for one that there is not."""
        name, path = args[0], ctx.command_path
        if ctx.resilient_parsing or name.startswith("-") or self.get_command(ctx, name) is not None:
            return super().resolve_command(ctx, args)
        near = difflib.get_close_matches(name, self.commands, 1)
        meant = f"Did you mean `{path} {near[0]}`? " if near else ""
        message = f"There is no command `{path} {name}`."
        raise UsageError(message, f"{meant}`{path} --help` says which there are.")


class Lines(Named):
    """A group whose help says of each command what it does, whole, over as many lines as it takes."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Without a command it is the help that is wanted, as it stands: an error's text would be put on one line."""
        if not args and not ctx.resilient_parsing:
            print(ctx.get_help())
            raise typer.Exit(EXIT_USAGE)
        return super().parse_args(ctx, args)

    def format_commands(self, _context: object, formatter: Any) -> None:
        """The first sentence of each, where typer would break it off."""
        rows = [(name, (command.help or "").split("\n\n", 1)[0]) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def group(about: str) -> typer.Typer:
    """A command that is several."""
    return typer.Typer(cls=Lines, rich_markup_mode=None, add_completion=False, help=about)


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `last`.", autocompletion=completion.runs),
]
