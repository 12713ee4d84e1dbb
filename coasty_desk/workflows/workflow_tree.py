"""A workflow as a tree of lines, for people: each step with what it does, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from coasty_desk.workflows.definition import (
    ApprovalStep,
    AssertStep,
    CheckValue,
    Combine,
    Compare,
    Condition,
    Definition,
    FailStep,
    IfStep,
    LoopStep,
    Negate,
    ParallelStep,
    RetryStep,
    Step,
    SucceedStep,
    TaskStep,
    blocks,
)

WIDEST = 100
"""Characters of a line's own words."""

_SIGNS = {"eq": "=", "ne": "is not", "lt": "<", "gt": ">", "lte": "≤", "gte": "≥", "contains": "contains"}
_TESTS = {"truthy": "is set", "falsy": "is not set", "exists": "is there"}


def lines(definition: Definition) -> Iterator[str]:
    """One line a step, its branches below it."""
    yield from _of(definition.steps, "")


def words(step: Step) -> str:
    """What a step does, on one line."""
    match step:
        case TaskStep(task=task, machine_id=machine):
            said = f"{_quoted(task)}{f' on {machine}' if machine else ''}"
        case AssertStep(_, condition, _):
            said = f"assert {condition_words(condition)}"
        case IfStep(_, condition, _, _):
            said = f"if {condition_words(condition)}"
        case LoopStep(count=count, condition=condition):
            said = f"{count} times" if condition is None else f"while {condition_words(condition)}"
        case ParallelStep(_, branches):
            said = f"{len(branches)} at once" if len(branches) > 1 else "one branch"
        case RetryStep(_, _, attempts):
            said = f"up to {attempts} times, until nothing in it fails"
        case ApprovalStep(_, message, _):
            said = f"ask: {message or 'May it go on?'}"
        case SucceedStep():
            said = "end, succeeded"
        case FailStep(_, message):
            said = f"end, failed{f': {message}' if message else ''}"
    return _line(said)


def condition_words(condition: Condition) -> str:
    """A condition as people read it."""
    match condition:
        case Compare(op, left, right):
            return f"{_value(left)} {_SIGNS[op]} {_value(right)}"
        case CheckValue(op, value):
            return f"{_value(value)} {_TESTS[op]}"
        case Combine(op, conditions):
            return f"({f' {op} '.join(map(condition_words, conditions))})"
        case Negate(inner):
            return f"not {condition_words(inner)}"


def _of(steps: tuple[Step, ...], before: str) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        last = number == len(steps)
        yield f"{before}{'└─' if last else '├─'} {step.id}  {words(step)}"
        within = f"{before}{'   ' if last else '│  '}"
        inner = list(blocks(step))
        for place, (name, body) in enumerate(inner, 1):
            if not name:
                yield from _of(body, within)
                continue
            ends = place == len(inner)
            yield f"{within}{'└─' if ends else '├─'} {name}"
            yield from _of(body, f"{within}{'   ' if ends else '│  '}")


def _quoted(text: str) -> str:
    return f"“{_line(text)}”"


def _value(value: Any) -> str:
    return value if isinstance(value, str) and value.startswith("{{") else json.dumps(value, ensure_ascii=False)


def _line(text: str) -> str:
    flat = "".join(character if character.isprintable() else " " for character in text)
    return flat if len(flat) <= WIDEST else f"{flat[: WIDEST - 1]}…"
