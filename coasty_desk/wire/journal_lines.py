"""A journal's lines back to values, for whoever takes up, retells or repeats a run.

Every event comes back as itself, but for two whose values cannot be: a picture is in a file of
its own (`Looked`), and nothing but `Frame.place` makes a `Placed` (`Began`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import ClassVar, Literal, TypedDict, TypeVar, get_args

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Evidence, Refusal, Usage, Verdict
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.keys.chords import UnknownKey
from coasty_desk.core.money import Money, cap
from coasty_desk.core.scaling import CORNER_INSET, Frame, Rect, Size
from coasty_desk.wire.action_json import recall
from coasty_desk.wire.event_json import REFUSED
from coasty_desk.wire.json_fields import Fields, UnreadableError, glimpse

T = TypeVar("T")
K = TypeVar("K")

MAX_NUMBER = 10**15


class Looked(ev.Event, frozen=True, kw_only=True):
    """An `observed` line: what the picture showed; `file` is where it is kept, from the run's folder."""

    name: ClassVar[str] = "observed"
    file: str | None
    media_type: str
    sent: Size
    content: Size
    shows: Rect
    worst_case: Money = 0
    hidden: tuple[Rect, ...] = ()
    inset: int = CORNER_INSET

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


def read(lines: Iterable[str | bytes]) -> Iterator[ev.Event]:
    """The events of a journal, in order; a torn line, an unknown event and nonsense are passed over."""
    for line in lines:
        try:
            document: object = json.loads(line)
        except (ValueError, RecursionError):
            continue
        event = from_json(document)
        if event is not None:
            yield event


def from_json(document: object) -> ev.Event | None:
    """The event that `wire.event_json` wrote; unknown fields are ignored. None for whatever is not one."""
    try:
        fields = Fields.of(document, "the line")
        reader = _READERS.get(_text(fields, "event"))
        return None if reader is None else reader(fields, _head(fields))
    except (UnreadableError, UnknownKey):
        return None


class _Head(TypedDict):
    run_id: str
    step: int
    seq: int
    elapsed: float
    time: datetime


def _head(fields: Fields) -> _Head:
    try:
        time = datetime.fromisoformat(_text(fields, "time")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        msg = "time is no date"
        raise UnreadableError(msg) from error
    return {
        "run_id": _text(fields, "run_id"),
        "step": _whole(fields, "step"),
        "seq": fields.whole("seq", at_most=MAX_NUMBER) or 0,  # an earlier version wrote none
        "elapsed": fields.number("elapsed", at_most=MAX_NUMBER) or 0.0,
        "time": time,
    }


def _started(fields: Fields, head: _Head) -> ev.Event:
    limits, settings = (Fields.of(fields.values.get(name), name) for name in ("limits", "settings"))
    return ev.RunStarted(
        **head,
        task=_text(fields, "task"),
        provider=_text(fields, "provider"),
        screen=_rect(fields, "screen"),
        sent=_size(fields, "sent"),
        limits={name: limits.number(name, at_most=MAX_NUMBER) for name in limits.values},
        estimate=_money_if_any(fields, "estimate"),
        settings=dict(settings.values),
        note=_note(fields),
    )


def _observed(fields: Fields, head: _Head) -> ev.Event:
    return Looked(
        **head,
        file=_text_if_any(fields, "frame"),
        media_type=_text(fields, "media_type"),
        sent=_size(fields, "size"),
        content=_size(fields, "content"),
        shows=_rect(fields, "shows"),
        worst_case=_money_if_any(fields, "worst_case_cents") or 0,
        hidden=_rects(fields, "hidden"),
        inset=CORNER_INSET if "inset" not in fields.values else _whole(fields, "inset"),
    )


def _predicted(fields: Fields, head: _Head) -> ev.Event:
    entries = fields.values.get("actions")
    if not isinstance(entries, list):
        msg = "actions is no list"
        raise UnreadableError(msg)
    usage = Fields.of(fields.values.get("usage"), "usage")
    space = None if fields.values.get("space") is None else _size(fields, "space")
    return ev.Predicted(
        **head,
        verdict=_one_of({verdict.value: verdict for verdict in Verdict}, _text(fields, "status")),
        actions=tuple(_action(entry) for entry in entries),
        reasoning=_text(fields, "reasoning"),
        usage=Usage(_money(usage, "cost_cents"), *(_whole(usage, name) for name in ("input_tokens", "output_tokens"))),
        request_id=_text_if_any(fields, "request_id"),
        attempts=_whole(fields, "attempts"),
        total=_money(fields, "total_cents"),
        space=None if space is None else (space.width, space.height),
        evidence=tuple(_evidence(entry) for entry in _list_if_any(fields, "evidence")),
        question=_text_if_any(fields, "question") or "",
        answer=_text_if_any(fields, "answer") or "",
    )


def _list_if_any(fields: Fields, name: str) -> list[object]:
    entries = fields.values.get(name, [])
    if not isinstance(entries, list):
        msg = f"{name} is no list"
        raise UnreadableError(msg)
    return entries


def _evidence(entry: object) -> Evidence:
    fields = Fields.of(entry, "evidence")
    where = None if fields.values.get("where") is None else _rect(fields, "where")
    place = None if where is None else (where.left, where.top, where.width, where.height)
    return Evidence(_text(fields, "kind"), _text(fields, "what"), place)


def _charged(fields: Fields, head: _Head) -> ev.Event:
    whats: dict[str, Literal["session", "step"]] = {"session": "session", "step": "step"}
    return ev.Charged(
        **head,
        what=_one_of(whats, _text(fields, "what")),
        cost=_money(fields, "cents"),
        total=_money(fields, "total_cents"),
        session_id=_text_if_any(fields, "session_id"),
    )


def _refused(fields: Fields, head: _Head) -> ev.Event:
    real = fields.values.get("real_action")
    with suppress(UnknownKey):  # an earlier version placed it, and then found that there is no such key
        return ev.Refused(**head, refusal=_refusal(fields), real=None if real is None else recall(real))
    return ev.Refused(**head, refusal=_refusal(fields))


def _asked(fields: Fields, head: _Head) -> ev.Event:
    crop = _text_if_any(fields, "crop")
    return ev.Asked(**head, question=_text(fields, "question"), why=_text(fields, "why"), crop=crop)


_Answer = Literal["yes", "no", "always", "stop", "told"]
_ANSWERS: dict[str, _Answer] = {one: one for one in get_args(_Answer)}


def _answered(fields: Fields, head: _Head) -> ev.Event:
    return ev.Answered(**head, answer=_one_of(_ANSWERS, _text(fields, "answer")), note=_note(fields))


def _note(fields: Fields) -> str:
    return _text_if_any(fields, "note") or ""  # an earlier version recorded none


def _acting(fields: Fields, head: _Head) -> ev.Event:
    real, sent = (recall(fields.values.get(name)) for name in ("action", "sent_action"))
    return Began(**head, index=_whole(fields, "index"), sent=sent, real=real, windows=_windows(fields))


def _windows(fields: Fields) -> tuple[NamedWindow, ...] | None:
    entries = fields.values.get("windows")
    if not isinstance(entries, list):
        return None  # a record from before they were kept, or nobody could tell
    windows = (Fields.of(entry, "a window") for entry in entries)
    return tuple(
        NamedWindow(
            _text(window, "title"),
            _text(window, "class"),
            frame=None if window.values.get("frame") is None else _rect(window, "frame"),
        )
        for window in windows
    )


def _acted(fields: Fields, head: _Head) -> ev.Event:
    return ev.Acted(**head, index=_whole(fields, "index"), ms=_number(fields, "ms"))


def _retrying(fields: Fields, head: _Head) -> ev.Event:
    code, delay = _text(fields, "code"), _number(fields, "delay")
    return ev.Retrying(**head, code=code, delay=delay, attempt=_whole(fields, "attempt"))


def _paused(fields: Fields, head: _Head) -> ev.Event:
    return ev.Paused(**head, why=_text(fields, "why"))


def _settled(fields: Fields, head: _Head) -> ev.Event:
    return ev.Settled(**head, ms=_number(fields, "ms"), changed=_number(fields, "changed"), why=_text(fields, "why"))


def _ended(fields: Fields, head: _Head) -> ev.Event:
    endings = {ending.value: ending for ending in ev.Ending}
    return ev.RunEnded(
        **head,
        ending=_one_of(endings, (_text(fields, "status"), _text(fields, "reason"))),
        message=_text(fields, "message"),
        steps=_whole(fields, "steps"),
        cost=_money(fields, "cost_cents"),
        seconds=_number(fields, "seconds"),
        remedy=_text(fields, "remedy"),
        left_open=fields.texts("left_open", at_most=100, each=200) or (),
    )


_READERS: dict[str, Callable[[Fields, _Head], ev.Event]] = {
    "run_started": _started,
    "observed": _observed,
    "predicted": _predicted,
    "charged": _charged,
    "refused": _refused,
    "asked": _asked,
    "answered": _answered,
    "acting": _acting,
    "acted": _acted,
    "retrying": _retrying,
    "paused": _paused,
    "settled": _settled,
    "run_ended": _ended,
}


def _action(entry: object) -> Action | Refusal:
    if isinstance(entry, dict) and entry.get("action_type") == REFUSED:
        return _refusal(Fields.of(entry.get("params"), "params"))
    try:
        return recall(entry)
    except UnknownKey as unknown:  # which an earlier version refused when its turn came
        return Refusal(glimpse(entry), "keys", str(unknown))


def _refusal(fields: Fields) -> Refusal:
    partly = fields.values.get("partly") is True
    return Refusal(_text(fields, "action"), _text(fields, "by"), _text(fields, "why"), partly)


def _size(fields: Fields, name: str) -> Size:
    size = Fields.of(fields.values.get(name), name)
    return Size(_whole(size, "width"), _whole(size, "height"))


def _rect(fields: Fields, name: str) -> Rect:
    rect = Fields.of(fields.values.get(name), name)
    return Rect(*(_whole(rect, side) for side in ("left", "top", "width", "height")))


def _rects(fields: Fields, name: str) -> tuple[Rect, ...]:
    found = fields.values.get(name) or []
    if not isinstance(found, list):
        msg = f"{name} is no list"
        raise UnreadableError(msg)
    return tuple(_rect(Fields({name: one}), name) for one in found)


def _text(fields: Fields, name: str) -> str:
    return _there(name, _text_if_any(fields, name))


def _text_if_any(fields: Fields, name: str) -> str | None:
    """Any string: a task may come from a command line with bytes that are no text."""
    value = fields.values.get(name)
    if value is not None and not isinstance(value, str):
        msg = f"{name} is no string"
        raise UnreadableError(msg)
    return value


def _whole(fields: Fields, name: str) -> int:
    return _there(name, fields.whole(name, at_most=MAX_NUMBER))


def _number(fields: Fields, name: str) -> float:
    return _there(name, fields.number(name, at_most=MAX_NUMBER))


def _money(fields: Fields, name: str) -> Money:
    return _there(name, _money_if_any(fields, name))


def _money_if_any(fields: Fields, name: str) -> Money | None:
    return cap(fields.number(name, at_most=MAX_NUMBER))


def _there(name: str, value: T | None) -> T:
    if value is None:
        msg = f"{name} is missing"
        raise UnreadableError(msg)
    return value


def _one_of(choices: dict[K, T], value: K) -> T:
    if value not in choices:
        msg = f"{value} is none of the known words"
        raise UnreadableError(msg)
    return choices[value]
