"""`coasty-desk run`: wires a run, pulls its events, shows them, and turns the last into the exit code."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from coasty_desk import compose
from coasty_desk.cli.commands.cost_command import agree
from coasty_desk.cli.exits import EXIT_STOPPED, IS_IT_FULL, exit_code
from coasty_desk.cli.terminal import borrowed_terminal, stuck_keys, task_source
from coasty_desk.cli.terminal.prompts import TerminalPerson, there
from coasty_desk.cli.view.choose_view import for_person
from coasty_desk.cli.view.json_lines import JsonView
from coasty_desk.cli.view.outlet import Outlet, outlets
from coasty_desk.cli.view.run_view import View
from coasty_desk.core import events as ev
from coasty_desk.core.errors import Aborted, DesktopError, ServiceError
from coasty_desk.core.job_control import JobControl
from coasty_desk.core.run import how_stopped, never_started
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.screen.prefetch import FirstLook
from coasty_desk.record.journal import Recorder, new_run_id
from coasty_desk.record.resume import GOES_ON, ResumeState
from coasty_desk.settings import Settings
from coasty_desk.shell.shell_process import ShellProcess

SHOWN = 0.2
"""Seconds that what was said last is given to be shown, before the terminal is given back."""

EXIT_CODES: dict[ev.Ending, int] = {
    ev.Ending.DONE: 0,
    ev.Ending.AGENT_FAILED: 1,
    ev.Ending.MAX_STEPS: 3,
    ev.Ending.BUDGET: 3,
    ev.Ending.STALLED: 3,
    ev.Ending.DEADLINE: 3,
    ev.Ending.SERVICE_ERROR: 4,
    ev.Ending.DESKTOP_ERROR: 5,
    ev.Ending.REFUSED: 6,
    ev.Ending.HOTKEY: 130,
    ev.Ending.CORNER: 130,
    ev.Ending.INTERRUPT: 130,
    ev.Ending.STOP: 130,
}
"""DESIGN.md A3, one for every way a run can end."""

REMEDIES: dict[ev.Ending, str] = {
    ev.Ending.AGENT_FAILED: "Read what it saw in the record, then say the task in other words or in smaller steps.",
    ev.Ending.MAX_STEPS: "Allow more with --max-steps, or ask for less at once.",
    ev.Ending.BUDGET: "Allow more with --budget, or spend less a step with a smaller --memory.",
    ev.Ending.STALLED: "Read in the record where it went round in circles, then say the task in smaller steps.",
    ev.Ending.DEADLINE: "Allow more with --deadline, or ask for less at once.",
    ev.Ending.DESKTOP_ERROR: "`coasty-desk doctor` says what is wrong here; `coasty-desk resume last` goes on with the run.",
    ev.Ending.REFUSED: "Read in the record what was refused; allow it, or say the task so that it is not needed.",
}
"""What to do about an ending that has no remedy of its own; a stop needs none."""


def run(task: str | None, chosen: Settings, first: FirstLook | None = None) -> int:
    """Carry out one `run` command line; `first` is looking at the screen already."""
    told = task_source.read(task, chosen.file)
    agree(chosen)
    return drive(told, chosen, new_run_id(), first=first)


def _view(chosen: Settings) -> View:
    if chosen.json:
        return JsonView(recorded=not chosen.no_record)
    return for_person(dry_run=chosen.dry_run, environment=os.environ)


def drive(
    task: str,
    chosen: Settings,
    run_id: str,
    taken_up: tuple[Recorder, ResumeState] | None = None,
    script: compose.Script | None = None,
    first: FirstLook | None = None,
    remedies: Mapping[ev.Ending, str] = REMEDIES,
) -> int:
    """Wire the run and pull it to its end; the exit code. Raises CoastyDeskError where it cannot start, Aborted."""
    stop = Stop()
    with outlets(stop) as out:
        view = _view(chosen)
        ending: ev.RunEnded | None = None
        try:
            with ExitStack() as stack:
                stack.callback(view.close)
                process = _process(view, out)
                stack.enter_context(borrowed_terminal.echo_off())
                asked = compose.RunRequest(
                    *(task, chosen, run_id, os.environ, TerminalPerson(stop), stop, taken_up, script, first, process)
                )
                ready = compose.start(asked, stack)
                if not chosen.dry_run:
                    stuck_keys.offer(stop, ready.target.at_terminal)
                gc.freeze()  # what is loaded stays; what comes from here on is looked through again
                gc.enable()
                ending, refused = _pull(ready, view, process.control, out)
            remedy = "" if ending is None else ending.remedy or remedies.get(ending.ending, "")
            if ending is not None and ending.ending is ev.Ending.DESKTOP_ERROR and any(one.broken for one in out):
                remedy = IS_IT_FULL
            return _finish(ending, remedy, ready, view, one_look=chosen.dry_run and chosen.steps == 1 and not refused)
        except (Aborted, KeyboardInterrupt):
            _say_stopped(run_id, stop, view, chosen, ending)
            raise
        except Exception as error:
            if ending is None and stop.is_set() and EXIT_CODES[how_stopped(stop)[0]] == EXIT_STOPPED:
                _say_stopped(run_id, stop, view, chosen, ending)
                raise Aborted(stop.reason) from error  # it cuts off whatever hangs, and that breaks anyhow
            if chosen.json and isinstance(error, ServiceError | DesktopError):
                whose = {4: ev.Ending.SERVICE_ERROR, 5: ev.Ending.DESKTOP_ERROR}[exit_code(error)]
                view.show(never_started(run_id, whose, error.message, error.remedy))
            raise


def _say_stopped(run_id: str, stop: Stop, view: View, chosen: Settings, ending: ev.RunEnded | None) -> None:
    """The last line of a run that was stopped before it had begun."""
    if chosen.json and ending is None:
        if not stop.is_set():
            stop.trip("interrupt")
        view.show(never_started(run_id, *how_stopped(stop)))


def _process(view: View, out: Sequence[Outlet]) -> ShellProcess:
    """This program, with what the terminal has lent it, to be given back whenever it is suspended."""

    def give_back() -> None:
        view.suspend()
        for one in out:
            one.drain(SHOWN)
        borrowed_terminal.give_back()

    def take_again() -> None:
        borrowed_terminal.take_again()
        view.resume()

    process = ShellProcess(attended=there())
    process.control.around(give_back, take_again)
    return process


class _Tally:
    """What there is to say at the end, where the loop does not come to it: the last event is written and said all the same."""

    def __init__(self, ready: compose.ReadyRun, view: View, out: Sequence[Outlet]) -> None:
        self._ready = ready
        self._view = view
        self._out = out
        self._spent = self._steps = self._seq = 0
        self._began = time.monotonic()
        self.ended = False

    def take(self, event: ev.Event) -> None:
        """Follow the run."""
        self._steps = event.step if isinstance(event, ev.Predicted) else self._steps
        self._spent = event.total if isinstance(event, ev.Predicted | ev.Charged) else self._spent
        self._began, self._seq = time.monotonic() - event.elapsed, event.seq
        self.ended = isinstance(event, ev.RunEnded)

    def end(self) -> ev.RunEnded:
        """The last event of a run whose process is ended by force."""
        ending, message = how_stopped(self._ready.ports.stop)
        return ev.RunEnded(
            run_id=self._ready.job.run_id,
            step=self._steps,
            seq=self._seq + 1,
            ending=ending,
            message=f"{message}; it did not end by itself, and its process was ended",
            steps=self._steps,
            cost=self._spent,
            seconds=round(time.monotonic() - self._began, 3),
        )

    def write(self) -> bool:
        """Have it in the record; whether it is there."""
        try:
            if self._ready.recorder is not None and not self.ended:
                self._ready.recorder.take(self.end())
        except (DesktopError, OSError):
            return False
        return True

    def say(self) -> bool:
        """Show it; whether that was done."""
        try:
            if not self.ended:
                self._view.show(self.end())
        except (OSError, ValueError):
            return False
        return all(one.drain(SHOWN) for one in self._out)  # the process ends next, and with it whoever writes


def _pull(
    ready: compose.ReadyRun, view: View, control: JobControl, out: Sequence[Outlet]
) -> tuple[ev.RunEnded | None, bool]:
    """The last event, and whether an action was refused."""
    view.begin(ready.target.how_to_stop, ready.warnings)
    ending: ev.RunEnded | None = None
    refused = False
    tally = _Tally(ready, view, out)
    control.lastly("its end is not in the record", tally.write)
    control.lastly("its last event was not said", tally.say)
    with ready.events() as events:
        for event in events:
            tally.take(event)
            view.show(event)
            refused = refused or isinstance(event, ev.Refused)
            if isinstance(event, ev.RunEnded):
                ending = event
    return ending, refused


def _finish(ending: ev.RunEnded | None, remedy: str, ready: compose.ReadyRun, view: View, *, one_look: bool) -> int:
    """Say how it ended; the exit code. `one_look` is a dry run of one step, which has done all it was to do after that."""
    if ending is None:  # the loop promises a last event; to exit with success without one would be a lie
        message = "The run ended without saying how."
        raise DesktopError(message, "Report this with the journal of the run.")
    fine = one_look and ending.ending is ev.Ending.MAX_STEPS
    record = None if ready.recorder is None else ready.recorder.folder
    view.end(ending, remedy, record, fine=fine, after=() if record is None else tuple(_after(ending, ready)))
    return 0 if fine else EXIT_CODES[ending.ending]


def _after(ending: ev.RunEnded, ready: compose.ReadyRun) -> Iterator[str]:
    """What may come next, as a command each; `last` is this run."""
    if ending.steps:
        yield "what it saw and did: coasty-desk runs report last"
    if not ready.goes_on or ending.ending is ev.Ending.DONE:
        return
    left = ready.remembers and ending.ending in GOES_ON
    yield "to go on: coasty-desk resume last" + ("" if left else ' "what to do now"')
