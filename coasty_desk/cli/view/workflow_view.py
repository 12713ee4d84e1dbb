"""A run of a workflow as it goes: a line a step, below one another as they are nested; or each as a line of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from coasty_desk.cli.terminal.terminal_text import line
from coasty_desk.core.money import Money, dollars, in_cents

_MARKS = {True: "✓", False: "✗", None: "·"}


class WorkflowView:
    """Prints what happens. With `as_json` each thing is an event, `workflow_…`, beside those of the tasks' own runs."""

    def __init__(self, run_id: str, *, as_json: bool, out: TextIO | None = None) -> None:
        self._run_id, self._json = run_id, as_json
        self._out = out or sys.stdout

    def began(self, name: str, lines: list[str]) -> None:
        """What is to be done, as a tree."""
        if self._json:
            self._tell("workflow_started", name=name)
        else:
            self._say(f"workflow: {line(name)}")
            for one in lines:
                self._say(f"  {line_of_tree(one)}")

    def task(self, at: str, step_id: str, what: str) -> None:
        """A task begins."""
        if self._json:
            self._tell("workflow_task", at=at, step_id=step_id, task=what)
        else:
            self._say(f"{indent(at)}▶ {line(step_id)}: {line(what)}")

    def step(self, at: str, step_id: str, kind: str, passed: bool | None, text: str) -> None:
        """A step is decided, or done."""
        if self._json:
            self._tell("workflow_step", at=at, step_id=step_id, type=kind, passed=passed, text=text)
            return
        words = {True: "passed", False: "not passed"}.get(passed, "") if passed is not None else ""
        said = " ".join(filter(None, (kind if kind != "task" else "", words, f"({line(text)})" if text else "")))
        self._say(f"{indent(at)}{_MARKS[passed]} {line(step_id)}: {said}")

    def asks(self, at: str, step_id: str, message: str) -> None:
        """A person is asked."""
        if self._json:
            self._tell("workflow_asked", at=at, step_id=step_id, message=message)
        else:
            self._say(f"{indent(at)}? {line(step_id)}: {line(message, 2000)}")

    def other(self, what: str) -> None:
        """Anything else to say."""
        if self._json:
            self._tell("workflow_note", message=what)
        else:
            self._say(line(what))

    def ended(self, status: str, code: str, message: str, output: Mapping[str, Any] | None, spent: Money) -> None:
        """How it ended, and what it gives."""
        if self._json:
            told = {
                "status": status,
                "code": code,
                "message": message,
                "output": output,
                "spent_cents": in_cents(spent),
            }
            self._tell("workflow_ended", **told)
            return
        why = f": {line(message, 1000)}" if message else ""
        cost = f" ({dollars(spent)})" if spent else ""
        self._say(f"{status.replace('_', ' ')}{why}{cost}")
        if output is not None:
            self._say(f"output: {line(json.dumps(output, ensure_ascii=False), 4000)}")

    def _tell(self, event: str, **said: Any) -> None:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._say(json.dumps({"event": event, "time": moment, "workflow_run_id": self._run_id, **said}))

    def _say(self, text: str) -> None:
        print(text, file=self._out, flush=True)


def indent(at: str) -> str:
    """As deep as a place is nested."""
    return "  " * (at.replace("~", ".").replace("|", ".").count(".") // 2)


def line_of_tree(text: str) -> str:
    """A line of a tree, its blanks kept, with nothing in it that a terminal would obey."""
    return text[: len(text) - len(text.lstrip(" │├└─"))] + line(text.lstrip(" │├└─"), 300)
