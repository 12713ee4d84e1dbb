"""`coasty-desk workflows`: many tasks as one, checked, run here or by a service, saved and listed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from coasty_desk import merged_settings, plain_files, presets
from coasty_desk.cli import completion, configured
from coasty_desk.cli.commands import workflow_running
from coasty_desk.cli.commands.reaching import Remote, Yes, agree, here, service
from coasty_desk.cli.commands.workflow_following import follow
from coasty_desk.cli.commands.workflow_inputs import LARGEST, Inputs, checked_inputs, told
from coasty_desk.cli.exits import EXIT_USAGE
from coasty_desk.cli.setting_options import Options, with_settings
from coasty_desk.cli.terminal.columns import print_columns
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json, group
from coasty_desk.cli.view.workflow_view import line_of_tree
from coasty_desk.client import machines_api, workflows_api
from coasty_desk.client.run_values import RemoteRun
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import given
from coasty_desk.settings import Settings
from coasty_desk.workflows import workflow_tree
from coasty_desk.workflows.definition import every
from coasty_desk.workflows.definition_reader import DefinitionError, Mistake, read
from coasty_desk.workflows.workflow_document import WorkflowDocument, parsed

OF_A_TASK = (
    *("on", "provider", "model", "base_url", "script", "max_steps", "budget", "preset", "confirm", "policy"),
    *("cua_version", "settle", "on_human_input", "own_terminal", "yes", "json", "remote"),
)
"""The settings of `run` that a workflow's tasks have in common."""

EXAMPLE = "example:"
"""Before the name of a workflow that comes with the program, in place of a file's."""

CHECK_EXAMPLE = "Example:  coasty-desk workflows check daily.json"
RUN_EXAMPLE = (
    "Example:  coasty-desk workflows run daily.json --input name=Ada --input rows=@rows.csv --provider offline"
)
SAVE_EXAMPLE = "Example:  coasty-desk workflows save daily.json --name 'Daily check'"

app = group("Many tasks as one: with conditions, loops, retries, approvals and branches.")

File = Annotated[str, typer.Argument(metavar="FILE", help="A definition as JSON; - reads stdin.")]
Workflow = Annotated[
    str, typer.Argument(metavar="NAME", help="A saved workflow: its slug or id.", autocompletion=completion.workflows)
]


@app.command(epilog=CHECK_EXAMPLE)
def check(file: File, as_json: Json = False) -> int:
    """Say whether FILE can be run: every mistake with its place and the word that was near, else the tree of its steps."""
    try:
        document = parsed(_text(file))
    except DefinitionError as error:
        if as_json:
            print(json.dumps({"valid": False, "mistakes": [_told(one) for one in error.mistakes]}, indent=2))
        else:
            print(f"coasty-desk: {_mistakes_in(file, error)}", file=sys.stderr)
        return EXIT_USAGE
    if as_json:
        many = len(list(every(document.definition.steps)))
        print(json.dumps({"valid": True, "steps": many, "warnings": list(document.warnings)}, indent=2))
        return 0
    _draw(document)
    for warning in document.warnings:
        print(f"warning: {line(warning)}")
    return 0


@app.command(epilog=RUN_EXAMPLE)
@with_settings(
    *OF_A_TASK, json="Print each thing that happens as a line of JSON", max_steps="The cap of a task that names none"
)
def run(
    options: Options,
    workflow: Annotated[
        str,
        typer.Argument(
            metavar="FILE|NAME", help="A definition's file, or a saved workflow.", autocompletion=completion.workflows
        ),
    ],
    inputs: Inputs = None,
    max_iterations: Annotated[
        str | None, typer.Option("--max-iterations", metavar="N", help="Of all loops together. [1000]")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option("--deadline", metavar="SECONDS", help="Of the whole, where a service carries it out.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Walk through it with invented results; nothing is done or asked.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Hand it to the service, print the run's id, and be done.")
    ] = False,
) -> int:
    """Run a workflow: a file in this process, without a service; a saved one through it.

    Ctrl-C stops a file's in the middle of a keystroke. Exits as `run` does.
    """
    chosen, _ = configured.load(options)
    most = None if max_iterations is None else merged_settings.number(max_iterations, "--max-iterations", 1, 100_000)
    seconds = None if deadline is None else merged_settings.number(deadline, "--deadline", 1, 86_400)
    is_file = _is_file(workflow)
    if is_file and not chosen.remote and not detach:
        if seconds is not None:
            message = "--deadline is kept by a service."
            raise UsageError(message, "Leave it out, or hand it over with --detach.")
        document = _document(workflow)
        given_inputs = checked_inputs(inputs, document.inputs_schema)
        terms = workflow_running.LocalTerms(max_iterations=most, dry_run=dry_run)
        name = str(document.around.get("name") or Path(workflow).name)
        return workflow_running.run(name, document, given_inputs, chosen, terms)
    if dry_run:
        message = "--dry-run walks through a file."
        raise UsageError(
            message, f"Take a saved one out first: coasty-desk workflows show {line(workflow, 60)} --json."
        )
    return _handed_over(workflow, inputs, chosen, most, seconds, is_file=is_file, detach=detach)


@app.command(epilog=SAVE_EXAMPLE)
def save(
    file: File,
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help="What it is called. [the file's]")] = None,
    slug: Annotated[
        str | None,
        typer.Option("--slug", metavar="WORD", help="By which it is asked for; the same one is its next version."),
    ] = None,
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """Save a definition at the service: under the slug of another it is that one's next version."""
    document = _document(file)
    body: dict[str, Any] = {**document.around, "definition": document.document}
    body["name"] = name or body.get("name") or (Path(file).stem if file != "-" else "")
    if not body["name"]:
        message = "The workflow has no name."
        raise UsageError(message, "Give it one with --name.")
    if slug is not None:
        body["slug"] = slug
    if remote and "slug" not in body:
        body["slug"] = _slug(str(body["name"]))
    with service(remote=remote) as client:
        saved = workflows_api.saved(client, body)
    if as_json:
        print(json.dumps(saved.document, indent=2))
    else:
        print(f"Saved {line(saved.slug or saved.workflow_id)}, version {saved.version}.")
        for warning in document.warnings:
            print(f"warning: {line(warning)}")
    return 0


@app.command("list", epilog="Example:  coasty-desk workflows list")
def list_all(remote: Remote = False, as_json: Json = False) -> int:
    """List the saved workflows, the newest first."""
    with service(remote=remote) as client:
        found = workflows_api.listed(client)
    if as_json:
        print(json.dumps([one.document for one in found], indent=2))
    elif found:
        rows = [(one.slug or one.workflow_id, one.version, one.name) for one in found]
        print_columns(("WORKFLOW", "VERSION", "NAME"), rows, right=("VERSION",))
    else:
        print("No workflow is saved.")
    return 0


@app.command(epilog="Example:  coasty-desk workflows show nightly-report")
def show(workflow: Workflow, remote: Remote = False, as_json: Json = False) -> int:
    """Show a saved workflow as the tree of its steps; as JSON it can be written to a file, and run or saved again."""
    with service(remote=remote) as client:
        found = workflows_api.found(client, workflow)
    if as_json:
        print(json.dumps(found.document, indent=2))
        return 0
    print(f"{line(found.name)} ({line(found.slug)}, version {found.version}, {line(found.status)})")
    try:
        for one in workflow_tree.lines(read(found.definition)):
            print(line_of_tree(one))
    except DefinitionError:
        print(json.dumps(found.definition, indent=2))  # one of a service that knows more than this program
    return 0


@app.command(epilog="Example:  coasty-desk workflows runs nightly-report")
def runs(
    workflow: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Those of one workflow.", autocompletion=completion.workflows),
    ] = None,
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """List the runs of workflows, the newest first; `coasty-desk runs watch`, `answer` and `cancel` take their ids."""
    with service(remote=remote) as client:
        of = None if workflow is None else workflows_api.found(client, workflow).workflow_id
        found = workflows_api.runs(client, of)
    if as_json:
        print(json.dumps([run.document for run in found], indent=2))
    elif found:
        rows = [(one.run_id, one.status, one.created_at, one.message or one.why) for one in found]
        print_columns(("RUN", "STATUS", "BEGAN", "WHY"), rows)
    else:
        print("No workflow has run.")
    return 0


@app.command(epilog="Example:  coasty-desk workflows delete nightly-report")
def delete(workflow: Workflow, remote: Remote = False, yes: Yes = False) -> int:
    """Archive a saved workflow: it starts no more runs; those that go on do so."""
    with service(remote=remote) as client:
        found = workflows_api.found(client, workflow)
        agree(client, f"The workflow {line(found.name)} is archived", yes=yes)
        workflows_api.archived(client, found.workflow_id)
    print(f"Archived {line(found.slug or found.workflow_id)}.")
    return 0


def _handed_over(
    workflow: str,
    inputs: list[str] | None,
    chosen: Settings,
    most: int | None,
    seconds: int | None,
    *,
    is_file: bool,
    detach: bool,
) -> int:
    terms = {"budget_cents": chosen.budget, "max_iterations": most, "deadline_seconds": seconds, "model": chosen.model}
    body: dict[str, Any] = {name: value for name, value in terms.items() if value is not None}
    document = _document(workflow) if is_file else None
    if not is_file and not chosen.remote and here() is None and os.sep not in workflow:
        message = f"There is no file {line(workflow, 60)}, and the service that has saved workflows does not run."
        raise UsageError(message, "Start it with `coasty-desk serve`, or name a definition's file.")
    with service(remote=chosen.remote) as client:
        saved = None if document is not None else workflows_api.found(client, workflow)
        schema = (
            document.inputs_schema if document is not None else (saved.document if saved else {}).get("inputs_schema")
        )
        body["inputs"] = checked_inputs(inputs, schema)
        if document is not None:
            body["definition"] = document.document
        if chosen.on != Settings().on:
            body["machine_id"] = machines_api.found(client, chosen.on).machine_id
        agree(client, "This runs at Coasty, which charges for each step", yes=chosen.yes)
        begun = workflows_api.started(client, None if saved is None else saved.workflow_id, body)
    return _said(begun, chosen) if detach else follow(begun, remote=chosen.remote, as_json=chosen.json)


def _said(begun: RemoteRun, chosen: Settings) -> int:
    """The id alone on stdout, for a script to take; what to do with it beside."""
    if chosen.json:
        print(json.dumps(begun.document, indent=2))
        return 0
    print(begun.run_id, flush=True)
    spelled = f"{' --remote' if chosen.remote else ''} {begun.run_id}"
    print(f"coasty-desk: {begun.status}; to watch it: coasty-desk runs watch{spelled}", file=sys.stderr)
    return 0


def _is_file(name: str) -> bool:
    return (
        name == "-"
        or name.startswith(EXAMPLE)
        or os.sep in name
        or name.endswith((".json", ".jsonc"))
        or Path(name).is_file()
    )


def _text(name: str) -> str:
    """Raises UsageError for what cannot be read."""
    try:
        if name == "-":
            return sys.stdin.read(LARGEST)
        if name.startswith(EXAMPLE):
            return presets.workflow(name.removeprefix(EXAMPLE))
        return plain_files.read(given(name), LARGEST, pipes=True).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        message = f"{name} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Give a definition as JSON in UTF-8.") from error


def _document(name: str) -> WorkflowDocument:
    """Raises UsageError for what is wrong with it."""
    try:
        return parsed(_text(name))
    except DefinitionError as error:
        many = len(error.mistakes)
        more = f", and {counted(many - 1, 'more mistake')}" if many > 1 else ""
        message = f"{name} cannot be run: {told(error.mistakes[0])}{more}."
        raise UsageError(message, f"`coasty-desk workflows check {name}` says all that is wrong.") from error


def _mistakes_in(name: str, error: DefinitionError) -> str:
    many = counted(len(error.mistakes), "mistake")
    return "\n".join([f"{name} has {many}:", *(f"  {line(told(one))}" for one in error.mistakes)])


def _told(mistake: Mistake) -> dict[str, object]:
    return {"at": mistake.where, "loc": list(mistake.place), "message": mistake.what, "type": mistake.kind}


def _draw(document: WorkflowDocument) -> None:
    many = len(list(every(document.definition.steps)))
    name = document.around.get("name")
    print(f"{line(str(name)) if name else 'workflow'}: {counted(many, 'step')}")
    for one in workflow_tree.lines(document.definition):
        print(line_of_tree(one))


def _slug(name: str) -> str:
    words = "".join(one if one.isascii() and one.isalnum() else " " for one in name.lower()).split()
    return "-".join(words)[:60] or "workflow"
