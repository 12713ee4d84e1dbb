"""`coasty-desk runs start` and `run --detach`: a task for a service, which carries it out whatever becomes of this terminal."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from msgspec.structs import replace

from coasty_desk import merged_settings, settings
from coasty_desk.cli import configured
from coasty_desk.cli.commands import agreement
from coasty_desk.cli.commands.following import follow
from coasty_desk.cli.commands.reaching import service
from coasty_desk.cli.setting_options import Options, with_settings
from coasty_desk.cli.terminal import task_source
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.client import machines_api, runs_api
from coasty_desk.client.run_values import RemoteRun
from coasty_desk.client.service_client import ServiceClient
from coasty_desk.core.errors import UsageError
from coasty_desk.core.folders import given
from coasty_desk.settings import Origins, Settings
from coasty_desk.wire import policy_file

OF_A_RUN = ("on", "max_steps", "deadline", "budget", "policy", "model", "cua_version", "system_prompt")
"""The settings that a request for a run has a place for."""

HERE = ("file", "json", "yes", "remote")
"""Those that are about this command, and not about the run."""

STEP_CENTS = {"v1": 8}
USUAL_STEP_CENTS = 5
"""What Coasty charges for a completed step (API.md §5)."""

LONGEST_PROMPT, LONGEST_INSTRUCTIONS = 32_000, 16_000

ON_AWAITING_HUMAN = ("pause", "fail", "cancel")

EXAMPLE = "Example:  coasty-desk runs start --on scratch --max-steps 40 --wait 'Open the settings'"


@with_settings(*OF_A_RUN, *HERE, json="Print the run as JSON; with --wait, each of its events as a line of JSON")
def start(
    options: Options,
    task: Annotated[
        str | None, typer.Argument(metavar="TASK", help="What to do, in plain words; - reads stdin.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Watch it to its end, as `runs watch` does.")] = False,
    instructions: Annotated[
        str | None, typer.Option("--instructions", metavar="FILE", help="A text in place of the preset's.")
    ] = None,
    on_awaiting_human: Annotated[
        str | None,
        typer.Option("--on-awaiting-human", metavar="WORD", help="Where it needs you: pause, fail or cancel. [pause]"),
    ] = None,
    patience: Annotated[
        str | None,
        typer.Option("--human-timeout", metavar="SECONDS", help="It ends where you do not answer in time, 1-86400."),
    ] = None,
    webhook: Annotated[
        str | None, typer.Option("--webhook", metavar="URL", help="Where to tell that it waits, and how it ended.")
    ] = None,
    key: Annotated[
        str, typer.Option("--key", metavar="TEXT", help="The same key is the same run, however often it is asked for.")
    ] = "",
) -> int:
    """Hand TASK to the service, which carries it out in its machine's turn; prints the run's id.

    It goes on without this terminal: `runs watch`, `runs answer`, `runs cancel`.
    """
    chosen, origins = configured.load(options)
    more: dict[str, Any] = {}
    if instructions is not None:
        more["instructions"] = _text(instructions, "--instructions", LONGEST_INSTRUCTIONS)
    if on_awaiting_human is not None:
        if on_awaiting_human not in ON_AWAITING_HUMAN:
            message = f"--on-awaiting-human cannot be {line(on_awaiting_human, 40)}."
            raise UsageError(message, f"Choose one of {', '.join(ON_AWAITING_HUMAN)}.")
        more["on_awaiting_human"] = on_awaiting_human
    if patience is not None:
        more["awaiting_human_timeout_seconds"] = merged_settings.number(patience, "--human-timeout", 1, 86_400)
    if webhook is not None:
        more["webhook_url"] = webhook
    return hand_over(task, chosen, origins, more, key=key, wait=wait)


def detach(task: str | None, options: Options) -> int:
    """Hand a `run` over, as it stands; the exit code. Raises UsageError for what the service cannot be told."""
    chosen, origins = configured.load(options)
    return hand_over(task, chosen, origins, {})


def hand_over(
    task: str | None, chosen: Settings, origins: Origins, more: Mapping[str, Any], *, key: str = "", wait: bool = False
) -> int:
    """Have the service begin it; the exit code, with `wait` that of its end. Raises UsageError, ServiceError."""
    _demand_tellable(origins)
    told = task_source.read(task, chosen.file)
    body = {**_body(told, chosen, origins), **more}
    with service(remote=chosen.remote) as client:
        machine = _machine(client, chosen.on)
        _agree(chosen, body)
        run = runs_api.started(client, body | machine, key) if machine else runs_api.started_alone(client, body, key)
    if wait:
        return follow(run, remote=chosen.remote, as_json=chosen.json)
    _say(run, chosen)
    return 0


def _say(run: RemoteRun, chosen: Settings) -> None:
    """The id alone on stdout, for a script to take; what to do with it beside."""
    if chosen.json:
        print(json.dumps(run.document, indent=2))
        return
    print(run.run_id, flush=True)
    remote = " --remote" if chosen.remote else ""
    print(f"coasty-desk: {run.status}; to watch it: coasty-desk runs watch{remote} {run.run_id}", file=sys.stderr)
    secret = run.document.get("webhook_secret")
    if isinstance(secret, str):
        print(f"coasty-desk: its webhooks are signed with {line(secret)}, which is not told again", file=sys.stderr)


def _demand_tellable(origins: Origins) -> None:
    """Raise UsageError for what was asked for here, by an option or a project's file, and would not hold there.

    What is in the person's own configuration the service goes by itself.
    """
    known = (*OF_A_RUN, *HERE)
    beyond = {row.name: origins[row.name] for row in settings.of("run", "limits") if row.name not in known}
    options = [settings.TABLE[name].flag for name, origin in beyond.items() if origin.startswith("option ")]
    if options:
        message = f"The service cannot be told {' and '.join(options)} for a single run."
        remedy = "Leave it out; what is in your own configuration, or in the service's options, holds for its runs."
        raise UsageError(message, remedy)
    projects = [name for name, origin in beyond.items() if settings.PROJECT_FILE in origin]
    if projects:
        message = (
            f"The project's file sets {' and '.join(projects)}, which the service cannot be told for a single run."
        )
        raise UsageError(message, "Run it without --detach, or in another folder.")


def _body(task: str, chosen: Settings, origins: Origins) -> dict[str, Any]:
    """What is asked for, but for the machine. Raises UsageError."""
    body: dict[str, Any] = {"task": task, "max_steps": chosen.steps}
    remote = chosen.remote
    if chosen.cua_version != Settings().cua_version:
        body["cua_version"] = chosen.cua_version
    if chosen.deadline is not None:
        body["deadline_seconds"] = max(1, math.ceil(chosen.deadline))
    if chosen.budget is not None and not remote:
        body["budget_cents"] = chosen.budget
    if (
        chosen.budget is not None and remote
    ):  # Coasty has none for runs: so many steps cost no more (API.md §17, row 37)
        body["max_steps"] = min(chosen.steps, chosen.budget // _step_cents(chosen))
    if body["max_steps"] < 1:
        message = f"A step costs {_step_cents(chosen)} cents, more than the budget."
        raise UsageError(message, "Allow more with --budget.")
    if chosen.model is not None and _is_asked_for("model", origins, remote=remote):
        body["model"] = chosen.model
    if chosen.system_prompt is not None and _is_asked_for("system_prompt", origins, remote=remote):
        body["system_prompt"] = _text(chosen.system_prompt, "--system-prompt", LONGEST_PROMPT)
    if chosen.policy and _is_asked_for("policy", origins, remote=remote):
        body["action_policy"] = _policy(chosen)
    return body


def _is_asked_for(name: str, origins: Origins, *, remote: bool) -> bool:
    """Whether it has to be told: the person's own configuration is known to the service of this computer, and not to Coasty."""
    return remote or origins[name].startswith("option ") or settings.PROJECT_FILE in origins[name]


def _policy(chosen: Settings) -> Mapping[str, Any]:
    """The one policy, as requests have it; the service holds the person's own besides. Raises UsageError."""
    if len(chosen.policy) > 1:
        message = "Several policies are in force here, and a request for a run has a place for one."
        raise UsageError(message, "Write them into one file.")
    return policy_file.as_requested(given(chosen.policy[0]))


def _machine(client: ServiceClient, on: str) -> dict[str, Any]:
    """Which one; empty where one is to be made for the run. Raises UsageError, ServiceError where there is none of that name."""
    if on == "virtual":
        return {}
    if on != Settings().on:
        return {"machine_id": machines_api.found(client, on).machine_id}
    if client.here:
        return {"machine_id": on}
    message = "This desktop is none of your Coasty account's machines."
    raise UsageError(message, "Name one with --on; `coasty-desk machines list --remote` has them.")


def _agree(chosen: Settings, body: Mapping[str, Any]) -> None:
    """Before what the account is charged for: as before a `run`. Raises UsageError."""
    if chosen.remote:
        asked = replace(chosen, provider="coasty", capped_by_project=False)
        agreement.agree(asked, body["max_steps"] * _step_cents(chosen))


def _step_cents(chosen: Settings) -> int:
    return STEP_CENTS.get(chosen.cua_version, USUAL_STEP_CENTS)


def _text(name: str, option: str, most: int) -> str:
    """A file's text. Raises UsageError."""
    from coasty_desk import plain_files

    path = given(name)
    try:
        found = plain_files.read(path, 4 * most + 4, pipes=True).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        message = f"{option} {path} cannot be read: {plain_files.why(error)}."
        raise UsageError(message, "Give a text file in UTF-8.") from error
    if len(found) > most:
        message = f"{option} {path} has more than {most} characters."
        raise UsageError(message, "Shorten it.")
    return found
