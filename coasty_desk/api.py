"""`coasty-desk run` from Python: a task and its settings in, the run's events out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from coasty_desk import compose, settings
from coasty_desk import task as tasks
from coasty_desk.core.errors import UsageError
from coasty_desk.core.events import Event
from coasty_desk.core.gates.confirm import Scripted
from coasty_desk.core.ports import Person
from coasty_desk.core.run import run
from coasty_desk.record.journal import new_run_id, recorded


@contextmanager
def driving(task: str, *, person: Person | None = None, **options: object) -> Iterator[Iterator[Event]]:
    """Everything that a run on this desktop needs, armed; the block pulls its events, and carries it out by that.

    `options` are those of `coasty-desk run` with underscores (`max_steps=10`, `provider="offline"`);
    what is not given comes from the environment and the configuration files as it does there.
    `person` is asked where an action needs a yes; without one the answer is no. Leaving the block
    stops what goes on and gives everything back. Raises UsageError for what is wrong with the
    settings (a name that is no option's, too) or the task, ServiceError without a key, DesktopError without a display; what goes wrong later is
    in the last event, a `RunEnded`. From the main thread, where signals are to stop it.
    """
    if "file" in options:
        message = "There is no option file."
        raise UsageError(message, "Read the file, and give its text as the task.")
    told = tasks.checked(task)
    chosen, _ = settings.load(options, os.environ, settings.configuration_files())
    asked = Scripted() if person is None else person
    with ExitStack() as stack:
        desk = compose.desk(told, chosen, new_run_id(), os.environ, stack, asked)
        events = stack.enter_context(closing(run(desk.job, desk.ports, desk.cut_off)))
        yield events if desk.recorder is None else recorded(events, desk.recorder)
