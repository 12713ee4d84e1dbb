"""`coasty-desk models`: which models, versions and actions the service offers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from coasty_desk.cli.commands.reaching import Remote, either
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json
from coasty_desk.client import keys_api

EXAMPLE = "Example:  coasty-desk models --remote"


def models(remote: Remote = False, as_json: Json = False) -> int:
    """List the models, versions and actions of this computer's own service where it runs, else of your Coasty account."""
    with either(remote=remote) as client:
        told = keys_api.models(client)
    if as_json:
        print(json.dumps(told, indent=2))
        return 0
    print(f"At {line(client.name)}:")
    for title, name in (("models", "models"), ("versions (--cua-version)", "cua_versions")):
        rows = list(_named(told.get(name)))
        if rows:
            print(f"  {title}")
        for one, about in rows:
            print(f"    {one:<16} {about}".rstrip())
    actions = [one for one, _ in _named(told.get("action_types"))]
    if actions:
        print(f"  actions\n    {' '.join(actions)}")
    return 0


def _named(entries: object) -> Iterator[tuple[str, str]]:
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, str):
            yield line(entry, 60), ""
        elif isinstance(entry, Mapping):
            one = entry.get("id", entry.get("type", entry.get("action_type", entry.get("name"))))
            if isinstance(one, str):
                yield line(one, 60), line(str(entry.get("description") or ""), 200)
