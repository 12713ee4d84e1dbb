"""Which service a command asks: this computer's own where it runs, or with `--remote` Coasty with the account's key."""

from __future__ import annotations

import os
from contextlib import closing
from typing import Annotated

import typer

from coasty_desk import compose
from coasty_desk.cli import configured
from coasty_desk.cli.terminal import prompts
from coasty_desk.cli.terminal.waiting_line import waiting_line
from coasty_desk.client import local_service
from coasty_desk.client.service_client import ServiceClient
from coasty_desk.core.errors import UsageError
from coasty_desk.models import coasty_model

Remote = Annotated[
    bool, typer.Option("--remote", help="At Coasty, with your account's key, and not at this computer's own service.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before it costs money or destroys something.")]


def service(*, remote: bool) -> closing[ServiceClient]:
    """Who speaks with it. Raises ServiceError where it does not run, or where there is no key."""
    return _watched(account() if remote else local_service.demanded(compose.runs_folder().parent))


def here() -> ServiceClient | None:
    """Who speaks with this computer's own service; None where none runs, or there is no home for one."""
    try:
        return local_service.found(compose.runs_folder().parent)
    except UsageError:
        return None


def either(*, remote: bool) -> closing[ServiceClient]:
    """The same, where the account is asked when no service of this computer's own runs: for what costs nothing."""
    return _watched((None if remote else here()) or account())


def account() -> ServiceClient:
    """Coasty, with the account's key. Raises ServiceError, UsageError."""
    return ServiceClient(coasty_model.connection(configured.own(), os.environ))


def agree(client: ServiceClient, what: str, *, yes: bool) -> None:
    """Before what costs money or destroys something at the account: a yes at the terminal, or --yes. Raises UsageError."""
    if client.here or yes:
        return
    if not prompts.there():
        message = f"{what}, and there is no terminal to ask at."
        raise UsageError(message, "Say --yes.")
    if not prompts.agreed(f"{what}. Go on?"):
        message = "It was not done: nobody agreed to it."
        raise UsageError(message, "Say --yes, or answer with y.")


def _watched(client: ServiceClient) -> closing[ServiceClient]:
    client.meanwhile = waiting_line
    return closing(client)
