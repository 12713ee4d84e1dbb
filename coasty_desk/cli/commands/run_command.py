"""`coasty-desk run` where the short way (`fast_path`) leaves the command line to typer."""

from __future__ import annotations

from typing import Annotated

import typer

from coasty_desk.cli import configured
from coasty_desk.cli.commands import driving
from coasty_desk.cli.setting_options import Options, with_settings

EXAMPLE = "Example:  coasty-desk run --dry-run --json 'Open the settings'"


@with_settings()
def run(
    options: Options,
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="What to do, in plain words; - reads stdin.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Hand it to the service (`serve`), print its id, and be done.")
    ] = False,
) -> int:
    """Carry out TASK on this desktop until it is done or you stop it.

    Stop: Esc three times, Ctrl+Shift+F12, a screen corner, or Ctrl-C.
    """
    if detach:
        from coasty_desk.cli.commands import handing_over  # a run of this terminal's own needs none of it

        return handing_over.detach(task, options)
    return driving.run(task, configured.load(options)[0])
