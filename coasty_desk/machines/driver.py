"""A program's hand on a machine: the target opened as for a run, its gates around every action, and given back when nobody acts.

One operation drives at a time. What ends a run ends it too: the abort keys, the corner, `coasty-desk stop`; and for a while after that
nothing of a program's is taken, since a person has just said no.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from coasty_desk import lifetimes
from coasty_desk.core.actions import Action, LookAgain, Prediction, Refusal, Verdict
from coasty_desk.core.errors import Aborted, BrokenOffError, DesktopError, UsageError
from coasty_desk.core.gates.confirm import Scripted
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.ports import Judging, Screen, SettleResult
from coasty_desk.core.run import Ports, how_stopped
from coasty_desk.core.scaling import CORNER_INSET, Frame, Rect, Size
from coasty_desk.core.stop import Stop
from coasty_desk.desktop.input import release
from coasty_desk.desktop.screen.desktop_surroundings import masks_of
from coasty_desk.guard import rules as guard_rules
from coasty_desk.guard.assemble import guarded
from coasty_desk.lifetimes import OpenTarget, TargetRequest
from coasty_desk.machines.command import CommandError
from coasty_desk.machines.machine_errors import MachineBusyError
from coasty_desk.settings import Settings

IDLE = 5.0
"""Seconds without an action after which the machine is given back: a run may have it then."""

LENT = 3.0
"""Seconds for which nothing of a program's is taken after the machine was given back for a run, which has it by then."""

RESPECT = 30.0
"""Seconds for which nothing of a program's is taken after a person has stopped what it did."""

_OUR_OWN = ("deadline", "desktop")
"""Why something ends that no person has stopped."""

_REMEMBERED = 20_000
"""Actions that the rules about what was typed, and how much was done, still know of."""


T = TypeVar("T")


class HaltedError(CommandError):
    """It was stopped in the middle: nothing more of the operation is to be done."""


class _Held(Struct):
    """The machine while it is ours."""

    target: OpenTarget
    ports: Ports
    stop: Stop
    given_back: ExitStack
    acted: bool = False


class Driver:
    """The pointer and the keyboard of one machine; from any thread.

    `chosen` are the settings that a run here would have, `environment` that of what is started. `target` is the kind of target that the
    machine is, `name` what whoever wants to drive it is told. `stop` ends everything.
    """

    def __init__(
        self,
        chosen: Settings,
        environment: Mapping[str, str],
        *,
        name: str,
        target: str = "desktop",
        inset: int = CORNER_INSET,
        stopped: Callable[[], object] = lambda: None,
    ) -> None:
        """`stopped` is called as soon as a person stops what a program does. Raises UsageError where a rule cannot be read."""
        self._environment = environment
        self._stopped = stopped
        self._chosen, self._rules = self._read(chosen)
        self._name = name
        self._target = target
        self._inset = inset
        self._turn = threading.Lock()
        self._held: _Held | None = None
        self._last = 0.0
        self._stopped_at = self._lent_until = float("-inf")
        self._ended = False
        self._acted = deque[Action](maxlen=_REMEMBERED)
        self._idle: threading.Timer | None = None

    def go_by(self, chosen: Settings) -> None:
        """Go by other settings from now on, after what is under way. Raises UsageError where a rule cannot be read."""
        found = self._read(chosen)
        with self._turn:
            self._close()
            self._chosen, self._rules = found

    def _read(self, chosen: Settings) -> tuple[Settings, GuardRules]:
        chosen = replace(chosen, secret=(), own_terminal="show", dry_run=False)
        return chosen, guard_rules.read(chosen, self._environment, Stop(), tuple)

    @property
    def rules(self) -> GuardRules:
        """Those that are in force."""
        return self._rules

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Within the block nobody else drives the machine. Raises MachineBusyError where somebody does for so long, DesktopError."""
        self.demand_calm()
        if not self._turn.acquire(timeout=seconds):
            message = "Another program has driven this machine all the while."
            raise MachineBusyError(message, 1)
        if time.monotonic() < self._lent_until:
            self._turn.release()
            message = "A run is about to drive this machine."
            raise MachineBusyError(message, round(LENT))
        try:
            (self._held or self._opened()).acted = False
            yield
        finally:
            self._last = time.monotonic()
            if self._held is not None and (self._held.stop.is_set() or self._ended):
                self._close()
            elif self._held is not None:
                self._close_later()
            self._turn.release()

    def lend(self, seconds: float) -> None:
        """Give the machine back at once, for a run that is about to have it. Raises MachineBusyError where it is driven for so long still."""
        if not self._turn.acquire(timeout=seconds):
            message = "A program drives this machine."
            raise MachineBusyError(message, 1)
        try:
            self._lent_until = time.monotonic() + LENT
            self._close()
        finally:
            self._turn.release()

    def demand_calm(self) -> None:
        """Raise MachineBusyError where a person has just stopped what a program did."""
        left = RESPECT - (time.monotonic() - self._stopped_at)
        if left > 0:
            message = "A person has just stopped what a program did on this machine, so nothing is taken from one for a while."
            raise MachineBusyError(message, round(left) + 1)

    def person_stops(self) -> None:
        """A person has stopped what a program did, by whatever way."""
        self._stopped_at = time.monotonic()
        self._stopped()

    def act(self, action: Action, seconds: float) -> None:
        """Do it, within `turn`. Raises CommandError where it is refused or fails, HaltedError where it was stopped."""
        held = self._demand()
        with self._judged(held, seconds):
            shows, size = held.target.geometry()
            frame = _bare(shows, size, self._inset)
            strays = frame.strays(action)
            if strays:
                raise CommandError(_sentence(strays))
            if held.acted:
                held.ports.screen.between()
            held.stop.check()
            held.ports.screen.capture()
            placed = frame.place(action)
            prediction = Prediction(Verdict.CONTINUE, (action,))
            hindrance = held.ports.executor.refuses(placed) or _judgement(held.ports.gate.judge(placed, prediction))
            if isinstance(hindrance, Refusal):
                message = f"It was refused, and not done: {hindrance.why}."
                raise CommandError(message)
            if isinstance(hindrance, LookAgain):
                raise CommandError(_sentence(hindrance.why))
            held.ports.screen.expect()
            held.acted = True
            if self._rules.policies:
                self._acted.append(action)
            held.ports.executor.perform(placed)

    def masked(self) -> tuple[Rect, ...]:
        """The real rectangles that nobody is to see. Raises DesktopError."""
        return tuple(rect for mask in masks_of(self._rules) for rect in mask())

    def wait(self, seconds: float) -> None:
        """Wait, within `turn`. Raises HaltedError where it was stopped."""
        held = self._demand()
        with self._judged(held, seconds + 1):
            held.stop.pause(seconds)

    def beside(self, work: Callable[[], T], halt: Callable[[], object], seconds: float) -> T:
        """Within `turn`, what acts on the machine without this driver's pointer and keys. `halt` ends it, where a person stops it.

        Raises what `work` raises, and HaltedError where it was stopped.
        """
        held = self._demand()
        with self._judged(held, seconds):
            try:
                return held.stop.race(work)
            except Aborted:
                halt()
                raise

    def end(self) -> None:
        """Stop what is under way, and take nothing any more. Never raises."""
        self._ended = True
        held = self._held
        if held is not None:
            held.stop.trip("stop", "the machine is being stopped")
        with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            self._close()

    def _demand(self) -> _Held:
        if self._held is None:
            message = "The machine was given back in the middle."
            raise CommandError(message)
        return self._held

    @contextmanager
    def _judged(self, held: _Held, seconds: float) -> Iterator[None]:
        """Turn what goes wrong within the block into what a program is told."""
        try:
            with held.stop.after(seconds, "deadline"):
                yield
        except Aborted:
            if held.stop.reason == "deadline":
                message = f"It took longer than {seconds:g} s, and was ended in the middle."
                raise HaltedError(message) from None
            if not self._ended:
                self.person_stops()
            raise HaltedError(_sentence(f"it was stopped in the middle: {how_stopped(held.stop)[1]}")) from None
        except BrokenOffError as error:
            message = f"It was begun, and broken off: {error.message}."
            raise CommandError(message) from error
        except DesktopError as error:
            held.stop.trip("desktop")
            message = f"{error.message} {error.remedy}".strip()
            raise HaltedError(message) from error

    def _opened(self) -> _Held:
        """The machine, ours from now on. Raises MachineBusyError, DesktopError."""
        stop = Stop()
        stop.then(lambda: None if self._ended or stop.reason in _OUR_OWN else self.person_stops())
        try:
            return self._open(stop)
        except Aborted:
            message = "A person has stopped it before it had begun."
            raise MachineBusyError(message, round(RESPECT)) from None

    def _open(self, stop: Stop) -> _Held:
        rules = replace(self._rules, rechecks=[], aims=[])
        asked = TargetRequest(
            *(self._chosen, self._environment, stop, "", self._name, rules), programs=lambda: self._environment
        )
        with ExitStack() as given_back:
            try:
                target = given_back.enter_context(lifetimes.target(self._target).opened(asked))
                if release.stuck(stop):  # what a killed worker held down would be mixed with every key of ours
                    release.release()
            except UsageError as error:
                message = f"{error.message} {error.remedy}".strip()
                raise MachineBusyError(message) from error
            rules = replace(rules, masks=target.masks)
            ports = guarded(
                rules,
                stop=stop,
                screen=_Unseen(target, self._inset),
                executor=target.executor,
                predictor=cast("Any", None),  # nobody is asked what to do: the program says it
                here=target.surroundings,
                person=Scripted(),  # who is not there, so that the answer is no
                acted=tuple(self._acted),
            )
            self._held = _Held(target, ports, stop, given_back.pop_all())
        return self._held

    def _close_later(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = threading.Timer(IDLE, self._close_if_idle)
        self._idle.daemon = True
        self._idle.start()

    def _close_if_idle(self) -> None:
        if self._turn.acquire(blocking=False):
            try:
                if time.monotonic() - self._last >= IDLE * 0.9:
                    self._close()
            finally:
                self._turn.release()

    def _close(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.ports.executor.release()
            held.given_back.close()


class _Unseen(Struct, frozen=True):
    """A target's screen whose picture nobody needs: the program that acts has seen it before."""

    target: OpenTarget
    inset: int

    @property
    def _screen(self) -> Screen:
        return self.target.screen

    def capture(self) -> Frame:
        """No picture, but what it would show."""
        return _bare(*self.target.geometry(), self.inset)

    def expect(self) -> None:
        """As the screen does."""
        self._screen.expect()

    def between(self) -> None:
        """As the screen does."""
        self._screen.between()

    def settle(self) -> SettleResult:
        """As the screen does."""
        return self._screen.settle()


def _bare(shows: Rect, size: Size, inset: int) -> Frame:
    return Frame(b"", "image/png", size, size, shows, inset=inset)


def _judgement(judging: Judging) -> Refusal | LookAgain | None:
    """The gates' answer, whatever they say on the way."""
    while True:
        try:
            next(judging)
        except StopIteration as end:
            found: Refusal | LookAgain | None = end.value
            return found


def _sentence(words: str) -> str:
    """As a sentence of its own."""
    return f"{words[:1].upper()}{words[1:].removesuffix('.')}."
