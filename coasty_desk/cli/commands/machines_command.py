"""`coasty-desk machines`: this desktop, virtual ones and those of a Coasty account: listed, made, driven by hand."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins

from coasty_desk import compose, merged_settings, plain_files
from coasty_desk.cli import completion
from coasty_desk.cli.commands.reaching import Remote, Yes, agree, service
from coasty_desk.cli.exits import EXIT_SERVICE, complain
from coasty_desk.cli.terminal.columns import print_columns
from coasty_desk.cli.terminal.terminal_text import ALL, line, safe
from coasty_desk.cli.typer_groups import Json, group
from coasty_desk.client import local_service, machines_api, started_machine
from coasty_desk.client.machine_values import CommandOutcome, RemoteMachine, machine_in
from coasty_desk.client.machines_api import Change
from coasty_desk.client.service_client import ServiceClient
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.folders import given

app = group("This desktop, virtual ones, and with --remote those of your Coasty account.")

Named = Annotated[
    str, typer.Argument(metavar="MACHINE", help="Its name or its id.", autocompletion=completion.machines)
]

FAILED = 1
"""What was asked of a machine could not be done there."""

READY = 300.0
"""Seconds that a machine is given to come up."""

_LOOK = 2.0

FILE_OPERATIONS = (
    *("read", "exists", "list", "download", "list-downloads"),
    *("write", "append", "edit", "delete", "delete-directory"),
)


@app.command("list", epilog="Example:  coasty-desk machines list --remote")
def list_all(remote: Remote = False, as_json: Json = False) -> int:
    """List the machines, with how each is; where the service does not run, as it has left them."""
    kept = None if remote else _kept()
    if kept is None:
        with service(remote=remote) as client:
            machines, whose = machines_api.listed(client), client.name
    else:
        machines, whose = kept, "this computer's own service"
    if as_json:
        print(json.dumps([machine.document for machine in machines], indent=2))
        return 0
    if not machines:
        print(f"There is no machine at {line(whose)}. Make one with `coasty-desk machines create`.")
        return 0
    print_columns(
        ("MACHINE", "NAME", "STATE", "OS", "MADE", "ENDS"),
        ((one.machine_id, one.name, one.status, one.os_type, one.created_at, one.auto_destroy_at) for one in machines),
    )
    return 0


@app.command(epilog="Example:  coasty-desk machines create scratch --ttl 120")
def create(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="What it is called, 1-64 characters.")] = "desktop-1",
    os_type: Annotated[str, typer.Option("--os", metavar="linux|windows", help="Its system. [linux]")] = "linux",
    cpus: Annotated[str | None, typer.Option("--cpus", metavar="N", help="Cores, 1-16.")] = None,
    memory: Annotated[str | None, typer.Option("--memory-gb", metavar="N", help="Memory, 1-64.")] = None,
    storage: Annotated[str | None, typer.Option("--storage-gb", metavar="N", help="Disk, 8-500.")] = None,
    ttl: Annotated[
        str | None, typer.Option("--ttl", metavar="MINUTES", help="Terminate it after so many, 5-10080. [never]")
    ] = None,
    desktop: Annotated[bool, typer.Option("--desktop/--no-desktop", help="With a screen, or without one.")] = True,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until it is up.")] = True,
    remote: Remote = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Make a machine: a virtual desktop here, or with --remote one of the account's, which costs by the hour."""
    body = _wish(name, os_type, (cpus, memory, storage, ttl))
    body["desktop_enabled"] = desktop
    return _made(body, remote=remote, yes=yes, wait=wait, as_json=as_json)


@app.command(epilog="Example:  coasty-desk machines restore again --ttl 120")
def restore(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="What the new one is called.")] = "restored",
    snapshot: Annotated[
        str | None, typer.Option("--snapshot", metavar="ID", help="Which snapshot, where the service has several.")
    ] = None,
    ttl: Annotated[
        str | None, typer.Option("--ttl", metavar="MINUTES", help="Terminate it after so many, 5-10080. [never]")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until it is up.")] = True,
    remote: Remote = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Make a machine from the last snapshot, or from a certain one."""
    body = _wish(name, "linux", (None, None, None, ttl))
    body |= {"desktop_enabled": True, "restore_from_snapshot": True}
    if snapshot is not None and remote:
        message = "Coasty restores the last snapshot, and no other by its id."
        raise UsageError(message, "Leave --snapshot out.")
    if snapshot is not None:
        body["snapshot_id"] = snapshot
    return _made(body, remote=remote, yes=yes, wait=wait, as_json=as_json)


@app.command(epilog="Example:  coasty-desk machines show scratch")
def show(machine: Named, remote: Remote = False, as_json: Json = False) -> int:
    """Show what is known of a machine."""
    kept = [one for one in (None if remote else _kept()) or () if machine in (one.machine_id, one.name)]
    if len(kept) == 1:
        found = kept[0]
    else:
        with service(remote=remote) as client:
            found = machines_api.shown(client, machines_api.found(client, machine).machine_id)
    if as_json:
        print(json.dumps(found.document, indent=2))
        return 0
    for field, value in _flat(found.document):
        print(f"{line(field, 60).replace('_', ' '):<26} {line(value)}")
    return 0


@app.command(epilog="Example:  coasty-desk machines start scratch")
def start(machine: Named, remote: Remote = False, yes: Yes = False, as_json: Json = False) -> int:
    """Start a machine that was stopped."""
    with service(remote=remote) as client:
        found = machines_api.found(client, machine)
        agree(
            client,
            f"While it runs, {found.name or found.machine_id} costs {found.cents_an_hour()} cents an hour",
            yes=yes,
        )
        return _changed(client, found, "start", as_json=as_json)


@app.command(epilog="Example:  coasty-desk machines stop scratch")
def stop(machine: Named, remote: Remote = False, as_json: Json = False) -> int:
    """Stop a machine; its files are kept."""
    with service(remote=remote) as client:
        return _changed(client, machines_api.found(client, machine), "stop", as_json=as_json)


@app.command(epilog="Example:  coasty-desk machines restart scratch")
def restart(machine: Named, remote: Remote = False, as_json: Json = False) -> int:
    """Stop a machine and start it again."""
    with service(remote=remote) as client:
        return _changed(client, machines_api.found(client, machine), "restart", as_json=as_json)


@app.command(epilog="Example:  coasty-desk machines snapshot scratch")
def snapshot(machine: Named, remote: Remote = False, yes: Yes = False, as_json: Json = False) -> int:
    """Keep a machine's files as they are now, for `machines restore`."""
    with service(remote=remote) as client:
        found = machines_api.found(client, machine)
        agree(client, "A snapshot costs 1 cent", yes=yes)
        told = machines_api.snapshot(client, found.machine_id)
    if as_json:
        print(json.dumps(told, indent=2))
    else:
        print(f"Kept as {line(str(told.get('snapshot_id', 'a snapshot')))}.")
    return 0


@app.command(epilog="Example:  coasty-desk machines delete scratch")
def delete(machine: Named, remote: Remote = False, yes: Yes = False, as_json: Json = False) -> int:
    """Terminate a machine for good, with all its files."""
    with service(remote=remote) as client:
        found = machines_api.found(client, machine)
        agree(client, f"{found.name or found.machine_id} is terminated for good, with all its files", yes=yes)
        machines_api.ended(client, found.machine_id)
    print(
        json.dumps({"deleted": found.machine_id}) if as_json else f"Terminated {line(found.name or found.machine_id)}."
    )
    return 0


@app.command(epilog="Example:  coasty-desk machines screenshot desktop --output now.png")
def screenshot(
    machine: Named,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is stdout. [MACHINE.png or .jpg]")
    ] = None,
    remote: Remote = False,
) -> int:
    """Save how a machine's screen looks now."""
    with service(remote=remote) as client:
        found = machines_api.found(client, machine)
        lossless = not remote and (output or "").lower().endswith(".png")
        picture = machines_api.looked_at(client, found.machine_id, lossless=lossless)
    if output == "-":
        sys.stdout.buffer.write(picture.image)
        return 0
    ending = "jpg" if picture.media_type == "image/jpeg" else "png"
    path = given(output or f"{found.machine_id}.{ending}")
    _write(path, picture.image)
    print(f"Saved {line(str(path))}.")
    return 0


@app.command(epilog="Example:  coasty-desk machines act scratch click x=640 y=360")
def act(
    machine: Named,
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="Such as click, type, key_combo, list_windows.")],
    parameters: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help='A value may be JSON: keys=\'["ctrl","s"]\'.')
    ] = None,
    timeout: Annotated[str | None, typer.Option(metavar="SECONDS", help="1-120.")] = None,
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """Carry out one command on a machine, once."""
    said = dict(map(_parameter, parameters or []))
    seconds = None if timeout is None else float(merged_settings.number(timeout, "--timeout", 1, 120))
    with service(remote=remote) as client:
        found = machines_api.found(client, machine)
        with _taken("`coasty-desk help machines-commands` says what a machine can be told, and how."):
            outcome = machines_api.acted(client, found.machine_id, command, said, seconds=seconds)
    return _told(outcome, as_json=as_json)


@app.command(epilog="Example:  coasty-desk machines terminal scratch 'ls -l'")
def terminal(
    machine: Named,
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="A line of its shell; - reads it from stdin.")],
    session: Annotated[
        str | None, typer.Option("--session", metavar="NAME", help="One shell for all commands of this name.")
    ] = None,
    folder: Annotated[str | None, typer.Option("--cwd", metavar="FOLDER", help="Where, on the machine.")] = None,
    timeout: Annotated[str, typer.Option(metavar="SECONDS", help="1-120.")] = "30",
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """Carry out a line in a machine's shell and print what it prints."""
    seconds = merged_settings.number(timeout, "--timeout", 1, 120)
    text = sys.stdin.read(8193) if command == "-" else command
    if not text.strip():
        message = "There is no command."
        raise UsageError(message, "Give it a line of the machine's shell, such as 'ls -l'.")
    if len(text) > 8192:
        message = f"The command has {len(text)} characters, and at most 8192 are taken."
        raise UsageError(message, "Put it into a file on the machine, and run that.")
    body: dict[str, object] = {"command": text, "timeout_ms": seconds * 1000}
    body |= {name: value for name, value in (("session_id", session), ("cwd", folder)) if value is not None}
    with service(remote=remote) as client:
        found = machines_api.found(client, machine)
        outcome = machines_api.typed(client, found.machine_id, body, float(seconds))
    # a command that printed nothing prints nothing here: what reads a pipe wants its output alone
    code = 0 if outcome.success and not outcome.output and not as_json else _told(outcome, as_json=as_json)
    ended = outcome.result.get("exit_code")
    return FAILED if isinstance(ended, int) and ended else code


@app.command(epilog="Example:  coasty-desk machines files write scratch notes.txt --from notes.txt")
def files(
    operation: Annotated[
        str,
        typer.Argument(
            metavar="OPERATION",
            help=f"One of {', '.join(FILE_OPERATIONS)}.",
            autocompletion=completion.begun(lambda: FILE_OPERATIONS),
        ),
    ],
    machine: Named,
    path: Annotated[str | None, typer.Argument(metavar="PATH", help="On the machine, from its home.")] = None,
    parameters: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="More of it: old_text=… new_text=… for edit.")
    ] = None,
    source: Annotated[str | None, typer.Option("--from", metavar="FILE", help="What to write; - is stdin.")] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Save what is read. [shown]")
    ] = None,
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """Read, write or list a machine's files."""
    if operation not in FILE_OPERATIONS:
        message = f"There is no operation {line(operation, 40)!r}."
        raise UsageError(message, f"Choose one of {', '.join(FILE_OPERATIONS)}.")
    said = dict(map(_parameter, parameters or []))
    if path is not None:
        said["path"] = path
    if source is not None:
        said |= _content(source)
    if "path" not in said and operation not in ("list", "list-downloads"):
        message = "It is not said which file."
        raise UsageError(message, f"Name its path: coasty-desk machines files {operation} MACHINE PATH.")
    if operation in ("write", "append") and "content" not in said:
        message = "It is not said what to write."
        raise UsageError(message, "Give it with --from FILE, or --from - from stdin.")
    with service(remote=remote) as client:
        found = machines_api.found(client, machine)
        with _taken("`coasty-desk machines files --help` shows how each is asked for."):
            outcome = machines_api.filed(client, found.machine_id, operation, said)
    if not outcome.success or (as_json and output is None) or not _is_file(outcome):
        return _told(outcome, as_json=as_json)
    content = _bytes_of(outcome)
    if output is not None:
        _write(given(output), content)
        print(json.dumps({"saved": output}) if as_json else f"Saved {line(output)}.")
    elif not sys.stdout.isatty():
        sys.stdout.buffer.write(content)
    elif _is_binary(outcome):
        complain(f"{line(path or 'It', 200)} is no text ({len(content)} bytes).", "Save it with --output FILE.")
        return FAILED
    else:
        return _told(outcome, as_json=False)
    return 0


@app.command(epilog="Example:  coasty-desk machines view scratch")
def view(machine: Named, remote: Remote = False) -> int:
    """See a machine live in the browser: this comes with the service's page."""
    del machine, remote
    message = "There is no live view yet: it comes with the page of `coasty-desk serve`."
    raise UsageError(message, "Until then `coasty-desk machines screenshot MACHINE` saves how its screen looks now.")


def _wish(name: str, os_type: str, numbers: Sequence[str | None]) -> dict[str, object]:
    """The body of a machine's making. Raises UsageError for what no service takes."""
    if not 1 <= len(name) <= 64:
        message = f"The name has {len(name)} characters."
        raise UsageError(message, "Give it one of 1 to 64.")
    if os_type not in ("linux", "windows"):
        message = f"There is no machine with the system {line(os_type, 40)!r}."
        raise UsageError(message, "Choose linux or windows.")
    limits = (
        *(("cpu_cores", "--cpus", 1, 16), ("memory_gb", "--memory-gb", 1, 64)),
        *(("storage_gb", "--storage-gb", 8, 500), ("ttl_minutes", "--ttl", 5, 10_080)),
    )
    return {"display_name": name, "os_type": os_type} | {
        field: merged_settings.number(said, flag, low, high)
        for said, (field, flag, low, high) in zip(numbers, limits, strict=True)
        if said is not None
    }


def _kept() -> tuple[RemoteMachine, ...] | None:
    """The machines as the service has left them, where it does not run; None where it does, or there are none."""
    from coasty_desk.machines import machine_record

    folder = compose.runs_folder().parent
    if local_service.found(folder) is not None:
        return None
    records = [machine_record.read(one) for one in sorted((folder / "machines").glob("*/"))]
    told = [to_builtins(record) for record in records if record is not None and record.status != "terminated"]
    if not told:
        return None
    print("coasty-desk: the service is not running; this is how it has left them.", file=sys.stderr)
    for one in told:
        for name in ("created_at", "started_at", "ends_at"):
            moment = one.pop(name)
            if moment is not None:
                stamp = datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
                one["auto_destroy_at" if name == "ends_at" else name] = stamp
    return tuple(machine for one in told if (machine := machine_in(one)) is not None)


def _made(body: Mapping[str, object], *, remote: bool, yes: bool, wait: bool, as_json: bool) -> int:
    with service(remote=remote) as client:
        if client.here and body["os_type"] != "linux":
            message = "This computer makes Linux machines alone."
            raise UsageError(message, "Leave --os out, or have Coasty make one with --remote.")
        hourly = RemoteMachine("new", os_type=str(body["os_type"])).cents_an_hour()
        forever = "" if "ttl_minutes" in body else ", until it is stopped or deleted (--ttl MINUTES ends it by itself)"
        agree(client, f"A machine costs {hourly} cents an hour while it runs{forever}", yes=yes)
        made = machines_api.created(client, body)
        if wait:
            made = _up(client, made)
    if as_json:
        print(json.dumps(made.document, indent=2))
    elif made.runs:
        print(f"{line(made.name or made.machine_id)} is up: {made.machine_id}")
    else:
        print(f"{line(made.name or made.machine_id)} is {line(made.status) or 'being made'}: {made.machine_id}")
    if wait and not made.runs:
        complain(
            "It has not come up.", f"`coasty-desk machines show {made.machine_id}` says how it is; `delete` ends it."
        )
        return EXIT_SERVICE
    return 0


def _up(client: ServiceClient, machine: RemoteMachine) -> RemoteMachine:
    """The machine once it runs, or as it is when it will not."""
    until = time.monotonic() + READY
    while not machine.runs and machine.is_there and time.monotonic() < until:
        time.sleep(_LOOK if machine.status else _LOOK / 2)
        machine = machines_api.shown(client, machine.machine_id)
    return machine


def _changed(client: ServiceClient, found: RemoteMachine, change: Change, *, as_json: bool) -> int:
    driven = compose.runs_folder().parent / "driven"
    if change == "start":  # before: one that an earlier run has left running cannot be started, and is to stay
        started_machine.release_if_left(driven, client, found.machine_id)
    status = machines_api.changed(client, found.machine_id, change)
    started_machine.release_if_left(driven, client, found.machine_id)
    if as_json:
        print(json.dumps({"machine_id": found.machine_id, "status": status}))
    else:
        print(f"{line(found.name or found.machine_id)} is {line(status) or 'told to ' + change}.")
    return 0


def _told(outcome: CommandOutcome, *, as_json: bool) -> int:
    """Print what came of a command; its exit code."""
    if as_json:
        print(json.dumps(outcome.document, indent=2))
    elif outcome.output:
        said = safe(outcome.output, ALL) if sys.stdout.isatty() else outcome.output
        print(said, end="" if said.endswith("\n") else "\n")
    elif outcome.success:
        found = {name: value for name, value in outcome.result.items() if value is not None}
        print(json.dumps(found, indent=2) if found else "Done.")
    if not outcome.success:
        complain(f"The machine could not do it: {outcome.error or 'it does not say why'}", "")
    return 0 if outcome.success else FAILED


@contextmanager
def _taken(remedy: str) -> Iterator[None]:
    """Within the block what the service does not take of a command is answered with `remedy`, and not in a program's words."""
    try:
        yield
    except ServiceError as error:
        if error.code == "VALIDATION_ERROR":
            error.remedy = remedy
        raise


def _parameter(said: str) -> tuple[str, object]:
    """`x=640` -> ("x", 640): a value that is JSON of a number, a list or the like is that, and any other a text."""
    name, equals, value = said.partition("=")
    if not equals or not name.isidentifier():
        message = f"{line(said, 60)!r} is no NAME=VALUE."
        raise UsageError(message, "Such as x=640, or text='Hello'.")
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value


_AS_TEXT = 1_000_000
"""Bytes of a text that is sent as one."""

_IN_PARTS = "a larger one goes in parts, with write and then append."


def _content(source: str) -> dict[str, object]:
    import base64

    most = machines_api.MOST_WRITTEN
    try:
        content = (
            sys.stdin.buffer.read(most + 1) if source == "-" else plain_files.read(given(source), most, pipes=True)
        )
    except OSError as error:
        message = f"{source} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, f"Name another file with --from; {_IN_PARTS}") from error
    if len(content) > most:
        message = f"What stdin gives is more than {most // 1_000_000} MB."
        raise UsageError(message, f"It goes by as many at a time: {_IN_PARTS}")
    if len(content) <= _AS_TEXT:  # what is longer may come to six times its length as JSON, were it no text in truth
        with suppress(UnicodeDecodeError):
            return {"content": content.decode("utf-8")}
    return {"content": base64.b64encode(content).decode("ascii"), "encoding": "base64"}


def _is_file(outcome: CommandOutcome) -> bool:
    """Whether it has a file's content."""
    return any("content" in place for place in (outcome.result, outcome.document))


def _is_binary(outcome: CommandOutcome) -> bool:
    return "base64" in (outcome.result.get("encoding"), outcome.document.get("encoding"))


def _bytes_of(outcome: CommandOutcome) -> bytes:
    """What was read, as it is in the file. Raises ServiceError where it came broken."""
    import base64

    if not _is_binary(outcome):
        return outcome.output.encode("utf-8")
    try:
        return base64.b64decode(outcome.output, validate=True)
    except ValueError:
        message = "The file's content came broken."
        raise ServiceError(message, "Try again.") from None


def _flat(document: Mapping[str, object], before: str = "") -> list[tuple[str, str]]:
    """The fields of an object, those of objects in it behind its name."""
    rows: list[tuple[str, str]] = []
    for name, value in document.items():
        if isinstance(value, dict) and not before:
            rows += _flat(value, f"{name} ")
        elif value not in (None, "", [], {}):
            told = value if isinstance(value, str) else json.dumps(value)
            rows.append((f"{before}{name}", told))
    return rows


def _write(path: Path, content: bytes) -> None:
    try:
        plain_files.write_out(path, content)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}."
        raise UsageError(message, "Name another file with --output.") from error
