"""`coasty-desk keys`: the keys by which programs may use this computer's own service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

import typer

from coasty_desk.cli.commands.reaching import Remote, Yes, agree, service
from coasty_desk.cli.terminal.columns import print_columns
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json, group
from coasty_desk.client import keys_api
from coasty_desk.core.errors import UsageError

app = group("Keys of this computer's own service, and with --remote of your Coasty account.")


@app.command(epilog="Example:  coasty-desk keys create reports --scope predict --scope machines:read")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for, 1-100 characters.")],
    scope: Annotated[
        list[str] | None, typer.Option(metavar="SCOPE", help="What it may do, such as predict. [the usual] Repeatable.")
    ] = None,
    this_desktop: Annotated[
        bool, typer.Option("--this-desktop", help="Its terminal, files and browser scopes hold on this desktop too.")
    ] = False,
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """Make a key and print it: this is the only time that it is shown."""
    if not 1 <= len(name) <= 100:
        message = f"The name has {len(name)} characters."
        raise UsageError(message, "Give it one of 1 to 100.")
    if this_desktop and remote:
        message = "--this-desktop is for keys of this computer's own service."
        raise UsageError(message, "Leave one of --this-desktop and --remote out.")
    with service(remote=remote) as client:
        made = keys_api.key_made(client, name, scope or [], this_desktop=this_desktop)
    if as_json:
        print(json.dumps(made, indent=2))
        return 0
    print(line(str(made.get("key", ""))))
    typer.echo(f"Its id is {line(str(made.get('key_id', '')))}. It is not shown again.", err=True)
    return 0


@app.command("list", epilog="Example:  coasty-desk keys list")
def list_all(remote: Remote = False, as_json: Json = False) -> int:
    """List the keys: what each is for, what it may do, when it was last used."""
    with service(remote=remote) as client:
        keys = keys_api.keys_listed(client)
    if as_json:
        print(json.dumps(keys, indent=2))
        return 0
    if not keys:
        print("There is no key. Make one with `coasty-desk keys create NAME`.")
        return 0
    print_columns(("KEY", "BEGINS WITH", "NAME", "LAST USED", "MAY"), map(_row, keys))
    return 0


@app.command(epilog="Example:  coasty-desk keys delete key_0a1b2c3d")
def delete(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="Its id, one of `keys list`.")],
    remote: Remote = False,
    yes: Yes = False,
) -> int:
    """Let a key be of no use any more."""
    with service(remote=remote) as client:
        agree(client, f"Programs that use the key {key_id} are refused from then on", yes=yes)
        keys_api.key_deleted(client, key_id)
    print(f"Deleted {line(key_id)}.")
    return 0


def _row(key: Mapping[str, object]) -> tuple[str, ...]:
    scopes = key.get("scopes")
    may = " ".join(map(str, scopes)) if isinstance(scopes, list) else ""
    told = (str(key.get(name) or "") for name in ("key_id", "key_prefix", "name", "last_used_at"))
    return (*told, may)
