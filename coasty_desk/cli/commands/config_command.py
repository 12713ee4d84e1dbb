"""`coasty-desk config`: a commented example, and every value with its origin."""

from __future__ import annotations

import json
import os
from typing import Annotated
from urllib.parse import urlsplit

import typer

from coasty_desk import merged_settings, project_file, settings
from coasty_desk.cli.terminal import prompts
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json, group
from coasty_desk.core.errors import UsageError
from coasty_desk.project_file import ProjectFile
from coasty_desk.settings import KEY_VARIABLE, PROJECT_FILE, SECTIONS, plain

HEAD = f"""\
# The configuration of coasty-desk: {{path}}
# for you, or {PROJECT_FILE} in the folder that you work in, which comes first where it may: unless you trust it with
# `coasty-desk config trust`, such a file can only tighten what protects you. Options come before both.
# Take the # away in front of what you want otherwise. `coasty-desk config show` says what is in force, and
# `coasty-desk help settings` more of each.
# The API key is never here: `coasty-desk auth login`, or the environment variable {KEY_VARIABLE}.
"""


app = group("The configuration files.")


@app.command(epilog="Example:  coasty-desk config init > coasty-desk.toml")
def init() -> int:
    """Print an example file that explains every setting."""
    print(HEAD.format(path=merged_settings.configuration_files()[0]), end="")
    for section in SECTIONS:
        if section == "prices":
            _print_prices()
            continue
        print(f"\n[{section}]")
        for row in settings.of(section):
            takes = "" if row.takes is bool else f" Takes {row.read.expected}."
            print(f"# {row.name} = {json.dumps(row.example)}".ljust(44) + f"  # {row.line}{takes}")
    return 0


def _print_prices() -> None:
    row = settings.TABLE["prices"]
    print("\n[prices]")
    for name, price in row.read.example.items():  # type: ignore[attr-defined]  # a table of tables
        parts = ", ".join(f"{part} = {json.dumps(value)}" for part, value in price.items())
        print(f"# {json.dumps(name)} = {{ {parts} }}  # {row.line} Dollars for a million tokens.")


@app.command(epilog="Example:  coasty-desk config show")
def show(as_json: Json = False) -> int:
    """Print every setting's value and where it comes from."""
    found = merged_settings.merge({}, os.environ, merged_settings.configuration_files())
    chosen, origins = found.settings, found.origins
    key = f"environment ({KEY_VARIABLE})" if os.environ.get(KEY_VARIABLE, "").strip() else "not in the environment"
    if as_json:
        values = {name: {"value": _shown(getattr(chosen, name)), "origin": origins[name]} for name in settings.TABLE}
        told = {"settings": values, "api_key": {"origin": key}, "project_file": _project(found)}
        print(json.dumps(told, indent=2))
        return 0
    for section in SECTIONS:
        print(f"[{section}]")
        for row in settings.of(section):
            value = getattr(chosen, row.name)
            shown = row.unset if value is None else json.dumps(_shown(value), ensure_ascii=False)
            print(f"{row.name} = {shown}".ljust(44) + f"  # {line(origins[row.name])}")
        print()
    if found.notice:
        print(line(found.notice, 2000))
    print(f"The API key: {key}; see `coasty-desk auth status`.")
    print(f"The files: {line(', '.join(map(str, merged_settings.configuration_files())), 2000)}.")
    return 0


@app.command(epilog="Example:  coasty-desk config trust")
def trust(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Trust it no longer.")] = False,
) -> int:
    """Show this folder's coasty-desk.toml, and trust it as it is now, until its content changes."""
    here = project_file.here()
    project = None if here is None else ProjectFile.read(here)
    if forget and here is not None:
        project_file.trust(here.resolve() if project is None else project.path, None)
        print(f"Not trusted: {line(str(here))}.")
        return 0
    if project is None:
        message = f"There is no {PROJECT_FILE} in this folder."
        raise UsageError(message, "Go to the folder where it is; `coasty-desk config init` prints an example.")
    digest = merged_settings.digest_of(project)
    print(f"{line(str(project.path))} says:")
    for text in project.content.decode("utf-8-sig").splitlines():
        print(f"  {line(text, 1000)}")
    for path in merged_settings.named_in(project):
        print(f"With it goes the content of {line(str(path))}.")
    print(
        "Trusted, it may set what only you may set otherwise, and loosen what you have set, until its content changes."
    )
    if not yes and prompts.there() and not prompts.agreed("Trust it as it is?"):
        message = "The file is not trusted: nobody agreed to it."
        raise UsageError(message, "Take out of it what you do not want, or leave it as it is.")
    project_file.trust(project.path, digest)
    print("Trusted.")
    return 0


def _project(found: merged_settings.Merged) -> dict[str, object] | None:
    if found.project is None:
        return None
    said: dict[str, object] = {"path": str(found.project.path), "trusted": found.is_trusted}
    return {**said, "left_out": found.left_out, "refused": found.refused}


def _shown(value: object) -> object:
    """As JSON has it; a password in an address is left out: what is shown is copied into letters to others."""
    if isinstance(value, str) and "://" in value:
        parts = urlsplit(value)
        if parts.password:
            user, _, host = parts.netloc.rpartition("@")
            return parts._replace(netloc=f"{user.partition(':')[0]}:***@{host}").geturl()
    return plain(value)
