"""Shell completion: the script for a shell, and the answers that it asks for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from coasty_desk.cli.app import COMPLETE_VARIABLE
from coasty_desk.core.errors import UsageError

SHELLS = ("bash", "zsh", "fish", "powershell")

WHERE = {
    "bash": "~/.bash_completion",
    "zsh": "a file named _coasty-desk in a folder of your $fpath",
    "fish": "~/.config/fish/completions/coasty-desk.fish",
    "powershell": "your $PROFILE",
}


def script(shell: str | None, environment: Mapping[str, str]) -> int:
    """Print the script for the shell, or for the person's own; say on stderr where it goes. Raises UsageError."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # typer re-exports it without saying so

    name = shell or Path(environment.get("SHELL", "")).name
    if name not in SHELLS:
        message = f"There is no completion for {name!r}." if name else "It is not known which shell you use."
        raise UsageError(message, f"Name one of {', '.join(SHELLS)}.")
    print(get_completion_script(prog_name="coasty-desk", complete_var=COMPLETE_VARIABLE, shell=name))
    if sys.stdout.isatty():
        print(f"Put this into {WHERE[name]}, and open a new shell.", file=sys.stderr)
    return 0


def answer() -> int:
    """Print what may come next on the command line that the shell has put into the environment."""
    from typer.completion import completion_init  # type: ignore[attr-defined]  # the same

    from coasty_desk.cli.commands import app

    completion_init()
    try:
        app([], prog_name="coasty-desk", complete_var=COMPLETE_VARIABLE)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def runs(incomplete: str) -> list[tuple[str, str]]:
    """Recorded runs that begin so, each with its task."""
    from coasty_desk import compose
    from coasty_desk.cli.text import line
    from coasty_desk.record import listing

    found = [(one.run_id, line(one.task, 60)) for one in listing.summaries(compose.runs_folder())]
    return [one for one in [("last", "the newest"), *found] if one[0].startswith(incomplete)]


def sessions(incomplete: str) -> list[tuple[str, str]]:
    """Sessions on record that begin so, each with its run: what is open at this moment only the service knows."""
    from coasty_desk import compose
    from coasty_desk.record import session_runs

    known = session_runs.runs_of(compose.runs_folder(), compose.ledger())
    return [(session, run) for session, run in known.items() if session.startswith(incomplete)]


def presets(incomplete: str) -> list[str]:
    """Presets that begin so."""
    from coasty_desk import presets as known

    return [name for name in [*known.names(), known.NONE] if name.startswith(incomplete)]
