"""A model's text to what it means: one reader a family, and whatever any of them trips over is one refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk.core.actions import Action, Look, Refusal, Verdict
from coasty_desk.core.keys.chords import UnknownKey
from coasty_desk.models.readers.call_meanings import CallWords, carry_out
from coasty_desk.models.readers.code_answers import code_of, plain_source
from coasty_desk.models.readers.json_calls import json_calls
from coasty_desk.models.readers.tagged_calls import is_tagged, tagged_calls
from coasty_desk.models.readers.written_calls import WrittenCall, parted, thought_of, written_calls
from coasty_desk.wire import pyautogui_source
from coasty_desk.wire.json_fields import UnreadableError, glimpse, sound
from coasty_desk.wire.source_hand import SourceHand

Form: TypeAlias = Literal["uitars", "seed", "qwen", "glm", "json", "code"]
"""The forms of answer that families were trained to write."""

LONGEST = 200_000
"""Characters of an answer that are read; a run's own have a hundredth of it."""


class Reading(Struct, frozen=True):
    """What an answer says: `actions` in the model's own space, or the one `Refusal` of an answer that cannot be read.

    `question` is for a person (verdict ASK); `answer` is what the model found out, None where it says nothing.
    """

    actions: tuple[Action | Refusal, ...]
    verdict: Verdict = Verdict.CONTINUE
    thought: str = ""
    question: str | None = None
    answer: str | None = None

    @property
    def is_unreadable(self) -> bool:
        """Whether nothing of it could be understood, so that asking once more may help."""
        return bool(self.why)

    @property
    def why(self) -> str:
        """Why it could not be; empty where it could."""
        return next((one.why for one in self.actions if isinstance(one, Refusal)), "")


def read(text: str, form: Form, *, of_one: bool = False) -> Reading:
    """The answer's meaning; never raises. `of_one`: its places are fractions of the picture."""
    if len(text) > LONGEST:
        return refused(text[:LONGEST], f"it has {len(text)} characters, more than {LONGEST}")
    try:
        return _read(sound(text), form, of_one=of_one)
    except (UnreadableError, UnknownKey, pyautogui_source.SourceRefused) as error:
        return refused(text, str(error))
    except Exception as error:  # noqa: BLE001 - a stranger's text: whatever it breaks is a refusal of it
        return refused(text, f"it cannot be read ({type(error).__name__})")


def _read(text: str, form: Form, *, of_one: bool) -> Reading:
    _, answered = parted(text)
    if form == "code":
        return _code(text, code_of(answered), of_one=of_one)
    return _meant(_READERS[form](answered), thought_of(text))


def _meant(calls: Sequence[WrittenCall], thought: str) -> Reading:
    hand, told = SourceHand(bends=True), CallWords()
    for call in calls:
        carry_out(call, hand, told)
        if told.verdict is not Verdict.CONTINUE:
            break
    try:
        hand.finish()
    except UnreadableError as error:
        msg = f"{error}; nothing is held from one answer to the next, so drag, or press keys together, in one call"
        raise UnreadableError(msg) from None
    return _reading(thought, tuple(hand.actions), told)


def _code(text: str, code: str, *, of_one: bool) -> Reading:
    told = CallWords()
    source = plain_source(code, told)
    parsed = pyautogui_source.parse(source, of_one=of_one)
    told.verdict = parsed.verdict
    return _reading(thought_of(text), parsed.actions, told)


def _reading(thought: str, actions: tuple[Action, ...], told: CallWords) -> Reading:
    question = told.question
    if told.verdict is Verdict.ASK:
        question = question or thought or "The model asks for a person, and does not say why."
    elif not actions and told.answer is not None and told.verdict is Verdict.CONTINUE:
        actions = (Look(),)  # it has told what it found, and its end comes next
    return Reading(actions, told.verdict, thought, question, told.answer)


def refused(text: str, why: str) -> Reading:
    """An answer that cannot be read, and why."""
    return Reading((Refusal(f"the answer {glimpse(text, 60)}", "wire", why),), thought=thought_of(text[:LONGEST]))


def of_calls(calls: Sequence[WrittenCall], text: str, said: str) -> Reading:
    """The meaning of calls that came as such; `text` shows what they were, `said` is what the model said beside them. Never raises."""
    try:
        return _meant(calls, said)
    except (UnreadableError, UnknownKey) as error:
        return replace(refused(text, str(error)), thought=said)
    except Exception as error:  # noqa: BLE001 - as above
        return replace(refused(text, f"it cannot be read ({type(error).__name__})"), thought=said)


def _written(text: str) -> list[WrittenCall]:
    return tagged_calls(text) if is_tagged(text) else written_calls(text)


def _qwen(text: str) -> list[WrittenCall]:
    if not is_tagged(text):
        return json_calls(text)
    return [_unfolded(call) for call in tagged_calls(text)]


def _unfolded(call: WrittenCall) -> WrittenCall:
    """`computer_use(action=left_click, …)`: the action is among the arguments."""
    name = call.arguments.get("action")
    rest = {key: value for key, value in call.arguments.items() if key != "action"}
    return WrittenCall(name.strip(), rest) if isinstance(name, str) else call


_BARE_PLACE = re.compile(
    r"[\s`]*(?:[A-Za-z]+:\s*)?(<point>\s*-?\d+(?:\.\d+)?[\s,]+-?\d+(?:\.\d+)?\s*</point>"
    r"|[(\[]\s*-?\d+(?:\.\d+)?\s*,\s*-?\d+(?:\.\d+)?\s*[)\]])[\s`.]*"
)


def _json(text: str) -> list[WrittenCall]:
    """Grounding: an object, a call or a bare place."""
    if bare := _BARE_PLACE.fullmatch(text):
        return [WrittenCall("click", {"point": bare[1]})]
    return json_calls(text) if "{" in text else written_calls(text)


_READERS: dict[str, Callable[[str], list[WrittenCall]]] = {
    "uitars": _written,
    "seed": _written,
    "glm": _written,
    "qwen": _qwen,
    "json": _json,
}
