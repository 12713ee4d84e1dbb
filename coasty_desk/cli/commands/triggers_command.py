"""`coasty-desk triggers`: what has a schedule fire besides time, where mails for it go, and a signed call as a program would make it."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from coasty_desk import plain_files
from coasty_desk.automation.webhook_signature import HEADER, signature
from coasty_desk.cli import completion
from coasty_desk.cli.commands.reaching import Remote, Yes, agree, service
from coasty_desk.cli.commands.schedules_command import Schedule
from coasty_desk.cli.terminal.columns import print_columns
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json, group
from coasty_desk.client import schedules_api
from coasty_desk.core.errors import UsageError

SECRET = "COASTY_DESK_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
LARGEST_BODY = 1_000_000

app = group("What has a schedule fire besides time: signed calls, mails, and other schedules that have ended.")


@app.command(epilog="Example:  coasty-desk triggers add mornings --after backup --event on_failure")
def add(
    schedule: Schedule,
    after: Annotated[
        str,
        typer.Option(
            metavar="SCHEDULE", help="Fire when this one has ended. [by a call]", autocompletion=completion.schedules
        ),
    ] = "",
    event: Annotated[str, typer.Option(metavar="WORD", help="on_complete, on_failure or on_any.")] = "on_complete",
    no_output: Annotated[bool, typer.Option("--no-output", help="Do not tell it what that one came to.")] = False,
    email: Annotated[
        str, typer.Option(metavar="LABEL", help="Fire when a mail comes; its address begins with this. [by a call]")
    ] = "",
    rate: Annotated[
        int, typer.Option(metavar="N", help="Calls or mails a minute that are heard.", min=1, max=600)
    ] = 60,
    remote: Remote = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Have it fire by a signed call, and print address and secret; or by mails to an address, or after another schedule."""
    if after and email:
        message = "--after and --email are two triggers."
        raise UsageError(message, "Add one after the other.")
    with service(remote=remote) as client:
        agree(client, "Each run that it starts is paid from your account", yes=yes)
        found = schedules_api.schedule_found(client, schedule)
        body: dict[str, object] = {"kind": "webhook", "rate_limit_per_minute": rate}
        if after:
            source = schedules_api.schedule_found(client, after)["id"]
            body = {"kind": "chain", "source_schedule_id": source, "event": event, "pass_output": not no_output}
        elif email:
            body |= {"kind": "email", "email_label": email}
        made = schedules_api.trigger_made(client, str(found["id"]), body)
    if as_json:
        print(json.dumps(made, indent=2))
        return 0
    print(line(str(made.get("id", ""))))
    if made.get("webhook_url"):
        print(f"address: {line(str(made.get('webhook_url')))}")
        print(f"secret:  {line(str(made.get('webhook_secret')))}")
        typer.echo("The secret is not shown again.", err=True)
    if made.get("email_address"):
        print(f"address: {line(str(made.get('email_address')))}")
        typer.echo("Whoever knows the address can fire it.", err=True)
    return 0


@app.command(epilog="Example:  coasty-desk triggers mailbox")
def mailbox(remote: Remote = False, as_json: Json = False) -> int:
    """Show where mails for triggers come to, and what the last look there came to."""
    with service(remote=remote) as client:
        found = schedules_api.mailbox(client)
    if as_json:
        print(json.dumps(found, indent=2))
        return 0
    if not found.get("enabled"):
        print("Mails fire nothing here. See: coasty-desk help schedules.")
        return 0
    looked, wrong = found.get("last_polled_at"), found.get("error")
    shown = {
        "address": found.get("address"),
        "mailbox": found.get("mailbox"),
        "listens": found.get("listens_at"),
        "looked": (wrong and f"{looked}: {wrong}") or looked or "not yet",
    }
    for name, value in shown.items():
        if value and (name != "looked" or found.get("mailbox")):
            print(f"{name + ':':<9} {line(str(value), 200)}")
    return 1 if wrong else 0


@app.command("list", epilog="Example:  coasty-desk triggers list mornings")
def list_all(schedule: Schedule, remote: Remote = False, as_json: Json = False) -> int:
    """List a schedule's triggers, without their secrets."""
    with service(remote=remote) as client:
        found = schedules_api.schedule_found(client, schedule)
        known = schedules_api.triggers_listed(client, str(found["id"]))
    if as_json:
        print(json.dumps(known, indent=2))
        return 0
    if not known:
        print(f"{line(str(found.get('name')))} fires by time alone.")
        return 0
    print_columns(("TRIGGER", "KIND", "ON", "BY"), map(_row, known))
    return 0


@app.command(epilog="Example:  coasty-desk triggers delete mornings trg_0f3a9c21")
def delete(
    schedule: Schedule,
    trigger: Annotated[str, typer.Argument(metavar="TRIGGER", help="Its id, one of `triggers list`.")],
    remote: Remote = False,
    yes: Yes = False,
) -> int:
    """Delete a trigger: calls that are signed with its secret are refused from then on."""
    with service(remote=remote) as client:
        found = schedules_api.schedule_found(client, schedule)
        agree(client, f"The trigger {line(trigger)} is deleted", yes=yes)
        schedules_api.trigger_deleted(client, str(found["id"]), trigger)
    print(f"Deleted {line(trigger)}.")
    return 0


@app.command(epilog="Example:  coasty-desk triggers sign $ADDRESS --body order.json | sh")
def sign(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The trigger's address.")],
    body: Annotated[str, typer.Option(metavar="FILE", help="What is sent; - reads it, and the call does so too.")] = "",
) -> int:
    """Print a signed call for curl, good for five minutes; the secret is taken from COASTY_DESK_WEBHOOK_SECRET."""
    secret = os.environ.get(SECRET, "")
    if not secret:
        message = f"There is no secret in {SECRET}."
        raise UsageError(message, f"Put it there: `read -rs {SECRET}; export {SECRET}`.")
    content = _content(body)
    said = signature(secret, content, int(time.time()))
    words = ["curl", "-sS", "-X", "POST", "-H", f"{HEADER}: {said}"]
    words += ["--data-binary", f"@{body}"] if body else []
    print(shlex.join([*words, address]))
    return 0


def _content(body: str) -> bytes:
    """Raises UsageError."""
    if not body:
        return b""
    try:
        content = sys.stdin.buffer.read(LARGEST_BODY + 1) if body == "-" else plain_files.read(Path(body), LARGEST_BODY)
    except OSError as error:
        message = f"{line(body, 80)} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Name a file of at most 1 MB.") from error
    if len(content) > LARGEST_BODY:
        message = "The body has more than 1 MB."
        raise UsageError(message, "Send less: a webhook refuses it.")
    return content


def _row(one: Mapping[str, object]) -> list[object]:
    chain = f"{one.get('source_schedule_id')} {one.get('event')}"
    source = {"chain": chain, "email": one.get("email_address")}.get(str(one.get("kind")), one.get("webhook_url"))
    return [one.get("id"), one.get("kind"), "yes" if one.get("enabled") else "no", source]
