"""A run as lines of plain text: on a terminal that can do no more, in a log, through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from coasty_desk.cli.terminal.terminal_text import ALL, line
from coasty_desk.cli.view.run_view import View
from coasty_desk.core import events as ev
from coasty_desk.core.actions import in_words
from coasty_desk.core.counting import counted
from coasty_desk.core.money import Money, dollars, from_cents

MANY = 100
"""Tokens of an answer that costs nothing, as far as is known, from which on they are worth saying."""


class PlainView(View):
    """Prints every event as a line or two."""

    def __init__(self, *, dry_run: bool, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._would = "would " if dry_run else ""
        self._max_steps = 0

    def begin(self, how_to_stop: str, warnings: Sequence[str]) -> None:
        """Print how to stop, and on stderr what to be warned of."""
        print(line(how_to_stop), file=self._out, flush=True)
        super().begin(how_to_stop, warnings)

    def show(self, event: ev.Event) -> None:
        """Print what the event says."""
        for text in self.lines(event):
            print(text, file=self._out, flush=True)

    def end(self, ended: ev.RunEnded, remedy: str | None, record: Path | None, after: Sequence[str] = ()) -> None:
        """Print where the record is, and what may come next."""
        super().end(ended, remedy, record)
        for said in [] if record is None else [f"record: {record}", *after]:
            print(said, file=self._out, flush=True)

    def lines(self, event: ev.Event) -> list[str]:
        """What the event says, with nothing in it that a terminal would obey."""
        match event:
            case ev.RunStarted():
                return self._started(event)
            case ev.Observed(step=step):
                return [f"step {step} of {self._max_steps}"]
            case ev.Predicted():
                return _predicted(event)
            case ev.Refused(refusal=refusal):
                return [f"  refused ({refusal.by}): {line(event.words)}: {line(refusal.why)}"]
            case ev.Asked(question=question, why=why, crop=crop):
                return [
                    f"  asking: {line(question, ALL)} ({line(why)})",
                    *([f"  picture: {line(crop)}"] if crop else []),
                ]
            case ev.Answered(answer=answer):
                return [f"  answer: {answer}{f'; {line(event.words)}' if event.note else ''}"]
            case ev.Acting(placed=placed):
                return [f"  > {self._would}{line(in_words(placed.real))}"]
            case ev.Charged(what="session", cost=cost):
                return [f"  a new session{f': {dollars(cost)}' if cost else ''}"]
            case ev.Retrying(code=code, delay=delay):
                return [f"  {line(code)}: trying again in {delay:.1f} s"]
            case ev.Paused(why=why):
                return [f"  paused: {line(why)}"]
            case ev.RunEnded():
                return [self._ended(event)]
            case _:
                return []

    def _ended(self, event: ev.RunEnded) -> str:
        cost = f", {dollars(event.cost)}" if event.cost else ""
        tally = f"({counted(event.steps, 'step')}, {event.seconds:.1f} s{cost})"
        return f"{': '.join(self.outcome(event))} {tally}"

    def outcome(self, event: ev.RunEnded) -> tuple[str, str]:
        """How it ended: in a word or two, and in a sentence."""
        if self._would and event.ending is ev.Ending.MAX_STEPS:
            return "dry run", f"nothing was done; {line(event.message)}"
        return event.ending.status, line(event.message, 1000)

    def _started(self, event: ev.RunStarted) -> list[str]:
        self._max_steps = int(event.limits["max_steps"] or 0)
        cost = "" if event.estimate is None else f", at most {dollars(_cap(event, event.estimate))}"
        shrunk = "" if event.sent == event.screen.size else f" (sent as {event.sent})"
        return [
            f"task: {line(event.task)}",
            *([f"and now: {line(event.note)}"] if event.note else []),
            *([f"understood as: {line(step)}" for step in event.plan] if self._would else []),
            f"screen {event.screen.size}{shrunk}, {line(event.provider, 60)}, at most {counted(self._max_steps, 'step')}{cost}",
        ]


def _cap(event: ev.RunStarted, estimate: Money) -> Money:
    """What the run is kept from going beyond: its budget, where it has one and pays at all."""
    budget = event.limits.get("budget_cents")
    return from_cents(budget) if budget is not None and estimate else estimate


def _predicted(event: ev.Predicted) -> list[str]:
    lines = [f"  model: {line(event.reasoning, 600)}"] if event.reasoning else []
    used = event.usage
    charged = f", {dollars(used.cost)}" if used.cost else ""
    if not used.cost and used.input_tokens + used.output_tokens > MANY:  # whoever pays for them may be told no price
        charged = f", {used.input_tokens:,} tokens read and {used.output_tokens:,} written"
    return [*lines, f"  {event.verdict.value}: {counted(len(event.actions), 'action')}{charged}"]
