"""The process that carries out one sitting of a run of the service: the run of `coasty-desk run`, with the service in the person's place.

It lives as long as its control channel. Where that ends, or a signal comes, the run is cut off: input stops, everything is let go of, nothing
more is written, and the next sitting goes on from the journal. Only an end that was asked for, or the run's own, is an ending.
"""

from __future__ import annotations

import gc
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from msgspec.structs import replace

from coasty_desk import catalog, compose, lifetimes, merged_settings, plain_files, presets, socket_frames
from coasty_desk.automation import display_identity
from coasty_desk.automation.driving_lease import DrivingLease, LeasedStop
from coasty_desk.automation.run_control import (
    Asks,
    EndReason,
    EndRun,
    FromRun,
    GoesOn,
    HumanAnswer,
    Over,
    OverCode,
    RunOrder,
    ToRun,
    Written,
)
from coasty_desk.automation.service_person import ServicePerson
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Verdict
from coasty_desk.core.errors import Aborted, CoastyDeskError, DesktopError, ServiceError, TakenError, UsageError
from coasty_desk.core.run import how_stopped
from coasty_desk.core.stop import Reason, Stop
from coasty_desk.desktop.input import release
from coasty_desk.record import listing, resume, run_lock
from coasty_desk.record.forced_end import NOT_WRITTEN, ForcedEnd
from coasty_desk.record.journal import JOURNAL, Recorder
from coasty_desk.record.resume import ResumeState
from coasty_desk.settings import Settings
from coasty_desk.shell.shell_process import ShellProcess

CUT_OFF = 75
"""The exit code of a process whose run is to be gone on with (EX_TEMPFAIL of sysexits.h)."""

PATIENCE = 5.0
"""Seconds that the last sitting's process may take to be gone."""

SEALING = 0.2
"""Seconds that a line that is being written may take, before everything is let go of all the same."""

_PAUSE = 0.02
_LONGEST_PAUSE = 0.5
"""Seconds between two looks whether the target is free by now."""

_INSTRUCTIONS, _PROMPT = "instructions.md", "system-prompt.txt"
"""Texts of the order, in the run's folder: settings name files."""

_REASONS: dict[EndReason, tuple[Reason, str]] = {
    "cancel": ("stop", "it was cancelled through the service"),
    "timeout": ("deadline", "nobody has answered in time"),
    "deadline": ("deadline", ""),
    "fail": ("stop", "it needed a person, and was not to wait for one"),
}


def main(arguments: list[str]) -> int:
    """Carry out the order that comes over the channel whose descriptor is named, while the lease of a second one holds; the exit code."""
    gc.disable()  # until everything is loaded
    descriptors = [int(argument) for argument in arguments]
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - as os has it
    channel = socket.socket(fileno=descriptors[0])
    lease = DrivingLease(descriptors[1]) if len(descriptors) > 1 else None
    os.umask(0o077)
    try:
        order = socket_frames.receive(channel, RunOrder)
    except OSError:
        return CUT_OFF
    sitting = RunSitting(order, channel, lease)
    threading.Thread(target=sitting.listen, name="coasty-desk control", daemon=True).start()
    sitting.tell(sitting.carried_out())
    return 0


class RunSitting:
    """One sitting of the run that is ordered."""

    def __init__(self, order: RunOrder, channel: socket.socket, lease: DrivingLease | None = None) -> None:
        self._order, self._channel = order, channel
        self._saying = threading.Lock()
        self._stop = Stop() if lease is None else LeasedStop(lease, self._lapse)
        self._lapsing = threading.Lock()
        self._lapsed_in: int | None = None
        self._person = ServicePerson(self._stop, self.tell)
        self._process = ShellProcess(on_signal=self.cut_off)
        self._recorder: Recorder | None = None
        self._display = display_identity.identity(order.loan)
        self._said = ""
        self._passed: bool | None = None
        if isinstance(self._stop, LeasedStop):
            self._stop.watch()

    def tell(self, words: FromRun) -> None:
        """Say something to the service. Never raises: where it is gone, `listen` hears of it."""
        with self._saying, suppress(OSError):
            socket_frames.send(self._channel, words)

    def listen(self) -> None:
        """Hear the service, to its end or this process's."""
        while True:
            try:
                words: ToRun = socket_frames.receive_one_of(self._channel, ToRun)
            except OSError:
                self.cut_off()
                return
            match words:
                case HumanAnswer():
                    self._person.hear(words)
                case EndRun(why=why, words=said):
                    reason, usual = _REASONS[why]
                    if why != "fail" or not self._person.refuse(said or usual):
                        self._stop.trip(reason, said or usual)

    def cut_off(self) -> None:
        """Let go of everything and end the process, as if it had been killed: nothing more is written, and no session is closed."""
        if self._recorder is not None:
            self._recorder.seal(SEALING)
        self._process.control.give_back()
        os._exit(CUT_OFF)

    def cut_off_with_display(self) -> None:
        """The same, where the machine's display has ended: the run goes on once the machine does. Else nothing."""
        loan = self._order.loan
        if loan is not None and display_identity.is_gone(loan, self._display):
            self.cut_off()

    def _lapse(self) -> None:
        """The host may not drive any more: cut the run off, in the one thread that has found it out first; no other one goes on."""
        if self._lapsed_in == threading.get_ident():
            return  # letting go of everything asks as well
        with self._lapsing:  # held to the end
            self._lapsed_in = threading.get_ident()
            self.cut_off()

    def carried_out(self) -> Over:
        """Begin the run or go on with it, to its end; how it ended, or why there is none. Never raises."""
        folder = Path()
        try:
            folder = compose.runs_folder() / self._order.run_id
            return self._carried_out(folder)
        except Aborted:
            if self._stop.reason == "desktop":
                self.cut_off_with_display()
            ending, message = how_stopped(self._stop)
            return self._never_began(folder, Over(*ending.value, message))
        except CoastyDeskError as error:
            if isinstance(error, DesktopError):
                self.cut_off_with_display()
            over = Over(message=error.message, remedy=error.remedy, code=_code(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the service is told that there is no ending
            over = Over(message=f"It failed in a way that was not foreseen ({type(error).__name__}).", code="internal")
        return self._never_began(folder, over)

    def _carried_out(self, folder: Path) -> Over:
        self._await_record(folder)
        with ExitStack() as stack:
            recorder = self._recorder = _SittingRecorder(plain_files.folder(folder), self.cut_off_with_display)
            stack.callback(recorder.close)
            found = tuple(listing.events(folder))
            for event in found:
                self._hear(event)
            ended = _ended(found)
            if ended is not None:
                return self._over(ended)
            remains = resume.read(found, recorder) if any(isinstance(one, ev.RunStarted) for one in found) else None
            chosen = self._chosen(remains)
            remains = None if remains is None else self._on_this_display(folder, remains)
            return self._pull(self._asked(chosen, remains), stack)

    def _await_record(self, folder: Path) -> None:
        """Until the process of the last sitting is gone: it may have been killed a moment ago. Raises TakenError, Aborted."""
        until = time.monotonic() + PATIENCE
        while run_lock.held(folder):
            if time.monotonic() > until:
                message = f"Another process carries out the run {folder.name}."
                raise TakenError(message, "Wait for it, or end it.")
            self._stop.pause(_PAUSE)

    def _chosen(self, remains: ResumeState | None) -> Settings:
        """The settings: what the order says, before what the run was begun with, before the person's own. No project has a say. Raises UsageError."""
        before = {} if remains is None else merged_settings.known(remains.started.settings)
        chosen, _ = merged_settings.load({**before, **self._order.overrides}, os.environ, merged_settings.own_files())
        chosen = replace(chosen, no_record=False, on=self._order.on, file=None, json=False)
        model = lifetimes.model(chosen.provider)
        return self._with_texts(chosen) if "system_prompt" in model.heeds else chosen

    def _on_this_display(self, folder: Path, remains: ResumeState) -> ResumeState:
        """What remains; nothing of an answer to a look at another display is carried out on this one."""
        before, cut_off = display_identity.kept(folder), remains.cut_off
        if before == self._display:
            return remains
        if before and not lifetimes.model(remains.started.provider).remembers:
            message = f"The {remains.started.provider} predictor was in the middle of its instructions, and the display is another one since."
            raise UsageError(message, "Start a new run, with those that are left.")
        notes = (*cut_off.notes, display_identity.NOTE) if before else cut_off.notes
        return replace(remains, cut_off=replace(cut_off, stale=True, notes=notes))

    def _with_texts(self, chosen: Settings) -> Settings:
        """With the order's texts where the model has a place of its own for them."""
        assert self._recorder is not None  # noqa: S101 - for the type checker
        folder, order = self._recorder.folder, self._order
        if order.instructions:
            confirm = presets.load(chosen.preset).confirm  # what asks a person is theirs to say, and no text's
            text = f"---\nconfirm: {confirm}\n---\n{order.instructions}"
            plain_files.write(folder / _INSTRUCTIONS, text.encode("utf-8", "replace"))
            chosen = replace(chosen, preset=str(folder / _INSTRUCTIONS))
        if order.system_prompt:
            plain_files.write(folder / _PROMPT, order.system_prompt.encode("utf-8", "replace"))
            chosen = replace(chosen, system_prompt=str(folder / _PROMPT))
        return chosen

    def _asked(self, chosen: Settings, remains: ResumeState | None) -> compose.RunRequest:
        order, loan = self._order, self._order.loan
        if loan is not None:
            from coasty_desk.screens.virtual import lent_display  # noqa: PLC0415 - few runs are on a machine's

            lent_display.borrow(loan.display, loan.environment, loan.argv, loan.notes)
            catalog.TARGETS[order.on] = lent_display.__name__
        assert self._recorder is not None  # noqa: S101 - for the type checker
        told = (
            ()
            if "system_prompt" in lifetimes.model(chosen.provider).heeds
            else (order.system_prompt, order.instructions)
        )
        return compose.RunRequest(
            *(order.task, chosen, order.run_id, os.environ, self._person, self._stop),
            taken_up=(self._recorder, remains),
            script=_verifying(chosen.provider) if order.verify else None,
            process=self._process,
            note="\n\n".join(filter(None, told)),
            context=order.context,
        )

    def _pull(self, asked: compose.RunRequest, stack: ExitStack) -> Over:
        assert self._recorder is not None  # noqa: S101 - for the type checker
        ready = self._ready(asked, stack)
        # what a killed process held down would be mixed with every key and click of ours; nobody has their hands on a lent display
        if self._order.loan is not None or (ready.target.surroundings.hands and release.stuck(self._stop)):
            release.release()
        gc.freeze()
        gc.enable()
        last = ForcedEnd(asked.run_id, self._stop, self._recorder)
        self._process.control.lastly(NOT_WRITTEN, last.write)
        with ready.events() as events:
            for event in self._with_hands(events):
                last.take(event)
                self._hear(event)
                if isinstance(event, ev.Observed):
                    with suppress(OSError):  # unknown, it is taken for another one
                        display_identity.keep(self._recorder.folder, self._display)
                self._person.line = event.seq
                self.tell(Written(event.seq))
        if last.course.ended is None:
            message = "The run ended without saying how."
            raise DesktopError(message, "Report this with the journal of the run.")
        return self._over(last.course.ended)

    def _ready(self, asked: compose.RunRequest, stack: ExitStack) -> compose.ReadyRun:
        """The run armed, once nobody else drives its target. Raises as `compose.start`."""
        pause = _PAUSE
        while True:
            with ExitStack() as attempt:
                try:
                    ready = compose.start(asked, attempt)
                except TakenError:
                    pass
                else:
                    stack.push(attempt.pop_all())
                    return ready
            self._stop.pause(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _with_hands(self, events: Iterator[ev.Event]) -> Iterator[ev.Event]:
        """The same events; the service is told while a person's hand is waited for."""
        waits = 0
        for event in events:
            if waits:
                self.tell(GoesOn(waits))
            yield event
            waits = event.seq if isinstance(event, ev.Paused) else 0
            if isinstance(event, ev.Paused):
                self.tell(Asks(event.seq, "hand", event.why))

    def _hear(self, event: ev.Event) -> None:
        if isinstance(event, ev.Predicted):
            self._said = event.answer or event.reasoning
            self._passed = {Verdict.DONE: True, Verdict.FAIL: False}.get(event.verdict)

    def _over(self, ended: ev.RunEnded) -> Over:
        return Over(
            *ended.ending.value,
            message=ended.message,
            remedy=ended.remedy,
            passed=self._passed,
            summary=self._said,
            steps=ended.steps,
            cost_cents=ended.cost_cents,
        )

    def _never_began(self, folder: Path, over: Over) -> Over:
        """Without a record, where there is nothing in it."""
        recorder = self._recorder
        if recorder is not None and not _has_lines(folder):
            shutil.rmtree(folder, ignore_errors=True)
        return over


class _SittingRecorder(Recorder):
    """A run's record; it has no end that is that of its display alone, of which `display_ended` is told before that would be written."""

    def __init__(self, folder: Path, display_ended: Callable[[], None]) -> None:
        super().__init__(folder)
        self._display_ended = display_ended

    def take(self, event: ev.Event) -> None:
        """As any."""
        if isinstance(event, ev.RunEnded) and event.ending is ev.Ending.DESKTOP_ERROR:
            self._display_ended()
        super().take(event)


def _verifying(provider: str) -> compose.Script:
    from coasty_desk.automation.verifying import Verifying  # noqa: PLC0415 - few runs want it

    def around(model: object, _aim: object) -> Verifying:
        return Verifying(model)  # type: ignore[arg-type]  # there is one: it is asked by name

    return compose.Script(provider, around, asks=provider)


def _ended(found: tuple[ev.Event, ...]) -> ev.RunEnded | None:
    """How the run has ended, where it has: its last event may be in the journal, and not have been said any more."""
    told = [event for event in found if isinstance(event, ev.RunStarted | ev.RunEnded)]
    last = told[-1] if told else None
    return last if isinstance(last, ev.RunEnded) else None


def _has_lines(folder: Path) -> bool:
    try:
        return (folder / JOURNAL).stat().st_size > 0
    except OSError:
        return False


def _code(error: CoastyDeskError) -> OverCode:
    match error:
        case TakenError():
            return "busy"
        case UsageError():
            return "usage"
        case ServiceError():
            return "service"
        case DesktopError():
            return "desktop"
        case _:
            return "internal"
