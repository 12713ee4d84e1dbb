"""`coasty-desk resume`: goes on with a run that was cut off, stopped or ended early, without doing or paying anything twice."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Annotated

import typer
from msgspec.structs import replace

from coasty_desk import compose, lifetimes, merged_settings
from coasty_desk import task as tasks
from coasty_desk.cli import configured
from coasty_desk.cli.commands.agreement import agree
from coasty_desk.cli.commands.driving import drive
from coasty_desk.cli.setting_options import Options, with_settings
from coasty_desk.cli.typer_groups import RunId
from coasty_desk.core.errors import UsageError
from coasty_desk.core.limits import Limits, renewed
from coasty_desk.core.money import cap, whole_cents
from coasty_desk.record import listing
from coasty_desk.record.journal import Recorder
from coasty_desk.record.replay import PROVIDER
from coasty_desk.record.resume import ResumeState, take_up
from coasty_desk.settings import Settings

EXAMPLE = "Example:  coasty-desk resume last 'Use the other printer' --max-steps 10"


@with_settings(
    *("max_steps", "deadline", "budget", "preset", "memory", "cua_version", "max_size", "image_format", "json", "yes"),
    as_it_was=True,
    max_steps="So many predictions more.",
    deadline="So many seconds more.",
    budget="So many cents more.",
)
def resume(
    options: Options,
    run: RunId,
    note: Annotated[str | None, typer.Argument(metavar="NOTE", help="What the model is told besides the task.")] = None,
) -> int:
    """Go on with a run that was cut off, stopped, or ended at a limit or a failure of the service.

    Nothing is done or paid twice. A limit that was used up begins anew, of the same size. A run that came to its
    end goes on where NOTE says what is to be done now. What is not given here is as it was in the run.
    """
    told = "" if note is None else tasks.checked(note, "note")
    folder = listing.find(compose.runs_folder(), run)
    recorder, remains = take_up(folder, told)
    with closing(recorder):
        task = remains.started.task
        _refuse(remains)
        if len(task) + len(told) > tasks.LONGEST:
            message = (
                f"The task and the note have {len(task) + len(told)} characters; the service takes {tasks.LONGEST}."
            )
            raise UsageError(message, "Shorten the note.")
        _refuse_other_terms(remains, recorder, options)
        chosen, _ = configured.load({**merged_settings.known(remains.started.settings), **options})
        if not lifetimes.target(chosen.on).stays:
            message = "The virtual machine that this run was on went with it."
            raise UsageError(message, "Start anew: coasty-desk run --on virtual TASK")
        remains = replace(remains, limits=_limits(remains, chosen, options))
        _agree(remains, chosen, options)
        return drive(task, chosen, folder.name, (recorder, remains))


def _refuse(remains: ResumeState) -> None:
    """Raise UsageError for a run that no model can go on with."""
    if remains.started.provider == PROVIDER:
        message = "This run was a replay of another one, and no model was asked."
        raise UsageError(message, "Replay that one again: see `coasty-desk runs list`.")
    if remains.started.provider == "ground":
        message = "This run was the click of a `ground`, and no model was asked."
        raise UsageError(message, "Look for the element again, with `coasty-desk ground`.")


def _refuse_other_terms(remains: ResumeState, recorder: Recorder, options: Mapping[str, object]) -> None:
    """Raise UsageError where the session that the run goes on in was told otherwise, or may have been."""
    others = [f"--{name.replace('_', '-')}" for name in ("preset", "memory", "cua_version") if name in options]
    asked = recorder.kept(remains.cut_off.progress.steps + 1, "session")
    if others and (remains.session is not None or (asked is not None and asked.body)):
        message = f"The run goes on in the session that it has, which was told another {' and '.join(others)}."
        raise UsageError(message, "Leave that out, or start anew with `coasty-desk run`.")


def _limits(remains: ResumeState, chosen: Settings, options: Mapping[str, object]) -> Limits:
    """The caps of this sitting, counted over all: what is given is so much more, what was used up begins anew."""
    said, used = remains.started.limits, remains.cut_off.progress
    budget = said.get("budget_cents")
    more = cap(chosen.budget)
    limits = Limits(int(said.get("max_steps") or chosen.steps), said.get("deadline"), cap(budget))
    if remains.ending is not None:
        limits = renewed(limits, Limits(chosen.steps, chosen.deadline, more), used, remains.ending)
    return Limits(
        used.steps + chosen.steps if "max_steps" in options else limits.max_steps,
        used.seconds + chosen.deadline if "deadline" in options and chosen.deadline else limits.deadline,
        used.spent + more if "budget" in options and more is not None else limits.budget,
    )


def _agree(remains: ResumeState, chosen: Settings, options: Mapping[str, object]) -> None:
    """Ask about what is still to be paid, where it is more than was ever agreed to. Raises UsageError."""
    limits, used = remains.limits, remains.cut_off.progress
    if limits is None:
        return
    prices = lifetimes.model(chosen.provider).prices(chosen, chosen.max_size)
    if prices is None:
        return
    rest = prices.rest(max(limits.max_steps - used.steps, 0), remains.predictions)
    if limits.budget is not None:
        rest = min(rest, max(whole_cents(limits.budget - used.spent), 0))
    agree(chosen if "budget" in options else replace(chosen, budget=None), rest)
