"""What every vendor's wire says beside a picture, and reads of an answer besides its calls."""

from __future__ import annotations

from collections.abc import Sequence

from coasty_desk.core.actions import Verdict
from coasty_desk.core.ports import PredictRequest
from coasty_desk.core.resume_point import in_answer
from coasty_desk.models.readers.reading import Reading, refused
from coasty_desk.models.vendor.token_tariff import AROUND, picture_tokens
from coasty_desk.wire.json_fields import Fields

YES = ("yes", "y", "ok", "okay", "ja", "oui", "sí", "si", "sure")
"""What a person agrees by; with anything more it is no plain yes."""

PAUSED = "the vendor paused"
"""Why an answer cannot be read that only wants to be asked on."""


def beside(ask: PredictRequest) -> str:
    """What goes with a picture in words: of the person, and of the computer."""
    said = [f"The person at the computer adds: {words}" for words in ask.said[-3:]]
    notes = [f"A note from the computer: {note}" for note in ask.notes]
    return "\n".join([*said, *notes])


def agreed(said: Sequence[str], question: str) -> bool:
    """Whether the person's last words are a plain yes to that very question."""
    rest = in_answer(question, "")
    return bool(said) and said[-1].endswith(rest) and said[-1].removesuffix(rest).strip(" .!").lower() in YES


def without_call(said: str, stopped: str) -> Reading:
    """An answer in words alone: the end, or a question."""
    if stopped == "pause_turn":
        return refused(said, PAUSED)
    if stopped in ("refusal", "content_filter"):
        return Reading((), Verdict.FAIL, said or "the model refuses this task")
    if stopped in ("max_tokens", "model_context_window_exceeded"):
        return refused(said, "it was cut off at its greatest length")
    if not said:
        return refused(said, "it is empty")
    if said.endswith("?"):
        return Reading((), Verdict.ASK, said, question=said)
    return Reading((), Verdict.DONE, said, answer=said)


def asked_tokens(ask: PredictRequest) -> int:
    """Those of a step's picture and words, and of what goes with every request, at most."""
    letters = sum(len(text.encode("utf-8", "replace")) for text in (ask.whole_task, *ask.notes, *ask.said))
    return picture_tokens(ask.frame.sent) + letters // 2 + AROUND


def count(fields: Fields, name: str) -> int:
    """A number of tokens; 0 where it is none."""
    value = fields.values.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else 0
