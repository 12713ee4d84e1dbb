"""What can happen in a run of a workflow. The list of what did, in its order, is all that a run is: `workflow_interpreter` says what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct


class TaskBegan(Struct, frozen=True, tag="task_began"):
    """The task at that place was handed to a machine, as this run."""

    at: str
    run_id: str


class TaskEnded(Struct, frozen=True, tag="task_ended"):
    """It is over. `status` is the run's, `passed` whether it did what was asked, `cents` what it cost."""

    at: str
    status: str
    passed: bool
    result: str | None = None
    run_id: str | None = None
    steps: int = 0
    error: Mapping[str, Any] | None = None
    cents: int = 0


class PersonSaid(Struct, frozen=True, tag="person_said"):
    """What a person said to the question at that place."""

    at: str
    approved: bool
    note: str = ""


class Halted(Struct, frozen=True, tag="halted"):
    """The run was ended from outside: a guard, a person, a clock."""

    status: Literal["failed", "cancelled", "timed_out"]
    code: str
    message: str


Happening: TypeAlias = TaskBegan | TaskEnded | PersonSaid | Halted
