"""A machine's mouse and keyboard, over the network: each action is one request by a key of its own, however often it goes out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from coasty_desk.client import machines_api
from coasty_desk.core.actions import (
    Action,
    Click,
    Drag,
    HoldKeys,
    KeyCombo,
    Launch,
    Look,
    Move,
    Point,
    PressKeys,
    Refusal,
    Scroll,
    TypeText,
    Wait,
)
from coasty_desk.core.errors import BrokenOffError, DesktopError, ServiceError
from coasty_desk.core.gates.guard_rules import GuardRules
from coasty_desk.core.run import refusal
from coasty_desk.core.scaling import Placed
from coasty_desk.core.stop import Stop
from coasty_desk.core.surroundings import Surroundings
from coasty_desk.desktop.base.recheck import Recheck
from coasty_desk.screens.machine.driven_machine import DrivenMachine

MachineStep: TypeAlias = tuple[str, Mapping[str, object]]

PIECE = 80
"""Characters of a text that go out at a time: a stop is heard between two of them."""

MOST_STEPS = 50
"""Of one request (API.md §13.1)."""

_NOT_TAKEN = ("VALIDATION_ERROR", "BAD_REQUEST")


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


class RemoteExecutor:
    """A `core.ports.Executor`. Nothing is held there between two requests."""

    def __init__(
        self, machine: DrivenMachine, stop: Stop, rules: GuardRules, here: MachineSurroundings, run_id: str
    ) -> None:
        self._machine, self._stop, self._here = machine, stop, here
        self._recheck = Recheck(rules.rechecks, rules.aims)
        self._key = f"{run_id}:{os.urandom(4).hex()}"  # a sitting's own: what is in doubt is never asked for again
        self._count = 0

    def refuses(self, placed: Placed) -> Refusal | None:
        """What no command of a machine does."""
        why = _lacking(placed.real, self._here.put, far=not self._machine.client.here)
        return refusal(placed, "desktop", why) if why else None

    def perform(self, placed: Placed) -> None:
        """Do it. Raises Aborted, DesktopError, BrokenOffError."""
        self._recheck.begin(placed)
        real = placed.real
        match real:
            case Wait(seconds):
                self._stop.pause(seconds)
            case TypeText(text):
                self._type(text)
            case Look():
                pass
            case _:
                self._recheck()
                self._stop.check()
                steps = list(_steps(real, self._here.put))
                for start in range(0, len(steps), MOST_STEPS):
                    self._send(steps[start : start + MOST_STEPS])
                self._put(real)

    def release(self) -> None:
        """Nothing is held."""

    def _type(self, text: str) -> None:
        for start in range(0, len(text), PIECE):
            done = f"{start} of {len(text)} characters were typed"
            self._stop.check()
            self._recheck(done)
            try:
                self._send([("type", {"text": text[start : start + PIECE]})])
            except BrokenOffError as end:
                message = f"{end}; {done}"
                raise BrokenOffError(message, end.by) from end

    def _send(self, steps: list[MachineStep]) -> None:
        self._count += 1
        key = f"{self._key}:{self._count}"
        try:
            outcome = machines_api.acted_in_turn(self._machine.client, self._machine.machine_id, steps, key=key)
        except ServiceError as error:
            if error.code in _NOT_TAKEN:
                message = f"the machine does not take it ({error.message.removesuffix('.')})"
                raise BrokenOffError(message, "desktop") from error
            doubt = " It is not known whether the last action was done." if error.in_doubt else ""
            message = f"{error.message}{doubt}"
            raise DesktopError(message, error.remedy) from error
        if not outcome.success:
            message = f"the machine could not do it: {outcome.error or 'it does not say why'}"
            raise BrokenOffError(message, "desktop")

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


def _at(point: Point | None) -> dict[str, object]:
    return {} if point is None else {"x": int(point.x), "y": int(point.y)}


def _drag(start: dict[str, object], end: dict[str, object]) -> dict[str, object]:
    return {"from_x": start["x"], "from_y": start["y"], "to_x": end["x"], "to_y": end["y"]}


def _button(button: str) -> dict[str, object]:
    return {} if button == "left" else {"button": button}


def _held(modifiers: tuple[str, ...]) -> dict[str, object]:
    return {"modifiers": list(modifiers)} if modifiers else {}
