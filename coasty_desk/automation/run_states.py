"""The states of a run, and which follows which (API.md §10.3). Pure.

queued ──> running <──> awaiting_human
│          │               │
└──────────┴───────────────┴──> succeeded · failed · cancelled · timed_out
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from coasty_desk.core.events import Ending

RunStatus: TypeAlias = Literal["queued", "running", "awaiting_human", "succeeded", "failed", "cancelled", "timed_out"]

STATUSES: tuple[RunStatus, ...] = get_args(RunStatus)

TERMINAL: frozenset[RunStatus] = frozenset({"succeeded", "failed", "cancelled", "timed_out"})
"""No run leaves one of them."""

UNFINISHED: frozenset[RunStatus] = frozenset(STATUSES) - TERMINAL

MOVES: Mapping[RunStatus, frozenset[RunStatus]] = {
    "queued": frozenset({"running", *TERMINAL}),
    "running": frozenset({"awaiting_human", *TERMINAL}),
    "awaiting_human": frozenset({"running", *TERMINAL}),
    **dict.fromkeys(TERMINAL, frozenset[RunStatus]()),
}

RunWish: TypeAlias = Literal["", "cancel", "timeout", "deadline", "fail"]
"""Why a run is to end although its task is not done: the first one that is wished holds."""

WISHED: Mapping[RunWish, tuple[RunStatus, str, str]] = {
    "cancel": ("cancelled", "CANCELLED", "The run was cancelled."),
    "timeout": ("timed_out", "AWAITING_HUMAN_TIMEOUT", "Nobody has answered in time."),
    "deadline": ("timed_out", "DEADLINE_EXCEEDED", "The run's time is over."),
    "fail": ("failed", "AWAITING_HUMAN", "The run needs a person, and was to fail then."),
}
"""What each comes to: the status, and the error's code and message."""


def sources(*targets: RunStatus) -> frozenset[RunStatus]:
    """The states from which each of these can be reached at once."""
    return frozenset(state for state, following in MOVES.items() if following.issuperset(targets))


def error_code(ending: Ending) -> str:
    """The code of a run that ended so, as `/v1` has it; empty where nothing went wrong."""
    return _CODES.get(ending, ending.reason.upper())


_CODES = {
    Ending.DONE: "",
    Ending.AGENT_FAILED: "TASK_FAILED",
    Ending.MAX_STEPS: "MAX_STEPS_REACHED",
    Ending.BUDGET: "BUDGET_EXCEEDED",
    Ending.DEADLINE: "DEADLINE_EXCEEDED",
    Ending.HOTKEY: "CANCELLED",
    Ending.CORNER: "CANCELLED",
    Ending.INTERRUPT: "CANCELLED",
    Ending.STOP: "CANCELLED",
}
