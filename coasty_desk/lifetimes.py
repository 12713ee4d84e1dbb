"""What a model and a target are to the rest: the ports to implement for a new one (catalog.py names them)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from msgspec import Struct

from coasty_desk.catalog import MACHINE, MODELS, TARGETS
from coasty_desk.core.errors import UsageError
from coasty_desk.core.money import Money
from coasty_desk.core.scaling import ImageFit, Rect, Size
from coasty_desk.core.surroundings import Surroundings

if TYPE_CHECKING:  # what is only named here is loaded by those who make it: a person waits for the first screenshot
    from coasty_desk.core.events import Event
    from coasty_desk.core.gates.guard_rules import GuardRules
    from coasty_desk.core.gates.masked import Mask
    from coasty_desk.core.ports import ActionBatch, Executor, Person, Predictor, Screen
    from coasty_desk.core.relay import Relay
    from coasty_desk.core.scaling import Frame
    from coasty_desk.core.stop import Stop
    from coasty_desk.record.journal import Recorder
    from coasty_desk.record.resume import ResumeState
    from coasty_desk.settings import Settings
    from coasty_desk.shell.shell_process import ShellProcess

WHOLE = Size(100_000, 100_000)
"""What a model wants that takes every screenshot as it is."""


ImageFormat = Literal["png", "jpeg"]


class Prices(Protocol):
    """What a model's steps cost at worst, in cents."""

    def run(self, steps: int) -> int:
        """A run of so many."""
        ...

    def rest(self, steps: int, predictions: int | None) -> int:
        """So many more, where a session may be open that has made so many `predictions` (None: there is none)."""
        ...


class ModelRequest(Struct, frozen=True):
    """For whom a model is made ready: a run, or a single look (`run_id` names either)."""

    chosen: Settings
    environment: Mapping[str, str]
    stop: Stop
    run_id: str


class ReadyModel(Struct, frozen=True):
    """A model that one run may ask.

    `predictor` gives who answers: to the recorder, where the run is recorded, open requests are given to keep, and the state is
    that of earlier sittings. `image_format` is how the next screenshot is to be encoded. `warm` begins to connect, while the target is
    opened; `close` gives back what was opened, once the predictor is closed. `bills`: where it has prices, they are
    charged to the key that it has. `warnings` are sentences for the person.
    """

    predictor: Callable[[Surroundings, Recorder | None, ResumeState | None], Predictor]
    image_format: Callable[[], ImageFormat] = lambda: "png"
    warm: Callable[[], None] = lambda: None
    close: Callable[[], None] = lambda: None
    bills: bool = True
    warnings: tuple[str, ...] = ()


class Model(ABC):
    """Somebody who can be asked what to do next; what is not overridden holds of one that is free and asks nobody else."""

    sends = False
    """Whether the picture leaves this machine."""
    passes_on = False
    """Whether it is the published API itself that answers: requests of `/v1` are passed on to it (`relay`)."""
    remembers = True
    """Whether it goes on from what was answered before, whoever answered it. One that does not looks anew before it does anything more,
    and its predictor finds in the record of a run how far it had come."""
    heeds: tuple[str, ...] = ()
    """Those of `settings.OF_MODEL` that it goes by."""

    def size(self, chosen: Settings) -> Size | ImageFit:
        """The largest screenshot that it wants, in sent pixels."""
        return chosen.max_size

    def plan(self, task: str) -> tuple[str, ...]:
        """How it understands the task, a line a step, where it knows that beforehand. Raises UsageError for what it does not understand."""
        del task
        return ()

    def keys(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """The keys that it has: nothing that is started or typed is to have one."""
        del environment
        return ()

    def bills(self, chosen: Settings, environment: Mapping[str, str]) -> bool:
        """Whether it may charge something for a step, with the key in use; asked before it is made ready."""
        del chosen, environment
        return False

    def prices(self, chosen: Settings, sent: Size) -> Prices | None:
        """What steps cost with screenshots of that size; None where nobody is charged, or nobody has said how much.

        Raises UsageError where a cap is set that could not be kept.
        """
        del chosen, sent
        return None

    def relay(self, chosen: Settings, environment: Mapping[str, str]) -> Relay:
        """The published API, where the model `passes_on` to it. Raises UsageError, ServiceError for the key."""
        raise NotImplementedError

    @abstractmethod
    def ready(self, asked: ModelRequest) -> ReadyModel:
        """Make it ready; nothing is sent yet. Raises UsageError, ServiceError where it cannot be."""

    def pointing(self, asked: ModelRequest, active: Callable[[], Rect | None]) -> Predictor:
        """Who finds the one thing that the request's task names, and would click it; `active`: the real rectangle of the window in use."""
        raise NotImplementedError


class Legible(Protocol):
    """Whoever can read a picture, and says what of it must not be read by others."""

    @property
    def active(self) -> bool:
        """Whether there is anything that must not."""
        ...

    def on(self, picture: Any) -> Iterable[Rect]:
        """The rectangles on a PIL image of the whole screen, in its own pixels. Raises Aborted."""
        ...


class TargetRequest(Struct, frozen=True):
    """What a target is opened for, and by which rules.

    `run_id` and `task` are what is said of who drives it. `programs` gives the environment of what is started on it, `size` the
    largest screenshot that is wanted, `legible` paints over what can be read and must not be. `process` is there
    where a shell runs it, `first` where somebody who knows the target has begun to look at it before.
    """

    chosen: Settings
    environment: Mapping[str, str]
    stop: Stop
    run_id: str
    task: str
    rules: GuardRules
    programs: Callable[[], Mapping[str, str]] = dict
    size: Size | ImageFit = WHOLE
    image_format: Callable[[], ImageFormat] = lambda: "png"
    legible: Legible | None = None
    process: ShellProcess | None = None
    first: object = None


class OpenTarget(Struct, frozen=True):
    """One screen to work on, while it is ours; the defaults are those of one that no person sits at.

    `geometry` gives the screen's real rectangle as it is now, and the size that it is sent at. `masks` are what the screen paints
    black of what the rules ask for: all of it, or none. `how_to_stop` and `warnings` are sentences for the person. `picture` gives a PNG of a
    real rectangle as it is now, masked, and raises DesktopError. `asked_at` gives the person where the question can be seen; within
    `at_terminal` the terminal that this was started from is there. `tell` is told the run's events, to show them on the screen. `hourly`
    is what it costs for an hour. `batch` is the executor's, where it has one.
    """

    screen: Screen
    executor: Executor
    surroundings: Surroundings
    geometry: Callable[[], tuple[Rect, Size]]
    masks: Sequence[Mask] = ()
    how_to_stop: str = "To stop: end it from where it was started."
    warnings: tuple[str, ...] = ()
    picture: Callable[[Rect], bytes] | None = None
    asked_at: Callable[[Person], Person] = lambda person: person
    at_terminal: Callable[[], AbstractContextManager[None]] = nullcontext
    tell: Callable[[Event], None] = lambda _event: None
    hourly: Money = 0
    batch: ActionBatch | None = None


class TargetKind(ABC):
    """A kind of target, to be opened by name."""

    stays = True
    """Whether it is there still when a run is taken up again."""

    @abstractmethod
    def opened(self, asked: TargetRequest) -> AbstractContextManager[OpenTarget]:
        """Within it the target is ours, and every way to stop a run on it is armed.

        Raises UsageError where somebody else has it, DesktopError where there is none.
        """

    def surroundings(self) -> Surroundings:
        """What it tells of itself while nobody has it."""
        return Surroundings()

    def leave(self, chosen: Settings, run_id: str, environment: Mapping[str, str]) -> bool:
        """Give back what was started for that run, which has ended without having the target. False where that could not be done."""
        del chosen, run_id, environment
        return True

    def look(self, asked: TargetRequest) -> Frame:
        """It as it is now, masked, of whoever drives it. Raises UsageError, DesktopError."""
        with self.opened(asked) as target:
            return target.screen.capture()


def model(name: str) -> Model:
    """The model of that name, from the catalog. Raises UsageError where there is none."""
    return cast("Model", _found(MODELS, "model", name))


def target(name: str) -> TargetKind:
    """The kind of target of that name, from the catalog; any other name is a machine's."""
    return cast("TargetKind", _found(TARGETS, "target", name if name in TARGETS else MACHINE))


def _found(table: dict[str, str], what: str, name: str) -> object:
    if name not in table:
        message = f"There is no {what} {name!r}."
        raise UsageError(message, f"Choose one of: {', '.join(table)}.")
    return getattr(import_module(table[name]), what.upper())
