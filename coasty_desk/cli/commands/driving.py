"""Wires a run, pulls its events, shows them, and turns the last into the exit code: `run`, and all that drives as a run does."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack

from coasty_desk import compose
from coasty_desk.cli.commands.agreement import agree
from coasty_desk.cli.exits import EXIT_DESKTOP, EXIT_SERVICE, EXIT_STOPPED, IS_IT_FULL
from coasty_desk.cli.terminal import borrowed_terminal, prompts, task_source
from coasty_desk.cli.view.choose_view import for_person
from coasty_desk.cli.view.outlet import Outlet, outlets
from coasty_desk.cli.view.run_view import JsonView, View
from coasty_desk.core import events as ev
from coasty_desk.core.errors import Aborted, DesktopError, ServiceError
from coasty_desk.core.job_control import JobControl
from coasty_desk.core.run import how_stopped, never_started
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input import release
from coasty_desk.desktop.screen.prefetch import FirstLook
from coasty_desk.record.forced_end import NOT_WRITTEN, ForcedEnd
from coasty_desk.record.journal import Recorder, new_run_id
from coasty_desk.record.resume import GOES_ON, ResumeState
from coasty_desk.settings import Settings
from coasty_desk.shell.shell_process import ShellProcess

SHOWN = 0.2
"""Seconds that what was said last is given to be shown, before the terminal is given back."""

STOPPED = tuple(ending for ending in ev.Ending if ending.status == "cancelled")

EXIT_CODES: dict[ev.Ending, int] = {
    ev.Ending.DONE: 0,
    ev.Ending.AGENT_FAILED: 1,
    **dict.fromkeys((ev.Ending.MAX_STEPS, ev.Ending.BUDGET, ev.Ending.STALLED, ev.Ending.DEADLINE), 3),
    ev.Ending.SERVICE_ERROR: EXIT_SERVICE,
    ev.Ending.DESKTOP_ERROR: EXIT_DESKTOP,
    ev.Ending.REFUSED: 6,
    **dict.fromkeys(STOPPED, EXIT_STOPPED),
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


def drive(
    task: str,
    chosen: Settings,
    run_id: str,
    taken_up: tuple[Recorder, ResumeState] | None = None,
    script: compose.Script | None = None,
    first: FirstLook | None = None,
    remedies: Mapping[ev.Ending, str] = REMEDIES,
    ended: Callable[[ev.RunEnded], None] = lambda _ending: None,
) -> int:
    """Wire the run and pull it to its end; the exit code. Raises CoastyDeskError where it cannot start, Aborted.

    `ended` is told the last event.
    """
    stop = Stop()
    with outlets(stop) as out:
        json = JsonView(recorded=not chosen.no_record) if chosen.json else None
        view = json or for_person(dry_run=chosen.dry_run, environment=os.environ)
        ending: ev.RunEnded | None = None
        try:
            with ExitStack() as stack:
                stack.callback(view.close)
                process = _process(view, out)
                stack.enter_context(borrowed_terminal.echo_off())
                asked = compose.RunRequest(
                    *(
                        task,
                        chosen,
                        run_id,
                        os.environ,
                        prompts.TerminalPerson(stop),
                        stop,
                        taken_up,
                        script,
                        first,
                        process,
                    )
                )
                ready = compose.start(asked, stack)
                if ready.target.surroundings.hands and not chosen.dry_run:
                    _offer_release(stop, ready.target.at_terminal)
                gc.freeze()  # what is loaded stays; what comes from here on is looked through again
                gc.enable()
                ending, refused = _pull(ready, view, process.control, out)
                ended(ending)
            remedy = ending.remedy or remedies.get(ending.ending, "")
            if ending.ending is ev.Ending.DESKTOP_ERROR and any(one.broken for one in out):
                remedy = IS_IT_FULL
            return _finish(ending, remedy, ready, view, one_look=chosen.dry_run and chosen.steps == 1 and not refused)
        except (Aborted, KeyboardInterrupt):
            _say_stopped(run_id, stop, view, chosen, ending)
            raise
        except Exception as error:
            if ending is None and stop.is_set() and how_stopped(stop)[0] in STOPPED:
                _say_stopped(run_id, stop, view, chosen, ending)
                raise Aborted(stop.reason) from error  # it cuts off whatever hangs, and that breaks anyhow
            if chosen.json and isinstance(error, ServiceError | DesktopError):
                whose = ev.Ending.SERVICE_ERROR if isinstance(error, ServiceError) else ev.Ending.DESKTOP_ERROR
                view.show(never_started(run_id, whose, error.message, error.remedy))
            raise


def _say_stopped(run_id: str, stop: Stop, view: View, chosen: Settings, ending: ev.RunEnded | None) -> None:
    """The last line of a run that was stopped before it had begun."""
    if chosen.json and ending is None:
        if not stop.is_set():
            stop.trip("interrupt")
        view.show(never_started(run_id, *how_stopped(stop)))


def _offer_release(stop: Stop, at_terminal: Callable[[], AbstractContextManager[None]]) -> None:
    """What a killed process left held down is let go, for every key of ours would be mixed with it: after a yes at a terminal, and without one at once.

    The person is asked `at_terminal`: within it the terminal is there to be answered at. Raises Aborted, DesktopError.
    """
    stuck = release.stuck(stop)
    if not stuck:
        return
    print(f"coasty-desk: held down before the run: {', '.join(one.name for one in stuck)}.", file=sys.stderr)
    if prompts.there():
        with at_terminal(), borrowed_terminal.answering():
            print("Release them? [Y/n] ", end="", file=sys.stderr, flush=True)
            said = prompts.read_line(sys.stdin, stop, prompts.PATIENCE)
        if said is not None and said.strip().lower() in ("n", "no"):
            return
    release.release()
    print("coasty-desk: released.", file=sys.stderr)


def _process(view: View, out: Sequence[Outlet]) -> ShellProcess:
    """This program, with what the terminal has lent it, to be given back whenever it is suspended."""

    def give_back() -> None:
        view.suspend()
        for one in out:
            one.drain(SHOWN)
        borrowed_terminal.give_back()

    def take_again() -> None:
        borrowed_terminal.console.apply()  # from the background nothing is done
        view.resume()

    process = ShellProcess(attended=prompts.there())
    process.control.around(give_back, take_again)
    return process


class _Tally(ForcedEnd):
    """What there is to say at the end, where the loop does not come to it: the last event is written and said all the same."""

    def __init__(self, ready: compose.ReadyRun, view: View, out: Sequence[Outlet]) -> None:
        super().__init__(ready.job.run_id, ready.ports.stop, ready.recorder)
        self._view, self._out = view, out

    def say(self) -> bool:
        """Show it; whether that was done."""
        try:
            if self.course.ended is None:
                self._view.show(self.end())
        except (OSError, ValueError):
            return False
        return all(one.drain(SHOWN) for one in self._out)  # the process ends next, and with it whoever writes


def _pull(ready: compose.ReadyRun, view: View, control: JobControl, out: Sequence[Outlet]) -> tuple[ev.RunEnded, bool]:
    """The last event, and whether an action was refused."""
    view.begin(ready.target.how_to_stop, ready.warnings)
    refused = False
    tally = _Tally(ready, view, out)
    control.lastly(NOT_WRITTEN, tally.write)
    control.lastly("its last event was not said", tally.say)
    with ready.events() as events:
        for event in events:
            tally.take(event)
            view.show(event)
            refused = refused or isinstance(event, ev.Refused)
    if tally.course.ended is None:  # the loop promises a last event; to exit with success without one would be a lie
        message = "The run ended without saying how."
        raise DesktopError(message, "Report this with the journal of the run.")
    return tally.course.ended, refused


def _finish(ending: ev.RunEnded, remedy: str, ready: compose.ReadyRun, view: View, *, one_look: bool) -> int:
    """Say how it ended; the exit code. `one_look` is a dry run of one step, which has done all it was to do after that."""
    fine = one_look and ending.ending is ev.Ending.MAX_STEPS
    record = None if ready.recorder is None else ready.recorder.folder
    well = fine or ending.ending is ev.Ending.DONE
    view.end(ending, None if well else remedy, record, () if record is None else tuple(_after(ending, ready)))
    return 0 if fine else EXIT_CODES[ending.ending]


def _after(ending: ev.RunEnded, ready: compose.ReadyRun) -> Iterator[str]:
    """What may come next, as a command each; `last` is this run."""
    if ending.steps:
        yield "what it saw and did: coasty-desk runs report last"
    if ready.model is None or ending.ending is ev.Ending.DONE:
        return
    left = ending.ending in GOES_ON
    yield "to go on: coasty-desk resume last" + ("" if left else ' "what to do now"')
