"""`coasty-desk replay`: does a recorded run's actions again, without the model."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec.structs import replace

from coasty_desk import compose, merged_settings
from coasty_desk.cli import configured
from coasty_desk.cli.commands import recorded_runs
from coasty_desk.cli.commands.agreement import agree
from coasty_desk.cli.commands.driving import drive
from coasty_desk.cli.setting_options import Options, with_settings
from coasty_desk.cli.typer_groups import RunId
from coasty_desk.core.errors import UsageError
from coasty_desk.record import timeline
from coasty_desk.record.journal import new_run_id
from coasty_desk.record.replay import PROVIDER, Recording
from coasty_desk.settings import Settings

OF_ITS_OWN = frozenset({"dry_run", "step", "max_steps", "deadline", "budget", "no_record"})
"""Settings of a run that its replay does not take over; the rest must be as they were for the screens to be alike."""

HEALINGS = 10
"""Steps more than were recorded that a model may need, where no cap is set."""


EXAMPLE = "Example:  coasty-desk replay last --set name=Zoë"


@with_settings(
    *("dry_run", "max_steps", "deadline", "budget", "step", "confirm", "policy", "secret", "on_human_input"),
    *("on", "monitor", "abort_hotkey", "settle", "overlay", "own_terminal", "no_record", "json", "yes"),
    as_it_was=True,
    max_steps="Cap on steps. [as recorded]",
    budget="Cap on what --heal may cost.",
)
def replay(
    options: Options,
    run: RunId,
    heal: Annotated[
        bool, typer.Option("--heal", help="Let the model do a step whose target is gone; that costs money.")
    ] = False,
    values: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="What to type for {{NAME}}. Repeatable.")
    ] = None,
) -> int:
    """Do a finished run's actions again without the model, each only where its target still is.

    What is not given here is as it was in the run. Stop it as any run.
    """
    folder = recorded_runs.find(run)
    recording = Recording(timeline.read(folder), folder, dict(map(_value, values or ())))
    then = merged_settings.known(recording.story.started.settings)
    before = {key: value for key, value in then.items() if key not in OF_ITS_OWN}
    chosen, origins = configured.load({**before, **options})
    if origins["max_steps"] == "default" and not chosen.dry_run:
        steps = max(chosen.steps, recording.most_steps + HEALINGS * heal)
        chosen, _ = configured.load({**before, **options, "max_steps": steps})
    healer = Settings().provider if heal else ""  # it is the service that heals, whoever did it first
    if healer:
        agree(replace(chosen, provider=healer))
    script = compose.Script(PROVIDER, recording.predictor, healer)
    return drive(recording.task, chosen, new_run_id(), script=script)


def _value(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        message = f"--set {text!r} is not NAME=VALUE."
        raise UsageError(message, "Write it like --set name=Zoë.")
    return name.strip(), value
