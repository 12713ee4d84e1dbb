"""`coasty-desk resume`: goes on with a run that was cut off, without doing or paying anything twice."""

from __future__ import annotations

from contextlib import closing

from coasty_desk import compose, settings
from coasty_desk.cli import configured
from coasty_desk.cli.run import drive
from coasty_desk.core.errors import UsageError
from coasty_desk.record import listing
from coasty_desk.record.replay import PROVIDER
from coasty_desk.record.resume import take_up


def resume(name: str, *, as_json: bool, yes: bool) -> int:
    """Go on with the settings that the run began with. Raises UsageError where it ended or still goes on."""
    folder = listing.find(compose.runs_folder(), name)
    recorder, remains = take_up(folder)
    with closing(recorder):
        if remains.started.provider == PROVIDER:
            message = "This run was a replay of another one, and no model was asked."
            raise UsageError(message, "Replay that one again: see `coasty-desk runs list`.")
        options = {**settings.known(remains.started.settings), "json": as_json, "yes": yes}
        chosen, _ = configured.load(options)
        return drive(remains.started.task, chosen, folder.name, (recorder, remains))
