"""The last steps of a recorded run as a model may be shown them again: each look with what was answered to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from coasty_desk import plain_files
from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Refusal
from coasty_desk.core.scaling import Size
from coasty_desk.record import listing
from coasty_desk.wire.journal_codec import Looked, frame_file

LARGEST_PICTURE = 64_000_000


class RecordedStep(Struct, frozen=True):
    """What was seen, as it was sent, and what was answered, in sent pixels."""

    image: bytes
    size: Size
    actions: tuple[Action, ...]
    reasoning: str


def last(folder: Path, many: int) -> tuple[RecordedStep, ...]:
    """So many of the last steps that were answered, the newest last; those whose picture is gone are left out."""
    looked: Looked | None = None
    answered: deque[tuple[Looked, ev.Predicted]] = deque(maxlen=many)
    for event in listing.events(folder):
        if isinstance(event, Looked):
            looked = event
        elif isinstance(event, ev.Predicted) and looked is not None and looked.step == event.step:
            answered.append((looked, event))
    return tuple(_read(folder, answered))


def picture(folder: Path, looked: Looked) -> bytes | None:
    """What was seen then, as it was sent; None where it is gone."""
    try:
        return plain_files.read(folder / frame_file(looked.step, looked.media_type), LARGEST_PICTURE, links=False)
    except OSError:
        return None


def _read(folder: Path, answered: deque[tuple[Looked, ev.Predicted]]) -> Iterator[RecordedStep]:
    for looked, predicted in answered:
        image = picture(folder, looked)
        if image is None:
            continue
        actions = tuple(action for action in predicted.actions if not isinstance(action, Refusal))
        yield RecordedStep(image, looked.sent, actions, predicted.reasoning)
