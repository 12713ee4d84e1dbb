"""Where a run was cut off, read from its journal: what is done, what is paid, what is open, what is in doubt."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Look, Prediction, Verdict, in_words
from coasty_desk.core.errors import UsageError
from coasty_desk.core.limits import Limits, Progress
from coasty_desk.core.resume_point import ResumePoint, in_answer, stands_alone
from coasty_desk.core.run import refused_note
from coasty_desk.core.scaling import Frame
from coasty_desk.record import listing
from coasty_desk.record.journal import Recorder
from coasty_desk.wire.journal_codec import Began, Looked
from coasty_desk.wire.open_purchase import Opened

STALE = timedelta(minutes=10)
"""An answer to a look at the screen that is older than this is not carried out; the model looks afresh."""

_LIST = "List what is recorded with `coasty-desk runs list`."


class ResumeState(Struct, frozen=True):
    """What there is to go on from: how the run `started` (its last sitting), where it was `cut_off`, and its sessions.

    `session` is the one that may be open, `opened` how many were opened so far, `ending` how the last
    sitting ended, None where it was cut off. `limits` and `note` are for the next one: its caps, counted over
    all sittings, and what the person tells the model. `acted` is all that was done, or may have been, in sent pixels.
    """

    started: ev.RunStarted
    cut_off: ResumePoint
    session: Opened | None = None
    opened: int = 0
    ending: ev.Ending | None = None
    limits: Limits | None = None
    note: str = ""
    acted: tuple[Action, ...] = ()

    @property
    def predictions(self) -> int | None:
        """How many the open session has made; None where there is none."""
        return None if self.session is None else self.session.predictions


GOES_ON = frozenset(ev.Ending) - {ev.Ending.DONE, ev.Ending.AGENT_FAILED, ev.Ending.REFUSED}
"""Endings after which there is something left to do; after the others there is only where a person says what."""


def take_up(folder: Path, note: str = "") -> tuple[Recorder, ResumeState]:
    """The recorder of a run that can go on, and what remains of it; `note` is what the person tells the model.

    Raises UsageError where the run has come to its end and there is no note, where it is still going
    on or never began; DesktopError where the disk refuses.
    """
    recorder = Recorder(folder)
    try:
        remains = read(listing.events(folder), recorder, note)
    except BaseException:
        recorder.close()
        raise
    return recorder, remains


def read(events: Iterable[ev.Event], recorder: Recorder, note: str = "") -> ResumeState:
    """What the journal's events leave to be done. Raises UsageError."""
    trail = _Trail()
    for event in events:
        trail.follow(event)
    if not trail.sittings:
        message = "The run was cut off before it began."
        raise UsageError(message, "Start it anew with `coasty-desk run`.")
    ended = trail.ended
    ending = None if ended is None else ended.ending
    if ended is not None and ended.ending not in GOES_ON and not note:
        message = f"The run has ended: {ended.message.rstrip('.')}."
        raise UsageError(message, f'Say what is to be done now: coasty-desk resume RUN "…". {_LIST}')
    step = trail.progress.steps + 1
    recorder.forget_others(step)
    open_frame = None
    kept = recorder.kept(step, "predict")
    if trail.looked is not None and trail.looked.step == step and kept is not None and kept.body:
        open_frame = trail.looked.frame()
    stale = trail.last is None or abs(datetime.now(UTC) - trail.last) > STALE
    cut_off = trail.cut_off(open_frame)
    session = trail.session
    if session is not None and ended is not None and open_frame is None and session.session_id not in ended.left_open:
        session = None  # it was closed at the end
    return ResumeState(
        trail.sittings[-1],
        replace(cut_off, stale=stale or cut_off.stale, seq=recorder.lines()),
        session,
        trail.opened,
        ending,
        note=note,
        acted=tuple(trail.acted),
    )


class _Trail(listing.Course):
    """Follows a journal line by line; its fields are the loop's own, as they were at the cut."""

    acted: list[Action] = field(default_factory=list)
    last: datetime | None = None
    looked: Looked | None = None
    session: Opened | None = None
    opened: int = 0
    progress: Progress = field(default_factory=Progress)
    notes: tuple[str, ...] = ()
    refused: bool = False
    predicted: ev.Predicted | None = None
    began: list[Began] = field(default_factory=list)
    first: int = 0
    dropped: bool = False
    left_out: bool = False
    said: tuple[str, ...] = ()
    told_what: bool = False
    question: str = ""

    def follow(self, event: ev.Event) -> None:
        """Take in one more event."""
        self.last = event.time
        if isinstance(event, ev.RunStarted):
            self._leave_what_is_in_doubt()
            self._end_sitting()
            self._hear(event.note)
        listing.Course.follow(self, event)
        match event:
            case Looked():
                self._finish_step()
                self.looked = event
            case ev.Charged(what="session"):
                self._have_opened(event)
            case ev.Predicted():
                self._begin_batch(event)
            case Began():
                self.began.append(event)
                self.acted.append(event.sent)
            case ev.Acted(index=index):
                self.began = [one for one in self.began if one.index > index]
                self.first = index + 1
            case ev.Asked(question=question):
                self.question = question
            case ev.Answered(answer="told", note=note):
                self._hear(in_answer(self.question, note))
                self._finish_step()
            case ev.Answered(answer=answer, note=note):
                self.told_what = bool(note) and answer == "no"
                self._hear(note)
            case ev.Refused(refusal=refusal):
                self._leave_out()
                if not self.told_what:
                    self.progress = replace(self.progress, refusals=self.progress.refusals + 1)
                self.refused = self.dropped = True
                self.notes = (refused_note(refusal),)
            case ev.Paused(why=why):
                self.dropped = True
                self.notes = (f"The last actions were not done: {why}",)
        seconds = max(self.progress.seconds, event.elapsed)
        self.progress = replace(self.progress, seconds=seconds, spent=self.cost)

    def cut_off(self, asked: Frame | None) -> ResumePoint:
        """The place in the loop's own terms; `asked` is what the model was to see in a step without an answer yet."""
        self._leave_what_is_in_doubt()
        ended = self.ended is not None
        self._end_sitting()
        point = ResumePoint(self.progress, self.notes, self.refused, stale=ended, said=self.said)
        if self.predicted is None or self.looked is None:
            return replace(point, frame=asked)
        if self.dropped:
            return point
        told = self.predicted
        verdict = Verdict.CONTINUE if self.left_out else told.verdict
        answer = Prediction(verdict, told.actions, told.reasoning, told.request_id, told.usage, told.space)
        answer = replace(answer, question=told.question, answer=told.answer)
        return replace(point, frame=self.looked.frame(), answer=answer, first=self.first)

    def _have_opened(self, charged: ev.Charged) -> None:
        self.opened += 1
        if charged.session_id is not None and self.looked is not None:
            self.session = Opened(charged.session_id, self.looked.sent)

    def _begin_batch(self, predicted: ev.Predicted) -> None:
        prediction = Prediction(predicted.verdict, predicted.actions, usage=predicted.usage)
        self.progress = self.progress.after(prediction)
        if self.session is not None:
            self.session = replace(self.session, predictions=self.session.predictions + 1)
        self.predicted, self.began, self.first = predicted, [], 0
        self.dropped = self.left_out = False
        self.notes, self.told_what = (), False

    def _finish_step(self) -> None:
        if self.predicted is not None and not self.dropped:
            self.progress = replace(self.progress, refusals=0)
            self.refused = False
        self.predicted = None

    def _hear(self, note: str) -> None:
        self.said = (*self.said, *([note] if note else []))

    def _end_sitting(self) -> None:
        """After an ending the model looks afresh; what had gone wrong until then counts no more."""
        if self.ended is None:
            return
        rest = () if self.predicted is None or self.dropped else self.predicted.actions[self.first :]
        left = any(not isinstance(action, Look) for action in rest)
        if left:
            note = "The run was stopped and taken up again. The rest of the last actions was not done."
            self.notes = (*self.notes, note)
        self.progress = replace(self.progress, idle=0, looks=0, repeats=0, last=(), refusals=0)
        self.ended, self.predicted, self.began, self.refused = None, None, [], False

    def _leave_out(self) -> None:
        """What was announced together with an action that failed, to be done after it, was not done."""
        del self.acted[len(self.acted) - len(self.began) :]
        self.began = []

    def _leave_what_is_in_doubt(self) -> None:
        """Actions whose input may or may not have gone out are not repeated.

        Nor is the rest of their batch begun, where that may rest on what they typed or on where the focus is.
        """
        if not self.began or self.predicted is None:
            return
        last = self.began[-1].index
        goes_on = bool(self.predicted.actions[last + 1 :]) and all(stands_alone(one.sent) for one in self.began)
        left = "" if goes_on else " Nor was anything done after it."
        words = "; then ".join(in_words(one.sent) for one in self.began)
        doubt = "this was done, and it was" if len(self.began) == 1 else "all of this was done, or how much, and it was"
        note = (
            f"The run was cut off and taken up again. It is not known whether {doubt} not repeated: "
            f"{words}.{left} Look at the screenshot to see how things are."
        )
        self.notes = (note,)
        self.first, self.began, self.left_out, self.dropped = last + 1, [], True, not goes_on
