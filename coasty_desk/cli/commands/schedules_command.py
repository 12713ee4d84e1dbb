"""`coasty-desk schedules`: tasks that are done again and again, or once later, while `serve` runs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from coasty_desk.cli import completion
from coasty_desk.cli.commands.reaching import Remote, Yes, agree, service
from coasty_desk.cli.commands.workflow_inputs import Inputs, checked_inputs
from coasty_desk.cli.terminal.columns import print_columns
from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.cli.typer_groups import Json, group
from coasty_desk.client import schedules_api, workflows_api
from coasty_desk.core.errors import UsageError
from coasty_desk.schedules.schedule_rule import FREQUENCIES, RuleError, ScheduleRule, plain, zone_named

ZONE_FILE = Path("/etc/localtime")
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

app = group("Tasks that are done again and again, or once later, while `coasty-desk serve` runs.")

Schedule = Annotated[
    str,
    typer.Argument(
        metavar="SCHEDULE", help="Its id, the beginning of one, or its name.", autocompletion=completion.schedules
    ),
]


@app.command(epilog='Example:  coasty-desk schedules add mornings "Open the mail" --every daily --time 07:30')
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called, 1-128 characters.")],
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="What is to be done, in plain words; with --workflow, what it is for.")
    ] = "",
    workflow: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Start this saved workflow each time: its id, slug or name.",
            autocompletion=completion.workflows,
        ),
    ] = "",
    inputs: Inputs = None,
    every: Annotated[
        str,
        typer.Option(
            metavar="WORD",
            help=f"How often: {', '.join(FREQUENCIES[:-1])}.",
            autocompletion=completion.begun(lambda: FREQUENCIES[:-1]),
        ),
    ] = "",
    cron: Annotated[str, typer.Option(metavar="FIELDS", help="A cron expression with 5 or 6 fields instead.")] = "",
    at: Annotated[
        str, typer.Option(metavar="TIME", help="Once, then: 2026-12-24T18:00, in the zone unless it names one.")
    ] = "",
    time_of_day: Annotated[
        str, typer.Option("--time", metavar="HH:MM", help="Of daily, weekly and monthly. [09:00]")
    ] = "",
    day: Annotated[
        str, typer.Option(metavar="DAY", help="Of weekly, a weekday's name; of monthly, 1 to 28. [monday, 1]")
    ] = "",
    zone: Annotated[str, typer.Option(metavar="ZONE", help="Whose clock, as Europe/Warsaw. [this computer's]")] = "",
    on: Annotated[
        str, typer.Option(metavar="MACHINE", help="The machine's id.", autocompletion=completion.machines)
    ] = "desktop",
    failures: Annotated[
        int, typer.Option(metavar="N", help="Pause it after so many failures in a row.", min=1, max=50)
    ] = 5,
    remote: Remote = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Have a task done again and again, or once later, and print the schedule's id."""
    if not task and not workflow:
        message = "There is nothing to do."
        raise UsageError(
            message, f"Give a task, as `coasty-desk schedules add {line(name, 40)} TASK`, or a --workflow."
        )
    if inputs and not workflow:
        message = "--input gives a workflow something, and no --workflow is named."
        raise UsageError(message, "Name one, or say it in the task.")
    chosen = zone or _own_zone()
    body: dict[str, object] = {"name": name, "machine_id": on, "task_prompt": task, "timezone": chosen}
    body |= {"max_consecutive_failures": failures, **_when(every, cron, at, chosen)}
    if time_of_day:
        body["time"] = time_of_day
    if day:
        body |= _day(day)
    with service(remote=remote) as client:
        if workflow:
            saved = workflows_api.found(client, workflow)
            given = checked_inputs(inputs, saved.document.get("inputs_schema"))
            body |= {"workflow_id": saved.workflow_id, "inputs": given}
            body["task_prompt"] = task or f"Start the workflow {saved.name}."
        agree(client, "Each run of the schedule is paid from your account", yes=yes)
        made = schedules_api.schedule_made(client, body)
    if as_json:
        print(json.dumps(made, indent=2))
        return 0
    print(line(str(made.get("id", ""))))
    typer.echo(f"It fires next at {_moment(made.get('next_run_at'), made)}.", err=True)
    return 0


@app.command("list", epilog="Example:  coasty-desk schedules list")
def list_all(remote: Remote = False, as_json: Json = False) -> int:
    """List the schedules: how often, when next, how the last ones went."""
    with service(remote=remote) as client:
        found = schedules_api.schedules_listed(client)
    if as_json:
        print(json.dumps(found, indent=2))
        return 0
    if not found:
        print("There is no schedule. Make one with `coasty-desk schedules add`.")
        return 0
    print_columns(("SCHEDULE", "NAME", "WHEN", "NEXT", "RUNS", "TASK"), map(_row, found), right=("RUNS",))
    return 0


@app.command(epilog="Example:  coasty-desk schedules show mornings")
def show(schedule: Schedule, remote: Remote = False, as_json: Json = False) -> int:
    """Show a schedule, and what has it fire besides time."""
    with service(remote=remote) as client:
        found = schedules_api.schedule_found(client, schedule)
        triggers = schedules_api.triggers_listed(client, str(found["id"]))
    if as_json:
        print(json.dumps({**found, "triggers": triggers}, indent=2))
        return 0
    shown = {
        "name": found.get("name"),
        "task": found.get("task_prompt"),
        **(
            {"workflow": found.get("workflow_id"), "inputs": json.dumps(found.get("inputs"))}
            if found.get("workflow_id")
            else {}
        ),
        "machine": found.get("machine_id"),
        "when": f"{_often(found)} ({found.get('timezone')})",
        "next": _moment(found.get("next_run_at"), found),
        "last": _moment(found.get("last_run_at"), found),
        "runs": found.get("run_count"),
        "failures": f"{found.get('consecutive_failures')} in a row",
        "triggers": ", ".join(f"{one.get('kind')} {one.get('id')}" for one in triggers) or "none",
    }
    for name, value in shown.items():
        print(f"{name + ':':<10} {line(str(value))}")
    return 0


@app.command("next", epilog="Example:  coasty-desk schedules next 5 --of mornings")
def coming(
    count: Annotated[int, typer.Argument(metavar="N", help="How many times. [10]", min=1, max=1000)] = 10,
    of: Annotated[
        str, typer.Option(metavar="SCHEDULE", help="Of this one alone.", autocompletion=completion.schedules)
    ] = "",
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """Print the next N times at which schedules fire."""
    with service(remote=remote) as client:
        found = [schedules_api.schedule_found(client, of)] if of else schedules_api.schedules_listed(client)
    times = sorted(
        ((moment, one) for one in found for moment in _times(one, count)),
        key=lambda each: (each[0], str(each[1]["id"])),
    )[:count]
    if as_json:
        told = [{"schedule_id": one["id"], "name": one.get("name"), "at": _iso(moment)} for moment, one in times]
        print(json.dumps(told, indent=2))
        return 0
    for moment, one in times:
        print(f"{_moment(_iso(moment), one)}  {line(str(one.get('name')))}")
    if not times:
        print("Nothing is to fire.")
    return 0


@app.command(epilog="Example:  coasty-desk schedules pause mornings")
def pause(schedule: Schedule, remote: Remote = False) -> int:
    """Have it fire no more, until it is resumed."""
    with service(remote=remote) as client:
        found = schedules_api.schedule_found(client, schedule)
        schedules_api.schedule_changed(client, str(found["id"]), "pause")
    print(f"Paused {line(str(found.get('name')))}.")
    return 0


@app.command(epilog="Example:  coasty-desk schedules resume mornings")
def resume(schedule: Schedule, remote: Remote = False) -> int:
    """Have it fire again, from now on."""
    with service(remote=remote) as client:
        found = schedules_api.schedule_found(client, schedule)
        now = schedules_api.schedule_changed(client, str(found["id"]), "resume")
    print(f"{line(str(found.get('name')))} fires next at {_moment(now.get('next_run_at'), now)}.")
    return 0


@app.command(epilog="Example:  coasty-desk schedules run mornings --context '{\"order\": 7}'")
def run(
    schedule: Schedule,
    task: Annotated[str, typer.Option(metavar="TASK", help="Do this instead, this once.")] = "",
    context: Annotated[
        str, typer.Option(metavar="JSON", help="An object that the task is about: told as not trusted.")
    ] = "",
    remote: Remote = False,
    yes: Yes = False,
) -> int:
    """Fire it now, also where it is paused, and print the run's id."""
    body: dict[str, object] = {"task_prompt_override": task} if task else {}
    if context:
        body["triggered_context"] = _object(context)
    with service(remote=remote) as client:
        agree(client, "The run is paid from your account", yes=yes)
        found = schedules_api.schedule_found(client, schedule)
        started = schedules_api.schedule_started(client, str(found["id"]), body)
    print(line(str(started.get("run_id") or "")))
    typer.echo(line(str(started.get("message") or "")), err=True)
    return 0


@app.command(epilog="Example:  coasty-desk schedules runs mornings --limit 5")
def runs(
    schedule: Schedule,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", help="The newest N. [20]", min=1, max=10_000)
    ] = 20,
    remote: Remote = False,
    as_json: Json = False,
) -> int:
    """List when it fired, what had it fire, and how that ended."""
    with service(remote=remote) as client:
        found = schedules_api.schedule_found(client, schedule)
        known = schedules_api.schedule_runs(client, str(found["id"]), limit)
    if as_json:
        print(json.dumps(known, indent=2))
        return 0
    if not known:
        print(f"{line(str(found.get('name')))} has not fired yet.")
        return 0
    rows = (
        [
            *(one.get(name) for name in ("id", "status", "trigger")),
            _moment(one.get("executed_at"), found),
            one.get("error") or "",
        ]
        for one in known
    )
    print_columns(("RUN", "STATUS", "BY", "WHEN", "WHY"), rows)
    return 0


@app.command(epilog="Example:  coasty-desk schedules delete mornings")
def delete(schedule: Schedule, remote: Remote = False, yes: Yes = False) -> int:
    """Delete a schedule and its triggers; what it has started goes on."""
    with service(remote=remote) as client:
        found = schedules_api.schedule_found(client, schedule)
        agree(client, f"The schedule {line(str(found.get('name')))} is deleted", yes=yes)
        schedules_api.schedule_deleted(client, str(found["id"]))
    print(f"Deleted {line(str(found.get('name')))}.")
    return 0


def _when(every: str, cron: str, at: str, zone: str) -> dict[str, object]:
    """Raises UsageError where it is said in no way or in several."""
    if sum(map(bool, (every, cron, at))) != 1:
        message = "One of --every, --cron and --at says when."
        raise UsageError(message, "Give one: `coasty-desk schedules add --help` says which words --every knows.")
    if every:
        return {"frequency": every}
    if cron:
        return {"frequency": "custom", "cron": cron}
    try:
        moment = datetime.fromisoformat(at)
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone_named(zone))
        return {"run_at": _iso(aware.timestamp())}
    except (ValueError, OverflowError) as error:
        message = f"{line(at, 40)} is no time, or {line(zone, 40)} no time zone."
        raise UsageError(message, "Write it as 2026-12-24T18:00, and the zone as Europe/Warsaw.") from error


def _day(said: str) -> dict[str, object]:
    near = [number for number, name in enumerate(DAYS) if len(said) >= 2 and name.startswith(said.lower())]
    if len(near) == 1:
        return {"day_of_week": near[0]}
    if said.isascii() and said.isdigit():
        return {"day_of_month": int(said[:3])}
    message = f"{line(said, 40)} is no day."
    raise UsageError(message, "Give a weekday's name for weekly, or 1 to 28 for monthly.")


def _own_zone() -> str:
    """This computer's, by its name; UTC where that is not known."""
    named = os.environ.get("TZ", "").lstrip(":")
    if not named:
        parts = str(ZONE_FILE.resolve()).partition("zoneinfo/")
        named = parts[2]
    try:
        zone_named(named)
    except RuleError:
        return "UTC"
    return named


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        message = "The context is no JSON object."
        raise UsageError(message, "Give one, as --context '{\"order\": 7}'.")
    return found


def _times(one: Mapping[str, Any], count: int) -> list[float]:
    """Those at which it fires next, as it says of itself. Raises UsageError."""
    following = _seconds(one.get("next_run_at"))
    if following is None:
        return []
    cron = one.get("cron")
    if not isinstance(cron, str) or not cron:
        return [following]
    try:
        from coasty_desk.schedules.fire_times import fires

        rule = ScheduleRule(plain(cron), str(one.get("timezone") or "UTC"))
        begins = max(following - 1, time.time() - 1)
        return list(islice(fires(rule, begins, begins + 100 * 366 * 86_400), count))
    except RuleError:
        return [following]
    except ModuleNotFoundError as error:
        message = "The packages that know times are not installed."
        raise UsageError(message, "Install them: pip install 'coasty-desk[serve]'.") from error


def _row(one: Mapping[str, object]) -> list[object]:
    named = [one.get(name) for name in ("id", "name")]
    told = (
        _moment(one.get("next_run_at"), one)
        if one.get("enabled")
        else f"paused: {one.get('paused_reason') or 'manual'}"
    )
    return [*named, _often(one), told, one.get("run_count"), one.get("task_prompt")]


def _often(one: Mapping[str, object]) -> str:
    word = str(one.get("frequency") or "")
    return f"{word} ({one.get('cron')})" if one.get("cron") else word


def _moment(value: object, one: Mapping[str, object]) -> str:
    """On the clock of its own zone."""
    seconds = _seconds(value)
    if seconds is None:
        return "-"
    try:
        zone = zone_named(str(one.get("timezone") or "UTC"))
    except RuleError:
        return _iso(seconds)
    return f"{datetime.fromtimestamp(seconds, zone):%Y-%m-%d %H:%M:%S %Z}"


def _seconds(value: object) -> float | None:
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
