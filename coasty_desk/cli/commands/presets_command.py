"""`coasty-desk presets list` and `show`."""

from __future__ import annotations

from typing import Annotated

import typer

from coasty_desk import presets
from coasty_desk.cli import completion
from coasty_desk.cli.terminal.terminal_text import safe
from coasty_desk.cli.typer_groups import group

app = group("The instruction presets.")


@app.command("list", epilog="Example:  coasty-desk presets list")
def list_all() -> int:
    """List the presets."""
    for name in presets.names():
        preset = presets.load(name)
        confirms = "" if preset.confirm == "never" else f"  (confirm: {preset.confirm})"
        print(f"{name:<10} {preset.title}{confirms}")
    return 0


@app.command(epilog="Example:  coasty-desk presets show cautious")
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="One of `presets list`.", autocompletion=completion.begun(completion.presets)
        ),
    ],
) -> int:
    """Print a preset's text as it is sent."""
    print(safe(presets.load(name).text))
    return 0
