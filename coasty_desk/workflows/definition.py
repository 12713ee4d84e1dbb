"""A workflow as closed values (API.md §12.2, DSL version 2026-06-01): nine steps, thirteen operators. Read by `definition_reader`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct

DSL_VERSION = "2026-06-01"

MOST_STEPS = 200
"""Those that are nested count too."""

DEEPEST = 8
"""Levels of steps in steps; the top is 1."""

MOST_BRANCHES = 16
MOST_ATTEMPTS = 20

MOST_ITERATIONS = 1000
"""Of all loops of a run together, whatever it asks for (API.md §17, row 46)."""

LONGEST_TASK = 16_000
"""Characters, also once its references are filled in."""

Comparison = Literal["eq", "ne", "lt", "gt", "lte", "gte", "contains"]
CheckOf = Literal["truthy", "falsy", "exists"]
Joint = Literal["and", "or"]


class Compare(Struct, frozen=True):
    """`eq ne lt gt lte gte contains`: two JSON values, which may hold references."""

    op: Comparison
    left: Any
    right: Any


class CheckValue(Struct, frozen=True):
    """`truthy falsy exists`: one JSON value, which may be a reference."""

    op: CheckOf
    value: Any


class Combine(Struct, frozen=True):
    """`and or`, of at least one."""

    op: Joint
    conditions: tuple[Condition, ...]


class Negate(Struct, frozen=True):
    """`not`."""

    condition: Condition


Condition: TypeAlias = Compare | CheckValue | Combine | Negate


class TaskStep(Struct, frozen=True, kw_only=True):
    """A run of an agent; what came of it is bound under `id` and `save_as`. It may fail without the workflow doing so."""

    id: str
    task: str
    machine_id: str | None = None
    cua_version: str | None = None
    instructions: str | None = None
    system_prompt: str | None = None
    max_steps: int | None = None
    save_as: str | None = None
    on_awaiting_human: Literal["pause", "fail", "cancel"] | None = None


class AssertStep(Struct, frozen=True):
    """Fails, so that a `retry` around it tries again, where the condition does not hold."""

    id: str
    condition: Condition
    message: str | None = None


class IfStep(Struct, frozen=True):
    """One of two lists of steps, either of which may be empty."""

    id: str
    condition: Condition
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...] = ()


class LoopStep(Struct, frozen=True):
    """Its body so many times, or while the condition holds; `cap` iterations just end it."""

    id: str
    body: tuple[Step, ...]
    count: int | None = None
    condition: Condition | None = None
    cap: int | None = None


class ParallelStep(Struct, frozen=True):
    """Branches at once. None of them asks a person or ends the workflow."""

    id: str
    branches: tuple[tuple[Step, ...], ...]


class RetryStep(Struct, frozen=True):
    """Its body again where an `assert` in it failed or a person said no, so many times in all."""

    id: str
    body: tuple[Step, ...]
    attempts: int


class ApprovalStep(Struct, frozen=True):
    """A person's yes or no, for so many seconds."""

    id: str
    message: str | None = None
    seconds: int | None = None


class SucceedStep(Struct, frozen=True):
    """Ends the workflow well, with this as its output."""

    id: str
    output: Mapping[str, Any] | None = None


class FailStep(Struct, frozen=True):
    """Ends the workflow badly."""

    id: str
    message: str | None = None


Step: TypeAlias = (
    TaskStep | AssertStep | IfStep | LoopStep | ParallelStep | RetryStep | ApprovalStep | SucceedStep | FailStep
)


class Definition(Struct, frozen=True):
    """A whole workflow. `output` may hold references; it is what a run gives that comes to the end of its steps."""

    steps: tuple[Step, ...]
    output: Mapping[str, Any] | None = None


def blocks(step: Step) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """The lists of steps within a step, with what each is called in words; none for one that has no steps in it."""
    match step:
        case IfStep(then=then, otherwise=otherwise):
            yield "then", then
            if otherwise:
                yield "else", otherwise
        case LoopStep(body=body) | RetryStep(body=body):
            yield "", body
        case ParallelStep(branches=branches):
            for number, branch in enumerate(branches, 1):
                yield f"branch {number}", branch


def every(steps: tuple[Step, ...]) -> Iterator[Step]:
    """These steps and all within them, in the order in which they are written."""
    for step in steps:
        yield step
        for _, inner in blocks(step):
            yield from every(inner)


def tasks(definition: Definition) -> tuple[TaskStep, ...]:
    """The tasks that there are."""
    return tuple(step for step in every(definition.steps) if isinstance(step, TaskStep))
