"""A run as it is kept beside its record: what was asked for, in which state it is, what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from coasty_desk.automation.run_states import TERMINAL, RunStatus, RunWish
from coasty_desk.core.money import Money

OnAwaitingHuman = Literal["pause", "fail", "cancel"]
CleanupStatus = Literal["pending", "done", "failed"]


class RunOptions(Struct, frozen=True, omit_defaults=True):
    """What was asked for beside the task. Times are seconds, `budget_cents` cents; `action_policy` is as requests have it (API.md §10.5).

    `context` came with the task from outside, quoted and not trusted.
    """

    cua_version: str = "v3"
    instructions: str | None = None
    system_prompt: str | None = None
    max_steps: int = 50
    deadline_seconds: int | None = None
    on_awaiting_human: OnAwaitingHuman = "pause"
    awaiting_human_timeout_seconds: int | None = None
    budget_cents: int | None = None
    action_policy: Mapping[str, Any] | None = None
    webhook_url: str | None = None
    metadata: Mapping[str, Any] | None = None
    model: str | None = None
    llm: Mapping[str, Any] | None = None
    context: str = ""


class RunAnswer(Struct, frozen=True):
    """What a person has answered, until the run has heard it. `to` is the question, so that a later one is not answered by it."""

    approved: bool
    note: str
    to: str


class RunResult(Struct, frozen=True):
    """What the run came to, as the model says."""

    passed: bool | None
    status: str
    summary: str


class RunFault(Struct, frozen=True):
    """Why it did not succeed."""

    code: str
    message: str


class OwnMachine(Struct, frozen=True):
    """The machine that is made for a run alone and taken away after it. `wish` is what was asked for of it."""

    wish: Mapping[str, Any] = {}
    machine_id: str | None = None
    status: str = "queued"
    cleanup_status: CleanupStatus = "pending"


class RunRow(Struct, frozen=True, kw_only=True):
    """One run. Moments are seconds since the epoch.

    `machine_id` is the machine's own id; empty where one is made for the run (`machine`). `begun`: its turn came, so that it may have a
    process. `steps` are those that are completed. `question` is what a person is asked, `awaiting_since` since when. `wish` is why it is
    to end, `answer` what was answered and not yet heard. `webhook_secret` signs what is sent of it. `host` is the one that
    carries it out, of many on one database; empty where there is one alone.
    """

    id: str
    created_at: float
    machine_id: str
    task: str
    options: RunOptions
    status: RunStatus = "queued"
    begun: bool = False
    steps: int = 0
    cost: Money = 0
    question: str | None = None
    awaiting_since: float | None = None
    wish: RunWish = ""
    answer: RunAnswer | None = None
    result: RunResult | None = None
    error: RunFault | None = None
    machine: OwnMachine | None = None
    started_at: float | None = None
    finished_at: float | None = None
    key_id: str = ""
    request_id: str = ""
    webhook_secret: str = ""
    host: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end."""
        return self.status in TERMINAL

    @property
    def queue(self) -> str:
        """Whom it waits for: its machine, or nobody."""
        return self.machine_id or self.id
