"""A run's events told as a story: what was seen, thought and done in each step. Read by the report, the animation and the replay."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from coasty_desk import plain_files
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Look, Refusal
from coasty_desk.core.errors import UsageError
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.record import listing
from coasty_desk.record.journal import FRAMES
from coasty_desk.wire.journal_codec import Began, Looked

LARGEST_PICTURE = 64_000_000
"""Bytes of a recorded screenshot: the largest that is sent has a quarter of it."""

MOST_IN_A_STEP = 5_000
"""Actions, questions and retries of one step that are told; a step of ours has some hundreds at most."""

Outcome = Literal["done", "in doubt", "refused"]


class StepAction(Struct, frozen=True):
    """One action of a step and what became of it; `sent` and `real` are in sent and real pixels, where it was placed.

    `windows` are those that it went to, where that is on record. `in doubt`: its input was about to go out when the run was cut off. A refused one stands where it would have gone; one that is
    done and has a `refusal` was broken off.
    """

    index: int
    outcome: Outcome
    sent: Action | None = None
    real: Action | None = None
    windows: tuple[NamedWindow, ...] | None = None
    ms: float | None = None
    refusal: Refusal | None = None


class TimelineStep(Struct, frozen=True):
    """From one look at the screen to the next. `taken` counts from 1 how often this number was begun: a resumed run takes one again."""

    number: int
    taken: int
    looked: Looked
    predicted: ev.Predicted | None = None
    deeds: tuple[StepAction, ...] = ()
    asides: tuple[ev.Event, ...] = ()
    settled: ev.Settled | None = None

    @property
    def dropped(self) -> tuple[Action | Refusal, ...]:
        """What the model wanted as well and was not tried, because something before it was hindered."""
        left = () if self.predicted is None else self.predicted.actions[len(self.deeds) :]
        return tuple(action for action in left if not isinstance(action, Look))


class Timeline(Struct, frozen=True):
    """A whole run. `sittings` counts how often it was begun or taken up again; `ended` is the last ending, if it has one."""

    started: ev.RunStarted
    steps: tuple[TimelineStep, ...]
    ended: ev.RunEnded | None
    sittings: int


def read(folder: Path) -> Timeline:
    """The story of a recorded run. Raises UsageError where its journal is missing or does not say how it began."""
    teller = _Teller()
    for event in listing.events(folder):
        teller.follow(event)
    if not teller.sittings:
        message = f"The run {folder.name} has no journal that says how it began."
        raise UsageError(message, "It was cut off before its first step; delete it with `coasty-desk runs delete`.")
    return Timeline(teller.sittings[0], tuple(teller.told), teller.ended, len(teller.sittings))


def picture(folder: Path, looked: Looked) -> bytes | None:
    """The recorded screenshot as it was sent; None where none was kept, or its name is none of ours."""
    if looked.file is None or not re.fullmatch(r"frames/[\w-]+\.(png|jpg)", looked.file, re.ASCII):
        return None
    try:
        if (folder / FRAMES).is_symlink():
            return None
        return plain_files.read(folder / looked.file, LARGEST_PICTURE, links=False)
    except OSError:
        return None


class _Teller(listing.Course):
    told: list[TimelineStep] = field(default_factory=list)
    taken: Counter[int] = field(default_factory=Counter)

    def follow(self, event: ev.Event) -> None:
        listing.Course.follow(self, event)
        match event:
            case ev.RunStarted() | ev.RunEnded():
                pass
            case Looked():
                self.taken[event.step] += 1
                self.told.append(TimelineStep(event.step, self.taken[event.step], event))
            case _ if self.told and len(self.told[-1].deeds) + len(self.told[-1].asides) < MOST_IN_A_STEP:
                self.told[-1] = _with(self.told[-1], event)


def _with(step: TimelineStep, event: ev.Event) -> TimelineStep:
    match event:
        case ev.Predicted():
            return replace(step, predicted=event)
        case Began(index=index, sent=sent, real=real, windows=windows):
            return replace(step, deeds=(*step.deeds, StepAction(index, "in doubt", sent, real, windows)))
        case ev.Acted(index=index, ms=ms):
            done = (replace(deed, outcome="done", ms=ms) if deed.index == index else deed for deed in step.deeds)
            return replace(step, deeds=tuple(done))
        case ev.Refused(refusal=refusal) if refusal.partly:
            return replace(step, deeds=_broken_off(step.deeds, refusal))
        case ev.Refused(refusal=refusal):
            return replace(step, deeds=(*step.deeds, _refused(step, refusal)))
        case ev.Settled():
            return replace(step, settled=event)
        case _:
            return replace(step, asides=(*step.asides, event))


def _broken_off(deeds: tuple[StepAction, ...], refusal: Refusal) -> tuple[StepAction, ...]:
    """Those until the last that was begun, which was not done whole; what was to go out with it was not tried."""
    begun = max((number for number, deed in enumerate(deeds) if deed.ms is not None), default=-1)
    return (*deeds[:begun], *(replace(deed, refusal=refusal) for deed in deeds[begun : begun + 1]))


def _refused(step: TimelineStep, refusal: Refusal) -> StepAction:
    index = len(step.deeds)
    wanted = step.predicted.actions[index] if step.predicted and index < len(step.predicted.actions) else None
    if wanted is None or isinstance(wanted, Refusal):
        return StepAction(index, "refused", refusal=refusal)
    placed = step.looked.frame().place(wanted, step.predicted.space if step.predicted else None)
    return StepAction(index, "refused", wanted, placed.real, refusal=refusal)
