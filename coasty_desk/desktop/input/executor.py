"""The real mouse and keyboard: every action, in order, with every wait on the stop and nothing left held."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    HoldKeys,
    KeyCombo,
    Launch,
    Move,
    Point,
    PressKeys,
    Refusal,
    Scroll,
    TypeText,
    Wait,
    strokes_of,
)
from coasty_desk.core.errors import Aborted, BrokenOffError, DesktopError
from coasty_desk.core.gates.guard_rules import Aims, Rechecks
from coasty_desk.core.gates.human_input import HAND, OnHumanInput
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed
from coasty_desk.core.stop import Stop
from coasty_desk.desktop import platform
from coasty_desk.desktop.base.keyboard import Keyboard, untypeable
from coasty_desk.desktop.base.own_events import OWN_EVENTS, OwnEvents
from coasty_desk.desktop.base.pressed import Pressed
from coasty_desk.desktop.base.recheck import Recheck
from coasty_desk.desktop.input.pointer import InCorner, Pointer

_SUSPENDED = "the run was suspended"

_LETTING_GO = 0.3
"""Seconds that an action is given to end where it is broken off."""


class DesktopExecutor:
    """Drives the desktop that this process is on. A `core.ports.Executor`.

    Its devices are opened when they are first needed, or by `ready`. Both raise DesktopError where there are none.
    `environment` gives that of the applications which are started, without one this process's.
    `rechecks` are asked again wherever an action's input goes out, before each key, click, notch and piece of a text or a drag; `aims` once, before its first.
    """

    def __init__(
        self,
        stop: Stop,
        *,
        held: Pressed | None = None,
        sent: OwnEvents = OWN_EVENTS,
        environment: Callable[[], Mapping[str, str]] | None = None,
        on_human_input: OnHumanInput = "pause",
        rechecks: Rechecks | None = None,
        aims: Aims | None = None,
        corners_stop: bool = True,
        starting: Callable[[Sequence[str]], Sequence[str]] = tuple,
    ) -> None:
        """`corners_stop`: a corner is a person's stop. `starting` gives the command by which a program's own command is carried out."""
        self._corners_stop = corners_stop
        self._starting = starting
        self.held = held if held is not None else Pressed()
        self._recheck = Recheck([] if rechecks is None else rechecks, [] if aims is None else aims)
        self._run = stop
        self._stop = stop.part()
        """What the devices wait on: the run's stop, or the end of this one action."""
        self._idle = threading.Event()
        self._idle.set()
        self._sent = sent
        self._environment = environment or (lambda: os.environ)
        self._on_human_input = on_human_input
        self._opening = threading.Lock()
        self._opened: tuple[Pointer, Keyboard] | None = None

    def ready(self) -> tuple[Pointer, Keyboard]:
        """The mouse and the keyboard. To open them takes 50 ms: in any thread, while nothing waits for it."""
        with self._opening:
            if self._opened is None:
                pointer = Pointer(self._stop, self.held, self._sent, self._recheck, corners_stop=self._corners_stop)
                typist = platform.keyboard(self._stop, self.held, self._sent, self._on_human_input, self._recheck)
                weakref.finalize(self, _end, self.held, typist, pointer)  # also when the interpreter exits
                self._opened = pointer, typist
            return self._opened

    def ready_quietly(self) -> None:
        """As `ready`; what is wrong is said by the first action that needs them."""
        with suppress(DesktopError):
            self.ready()

    @property
    def _pointer(self) -> Pointer:
        return self.ready()[0]

    @property
    def _keyboard(self) -> Keyboard:
        return self.ready()[1]

    def refuses(self, placed: Placed) -> Refusal | None:
        """Why it cannot be done at all: a key that there is not, a text that would not arrive, an application that there is not."""
        found = refused(placed, self._keyboard.lacks, self._environment)
        if found is None and isinstance(placed.real, TypeText):
            with self._failures():
                obstacle = self._keyboard.obstacle(placed.real.text)
            found = None if obstacle is None else refusal(placed, "keys", obstacle)
        return found

    def perform(self, placed: Placed) -> None:
        """Do it. Raises Aborted, DesktopError, BrokenOffError; nothing stays held in any case."""
        with self._failures():
            self._stop.check()
            self._pointer.leave_corner()
            self._recheck.begin(placed)
            self._do(placed.real)

    def break_off(self) -> None:
        """End the action that is under way, and let go of everything; none is begun until `go_on`. From another thread. Never raises."""
        self._stop.trip("stop", _SUSPENDED)
        self._idle.wait(_LETTING_GO)
        self.release()

    def go_on(self) -> None:
        """After `break_off`: actions are done again. One that was under way without it is broken off too."""
        self.break_off()
        self._run.rearm(self._stop)

    def release(self) -> None:
        """Let go of everything that is held, and give back what was borrowed for typing. Never raises."""
        self.held.release_all()
        if self._opened is not None:
            self._opened[1].give_back()
            self._opened[0].confirm()

    def _do(self, action: Action) -> None:
        match action:
            case Click(point, button, count, held):
                self._move(point)
                with self._keyboard.holding(held):
                    self._pointer.click(button, count)
            case Move(point):
                self._move(point)
            case Drag(start, end, button, held, via):
                self._move(start)
                with self._keyboard.holding(held):
                    self._pointer.drag([(at.x, at.y) for at in (*via, end)], button, self._keyboard.alone)
            case Scroll(notches, axis, point, held):
                self._move(point)
                with self._keyboard.holding(held):
                    self._pointer.scroll(notches, axis, self._keyboard.alone)
            case TypeText(text):
                with self._keyboard.action():
                    self._recheck()
                    self._keyboard.type(text)
            case HoldKeys(strokes=(keys,), seconds=seconds):
                with self._keyboard.action():
                    self._recheck()
                    self._keyboard.hold(keys, seconds)
            case PressKeys(strokes=strokes) | KeyCombo(strokes=strokes):
                with self._keyboard.action():
                    self._recheck()
                    self._keyboard.strokes(strokes)
            case Wait(seconds):
                self._stop.pause(seconds)
            case Launch():
                self._start(action)

    def _start(self, launch: Launch) -> None:
        try:
            platform.applications.start(launch, self._environment(), self._starting)
        except OSError as error:
            message = f"it could not be started: {error.strerror or error}"
            raise BrokenOffError(message, "desktop") from error

    def _move(self, point: Point | None) -> None:
        self._recheck.rules()
        if point is not None:
            self._pointer.move(point.x, point.y)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn the corner into the stop, and what the platform raises into ours."""
        self._idle.clear()
        try:
            yield
        except InCorner:
            self._run.trip("corner")
            raise Aborted(self._run.reason) from None
        except BrokenOffError as end:
            if end.by == HAND and self._on_human_input == "stop":
                self._run.trip("stop", "a person typed")
                self._run.check()
            raise
        except Aborted:
            if self._stop.why != _SUSPENDED:  # a person typed, say: then it is the run that is to stop
                self._run.trip(self._stop.reason, self._stop.why)
            self._run.check()
            raise BrokenOffError(_SUSPENDED, "suspension") from None
        except platform.failures() as error:
            self._run.check()  # a stop cuts the connections where the display does not answer
            message = f"The display stopped taking input ({type(error).__name__}: {error})."
            raise DesktopError(message, "See whether the session is still there, and start again.") from error
        finally:
            self.held.release_all()
            self._idle.set()


class DryRun:
    """A `core.ports.Executor` that sends nothing: whoever reads the run's events sees what it would have done. It refuses what the real one would refuse."""

    def refuses(self, placed: Placed) -> Refusal | None:
        """Why it could not be done at all: a character that no key writes."""
        return refused(placed, lambda _key: False)

    def perform(self, placed: Placed) -> None:
        """Nothing."""

    def release(self) -> None:
        """Nothing is held."""


def refused(
    placed: Placed, lacks: Callable[[str], bool], environment: Callable[[], Mapping[str, str]] | None = None
) -> Refusal | None:
    """Why no desktop, or not this one, can do the action.

    `lacks` says which canonical keys it has not; `environment`, where its menu is looked for, if there is one.
    """
    action = placed.real
    match action:
        case TypeText(text):
            bad = untypeable(text)
            return None if bad is None else refusal(placed, "keys", f"no key writes the character U+{ord(bad):04X}")
        case Launch():
            why = "" if environment is None else platform.applications.lacking(action, environment())
            return refusal(placed, "desktop", why) if why else None
    absent = [key for stroke in strokes_of(action) for key in stroke if lacks(key)]
    return refusal(placed, "keys", f"this system has no key {absent[0]!r}") if absent else None


def _end(held: Pressed, keyboard: Keyboard, pointer: Pointer) -> None:
    held.release_all()
    keyboard.close()
    pointer.close()
