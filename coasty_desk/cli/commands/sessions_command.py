"""`coasty-desk sessions list`, `show`, `reset` and `delete`: what is open at the service, and which recorded run opened it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from contextlib import closing
from typing import Annotated

import typer
from msgspec import Struct
from msgspec.structs import asdict

from coasty_desk import compose
from coasty_desk.cli import completion, configured
from coasty_desk.cli.commands.reaching import Remote, here
from coasty_desk.cli.exits import EXIT_SERVICE, complain
from coasty_desk.cli.terminal.columns import print_columns
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json, group
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import ServiceError, UsageError
from coasty_desk.core.money import dollars, from_cents
from coasty_desk.models import coasty_model
from coasty_desk.models.coasty import open_sessions
from coasty_desk.models.coasty.http import Connection
from coasty_desk.models.coasty.open_sessions import OpenSession
from coasty_desk.record import run_lock, session_runs

app = group("What is open at the service.")


@app.command("list", epilog="Example:  coasty-desk sessions list")
def list_all(remote: Remote = False, as_json: Json = False) -> int:
    """List the sessions that are open with your key, and which run opened them."""
    with _connection(remote=remote) as connection:
        found = open_sessions.listed(connection)
    known = _Known.read()
    if as_json:
        print(json.dumps([_object(session, known) for session in found], indent=2))
        return 0
    if not found:
        print(f"No session is open at {line(connection.host)}.")
        return 0
    names = ("SESSION", "OPENED", "EXPIRES", "STEPS", "COST", "RUN")
    print_columns(names, (_row(session, known) for session in found), right=("STEPS", "COST"))
    return 0


@app.command(epilog="Example:  coasty-desk sessions show ses_0a1b2c3d")
def show(
    session_id: Annotated[
        str, typer.Argument(metavar="SESSION", help="One of `sessions list`.", autocompletion=completion.sessions)
    ],
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """Show what the service says of one session."""
    with _connection(remote=remote) as connection:
        try:
            session = open_sessions.shown(connection, session_id)
        except ServiceError as error:
            raise _not_open(session_id) if error.status == 404 else error from None
    known = _Known.read()
    if as_json:
        print(json.dumps(_object(session, known), indent=2))
        return 0
    for name, value in asdict(session).items():
        told = dollars(from_cents(value)) if name == "cents" and value is not None else value
        if told not in (None, ""):
            print(f"{name.replace('_', ' '):<14} {line(str(told))}")
    print(f"{'run':<14} {known.words(session_id)}")
    return 0


@app.command(epilog="Example:  coasty-desk sessions reset ses_0a1b2c3d")
def reset(
    session_id: Annotated[
        str, typer.Argument(metavar="SESSION", help="One of `sessions list`.", autocompletion=completion.sessions)
    ],
    remote: Remote = False,
) -> int:
    """Let a session forget what it has seen, and with it what that adds to each step."""
    known = _Known.read()
    if session_id in known.busy:
        message = f"The session {session_id} belongs to the run {known.runs[session_id]}, which is going on."
        raise UsageError(message, "Its model would forget what it is doing: stop the run first.")
    with _connection(remote=remote) as connection:
        try:
            open_sessions.forgets(connection, session_id)
        except ServiceError as error:
            raise _not_open(session_id) if error.status == 404 else error from None
    print(f"Reset {session_id} ({known.words(session_id)}).")
    return 0


@app.command(epilog="Example:  coasty-desk sessions delete --all")
def delete(
    session_id: Annotated[
        str | None, typer.Argument(metavar="[SESSION]", help="Its id.", autocompletion=completion.sessions)
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every one that is open, but those of runs that go on here.")
    ] = False,
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """Close a session that a killed run left open."""
    if (session_id is None) is not every:
        message = "Which session?" if session_id is None else "There is a session's id, and --all."
        raise UsageError(message, "Give an id from `coasty-desk sessions list`, or --all for every one that is open.")
    known = _Known.read()
    with _connection(remote=remote) as connection:
        wanted = [one.session_id for one in open_sessions.listed(connection)] if session_id is None else [session_id]
        busy = [one for one in wanted if one in known.busy]
        if busy and session_id is not None:
            message = f"The session {session_id} belongs to the run {known.runs[session_id]}, which is going on."
            raise UsageError(message, "Stop the run first, with `coasty-desk stop`: it closes its session.")
        closed, failed = _close([one for one in wanted if one not in busy], connection)
    if as_json:
        print(json.dumps({"closed": closed, "left": [*busy, *failed]}, indent=2))
    else:
        for one in closed:
            print(f"Closed {one} ({known.words(one)}).")
        if not closed and not failed:
            print("No session is open." if not busy else "No other session is open.")
    if busy:
        complain(f"{counted(len(busy), 'session')} of a run that is going on here stayed open.", "")
    for one, error in failed.items():
        complain(f"The session {one} could not be closed: {error.message}", error.remedy)
    return EXIT_SERVICE if failed else 0


class _Known(Struct, frozen=True):
    """The run of each session that is on record, and the sessions of those that go on."""

    runs: dict[str, str]
    busy: frozenset[str]

    @classmethod
    def read(cls) -> _Known:
        """From the journals and the ledger; nothing is known where there is no home for them."""
        try:
            folder = compose.runs_folder()
        except UsageError:
            return cls({}, frozenset())
        runs = session_runs.runs_of(folder, compose.ledger())
        return cls(runs, frozenset(session for session, run in runs.items() if run_lock.held(folder / run)))

    def words(self, session_id: str) -> str:
        """Whose it is."""
        if session_id not in self.runs:
            return "no run that is recorded here"
        return f"{line(self.runs[session_id])}{', which is going on' if session_id in self.busy else ''}"


def _connection(*, remote: bool) -> closing[Connection]:
    """To this computer's own service where it runs, else to the account, where runs open theirs."""
    client = None if remote else here()
    if client is None:
        return closing(coasty_model.connection(configured.own(), os.environ))
    print("coasty-desk: asks this computer's own service; --remote asks your Coasty account.", file=sys.stderr)
    return closing(client.connection)


def _row(session: OpenSession, known: _Known) -> tuple[object, ...]:
    steps = "" if session.steps is None else session.steps
    cost = "" if session.cents is None else dollars(from_cents(session.cents))
    return session.session_id, session.created_at, session.expires_at, steps, cost, known.words(session.session_id)


def _object(session: OpenSession, known: _Known) -> dict[str, object]:
    run = known.runs.get(session.session_id)
    return {**asdict(session), "run_id": run, "going_on": session.session_id in known.busy}


def _close(session_ids: Iterable[str], connection: Connection) -> tuple[list[str], dict[str, ServiceError]]:
    closed: list[str] = []
    failed: dict[str, ServiceError] = {}
    for session_id in session_ids:
        try:
            if not open_sessions.close(connection, session_id):
                raise _not_open(session_id)
            closed.append(session_id)
        except ServiceError as error:
            failed[session_id] = error
    return closed, failed


def _not_open(session_id: str) -> ServiceError:
    message = f"No session {session_id} is open with this key."
    return ServiceError(message, "List what is open with `coasty-desk sessions list`.", code="SESSION_NOT_FOUND")
