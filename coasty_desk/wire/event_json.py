"""Events to JSON lines (DESIGN.md A4): what `--json` prints and the journal keeps. `wire.journal_lines` reads them back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from coasty_desk.core import events as ev
from coasty_desk.core.actions import Action, Evidence, Refusal, Usage, in_words
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.money import in_cents
from coasty_desk.core.scaling import CORNER_INSET, Frame, Rect, Size
from coasty_desk.wire.action_json import encode

REFUSED = "refused"
"""The `action_type` that stands in `predicted.actions` for one that could not be read."""

_SUFFIXES = {"image/jpeg": ".jpg"}


def to_json(event: ev.Event, *, recorded: bool) -> dict[str, object]:
    """The event as a JSON object. `recorded` says whether its picture is kept, so that it has a file name."""
    return {
        "event": event.name,
        "seq": event.seq,
        "time": _time(event.time),
        "run_id": event.run_id,
        "step": event.step,
        "elapsed": event.elapsed,
        **_fields(event, recorded=recorded),
    }


def to_line(event: ev.Event, *, recorded: bool) -> str:
    """The event as one line of ASCII JSON, without its line end."""
    text = json.dumps(to_json(event, recorded=recorded), ensure_ascii=True, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f")


def frame_file(step: int, media_type: str) -> str:
    """Where a step's picture is kept, from the run's folder: `frames/0003.png`."""
    return f"frames/{step:04d}{_SUFFIXES.get(media_type, '.png')}"


def _fields(event: ev.Event, *, recorded: bool) -> dict[str, object]:
    match event:
        case ev.RunStarted():
            return _started(event)
        case ev.Observed(frame=frame, worst_case=worst_case):
            file = frame_file(event.step, frame.media_type) if recorded else None
            return {**_observed(frame, file), "worst_case_cents": in_cents(worst_case)}
        case ev.Predicted():
            return _predicted(event)
        case ev.Charged():
            charged: dict[str, object] = {
                "what": event.what,
                "cents": in_cents(event.cost),
                "total_cents": in_cents(event.total),
            }
            return {**charged, "session_id": event.session_id}
        case ev.Refused(refusal=refusal, real=action):
            done = {} if action is None else {"real_action": encode(action)}
            return {**_refusal(refusal), **done, "words": event.words}
        case ev.Asked(question=question, why=why, crop=crop):
            return {"question": question, "why": why, "crop": crop}
        case ev.Answered(answer=answer, note=note):
            return {"answer": answer, "note": note}
        case ev.Acting():
            return _acting(event)
        case ev.Acted(index=index, ms=ms):
            return {"index": index, "ms": ms}
        case ev.Retrying(code=code, delay=delay, attempt=attempt):
            return {"code": code, "delay": delay, "attempt": attempt}
        case ev.Paused(why=why):
            return {"why": why}
        case ev.Settled(ms=ms, changed=changed, why=why):
            return {"ms": ms, "changed": changed, "why": why}
        case ev.RunEnded():
            return _ended(event)
        case _:
            msg = f"{type(event).__name__} has no JSON"
            raise TypeError(msg)


def _acting(event: ev.Acting) -> dict[str, object]:
    real, sent = encode(event.placed.real), encode(event.placed.sent)
    said: dict[str, object] = {"index": event.index, "action": real, "sent_action": sent}
    said["words"] = in_words(event.placed.real)
    if event.windows is not None:
        said["windows"] = [_window(window) for window in event.windows]
    return said


def _window(window: NamedWindow) -> dict[str, object]:
    where = {} if window.frame is None else {"frame": _rect(window.frame)}
    return {"class": window.kind, "title": window.title, **where}


def _started(event: ev.RunStarted) -> dict[str, object]:
    return {
        "task": event.task,
        "provider": event.provider,
        "screen": _rect(event.screen),
        "sent": _size(event.sent),
        "limits": dict(event.limits),
        "estimate": None if event.estimate is None else in_cents(event.estimate),
        "settings": dict(event.settings),
        "note": event.note,
        **({"plan": list(event.plan)} if event.plan else {}),
    }


def _observed(frame: Frame, file: str | None) -> dict[str, object]:
    return {
        "size": _size(frame.sent),
        "frame": file,
        "bytes": len(frame.image),
        "media_type": frame.media_type,
        "content": _size(frame.content),
        "shows": _rect(frame.shows),
        **({"hidden": [_rect(rect) for rect in frame.hidden]} if frame.hidden else {}),
        **({} if frame.inset == CORNER_INSET else {"inset": frame.inset}),
    }


def _predicted(event: ev.Predicted) -> dict[str, object]:
    return {
        "status": event.verdict.value,
        "reasoning": event.reasoning,
        "actions": [_action(action) for action in event.actions],
        "usage": _usage(event.usage),
        "request_id": event.request_id,
        "attempts": event.attempts,
        "total_cents": in_cents(event.total),
        "space": None if event.space is None else {"width": event.space[0], "height": event.space[1]},
        **({"evidence": [_evidence(one) for one in event.evidence]} if event.evidence else {}),
        **({"question": event.question} if event.question else {}),
        **({"answer": event.answer} if event.answer else {}),
    }


def _evidence(found: Evidence) -> dict[str, object]:
    return {"kind": found.kind, "what": found.what, "where": None if found.where is None else _rect(Rect(*found.where))}


def _ended(event: ev.RunEnded) -> dict[str, object]:
    return {
        "status": event.ending.status,
        "reason": event.ending.reason,
        "message": event.message,
        "remedy": event.remedy,
        "steps": event.steps,
        "cost_cents": in_cents(event.cost),
        "seconds": event.seconds,
        **({"left_open": list(event.left_open)} if event.left_open else {}),
    }


def _action(action: Action | Refusal) -> dict[str, object]:
    if isinstance(action, Refusal):
        return {"action_type": REFUSED, "params": _refusal(action)}
    return encode(action)


def _refusal(refusal: Refusal) -> dict[str, object]:
    said: dict[str, object] = {"action": refusal.action, "by": refusal.by, "why": refusal.why}
    return {**said, "partly": True} if refusal.partly else said


def _usage(usage: Usage) -> dict[str, object]:
    tokens = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    cents = in_cents(usage.cost)
    return {"credits_charged": cents, "cost_cents": cents, **tokens}


def _size(size: Size) -> dict[str, object]:
    return {"width": size.width, "height": size.height}


def _rect(rect: Rect) -> dict[str, object]:
    return {"left": rect.left, "top": rect.top, "width": rect.width, "height": rect.height}


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
