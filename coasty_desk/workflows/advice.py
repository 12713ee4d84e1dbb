"""What in a definition is understood, and may mean something else than was meant: names that nothing is known by, retries that never are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from msgspec import to_builtins

from coasty_desk.workflows import references
from coasty_desk.workflows.definition import (
    ApprovalStep,
    AssertStep,
    Definition,
    IfStep,
    LoopStep,
    ParallelStep,
    RetryStep,
    Step,
    TaskStep,
    every,
)
from coasty_desk.workflows.definition_reader import Mistake, Place
from coasty_desk.workflows.nearest import near

BOUND = ("status", "passed", "result", "run_id", "steps", "error")
"""What is known of a task once it is over."""

VARIABLES = ("iteration", "attempt")

MOST_UNREAD = 5
"""Of one field, that are told."""


def advice(definition: Definition, inputs: Collection[str] | None = None) -> list[Mistake]:
    """In the order in which it is written; `inputs` are the names of those that there may be, where that is known."""
    names = {name for step in every(definition.steps) if isinstance(step, TaskStep) for name in (step.id, step.save_as)}
    adviser = _Adviser({name for name in names if name}, {step.id for step in every(definition.steps)}, inputs)
    found = list(adviser.steps(definition.steps, ("steps",)))
    return [*found, *adviser.references(definition.output, ("output",))]


class _Adviser:
    def __init__(self, bound: Collection[str], ids: Collection[str], inputs: Collection[str] | None) -> None:
        self._bound, self._ids, self._inputs = bound, ids, inputs

    def steps(self, steps: tuple[Step, ...], at: Place) -> Iterator[Mistake]:
        for index, step in enumerate(steps):
            yield from self._step(step, (*at, index))

    def _step(self, step: Step, at: Place) -> Iterator[Mistake]:
        for name, value in _own_fields(step):
            yield from self.references(value, (*at, name))
        match step:
            case IfStep(then=then, otherwise=otherwise):
                yield from self.steps(then, (*at, "then"))
                yield from self.steps(otherwise, (*at, "else"))
            case LoopStep(body=body):
                yield from self.steps(body, (*at, "body"))
            case RetryStep(body=body):
                if not any(isinstance(one, AssertStep | ApprovalStep) for one in every(body)):
                    why = "nothing in it can fail, so it is never tried again: a failed task is no failure until an assert says so"
                    yield Mistake((*at, "body"), why)
                yield from self.steps(body, (*at, "body"))
            case ParallelStep(branches=branches):
                for number, branch in enumerate(branches):
                    yield from self.steps(branch, (*at, "branches", number))

    def references(self, value: Any, at: Place) -> Iterator[Mistake]:
        """What is referred to in a value and known by no name."""
        for path in sorted(references.names_in(value)):
            why = self._wrong(path)
            if why:
                yield Mistake(at, f"{{{{{path}}}}} is nothing: {why}")
        for piece in references.unread_in(value)[:MOST_UNREAD]:
            shown = "".join(letter if letter.isprintable() else "?" for letter in piece)
            yield Mistake(at, f"{shown} stays as it is: between the braces stands a name with dots, and nothing else")

    def _wrong(self, path: str) -> str:
        first, _, rest = path.partition(".")
        field = rest.partition(".")[0]
        if first == "vars":
            return "" if field in VARIABLES else f"vars has {' and '.join(VARIABLES)}{near(field, VARIABLES)}"
        if first == "inputs":
            known = self._inputs
            return "" if known is None or not field or field in known else f"there is no such input{near(field, known)}"
        if first in self._bound:
            return "" if not field or field in BOUND else f"a task has {', '.join(BOUND)}{near(field, BOUND)}"
        if first in self._ids:
            return f"{first} is no task, and only what comes of a task is known"
        return f"there is no task of that name{near(first, (*self._bound, 'inputs', 'vars'))}"


def _own_fields(step: Step) -> Iterator[tuple[str, Any]]:
    """The fields of the step itself that may hold references."""
    inner = {"id", "then", "otherwise", "body", "branches"}
    renamed = {"condition": "while"} if isinstance(step, LoopStep) else {}
    for name in step.__struct_fields__:
        if name not in inner:
            yield renamed.get(name, name), to_builtins(getattr(step, name))
