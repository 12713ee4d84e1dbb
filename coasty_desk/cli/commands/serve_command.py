"""`coasty-desk serve`: what it takes. What it does is in `serving_command`, which needs no typer and starts at once."""

from __future__ import annotations

from typing import Annotated

import typer

from coasty_desk.cli.commands import serving_command, user_service
from coasty_desk.cli.fast_path import SERVE_OPTIONS
from coasty_desk.cli.setting_options import Options, with_settings

EXAMPLE = "Example:  coasty-desk serve --provider offline"


@with_settings(*SERVE_OPTIONS)
def serve(
    options: Options,
    open_page: Annotated[bool, typer.Option("--open", help="Open its page in a browser, once there is one.")] = False,
    install: Annotated[
        bool, typer.Option("--install", help="Write a user service that does this at each login, and say what it is.")
    ] = False,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Take that away.")] = False,
) -> int:
    """Answer the published /v1 at an address of this machine, until Ctrl-C. See: coasty-desk help serve."""
    if install or uninstall:
        return user_service.uninstall() if uninstall else user_service.install(options)
    if open_page:
        print("There is no page to open yet: it serves programs.")
    return serving_command.served(options)
