"""The loop: a synchronous generator that yields a run's events and knows nothing but ports.

Whoever drives it pulls the events and does with them what it likes. An event announces what
happens when the *next* one is pulled, so a reader that writes each event down before pulling
again has a write-ahead journal at no cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from coasty_desk.core import events as ev
from coasty_desk.core import limits as lim
from coasty_desk.core.actions import (
    Action,
    Done,
    Look,
    LookAgain,
    NotDone,
    Outcome,
    Prediction,
    Refusal,
    Verdict,
    in_words,
)
from coasty_desk.core.counting import counted
from coasty_desk.core.errors import (
    Aborted,
    BrokenOffError,
    DesktopError,
    GaveUpError,
    OverBudgetError,
    ServiceError,
    UnpaidError,
)
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.limits import Limits
from coasty_desk.core.money import Money, in_cents
from coasty_desk.core.ports import (
    ActionBatch,
    Executor,
    Gate,
    GateWord,
    HandPause,
    Person,
    PersonQuestion,
    PersonReply,
    Predictor,
    PredictRequest,
    Retry,
    Screen,
    StepCharge,
    retold,
)
from coasty_desk.core.resume_point import ResumePoint, in_answer, still_good
from coasty_desk.core.scaling import Frame, Placed, Rect, Size
from coasty_desk.core.stop import Stop


class Job(Struct, frozen=True):
    """What is to be done, for whom, within which limits. `screen` is in real, `sent` in sent pixels.

    `note` is what the person tells the model as a run is taken up again; `plan` how the task was understood, a line
    a step, by a predictor that knows it beforehand; `context` what came with the task from outside, quoted and not trusted.
    """

    run_id: str
    task: str
    provider: str
    screen: Rect
    sent: Size
    limits: Limits = field(default_factory=Limits)
    estimate: Money | None = None
    settings: dict[str, object] = field(default_factory=dict)
    note: str = ""
    plan: tuple[str, ...] = ()
    context: str = ""


def _unknown(_placed: Placed) -> None:
    """For those who see no windows."""


class Ports(Struct, frozen=True):
    """The world as the loop sees it."""

    screen: Screen
    executor: Executor
    predictor: Predictor
    gate: Gate
    stop: Stop
    person: Person | None = None
    """Whom the model's own questions go to; None: nobody is there."""
    reached: Callable[[Placed], tuple[NamedWindow, ...] | None] = _unknown
    """The windows that an action goes to, for the record; None where they cannot be told. Never raises."""
    batch: ActionBatch | None = None
    """Where a step's actions go out together, once all of them have been judged; None: each as soon as it is judged."""


class _Hindered(Struct, frozen=True):
    """What hindered an action: those of its batch before the `done`th were done."""

    done: int
    hindrance: Refusal | LookAgain
    placed: Placed | None = None


ASKED_BY_MODEL = "the model asks, and goes on with the answer"
"""Why a person is asked, where no gate asks."""

_Ended = tuple[ev.Ending, str]
_Steps = Generator[ev.Event, None, _Ended]


def run(job: Job, ports: Ports, cut_off: ResumePoint | None = None) -> Generator[ev.Event, None, None]:
    """Carry out `job` until it is done, a limit is reached or `ports.stop` is tripped.

    The last event is always `RunEnded`; errors of the service and of the desktop end the run,
    they are not raised, also when a reader throws one in. `cut_off` takes up a run again.
    """
    return _Run(job, ports, cut_off or ResumePoint()).events()


class _Run:
    def __init__(self, job: Job, ports: Ports, cut_off: ResumePoint) -> None:
        self.job = job
        self.ports = ports
        self.cut_off = cut_off
        self.progress = cut_off.progress
        self.notes = cut_off.notes
        self.outcomes: tuple[Outcome, ...] = ()
        self.said = (*cut_off.said, *([job.note] if job.note else []))
        self.told_what = self.acted = False
        self.refused_before = cut_off.refused
        self.step = cut_off.progress.steps
        self.seq = cut_off.seq
        self.began = time.monotonic() - cut_off.progress.seconds

    def events(self) -> Generator[ev.Event, None, None]:
        remedy = ""
        left_open: tuple[str, ...] = ()
        deadline = self.job.limits.deadline
        try:
            try:
                yield self._started()
                with self.ports.stop.after(None if deadline is None else deadline - self._seconds(), "deadline"):
                    ending, message = yield from self._steps()
            except Aborted:
                ending, message = how_stopped(self.ports.stop)
            except OverBudgetError as limit:
                ending, message, remedy = ev.Ending.BUDGET, limit.message, limit.remedy
            except GaveUpError as end:
                ending, message, remedy = ev.Ending.AGENT_FAILED, end.message, end.remedy
            except Exception as error:  # noqa: BLE001 - without a stop, what is no fault of theirs is raised again
                ending, message, remedy = self._failed(error)
        finally:
            self.ports.executor.release()
            left_open = self.ports.predictor.close() or ()
        if left_open:
            sessions = counted(len(left_open), "session")
            message = f"{message.removesuffix('.')}; {sessions} may be open still: coasty-desk sessions list"
        yield self._event(
            ev.RunEnded,
            ending=ending,
            message=message,
            remedy=remedy,
            steps=self.progress.steps,
            cost=self.progress.spent,
            seconds=round(self._seconds(), 3),
            left_open=left_open,
        )

    def _failed(self, error: Exception) -> tuple[ev.Ending, str, str]:
        """Whose fault it was; raises what is neither the service's nor the desktop's.

        After a stop, which cuts off whatever hangs, everything may break anyhow, and it is the stop that has ended the run.
        """
        if self.ports.stop.is_set():
            return *how_stopped(self.ports.stop), ""
        if not isinstance(error, ServiceError | DesktopError):
            raise error
        ending = ev.Ending.SERVICE_ERROR if isinstance(error, ServiceError) else ev.Ending.DESKTOP_ERROR
        return ending, error.message, error.remedy

    def _started(self) -> ev.Event:
        limits = self.job.limits
        return self._event(
            ev.RunStarted,
            task=self.job.task,
            provider=self.job.provider,
            screen=self.job.screen,
            sent=self.job.sent,
            limits={
                "max_steps": limits.max_steps,
                "deadline": limits.deadline,
                "budget_cents": None if limits.budget is None else in_cents(limits.budget),
            },
            estimate=self.job.estimate,
            settings=self.job.settings,
            note=self.job.note,
            plan=self.job.plan,
        )

    def _steps(self) -> _Steps:
        ended = yield from self._go_on()
        while ended is None:
            ended = yield from self._one_step()
        return ended

    def _go_on(self) -> Generator[ev.Event, None, _Ended | None]:
        """Finish the step that the run was cut off in, if it was in one."""
        cut_off = self.cut_off
        if cut_off.frame is None:
            return None
        answer: Prediction | _Ended | None = cut_off.answer or self._begin_step()
        stale = cut_off.stale or cut_off.frame.shows != self.job.screen
        if answer is None:
            try:
                answer = yield from self._predict(cut_off.frame, asked=True, old=stale)
            except UnpaidError:
                return None
        if not isinstance(answer, Prediction):
            return answer
        answer, dropped = still_good(answer, cut_off.first, stale=stale)
        ended = yield from self._carry_out(cut_off.frame, answer, cut_off.first)
        self.notes = (*cut_off.notes, *self.notes, *dropped)
        return ended

    def _one_step(self) -> Generator[ev.Event, None, _Ended | None]:
        reached = self._begin_step()
        if reached is not None:
            return reached
        frame = self.ports.screen.capture()
        answer = yield from self._predict(frame)
        return (yield from self._carry_out(frame, answer)) if isinstance(answer, Prediction) else answer

    def _begin_step(self) -> _Ended | None:
        self.ports.stop.check()
        self.progress = replace(self.progress, seconds=self._seconds())
        self.step = self.progress.steps
        reached = lim.spent(self.job.limits, self.progress, price=0)
        if reached is None:
            self.step += 1
        return reached

    def _predict(
        self, frame: Frame, *, asked: bool = False, old: bool = False
    ) -> Generator[ev.Event, None, Prediction | _Ended]:
        """Ask what to do on seeing `frame`; `asked`: in an earlier sitting already, with the answer still to come."""
        ask = self._ask(frame, old=old)
        price = self.ports.predictor.price(ask)
        if not asked:
            yield self._event(ev.Observed, frame=frame, worst_case=price)
        too_dear = lim.spent(self.job.limits, self.progress, price)
        if too_dear is not None:
            return too_dear
        prediction = _in_space(frame, (yield from retold(self.ports.predictor.predict(ask), self._heard)))
        self.progress = self.progress.after(prediction)
        yield self._event(
            ev.Predicted,
            verdict=prediction.verdict,
            actions=prediction.actions,
            reasoning=prediction.reasoning,
            usage=prediction.usage,
            request_id=prediction.request_id,
            attempts=prediction.attempts,
            total=self.progress.spent,
            space=prediction.space,
            evidence=prediction.evidence,
            question=prediction.question,
            answer=prediction.answer,
            position=prediction.position,
        )
        return prediction

    def _ask(self, frame: Frame, *, old: bool) -> PredictRequest:
        limits = self.job.limits
        money_left = lim.money_left(limits, self.progress)
        seconds_left = None if limits.deadline is None else limits.deadline - self._seconds()
        return PredictRequest(
            self.step,
            self.job.task,
            frame,
            self.notes,
            money_left,
            seconds_left,
            self.outcomes,
            self.said,
            old,
            self.job.context,
        )

    def _heard(self, word: Retry | StepCharge | GateWord) -> ev.Event:
        """What a predictor or a gate says on the way to its answer."""
        match word:
            case StepCharge(what, cost, session_id):
                total = self.progress.spent + cost
                self.progress = replace(self.progress, spent=total)
                return self._event(ev.Charged, what=what, cost=cost, total=total, session_id=session_id)
            case Retry(code, delay, attempt):
                return self._event(ev.Retrying, code=code, delay=delay, attempt=attempt)
            case PersonQuestion(question, why, crop):
                return self._event(ev.Asked, question=question, why=why, crop=crop)
            case PersonReply(answer, note):
                self.told_what = bool(note) and answer == "no"
                self.said = (*self.said, *([note] if note else []))
                return self._event(ev.Answered, answer=answer, note=note)
            case HandPause(why):
                return self._event(ev.Paused, why=why)

    def _carry_out(
        self, frame: Frame, prediction: Prediction, first: int = 0
    ) -> Generator[ev.Event, None, _Ended | None]:
        """Carry out the actions from `first` on until one is refused; say how the run ended, if it did."""
        circles = None if self.job.limits.patient else lim.stalled(self.progress, prediction.verdict)
        if circles is not None:
            return circles
        self.notes, self.told_what, self.acted = (), False, False
        self.outcomes = (Done(),) * len(prediction.actions)
        hindered = yield from self._act_until_hindered(frame, prediction, first)
        if hindered is not None:
            self.outcomes = (
                *self.outcomes[: hindered.done],
                *_left_out(hindered.hindrance, len(prediction.actions) - hindered.done),
            )
            yield from self._hindered(hindered)
        else:
            ended = self._verdict(prediction)
            if ended is not None:
                return ended
            self.progress = replace(self.progress, refusals=0)
            self.refused_before = False
        if self.progress.refusals >= lim.REFUSALS:
            why = f": {hindered.hindrance.why}" if hindered else ""
            return ev.Ending.REFUSED, f"{lim.REFUSALS} steps in a row had an action that was refused{why}"
        if self.acted:
            rest = self.ports.screen.settle()
            yield self._event(ev.Settled, ms=rest.ms, changed=rest.changed, why=rest.why)
        if prediction.verdict is Verdict.ASK and hindered is None:
            return (yield from self._ask_person(prediction.question or prediction.reasoning))
        return None

    def _act_until_hindered(
        self, frame: Frame, prediction: Prediction, first: int
    ) -> Generator[ev.Event, None, _Hindered | None]:
        """The actions from `first` on, each judged before its input goes out; with a batch port, before that of any does."""
        taken: list[tuple[int, Placed]] = []
        hindered: _Hindered | None = None
        for index, action in enumerate(prediction.actions[first:], first):
            if self.acted and self.ports.batch is None:
                self.ports.screen.between()
            self.ports.stop.check()
            if isinstance(action, Look):
                if index + 1 < len(prediction.actions):
                    hindered = _Hindered(index + 1, _LOOKING)
                    break
                continue
            if isinstance(action, Refusal):
                hindered = _Hindered(index, action)
                break
            placed = frame.place(action, prediction.space)
            hindrance: Refusal | LookAgain | None = self.ports.executor.refuses(placed)
            if hindrance is None:
                hindrance = yield from retold(self.ports.gate.judge(placed, prediction), self._heard)
            if hindrance is None:
                hindrance = yield from self._act(index, placed)
                taken.append((index, placed))
                self.acted = True
            if hindrance is not None:
                hindered = _Hindered(index, hindrance, placed)
                break
        return (yield from self._sent(taken)) or hindered

    def _ask_person(self, question: str) -> Generator[ev.Event, None, _Ended | None]:
        """What the model wants to know; the run is at its end where nobody says it."""
        person = self.ports.person
        if person is not None:
            person.attend()
        yield self._event(ev.Asked, question=question, why=ASKED_BY_MODEL)
        words = "" if person is None else person.answer(question)
        self.ports.stop.check()
        yield self._event(ev.Answered, answer="told" if words else "no", note=words)
        if not words:
            return ev.Ending.AGENT_FAILED, f"the model asks, and nobody has answered: {question}"
        self.said = (*self.said, in_answer(question, words))
        return None

    def _verdict(self, prediction: Prediction) -> _Ended | None:
        said = prediction.answer or prediction.reasoning
        because = f": {said}" if said else ""
        if prediction.verdict is Verdict.DONE:
            return ev.Ending.DONE, f"the task is done{because}"
        if prediction.verdict is not Verdict.FAIL:
            return None
        if self.refused_before:
            return ev.Ending.REFUSED, f"an action was refused and the model could not go on{because}"
        return ev.Ending.AGENT_FAILED, f"the model says that it cannot do the task{because}"

    def _act(self, index: int, placed: Placed) -> Generator[ev.Event, None, Refusal | None]:
        """Do it, or have the batch take it; the refusal of its rest, where it was broken off."""
        broken_off = None
        self.ports.screen.expect()
        yield self._event(ev.Acting, index=index, placed=placed, windows=self.ports.reached(placed))
        self.ports.stop.check()
        began = time.monotonic()
        try:
            self.ports.executor.perform(placed)
        except BrokenOffError as end:
            broken_off = _broken_off(placed, end)
        if self.ports.batch is None:
            yield self._event(ev.Acted, index=index, ms=_ms(began))
        return broken_off

    def _sent(self, taken: list[tuple[int, Placed]]) -> Generator[ev.Event, None, _Hindered | None]:
        """Send what the batch has taken; what broke it off, if anything did."""
        if self.ports.batch is None or not taken:
            return None
        sending = self.ports.batch.send()
        for index, placed in taken:
            began, broken_off = time.monotonic(), None
            try:
                next(sending)
            except BrokenOffError as end:
                broken_off = _broken_off(placed, end)
            yield self._event(ev.Acted, index=index, ms=_ms(began))
            if broken_off is not None:
                return _Hindered(index, broken_off, placed)
        return None

    def _hindered(self, hindered: _Hindered) -> Iterator[ev.Event]:
        hindrance, placed = hindered.hindrance, hindered.placed
        if isinstance(hindrance, LookAgain):
            self.notes = (hindrance.why,)
            return
        self.refused_before = True
        if not self.told_what:  # a person who says what to do leads the run, and does not end it
            self.progress = replace(self.progress, refusals=self.progress.refusals + 1)
        self.notes = (refused_note(hindrance),)
        yield self._event(ev.Refused, refusal=hindrance, real=None if placed is None else placed.real)

    def _seconds(self) -> float:
        return time.monotonic() - self.began

    def _event(self, kind: Callable[..., ev.Event], **fields: object) -> ev.Event:
        self.seq += 1
        return kind(run_id=self.job.run_id, step=self.step, seq=self.seq, elapsed=round(self._seconds(), 3), **fields)


def _broken_off(placed: Placed, end: BrokenOffError) -> Refusal:
    return Refusal(in_words(placed.sent), end.by, end.message, partly=True)


def _ms(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def _left_out(hindrance: Refusal | LookAgain, many: int) -> tuple[Outcome, ...]:
    """What becomes of the `many` actions from the one on that was hindered."""
    if isinstance(hindrance, LookAgain):
        return (NotDone(hindrance.why),) * many
    return (hindrance, *(NotDone("the one before it was refused"),) * (many - 1))


_LOOKING = LookAgain("What came after the wish to look again was not done: it waits for what is seen now.")


def _in_space(frame: Frame, prediction: Prediction) -> Prediction:
    """The answer, with what points outside its space refused: at the edge, it would be a click on whatever is there."""

    def checked(action: Action | Refusal) -> Action | Refusal:
        if isinstance(action, Refusal):
            return action
        why = frame.strays(action, prediction.space)
        return Refusal(in_words(action), "wire", why) if why else action

    return prediction if prediction.clamps else replace(prediction, actions=tuple(map(checked, prediction.actions)))


def how_stopped(stop: Stop) -> _Ended:
    """The ending that a tripped stop is, and its message."""
    ending, message = _STOPPED[stop.reason]
    return ending, stop.why or message


def never_started(run_id: str, ending: ev.Ending, message: str, remedy: str = "") -> ev.RunEnded:
    """The one event of a run that could not begin."""
    return ev.RunEnded(
        run_id=run_id, step=0, seq=1, ending=ending, message=message, remedy=remedy, steps=0, cost=0, seconds=0.0
    )


def refused_note(refusal: Refusal) -> str:
    """What the model is told of a refusal with its next step."""
    done = "was broken off and only partly done" if refusal.partly else "was refused and was not done"
    return f"This action {done}: {refusal.action} ({refusal.why})."


def refusal(placed: Placed, by: str, why: str) -> Refusal:
    """A refusal of a placed action, in the model's own coordinates."""
    return Refusal(in_words(placed.sent), by, why)


_STOPPED: dict[str, _Ended] = {
    "hotkey": (ev.Ending.HOTKEY, "stopped with the keyboard"),
    "corner": (ev.Ending.CORNER, "stopped with the pointer in a corner of the screen"),
    "interrupt": (ev.Ending.INTERRUPT, "interrupted"),
    "stop": (ev.Ending.STOP, "stopped from outside"),
    "deadline": (ev.Ending.DEADLINE, "the deadline has passed"),
    "desktop": (ev.Ending.DESKTOP_ERROR, "the display is gone"),
}
