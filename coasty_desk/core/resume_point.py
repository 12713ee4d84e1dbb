"""Where a run was cut off, and what of an answer to an earlier look at the screen may still be carried out."""

from __future__ import annotations

from itertools import takewhile

from msgspec import Struct, field
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Click, Drag, Look, Move, Prediction, Refusal, Scroll, Verdict, Wait
from coasty_desk.core.limits import Progress
from coasty_desk.core.scaling import Frame


class ResumePoint(Struct, frozen=True):
    """Where a run was cut off, for it to be taken up again.

    `progress` counts over all sittings, as `seq` does events. `frame` is what the model saw in a step that is not
    finished: without an `answer` the step is asked again as it was, with one its actions are
    carried out from `first` on, but nothing of it where that look is `stale`. `notes` are told to
    the model with the next step that looks afresh, `said` is what the person has told it so far. `refused`: an action of the last finished step was.
    """

    progress: Progress = field(default_factory=Progress)
    notes: tuple[str, ...] = ()
    refused: bool = False
    frame: Frame | None = None
    answer: Prediction | None = None
    first: int = 0
    stale: bool = False
    said: tuple[str, ...] = ()
    seq: int = 0


def in_answer(question: str, words: str) -> str:
    """What the model is told of a person's words to its own question."""
    return f"{words} (in answer to: {question})"


def stands_alone(action: Action | Refusal) -> bool:
    """Whether the action says for itself where it goes, so that it needs nothing of what was done before it."""
    match action:
        case Click(point=point) | Scroll(point=point) | Drag(start=point):
            return point is not None
        case Move() | Wait() | Look() | Refusal():
            return True
        case _:
            return False


def still_good(answer: Prediction, first: int, *, stale: bool) -> tuple[Prediction, tuple[str, ...]]:
    """What of the answer may be carried out from `first` on in another sitting, and what the model is told of the rest.

    Keys go where the keyboard's focus is, and that is by now where the person has taken the run
    up; so the first of them, and whatever follows it, waits for a fresh look.
    """
    rest = answer.actions[first:]
    kept = () if stale else tuple(takewhile(stands_alone, rest))
    if len(kept) == len(rest):
        return answer, ()
    note = "The run was cut off and taken up again. The rest of the last actions was not done."
    return replace(answer, actions=(*answer.actions[:first], *kept), verdict=Verdict.CONTINUE), (note,)
