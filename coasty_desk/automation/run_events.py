"""A run's journal as the events of its API (SERVICE.md C6): what is told follows from the journal's lines alone, so that no reader misses or hears anything twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from coasty_desk.core import events as ev
from coasty_desk.core.money import Money, in_cents
from coasty_desk.core.run import ASKED_BY_MODEL
from coasty_desk.wire import journal_codec
from coasty_desk.wire.canonical_actions import encode
from coasty_desk.wire.journal_codec import Began, Looked

TOOL = "computer"
"""The one tool that a run's model has: a pointer and a keyboard."""


class RunEvent(Struct, frozen=True):
    """One event: `id` is the number of the journal's line (0: before the first), `data` the object of its frame."""

    id: int
    name: str
    data: Mapping[str, Any]


class RunEnd(Struct, frozen=True):
    """How a run ended, of which nothing changes any more: the fields of its resource."""

    status: str
    steps_completed: int = 0
    credits_charged: float = 0.0
    cost_cents: float = 0.0
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None


def run_events(machine_id: str, lines: Iterable[bytes], end: RunEnd | None = None) -> Iterator[RunEvent]:
    """All that there is to tell of a run, in order. `end` is there once it has ended and nothing writes its journal any more.

    A last line without its end is one that is being written, or was cut off: it is not told of.
    """
    trail = RunEventTrail(machine_id)
    yield trail.first()
    for line in lines:
        yield from trail.follow(line)
    if end is not None:
        yield from trail.last(end)


class RunEventTrail:
    """Follows a journal line by line; each line is at most one event."""

    def __init__(self, machine_id: str, line: int = 0) -> None:
        """`line`: the last one of which nothing is to be told."""
        self._machine_id = machine_id
        self._line, self._told_steps = line, 0
        self._total: Money = 0

    @property
    def line(self) -> int:
        """The last line that was followed."""
        return self._line

    def first(self) -> RunEvent:
        """The event that is before every line."""
        return RunEvent(0, "status", {"status": "queued", "machine_id": self._machine_id})

    def follow(self, line: bytes) -> Iterator[RunEvent]:
        """What a line says, if anything; one that is not whole, or no event, says nothing."""
        if not line.endswith(b"\n"):
            return
        for event in journal_codec.read([line]):
            if event.seq <= self._line:
                continue
            self._line = event.seq
            told = self._told(event)
            if told is not None:
                yield RunEvent(event.seq, *told)

    def last(self, end: RunEnd) -> Iterator[RunEvent]:
        """What follows the last line, once the run has ended. Each has its own id, whatever is left out."""
        after = self._line
        if end.steps_completed:
            yield RunEvent(after + 1, "step", {"steps_completed": end.steps_completed})
        yield RunEvent(after + 2, "billing", {"credits_charged": end.credits_charged, "cost_cents": end.cost_cents})
        yield RunEvent(after + 3, "status", {"status": end.status, "machine_id": self._machine_id})
        yield RunEvent(after + 4, "terminal", {"status": end.status})
        yield RunEvent(after + 5, "done", {"status": end.status, "result": end.result, "error": end.error})

    def _told(self, event: ev.Event) -> tuple[str, dict[str, Any]] | None:
        if isinstance(event, ev.Predicted | ev.Charged):
            self._total = event.total
        match event:
            case ev.RunStarted():
                return "status", {"status": "running", "machine_id": self._machine_id}
            case Looked(step=step) if step - 1 > self._told_steps:
                self._told_steps = step - 1
                return "step", {"steps_completed": step - 1}
            case ev.Predicted(reasoning=text) if text:
                return "text", {"text": text}
            case ev.Charged() | ev.Settled():
                return "billing", _billing(self._total)
            case Began(sent=sent):
                return "tool_call", {"tool": TOOL, **encode(sent)}
            case ev.Acted():
                return "tool_result", {"success": True}
            case ev.Refused(refusal=refusal):
                return "tool_result", {"success": False, "error": refusal.why, "action": refusal.action}
            case ev.Asked(question=question, why=why):
                return "awaiting_human", {"reason": reason(question, why), "question": question, "why": why}
            case ev.Paused(why=why):
                return "awaiting_human", {"reason": why, "question": "", "why": why}
            case ev.Answered(answer=answer, note=note):
                return "resumed", {"note": note, "approved": answer not in ("no", "stop")}
            case ev.Retrying(code=code, delay=delay):
                message = f"the model did not answer; it is asked again in {delay:g} s"
                return "error", {"code": code, "message": message, "retrying": True}
            case _:
                return None


def reason(question: str, why: str) -> str:
    """Why a run waits for a person, in one line: what its resource has as `awaiting_human_reason`."""
    return question if why in ("", ASKED_BY_MODEL) else f"{question} ({why})"


def _billing(total: Money) -> dict[str, Any]:
    cents = in_cents(total)
    return {"credits_charged": cents, "cost_cents": cents}
