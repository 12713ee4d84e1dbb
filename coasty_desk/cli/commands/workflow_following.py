"""A run of a workflow that a service carries out, watched to its end and answered at the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import closing, suppress

from coasty_desk.cli.commands.following import EXIT_STATUS, ReachedService
from coasty_desk.cli.commands.workflow_running import EXIT_FAILED
from coasty_desk.cli.exits import EXIT_SERVICE, EXIT_STOPPED
from coasty_desk.cli.terminal import prompts
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.view.workflow_view import WorkflowView
from coasty_desk.client import runs_api, workflows_api
from coasty_desk.client.run_values import HeardEvent, RemoteRun
from coasty_desk.core.errors import ServiceError
from coasty_desk.core.money import from_cents
from coasty_desk.core.stop import Stop
from coasty_desk.wire.json_fields import count_of, line_of


def follow(run: RemoteRun, *, remote: bool, as_json: bool) -> int:
    """Show it to its end; the exit code. A question is asked here where there is a terminal. Raises ServiceError."""
    view = WorkflowView(run.run_id, as_json=False)
    spelled = f"{' --remote' if remote else ''} {run.run_id}"
    try:
        with closing(ReachedService(remote=remote)) as reached:
            if not as_json:
                view.other(f"Ctrl-C ends the watching, and not the run; to end that: coasty-desk runs cancel{spelled}")
            for event in runs_api.followed(reached, run.run_id, of=workflows_api.RUNS):
                if as_json:
                    print(json.dumps({"id": event.event_id, "event": event.name, "data": event.data}), flush=True)
                else:
                    _show(view, event)
                if event.name == "awaiting_human" and not as_json:
                    _answer(reached, run.run_id, event, spelled)
            ended = workflows_api.shown(reached(), run.run_id)
    except KeyboardInterrupt:
        with suppress(OSError):
            print(
                f"\ncoasty-desk: the run goes on; to watch it again: coasty-desk runs watch{spelled}", file=sys.stderr
            )
        return EXIT_STOPPED
    if not as_json:
        output = ended.document.get("output")
        spent = from_cents(count_of(ended.document.get("spent_cents")) or 0)
        view.ended(ended.status, ended.code, ended.message, output if isinstance(output, dict) else None, spent)
    return EXIT_STATUS.get(ended.status, EXIT_FAILED.get(ended.code, EXIT_SERVICE))


def _show(view: WorkflowView, event: HeardEvent) -> None:
    data = event.data
    at, step_id = line_of(data.get("at"), 200), line_of(data.get("step_id"), 64)
    match event.name:
        case "status":
            if data.get("status") in ("queued", "running"):
                view.other(line_of(data["status"], 40))
        case "task":
            view.task(at, step_id, f"run {line_of(data.get('run_id'), 64)}")
        case "step":
            passed = data.get("passed", data.get("approved"))
            kind, text = line_of(data.get("type"), 40), line_of(data.get("text"), 1000)
            view.step(at, step_id, kind, passed if isinstance(passed, bool) else None, text)
        case "awaiting_human":
            view.asks(at, step_id, line_of(data.get("reason") or data.get("message"), 2000))
        case _:
            pass


def _answer(reached: ReachedService, run_id: str, event: HeardEvent, spelled: str) -> None:
    """Ask at the terminal; where there is none, or nobody answers, say how it can be done."""
    if _is_past(reached, run_id, event.data):
        return
    if prompts.there():
        print("  [y]es, [n]o, or no and why: ", end="", file=sys.stderr, flush=True)
        said = prompts.read_line(sys.stdin, Stop(), prompts.PATIENCE)
        if said is not None:
            word, _, note = " ".join(said.split()).partition(" ")
            approved = word.lower().strip(",.;:") in ("y", "yes")
            try:
                workflows_api.answered(reached(), run_id, approved=approved, note=note)
            except ServiceError as error:
                print(f"coasty-desk: {line(error.message)}", file=sys.stderr)
            return
    print(f"coasty-desk: to answer it: coasty-desk runs answer{spelled} yes", file=sys.stderr)


def _is_past(reached: ReachedService, run_id: str, data: Mapping[str, object]) -> bool:
    """Whether it was answered before it was read."""
    now = workflows_api.shown(reached(), run_id)
    return now.status != "awaiting_human" or now.document.get("awaiting_step_id") != data.get("step_id")
