"""A run is a stream of these records; the screen, the journal, the report and the exit code read it.

The names and fields are DESIGN.md A4's. Fields are only ever added. `wire.journal_codec` turns an
event into its JSON line.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import ClassVar, Literal

from msgspec import Struct, field

from coasty_desk.core.actions import Action, Evidence, Refusal, Usage, Verdict, in_words
from coasty_desk.core.gates.reached_windows import NamedWindow
from coasty_desk.core.money import Money, in_cents
from coasty_desk.core.scaling import Frame, Placed, Rect, Size


class Ending(Enum):
    """How a run can end: (status, reason), the words of DESIGN.md A3."""

    DONE = ("succeeded", "done")
    AGENT_FAILED = ("failed", "agent_failed")
    MAX_STEPS = ("failed", "max_steps")
    BUDGET = ("failed", "budget")
    STALLED = ("failed", "stalled")
    DEADLINE = ("timed_out", "deadline")
    SERVICE_ERROR = ("failed", "service_error")
    DESKTOP_ERROR = ("failed", "desktop_error")
    REFUSED = ("failed", "refused")
    HOTKEY = ("cancelled", "hotkey")
    CORNER = ("cancelled", "corner")
    INTERRUPT = ("cancelled", "interrupt")
    STOP = ("cancelled", "stop")

    @property
    def status(self) -> str:
        """The `status` of `run_ended`."""
        return self.value[0]

    @property
    def reason(self) -> str:
        """The `reason` of `run_ended`."""
        return self.value[1]


def _now() -> datetime:
    return datetime.now(UTC)


class Event(Struct, frozen=True, kw_only=True):
    """What every record carries: whose run, which step (0 before the first), when (UTC).

    `seq` counts the run's events from 1, over all its sittings: it is the number of the journal's line. `elapsed` are the seconds that the run has used, over all its sittings, by a clock that never jumps.
    """

    name: ClassVar[str]
    run_id: str
    step: int
    seq: int = 0
    elapsed: float = 0.0
    time: datetime = field(default_factory=_now)


class RunStarted(Event, frozen=True, kw_only=True):
    """The run is about to look at the screen for the first time.

    `limits` are the caps in force, money in cents; `estimate` is the worst case of the whole run,
    `None` where there is no cap on steps to estimate from. `note` is what the person tells the model as
    the run is taken up again. `plan` is how the task was understood, a line a step, where that is known beforehand.
    """

    name: ClassVar[str] = "run_started"
    task: str
    provider: str
    screen: Rect
    sent: Size
    limits: dict[str, int | float | None] = field(default_factory=dict)
    estimate: Money | None = None
    settings: dict[str, object] = field(default_factory=dict)
    note: str = ""
    plan: tuple[str, ...] = ()


class Observed(Event, frozen=True, kw_only=True):
    """A screenshot was taken; masks are already in it. `worst_case` is what this step may cost at most."""

    name: ClassVar[str] = "observed"
    frame: Frame
    worst_case: Money = 0


class Predicted(Event, frozen=True, kw_only=True):
    """The model answered. `total` is what the run has been charged so far; `evidence` is of what was done before.

    `question` is what it asks the person, `answer` what it says as the task's own, `position` the prediction's.
    """

    name: ClassVar[str] = "predicted"
    verdict: Verdict
    actions: tuple[Action | Refusal, ...]
    reasoning: str
    usage: Usage
    request_id: str | None
    attempts: int
    total: Money
    space: tuple[int, int] | None = None
    evidence: tuple[Evidence, ...] = ()
    question: str = ""
    answer: str = ""
    position: tuple[int, ...] = ()


class Charged(Event, frozen=True, kw_only=True, rename={"cost": "cents", "total": "total_cents"}):
    """Something was paid beside the predictions' own usage: `what` is `session`, `step` or `machine` (`core.ports.StepCharge`)."""

    name: ClassVar[str] = "charged"
    what: Literal["session", "step", "machine"]
    cost: Money
    total: Money
    session_id: str | None = None


class Refused(Event, frozen=True, kw_only=True):
    """An action was not done; the rest of its batch is dropped, and the model is told.

    `real` is the action in real pixels, where it could be understood.
    """

    name: ClassVar[str] = "refused"
    refusal: Refusal
    real: Action | None = None

    @property
    def words(self) -> str:
        """The action as a person would say it, in real pixels where it has any."""
        return self.refusal.action if self.real is None else in_words(self.real)


class Asked(Event, frozen=True, kw_only=True):
    """A person is asked about an action, or by the model; `crop` is the picture of the target, where one was saved."""

    name: ClassVar[str] = "asked"
    question: str
    why: str
    crop: str | None = None


class Answered(Event, frozen=True, kw_only=True):
    """What the person said; `note` is in their words what the model is told: to do instead of what it wanted (`no`), besides (`yes`), or on its question (`told`)."""

    name: ClassVar[str] = "answered"
    answer: Literal["yes", "no", "always", "stop", "told"]
    note: str = ""

    @property
    def words(self) -> str:
        """The note, and whether it stands in an action's place; empty where there is none."""
        return f"instead: {self.note}" if self.note and self.answer == "no" else self.note


class Acting(Event, frozen=True, kw_only=True):
    """The action's input goes out as soon as the reader has taken this event: it is write-ahead.

    `windows` are those that it goes to, one for each of its points or the one with the keys; None where they cannot be told.
    """

    name: ClassVar[str] = "acting"
    index: int
    placed: Placed
    windows: tuple[NamedWindow, ...] | None = None


class Acted(Event, frozen=True, kw_only=True):
    """The action's input has gone out, `ms` milliseconds after it began."""

    name: ClassVar[str] = "acted"
    index: int
    ms: float


class Retrying(Event, frozen=True, kw_only=True):
    """The service did not answer usefully; the same request goes out again after `delay` seconds."""

    name: ClassVar[str] = "retrying"
    code: str
    delay: float
    attempt: int


class Paused(Event, frozen=True, kw_only=True):
    """The run waits for a person's hand to rest; it goes on with a fresh screenshot."""

    name: ClassVar[str] = "paused"
    why: str


class Settled(Event, frozen=True, kw_only=True):
    """The screen rests after the step's input: how long that took (ms), how much of it changed (0-1), why it ended."""

    name: ClassVar[str] = "settled"
    ms: float
    changed: float
    why: str = ""


class RunEnded(Event, frozen=True, kw_only=True):
    """The last event. `message` is one sentence, `remedy` what to do where something went wrong.

    `left_open` are the sessions that could not be closed, by id, or by the key of a request for one that had no answer.
    """

    name: ClassVar[str] = "run_ended"
    ending: Ending
    message: str
    steps: int
    cost: Money
    seconds: float
    remedy: str = ""
    left_open: tuple[str, ...] = ()

    @property
    def cost_cents(self) -> float:
        """The cost in cents, as the event's line has it."""
        return in_cents(self.cost)
