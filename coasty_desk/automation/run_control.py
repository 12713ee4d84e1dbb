"""What the service and a run's process say to each other over the process's control channel, as frames (socket_frames.py).

The service speaks first, with the order; the channel's end is the end of the process: without a word of how it ended, the run was cut off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from coasty_desk.machines.worker_protocol import DisplayLoan

QuestionKind = Literal["action", "model", "hand"]
"""A gate's about an action, the model's own, or none at all: a person's hand is on the desktop, and the run waits until it rests."""

EndReason = Literal["cancel", "timeout", "deadline", "fail"]
"""Why the service ends a run: it is cancelled, nobody has answered in time, its time is over, or it needs a person and must not wait for one."""

OverCode = Literal["", "busy", "usage", "service", "desktop", "internal"]
"""Why a run has no ending: another process has its record or its display, what was asked makes no sense, and whose fault it was else."""


class RunOrder(Struct, frozen=True, tag="order"):
    """One sitting of a run; whether it begins or goes on is told by its record, so that the same order may be given again.

    `run_id` is the name of the record's folder too. `overrides` are settings as command-line options would be (`merged_settings.load`). `on` is the
    target: `desktop`, or a machine's id; with a `loan` it is on that display, and `on` is what it is called. `verify`: done is not
    believed until the model has said it twice. `context` came with the task from outside, quoted and not trusted.
    """

    run_id: str
    task: str
    overrides: Mapping[str, Any] = {}
    instructions: str = ""
    system_prompt: str = ""
    loan: DisplayLoan | None = None
    on: str = "desktop"
    verify: bool = False
    context: str = ""


class HumanAnswer(Struct, frozen=True, tag="answer"):
    """A person's answer to the question of that number; one to another question is dropped. The model is told the `note`."""

    question: int
    approved: bool = True
    note: str = ""


class EndRun(Struct, frozen=True, tag="end"):
    """End it now, in the middle of whatever it does; `words` say why, as a clause. With `fail` a question has no answer."""

    why: EndReason
    words: str = ""


class Written(Struct, frozen=True, tag="written"):
    """The journal has so many lines now."""

    line: int


class Asks(Struct, frozen=True, tag="asks"):
    """The run waits. `question` is the number of the journal's line that says so, `crop` the path of a picture of the target."""

    question: int
    kind: QuestionKind
    text: str
    why: str = ""
    crop: str | None = None


class GoesOn(Struct, frozen=True, tag="goes_on"):
    """The wait of that number is over: it was answered, or the hand has rested."""

    question: int


class Over(Struct, frozen=True, tag="over"):
    """The last word. `status` and `reason` are those of `core.events.Ending`, which stands in the journal's last line too.

    Without them the run has not ended, and there is no such line: `code` says why it could not begin or go on. `message` is one sentence,
    `remedy` what to do. `passed` is the model's own verdict, None where it gave none; `summary` what it says as the task's answer. `steps` and
    `cost_cents` are those of all sittings.
    """

    status: str = ""
    reason: str = ""
    message: str = ""
    remedy: str = ""
    code: OverCode = ""
    passed: bool | None = None
    summary: str = ""
    steps: int = 0
    cost_cents: float = 0.0


ToRun: TypeAlias = RunOrder | HumanAnswer | EndRun
FromRun: TypeAlias = Written | Asks | GoesOn | Over
