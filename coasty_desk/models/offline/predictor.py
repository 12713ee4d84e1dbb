"""The embedded predictor: says what to do next by reading the screen, in this process, for nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from msgspec.structs import replace

from coasty_desk.core.actions import Evidence, Launch, NotDone, Point, Prediction, Refusal, Verdict
from coasty_desk.core.errors import DesktopError
from coasty_desk.core.ports import PredictRequest, PredictStream
from coasty_desk.core.scaling import Frame, Rect
from coasty_desk.core.stop import Stop
from coasty_desk.models.offline.a11y.a11y_alignment import aligned
from coasty_desk.models.offline.a11y.widgets import Front, Tree, Widget
from coasty_desk.models.offline.cut_plan import CutPlan
from coasty_desk.models.offline.interpreter import Plan, nothing_to_open
from coasty_desk.models.offline.language.grammar import parse
from coasty_desk.models.offline.language.instructions import NotUnderstoodError, Step
from coasty_desk.models.offline.steps.context import Batch, CannotError, Context
from coasty_desk.models.offline.vision.background_motion import Stirring
from coasty_desk.models.offline.vision.pixels import Picture
from coasty_desk.models.offline.vision.read_screen import ReadScreen
from coasty_desk.models.offline.vision.reader import Reader
from coasty_desk.models.offline.vision.texts import Box
from coasty_desk.wire.journal_codec import Looked

_GONE_ON = "the run was cut off and gone on with; what was filled in before that was not looked at once more"


class OfflinePredictor:
    """Carries out what it is told by reading the screen; keeps where it is in it from step to step.

    `active` gives the real rectangle of the window that has the focus, None where that is not
    known: what lies in it comes before what lies behind. `front` tells more of it, for its application to be asked. `pointer` gives where the pointer is, in
    real pixels, and raises DesktopError. `launch` gives the start of the application that a name
    means, and raises CannotError. Processes that are `unread` are not asked what they show. In a `dry_run` nothing
    comes of an action: what is not on the screen is where it ends, and no failure.
    `glance` gives the screen as it is now, of the frame's size and with its masks; None where nobody may look in between.
    `cut` is where in its instructions the run was cut off, `picture` gives the picture of a look before that, None where it is gone.
    """

    def __init__(
        self,
        stop: Stop,
        *,
        active: Callable[[], Rect | None] = lambda: None,
        front: Callable[[], Front | None] = lambda: None,
        pointer: Callable[[], Point] | None = None,
        launch: Callable[[str], Launch] = nothing_to_open,
        unread: frozenset[int] = frozenset(),
        dry_run: bool = False,
        glance: Callable[[], Picture] | None = None,
        cut: CutPlan | None = None,
        picture: Callable[[Looked], bytes | None] = lambda _: None,
    ) -> None:
        self._dry_run = dry_run
        self._cut = None if cut is None else replace(cut, screen=self._seen_then)
        self._picture = picture
        self._pointer = pointer
        self._launch = launch
        self._tree = Tree(unread, front)
        self._stop = stop
        self._stirring = Stirring(stop, glance)
        self._active = active
        self._frame: Frame | None = None
        self._plan: Plan | None = None
        self._going: Generator[Batch, ReadScreen, None] | None = None
        self._told: str | None = None
        self._steps: tuple[Step, ...] = ()
        self._reader: Reader | None = Reader()

    def price(self, ask: PredictRequest) -> int:  # noqa: ARG002 - the port's
        """Nothing."""
        return 0

    def predict(self, ask: PredictRequest) -> PredictStream[Prediction]:
        """What to do next on this frame, by the task or what the person has said last. Raises Aborted, UsageError where there is no engine."""
        yield from ()
        told = ask.said[-1] if ask.said else ask.task
        if told != self._told:
            try:
                self._steps = parse(told)
            except NotUnderstoodError as error:
                return Prediction(Verdict.FAIL, reasoning=f"I do not understand the instruction: {error}")
            self._told, self._going, self._plan = told, None, None
        elif isinstance(
            ask.hindrance, Refusal
        ):  # what follows rests on it, and it will not be let through a second time
            refused = f"“{ask.hindrance.action}” was refused: {ask.hindrance.why}"
            return Prediction(Verdict.FAIL, reasoning=refused)
        if self._plan is None and self._cut is not None and self._cut.refusal:
            return Prediction(Verdict.FAIL, reasoning=self._cut.refusal)
        assert self._reader is not None, "it is not closed"  # noqa: S101 - for the type checker
        self._frame, reader = ask.frame, self._reader
        self._stirring.looked()
        seen = self._stop.race(lambda: reader.read(ask.frame.image))
        return self._next(seen, sum(isinstance(outcome, NotDone) for outcome in ask.outcomes))

    def close(self) -> None:
        """Free the engine and the last screenshot."""
        if self._going is not None:
            self._going.close()
        self._tree.close()
        self._reader = self._plan = self._going = self._frame = None

    def _next(self, seen: ReadScreen, undone: int) -> Prediction:
        try:
            if self._going is None or self._plan is None:
                self._plan, self._cut = Plan(self._sight(seen), self._launch, cut=self._cut), None
                if self._plan.cut is not None:
                    self._plan.sight.notes.append(_GONE_ON)
                self._going = self._plan.whole(self._steps)
                batch = next(self._going)
            else:
                self._plan.sight.undone = undone
                batch = self._going.send(seen)
        except StopIteration:
            return Prediction(Verdict.DONE, reasoning=self._summary(), evidence=self._proofs())
        except CannotError as error:
            why = f"at the step “{error.step}”: {error.why}"
            if self._plan is not None and self._plan.doubted:
                why += f"; {self._plan.doubted}"
            if self._dry_run:
                return Prediction(Verdict.DONE, reasoning=f"without input it goes no further than this; {why}")
            return Prediction(Verdict.FAIL, reasoning=why)
        words = (batch.said,) * len(batch.actions)
        return Prediction(
            *(Verdict.CONTINUE, batch.actions, batch.said),
            descriptions=words,
            evidence=self._proofs(),
            position=self._plan.position,
        )

    def _seen_then(self, looked: Looked) -> ReadScreen | None:
        """What was on a picture of before the run was cut off; None where it is of another screen, or gone."""
        reader, now = self._reader, self._frame
        if reader is None or now is None or (looked.shows, looked.sent) != (now.shows, now.sent):
            return None
        image = self._picture(looked)
        try:
            return None if image is None else self._stop.race(lambda: reader.read(image))
        except (OSError, ValueError):  # it is no picture any more
            return None

    def _proofs(self) -> tuple[Evidence, ...]:
        """What was found since the last step, told once."""
        if self._plan is None:
            return ()
        found, self._plan.sight.proofs = tuple(self._plan.sight.proofs), []
        return found

    def _sight(self, seen: ReadScreen) -> Context:
        return Context(
            seen,
            self._active_box,
            pointer=self._pointer_in_frame,
            reader=self._reader,
            tree=self._widgets,
            hidden=self._hidden,
            stirring=self._stirring,
        )

    def _widgets(self, seen: ReadScreen) -> Sequence[Widget]:
        """What the accessibility tree says, in frame pixels, as far as the screen bears it out; nothing of what is masked."""
        told = [replace(widget, box=self._in_frame(widget.box)) for widget in self._tree.widgets()]
        hidden = self._hidden()
        shown = [one for one in told if not any(one.box.meets(box) for box in hidden)]
        return aligned(shown, seen.texts, window=self._active_box(), picture=seen.picture)

    def _summary(self) -> str:
        if self._plan is None:
            return ""
        read = [f"read {text}" for text in self._plan.read_out]
        return "; ".join(["every instruction was carried out", *read, *self._plan.sight.notes])

    def _active_box(self) -> Box | None:
        rect = self._active()
        return None if rect is None or self._frame is None else self._in_frame(Box.of(rect))

    def _hidden(self) -> Sequence[Box]:
        """What is black in the frame because it is not to be seen."""
        return [] if self._frame is None else [self._in_frame(Box.of(rect)) for rect in self._frame.hidden]

    def _pointer_in_frame(self) -> Point | None:
        try:
            at = None if self._pointer is None else self._pointer()
        except DesktopError:
            return None
        return None if at is None else self._in_frame(Box(at.x, at.y, at.x, at.y)).centre

    def _in_frame(self, box: Box) -> Box:
        if self._frame is None:
            return box
        start, end = map(self._frame.unplace, (Point(box.left, box.top), Point(box.right, box.bottom)))
        return Box(start.x, start.y, end.x, end.y)
