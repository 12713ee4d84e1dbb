"""`coasty-desk replay`: does a recorded run's actions again, without the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from coasty_desk import compose, settings
from coasty_desk.cli import configured
from coasty_desk.cli.commands.cost_command import agree
from coasty_desk.cli.commands.run_command import drive
from coasty_desk.core.errors import UsageError
from coasty_desk.record import listing, timeline
from coasty_desk.record.journal import new_run_id
from coasty_desk.record.replay import Recording, ReplayStep
from coasty_desk.settings import Settings

OF_ITS_OWN = frozenset({"dry_run", "step", "max_steps", "deadline", "budget", "no_record"})
"""Settings of a run that its replay does not take over; the rest must be as they were for the screens to be alike."""

HEALINGS = 10
"""Steps more than were recorded that a model may need, where no cap is set."""


def replay(name: str, *, heal: bool, values: Sequence[str], options: Mapping[str, object]) -> int:
    """Do the run again, with its settings where `options` has no others. Raises UsageError where it cannot be."""
    folder = listing.find(compose.runs_folder(), name)
    recording = Recording(timeline.read(folder), folder, dict(map(_value, values)))
    then = settings.known(recording.story.started.settings)
    before = {key: value for key, value in then.items() if key not in OF_ITS_OWN}
    chosen, origins = configured.load({**before, **options})
    if origins["max_steps"] == "default" and not chosen.dry_run:
        steps = max(chosen.steps, len(recording.steps) + 1 + HEALINGS * heal)
        chosen, _ = configured.load({**before, **options, "max_steps": steps})
    healer = Settings().provider if heal else ""  # it is the service that heals, whoever did it first
    if healer:
        agree(replace(chosen, provider=healer))
    return drive(recording.task, chosen, new_run_id(), script=ReplayStep(recording, healer))


def _value(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        message = f"--set {text!r} is not NAME=VALUE."
        raise UsageError(message, "Write it like --set name=Zoë.")
    return name.strip(), value
