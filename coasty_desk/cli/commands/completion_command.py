"""`coasty-desk completion`: the script by which a shell asks what may come next."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]  # typer re-exports it without saying so

from coasty_desk.cli import COMPLETE_VARIABLE
from coasty_desk.cli.completion import begun
from coasty_desk.core.errors import UsageError

EXAMPLE = "Example:  coasty-desk completion bash >> ~/.bash_completion"

WHERE = {
    "bash": "~/.bash_completion",
    "zsh": "a file named _coasty-desk in a folder of your $fpath",
    "fish": "~/.config/fish/completions/coasty-desk.fish",
    "powershell": "your $PROFILE",
}
"""Where a shell's script goes."""


def completion(
    shell: Annotated[
        str | None,
        typer.Argument(
            metavar="SHELL", help="bash, zsh, fish or powershell. [yours]", autocompletion=begun(lambda: WHERE)
        ),
    ] = None,
) -> int:
    """Print the script that lets your shell complete commands, options and runs."""
    name = shell or Path(os.environ.get("SHELL", "")).name
    if name not in WHERE:
        message = f"There is no completion for {name!r}." if name else "It is not known which shell you use."
        raise UsageError(message, f"Name one of {', '.join(WHERE)}.")
    print(get_completion_script(prog_name="coasty-desk", complete_var=COMPLETE_VARIABLE, shell=name))
    if sys.stdout.isatty():
        print(f"Put this into {WHERE[name]}, and open a new shell.", file=sys.stderr)
    return 0
