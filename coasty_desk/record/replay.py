"""A recorded run's actions again, without the model: each only where what it was aimed at is still there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    KeyCombo,
    Launch,
    Point,
    Prediction,
    PressKeys,
    Refusal,
    Scroll,
    TypeText,
    Verdict,
    Wait,
    in_words,
    moved,
    points,
)
from coasty_desk.core.errors import BrokenOffError, DesktopError, GaveUpError, UsageError
from coasty_desk.core.gates.reached_windows import Aim, NamedWindow
from coasty_desk.core.ports import Predictor, PredictRequest, PredictStream
from coasty_desk.core.scaling import Frame, Placed
from coasty_desk.record import visual_match
from coasty_desk.record.timeline import StepAction, Timeline, TimelineStep, picture
from coasty_desk.record.window_match import fits
from coasty_desk.wire.journal_codec import Looked

if TYPE_CHECKING:
    from PIL.Image import Image

PROVIDER = "replay"
"""The `provider` of a run that is a replay."""

SCREEN_ALIKE = 0.5
"""The part of the screen that must be as it was where there is no target to look for, and at the end."""

LATE = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds from look to look for what a started application shows; no two alike, or they would be taken for going in circles."""

TASK = 20_000
REASON = 500
"""Characters of the task and of the recorded reasoning that a model is told when it heals a step."""

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}")
"""`{{name}}`; a secret's has a colon in it and is none of these."""


class _GoneError(Exception):
    """What a step was aimed at is not there; the text says what."""


class Recording(Struct, frozen=True):
    """What there is to do again. `values` stand in for `{{name}}` in typed text and in the task."""

    story: Timeline
    folder: Path
    values: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises UsageError for a run that did not come to its end, that did nothing, or that has no such `{{name}}`."""
        if self.story.ended is None:
            message = f"The run {self.folder.name} was cut off before its end."
            raise UsageError(message, f"Finish it first: coasty-desk resume {self.folder.name}.")
        if not self.steps:
            message = f"The run {self.folder.name} did nothing, so there is nothing to do again."
            raise UsageError(message, "Choose another one of `coasty-desk runs list`.")
        names = self._names()
        for name in self.values:
            if name not in names:
                message = f"Nothing that the run {self.folder.name} typed has {{{{{name}}}}} in it."
                known = ", ".join(sorted(names))
                raise UsageError(
                    message, f"It has: {known}." if known else "It has no {{name}} at all; leave --set out."
                )

    @property
    def steps(self) -> tuple[TimelineStep, ...]:
        """Those in which something was done."""
        return tuple(step for step in self.story.steps if any(deed.outcome == "done" for deed in step.deeds))

    @property
    def task(self) -> str:
        """The task, with the values in it."""
        return self.filled(self.story.started.task)

    @property
    def most_steps(self) -> int:
        """How many it may take, with its end, where nothing is healed: what it starts may be slow."""
        starts = sum(isinstance(deed.real, Launch) for step in self.steps for deed in step.deeds)
        return len(self.steps) + 1 + len(LATE) * starts

    def filled(self, text: str) -> str:
        """`text` with the values in place of their names."""
        return _PLACEHOLDER.sub(lambda match: self.values.get(match[1], match[0]), text)

    def predictor(self, healer: Predictor | None, aim: Aim) -> Predictor:
        """Its answers, each only into the window that it went to then; `healer` does the steps whose target is gone."""
        replay = Replay(self, healer, aim.reached)
        aim.rechecks.append(replay.recheck)
        return replay

    def _names(self) -> set[str]:
        deeds = (deed.real for step in self.steps for deed in step.deeds)
        typed = (real.text for real in deeds if isinstance(real, TypeText))
        return {name for text in (*typed, self.story.started.task) for name in _PLACEHOLDER.findall(text)}


class Replay:
    """A `core.ports.Predictor` that answers with what was done then. `heal` does the steps whose target is gone."""

    def __init__(
        self,
        recording: Recording,
        heal: Predictor | None = None,
        reached: Callable[[Action], tuple[NamedWindow, ...]] | None = None,
    ) -> None:
        self._recording = recording
        self._heal = heal
        self._next = 0
        self._moved: list[tuple[int, int]] = []
        self._reached = reached
        self._aimed: list[StepAction] = []
        self._begun = False
        self._other = ""
        self._planned: tuple[int, Prediction | _GoneError] | None = None
        self._pauses: tuple[float, ...] = ()
        self._waits = False

    def recheck(self, placed: Placed) -> None:
        """Right before a replayed action's input goes out: is it for the window of then? Raises BrokenOffError."""
        if not self._aimed or self._reached is None:
            return
        deed, self._aimed = self._aimed[0], self._aimed[1:]
        try:
            self._other = self._elsewhere(deed, self._reached(placed.real))
        except DesktopError:
            self._other = "which window it would go to cannot be told"
        if self._other:
            message = f"{self._other}; nothing of it was done"
            raise BrokenOffError(message, PROVIDER)
        self._begun = True

    def price(self, ask: PredictRequest) -> int:
        """Nothing, but for a step that a model is needed for."""
        over = self._next >= len(self._recording.steps)
        if self._heal is None or over or isinstance(self._plan(ask), Prediction):
            return 0
        return self._heal.price(ask)

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """The next step's actions, where their targets are now. Raises GaveUpError where one is not there."""
        plan = self._plan(ask)
        self._next += not self._waits
        if isinstance(plan, Prediction):
            return plan
        if self._heal is None or self._next > len(self._recording.steps):
            raise GaveUpError(str(plan), "Put the screen as it was, or let the model do such steps with --heal.")
        healed = yield from self._heal.predict(replace(ask, task=self._told(plan)))
        return replace(healed, verdict=Verdict.CONTINUE) if healed.verdict is Verdict.DONE else healed

    def close(self) -> tuple[str, ...] | None:
        """Close whoever heals."""
        return None if self._heal is None else self._heal.close()

    def _plan(self, ask: PredictRequest) -> Prediction | _GoneError:
        """What to answer, worked out once a step: it is asked for the price first."""
        if self._planned is None or self._planned[0] != ask.step:
            waited, self._waits = self._waits, False
            try:
                not_whole = None if waited else self._not_whole(ask)
                plan: Prediction | _GoneError = not_whole or self._answer(ask.frame)
            except _GoneError as gone:
                plan = self._not_yet(ask, gone) or gone
            self._planned = (ask.step, plan)
        return self._planned[1]

    def _not_yet(self, ask: PredictRequest, gone: _GoneError) -> Prediction | None:
        """A pause instead, where an application has been started and may be slower than it was then."""
        if not self._pauses or isinstance(ask.hindrance, Refusal):
            return None
        pause, self._pauses, self._waits = self._pauses[0], self._pauses[1:], True
        return Prediction(Verdict.CONTINUE, (Wait(pause),), f"what was opened is waited for: {gone}")

    def _elsewhere(self, deed: StepAction, now: tuple[NamedWindow, ...]) -> str:
        """Why the windows that it would go to are not those of then, in words; empty where they are."""
        if deed.windows is None:
            keys = isinstance(deed.real, TypeText | PressKeys | KeyCombo)
            return f"the recording does not say which window {'had the keyboard' if keys else 'it went to'}"
        then = [replace(window, title=self._recording.filled(window.title)) for window in deed.windows]
        if len(then) != len(now) or not all(map(fits, then, now)):
            return "another window is where the recorded one was"
        return ""

    def _not_whole(self, ask: PredictRequest) -> _GoneError | None:
        """Where the last step was hindered: it is taken again if nothing of it was done, else it is at its end."""
        if ask.hindrance is None or not self._next:
            return None
        self._next -= 1
        other, self._other = self._other, ""
        number = self._recording.steps[self._next].number
        if other:
            return _GoneError(f"in step {number} {other}")
        if self._begun:
            return _GoneError(f"step {number} was not done whole: {ask.hindrance.why}")
        return None

    def _answer(self, frame: Frame) -> Prediction:
        steps = self._recording.steps
        self._aimed, self._begun = [], False
        if self._next >= len(steps):
            return Prediction(Verdict.DONE, reasoning=self._as_it_ended(frame))
        step = steps[self._next]
        actions = tuple(self._placed(step, frame))
        done = [deed for deed in step.deeds if deed.outcome == "done"]
        self._aimed = [deed for deed in done if _is_aimed(deed.real)]
        self._begun = any(isinstance(deed.real, Launch) for deed in done)  # it is not started twice
        if self._begun:
            self._pauses = LATE
        elif self._aimed:
            self._pauses = ()  # what was opened is there
        said = "" if step.predicted is None else step.predicted.reasoning
        return Prediction(Verdict.CONTINUE, actions, f"recorded step {step.number}{f': {said}' if said else ''}")

    def _as_it_ended(self, frame: Frame) -> str:
        last = self._recording.story.steps[-1]
        said = f"all {len(self._recording.steps)} recorded steps were done again"
        if any(deed.outcome == "done" for deed in last.deeds) or picture(self._recording.folder, last.looked) is None:
            return said
        part = _alike(self._pictures(last, frame), last, frame)
        if part < SCREEN_ALIKE:
            message = f"{said}, but only {part:.0%} of the screen looks as it did at the end of the recorded run"
            raise _GoneError(message)
        return f"{said}, and {part:.0%} of the screen looks as it did then"

    def _placed(self, step: TimelineStep, frame: Frame) -> Iterator[Action]:
        """The step's actions in sent pixels of this frame, moved with their targets. Raises _GoneError."""
        then, now = self._pictures(step, frame)
        deeds = [deed for deed in step.deeds if deed.outcome == "done"]
        pointed = False
        for deed in deeds:
            named = _named(deed.real)
            pointed = pointed or bool(named)
            places = {point: self._found(step, deed, point, (then, now)) for point in named}
            yield self._again(deed, step, places)
        waits = all(isinstance(deed.real, Wait) for deed in deeds)  # harms nobody, whatever is there by now
        part = 1.0 if pointed or waits else _alike((then, now), step, frame)
        if part < SCREEN_ALIKE:
            message = f"in step {step.number} only {part:.0%} of the screen looks as it did"
            raise _GoneError(message)

    def _pictures(self, step: TimelineStep, frame: Frame) -> tuple[Image, Image]:
        looked = step.looked
        if (looked.sent, looked.shows.size) != (frame.sent, frame.shows.size):
            message = (
                f"the screen was {looked.shows.size} (sent as {looked.sent}) and is {frame.shows.size} ({frame.sent})"
            )
            raise _GoneError(message)
        image = picture(self._recording.folder, looked)
        if image is None:
            message = f"no picture was kept of step {step.number}, so nothing can be compared"
            raise _GoneError(message)
        try:
            return visual_match.grey(image), visual_match.grey(frame.image)
        except ValueError as error:
            message = f"what was kept of step {step.number} is no picture, so nothing can be compared"
            raise _GoneError(message) from error

    def _found(self, step: TimelineStep, deed: StepAction, real: Point, pictures: tuple[Image, Image]) -> Point:
        """Where the place is now, in sent pixels."""
        then = step.looked.frame().unplace(real)
        found = visual_match.find(*pictures, then.x, then.y, self._moved)
        if found is None:
            words = "" if deed.real is None else in_words(deed.real)
            message = f"what step {step.number} was aimed at is not there any more: {words}"
            raise _GoneError(message)
        moved = (found.dx, found.dy)
        self._moved = [moved, *(other for other in self._moved if other != moved)][:3]
        return Point(then.x + found.dx, then.y + found.dy)

    def _again(self, deed: StepAction, step: TimelineStep, places: Mapping[Point, Point] | None = None) -> Action:
        """What was done, at the `places` where its points are now, or where they were."""
        match deed.real:
            case TypeText(text):
                return TypeText(self._recording.filled(text))
            case None:
                message = f"the journal does not say what was done in step {step.number}"
                raise _GoneError(message)
            case action:
                return action if places is None else moved(action, lambda point: _along(point, places, step.looked))

    def _told(self, gone: _GoneError) -> str:
        """What the model is told of a step that it heals."""
        step = self._recording.steps[self._next - 1]
        done = "; then ".join(in_words(self._again(deed, step)) for deed in step.deeds if deed.real)
        why = "" if step.predicted is None else step.predicted.reasoning[:REASON]
        return (
            "A recorded run is being repeated, step by step, and one step cannot be repeated as it is: "
            f"{gone}. Do only what that step did, on the screen as it is now, and nothing beyond it. "
            f"The step, in the pixels of then: {done}. {f'It was done because: {why} ' if why else ''}"
            f"The whole task, of which other steps are repeated without you: {self._recording.task[:TASK]}"
        )


def _alike(pictures: tuple[Image, Image], step: TimelineStep, frame: Frame) -> float:
    """How much of the screen is as it was, without what was hidden then or is now."""
    hidden = []
    for one in (step.looked.frame(), frame):
        for rect in one.hidden:
            start = one.unplace(Point(rect.left, rect.top))
            end = one.unplace(Point(rect.left + rect.width, rect.top + rect.height))
            hidden.append((start.x, start.y, end.x, end.y))
    return visual_match.alike(*pictures, hidden)


def _is_aimed(real: Action | None) -> bool:
    """Whether the executor asks where it goes: a move or a wait harms nobody."""
    return isinstance(real, Click | Drag | Scroll | TypeText | PressKeys | KeyCombo)


def _named(real: Action | None) -> tuple[Point, ...]:
    """What it was aimed at: of a drag the ends."""
    ends = () if real is None else points(real)
    return tuple(point for point in dict.fromkeys((*ends[:1], *ends[-1:])) if point is not None)


def _along(point: Point, places: Mapping[Point, Point], looked: Looked) -> Point:
    """Where a point is now: one on a drag's way has moved with the first of its ends."""
    if point in places:
        return places[point]
    was, now = next(iter(places.items()))
    then, end = looked.frame().unplace(point), looked.frame().unplace(was)
    return Point(then.x + now.x - end.x, then.y + now.y - end.y)
