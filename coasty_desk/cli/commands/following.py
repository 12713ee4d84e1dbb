"""`coasty-desk runs watch`, `cancel` and `answer`: a run of a service, seen and spoken with from any terminal."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Annotated

import typer

from coasty_desk import compose
from coasty_desk.cli import completion
from coasty_desk.cli.commands.asking_here import LONGEST_NOTE, AskingHere
from coasty_desk.cli.commands.reaching import Remote, account, service
from coasty_desk.cli.exits import EXIT_DESKTOP, EXIT_SERVICE, EXIT_STOPPED, EXIT_USAGE
from coasty_desk.cli.terminal import prompts
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json
from coasty_desk.cli.view.watched_view import watching
from coasty_desk.client import local_service, runs_api
from coasty_desk.client.run_values import RemoteRun
from coasty_desk.client.service_client import ServiceClient
from coasty_desk.core.errors import UsageError

EXIT_LIMIT, EXIT_REFUSED = 3, 6

EXIT_STATUS = {"succeeded": 0, "cancelled": EXIT_STOPPED, "timed_out": EXIT_LIMIT}
EXIT_FAILED = {
    "TASK_FAILED": 1,
    **dict.fromkeys(
        ("MAX_STEPS_REACHED", "BUDGET_EXCEEDED", "STALLED", "DEADLINE_EXCEEDED", "GUARD_EXCEEDED"), EXIT_LIMIT
    ),
    **dict.fromkeys(("DESKTOP_ERROR", "MACHINE_UNAVAILABLE", "MACHINE_LOST"), EXIT_DESKTOP),
    **dict.fromkeys(("REFUSED", "AWAITING_HUMAN"), EXIT_REFUSED),
    "USAGE_ERROR": EXIT_USAGE,
}
"""How a run that failed ends the command, by its error's code: as DESIGN.md A3 has it for `run`; any other is the service's."""

REMEDIES = {
    "TASK_FAILED": "Read what it saw in the record, then say the task in other words or in smaller steps.",
    "MAX_STEPS_REACHED": "Allow more with --max-steps, or ask for less at once.",
    "BUDGET_EXCEEDED": "Allow more with --budget, or ask for less at once.",
    "DEADLINE_EXCEEDED": "Allow more with --deadline, or ask for less at once.",
    "AWAITING_HUMAN": "Start it with --on-awaiting-human pause, and answer it.",
    "AWAITING_HUMAN_TIMEOUT": "Start it with a longer --human-timeout, or with none.",
}

WATCH_EXAMPLE = "Example:  coasty-desk runs watch last"
ANSWER_EXAMPLE = 'Example:  coasty-desk runs answer last no "Use the other printer"'

ServedRun = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="The id of a run of the service, the beginning of one, or `last`.",
        autocompletion=completion.served_runs,
    ),
]


def watch(run: ServedRun, remote: Remote = False, as_json: Json = False) -> int:
    """Show what happens in a run of the service from its beginning to its end; exits as `run` would.

    Ctrl-C ends the watching; the run goes on.
    """
    with service(remote=remote) as client:
        found = runs_api.found(client, run)
    return follow(found, remote=remote, as_json=as_json)


def cancel(run: ServedRun, remote: Remote = False, as_json: Json = False) -> int:
    """End a run of the service, whatever it does; returns when it has let go of everything."""
    with service(remote=remote) as client:
        found = runs_api.cancelled(client, runs_api.found(client, run).run_id)
    if as_json:
        print(json.dumps(found.document, indent=2))
    elif found.is_over:
        print(f"Cancelled {found.run_id}.")
    else:
        print(f"{found.run_id} is told to end.")
    return 0


def answer(
    run: ServedRun,
    said: Annotated[str, typer.Argument(metavar="yes|no", help="Whether what it asks for may be done.")],
    note: Annotated[str, typer.Argument(metavar="[NOTE]", help="What the model is told besides.")] = "",
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """Answer a run of the service that waits for a person."""
    if said not in ("yes", "y", "no", "n"):
        message = f"The answer is yes or no, and not {line(said, 40)}."
        raise UsageError(message, "What else there is to say follows it, in quotes.")
    if len(note) > LONGEST_NOTE:
        message = f"The note has more than {LONGEST_NOTE} characters."
        raise UsageError(message, "Say it in fewer.")
    with service(remote=remote) as client:
        found = runs_api.found(client, run)
        after = runs_api.answered(client, found.run_id, approved=said.startswith("y"), note=note.strip())
    print(json.dumps(after.document, indent=2) if as_json else f"Answered {found.run_id}: it goes on.")
    return 0


def follow(run: RemoteRun, *, remote: bool, as_json: bool) -> int:
    """Show it to its end; the exit code. Raises ServiceError."""
    spelled = f"{' --remote' if remote else ''} {run.run_id}"
    view = None if as_json else watching(run, f"coasty-desk runs answer{spelled}", os.environ)
    asking: AskingHere | None = None
    try:
        with closing(ReachedService(remote=remote)) as reached, ExitStack() as stack:
            if view is not None:
                view.begin(f"Ctrl-C ends the watching, and not the run; to end that: coasty-desk runs cancel{spelled}")
            if view is not None and prompts.there():
                asking = AskingHere(stack.enter_context(closing(ReachedService(remote=remote))), run.run_id, view.aside)
                stack.callback(asking.close)
            for event in runs_api.followed(reached, run.run_id):
                if asking is not None:
                    asking.hear(event)
                if view is not None:
                    view.show(event)
                else:
                    print(json.dumps({"id": event.event_id, "event": event.name, "data": event.data}), flush=True)
                if asking is not None:
                    asking.begin()
            ended = runs_api.shown(reached(), run.run_id)
        if view is not None:
            remedy = "" if ended.status == "succeeded" else REMEDIES.get(ended.code, "")
            view.end(ended, remedy, None if remote else _record(run.run_id))
    except KeyboardInterrupt:
        if view is not None:
            view.close()
        with suppress(OSError):
            print(
                f"\ncoasty-desk: the run goes on; to watch it again: coasty-desk runs watch{spelled}", file=sys.stderr
            )
        return EXIT_STOPPED
    finally:
        if view is not None:
            view.close()
    return EXIT_STATUS.get(ended.status, EXIT_FAILED.get(ended.code, EXIT_SERVICE))


class ReachedService:
    """Whom to ask: of this computer's own service anew each time, for it may have been started anew at another address."""

    def __init__(self, *, remote: bool) -> None:
        self._client: ServiceClient | None = account() if remote else None
        self._remote = remote

    def __call__(self) -> ServiceClient:
        """Who speaks with it now. Raises ServiceError."""
        if self._remote and self._client is not None:
            return self._client
        self.close()
        self._client = local_service.demanded(compose.runs_folder().parent)
        return self._client

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()


def _record(run_id: str) -> Path | None:
    folder = compose.runs_folder() / run_id
    return folder if folder.is_dir() else None
