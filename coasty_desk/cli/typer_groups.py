"""The commands of a group (`runs list`, `auth login`) and their options; each body is loaded when it is called."""

from __future__ import annotations

import difflib
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from coasty_desk import settings
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


def _group(about: str) -> typer.Typer:
    return typer.Typer(cls=Lines, rich_markup_mode=None, help=about)


presets_app = _group("The instruction presets.")
runs_app = _group("The recorded runs.")
sessions_app = _group("What is open at the service.")
auth_app = _group("The API key in the system's keyring.")
config_app = _group("The configuration files.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `last`.", autocompletion=completion.runs),
]

SessionId = Annotated[
    str, typer.Argument(metavar="SESSION", help="One of `sessions list`.", autocompletion=completion.sessions)
]


@presets_app.command("list")
def presets_list() -> int:
    """List the presets."""
    from coasty_desk.cli.commands import presets_command as body

    return body.list_all()


@presets_app.command("show")
def presets_show(
    preset: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="One of `presets list`.", autocompletion=completion.begun(completion.presets)
        ),
    ],
) -> int:
    """Print a preset's text as it is sent."""
    from coasty_desk.cli.commands import presets_command as body

    return body.show(preset)


@runs_app.command("list")
def runs_list(
    limit: Annotated[str | None, typer.Option("--limit", "-n", metavar="N", help="The newest N.")] = None,
    status: Annotated[
        str, typer.Option(metavar="WORD", help="Only those that ended so: succeeded, failed, max_steps, interrupted, …")
    ] = "",
    task: Annotated[str, typer.Option(metavar="WORDS", help="Only those with these words in their task.")] = "",
    json: Json = False,
) -> int:
    """List the recorded runs, newest first."""
    from coasty_desk.cli.commands import runs_command as body

    most = None if limit is None else settings.number(limit, "--limit", 1)
    return body.list_all(as_json=json, limit=most, status=status, words=task)


@runs_app.command("show")
def runs_show(run: RunId, json: Json = False) -> int:
    """Show what a run did, step by step."""
    from coasty_desk.cli.commands import runs_command as body

    return body.show(run, as_json=json)


@runs_app.command("report", epilog="Example:  coasty-desk runs report last --output report.html")
def runs_report(
    run: RunId,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; - is stdout. [default: in its record]"),
    ] = None,
    gif: Annotated[str | None, typer.Option(metavar="FILE", help="An animation as GIF, instead or as well.")] = None,
    webp: Annotated[str | None, typer.Option(metavar="FILE", help="An animation as WebP, instead or as well.")] = None,
) -> int:
    """Write a run as one self-contained HTML file, and print where it is."""
    from coasty_desk.cli.commands import report_command as body

    return body.write(run, output=output, gif=gif, webp=webp)


@runs_app.command("delete")
def runs_delete(
    run: RunId,
    record_only: Annotated[
        bool, typer.Option("--record-only", help="Ask the service nothing, even if the run left a session open.")
    ] = False,
) -> int:
    """Remove a run's record, and close the session that it left open if it was cut off."""
    from coasty_desk.cli.commands import runs_command as body

    return body.delete(run, record_only=record_only)


@sessions_app.command("list")
def sessions_list(json: Json = False) -> int:
    """List the sessions that are open with your key, and which run opened them."""
    from coasty_desk.cli.commands import sessions_command as body

    return body.list_all(as_json=json)


@sessions_app.command("show")
def sessions_show(session: SessionId, json: Json = False) -> int:
    """Show what the service says of one session."""
    from coasty_desk.cli.commands import sessions_command as body

    return body.show(session, as_json=json)


@sessions_app.command("delete", epilog="Example:  coasty-desk sessions delete --all")
def sessions_delete(
    session: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", help="Its id.", autocompletion=completion.sessions)
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every one that is open, but those of runs that go on here.")
    ] = False,
    json: Json = False,
) -> int:
    """Close a session that a killed run left open."""
    from coasty_desk.cli.commands import sessions_command as body

    return body.delete(session, every=every, as_json=json)


@auth_app.command("login")
def auth_login() -> int:
    """Ask for the API key without showing it, check it against the service, and store it in the keyring.

    It is read from stdin where that is no terminal; never from the command line, which others can see.
    """
    from coasty_desk.cli.commands import auth_command as body

    return body.login()


@auth_app.command("status")
def auth_status(json: Json = False) -> int:
    """Say which key is used, and whether the service takes it."""
    from coasty_desk.cli.commands import auth_command as body

    return body.status(as_json=json)


@auth_app.command("logout")
def auth_logout() -> int:
    """Take the key out of the keyring."""
    from coasty_desk.cli.commands import auth_command as body

    return body.logout()


@config_app.command("init", epilog="Example:  coasty-desk config init > coasty-desk.toml")
def config_init() -> int:
    """Print an example file that explains every setting."""
    from coasty_desk.cli.commands import config_command as body

    return body.init()


@config_app.command("show")
def config_show(json: Json = False) -> int:
    """Print every setting's value and where it comes from."""
    from coasty_desk.cli.commands import config_command as body

    return body.show(as_json=json)


@config_app.command("trust")
def config_trust(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Trust it no longer.")] = False,
) -> int:
    """Show this folder's coasty-desk.toml, and trust it as it is now, until its content changes."""
    from coasty_desk.cli.commands import config_command as body

    return body.trust(yes=yes, forget=forget)
