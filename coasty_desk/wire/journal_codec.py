"""A run's events as JSON lines (DESIGN.md A4), what `--json` prints and the journal keeps, and the lines back to events.

A line's fields are those of its struct, in their order, both to write and to read: an event itself, or one of those
below where an event's values are none of JSON. Two events do not come back as themselves: a picture is in a file
of its own (`Looked`), and nothing but `Frame.place` makes a `Placed` (`Began`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from msgspec import NODEFAULT, Meta, Struct, ValidationError, convert, to_builtins
from msgspec.structs import astuple

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Evidence, Refusal, Usage, Verdict, in_words
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.keys.chords import UnknownKey
from coasty_desk.core.money import Money, from_cents, in_cents
from coasty_desk.core.scaling import CORNER_INSET, Frame, Rect, Size
from coasty_desk.wire.action_json import recall
from coasty_desk.wire.canonical_actions import encode
from coasty_desk.wire.json_fields import glimpse

REFUSED = "refused"
"""The `action_type` that stands in `predicted.actions` for one that could not be read."""

MAX_NUMBER = 10**15

_LOOKED = {"sent": "size", "file": "frame", "length": "bytes", "worst_case": "worst_case_cents"}


class Looked(ev.Event, frozen=True, kw_only=True, rename=_LOOKED):
    """An `observed` line: what the picture showed; `file` is where it is kept, from the run's folder, `length` its bytes."""

    name: ClassVar[str] = "observed"
    sent: Size
    file: str | None = None
    length: int = 0
    media_type: str
    content: Size
    shows: Rect
    hidden: tuple[Rect, ...] = ()
    inset: int = CORNER_INSET
    worst_case: Money = 0

    def frame(self, image: bytes = b"") -> Frame:
        """The frame with its geometry, to place actions with; `image` is the file's content, where that is wanted."""
        return Frame(image, self.media_type, self.sent, self.content, self.shows, self.hidden, self.inset)


class Began(ev.Event, frozen=True, kw_only=True):
    """An `acting` line: the action as the model said it and as it was about to be done, in real pixels."""

    name: ClassVar[str] = "acting"
    index: int
    sent: Action
    real: Action
    windows: tuple[NamedWindow, ...] | None = None


class _Usage(Struct, kw_only=True):
    credits_charged: float = 0
    cost_cents: float
    input_tokens: int
    output_tokens: int


class _Evidence(Struct):
    kind: str
    what: str
    where: Rect | None = None


class _Window(Struct, omit_defaults=True, rename={"kind": "class"}):
    kind: str
    title: str
    frame: Rect | None = None


class _Predicted(ev.Event, frozen=True, kw_only=True, rename={"verdict": "status", "total": "total_cents"}):
    name: ClassVar[str] = "predicted"
    verdict: Verdict
    reasoning: str
    actions: list[Any]
    usage: _Usage
    request_id: str | None = None
    attempts: int
    total: Money
    space: Size | None = None
    evidence: tuple[_Evidence, ...] = ()
    question: str = ""
    answer: str = ""
    position: Annotated[tuple[Annotated[int, Meta(ge=0)], ...], Meta(max_length=20)] = ()


class _Refused(ev.Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "refused"
    action: str
    by: str
    why: str
    partly: bool = False
    real_action: Any = None
    words: str = ""


class _Acting(ev.Event, frozen=True, kw_only=True):
    name: ClassVar[str] = "acting"
    index: int
    action: Any
    sent_action: Any
    words: str = ""
    windows: tuple[_Window, ...] | None = None


class _Ended(ev.Event, frozen=True, kw_only=True, rename={"cost": "cost_cents"}):
    name: ClassVar[str] = "run_ended"
    status: str
    reason: str
    message: str
    remedy: str
    steps: int
    cost: Money
    seconds: float
    left_open: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=100)] = ()


_LINES: dict[str, type[ev.Event]] = {
    line.name: line
    for line in (
        *(ev.RunStarted, Looked, _Predicted, ev.Charged, _Refused, ev.Asked, ev.Answered),
        *(_Acting, ev.Acted, ev.Retrying, ev.Paused, ev.Settled, _Ended),
    )
}
_MONEY = ("estimate", "worst_case_cents", "total_cents", "cents", "cost_cents")
"""Fields that are money, which is in cents in a line."""

_LEFT_OUT = frozenset(
    (
        "plan",
        "hidden",
        "inset",
        "evidence",
        "question",
        "answer",
        "position",
        "partly",
        "real_action",
        "windows",
        "left_open",
    )
)
"""Fields that are not in a line where they say what they say by default."""


def to_json(event: ev.Event, *, recorded: bool) -> dict[str, object]:
    """The event as a JSON object. `recorded` says whether its picture is kept, so that it has a file name."""
    line = _line(event, recorded=recorded)
    time = line.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"event": line.name, "seq": line.seq, "time": time, "run_id": line.run_id, "step": line.step}
    default = dict(zip(reversed(line.__struct_encode_fields__), reversed(line.__struct_defaults__), strict=False))
    for name, value in {"elapsed": line.elapsed, **to_builtins(line)}.items():
        if name in _MONEY and value is not None:
            said[name] = in_cents(value)
        elif name not in _LEFT_OUT or value != default.get(name, NODEFAULT):
            said.setdefault(name, list(value) if isinstance(value, tuple) else value)
    return said


def to_line(event: ev.Event, *, recorded: bool) -> str:
    """The event as one line of ASCII JSON, without its line end."""
    text = json.dumps(to_json(event, recorded=recorded), ensure_ascii=True, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f")


def frame_file(step: int, media_type: str) -> str:
    """Where a step's picture is kept, from the run's folder: `frames/0003.png`."""
    return f"frames/{step:04d}.{'jpg' if media_type == 'image/jpeg' else 'png'}"


def read(lines: Iterable[str | bytes]) -> Iterator[ev.Event]:
    """The events of a journal, in order; a torn line, an unknown event and nonsense are passed over."""
    for line in lines:
        try:
            event = from_json(json.loads(line))
        except (ValueError, RecursionError):
            continue
        if event is not None:
            yield event


def from_json(document: object) -> ev.Event | None:
    """The event that `to_json` wrote; unknown fields are ignored, and null is as good as none. None for whatever is not one."""
    try:
        if not isinstance(document, dict) or not _sane(document):
            return None
        said = {name: value for name, value in document.items() if value is not None}
        name = convert(said.get("event"), str)
        said["time"] = datetime.fromisoformat(convert(said.get("time"), str)).astimezone(UTC)
        for money in said.keys() & _MONEY:
            said[money] = from_cents(convert(said[money], float))
        return _event(convert(said, _LINES[name])) if name in _LINES else None
    except (ValidationError, ValueError, OverflowError, RecursionError):  # an UnreadableError, an UnknownKey too
        return None


def _sane(value: object) -> bool:
    """Whether all its numbers are finite and of a size that ours have."""
    if isinstance(value, dict):
        return all(map(_sane, value.values()))
    if isinstance(value, list):
        return all(map(_sane, value))
    return not isinstance(value, int | float) or abs(value) <= MAX_NUMBER


def _line(event: ev.Event, *, recorded: bool) -> ev.Event:
    match event:
        case ev.Observed(frame=frame):
            return Looked(
                **_alike(event, Looked) | _alike(frame, Looked),
                file=frame_file(event.step, frame.media_type) if recorded else None,
                length=len(frame.image),
            )
        case ev.Predicted(usage=usage, space=space, evidence=evidence):
            cents = in_cents(usage.cost)
            said = {
                "actions": list(map(_entry, event.actions)),
                "usage": _Usage(**_alike(usage, _Usage), credits_charged=cents, cost_cents=cents),
                "space": space and Size(*space),
                "evidence": tuple(_Evidence(one.kind, one.what, one.where and Rect(*one.where)) for one in evidence),
            }
            return _Predicted(**_alike(event, _Predicted) | said)
        case ev.Refused(refusal=refusal, real=real):
            done = None if real is None else encode(real)
            return _Refused(**_alike(event, _Refused) | _alike(refusal, _Refused), real_action=done, words=event.words)
        case ev.Acting(placed=placed, windows=windows):
            named = None if windows is None else tuple(_Window(one.kind, one.title, one.frame) for one in windows)
            return _Acting(
                **_alike(event, _Acting) | {"windows": named},
                action=encode(placed.real),
                sent_action=encode(placed.sent),
                words=in_words(placed.real),
            )
        case ev.RunEnded(ending=ending):
            return _Ended(**_alike(event, _Ended), status=ending.status, reason=ending.reason)
        case _:
            return event


def _event(line: ev.Event) -> ev.Event:
    """What a line says. Raises ValueError where it makes no sense."""
    match line:
        case _Predicted(usage=usage, space=space, evidence=evidence):
            said = {
                "actions": tuple(map(_action, line.actions)),
                "usage": Usage(from_cents(usage.cost_cents), usage.input_tokens, usage.output_tokens),
                "space": space and astuple(space),
                "evidence": tuple(
                    Evidence(one.kind, one.what, None if one.where is None else astuple(one.where)) for one in evidence
                ),
            }
            return ev.Predicted(**_alike(line, ev.Predicted) | said)
        case _Refused(real_action=done):
            real = None
            with suppress(UnknownKey):  # an earlier version placed it, and then found that there is no such key
                real = None if done is None else recall(done)
            return ev.Refused(**_alike(line, ev.Refused), refusal=Refusal(**_alike(line, Refusal)), real=real)
        case _Acting(windows=windows):
            seen = None if windows is None else tuple(NamedWindow(w.title, w.kind, frame=w.frame) for w in windows)
            real, sent = recall(line.action), recall(line.sent_action)
            return Began(**_alike(line, Began) | {"windows": seen}, real=real, sent=sent)
        case _Ended(status=status, reason=reason):
            return ev.RunEnded(**_alike(line, ev.RunEnded), ending=ev.Ending((status, reason)))
        case _:
            return line


def _alike(value: Struct, kind: type[Struct]) -> dict[str, Any]:
    """Those of its fields that a struct of this kind has too, by the same name."""
    return {name: getattr(value, name) for name in kind.__struct_fields__ if name in value.__struct_fields__}


def _entry(action: Action | Refusal) -> dict[str, object]:
    return {"action_type": REFUSED, "params": action} if isinstance(action, Refusal) else encode(action)


def _action(entry: object) -> Action | Refusal:
    if isinstance(entry, dict) and entry.get("action_type") == REFUSED:
        return convert(entry.get("params"), Refusal)
    try:
        return recall(entry)
    except UnknownKey as unknown:  # which an earlier version refused when its turn came
        return Refusal(glimpse(entry), "keys", str(unknown))
