"""A model's prediction as `/v1` tells it: canonical actions in the caller's own pixels, no more of them than asked for. Pure."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import UNSET, Struct, convert

from coasty_desk.core.actions import (
    Action,
    Click,
    Done,
    Drag,
    HoldKeys,
    Launch,
    Look,
    NotDone,
    Outcome,
    Point,
    Prediction,
    Refusal,
    Verdict,
    Wait,
    in_words,
    points,
)
from coasty_desk.core.scaling import Frame, Rect, Size
from coasty_desk.wire.canonical_actions import encode
from coasty_desk.wire.inference_resources import ActionEntry, Status
from coasty_desk.wire.pyautogui_writer import to_pyautogui

LOOKING = Wait(1.0)
"""What a caller does where a model only wants to look again."""


class ToldActions(Struct, frozen=True):
    """What is told: `entries`, with their source; what becomes of each of the prediction's actions, as far as we can know (`outcomes`)."""

    entries: list[ActionEntry]
    status: Status
    reasoning: str
    outcomes: tuple[Outcome, ...]

    @property
    def raw_code(self) -> list[str]:
        """The source of each."""
        return [entry.raw_code for entry in self.entries if isinstance(entry.raw_code, str)]

    def entries_without_code(self) -> list[ActionEntry]:
        """As they are where no source is wanted."""
        return [ActionEntry(entry.action_type, entry.params, entry.description) for entry in self.entries]


def whole_frame(space: Size) -> Frame:
    """Of an answer whose places are in the caller's pixels already."""
    return Frame(b"", "image/png", space, space, Rect(0, 0, space.width, space.height), inset=0)


def told(prediction: Prediction, frame: Frame, limit: int, tools: Collection[str] | None) -> ToldActions:
    """The prediction, with at most `limit` of its actions, all of them of the types in `tools` (None: any).

    What cannot be told, or must not, ends the list: what comes after it rests on it.
    """
    entries: list[ActionEntry] = []
    outcomes: list[Outcome] = []
    left_out = ""
    pointer: Point | None = None
    for action in prediction.actions:
        if left_out:
            outcomes.append(NotDone(left_out))
            continue
        if len(entries) >= limit:
            left_out = f"only {limit} actions are carried out at a time"
            outcomes.append(NotDone(left_out))
            continue
        made = _entry(prediction, action, frame, pointer, tools)
        if isinstance(made, Refusal):
            left_out = f"“{made.action}” was not done: {made.why}"
            outcomes.append(made)
            continue
        entry, real = made
        entries.append(entry)
        outcomes.append(Done())
        pointer = next((at for at in reversed(points(real)) if at is not None), pointer)
    refused = next((one for one in outcomes if isinstance(one, Refusal)), None)
    reasoning = prediction.question or prediction.reasoning or prediction.answer
    if refused is not None:
        reasoning = f"{reasoning}\n[Left out: {refused.action}: {refused.why}]".strip()
    status = _status(prediction.verdict, whole=not left_out)
    if status != "continue":
        word = "DONE" if status == "done" else "FAIL"
        entries.append(ActionEntry(status, {}, UNSET, word))
    return ToldActions(entries, status, reasoning, tuple(outcomes))


def _status(verdict: Verdict, *, whole: bool) -> Status:
    """A question to the person is an end here: nobody is there to answer it but the caller, with another instruction."""
    match verdict:
        case Verdict.DONE if whole:
            return "done"
        case Verdict.FAIL | Verdict.ASK:
            return "fail"
        case _:
            return "continue"


def _entry(
    prediction: Prediction, action: Action | Refusal, frame: Frame, pointer: Point | None, tools: Collection[str] | None
) -> tuple[ActionEntry, Action] | Refusal:
    if isinstance(action, Refusal):
        return action
    astray = "" if prediction.clamps else frame.strays(action, prediction.space)
    if astray:
        return Refusal(in_words(action), "wire", astray)
    real = _at_pointer(frame.place(action, prediction.space).real, pointer)
    if real is None:
        return Refusal(in_words(action), "wire", "the published API has no action for it")
    encoded = encode(real)
    if tools is not None and encoded["action_type"] not in tools:
        return Refusal(
            in_words(action), "policy", f"{encoded['action_type']} is not among the tools that were asked for"
        )
    entry = convert({**encoded, "raw_code": to_pyautogui(real)}, ActionEntry)
    said = prediction.description(action)
    if said:
        entry = ActionEntry(entry.action_type, entry.params, said, entry.raw_code)
    return entry, real


def _at_pointer(action: Action, pointer: Point | None) -> Action | None:
    """The action with every place that a caller needs; None where it has none, or no published action says it."""
    match action:
        case HoldKeys() | Launch():
            return None
        case Look():
            return LOOKING
        case Click(point=None, button=button, count=count, modifiers=held):
            return None if pointer is None else Click(pointer, button, count, held)
        case Drag(via=via) if via:
            return None
        case Drag(start=None, end=end, button=button, modifiers=held):
            return None if pointer is None else Drag(pointer, end, button, held)
        case _:
            return action
