"""`coasty-desk run` from Python: a desktop with its settings, a task, and the run's events or its result."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakSet

from msgspec import Struct

from coasty_desk import compose, merged_settings, settings
from coasty_desk import task as tasks
from coasty_desk.core.errors import Aborted, UsageError
from coasty_desk.core.events import Ending, Event, Predicted, RunEnded
from coasty_desk.core.gates.confirm import Scripted
from coasty_desk.core.money import in_cents
from coasty_desk.core.ports import Person
from coasty_desk.core.run import how_stopped, never_started
from coasty_desk.core.scaling import Frame
from coasty_desk.core.stop import Reason, Stop
from coasty_desk.record.journal import new_run_id
from coasty_desk.settings import Settings
from coasty_desk.shell.shell_process import ShellProcess


class Result(Struct, frozen=True):
    """How a run ended. `message` is one sentence, `remedy` what to do where something went wrong.

    `cost_cents` is what the model has charged, `record` the run's folder, None where nothing was kept; `answer` is what
    the model found out, or said last.
    """

    run_id: str
    ending: Ending
    message: str
    remedy: str
    answer: str
    steps: int
    cost_cents: float
    seconds: float
    record: Path | None = None

    @property
    def done(self) -> bool:
        """Whether the task is done, as the model has it."""
        return self.ending is Ending.DONE


class Run:
    """One task on its way: an iterator of events, in a `with` block; whoever pulls them carries it out.

    Leaving the block stops what still goes on, and gives everything back. Only `stop` may be called from another thread.
    """

    def __init__(self, asked: compose.RunRequest) -> None:
        self._asked = asked
        self._given_back = ExitStack()
        self._events: Iterator[Event] = iter(())
        self._ready: compose.ReadyRun | None = None
        self._said = ""
        self._ended: RunEnded | None = None

    @property
    def run_id(self) -> str:
        """What its record is called by."""
        return self._asked.run_id

    @property
    def how_to_stop(self) -> str:
        """How a person at the screen stops it, in one sentence."""
        return "" if self._ready is None else self._ready.target.how_to_stop

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the person, before anything is done."""
        return () if self._ready is None else self._ready.warnings

    @property
    def result(self) -> Result:
        """How it ended. Raises RuntimeError before it has."""
        ended, recorder = self._ended, None if self._ready is None else self._ready.recorder
        if ended is None:
            message = "the run has not ended: pull its events"
            raise RuntimeError(message)
        record = None if recorder is None else recorder.folder
        told = (ended.message, ended.remedy, self._said, ended.steps, in_cents(ended.cost), ended.seconds)
        return Result(ended.run_id, ended.ending, *told, record)

    def stop(self, reason: Reason = "stop") -> None:
        """End it, in the middle of whatever it does; from any thread, also before it has begun."""
        self._asked.stop.trip(reason)

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        event = next(self._events)
        if isinstance(event, Predicted):
            self._said = event.answer or event.reasoning
        elif isinstance(event, RunEnded):
            self._ended = event
        return event

    def __enter__(self) -> Self:
        """Arm everything. Raises UsageError, ServiceError without a key, DesktopError without a display."""
        with ExitStack() as stack:
            try:
                self._ready = compose.start(self._asked, stack)
                self._events = stack.enter_context(self._ready.events())
            except Aborted:
                self._events = iter([never_started(self.run_id, *how_stopped(self._asked.stop))])
            self._given_back = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._given_back:
            if self._ended is None:
                self.stop("interrupt" if kind is not None and issubclass(kind, KeyboardInterrupt) else "stop")
                for _ in self:
                    """It lets go, and says so in the record."""


class Desktop:
    """This computer's desktop, for one run after another; from any thread, and signals stay with whoever has them.

    What `chosen` leaves at its default comes from the environment and the configuration files, as on the command line.
    `person` is asked where an action needs a yes; without one the answer is no. `on` is a target's name (`coasty_desk.catalog`), or a machine's, where it is another one than that of the settings.
    A program that is nothing but its run hands in its `process` (`coasty_desk.shell`), and is stopped by Ctrl-C and SIGTERM.
    Leaving its block stops what still goes on in other threads.
    """

    def __init__(
        self,
        chosen: Settings | None = None,
        *,
        person: Person | None = None,
        on: str = "",
        process: ShellProcess | None = None,
    ) -> None:
        """Raises UsageError for what is wrong with the settings."""
        if chosen is not None and chosen.file is not None:
            message = "The setting file is for the command line."
            raise UsageError(message, "Read the file, and give its text as the task.")
        usual, given = Settings(), chosen or Settings()
        options = {
            name: settings.plain(value)
            for name in settings.TABLE
            if (value := getattr(given, name)) != getattr(usual, name)
        }
        self.settings, _ = merged_settings.load(options, os.environ, merged_settings.configuration_files())
        self._person = Scripted() if person is None else person
        self._on, self._process = on, process
        self._runs = WeakSet[Run]()

    def run(self, task: str) -> Result:
        """Carry out a task to its end. Raises UsageError, ServiceError, DesktopError where it cannot begin; later errors are in the result."""
        with self.stream(task) as going:
            for _ in going:
                """Pulling is what does it."""
        return going.result

    def stream(self, task: str) -> Run:
        """The same, event by event. Raises UsageError for a task that is none."""
        asked = compose.RunRequest(
            *(tasks.checked(task), self.settings, new_run_id(), os.environ, self._person, Stop()),
            process=self._process,
            on=self._on,
        )
        run = Run(asked)
        self._runs.add(run)
        return run

    def look(self) -> Frame:
        """The screen as it is now, masked, at its full size. Raises UsageError, DesktopError."""
        return compose.look(self.settings, os.environ, Stop(), self._on)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for run in tuple(self._runs):
            run.stop()
