"""A machine's mouse and keyboard, over the network: a step's actions are one request by a key of its own, however often it goes out."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from coasty_desk.client import machines_api
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
)
from coasty_desk.core.errors import BrokenOffError, ServiceError
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed
from coasty_desk.core.stop import Stop
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.desktop.base.recheck import Recheck
from coasty_desk.screens.machine.driven_machine import DrivenMachine
from coasty_desk.screens.machine.machine_faults import as_fault

MachineStep: TypeAlias = tuple[str, Mapping[str, object]]

PIECE = 80
"""Characters that go out in one request: a stop is heard between two of them, and what a request has is carried out."""

MOST_STEPS = 20
"""Commands that go out in one request, for the same reason; 50 are taken (API.md §13.1)."""

_NOT_TAKEN = ("VALIDATION_ERROR", "BAD_REQUEST")


class _NotTakenError(Exception):
    """The service takes a request for none, and nothing of it was done."""


class MachineSurroundings(Surroundings):
    """What is known of a machine besides its picture: where this run has put its pointer."""

    def __init__(self) -> None:
        self.put: Point | None = None

    def pointer(self) -> Point:
        """Where it was put last. Raises DesktopError before that."""
        return super().pointer() if self.put is None else self.put

    def keys_in(self, rectangles: object) -> bool:
        """Not known: the pointer is kept out of them, and with it what it would give the keys to."""
        del rectangles
        return False


class _Taken(Struct):
    """An action to be done: its commands, of which so many are `done`, or a pause of so many seconds. The pointer was put `before` there."""

    placed: Placed
    commands: list[MachineStep]
    before: Point | None
    seconds: float = 0.0
    done: int = 0

    @property
    def rest(self) -> list[MachineStep]:
        """What is still to be sent of it."""
        return self.commands[self.done :]

    @property
    def typed(self) -> str:
        """How much of it was typed, as a clause; empty where it types nothing."""
        if not isinstance(self.placed.real, TypeText):
            return ""
        letters = sum(map(_letters, self.commands[: self.done]))
        return f"{letters} of {len(self.placed.real.text)} characters were typed"


class RemoteExecutor:
    """A `core.ports.Executor`, and its own `ActionBatch`. Nothing is held there between two requests.

    A step's actions go out `together`, unless a person may be asked about one: they are to see what was done before it.
    """

    def __init__(
        self, machine: DrivenMachine, stop: Stop, rules: GuardRules, here: MachineSurroundings, run_id: str
    ) -> None:
        self.together = rules.confirm == "never"
        self._machine, self._stop, self._here = machine, stop, here
        self._recheck = Recheck(rules.rechecks, rules.aims)
        self._key = f"{run_id}:{os.urandom(4).hex()}"  # a sitting's own: what is in doubt is never asked for again
        self._count = 0
        self._taken: list[_Taken] = []

    def refuses(self, placed: Placed) -> Refusal | None:
        """What no command of a machine does."""
        why = _lacking(placed.real, self._here.put, far=not self._machine.client.here)
        return refusal(placed, "desktop", why) if why else None

    def perform(self, placed: Placed) -> None:
        """Do it, or take it for `send`. Raises Aborted, DesktopError, ServiceError, BrokenOffError."""
        real, before = placed.real, self._here.put
        seconds = real.seconds if isinstance(real, Wait) else 0.0
        self._taken.append(_Taken(placed, list(_steps(real, before)), before, seconds))
        self._put(real)
        if not self.together:
            for _ in self.send():
                pass

    def send(self) -> Iterator[None]:
        """Do what was taken, in as few requests as may be. Raises Aborted, DesktopError, ServiceError, BrokenOffError."""
        taken, self._taken = deque(self._taken), []
        alone = False
        while taken:
            if not taken[0].commands:
                self._stop.pause(taken.popleft().seconds)
                yield
                continue
            piece, broken_off = _piece(taken, alone=alone), None
            try:
                self._send(piece)
            except BrokenOffError as end:
                broken_off = end
            except _NotTakenError as error:
                if piece[0][0] is piece[-1][0]:
                    broken_off = BrokenOffError(str(error), "desktop")
                alone = True  # nothing of it was done: one by one, those before what is not taken are
            while taken and taken[0].commands and not taken[0].rest:
                taken.popleft()
                yield
            if broken_off is not None:
                self._here.put = taken[0].before
                raise broken_off

    def release(self) -> None:
        """Nothing is held."""

    def _send(self, piece: list[tuple[_Taken, MachineStep]]) -> None:
        """One request, as far as the rules still let it go out, and what was done of it, noted. Raises as `send`, and _NotTakenError."""
        piece = self._allowed(piece)
        self._stop.check()
        self._count += 1
        key = f"{self._key}:{self._count}"
        commands = [command for _, command in piece]
        try:
            outcomes = machines_api.acted_in_turn(self._machine.client, self._machine.machine_id, commands, key=key)
        except ServiceError as error:
            if error.code in _NOT_TAKEN:
                message = f"the machine does not take it ({error.message.removesuffix('.')})"
                raise _NotTakenError(message) from error
            doubt = "It is not known whether the last actions were done." if error.in_doubt else ""
            raise as_fault(
                error, "The machine cannot be driven", here=self._machine.client.here, doubt=doubt
            ) from error
        for (action, _), outcome in zip(piece, outcomes, strict=False):
            if not outcome.success:
                why = f"the machine could not do it: {outcome.error or 'it does not say why'}"
                raise BrokenOffError("; ".join(filter(None, (why, action.typed))), "desktop")
            action.done += 1

    def _allowed(self, piece: list[tuple[_Taken, MachineStep]]) -> list[tuple[_Taken, MachineStep]]:
        """What of it the rules still allow, asked right before it goes out. Raises BrokenOffError where that is nothing."""
        for number, (action, _) in enumerate(piece):
            if number and action is piece[number - 1][0]:
                continue
            if not action.done:
                self._recheck.begin(action.placed)
            try:
                self._recheck(*filter(None, [action.typed]))
            except BrokenOffError:
                if number == 0:
                    raise
                return piece[:number]
        return piece

    def _put(self, real: Action) -> None:
        match real:
            case Click(Point() as point) | Move(point) | Drag(end=point) | Scroll(point=Point() as point):
                self._here.put = point


def _lacking(real: Action, put: Point | None, *, far: bool) -> str:
    """Why it cannot be done, as a clause; empty where it can."""
    match real:
        case HoldKeys():
            return "keys cannot be held for a time on this machine"
        case Launch():
            return "programs cannot be started by name on this machine: open its menu"
        case Move() if far:
            return "the pointer cannot only be moved on this machine"
        case Drag(via=via) if via:
            return "a drag goes straight on this machine"
        case Drag(modifiers=held) | Scroll(modifiers=held) if held and far:
            return "keys can be held around a click alone on this machine"
        case Click(None) | Drag(None) | Scroll(point=None) if put is None:
            return "where the pointer is on this machine is not known yet: name the place"
        case TypeText(text) if any(char < " " and char not in "\n\r\t" for char in text):
            return "the text has control characters, which this machine does not type"
        case _:
            return ""


def _steps(real: Action, put: Point | None) -> Iterator[MachineStep]:
    """The commands that it is (API.md §13.3)."""
    match real:
        case TypeText(text):
            for start in range(0, len(text), PIECE):
                yield "type", {"text": text[start : start + PIECE]}
        case Click(point, button, count, modifiers):
            yield from _clicks(_at(point or put), button, count, modifiers)
        case Move(point):
            yield "move", _at(point)
        case Drag(start, end, button, modifiers):
            yield "drag", _drag(_at(start or put), _at(end)) | _button(button) | _held(modifiers)
        case Scroll(notches, axis, point, modifiers):
            ways = ("down", "up") if axis == "vertical" else ("left", "right")
            turned = {"direction": ways[notches > 0], "amount": abs(notches)}
            yield "scroll", _at(point or put) | turned | _held(modifiers)
        case PressKeys(strokes=strokes) | KeyCombo(strokes=strokes):
            for stroke in strokes:
                yield ("key_press", {"key": stroke[0]}) if len(stroke) == 1 else ("key_combo", {"keys": list(stroke)})
        case _:
            return


def _clicks(at: dict[str, object], button: str, count: int, modifiers: tuple[str, ...]) -> Iterator[MachineStep]:
    """One, or a double click and as many more as there are."""
    where = at | _button(button)
    if modifiers:
        for _ in range(count):
            yield "click_with_modifiers", where | _held(modifiers)
        return
    if count > 1:
        yield "double_click", where
        count -= 2
    for _ in range(count):
        yield "click", where


def _letters(command: MachineStep) -> int:
    """How many it types."""
    return len(str(command[1].get("text", "")))


def _piece(taken: Iterable[_Taken], *, alone: bool) -> list[tuple[_Taken, MachineStep]]:
    """The next commands that go out together, of the first action `alone` or of those until the next pause, with what each is of."""
    piece: list[tuple[_Taken, MachineStep]] = []
    letters = 0
    for action in taken:
        if not action.commands or (alone and piece):
            break
        for command in action.rest:
            letters += _letters(command)
            if piece and (len(piece) == MOST_STEPS or letters > PIECE):
                return piece
            piece.append((action, command))
    return piece


def _at(point: Point | None) -> dict[str, object]:
    return {} if point is None else {"x": int(point.x), "y": int(point.y)}


def _drag(start: dict[str, object], end: dict[str, object]) -> dict[str, object]:
    return {"from_x": start["x"], "from_y": start["y"], "to_x": end["x"], "to_y": end["y"]}


def _button(button: str) -> dict[str, object]:
    return {} if button == "left" else {"button": button}


def _held(modifiers: tuple[str, ...]) -> dict[str, object]:
    return {"modifiers": list(modifiers)} if modifiers else {}
